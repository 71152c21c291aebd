#ifndef itkStackIlluminationFit_h
#define itkStackIlluminationFit_h

#include "itkCosineTransform.h"
#include "itkPerThread.h"
#include "itkStackIllumination.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace itk
{
/** \class StackIlluminationFit
 * \brief Splits small images x_i into b_i flat + dark + residual_i: minimizes sum w |residual| + lambda_flat sum |DCT
 * flat| + lambda_dark sum |DCT dark|.
 *
 * An augmented Lagrangian whose multiplier grows by half in each iteration, until the split holds to Tolerance; then
 * the weights are set to w = 1 / (|residual| / mean + 0.1), which takes the pull from what stands out, and it starts
 * anew, until the flat-field stays within ReweightTolerance. lambda_flat is SmoothnessFlatField times the sum of the
 * absolute cosine coefficients of the mean image over its mean, over 800; lambda_dark is SmoothnessDarkField times a
 * fifth of it. Of all dark-fields that go with a stack, which differ by multiples of the flat-field, the one is taken
 * that varies least with the flat-field. Numbers are summed in a fixed order: the same bits for every number of
 * threads.
 *
 * \par Reference
 * T. Peng et al., Nature Communications 8:14836, 2017. DOI 10.1038/ncomms14836
 * \ingroup Illumination
 */
class StackIlluminationFit
{
public:
  struct Parameters
  {
    bool         darkField{ false };
    bool         sortIntensity{ false }; ///< at each place, exchange the images so that values ascend
    double       smoothnessFlatField{ 1.0 };
    double       smoothnessDarkField{ 1.0 };
    double       reweightTolerance{ 1e-3 };
    double       tolerance{ 1e-6 };
    unsigned int maximumReweightings{ 10 };
    unsigned int maximumIterations{ 500 };
  };

  /** `values`: image after image, row after row; NaN: not known. */
  StackIlluminationFit(std::size_t width, std::size_t height, std::vector<float> values, const Parameters & parameters);

  /** False, with a flat-field of 1, where the images are not positive on the mean or the fit has no positive one.
   * Calls report(part done, in [0, 1]) after each weighting, where there is one; it may throw. */
  bool
  Run(const std::function<void(double)> & report = {});

  /** Over a box of width x height, its constant term 1. */
  const CosineSeries &
  GetFlat() const
  {
    return m_FlatSeries;
  }
  const CosineSeries &
  GetDark() const
  {
    return m_DarkSeries;
  }
  unsigned int
  GetReweightings() const
  {
    return m_Reweightings;
  }

private:
  using Floats = std::vector<float>;
  static constexpr std::size_t MaximumHalfWaves = 24;
  static constexpr std::size_t BlockLength = 512; ///< pixels that a thread takes
  static constexpr std::size_t Sums = 3;          ///< of an image: over all, bright and dark places
  static constexpr double      Dropped = 5e-4;    ///< root of the mean square of the terms left out, flat-field 1

  void
  SortIntensities();
  /** \return whether the flat-field is positive on the mean. */
  bool
  SolveReweighted(const std::function<void()> & reportSolved);
  /** Subtracts the dark-field, 0 where it is negative. \return whether it is negative anywhere; else nothing is done.
   */
  bool
  TakeDarkAway();
  /** \return whether the mean is positive; brings it to 1, and gives each unknown value the mean of its place. */
  bool
  Normalise();
  /** \return whether the flat-field is positive on the mean. */
  bool
  Solve();
  void
  SeparateResidual(float reciprocal);
  void
  UpdateBaselines();
  void
  UpdateDark(double threshold);
  /** \return the mean square of what the split leaves. */
  double
  UpdateMultipliers(float multiplier, float nextReciprocal);
  void
  Reweight();

  /** Orthonormal, in place. */
  void
  Transform(Floats & plane, bool inverse) const;
  CosineSeries
  SeriesOf(const Floats & coefficients, double scale, double dropped) const;

  std::size_t
  Blocks() const
  {
    return (m_Pixels + BlockLength - 1) / BlockLength;
  }
  template <typename TFunction>
  void
  ForEachBlock(TFunction && f) const;

  std::size_t     m_Width;
  std::size_t     m_Height;
  std::size_t     m_Pixels;
  std::size_t     m_Images;
  Parameters      m_Parameters;
  CosineTransform m_RowTransform;
  CosineTransform m_ColumnTransform;

  Floats              m_Values;
  Floats              m_Residual;
  Floats              m_Multipliers;
  Floats              m_Weights;
  Floats              m_IsSmooth; ///< of each cosine: 1 of at most MaximumHalfWaves, else 0
  Floats              m_Flat;
  Floats              m_FlatCoefficients;
  Floats              m_Offset; ///< dark-field less the part of it that the baselines hold
  Floats              m_DarkCoefficients;
  Floats              m_Step; ///< mean over the images of what the flat-field does not explain yet
  Floats              m_LowMean;
  Floats              m_IsBright;
  Floats              m_IsDark;
  std::vector<double> m_Baselines; ///< mean 1
  std::vector<double> m_BlockSums; ///< of each block, each image
  std::vector<double> m_BlockSquares;
  double              m_Scale{ 1.0 };
  double              m_Lowest{ 0.0 };
  double              m_Lambda{ 0.0 };
  double              m_Norm{ 0.0 };
  unsigned int        m_Reweightings{ 0 };
  CosineSeries        m_FlatSeries;
  CosineSeries        m_DarkSeries;
};
} // namespace itk

#include "itkStackIlluminationFit.hxx"
#endif
