#ifndef itkBandNormalizationImageFilter_h
#define itkBandNormalizationImageFilter_h

#include "itkBandEnergies.h"
#include "itkLinearNormalizationImageFilter.h"
#include "itkMaskedGaussian.h"

namespace itk
{
/** \class BandNormalizationImageFilter
 * \brief Multiplies the frequency bands of an image by gains and adds them up again: y = x + sum (gain_j - 1) B_j x.
 *
 * The bands B_j x = G_(j-1) x - G_j x are differences of Gaussian means with the deviations in Gains, in mm; the
 * residual G_n x stays as it is. A BandEnergySink learns, inside its mask, the gains that bring the bands'
 * energies to a reference's: what a CT kernel does to the noise is undone.
 *
 * \par Access
 * Neighbourhood: the output region and a rim of 4 times the largest scale along the axes that are smoothed; the same
 * region where every gain is 1. Connect Gains to a learner for a two-pass pipeline.
 *
 * \par Properties
 * - With every gain 1 the output is the input, bit for bit.
 * - Linear in the image, and in the gains; a constant stays what it is.
 * - Scales are in mm along each axis, whatever its spacing. Mask, image border and non-finite voxels are holes of the
 * Gaussians. An axis that is left out, and one of extent 1, is not smoothed along.
 * - The same bits for every number of threads and stream divisions.
 * - Non-finite voxels, and those beyond 1e18, pass through. Spacing, origin and direction are the input's.
 *
 * \par Reference
 * L. Gallardo-Estrella et al., European Radiology 26:478, 2016. DOI 10.1007/s00330-015-3824-y
 * \ingroup Harmonization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT BandNormalizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(BandNormalizationImageFilter);

  using Self = BandNormalizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using RegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;
  using GaussianType = MaskedGaussian<ImageDimension>;
  using GainsType = BandGains<ImageDimension>;

  itkNewMacro(Self);
  itkTypeMacro(BandNormalizationImageFilter, ImageToImageFilter);

  /** Required. */
  itkSetGetDecoratedInputMacro(Gains, GainsType);

  /** Non-zero inside; of the image's extent, or of extent 1 along axes, not the first, for the whole of which it holds.
   * Optional: without one everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Voxels outside the mask: with Transform (the default) they are smoothed and mapped like those inside, Keep and
   * Zero make them holes. */
  itkSetEnumMacro(Outside, OutsideMask);
  itkGetEnumMacro(Outside, OutsideMask);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  BandNormalizationImageFilter();
  ~BandNormalizationImageFilter() override = default;

  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  GenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  /** y = x + sum over the scales of coefficient (G x - x): the bands' sum, scale by scale. */
  struct Term
  {
    double                             coefficient; // the next band's gain, the residual's is 1, less this band's
    typename GaussianType::KernelsType kernels;
  };

  /** Those that are not 0. */
  std::vector<Term>
  Terms() const;
  /** Voxels to each side that the output rests on. */
  static typename GaussianType::SizeType
  Radius(const std::vector<Term> & terms);

  OutsideMask m_Outside{ OutsideMask::Transform };
};
} // namespace itk

#include "itkBandNormalizationImageFilter.hxx"
#endif
