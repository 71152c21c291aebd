#ifndef itkRetinexReflectanceImageFilter_h
#define itkRetinexReflectanceImageFilter_h

#include "itkLogIlluminationImageFilter.h"

#include "itkInPlaceImageFilter.h"

namespace itk
{
/** \class RetinexReflectanceImageFilter
 * \brief Divides by an illumination that is an image: y = x / exp(l), or log y = log x - l with LogarithmOn().
 *
 * l, the log illumination, is of the image's extent or of extent 1 along axes, not the first, for the whole of which it
 * holds: one for all frames of a series. Where x is not positive, its logarithm is taken to be that of Floor: the
 * lowest positive intensity that the illumination was estimated from. Connect LogIllumination and Summary to a
 * LogIlluminationImageFilter.
 *
 * \par Access
 * Pointwise: streams. InPlaceOn() lets it write where the input was, if that is an output of another filter.
 *
 * \par Properties
 * - y exp(l) is x within float rounding, for l within 600 and y in a float's range. Zeros stay 0, negatives negative,
 * non-finite voxels pass through.
 * - Finite voxels stay finite: y is held within the largest float.
 * - The same bits for every number of threads and stream divisions.
 *
 * \ingroup Illumination
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT RetinexReflectanceImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RetinexReflectanceImageFilter);

  using Self = RetinexReflectanceImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using LogIlluminationImageType = Image<float, TInputImage::ImageDimension>;
  using SummaryDecoratorType = SimpleDataObjectDecorator<LogIlluminationSummary>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  itkNewMacro(Self);
  itkTypeMacro(RetinexReflectanceImageFilter, InPlaceImageFilter);

  /** Required. */
  itkSetInputMacro(LogIllumination, LogIlluminationImageType);
  itkGetInputMacro(LogIllumination, LogIlluminationImageType);

  /** Required with LogarithmOn(): says what the lowest intensity is. */
  itkSetGetDecoratedInputMacro(Summary, LogIlluminationSummary);

  /** Whether the output is the logarithm of the reflectance. */
  itkSetMacro(Logarithm, bool);
  itkGetConstMacro(Logarithm, bool);
  itkBooleanMacro(Logarithm);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  RetinexReflectanceImageFilter();
  ~RetinexReflectanceImageFilter() override = default;

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
  bool m_Logarithm{ false };
};
} // namespace itk

#include "itkRetinexReflectanceImageFilter.hxx"
#endif
