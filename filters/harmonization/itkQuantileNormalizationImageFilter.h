#ifndef itkQuantileNormalizationImageFilter_h
#define itkQuantileNormalizationImageFilter_h

#include "itkLinearNormalizationImageFilter.h"
#include "itkMonotoneMap.h"
#include "itkQuantileSink.h"

#include "itkInPlaceImageFilter.h"

#include <vector>

namespace itk
{
/** \class QuantileNormalizationImageFilter
 * \brief Brings an image's landmarks (quantiles) to those of a standard scale: y = f(x), f monotone, piecewise linear
 * and through all of them; with Inverse on, x from y.
 *
 * Beyond the first and the last landmark f goes on with the slope of the first and the last segment. Landmarks that
 * coincide become one, at the mean of their standards; where all do, f is a shift. See MonotoneMap. Without standard
 * landmarks, and of an image without a voxel in its mask, f is the identity.
 *
 * \par Access
 * Pointwise: the output region needs exactly the same input region, so the filter streams. Connect Landmarks to a
 * QuantileSink, which reads its input twice. InPlaceOn() lets it write where the input was, if that is an output of
 * another filter.
 *
 * \par Properties
 * - The output's quantiles at the probabilities are the standard landmarks, as near as neighbouring intensities lie,
 *   where no two of the image's landmarks coincide.
 * - Never falls: x <= x' gives y <= y'. Invariant to x -> a x + b, a > 0.
 * - With Inverse on, it undoes what it did, within the output's rounding divided by the slope; a standard scale on
 * which landmarks coincide is refused.
 * - Non-finite voxels pass through; finite ones stay finite, held within the output type's range.
 *
 * \par Reference
 * L. Nyul, J. Udupa, X. Zhang, New variants of a method of MRI scale standardization, IEEE TMI 19:143, 2000.
 * DOI 10.1109/42.836373
 * \ingroup Harmonization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT QuantileNormalizationImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(QuantileNormalizationImageFilter);

  using Self = QuantileNormalizationImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using MaskImageType = Image<unsigned char, TInputImage::ImageDimension>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  itkNewMacro(Self);
  itkTypeMacro(QuantileNormalizationImageFilter, InPlaceImageFilter);

  /** The image's quantiles. Required; of what QuantileSink measures, the values count. */
  itkSetGetDecoratedInputMacro(Landmarks, ImageQuantiles);

  /** In output intensity, never falling, one for each landmark. Empty, the default: the identity. */
  void
  SetStandardLandmarks(const std::vector<double> & landmarks)
  {
    if (m_StandardLandmarks != landmarks)
    {
      m_StandardLandmarks = landmarks;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(StandardLandmarks, std::vector<double>);

  /** Where Outside is not Transform. Non-zero inside; none: everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  itkSetEnumMacro(Outside, OutsideMask);
  itkGetEnumMacro(Outside, OutsideMask);

  /** Undo instead of apply: needs Outside Transform and standard landmarks that rise. */
  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  QuantileNormalizationImageFilter();
  ~QuantileNormalizationImageFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  BeforeThreadedGenerateData() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  std::vector<double> m_StandardLandmarks;
  OutsideMask         m_Outside{ OutsideMask::Transform };
  bool                m_Inverse{ false };
  MonotoneMap         m_Map;
};
} // namespace itk

#include "itkQuantileNormalizationImageFilter.hxx"
#endif
