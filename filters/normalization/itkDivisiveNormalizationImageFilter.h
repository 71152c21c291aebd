#ifndef itkDivisiveNormalizationImageFilter_h
#define itkDivisiveNormalizationImageFilter_h

#include "itkInstanceMoments.h"
#include "itkLinearNormalizationImageFilter.h"
#include "itkMaskedGaussian.h"

namespace itk
{
/** \class DivisiveNormalizationImageFilter
 * \brief Contrast gain control: y = Gamma c / (s^n + p^n)^(1/n), each voxel by the pooled energy of its neighbourhood.
 *
 * c = x - mean is the contrast to the mean of the neighbourhood, p = sqrt(mean of c^2) its energy, both over a Gaussian
 * pool of deviation Pool; s is SemiSaturation times the image's deviation. It is the n-th root, with the sign of c, of
 * the canonical response Gamma^n c^n / (s^n + p^n), so that y is Gamma c / s where contrast is low, and follows c / p
 * where it is high. The deviation comes from an ImageStatisticsSink.
 *
 * \par Access
 * Neighbourhood: the output region and a rim of 4 Pool, twice that where the local mean is removed. Connect Moments to
 * a learner for a two-pass pipeline.
 *
 * \par Properties
 * - Invariant to x -> a x, a > 0, and with RemoveLocalMean to x -> a x + b, up to rounding: s follows the image.
 * - Odd: -x gives -y, where the local mean is removed or not.
 * - Saturates: where one contrast fills the pool, |y| rises with it towards Gamma and is Gamma / 2^(1/n) where p = s.
 * - Pool is in mm along each axis, whatever its spacing. Mask, image border and non-finite voxels are holes of the
 * pool: no dark rim. An axis that is left out, and one of extent 1, is not pooled over.
 * - The same bits for every number of threads and stream divisions.
 * - Deviation 0 (a constant image, one voxel) and NaN moments (an empty mask) give 0, never NaN.
 * - Non-finite voxels, and those beyond 1e18 deviations, pass through. Spacing, origin and direction are the input's.
 *
 * \par Reference
 * M. Carandini, D. J. Heeger, Nature Reviews Neuroscience 13:51, 2012. DOI 10.1038/nrn3136
 * \ingroup Normalization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT DivisiveNormalizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(DivisiveNormalizationImageFilter);

  using Self = DivisiveNormalizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using RegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;
  using GaussianType = MaskedGaussian<ImageDimension>;
  using AxesType = typename GaussianType::AxesType;

  static constexpr double DefaultPool = 6.0;
  static constexpr double DefaultSemiSaturation = 0.5;
  static constexpr double DefaultExponent = 2.0;

  itkNewMacro(Self);
  itkTypeMacro(DivisiveNormalizationImageFilter, ImageToImageFilter);

  /** Required: those of the voxels inside the mask. */
  itkSetGetDecoratedInputMacro(Moments, MeanAndVariance);

  /** Non-zero inside; of the image's extent, or of extent 1 along axes, not the first, for the whole of which it holds.
   * Optional: without one everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Deviation of the Gaussian pool, in mm, > 0. */
  itkSetMacro(Pool, double);
  itkGetConstMacro(Pool, double);

  /** Axes that the pool extends along. Default: all. */
  void
  SetAxes(const AxesType & axes)
  {
    if (m_Axes != axes)
    {
      m_Axes = axes;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Axes, AxesType);

  /** Contrast at which the response is half saturated, in deviations of the image, > 0. */
  itkSetMacro(SemiSaturation, double);
  itkGetConstMacro(SemiSaturation, double);

  /** How abruptly the response saturates, > 0. 1 and 2 have the same bits on every processor. */
  itkSetMacro(Exponent, double);
  itkGetConstMacro(Exponent, double);

  /** Whether the contrast is to the mean of the neighbourhood or, off, to 0. Default on. */
  itkSetMacro(RemoveLocalMean, bool);
  itkGetConstMacro(RemoveLocalMean, bool);
  itkBooleanMacro(RemoveLocalMean);

  /** Response that the output saturates at. */
  itkSetMacro(Gamma, double);
  itkGetConstMacro(Gamma, double);

  /** Voxels outside the mask: Zero (the default) or Keep leave them out of every pool, with Transform they are in it
   * and are mapped like those inside. */
  itkSetEnumMacro(Outside, OutsideMask);
  itkGetEnumMacro(Outside, OutsideMask);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  DivisiveNormalizationImageFilter();
  ~DivisiveNormalizationImageFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  GenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  typename GaussianType::KernelsType
  Kernels() const
  {
    return GaussianType::Kernels(this->GetInput(), m_Pool, m_Axes);
  }

  /** `region` and all that its responses rest on. */
  RegionType
  Surroundings(RegionType region) const;

  double      m_Pool{ DefaultPool };
  AxesType    m_Axes{};
  double      m_SemiSaturation{ DefaultSemiSaturation };
  double      m_Exponent{ DefaultExponent };
  bool        m_RemoveLocalMean{ true };
  double      m_Gamma{ 1.0 };
  OutsideMask m_Outside{ OutsideMask::Zero };
};
} // namespace itk

#include "itkDivisiveNormalizationImageFilter.hxx"
#endif
