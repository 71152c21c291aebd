#ifndef itkN4FieldFit_h
#define itkN4FieldFit_h

#include "itkInstructionSet.h"
#include "itkPerThread.h"
#include "itkSmoothField.h"

#include "vnl/algo/vnl_fft_1d.h"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace itk
{
/** Of N4, with the defaults of ANTs. */
struct N4Parameters
{
  std::vector<unsigned int> iterations{ 50, 50, 50, 50 };   ///< at most, of each level
  double                    convergenceThreshold{ 0.0 };    ///< 0: all iterations are run
  double                    fullWidthAtHalfMaximum{ 0.15 }; ///< of the sharpening kernel, log intensity
  double                    wienerNoise{ 0.01 };            ///< of the deconvolution, added to the kernel's power
  unsigned int              histogramBins{ 200 };
};

/** \class N4FieldFit
 * \brief N4 on a grid: what itk::N4BiasFieldCorrectionImageFilter learns from scattered points, by separable sums.
 *
 * The log field f is a lattice of cubic B-splines. An iteration takes v = log intensity - f, estimates each sample's
 * true value E(v) by deconvolving the histogram of v with a Gaussian, and adds to the control points phi the fit to
 * r = v - E(v): phi = sum_i w_i r_i B_i^3 / S_i / sum_i w_i B_i^2, where B_i is the control point's spline at sample i,
 * S_i the sum of B_i^2 over the control points, and w_i the sample's weight. B is a product over axes, and so is S: the
 * sums run along y, then z, then x, whole rows at a time. A level ends after its iterations, or when the coefficient of
 * variation of exp(change of f) is at most the threshold; the next one doubles the spans without changing f.
 *
 * Sums run within rows, over rows, and over slices, in order: the number of threads does not show in the result.
 *
 * \par Reference
 * N. Tustison et al., N4ITK: improved N3 bias correction, IEEE TMI 29:1310, 2010. DOI 10.1109/TMI.2010.2046908;
 * S. Lee, G. Wolberg, S. Y. Shin, IEEE TVCG 3:228, 1997, DOI 10.1109/2945.620490 (the fit).
 * \ingroup Illumination
 */
class N4FieldFit
{
public:
  using SizeType = std::array<std::size_t, SmoothField::MaximumDimension>;

  /** `lattice`: the first level's control points, over a box in sample indices; 1 along the fourth axis.
   * `logIntensities`: of a grid of `size` samples, x fastest; NaN: no sample.
   * `weights`: > 0 wherever there is a sample; none: all alike. */
  N4FieldFit(const SmoothField &        lattice,
             const SizeType &           size,
             const std::vector<float> & logIntensities,
             const std::vector<float> & weights);

  /** The field of the last level; without coefficients where samples are none or all equal. Calls report(part done, in
   * [0, 1]) after each iteration, where there is one; it may throw. */
  SmoothField
  Fit(const N4Parameters & parameters, const std::function<void(double)> & report = {});

  /** Run by the last Fit(), at each level. */
  const std::vector<unsigned int> &
  Iterations() const
  {
    return m_Iterations;
  }

  /** Samples that the fit rests on. */
  std::size_t
  Samples() const
  {
    return m_Samples;
  }

private:
  static constexpr std::size_t BlockLength = 8; // samples that a kernel handles at once
  using Block = Register<float, BlockLength>::Type;

  /** Samples side by side in a row; in memory from `begin`, filled up to whole blocks of weight 0. */
  struct Run
  {
    std::size_t  begin;
    unsigned int x;
    unsigned int y;
    unsigned int length;
  };
  struct Slice
  {
    unsigned int z;
    std::size_t  firstRun;
    std::size_t  endRun;
  };
  /** SmoothField::SplineWeights, raised to a power. */
  struct Weights
  {
    unsigned int         first;
    unsigned int         count;
    std::array<float, 4> values;
  };
  struct Basis
  {
    std::vector<float>   x; // a padded row for each control point
    std::vector<Weights> y;
    std::vector<Weights> z;
  };
  struct Range
  {
    float lowest;
    float highest;
  };
  /** Linear between the bins of the histogram, in which `lowest` is the first. */
  struct BinScale
  {
    float lowest;
    float binWidth;
    float last; // bin
  };
  struct Change
  {
    double sum{ 0.0 };
    double squares{ 0.0 };
  };
  struct Bin
  {
    std::uint64_t count{ 0 };
    std::uint64_t upper{ 0 }; // part of the count that belongs to the next bin, in units of 2^-20
  };
  struct Histogram
  {
    explicit Histogram(std::size_t numberOfBins);

    /** Adds the copies up. */
    void
    Flush();

    std::vector<Bin>           bins;
    std::vector<std::uint64_t> copies; // of all bins, count and upper in one number
    std::uint64_t              pending{ 0 };
  };
  struct EvaluateKernel;
  struct HistogramKernel;
  struct ContractKernel;
  struct ExpandKernel;
  struct GatherKernel;

  /** Below, an iteration takes a millisecond or two, and waiting for a thread that another process has pushed aside
   * takes longer. */
  bool
  IsLarge() const
  {
    return m_Samples > 1000000;
  }

  void
  SetLattice(const SmoothField & lattice);
  void
  MakeBasis(unsigned int power, bool isNormalised, Basis & basis) const;
  /** v of every sample, its range, and what the field has changed by since the last call. */
  void
  Evaluate();
  double
  ConvergenceMeasure() const;
  /** Residual r, and its rise to the next bin, of every bin. */
  std::vector<float>
  Sharpen(const N4Parameters & parameters, const BinScale & scale, vnl_fft_1d<double> & transform) const;
  /** sum_i w_i r_i basis_i for every control point. */
  std::vector<double>
  Contract(const std::vector<float> & residual, const BinScale & scale, const Basis & basis);
  SmoothField
  Refined() const;

  SmoothField               m_First; // level
  SizeType                  m_Size;
  std::size_t               m_Width; // of a padded row
  std::size_t               m_Samples{ 0 };
  std::vector<Run>          m_Runs;
  std::vector<Slice>        m_Slices;
  std::vector<float>        m_LogIntensity;
  std::vector<float>        m_Value; // v
  std::vector<float>        m_Weight;
  SmoothField               m_Lattice;
  Basis                     m_Plain;
  Basis                     m_Cubed;
  std::vector<double>       m_Omega;    // sum_i w_i B_i^2
  std::vector<float>        m_Expanded; // the lattice's control points along y and z, evaluated along x
  std::vector<float>        m_Planes;   // of each slice, control points along y, samples along x
  std::vector<Range>        m_Ranges;   // of each slice
  std::vector<Change>       m_Changes;  // of each slice
  Range                     m_Range{};
  bool                      m_MeasuresChange{ false };
  std::vector<unsigned int> m_Iterations;
};
} // namespace itk

#include "itkN4FieldFit.hxx"
#endif
