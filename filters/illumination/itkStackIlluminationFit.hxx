#ifndef itkStackIlluminationFit_hxx
#define itkStackIlluminationFit_hxx

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

namespace itk
{
namespace StackIlluminationDetail
{
constexpr std::size_t Lanes = 8; ///< partial sums that are added side by side

/** To the eight sums of `lanes`, number i to the sum i modulo 8. */
using LaneSums = std::array<double, Lanes>;

inline double
Total(const LaneSums & lanes)
{
  double total = 0.0;
  for (const double lane : lanes)
  {
    total += lane;
  }
  return total;
}

inline double
SumOf(const float * values, std::size_t length)
{
  LaneSums lanes{};
  for (std::size_t i = 0; i < length; ++i)
  {
    lanes[i % Lanes] += static_cast<double>(values[i]);
  }
  return Total(lanes);
}

/** Towards 0 by `threshold`. */
inline float
Shrink(float value, float threshold)
{
  const float above = value - threshold;
  const float below = value + threshold;
  return (above > 0.0F ? above : 0.0F) + (below < 0.0F ? below : 0.0F);
}

struct ResidualKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const float * values,
      const float * multipliers,
      const float * weights,
      const float * flat,
      const float * offset,
      float         baseline,
      float         reciprocal,
      std::size_t   length,
      float *       residual,
      float *       explained)
  {
    for (std::size_t p = 0; p < length; ++p)
    {
      const float left = values[p] - (baseline * flat[p] + offset[p]) + multipliers[p] * reciprocal;
      residual[p] = Shrink(left, weights[p] * reciprocal);
      explained[p] = values[p] - residual[p];
    }
  }
};

struct MultiplierKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const float * values,
      const float * residual,
      const float * flat,
      const float * offset,
      float         baseline,
      float         multiplier,
      float         nextReciprocal,
      std::size_t   length,
      float *       multipliers,
      float *       violation,
      float *       step)
  {
    for (std::size_t p = 0; p < length; ++p)
    {
      violation[p] = values[p] - (baseline * flat[p] + offset[p]) - residual[p];
      multipliers[p] += multiplier * violation[p];
      step[p] += violation[p] + multipliers[p] * nextReciprocal;
    }
  }
};
} // namespace StackIlluminationDetail

inline StackIlluminationFit::StackIlluminationFit(std::size_t        width,
                                                  std::size_t        height,
                                                  std::vector<float> values,
                                                  const Parameters & parameters)
  : m_Width(width)
  , m_Height(height)
  , m_Pixels(width * height)
  , m_Images(values.size() / (width * height))
  , m_Parameters(parameters)
  , m_RowTransform(width)
  , m_ColumnTransform(height)
  , m_Values(std::move(values))
  , m_IsSmooth(m_Pixels)
{
  for (std::size_t k = 0; k < m_Pixels; ++k)
  {
    const std::size_t x = k % m_Width;
    const std::size_t y = k / m_Width;
    m_IsSmooth[k] = x * x + y * y <= MaximumHalfWaves * MaximumHalfWaves ? 1.0F : 0.0F;
  }
}

template <typename TFunction>
void
StackIlluminationFit::ForEachBlock(TFunction && f) const
{
  const auto blocks = static_cast<std::int64_t>(this->Blocks());
#pragma omp parallel for schedule(dynamic) if (m_Values.size() > 1U << 20U)
  for (std::int64_t b = 0; b < blocks; ++b)
  {
    const auto block = static_cast<std::size_t>(b);
    const auto begin = block * BlockLength;
    f(block, begin, std::min(BlockLength, m_Pixels - begin));
  }
}

inline bool
StackIlluminationFit::Run(const std::function<void(double)> & report)
{
  m_FlatSeries = CosineSeries{};
  m_DarkSeries = CosineSeries{};
  m_Reweightings = 0;
  // At most; and again where a dark-field is found that must not be.
  const double solutions = (m_Parameters.darkField ? 2.0 : 1.0) * m_Parameters.maximumReweightings;
  const auto   reportSolved = [&]
  {
    if (report)
    {
      report(m_Reweightings / solutions);
    }
  };
  if (m_Parameters.sortIntensity)
  {
    this->SortIntensities();
  }
  if (m_Images == 0 || !this->Normalise())
  {
    return false;
  }
  if (!this->SolveReweighted(reportSolved))
  {
    return false;
  }
  if (m_Parameters.darkField)
  {
    m_DarkSeries = this->SeriesOf(m_DarkCoefficients, m_Scale, Dropped * m_Scale);
    if (this->TakeDarkAway())
    {
      m_Parameters.darkField = false;
      if (!this->SolveReweighted(reportSolved))
      {
        m_DarkSeries = CosineSeries{};
        return false;
      }
    }
  }
  const double constant = m_FlatCoefficients[0] / std::sqrt(static_cast<double>(m_Pixels));
  m_FlatSeries = this->SeriesOf(m_FlatCoefficients, 1.0 / constant, Dropped);
  return true;
}

inline bool
StackIlluminationFit::SolveReweighted(const std::function<void()> & reportSolved)
{
  Floats last(m_Pixels, 1.0F);
  for (unsigned int reweighting = 0; reweighting < m_Parameters.maximumReweightings; ++reweighting)
  {
    ++m_Reweightings;
    if (!this->Solve())
    {
      return false;
    }
    reportSolved();
    const double mean = StackIlluminationDetail::SumOf(m_Flat.data(), m_Pixels) / static_cast<double>(m_Pixels);
    double       change = 0.0;
    double       size = 0.0;
    for (std::size_t p = 0; p < m_Pixels; ++p)
    {
      const auto flat = static_cast<float>(m_Flat[p] / mean);
      change += static_cast<double>(std::abs(flat - last[p]));
      size += static_cast<double>(std::abs(last[p]));
      last[p] = flat;
    }
    if (change <= m_Parameters.reweightTolerance * size)
    {
      break;
    }
    this->Reweight();
  }
  return true;
}

inline bool
StackIlluminationFit::TakeDarkAway()
{
  Floats dark = m_DarkCoefficients;
  this->Transform(dark, true);
  if (*std::min_element(dark.begin(), dark.end()) >= 0.0F)
  {
    return false;
  }
  this->ForEachBlock(
    [&](std::size_t, std::size_t begin, std::size_t length)
    {
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        for (std::size_t p = begin; p < begin + length; ++p)
        {
          m_Values[i * m_Pixels + p] -= dark[p] > 0.0F ? dark[p] : 0.0F;
        }
      }
    });
  return true;
}

inline void
StackIlluminationFit::SortIntensities()
{
  PerThread<std::vector<float>> scratch{ std::vector<float>(m_Images) };
  this->ForEachBlock(
    [this, &scratch](std::size_t, std::size_t begin, std::size_t length)
    {
      auto & known = scratch.Mine();
      for (std::size_t p = begin; p < begin + length; ++p)
      {
        known.clear(); // keeps its memory
        for (std::size_t i = 0; i < m_Images; ++i)
        {
          if (!std::isnan(m_Values[i * m_Pixels + p]))
          {
            known.push_back(m_Values[i * m_Pixels + p]);
          }
        }
        if (known.empty())
        {
          continue;
        }
        std::sort(known.begin(), known.end());
        for (std::size_t i = 0; i < m_Images; ++i) // where some are not known: the quantiles of those that are
        {
          m_Values[i * m_Pixels + p] = known[(2 * i + 1) * known.size() / (2 * m_Images)];
        }
      }
    });
}

inline bool
StackIlluminationFit::Normalise()
{
  m_Weights.assign(m_Values.size(), 1.0F);
  m_Step.assign(m_Pixels, 0.0F);
  std::vector<double> sums(m_Pixels);
  std::vector<double> counts(m_Pixels);
  this->ForEachBlock(
    [&](std::size_t, std::size_t begin, std::size_t length)
    {
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        for (std::size_t p = begin; p < begin + length; ++p)
        {
          const float value = m_Values[i * m_Pixels + p];
          const bool  isKnown = !std::isnan(value);
          m_Weights[i * m_Pixels + p] = isKnown ? 1.0F : 0.0F;
          sums[p] += isKnown ? static_cast<double>(value) : 0.0;
          counts[p] += isKnown;
        }
      }
    });
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    sum += sums[p];
    count += counts[p];
  }
  m_Scale = sum / count; // NaN where nothing is known
  if (!(m_Scale > 0.0))
  {
    return false;
  }
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    m_Step[p] = counts[p] > 0.0 ? static_cast<float>(sums[p] / counts[p] / m_Scale) : 1.0F;
  }
  m_BlockSquares.assign(2 * this->Blocks(), 0.0);
  this->ForEachBlock(
    [&](std::size_t block, std::size_t begin, std::size_t length)
    {
      double squares = 0.0;
      float  lowest = 1.0F;
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        for (std::size_t p = begin; p < begin + length; ++p)
        {
          float &    value = m_Values[i * m_Pixels + p];
          const bool isKnown = m_Weights[i * m_Pixels + p] > 0.0F;
          value = isKnown ? static_cast<float>(value / m_Scale) : m_Step[p];
          lowest = value < lowest ? value : lowest;
          squares += static_cast<double>(value) * static_cast<double>(value);
        }
      }
      m_BlockSquares[2 * block] = squares;
      m_BlockSquares[2 * block + 1] = static_cast<double>(lowest);
    });
  double squares = 0.0;
  m_Lowest = 1.0;
  for (std::size_t block = 0; block < this->Blocks(); ++block)
  {
    squares += m_BlockSquares[2 * block];
    m_Lowest = std::min(m_Lowest, m_BlockSquares[2 * block + 1]);
  }
  m_Norm = std::sqrt(squares);

  Floats mean = m_Step;
  this->Transform(mean, false);
  m_Lambda = 0.0;
  for (const float coefficient : mean)
  {
    m_Lambda += std::abs(static_cast<double>(coefficient));
  }
  m_Lambda /= 800.0;
  return std::isfinite(m_Norm) && std::isfinite(m_Lambda);
}

inline bool
StackIlluminationFit::Solve()
{
  constexpr double firstMultiplier = 12.5;
  constexpr double growth = 1.5;
  constexpr double largestGrowth = 1e7;
  const auto       pixels = static_cast<double>(m_Pixels);

  m_Residual.assign(m_Values.size(), 0.0F);
  m_Multipliers.assign(m_Values.size(), 0.0F);
  m_Flat.assign(m_Pixels, 0.0F);
  m_FlatCoefficients.assign(m_Pixels, 0.0F);
  m_Offset.assign(m_Pixels, 0.0F);
  m_DarkCoefficients.assign(m_Pixels, 0.0F);
  m_Baselines.assign(m_Images, 1.0);
  double       multiplier = firstMultiplier / m_Norm;
  const double largest = multiplier * largestGrowth;
  this->UpdateMultipliers(0.0F, 0.0F); // leaves the mean image as the first step
  for (unsigned int iteration = 0; iteration < m_Parameters.maximumIterations; ++iteration)
  {
    this->Transform(m_Step, false);
    const auto threshold = static_cast<float>(m_Parameters.smoothnessFlatField * m_Lambda / multiplier);
    for (std::size_t p = 0; p < m_Pixels; ++p)
    {
      m_FlatCoefficients[p] =
        m_IsSmooth[p] * StackIlluminationDetail::Shrink(m_FlatCoefficients[p] + m_Step[p], threshold);
    }
    m_Flat = m_FlatCoefficients;
    this->Transform(m_Flat, true);

    this->SeparateResidual(static_cast<float>(1.0 / multiplier));
    this->UpdateBaselines();
    if (m_Parameters.darkField)
    {
      this->UpdateDark(m_Parameters.smoothnessDarkField * 0.02 * m_Lambda / multiplier);
    }
    const double next = std::min(multiplier * growth, largest);
    const double left = this->UpdateMultipliers(static_cast<float>(multiplier), static_cast<float>(1.0 / next));
    multiplier = next;
    if (std::sqrt(left) < m_Parameters.tolerance * m_Norm)
    {
      break;
    }
  }
  const double mean = StackIlluminationDetail::SumOf(m_Flat.data(), m_Pixels) / pixels;
  return std::isfinite(mean) && mean > 0.0 && m_FlatCoefficients[0] > 0.0F;
}

inline void
StackIlluminationFit::SeparateResidual(float reciprocal)
{
  const double mean = StackIlluminationDetail::SumOf(m_Flat.data(), m_Pixels) / static_cast<double>(m_Pixels);
  m_IsBright.resize(m_Pixels);
  m_IsDark.resize(m_Pixels);
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    m_IsBright[p] = m_Flat[p] > mean ? 1.0F : 0.0F;
    m_IsDark[p] = 1.0F - m_IsBright[p];
  }
  m_BlockSums.assign(this->Blocks() * m_Images * Sums, 0.0);
  const auto set = BestInstructionSet();
  this->ForEachBlock(
    [&](std::size_t block, std::size_t begin, std::size_t length)
    {
      std::array<float, BlockLength> explained{};
      std::array<float, BlockLength> part{};
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        const std::size_t first = i * m_Pixels + begin;
        RunWith<StackIlluminationDetail::ResidualKernel>(set,
                                                         &m_Values[first],
                                                         &m_Multipliers[first],
                                                         &m_Weights[first],
                                                         &m_Flat[begin],
                                                         &m_Offset[begin],
                                                         static_cast<float>(m_Baselines[i]),
                                                         reciprocal,
                                                         length,
                                                         &m_Residual[first],
                                                         explained.data());
        double * sums = &m_BlockSums[(block * m_Images + i) * Sums];
        sums[0] = StackIlluminationDetail::SumOf(explained.data(), length);
        if (m_Parameters.darkField)
        {
          for (std::size_t p = 0; p < length; ++p)
          {
            part[p] = explained[p] * m_IsBright[begin + p];
          }
          sums[1] = StackIlluminationDetail::SumOf(part.data(), length);
          sums[2] = sums[0] - sums[1];
        }
      }
    });
  for (std::size_t block = 1; block < this->Blocks(); ++block)
  {
    for (std::size_t k = 0; k < m_Images * Sums; ++k)
    {
      m_BlockSums[k] += m_BlockSums[block * m_Images * Sums + k];
    }
  }
}

inline void
StackIlluminationFit::UpdateBaselines()
{
  double total = 0.0;
  for (std::size_t i = 0; i < m_Images; ++i)
  {
    total += m_BlockSums[i * Sums];
  }
  for (std::size_t i = 0; i < m_Images && total > 0.0; ++i)
  {
    m_Baselines[i] = std::max(0.0, m_BlockSums[i * Sums] * static_cast<double>(m_Images) / total);
  }
}

inline void
StackIlluminationFit::UpdateDark(double threshold)
{
  const double bright = StackIlluminationDetail::SumOf(m_IsBright.data(), m_Pixels);
  const double dark = static_cast<double>(m_Pixels) - bright;
  double       images = 0.0; // those darker than the mean, in which the dark-field weighs most
  double       sumB = 0.0;
  double       sumBB = 0.0;
  double       sumContrast = 0.0;
  double       sumBContrast = 0.0;
  double       total = 0.0;
  for (std::size_t i = 0; i < m_Images; ++i)
  {
    total += m_BlockSums[i * Sums];
  }
  const double mean = total / static_cast<double>(m_Images * m_Pixels);
  for (std::size_t i = 0; i < m_Images; ++i)
  {
    if (m_Baselines[i] < 1.0)
    {
      const double * sums = &m_BlockSums[i * Sums];
      const double   b = m_Baselines[i];
      const double   contrast = (sums[1] / bright - sums[2] / dark) / mean;
      images += 1.0;
      sumB += b;
      sumBB += b * b;
      sumContrast += contrast;
      sumBContrast += b * contrast;
    }
  }
  if (images == 0.0 || bright == 0.0 || dark == 0.0 || !(mean > 0.0))
  {
    return; // all images are alike: nothing tells a dark-field from the flat-field
  }
  const double flatMean = StackIlluminationDetail::SumOf(m_Flat.data(), m_Pixels) / static_cast<double>(m_Pixels);
  // the baseline at which the contrast of bright to dark places vanishes: that of the constant part of the dark-field
  const double slope = sumB * sumContrast - images * sumBContrast;
  const double zero = slope == 0.0 ? 0.0 : (sumBB * sumContrast - sumB * sumBContrast) / slope;
  const double constant = std::clamp(zero, 0.0, flatMean > 0.0 ? std::max(0.0, m_Lowest / flatMean) : 0.0);

  m_LowMean.assign(m_Pixels, 0.0F);
  this->ForEachBlock(
    [this](std::size_t, std::size_t begin, std::size_t length)
    {
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        const float isLow = m_Baselines[i] < 1.0 ? 1.0F : 0.0F;
        for (std::size_t p = begin; p < begin + length; ++p)
        {
          m_LowMean[p] += isLow * (m_Values[i * m_Pixels + p] - m_Residual[i * m_Pixels + p]);
        }
      }
    });
  Floats varying(m_Pixels);
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    varying[p] = static_cast<float>(m_LowMean[p] / images - sumB / images * m_Flat[p]);
  }
  const double varyingMean = StackIlluminationDetail::SumOf(varying.data(), m_Pixels) / static_cast<double>(m_Pixels);
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    varying[p] = static_cast<float>(varying[p] - varyingMean - constant * (flatMean - m_Flat[p]));
  }
  this->Transform(varying, false);
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    varying[p] = m_IsSmooth[p] * StackIlluminationDetail::Shrink(varying[p], static_cast<float>(threshold));
  }
  varying[0] += static_cast<float>(constant * flatMean * std::sqrt(static_cast<double>(m_Pixels)));
  m_DarkCoefficients = varying;
  this->Transform(varying, true);
  for (std::size_t p = 0; p < m_Pixels; ++p)
  {
    m_Offset[p] = static_cast<float>(varying[p] - constant * m_Flat[p]);
  }
}

inline double
StackIlluminationFit::UpdateMultipliers(float multiplier, float nextReciprocal)
{
  m_BlockSquares.assign(this->Blocks(), 0.0);
  const auto set = BestInstructionSet();
  this->ForEachBlock(
    [&](std::size_t block, std::size_t begin, std::size_t length)
    {
      std::array<float, BlockLength> violation{};
      std::array<float, BlockLength> step{};
      double                         squares = 0.0;
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        const std::size_t first = i * m_Pixels + begin;
        RunWith<StackIlluminationDetail::MultiplierKernel>(set,
                                                           &m_Values[first],
                                                           &m_Residual[first],
                                                           &m_Flat[begin],
                                                           &m_Offset[begin],
                                                           static_cast<float>(m_Baselines[i]),
                                                           multiplier,
                                                           nextReciprocal,
                                                           length,
                                                           &m_Multipliers[first],
                                                           violation.data(),
                                                           step.data());
        for (std::size_t p = 0; p < length; ++p)
        {
          violation[p] *= violation[p];
        }
        squares += StackIlluminationDetail::SumOf(violation.data(), length);
      }
      for (std::size_t p = 0; p < length; ++p)
      {
        m_Step[begin + p] = step[p] / static_cast<float>(m_Images);
      }
      m_BlockSquares[block] = squares;
    });
  double squares = 0.0;
  for (const double square : m_BlockSquares)
  {
    squares += square;
  }
  return squares;
}

inline void
StackIlluminationFit::Reweight()
{
  double baseline = 0.0;
  for (const double b : m_Baselines)
  {
    baseline += b / static_cast<double>(m_Images);
  }
  const auto   pixels = static_cast<double>(m_Pixels);
  const double mean = baseline * StackIlluminationDetail::SumOf(m_Flat.data(), m_Pixels) / pixels +
                      StackIlluminationDetail::SumOf(m_Offset.data(), m_Pixels) / pixels;
  const auto          reciprocal = static_cast<float>(1.0 / mean);
  std::vector<double> sums(2 * this->Blocks());
  this->ForEachBlock(
    [&](std::size_t block, std::size_t begin, std::size_t length)
    {
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        for (std::size_t k = i * m_Pixels + begin; k < i * m_Pixels + begin + length; ++k)
        {
          const bool isKnown = m_Weights[k] > 0.0F;
          m_Weights[k] = isKnown ? 1.0F / (std::abs(m_Residual[k]) * reciprocal + 0.1F) : 0.0F;
          sums[2 * block] += static_cast<double>(m_Weights[k]);
          sums[2 * block + 1] += isKnown;
        }
      }
    });
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t block = 0; block < this->Blocks(); ++block)
  {
    sum += sums[2 * block];
    count += sums[2 * block + 1];
  }
  const auto scale = static_cast<float>(count / sum);
  this->ForEachBlock(
    [&](std::size_t, std::size_t begin, std::size_t length)
    {
      for (std::size_t i = 0; i < m_Images; ++i)
      {
        for (std::size_t k = i * m_Pixels + begin; k < i * m_Pixels + begin + length; ++k)
        {
          m_Weights[k] *= scale;
        }
      }
    });
}

inline void
StackIlluminationFit::Transform(Floats & plane, bool inverse) const
{
  constexpr std::size_t lanes = CosineTransform::Lanes;
  for (const unsigned int axis : { 0U, 1U })
  {
    const auto &      transform = axis == 0 ? m_RowTransform : m_ColumnTransform;
    const std::size_t length = transform.Length();
    if (length == 1)
    {
      continue;
    }
    const std::size_t along = axis == 0 ? 1 : m_Width;
    const std::size_t across = axis == 0 ? m_Width : 1;
    const std::size_t lines = m_Pixels / length;
    const auto        scale = static_cast<float>(std::sqrt(2.0 / static_cast<double>(length)));
    const auto        first = static_cast<float>(std::sqrt(1.0 / static_cast<double>(length)));
    Floats            batch(transform.BufferSize());
    Floats            scratch(transform.BufferSize());
    for (std::size_t line = 0; line < lines; line += lanes)
    {
      const std::size_t count = std::min(lanes, lines - line);
      std::fill(batch.begin(), batch.end(), 0.0F); // lines that are not there share roundings with those that are
      for (std::size_t j = 0; j < length; ++j)
      {
        float * const place = &batch[(inverse ? j : transform.Place(j)) * lanes];
        const float   factor = !inverse ? 1.0F : 1.0F / (j == 0 ? first : scale);
        for (std::size_t lane = 0; lane < count; ++lane)
        {
          place[lane] = factor * plane[(line + lane) * across + j * along];
        }
      }
      const float * const result =
        inverse ? transform.Inverse(batch.data(), scratch.data()) : transform.Forward(batch.data(), scratch.data());
      for (std::size_t j = 0; j < length; ++j)
      {
        const float * const place = result + (inverse ? transform.Place(j) : j) * lanes;
        const float         factor = inverse ? 1.0F : j == 0 ? first : scale;
        for (std::size_t lane = 0; lane < count; ++lane)
        {
          plane[(line + lane) * across + j * along] = factor * place[lane];
        }
      }
    }
  }
}

inline CosineSeries
StackIlluminationFit::SeriesOf(const Floats & coefficients, double scale, double dropped) const
{
  std::vector<std::size_t> order(m_Pixels);
  for (std::size_t k = 0; k < m_Pixels; ++k)
  {
    order[k] = k;
  }
  const auto size = [&](std::size_t k) { return std::abs(coefficients[k]); };
  std::sort(order.begin(),
            order.end(),
            [&](std::size_t a, std::size_t b) { return size(a) < size(b) || (size(a) == size(b) && a < b); });
  const auto  pixels = static_cast<double>(m_Pixels);
  double      power = 0.0;
  std::size_t left = 0; // the smallest ones, left out
  for (; left < m_Pixels; ++left)
  {
    const double coefficient = scale * static_cast<double>(coefficients[order[left]]);
    power += coefficient * coefficient / pixels;
    if (coefficient != 0.0 && (power > dropped * dropped || order[left] == 0))
    {
      break;
    }
  }
  std::sort(order.begin() + static_cast<std::ptrdiff_t>(left), order.end());
  CosineSeries series;
  series.box = { static_cast<double>(m_Width), static_cast<double>(m_Height) };
  for (std::size_t n = left; n < m_Pixels; ++n)
  {
    const auto x = static_cast<unsigned int>(order[n] % m_Width);
    const auto y = static_cast<unsigned int>(order[n] / m_Width);
    // an orthonormal cosine is of sqrt(1 / n) for 0 half waves, else sqrt(2 / n)
    const double amplitude = std::sqrt((x == 0 ? 1.0 : 2.0) * (y == 0 ? 1.0 : 2.0) / pixels);
    series.terms.push_back({ x, y, scale * amplitude * static_cast<double>(coefficients[order[n]]) });
  }
  return series;
}
} // namespace itk
#endif
