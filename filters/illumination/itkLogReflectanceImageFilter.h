#ifndef itkLogReflectanceImageFilter_h
#define itkLogReflectanceImageFilter_h

#include "itkInPlaceImageFilter.h"

namespace itk
{
/** \class LogReflectanceImageFilter
 * \brief Classical output of Retinex: y = Gain C log(max(q, Floor)) + Offset, of q, the image over its surround.
 *
 * C is 1, or with channels the colour restoration of MSRCR, Beta log(Alpha x / sum_j x_j): x is the channel that q was
 * made of, x_j are all of them. It gives back the saturation that each channel's own surround takes away. Natural
 * logarithms.
 *
 * \par Access
 * Pointwise: streams. InPlaceOn() lets it write where the quotient was, if that is an output of another filter.
 *
 * \par Properties
 * - q at or below Floor, zeros and negatives too, count as Floor: with a Gain of 0 or more, the output is never below
 * Gain C log(Floor) + Offset.
 * - C is at least 0: Alpha x / sum_j x_j counts as 1 where it is below. A channel that is not finite or not positive
 * counts as 0 in it; where all are, they count as equal.
 * - Where x is NaN or infinite, so is q: these pass through.
 * - The same bits for every number of threads and stream divisions, on every processor.
 *
 * \par Reference
 * D. Jobson, Z. Rahman, G. Woodell, IEEE Trans. Image Process. 6:965, 1997. DOI 10.1109/83.597272
 * \ingroup Illumination
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT LogReflectanceImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LogReflectanceImageFilter);

  using Self = LogReflectanceImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  static constexpr double DefaultFloor = 0.01;
  static constexpr double DefaultAlpha = 125.0;

  itkNewMacro(Self);
  itkTypeMacro(LogReflectanceImageFilter, InPlaceImageFilter);

  /** Smallest quotient, > 0. */
  itkSetMacro(Floor, double);
  itkGetConstMacro(Floor, double);

  /** Output for one unit of log intensity; below 0, what is darker than its surround becomes brighter. Default 1. */
  itkSetMacro(Gain, double);
  itkGetConstMacro(Gain, double);

  /** Output where an image is as bright as its surround. Default 0. */
  itkSetMacro(Offset, double);
  itkGetConstMacro(Offset, double);

  /** How fast colour restoration grows with a channel's share of the sum, > 0. */
  itkSetMacro(Alpha, double);
  itkGetConstMacro(Alpha, double);

  /** Strength of colour restoration, >= 0. Default 1. */
  itkSetMacro(Beta, double);
  itkGetConstMacro(Beta, double);

  /** A channel of the image before it was divided, of the input's region; `isOwn`: the one that the input was made of.
   * All of them are to be added. None: no colour restoration. */
  void
  AddChannel(const TInputImage * image, bool isOwn);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  LogReflectanceImageFilter()
  {
    this->DynamicMultiThreadingOn();
    this->ThreaderUpdateProgressOff();
    this->InPlaceOff();
  }
  ~LogReflectanceImageFilter() override = default;

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
  double       m_Floor{ DefaultFloor };
  double       m_Gain{ 1.0 };
  double       m_Offset{ 0.0 };
  double       m_Alpha{ DefaultAlpha };
  double       m_Beta{ 1.0 };
  unsigned int m_Channels{ 0 };
  unsigned int m_Own{ 0 }; // input number of the channel that the first input was made of; 0: none
};
} // namespace itk

#include "itkLogReflectanceImageFilter.hxx"
#endif
