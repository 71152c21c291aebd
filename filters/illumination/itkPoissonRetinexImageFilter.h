#ifndef itkPoissonRetinexImageFilter_h
#define itkPoissonRetinexImageFilter_h

#include "itkLogIlluminationImageFilter.h"

namespace itk
{
/** What is told apart in PoissonRetinexImageFilter. */
enum class RetinexEdges : uint8_t
{
  Gradient, ///< differences between neighbours
  Laplacian ///< their sum at a voxel
};

/** \class PoissonRetinexImageFilter
 * \brief Log illumination l of the Retinex as a partial differential equation: what of the log image changes slowly.
 *
 * A difference of the log image between neighbours is an edge of the reflectance where it is above Threshold in
 * magnitude, and belongs to the illumination where it is not: Laplace l = div s with Neumann borders, s the difference
 * where |difference| <= Threshold, else 0. Differences of voxels without a logarithm are left out: there l has the
 * least gradient that agrees with the others. With r = log x - l that is Morel's equation for the log reflectance,
 * Laplace r = div of the differences above the threshold, solved for the smooth part: exact where nothing is left to
 * it. With Laplacian, the Laplacian of the log image itself is kept by the threshold; its mean is left out. On a box
 * by cosine transforms, in a mask by multigrid. The threshold is for the difference of two neighbouring voxels, in log
 * intensity, whatever their distance: edges are jumps and noise is a voxel's own, neither grows with the spacing. The
 * equation is in mm, so that a difference along an axis counts 1 / spacing^2; the Laplacian to be thresholded is in
 * units of the finest axis' spacing.
 *
 * \par Access
 * The whole image.
 *
 * \par Properties
 * - Threshold 0: a log illumination of 0, the image is the reflectance. An infinite threshold: log x - l is constant.
 * - A reflectance of constant parts that differ by more than the threshold, times an illumination that changes by less
 * from voxel to voxel, gives back the illumination up to its part along the edges, on which nothing is known.
 * - Invariant to gain, up to rounding.
 * - The same bits for every number of threads and stream divisions.
 *
 * \par Reference
 * J.-M. Morel, A. Petro, C. Sbert, A PDE formalization of Retinex theory, IEEE TIP 19:2825, 2010.
 * DOI 10.1109/TIP.2010.2049239
 * \ingroup Illumination
 */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT PoissonRetinexImageFilter : public LogIlluminationImageFilter<TInputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(PoissonRetinexImageFilter);

  using Self = PoissonRetinexImageFilter;
  using Superclass = LogIlluminationImageFilter<TInputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  static constexpr double DefaultThreshold = 0.1;

  itkNewMacro(Self);
  itkTypeMacro(PoissonRetinexImageFilter, LogIlluminationImageFilter);

  /** Largest difference of the log image between neighbours, or Laplacian, that is illumination; >= 0. */
  itkSetMacro(Threshold, double);
  itkGetConstMacro(Threshold, double);

  /** What the threshold is for. */
  itkSetEnumMacro(Edges, RetinexEdges);
  itkGetEnumMacro(Edges, RetinexEdges);

protected:
  PoissonRetinexImageFilter() = default;
  ~PoissonRetinexImageFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  Estimate(const typename Superclass::Domain & domain,
           NeumannPoisson &                    solver,
           float *                             illumination,
           LogIlluminationSummary &            summary) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  static constexpr double      Tolerance = 1e-5; // of the illumination's gradient
  static constexpr double      ToleranceWithHoles = 3e-4;
  static constexpr double      PreconditionerTolerance = 1e-2;
  static constexpr std::size_t MaximumNumberOfIterations = 30;

  double       m_Threshold{ DefaultThreshold };
  RetinexEdges m_Edges{ RetinexEdges::Gradient };
};
} // namespace itk

#include "itkPoissonRetinexImageFilter.hxx"
#endif
