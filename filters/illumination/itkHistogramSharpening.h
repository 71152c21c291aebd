#ifndef itkHistogramSharpening_h
#define itkHistogramSharpening_h

#include <complex>
#include <vector>

namespace itk
{
/** \class HistogramSharpening
 * \brief Expected true log intensity of a voxel, given its observed one: the histogram deconvolved by a Gaussian.
 *
 * The observed histogram H is taken for the true one U blurred by the field's variation, a Gaussian G of the given full
 * width at half maximum: U = max(0, F^-1[ F(H) conj(F(G)) / (|F(G)|^2 + Noise) ]). The estimate for observation v is
 * E(v) = sum_u u U(u) G(v - u) / sum_u U(u) G(v - u).
 *
 * \par Reference
 * J. Sled, A. Zijdenbos, A. Evans, A nonparametric method for automatic correction of intensity nonuniformity in MRI
 * data, IEEE TMI 17:87, 1998. DOI 10.1109/42.668698
 * \ingroup Illumination
 */
class HistogramSharpening
{
public:
  /** Bins of width `binWidth` > 0 in log intensity from `lowest` to `highest`, at least two. */
  HistogramSharpening(double lowest, double highest, double binWidth);

  /** Full width at half maximum > 0 in log intensity; noise of the Wiener filter, as a fraction of the signal's power.
   */
  void
  SetKernel(double fullWidth, double noise);

  /** Learns the estimate from log intensities; those outside [lowest, highest] go to the nearest bin. */
  void
  Fit(const std::vector<double> & logIntensities);

  /** E(v), linear between bins. */
  double
  Estimate(double logIntensity) const;

private:
  using Spectrum = std::vector<std::complex<double>>;

  Spectrum
  Transform(const std::vector<double> & values) const;
  std::vector<double>
  Filtered(const Spectrum & values, const Spectrum & kernel) const;

  double              m_Lowest;
  double              m_BinWidth;
  std::size_t         m_Bins;
  std::size_t         m_Length; // a power of two with room for the kernel to wrap around
  Spectrum            m_Blur;
  Spectrum            m_Sharpen;
  std::vector<double> m_Estimate;
};
} // namespace itk

#include "itkHistogramSharpening.hxx"
#endif
