#ifndef itkVariationalRetinexImageFilter_h
#define itkVariationalRetinexImageFilter_h

#include "itkLogIlluminationImageFilter.h"

namespace itk
{
/** What VariationalRetinexImageFilter knows of the illumination where the log image has an edge. */
enum class IlluminationAtEdges : uint8_t
{
  Flat, ///< its gradient is fitted to 0, as that of the log image is to itself elsewhere
  Free  ///< nothing: what is beside the edge decides
};

/** \class VariationalRetinexImageFilter
 * \brief Log illumination l such that the gradient of the log reflectance, log x - l, is sparse, and l is smooth.
 *
 * Minimizes E(l) = 1/N [ sum over edges e of |d_e l - s_e| + Smoothness^2 / (2 g) sum over voxels of (Laplace l)^2 ].
 * Edges join neighbours inside the mask, N is its number of voxels, d_e a difference over its spacing, in 1 / mm; s_e
 * is that of log x where the difference is at most Threshold. Where it is larger, s_e = 0 (Flat) or the edge is left
 * out (Free), as it is where there is no logarithm. g = mean |s_e|, of all slices: where noise makes the fit in effect
 * quadratic, that of wavelength W passes to l by 1 / (1 + (2 pi Smoothness / W)^2), whatever the noise. Laplace l is
 * that of an image mirrored at its border, so that l ends level there, over about Smoothness. Smoothness 0 with Flat is
 * the L1 Retinex; with Free, and a Smoothness of about a centimetre, the variant for MR, whose bias field is smooth.
 * The fit is a median: where intensities are coarse, as in pictures of 8 bits, most differences are 0, and so is l. By
 * split Bregman with penalty 1 / g: each iteration solves (A + Smoothness^2 A^2) l = div of the split gradient, A =
 * -Laplace with Neumann borders, on a box by a cosine transform, in a mask by multigrid, whose solution need be no
 * better than the iteration's, and no finer than half the Smoothness. Ends when the root mean square change of l is at
 * most ConvergenceThreshold, or after MaximumNumberOfIterations. Summary has E after each: it need not fall at every
 * one.
 *
 * \par Access
 * The whole image.
 *
 * \par Properties
 * - A reflectance of constant parts times a smooth illumination gives it back, with noise as well.
 * - A step within the threshold disturbs it less than half as much as PoissonRetinexImageFilter, which is the mean.
 * - Threshold 0 with Flat: a log illumination of 0, the image is the reflectance.
 * - Invariant to gain, up to rounding.
 * - E at the end is below that of l = 0, and of the first iterate, the fit of the mean.
 * - The same bits for every number of threads and stream divisions.
 *
 * \par Reference
 * W. Ma, J.-M. Morel, S. Osher, A. Chien, An L1-based variational model for Retinex theory and its application to
 * medical images, CVPR 2011. DOI 10.1109/CVPR.2011.5995422. T. Goldstein, S. Osher, The split Bregman method for
 * L1-regularized problems, SIAM J. Imaging Sciences 2:323, 2009. DOI 10.1137/080725891
 * \ingroup Illumination
 */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT VariationalRetinexImageFilter : public LogIlluminationImageFilter<TInputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(VariationalRetinexImageFilter);

  using Self = VariationalRetinexImageFilter;
  using Superclass = LogIlluminationImageFilter<TInputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  static constexpr double       DefaultThreshold = 0.15;
  static constexpr double       DefaultSmoothness = 8.0;
  static constexpr double       MaximumSmoothness = 1e6;
  static constexpr unsigned int DefaultMaximumNumberOfIterations = 30;
  static constexpr double       DefaultConvergenceThreshold = 1e-3;

  itkNewMacro(Self);
  itkTypeMacro(VariationalRetinexImageFilter, LogIlluminationImageFilter);

  /** Largest difference of the log image between neighbours that may be illumination; >= 0. */
  itkSetMacro(Threshold, double);
  itkGetConstMacro(Threshold, double);

  /** What is known of the illumination where the difference is larger. */
  itkSetEnumMacro(AtEdges, IlluminationAtEdges);
  itkGetEnumMacro(AtEdges, IlluminationAtEdges);

  /** Length in mm below which the illumination follows no detail, at most 1e6; 0: the plain L1 model. */
  itkSetMacro(Smoothness, double);
  itkGetConstMacro(Smoothness, double);

  /** At most; > 0. */
  itkSetMacro(MaximumNumberOfIterations, unsigned int);
  itkGetConstMacro(MaximumNumberOfIterations, unsigned int);

  /** Root mean square change of l, in log intensity, at which iterations end; >= 0. */
  itkSetMacro(ConvergenceThreshold, double);
  itkGetConstMacro(ConvergenceThreshold, double);

protected:
  VariationalRetinexImageFilter() = default;
  ~VariationalRetinexImageFilter() override = default;

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
  /** Error of the gradient of each change of l, as a part of it: multigrid is not asked for more. */
  static constexpr double Tolerance = 1e-2;

  IlluminationAtEdges m_AtEdges{ IlluminationAtEdges::Free };
  double              m_Threshold{ DefaultThreshold };
  double              m_Smoothness{ DefaultSmoothness };
  unsigned int        m_MaximumNumberOfIterations{ DefaultMaximumNumberOfIterations };
  double              m_ConvergenceThreshold{ DefaultConvergenceThreshold };
};
} // namespace itk

#include "itkVariationalRetinexImageFilter.hxx"
#endif
