#ifndef itkHistogramEntropyFit_h
#define itkHistogramEntropyFit_h

#include "itkSmoothField.h"

#include "vnl/vnl_matrix.h"
#include "vnl/vnl_vector.h"

#include <array>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class HistogramEntropyFit
 * \brief The series under which log intensities have the histogram of least entropy, their tissues' contrast apart.
 *
 * Of samples v_i at positions x_i, minimises over the coefficients c of a SmoothField without its constant
 * J(c) = -sum_b H_b log (G * H)_b - Contrast log D, by L-BFGS. H is the histogram of the residuals
 * r_i = v_i - sum_k c_k P_k(x_i), bins DeviationsBin apart; G is a Gaussian. Sharpening a histogram as N3 does is
 * descent on the first term: the mean of the deconvolved histogram near v, less v, goes as the slope of log density.
 *
 * The first term alone is lowered as well by a field that draws tissues together. D is the distance between the means
 * of the two neighbours, among three Gaussian classes of the residuals, that hold most samples; where a field takes
 * contrast away, the second term gives back what the first gained. Each sample's share in the classes is held fixed
 * while c moves: each term, decorrelated and of deviation 1 over the samples, by MaximumStep at most. Then it is
 * learned anew.
 *
 * Sums run in order of the samples, on one thread: the same bits for any number of threads. Fits in several threads of
 * one process take turns in L-BFGS, whose implementation keeps global state.
 *
 * \par Reference
 * J. Sled, A. Zijdenbos, A. Evans, IEEE TMI 17:87, 1998, DOI 10.1109/42.668698 (sharpening);
 * C. Zhu, R. Byrd, P. Lu, J. Nocedal, ACM TOMS 23:550, 1997, DOI 10.1145/279232.279236 (L-BFGS-B).
 * \ingroup Illumination
 */
class HistogramEntropyFit
{
public:
  using Position = std::array<double, SmoothField::MaximumDimension>; ///< voxel index

  static constexpr double BinsADeviation = 6.0; ///< of G
  static constexpr double MaximumStep =
    0.1; ///< log intensity that a decorrelated term may change in between two classifications
  static constexpr double       Settled = 5e-4;         ///< the step at which classes are no longer learned anew
  static constexpr unsigned int Classifications = 6;    ///< at most
  static constexpr unsigned int EvaluationsAStep = 14;  ///< of J, at most, between two classifications
  static constexpr unsigned int EvaluationsInAll = 100; ///< where Contrast is 0
  static constexpr double       WidestClass = 0.17;     ///< deviation of log intensity that one tissue may have

  /** The coefficients of `field` are of no interest; its box and order, 1 at least, are. */
  HistogramEntropyFit(const SmoothField &           field,
                      const std::vector<Position> & positions,
                      const std::vector<double> &   logIntensities);

  struct Minimum
  {
    unsigned int evaluations{ 0 }; ///< of J
    double       value{ 0.0 };     ///< of J
  };

  /** Refines `coefficients`, in the order of SmoothField::Terms(), with G of the given deviation of log intensity.
   * Without evaluations, and with the coefficients as they were, where `contrast` is not 0 and the two classes are not
   * both narrower than WidestClass: what is no tissue has no contrast to keep. */
  Minimum
  Minimise(std::vector<double> & coefficients, double deviation, double contrast) const;

private:
  class Cost;

  static constexpr std::size_t BlockLength = 512;

  /** v_i - field(x_i); those beyond the last sample are 0. */
  void
  Residuals(const vnl_vector<double> & place, std::vector<float> & residuals) const;

  /** sum_i weight_i times the decorrelated basis at x_i. */
  void
  Project(const std::vector<float> & weights, vnl_vector<double> & sums) const;

  std::size_t        m_Samples;
  unsigned int       m_Terms; // without the constant
  std::vector<float> m_LogIntensities;
  std::vector<float> m_Basis;        // in blocks of samples, in each term by term: mean 0, deviation 1, uncorrelated
  vnl_matrix<double> m_Coefficients; // of P, from those of the basis
  vnl_matrix<double> m_Decorrelated; // the other way
};
} // namespace itk

#include "itkHistogramEntropyFit.hxx"
#endif
