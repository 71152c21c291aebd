#ifndef itkIlluminationCorrectionImageFilter_h
#define itkIlluminationCorrectionImageFilter_h

#include "itkSmoothField.h"

#include "itkInPlaceImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

#include <string>

namespace itk
{
/** \class IlluminationCorrectionImageFilter
 * \brief Divides an image by a smooth multiplicative field: y = x / exp(log field); with Inverse on, multiplies.
 *
 * One field holds for the whole image, or there is one for each index along the last axis (the frames of a series). In
 * place of log fields, FieldImage is the field itself, voxel by voxel.
 *
 * \par Access
 * Pointwise: streams. Connect Field to a learner (HistogramRetinexSink), or set a recorded field. InPlaceOn() lets it
 * write where the input was, if that is an output of another filter.
 *
 * \par Properties
 * - Voxels where FieldImage is not finite or not positive stay as they are.
 * - With a field for each frame, a frame comes out as alone with its own; fields for some of the frames are refused.
 * - Every voxel is divided, also zeros, negatives and those outside the mask; non-finite voxels stay non-finite.
 * - Inverse after forward gives the input within float rounding.
 * - The same bits for every number of threads and stream divisions, and on every processor.
 *
 * \ingroup Illumination
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT IlluminationCorrectionImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(IlluminationCorrectionImageFilter);

  using Self = IlluminationCorrectionImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  itkNewMacro(Self);
  itkTypeMacro(IlluminationCorrectionImageFilter, InPlaceImageFilter);

  using FieldDecoratorType = SimpleDataObjectDecorator<SmoothField>;

  /** Log field of the whole image, or of frame 0 where further frames have theirs. It or FieldImage is required. */
  itkSetGetDecoratedInputMacro(Field, SmoothField);

  /** Log field of one frame: an index along the last axis, counted from 0, which is Field. */
  void
  SetFrameFieldInput(unsigned int frame, const FieldDecoratorType * field);
  void
  SetFrameField(unsigned int frame, const SmoothField & field);

  /** The field itself, in place of Field: of the image's grid, or of extent 1 along axes for the whole of which it
   * holds.
   */
  itkSetInputMacro(FieldImage, TOutputImage);
  itkGetInputMacro(FieldImage, TOutputImage);

  /** Multiply instead of divide. */
  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  IlluminationCorrectionImageFilter();
  ~IlluminationCorrectionImageFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  static std::string
  NameOfField(unsigned int frame);
  void
  CorrectBySeries(const OutputImageRegionType & region, unsigned int frame);
  void
  CorrectByImage(const OutputImageRegionType & region);

  bool         m_Inverse{ false };
  unsigned int m_NumberOfFields{ 1 };
};
} // namespace itk

#include "itkIlluminationCorrectionImageFilter.hxx"
#endif
