#ifndef itkN4FieldFit_hxx
#define itkN4FieldFit_hxx

#include "itkPortableExp.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
/** v = log intensity - field of a slice's samples. */
struct N4FieldFit::EvaluateKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(N4FieldFit * fit, std::size_t s)
  {
    const Slice &     slice = fit->m_Slices[s];
    const std::size_t width = fit->m_Width;
    const std::size_t area = fit->m_Lattice.controlPoints[1] * width;
    const Weights &   z = fit->m_Plain.z[slice.z];
    float * const     plane = &fit->m_Planes[s * area];
    const float *     expanded = &fit->m_Expanded[z.first * area];
    for (std::size_t i = 0; i < area; i += BlockLength)
    {
      Block sum = At(expanded + i) * z.values[0];
      for (unsigned int k = 1; k < z.count; ++k)
      {
        sum += At(expanded + k * area + i) * z.values[k];
      }
      At(plane + i) = sum;
    }
    const bool measuresChange = fit->m_MeasuresChange;
    Block      lowest = Block{} + std::numeric_limits<float>::max();
    Block      highest = -lowest;
    Change     change;
    for (std::size_t r = slice.firstRun; r < slice.endRun; ++r)
    {
      const N4FieldFit::Run & run = fit->m_Runs[r];
      const Weights &         y = fit->m_Plain.y[run.y];
      const float *           row = plane + y.first * width + run.x;
      Block                   changes{};
      Block                   squares{};
      for (std::size_t i = 0; i < run.length; i += BlockLength)
      {
        Block field = At(row + i) * y.values[0];
        for (unsigned int k = 1; k < y.count; ++k)
        {
          field += At(row + k * width + i) * y.values[k];
        }
        Block &     value = At(&fit->m_Value[run.begin + i]);
        const Block before = value;
        const Block now = At(&fit->m_LogIntensity[run.begin + i]) - field;
        const auto  isSample = At(&fit->m_Weight[run.begin + i]) > 0.0F;
        value = now;
        lowest = (isSample & (now < lowest)) ? now : lowest;
        highest = (isSample & (now > highest)) ? now : highest;
        if (measuresChange)
        {
          // exp(d) - 1, from its Taylor series at d / 4; the threshold is looked at where d is small
          const Block d = 0.25F * (now - before);
          const Block e = d * (1.0F + d * (0.5F + d * (1.0F / 6.0F + d * (1.0F / 24.0F + d * (1.0F / 120.0F)))));
          const Block e2 = e * (2.0F + e);
          const Block e4 = isSample ? e2 * (2.0F + e2) : Block{};
          changes += e4;
          squares += e4 * e4;
        }
      }
      for (std::size_t lane = 0; measuresChange && lane < BlockLength; ++lane)
      {
        change.sum += static_cast<double>(changes[lane]);
        change.squares += static_cast<double>(squares[lane]);
      }
    }
    Range range{ lowest[0], highest[0] };
    for (std::size_t lane = 1; lane < BlockLength; ++lane)
    {
      range.lowest = std::min<float>(range.lowest, lowest[lane]);
      range.highest = std::max<float>(range.highest, highest[lane]);
    }
    fit->m_Ranges[s] = range;
    fit->m_Changes[s] = change;
  }

  [[gnu::always_inline]] static inline const Block &
  At(const float * samples)
  {
    return *reinterpret_cast<const Block *>(samples);
  }
  [[gnu::always_inline]] static inline Block &
  At(float * samples)
  {
    return *reinterpret_cast<Block *>(samples);
  }
};

/** Counts a slice's samples, each shared between two bins. */
struct N4FieldFit::HistogramKernel
{
  static constexpr std::size_t   Copies = 4; // neighbours fall in the same bin: they count in different copies
  static constexpr int           CountBit = 44;
  static constexpr std::uint64_t One = std::uint64_t{ 1 } << CountBit;
  static constexpr int           Fraction = 20;

  template <int>
  [[gnu::always_inline]] static inline void
  Run(const N4FieldFit * fit, std::size_t s, BinScale scale, Histogram * histogram)
  {
    using Integers = Register<int, BlockLength>::Type;
    const std::size_t     bins = histogram->bins.size();
    const Integers        lastBut = Integers{} + static_cast<int>(scale.last) - 1;
    const Integers        uncounted = Integers{} + static_cast<int>(bins) - 1;
    std::uint64_t * const copies = histogram->copies.data();
    const Slice &         slice = fit->m_Slices[s];
    for (std::size_t r = slice.firstRun; r < slice.endRun; ++r)
    {
      const N4FieldFit::Run & run = fit->m_Runs[r];
      for (std::size_t first = 0; first < run.length; first += BlockLength)
      {
        // In float as ITK, where rounding may put the highest value beyond the last bin, uncounted: the field's mean,
        // which nothing holds, drifts with it.
        Block place = (EvaluateKernel::At(&fit->m_Value[run.begin + first]) - scale.lowest) / scale.binWidth;
        place = place > 0.0F ? place : Block{};
        Integers   bin;
        Integers   upper;
        Block      whole;
        const auto isCounted = place <= scale.last;
        place = isCounted ? place : Block{};
        ConvertElements<int, BlockLength>(place, bin);
        bin = bin < lastBut ? bin : lastBut;
        ConvertElements<float, BlockLength>(bin, whole);
        ConvertElements<int, BlockLength>((place - whole) * static_cast<float>(1 << Fraction) + 0.5F, upper);
        bin = isCounted ? bin : uncounted;
        const std::size_t count = std::min<std::size_t>(BlockLength, run.length - first);
        for (std::size_t i = 0; i < count; ++i)
        {
          copies[i % Copies * bins + static_cast<std::size_t>(bin[i])] += One + static_cast<std::uint64_t>(upper[i]);
        }
        histogram->pending += count;
        if (histogram->pending > (1U << (63 - CountBit)))
        {
          histogram->Flush();
        }
      }
    }
  }
};

inline N4FieldFit::Histogram::Histogram(std::size_t numberOfBins)
  : bins(numberOfBins)
  , copies(HistogramKernel::Copies * numberOfBins)
{
}

inline void
N4FieldFit::Histogram::Flush()
{
  for (std::size_t i = 0; i < copies.size(); ++i)
  {
    Bin & bin = bins[i % bins.size()];
    bin.count += copies[i] / HistogramKernel::One;
    bin.upper += copies[i] % HistogramKernel::One;
    copies[i] = 0;
  }
  pending = 0;
}

/** Sums a slice's weighted residuals along y. */
struct N4FieldFit::ContractKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(N4FieldFit * fit, std::size_t s, BinScale scale, const float * residual, const Basis * basis)
  {
    using Integers = Register<int, BlockLength>::Type;
    const Integers    lastBut = Integers{} + static_cast<int>(scale.last) - 1;
    const Slice &     slice = fit->m_Slices[s];
    const std::size_t width = fit->m_Width;
    const std::size_t area = fit->m_Lattice.controlPoints[1] * width;
    float * const     plane = &fit->m_Planes[s * area];
    std::fill_n(plane, area, 0.0F);
    for (std::size_t r = slice.firstRun; r < slice.endRun; ++r)
    {
      const N4FieldFit::Run & run = fit->m_Runs[r];
      const Weights &         y = basis->y[run.y];
      float *                 row = plane + y.first * width + run.x;
      const float *           value = &fit->m_Value[run.begin];
      const float *           weight = &fit->m_Weight[run.begin];
      for (std::size_t first = 0; first < run.length; first += BlockLength)
      {
        Block place = (EvaluateKernel::At(value + first) - scale.lowest) / scale.binWidth;
        place = place > 0.0F ? place : Block{};
        place = place < scale.last ? place : Block{} + scale.last;
        Integers bin;
        Block    whole;
        Block    atBin;
        Block    rise;
        ConvertElements<int, BlockLength>(place, bin);
        bin = bin < lastBut ? bin : lastBut;
        ConvertElements<float, BlockLength>(bin, whole);
        for (std::size_t i = 0; i < BlockLength; ++i)
        {
          atBin[i] = residual[2 * bin[i]];
          rise[i] = residual[2 * bin[i] + 1];
        }
        const Block block = EvaluateKernel::At(weight + first) * (atBin + (place - whole) * rise);
        for (unsigned int k = 0; k < y.count; ++k)
        {
          EvaluateKernel::At(row + k * width + first) += block * y.values[k];
        }
      }
    }
  }
};

/** A row of control points along z and y, evaluated along x. */
struct N4FieldFit::ExpandKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(N4FieldFit * fit, std::size_t row)
  {
    const std::size_t width = fit->m_Width;
    const std::size_t points = fit->m_Lattice.controlPoints[0];
    float * const     expanded = &fit->m_Expanded[row * width];
    std::fill_n(expanded, width, 0.0F);
    for (std::size_t k = 0; k < points; ++k)
    {
      const auto    coefficient = static_cast<float>(fit->m_Lattice.coefficients[row * points + k]);
      const float * basis = &fit->m_Plain.x[k * width];
      for (std::size_t x = 0; x < width; x += BlockLength)
      {
        EvaluateKernel::At(expanded + x) += EvaluateKernel::At(basis + x) * coefficient;
      }
    }
  }
};

/** Sums what the slices have summed along y, for the control points of one row along y: along z, then x. */
struct N4FieldFit::GatherKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const N4FieldFit * fit, std::size_t row, const Basis * basis, float * alongX, double * sums)
  {
    const auto &      points = fit->m_Lattice.controlPoints;
    const std::size_t width = fit->m_Width;
    for (std::size_t slice = 0; slice < fit->m_Slices.size(); ++slice)
    {
      const Weights & z = basis->z[fit->m_Slices[slice].z];
      const float *   plane = &fit->m_Planes[(slice * points[1] + row) * width];
      for (unsigned int k = 0; k < z.count; ++k)
      {
        float * const sum = alongX + (z.first + k) * width;
        for (std::size_t x = 0; x < width; x += BlockLength)
        {
          EvaluateKernel::At(sum + x) += EvaluateKernel::At(plane + x) * z.values[k];
        }
      }
    }
    for (std::size_t z = 0; z < points[2]; ++z)
    {
      for (std::size_t k = 0; k < points[0]; ++k)
      {
        const float * weights = &basis->x[k * width];
        Block         sum{};
        for (std::size_t x = 0; x < width; x += BlockLength)
        {
          const Block & values = EvaluateKernel::At(alongX + z * width + x);
          sum += values * EvaluateKernel::At(weights + x);
        }
        double & total = sums[(z * points[1] + row) * points[0] + k];
        for (std::size_t lane = 0; lane < BlockLength; ++lane)
        {
          total += static_cast<double>(sum[lane]);
        }
      }
    }
  }
};

inline N4FieldFit::N4FieldFit(const SmoothField &        lattice,
                              const SizeType &           size,
                              const std::vector<float> & logIntensities,
                              const std::vector<float> & weights)
  : m_First(lattice)
  , m_Size(size)
  , m_Width((size[0] + BlockLength - 1) / BlockLength * BlockLength + BlockLength)
{
  std::size_t voxel = 0;
  for (std::size_t slice = 0; slice < size[2] * size[3]; ++slice)
  {
    const std::size_t firstRun = m_Runs.size();
    for (unsigned int y = 0; y < size[1]; ++y)
    {
      for (unsigned int x = 0; x < size[0]; ++x, ++voxel)
      {
        const float logIntensity = logIntensities[voxel];
        if (std::isnan(logIntensity))
        {
          continue;
        }
        if (m_Runs.size() == firstRun || m_Runs.back().y != y || m_Runs.back().x + m_Runs.back().length != x)
        {
          const std::size_t begin = (m_LogIntensity.size() + BlockLength - 1) / BlockLength * BlockLength;
          m_LogIntensity.resize(begin);
          m_Weight.resize(begin);
          m_Runs.push_back({ begin, x, y, 0 });
        }
        m_LogIntensity.push_back(logIntensity);
        m_Weight.push_back(weights.empty() ? 1.0F : weights[voxel]);
        ++m_Runs.back().length;
        ++m_Samples;
      }
    }
    if (m_Runs.size() > firstRun)
    {
      m_Slices.push_back({ static_cast<unsigned int>(slice % size[2]), firstRun, m_Runs.size() });
    }
  }
  m_LogIntensity.resize(m_LogIntensity.size() + BlockLength);
  m_Weight.resize(m_LogIntensity.size());
  m_Value.resize(m_LogIntensity.size());
  m_Ranges.resize(m_Slices.size());
  m_Changes.resize(m_Slices.size());
}

inline void
N4FieldFit::MakeBasis(unsigned int power, bool isNormalised, Basis & basis) const
{
  const auto raised = [=](const SmoothField::SplineWeights & spline)
  {
    Weights weights{ spline.first, spline.count, {} };
    double  squares = 0.0;
    for (unsigned int k = 0; k < spline.count; ++k)
    {
      squares += spline.weights[k] * spline.weights[k];
    }
    for (unsigned int k = 0; k < spline.count; ++k)
    {
      double raisedWeight = 1.0;
      for (unsigned int factor = 0; factor < power; ++factor)
      {
        raisedWeight *= spline.weights[k];
      }
      weights.values[k] = static_cast<float>(raisedWeight / (isNormalised ? squares : 1.0));
    }
    return weights;
  };
  basis.x.assign(m_Lattice.controlPoints[0] * m_Width, 0.0F);
  for (std::size_t x = 0; x < m_Size[0]; ++x)
  {
    const Weights weights = raised(m_Lattice.Spline(0, static_cast<double>(x)));
    for (unsigned int k = 0; k < weights.count; ++k)
    {
      basis.x[(weights.first + k) * m_Width + x] = weights.values[k];
    }
  }
  basis.y.resize(m_Size[1]);
  for (std::size_t y = 0; y < m_Size[1]; ++y)
  {
    basis.y[y] = raised(m_Lattice.Spline(1, static_cast<double>(y)));
  }
  basis.z.resize(m_Size[2]);
  for (std::size_t z = 0; z < m_Size[2]; ++z)
  {
    basis.z[z] = raised(m_Lattice.Spline(2, static_cast<double>(z)));
  }
}

inline void
N4FieldFit::SetLattice(const SmoothField & lattice)
{
  m_Lattice = lattice;
  const auto & points = lattice.controlPoints;
  m_Expanded.resize(points[2] * points[1] * m_Width);
  m_Planes.resize(m_Slices.size() * points[1] * m_Width);
  this->MakeBasis(1, false, m_Plain);
  this->MakeBasis(3, true, m_Cubed);
  Basis squared;
  this->MakeBasis(2, false, squared);
  m_Omega = this->Contract({ 1.0F, 0.0F, 1.0F, 0.0F }, { 0.0F, 1.0F, 1.0F }, squared);
}

inline void
N4FieldFit::Evaluate()
{
  const auto           set = BestInstructionSet();
  const auto &         points = m_Lattice.controlPoints;
  const std::ptrdiff_t rows = static_cast<std::ptrdiff_t>(points[2]) * points[1];
#pragma omp parallel for if (this->IsLarge())
  for (std::ptrdiff_t row = 0; row < rows; ++row)
  {
    RunWith<ExpandKernel>(set, this, static_cast<std::size_t>(row));
  }
  const auto slices = static_cast<std::ptrdiff_t>(m_Slices.size());
#pragma omp parallel for schedule(dynamic, 4) if (this->IsLarge())
  for (std::ptrdiff_t slice = 0; slice < slices; ++slice)
  {
    RunWith<EvaluateKernel>(set, this, static_cast<std::size_t>(slice));
  }
  m_Range = m_Ranges.front();
  for (const Range & range : m_Ranges)
  {
    m_Range = { std::min(m_Range.lowest, range.lowest), std::max(m_Range.highest, range.highest) };
  }
}

inline double
N4FieldFit::ConvergenceMeasure() const
{
  Change total;
  for (const Change & change : m_Changes)
  {
    total.sum += change.sum;
    total.squares += change.squares;
  }
  const auto   count = static_cast<double>(m_Samples);
  const double mean = total.sum / count;
  return std::sqrt(std::max(0.0, total.squares - total.sum * mean) / (count - 1.0)) / (1.0 + mean);
}

inline std::vector<float>
N4FieldFit::Sharpen(const N4Parameters & parameters, const BinScale & scale, vnl_fft_1d<double> & transform) const
{
  const std::size_t    bins = parameters.histogramBins;
  const auto           set = BestInstructionSet();
  const auto           slices = static_cast<std::ptrdiff_t>(m_Slices.size());
  std::vector<Bin>     histogram(bins);
  PerThread<Histogram> parts(Histogram(bins + 1)); // the last bin for what is not counted
#pragma omp parallel for schedule(dynamic, 4) if (this->IsLarge())
  for (std::ptrdiff_t slice = 0; slice < slices; ++slice)
  {
    RunWith<HistogramKernel>(set, this, static_cast<std::size_t>(slice), scale, &parts.Mine());
  }
  for (Histogram & part : parts.All())
  {
    part.Flush();
    for (std::size_t bin = 0; bin < bins; ++bin)
    {
      histogram[bin].count += part.bins[bin].count;
      histogram[bin].upper += part.bins[bin].upper;
    }
  }

  const std::size_t length = transform.size();
  const std::size_t offset = (length - bins) / 2;
  using Complex = std::complex<double>;
  const double         width = parameters.fullWidthAtHalfMaximum / static_cast<double>(scale.binWidth); // bins
  const double         steepness = 4.0 * std::log(2.0) / (width * width);
  const double         height = 2.0 * std::sqrt(std::log(2.0) / 3.14159265358979323846) / width;
  std::vector<Complex> signal(length); // histogram + i kernel: both real, one transform
  double               carried = 0.0;
  for (std::size_t bin = 0; bin < bins; ++bin)
  {
    const double upper = std::ldexp(static_cast<double>(histogram[bin].upper), -HistogramKernel::Fraction);
    const double count = static_cast<double>(histogram[bin].count) - upper + carried;
    carried = upper;
    signal[offset + bin] = count / static_cast<double>(m_Samples);
  }
  for (std::size_t n = 0; n < length; ++n)
  {
    const auto distance = static_cast<double>(std::min(n, length - n));
    signal[n] += Complex(0.0, height * PortableExp(std::max(-700.0, -steepness * distance * distance)));
  }
  transform.fwd_transform(signal);
  std::vector<double>  kernel(length); // its transform is real, as it is even
  std::vector<Complex> sharp(length);
  for (std::size_t n = 0; n < length; ++n)
  {
    const Complex mirrored = std::conj(signal[(length - n) % length]);
    kernel[n] = (0.5 * (signal[n] - mirrored)).imag();
    sharp[n] = 0.5 * (signal[n] + mirrored) * (kernel[n] / (kernel[n] * kernel[n] + parameters.wienerNoise));
  }
  transform.bwd_transform(sharp);
  for (std::size_t n = 0; n < length; ++n)
  {
    const double density = std::max(0.0, sharp[n].real());
    sharp[n] = Complex(density * (static_cast<double>(n) - static_cast<double>(offset)), density);
  }
  transform.fwd_transform(sharp);
  for (std::size_t n = 0; n < length; ++n)
  {
    sharp[n] *= kernel[n];
  }
  transform.bwd_transform(sharp);

  double largest = 0.0;
  for (std::size_t bin = 0; bin < bins; ++bin)
  {
    largest = std::max(largest, sharp[offset + bin].imag());
  }
  std::vector<float> residual(2 * bins);
  for (std::size_t bin = 0; bin < bins; ++bin)
  {
    // where nothing is expected there is nothing but the transforms' rounding, which ITK takes the ratio of
    const Complex & expected = sharp[offset + bin];
    const double    change =
      expected.imag() > 1e-12 * largest ? static_cast<double>(bin) - expected.real() / expected.imag() : 0.0;
    residual[2 * bin] = static_cast<float>(change * static_cast<double>(scale.binWidth));
  }
  for (std::size_t bin = 0; bin + 1 < bins; ++bin)
  {
    residual[2 * bin + 1] = residual[2 * bin + 2] - residual[2 * bin];
  }
  return residual;
}

inline std::vector<double>
N4FieldFit::Contract(const std::vector<float> & residual, const BinScale & scale, const Basis & basis)
{
  const auto set = BestInstructionSet();
  const auto slices = static_cast<std::ptrdiff_t>(m_Slices.size());
#pragma omp parallel for schedule(dynamic, 4) if (this->IsLarge())
  for (std::ptrdiff_t slice = 0; slice < slices; ++slice)
  {
    RunWith<ContractKernel>(set, this, static_cast<std::size_t>(slice), scale, residual.data(), &basis);
  }
  const auto &                  points = m_Lattice.controlPoints;
  std::vector<double>           sums(points[2] * points[1] * points[0]);
  const auto                    rows = static_cast<std::ptrdiff_t>(points[1]);
  PerThread<std::vector<float>> alongX(std::vector<float>(points[2] * m_Width));
#pragma omp parallel for if (this->IsLarge())
  for (std::ptrdiff_t row = 0; row < rows; ++row)
  {
    auto & mine = alongX.Mine();
    std::fill(mine.begin(), mine.end(), 0.0F);
    RunWith<GatherKernel>(set, this, static_cast<std::size_t>(row), &basis, mine.data(), sums.data());
  }
  return sums;
}

inline SmoothField
N4FieldFit::Refined() const
{
  SmoothField refined = m_Lattice;
  std::size_t stride = 1;
  for (unsigned int axis = 0; axis < SmoothField::MaximumDimension; ++axis)
  {
    const std::size_t points = refined.controlPoints[axis];
    if (points > 1)
    {
      // A cubic B-spline is a sum of five of half its width, weighted 1, 4, 6, 4, 1 over 8.
      const std::size_t         newPoints = 2 * points - 3;
      const std::vector<double> old = std::move(refined.coefficients);
      refined.coefficients.assign(old.size() / points * newPoints, 0.0);
      for (std::size_t i = 0; i < refined.coefficients.size(); ++i)
      {
        const std::size_t k = i / stride % newPoints;
        const double *    from = &old[(i / stride / newPoints * points + k / 2) * stride + i % stride];
        refined.coefficients[i] =
          k % 2 == 0 ? 0.5 * (from[0] + from[stride]) : 0.125 * (from[0] + 6.0 * from[stride] + from[2 * stride]);
      }
      refined.controlPoints[axis] = static_cast<unsigned int>(newPoints);
    }
    stride *= refined.controlPoints[axis];
  }
  return refined;
}

inline SmoothField
N4FieldFit::Fit(const N4Parameters & parameters, const std::function<void(double)> & report)
{
  m_Iterations.assign(parameters.iterations.size(), 0);
  const auto  isEven = [this] { return !(m_Range.highest - m_Range.lowest > 1e-6F); }; // rounding of the logarithms
  SmoothField lattice = m_First;
  lattice.coefficients.clear();
  if (m_Samples == 0)
  {
    return lattice;
  }
  lattice.coefficients.resize(std::size_t{ 1 } * lattice.controlPoints[0] * lattice.controlPoints[1] *
                              lattice.controlPoints[2]);
  this->SetLattice(lattice);
  m_MeasuresChange = false;
  this->Evaluate();
  if (isEven())
  {
    lattice.coefficients.clear();
    return lattice;
  }
  m_MeasuresChange = parameters.convergenceThreshold > 0.0;
  int length = 2; // ITK pads the histogram to twice the next power of two, and centres it
  while (length < 2 * static_cast<int>(parameters.histogramBins))
  {
    length *= 2;
  }
  vnl_fft_1d<double> transform(length);
  for (std::size_t level = 0; level < parameters.iterations.size(); ++level)
  {
    if (level > 0)
    {
      this->SetLattice(this->Refined());
    }
    double measure = std::numeric_limits<double>::infinity();
    while (m_Iterations[level] < parameters.iterations[level] && measure > parameters.convergenceThreshold && !isEven())
    {
      const auto     last = static_cast<float>(parameters.histogramBins - 1);
      const BinScale scale{ m_Range.lowest, (m_Range.highest - m_Range.lowest) / last, last };
      const auto     delta = this->Contract(this->Sharpen(parameters, scale, transform), scale, m_Cubed);
      for (std::size_t k = 0; k < delta.size(); ++k)
      {
        constexpr double smallest = 0.1 * std::numeric_limits<float>::epsilon(); // as in ITK
        m_Lattice.coefficients[k] += m_Omega[k] > smallest ? delta[k] / m_Omega[k] : 0.0;
      }
      this->Evaluate();
      measure = m_MeasuresChange ? this->ConvergenceMeasure() : measure;
      ++m_Iterations[level];
      if (report)
      {
        const double ofLevel = static_cast<double>(m_Iterations[level]) / parameters.iterations[level];
        report((static_cast<double>(level) + ofLevel) / static_cast<double>(parameters.iterations.size()));
      }
    }
  }
  return m_Lattice;
}
} // namespace itk
#endif
