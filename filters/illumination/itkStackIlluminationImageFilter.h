#ifndef itkStackIlluminationImageFilter_h
#define itkStackIlluminationImageFilter_h

#include "itkHugePages.h"
#include "itkStackIllumination.h"

#include "itkInPlaceImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

#include <vector>

namespace itk
{
/** \class StackIlluminationImageFilter
 * \brief Corrects the 2-D images of a stack: y_i = (x_i - dark) / flat; with Inverse on, x_i = y_i flat + dark.
 *
 * The images are the planes along the first two axes. With DivideByBaseline on, each is divided by its baseline over
 * their mean as well (of a time-lapse: drift and bleaching); an image without one is not.
 *
 * \par Access
 * Pointwise: streams. Connect Illumination to a learner (StackIlluminationSink), or set a recorded one. Holds both
 * fields over the plane. InPlaceOn() lets it write where the input was, if that is an output of another filter.
 *
 * \par Properties
 * - Every pixel is corrected, also zeros, negatives and those outside a mask; non-finite ones stay non-finite.
 * - Inverse after forward gives the input within float rounding.
 * - The same bits for every number of threads and stream divisions.
 * - Baselines that are not as many as the images are refused where they are divided by.
 *
 * \par Reference
 * T. Peng et al., Nature Communications 8:14836, 2017, DOI 10.1038/ncomms14836.
 * \ingroup Illumination
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT StackIlluminationImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(StackIlluminationImageFilter);

  using Self = StackIlluminationImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  itkNewMacro(Self);
  itkTypeMacro(StackIlluminationImageFilter, InPlaceImageFilter);

  /** Required. Its pixels count from the first one of the image. */
  itkSetGetDecoratedInputMacro(Illumination, StackIllumination);

  itkSetMacro(DivideByBaseline, bool);
  itkGetConstMacro(DivideByBaseline, bool);
  itkBooleanMacro(DivideByBaseline);

  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  StackIlluminationImageFilter()
  {
    this->AddRequiredInputName("Illumination");
    this->DynamicMultiThreadingOn();
    this->ThreaderUpdateProgressOff();
    this->InPlaceOff();
  }
  ~StackIlluminationImageFilter() override = default;

  void
  GenerateInputRequestedRegion() override;
  void
  AllocateOutputs() override;
  void
  BeforeThreadedGenerateData() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  bool m_DivideByBaseline{ false };
  bool m_Inverse{ false };

  StackIllumination                 m_Evaluated; ///< what the fields below are of
  typename TOutputImage::RegionType m_EvaluatedRegion;
  typename TOutputImage::RegionType m_Whole;
  std::vector<float>                m_Flat; ///< over the plane of m_EvaluatedRegion
  std::vector<float>                m_Dark;
  std::vector<double>               m_Baselines; ///< relative; none: not divided by
};
} // namespace itk

#include "itkStackIlluminationImageFilter.hxx"
#endif
