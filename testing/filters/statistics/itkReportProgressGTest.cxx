#include "itkReportProgress.h"

#include "itkAbsImageFilter.h"
#include "itkImage.h"

#include <gtest/gtest.h>

TEST(ReportProgress, TellsTheObserversAndEndsWithWhatTheyAbort)
{
  using ImageType = itk::Image<float, 2>;
  const auto filter = itk::AbsImageFilter<ImageType, ImageType>::New();
  float      seen = 0.0F;
  filter->AddObserver(itk::ProgressEvent(),
                      [&](const itk::EventObject &)
                      {
                        seen = filter->GetProgress();
                        filter->SetAbortGenerateData(seen >= 0.5F);
                      });
  EXPECT_NO_THROW(itk::ReportProgress(filter, 0.25));
  EXPECT_FLOAT_EQ(seen, 0.25F);
  EXPECT_THROW(itk::ReportProgress(filter, 0.75), itk::ProcessAborted);
  EXPECT_FLOAT_EQ(seen, 0.75F);
}
