#ifndef itkHistogramEntropyFit_hxx
#define itkHistogramEntropyFit_hxx

#include "itkPortableExp.h"
#include "itkPortableLog.h"

#include "vnl/algo/vnl_cholesky.h"
#include "vnl/algo/vnl_lbfgsb.h"
#include "vnl/algo/vnl_matrix_inverse.h"
#include "vnl/vnl_cost_function.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>

namespace itk
{
namespace HistogramEntropyDetail
{
/** Sum of products of two stretches of `length` floats, a multiple of 16, in sixteen lanes. */
inline double
Dot(const float * a, const float * b, std::size_t length)
{
  std::array<float, 16> lanes{};
  for (std::size_t i = 0; i < length; i += lanes.size())
  {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
    {
      lanes[lane] += a[i + lane] * b[i + lane];
    }
  }
  return std::accumulate(lanes.begin(), lanes.end(), 0.0);
}

/** to += weight * from. */
inline void
AddTo(float * to, float weight, const float * from, std::size_t length)
{
  for (std::size_t i = 0; i < length; ++i)
  {
    to[i] += weight * from[i];
  }
}

/** Three Gaussian classes of a histogram, in order of their first means. */
struct Classes
{
  using Triple = std::array<double, 3>;

  Triple mean{};
  Triple deviation{};
  Triple share{};

  bool
  AreKnown() const
  {
    return share[0] + share[1] + share[2] > 0.0;
  }

  /** The class that forms, with the next, the pair of neighbours that holds most. */
  std::size_t
  Lower() const
  {
    return share[0] > share[2] ? 0 : 1;
  }

  /** k-means from the histogram's sextiles. */
  void
  Start(const std::vector<double> & histogram, double lowest, double binWidth)
  {
    const double total = std::accumulate(histogram.begin(), histogram.end(), 0.0);
    double       below = 0.0;
    std::size_t  found = 0;
    for (std::size_t b = 0; b < histogram.size(); ++b)
    {
      below += histogram[b];
      for (; found < 3 && below >= (2.0 * static_cast<double>(found) + 1.0) / 6.0 * total; ++found)
      {
        mean[found] = lowest + binWidth * static_cast<double>(b);
      }
    }
    constexpr double leastDeviation = 0.02;
    for (int iteration = 0; iteration < 30; ++iteration)
    {
      this->Learn(histogram,
                  lowest,
                  binWidth,
                  [this](double v)
                  {
                    Triple      isMember{};
                    std::size_t nearest = 0;
                    for (std::size_t c = 1; c < 3; ++c)
                    {
                      nearest = std::abs(v - mean[c]) < std::abs(v - mean[nearest]) ? c : nearest;
                    }
                    isMember[nearest] = 1.0;
                    return isMember;
                  });
    }
    for (double & d : deviation)
    {
      d += leastDeviation;
    }
  }

  /** Twenty rounds of expectation and maximisation. */
  void
  Refine(const std::vector<double> & histogram, double lowest, double binWidth)
  {
    constexpr double leastVariance = 1e-4;
    for (int iteration = 0; iteration < 20; ++iteration)
    {
      this->Learn(histogram, lowest, binWidth, [this](double v) { return this->Membership(v); });
      for (double & d : deviation)
      {
        d = std::sqrt(d * d + leastVariance);
      }
    }
  }

  /** Probability of each class, given the intensity. */
  Triple
  Membership(double v) const
  {
    Triple probability{};
    double sum = 0.0;
    for (std::size_t c = 0; c < 3; ++c)
    {
      const double distance = (v - mean[c]) / deviation[c];
      const double exponent = -0.5 * distance * distance;
      const double density = exponent > -700.0 ? PortableExp(exponent) : 0.0;
      probability[c] = share[c] * density / deviation[c] + 1e-300; // far from all: alike
      sum += probability[c];
    }
    for (double & p : probability)
    {
      p /= sum;
    }
    return probability;
  }

private:
  template <typename TMembership>
  void
  Learn(const std::vector<double> & histogram, double lowest, double binWidth, TMembership && membership)
  {
    Triple mass{};
    Triple first{};
    Triple second{};
    for (std::size_t b = 0; b < histogram.size(); ++b)
    {
      if (histogram[b] > 0.0)
      {
        const double v = lowest + binWidth * static_cast<double>(b);
        const Triple part = membership(v);
        for (std::size_t c = 0; c < 3; ++c)
        {
          mass[c] += part[c] * histogram[b];
          first[c] += part[c] * histogram[b] * v;
          second[c] += part[c] * histogram[b] * v * v;
        }
      }
    }
    const double total = mass[0] + mass[1] + mass[2];
    for (std::size_t c = 0; c < 3; ++c)
    {
      if (mass[c] > 0.0)
      {
        mean[c] = first[c] / mass[c];
        deviation[c] = std::sqrt(std::max(0.0, second[c] / mass[c] - mean[c] * mean[c]));
      }
      share[c] = mass[c] / total;
    }
  }
};
} // namespace HistogramEntropyDetail

inline HistogramEntropyFit::HistogramEntropyFit(const SmoothField &           field,
                                                const std::vector<Position> & positions,
                                                const std::vector<double> &   logIntensities)
  : m_Samples(positions.size())
  , m_Terms(static_cast<unsigned int>(field.Terms().size()) - 1)
  , m_LogIntensities(logIntensities.begin(), logIntensities.end())
{
  using namespace HistogramEntropyDetail;
  const std::size_t blocks = (m_Samples + BlockLength - 1) / BlockLength;
  const auto        column = [this](std::vector<float> & basis, std::size_t block, std::size_t term)
  { return &basis[(block * m_Terms + term) * BlockLength]; };
  m_LogIntensities.resize(blocks * BlockLength, 0.0F);

  const auto          terms = field.Terms();
  std::vector<float>  raw(blocks * BlockLength * m_Terms, 0.0F);
  std::vector<double> sums(m_Terms, 0.0);
  std::vector<double> products;
  for (std::size_t i = 0; i < m_Samples; ++i)
  {
    field.Products(terms, positions[i], products);
    for (std::size_t k = 0; k < m_Terms; ++k)
    {
      column(raw, i / BlockLength, k)[i % BlockLength] = static_cast<float>(products[k + 1]);
      sums[k] += products[k + 1];
    }
  }
  for (std::size_t block = 0; block < blocks; ++block)
  {
    const std::size_t inBlock = std::min(BlockLength, m_Samples - block * BlockLength);
    for (std::size_t k = 0; k < m_Terms; ++k)
    {
      float *    values = column(raw, block, k);
      const auto mean = static_cast<float>(sums[k] / static_cast<double>(m_Samples));
      std::for_each(values, values + inBlock, [mean](float & value) { value -= mean; });
    }
  }

  // Some twenty thousand samples say how terms go together.
  constexpr std::size_t blocksForCovariance = 40;
  const std::size_t     step = std::max<std::size_t>(1, blocks / blocksForCovariance);
  vnl_matrix<double>    covariance(m_Terms, m_Terms, 0.0);
  double                used = 0.0;
  for (std::size_t block = 0; block < blocks; block += step)
  {
    used += static_cast<double>(std::min(BlockLength, m_Samples - block * BlockLength));
    for (unsigned int j = 0; j < m_Terms; ++j)
    {
      for (unsigned int k = 0; k <= j; ++k)
      {
        covariance(j, k) += Dot(column(raw, block, j), column(raw, block, k), BlockLength);
      }
    }
  }
  for (unsigned int j = 0; j < m_Terms; ++j)
  {
    for (unsigned int k = 0; k <= j; ++k)
    {
      covariance(j, k) /= used;
      covariance(k, j) = covariance(j, k);
    }
    covariance(j, j) += 1e-6; // terms that these positions cannot tell apart
  }
  const vnl_matrix<double> lower = vnl_cholesky(covariance).lower_triangle();
  m_Decorrelated = lower.transpose();
  m_Coefficients = vnl_matrix_inverse<double>(m_Decorrelated).as_matrix();

  m_Basis.assign(raw.size(), 0.0F);
  for (std::size_t block = 0; block < blocks; ++block)
  {
    for (unsigned int k = 0; k < m_Terms; ++k)
    {
      for (unsigned int j = 0; j <= k; ++j)
      {
        AddTo(column(m_Basis, block, k), static_cast<float>(m_Coefficients(j, k)), column(raw, block, j), BlockLength);
      }
    }
  }
}

inline void
HistogramEntropyFit::Residuals(const vnl_vector<double> & place, std::vector<float> & residuals) const
{
  residuals = m_LogIntensities;
  for (std::size_t block = 0; block * BlockLength < m_Samples; ++block)
  {
    for (unsigned int k = 0; k < m_Terms; ++k)
    {
      HistogramEntropyDetail::AddTo(&residuals[block * BlockLength],
                                    static_cast<float>(-place[k]),
                                    &m_Basis[(block * m_Terms + k) * BlockLength],
                                    BlockLength);
    }
  }
}

inline void
HistogramEntropyFit::Project(const std::vector<float> & weights, vnl_vector<double> & sums) const
{
  sums.fill(0.0);
  for (std::size_t block = 0; block * BlockLength < m_Samples; ++block)
  {
    for (unsigned int k = 0; k < m_Terms; ++k)
    {
      sums[k] += HistogramEntropyDetail::Dot(
        &weights[block * BlockLength], &m_Basis[(block * m_Terms + k) * BlockLength], BlockLength);
    }
  }
}

/** J as vnl's minimisers take it. */
class HistogramEntropyFit::Cost : public vnl_cost_function
{
public:
  Cost(const HistogramEntropyFit & fit, double deviation)
    : vnl_cost_function(static_cast<int>(fit.m_Terms))
    , m_Fit(fit)
    , m_BinWidth(deviation / BinsADeviation)
    , m_Weights(fit.m_LogIntensities.size(), 0.0F)
    , m_ContrastSlope(fit.m_Terms, 0.0)
  {
    const auto end = fit.m_LogIntensities.begin() + static_cast<std::ptrdiff_t>(fit.m_Samples);
    const auto [low, high] = std::minmax_element(fit.m_LogIntensities.begin(), end);
    constexpr double room = 1.5; // for the field, which may move intensities beyond their first range
    const double     reach = std::ceil(4.0 * BinsADeviation);
    m_Lowest = *low - room;
    m_Bins = static_cast<std::size_t>((*high + room - m_Lowest) / m_BinWidth + 2.0 + reach);
    for (double bin = -reach; bin <= reach; ++bin)
    {
      m_Kernel.push_back(PortableExp(-0.5 * bin * bin / (BinsADeviation * BinsADeviation)));
    }
    const double sum = std::accumulate(m_Kernel.begin(), m_Kernel.end(), 0.0);
    std::for_each(m_Kernel.begin(), m_Kernel.end(), [sum](double & weight) { weight /= sum; });
  }

  /** Learns the classes of the residuals. Returns the larger of the two classes' deviations. */
  double
  Classify(const vnl_vector<double> & place, double contrast)
  {
    m_Fit.Residuals(place, m_Residuals);
    this->MakeHistogram();
    if (!m_Classes.AreKnown())
    {
      m_Classes.Start(m_Histogram, m_Lowest, m_BinWidth);
      m_Classes.Refine(m_Histogram, m_Lowest, m_BinWidth);
    }
    m_Classes.Refine(m_Histogram, m_Lowest, m_BinWidth);

    std::vector<HistogramEntropyDetail::Classes::Triple> membership(m_Bins);
    for (std::size_t b = 0; b < m_Bins; ++b)
    {
      membership[b] = m_Classes.Membership(m_Lowest + m_BinWidth * static_cast<double>(b));
    }
    const std::size_t lower = m_Classes.Lower();
    double            lowerMass = 0.0;
    double            upperMass = 0.0;
    for (std::size_t i = 0; i < m_Fit.m_Samples; ++i)
    {
      const auto & part = membership[this->NearestBin(m_Residuals[i])];
      lowerMass += part[lower];
      upperMass += part[lower + 1];
    }
    // D is linear in the place while memberships are held.
    m_DistanceAtZero = 0.0;
    for (std::size_t i = 0; i < m_Fit.m_Samples; ++i)
    {
      const auto & part = membership[this->NearestBin(m_Residuals[i])];
      const double weight = part[lower + 1] / upperMass - part[lower] / lowerMass;
      m_Weights[i] = static_cast<float>(weight);
      m_DistanceAtZero += weight * static_cast<double>(m_Fit.m_LogIntensities[i]);
    }
    m_Fit.Project(m_Weights, m_ContrastSlope);
    m_Contrast = contrast;
    return std::max(m_Classes.deviation[lower], m_Classes.deviation[lower + 1]);
  }

  void
  compute(const vnl_vector<double> & place, double * value, vnl_vector<double> * gradient) override
  {
    ++m_Evaluations;
    m_Fit.Residuals(place, m_Residuals);
    this->MakeHistogram();
    this->Blur(m_Histogram, m_Slope);
    double              entropy = 0.0;
    std::vector<double> ratio(m_Bins);
    for (std::size_t b = 0; b < m_Bins; ++b)
    {
      const double density = std::max(1e-12, m_Slope[b]);
      ratio[b] = m_Histogram[b] / density;
      m_Slope[b] = PortableLog(density);
      entropy -= m_Histogram[b] * m_Slope[b];
    }
    this->Blur(ratio, m_Blurred);

    // A sample is shared by the bins on both sides: its part of the entropy changes as they differ.
    std::vector<float> difference(m_Bins, 0.0F);
    for (std::size_t b = 0; b + 1 < m_Bins; ++b)
    {
      difference[b] = static_cast<float>((m_Slope[b + 1] + m_Blurred[b + 1] - m_Slope[b] - m_Blurred[b]) /
                                         (m_BinWidth * static_cast<double>(m_Fit.m_Samples)));
    }
    for (std::size_t i = 0; i < m_Fit.m_Samples; ++i)
    {
      m_Weights[i] = difference[static_cast<std::size_t>(this->Place(m_Residuals[i]))];
    }
    m_Fit.Project(m_Weights, *gradient);
    *value = entropy;
    if (m_Contrast > 0.0)
    {
      constexpr double least = 0.02; // classes that have met: nothing is left to keep
      const double     distance = m_DistanceAtZero - dot_product(m_ContrastSlope, place);
      *value -= m_Contrast * PortableLog(std::max(least, distance));
      if (distance > least)
      {
        *gradient += m_Contrast / distance * m_ContrastSlope;
      }
    }
  }

  double
  f(const vnl_vector<double> & place) override
  {
    double             value = 0.0;
    vnl_vector<double> gradient(m_Fit.m_Terms);
    this->compute(place, &value, &gradient);
    return value;
  }

  void
  gradf(const vnl_vector<double> & place, vnl_vector<double> & gradient) override
  {
    double value = 0.0;
    this->compute(place, &value, &gradient);
  }

  unsigned int
  Evaluations() const
  {
    return m_Evaluations;
  }

private:
  /** In bins; between the first and the last but one. */
  float
  Place(float residual) const
  {
    return std::clamp((residual - static_cast<float>(m_Lowest)) * static_cast<float>(1.0 / m_BinWidth),
                      0.0F,
                      static_cast<float>(m_Bins) - 2.0F);
  }

  std::size_t
  NearestBin(float residual) const
  {
    return static_cast<std::size_t>(this->Place(residual) + 0.5F);
  }

  void
  MakeHistogram()
  {
    m_Histogram.assign(m_Bins, 0.0);
    for (std::size_t i = 0; i < m_Fit.m_Samples; ++i)
    {
      const float  place = this->Place(m_Residuals[i]);
      const auto   bin = static_cast<std::size_t>(place);
      const double above = place - static_cast<float>(bin);
      m_Histogram[bin] += 1.0 - above;
      m_Histogram[bin + 1] += above;
    }
    const auto samples = static_cast<double>(m_Fit.m_Samples);
    std::for_each(m_Histogram.begin(), m_Histogram.end(), [samples](double & value) { value /= samples; });
  }

  /** `to`: `from` by G; `from` is mostly 0. */
  void
  Blur(const std::vector<double> & from, std::vector<double> & to) const
  {
    const std::size_t reach = m_Kernel.size() / 2;
    to.assign(m_Bins, 0.0);
    for (std::size_t b = 0; b < m_Bins; ++b)
    {
      if (from[b] > 0.0)
      {
        const std::size_t first = b < reach ? 0 : b - reach;
        const std::size_t last = std::min(m_Bins - 1, b + reach);
        const double *    weight = &m_Kernel[first + reach - b];
        for (std::size_t t = first; t <= last; ++t)
        {
          to[t] += from[b] * weight[t - first];
        }
      }
    }
  }

  const HistogramEntropyFit &     m_Fit;
  double                          m_BinWidth;
  double                          m_Lowest{ 0.0 };
  std::size_t                     m_Bins{ 0 };
  std::vector<double>             m_Kernel;
  std::vector<float>              m_Residuals;
  std::vector<float>              m_Weights;
  std::vector<double>             m_Histogram;
  std::vector<double>             m_Slope;
  std::vector<double>             m_Blurred;
  HistogramEntropyDetail::Classes m_Classes;
  double                          m_Contrast{ 0.0 };
  double                          m_DistanceAtZero{ 0.0 };
  vnl_vector<double>              m_ContrastSlope;
  unsigned int                    m_Evaluations{ 0 };
};

inline HistogramEntropyFit::Minimum
HistogramEntropyFit::Minimise(std::vector<double> & coefficients, double deviation, double contrast) const
{
  Cost                     cost(*this, deviation);
  const vnl_vector<double> start(coefficients.data() + 1, m_Terms);
  vnl_vector<double>       place = m_Decorrelated * start;
  double                   value = 0.0;
  enum Bounds : long
  {
    Unbounded = 0,
    Both = 2
  };
  for (unsigned int round = 0; round < (contrast > 0.0 ? Classifications : 1); ++round)
  {
    if (contrast > 0.0 && !(cost.Classify(place, contrast) <= WidestClass) && round == 0)
    {
      return {};
    }
    vnl_lbfgsb minimizer(cost);
    minimizer.set_bound_selection(vnl_vector<long>(m_Terms, contrast > 0.0 ? Both : Unbounded));
    minimizer.set_lower_bound(place - MaximumStep);
    minimizer.set_upper_bound(place + MaximumStep);
    minimizer.set_max_variable_metric_corrections(10);
    minimizer.set_cost_function_convergence_factor(1e-8 / 2.2e-16); // in units of a double's rounding
    minimizer.set_projected_gradient_tolerance(1e-6);
    minimizer.set_max_function_evals(static_cast<int>(contrast > 0.0 ? EvaluationsAStep : EvaluationsInAll));
    const auto before = place;
    {
      // The translated Fortran below vnl keeps its state in statics from the first to the last step of a minimisation.
      static std::mutex                 oneAtATime;
      const std::lock_guard<std::mutex> lock(oneAtATime);
      minimizer.minimize(place);
    }
    value = minimizer.get_end_error();
    if ((place - before).inf_norm() < Settled)
    {
      break;
    }
  }
  const vnl_vector<double> found = m_Coefficients * place;
  std::copy(found.begin(), found.end(), coefficients.begin() + 1);
  return { cost.Evaluations(), value };
}
} // namespace itk
#endif
