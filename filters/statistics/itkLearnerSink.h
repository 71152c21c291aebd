#ifndef itkLearnerSink_h
#define itkLearnerSink_h

#include "itkImageRows.h"
#include "itkUpdateLearners.h"

#include "itkImage.h"
#include "itkImageSink.h"

namespace itk
{
/** \class LearnerSink
 * \brief Base of filters that read an image in pieces of whole rows under a mask, and keep a small value.
 *
 * A derived class implements StreamedGenerateData() on m_Region, sets m_Radius where it reads neighbours, overrides
 * GetNumberOfPasses() where it needs more than one, and leaves its value as a decorated output.
 *
 * \par Access
 * Streams: one pass, or GetNumberOfPasses(), each in NumberOfStreamDivisions pieces with a rim of m_Radius.
 *
 * \par Properties
 * - No division cuts a row, so that what is summed row by row has the same bits for every number of divisions.
 * - The divisions of a pass cover the image, each voxel once, however many are asked for.
 * - A mask that has neither the image's extent nor 1 along an axis is refused, with both sizes.
 * - An image in memory whose pixels were released is refused, not read.
 * - A mask or a field that another learner makes of the same image is ready before a piece is requested.
 * - After an exception, of an input or its own, the next update reads again.
 *
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage>
class ITK_TEMPLATE_EXPORT LearnerSink : public ImageSink<TInputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LearnerSink);

  using Self = LearnerSink;
  using Superclass = ImageSink<TInputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  itkTypeMacro(LearnerSink, ImageSink);

  /** Non-zero inside; of the image's extent, or of extent 1 along axes for the whole of which it holds. Optional:
   * without one every voxel counts. */
  itkSetInputMacro(MaskImage, TMaskImage);
  itkGetInputMacro(MaskImage, TMaskImage);

  /** Number of pieces that a pass reads the input in. Default 1. */
  void
  SetNumberOfStreamDivisions(const unsigned int divisions) override
  {
    Superclass::SetNumberOfStreamDivisions(divisions);
  }

  /** Times that the input is read. */
  virtual unsigned int
  GetNumberOfPasses() const
  {
    return 1;
  }

protected:
  LearnerSink() = default;
  ~LearnerSink() override = default;

  /** ITK's, ended in order also where an input throws: its base would take every later update for a running one. */
  void
  UpdateOutputData(DataObject * output) override
  {
    try
    {
      UpdateLearners(*this);
      Superclass::UpdateOutputData(output);
    }
    catch (...)
    {
      this->ResetPipeline();
      this->RestoreInputReleaseDataFlags();
      throw;
    }
  }

  void
  VerifyInputInformation() ITKv5_CONST override
  {
    VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
  }

  unsigned int
  GetNumberOfInputRequestedRegions() override
  {
    return this->GetNumberOfPasses() * this->GetNumberOfDivisions();
  }

  void
  GenerateNthInputRequestedRegion(unsigned int division) override
  {
    const RegionType whole = this->GetInput()->GetLargestPossibleRegion();
    m_Region = whole;
    const unsigned int divisions = this->GetNumberOfDivisions();
    this->GetModifiableRegionSplitter()->GetSplit(division % divisions, divisions, m_Region);
    RegionType padded = m_Region;
    padded.PadByRadius(m_Radius);
    padded.Crop(whole);
    RequestRegion(this->GetInput(), padded);
    RequestRegion(this->GetMaskImage(), padded);
  }

  void
  BeforeStreamedGenerateData() override
  {
    Superclass::BeforeStreamedGenerateData();
    this->GetMultiThreader()->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  }

  void
  ThreadedStreamedGenerateData(const RegionType &) override
  {
  }

  /** Of one pass, at most NumberOfStreamDivisions. */
  unsigned int
  GetNumberOfDivisions() const
  {
    return NumberOfRowDivisions(this->GetInput()->GetLargestPossibleRegion(), this->GetNumberOfStreamDivisions());
  }

  RegionType m_Region; // of the current division, without its rim; the input's requested region may be larger
  typename TInputImage::SizeType m_Radius{}; // rim around a division that is read as well
};
} // namespace itk

#endif
