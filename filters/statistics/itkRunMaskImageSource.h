#ifndef itkRunMaskImageSource_h
#define itkRunMaskImageSource_h

#include "itkRunMask.h"
#include "itkUpdateLearners.h"

#include "itkImageSource.h"
#include "itkSimpleDataObjectDecorator.h"

#include <memory>

namespace itk
{
/** \class RunMaskImageSource
 * \brief Makes an image of 0 and 1 of a mask that was learned as runs.
 *
 * It has no image as input, so that it moves nothing that is requested of one: the Grid lends it spacing, origin,
 * direction and region, and is what the mask was learned of.
 *
 * \par Access
 * Streams: makes any region, from the runs alone.
 *
 * \par Properties
 * - Without a Grid, or where the runs are of another region than the Grid's, the update is refused.
 *
 * \ingroup Statistics
 */
template <typename TOutputImage>
class ITK_TEMPLATE_EXPORT RunMaskImageSource : public ImageSource<TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RunMaskImageSource);

  using Self = RunMaskImageSource;
  using Superclass = ImageSource<TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TOutputImage::RegionType;
  using GridType = ImageBase<TOutputImage::ImageDimension>;
  using RunMaskPointer = std::shared_ptr<const RunMask<TOutputImage::ImageDimension>>;

  itkNewMacro(Self);
  itkTypeMacro(RunMaskImageSource, ImageSource);

  /** The Runs output of a ForegroundSink. */
  itkSetGetDecoratedInputMacro(Runs, RunMaskPointer);

  itkSetConstObjectMacro(Grid, GridType);
  itkGetConstObjectMacro(Grid, GridType);

protected:
  RunMaskImageSource()
  {
    this->AddRequiredInputName("Runs");
  }
  ~RunMaskImageSource() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override
  {
    Superclass::VerifyPreconditions();
    if (m_Grid == nullptr)
    {
      itkExceptionMacro("Grid is not set: give the image that the mask was learned of.");
    }
  }

  void
  GenerateOutputInformation() override
  {
    this->GetOutput()->CopyInformation(m_Grid);
    this->GetOutput()->SetNumberOfComponentsPerPixel(1);
  }

  /** Here and not while it runs: an exception of the learner, an abort too, would leave it running for ever. */
  void
  GenerateInputRequestedRegion() override
  {
    UpdateLearners(*this);
  }

  void
  GenerateData() override
  {
    const auto & runs = this->GetRuns();
    const auto   whole = this->GetOutput()->GetLargestPossibleRegion();
    if (runs == nullptr || runs->GetRegion() != whole)
    {
      itkExceptionMacro("The runs are not those of a mask of the Grid's region, " << whole.GetSize() << " from "
                                                                                  << whole.GetIndex() << '.');
    }
    this->AllocateOutputs();
    TOutputImage * const mask = this->GetOutput();
    this->GetMultiThreader()->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
    this->GetMultiThreader()->template ParallelizeImageRegion<TOutputImage::ImageDimension>(
      mask->GetRequestedRegion(), [&](const RegionType & part) { runs->Draw(mask, part); }, this);
  }

private:
  typename GridType::ConstPointer m_Grid;
};
} // namespace itk

#endif
