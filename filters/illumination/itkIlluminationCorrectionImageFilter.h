#ifndef itkIlluminationCorrectionImageFilter_h
#define itkIlluminationCorrectionImageFilter_h

#include "itkSmoothField.h"

#include "itkImageToImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

namespace itk
{
/** \class IlluminationCorrectionImageFilter
 * \brief Divides an image by a smooth multiplicative field: y = x / exp(log field); with Inverse on, multiplies.
 *
 * \par Access
 * Pointwise: streams. Connect Field to a learner (HistogramRetinexSink), or set a recorded field.
 *
 * \par Properties
 * - Every voxel is divided, also zeros, negatives and those outside the mask; non-finite voxels stay non-finite.
 * - Inverse after forward gives the input within float rounding.
 * - The same bits for every number of threads and stream divisions, and on every processor.
 *
 * \ingroup Illumination
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT IlluminationCorrectionImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(IlluminationCorrectionImageFilter);

  using Self = IlluminationCorrectionImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  itkNewMacro(Self);
  itkTypeMacro(IlluminationCorrectionImageFilter, ImageToImageFilter);

  /** Log field. Required. */
  itkSetGetDecoratedInputMacro(Field, SmoothField);

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
  GenerateInputRequestedRegion() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  bool m_Inverse{ false };
};
} // namespace itk

#include "itkIlluminationCorrectionImageFilter.hxx"
#endif
