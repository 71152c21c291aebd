#ifndef itkN4FieldSink_hxx
#define itkN4FieldSink_hxx

#include "itkFieldInMask.h"
#include "itkImageBase.h"
#include "itkImageRows.h"
#include "itkInstructionSet.h"
#include "itkPortableLog.h"

#include "vnl/algo/vnl_determinant.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace itk
{
namespace N4FieldSinkDetail
{
/** Adds up whole numbers: of any order. */
struct VoxelCounts
{
  std::uint64_t inside{ 0 };
  std::uint64_t excluded{ 0 };

  void
  Merge(const VoxelCounts & other)
  {
    inside += other.inside;
    excluded += other.excluded;
  }
};

/** Whether a voxel has a logarithm. */
template <typename TValue>
[[gnu::always_inline]] inline bool
IsUsable(TValue value)
{
  return (value > TValue{}) & (value <= std::numeric_limits<TValue>::max());
}

struct CountKernel
{
  template <int, typename TPixel, typename TMask>
  [[gnu::always_inline]] static inline void
  Run(const TPixel * row, const TMask * mask, unsigned int length, VoxelCounts * counts)
  {
    unsigned int inside = mask == nullptr ? length : 0U;
    unsigned int usable = 0;
    for (unsigned int i = 0; mask == nullptr && i < length; ++i)
    {
      usable += static_cast<unsigned int>(IsUsable(row[i]));
    }
    for (unsigned int i = 0; mask != nullptr && i < length; ++i)
    {
      const auto isInside = static_cast<unsigned int>(mask[i] != 0);
      inside += isInside;
      usable += isInside & static_cast<unsigned int>(IsUsable(row[i]));
    }
    counts->inside += inside;
    counts->excluded += inside - usable;
  }
};

/** Where ShrinkImageFilter takes its first voxel, from a padded image of `extent` that starts `lower` voxels before the
 * grid's first one. It goes by way of physical points, whose rounding decides where the middle lies between two voxels:
 * so do we, in its order. */
template <unsigned int VDimension>
std::array<long, VDimension>
FirstShrunkVoxel(const ImageBase<VDimension> *        grid,
                 const std::array<long, VDimension> & lower,
                 const std::array<long, VDimension> & extent,
                 const std::array<long, VDimension> & step)
{
  using Grid = ImageBase<VDimension>;
  ContinuousIndex<double, VDimension> gridCentre;
  ContinuousIndex<double, VDimension> shrunkCentre;
  typename Grid::IndexType            start;
  auto                                spacing = grid->GetSpacing();
  for (unsigned int axis = 0; axis < VDimension; ++axis)
  {
    const long samples = extent[axis] / step[axis];
    start[axis] = static_cast<long>(std::ceil(static_cast<double>(-lower[axis]) / static_cast<double>(step[axis])));
    gridCentre[axis] = static_cast<double>(-lower[axis]) + static_cast<double>(extent[axis] - 1) / 2.0;
    shrunkCentre[axis] = static_cast<double>(start[axis]) + static_cast<double>(samples - 1) / 2.0;
    spacing[axis] *= static_cast<double>(step[axis]);
  }
  const auto shrunk = Grid::New();
  shrunk->CopyInformation(grid);
  shrunk->SetSpacing(spacing);
  typename Grid::PointType gridPoint;
  typename Grid::PointType shrunkPoint;
  grid->TransformContinuousIndexToPhysicalPoint(gridCentre, gridPoint);
  shrunk->TransformContinuousIndexToPhysicalPoint(shrunkCentre, shrunkPoint);
  shrunk->SetOrigin(grid->GetOrigin() + (gridPoint - shrunkPoint));
  shrunk->TransformIndexToPhysicalPoint(start, shrunkPoint);
  const auto nearest = grid->TransformPhysicalPointToIndex(shrunkPoint);

  std::array<long, VDimension> first;
  for (unsigned int axis = 0; axis < VDimension; ++axis)
  {
    first[axis] = std::max<long>(nearest[axis], start[axis] * step[axis]);
  }
  return first;
}
} // namespace N4FieldSinkDetail

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_ShrinkFactor < 1)
  {
    itkExceptionMacro("ShrinkFactor must be >= 1, got " << m_ShrinkFactor << '.');
  }
  if (m_Parameters.iterations.empty() || m_Parameters.iterations.size() > MaximumLevels)
  {
    itkExceptionMacro("Iterations must hold a number for each of 1 to " << MaximumLevels << " levels, got "
                                                                        << m_Parameters.iterations.size() << '.');
  }
  if (!(m_Parameters.convergenceThreshold >= 0.0))
  {
    itkExceptionMacro("ConvergenceThreshold must be >= 0, got " << m_Parameters.convergenceThreshold << '.');
  }
  if (!(m_Parameters.fullWidthAtHalfMaximum > 0.0))
  {
    itkExceptionMacro("FullWidthAtHalfMaximum must be > 0, got " << m_Parameters.fullWidthAtHalfMaximum << '.');
  }
  if (!(m_Parameters.wienerNoise > 0.0))
  {
    itkExceptionMacro("WienerNoise must be > 0, got " << m_Parameters.wienerNoise << '.');
  }
  if (m_Parameters.histogramBins < 3 || m_Parameters.histogramBins > 65536)
  {
    itkExceptionMacro("HistogramBins must be in [3, 65536], got " << m_Parameters.histogramBins << '.');
  }
  const auto isOneOrEach = [](std::size_t size) { return size == 1 || size == SpatialDimension; };
  if (!isOneOrEach(m_Mesh.size()))
  {
    itkExceptionMacro("Mesh must hold one number of spans, or one for each of " << SpatialDimension << " axes, got "
                                                                                << m_Mesh.size() << '.');
  }
  for (const unsigned int spans : m_Mesh)
  {
    if (spans < 1 || spans > MaximumMesh)
    {
      itkExceptionMacro("Mesh must be in [1, " << MaximumMesh << "] spans, got " << spans << '.');
    }
  }
  if (!m_SplineDistance.empty() && !isOneOrEach(m_SplineDistance.size()))
  {
    itkExceptionMacro("SplineDistance must hold one length, or one for each of " << SpatialDimension << " axes, got "
                                                                                 << m_SplineDistance.size() << '.');
  }
  for (const double distance : m_SplineDistance)
  {
    if (!(distance > 0.0 && distance < std::numeric_limits<double>::infinity()))
    {
      itkExceptionMacro("SplineDistance must be > 0 mm, got " << distance << '.');
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::VerifyInputInformation() ITKv5_CONST
{
  Superclass::VerifyInputInformation();
  const auto * image = this->GetInput();
  VerifyMaskExtent(image, this->GetWeightImage(), "WeightImage");
  const bool   hasDistance = !m_SplineDistance.empty();
  const double last = std::ldexp(1.0, static_cast<int>(m_Parameters.iterations.size()) - 1);
  double       controlPoints = 1.0;
  for (unsigned int axis = 0; axis < SpatialDimension; ++axis)
  {
    const auto voxels = image->GetLargestPossibleRegion().GetSize(axis);
    if (voxels == 1)
    {
      continue;
    }
    double spans = m_Mesh[m_Mesh.size() == 1 ? 0 : axis];
    if (hasDistance)
    {
      const double spacing = image->GetSpacing()[axis];
      const double distance = m_SplineDistance[m_SplineDistance.size() == 1 ? 0 : axis];
      const double most = std::ldexp(spacing, 31); // the image is padded to it: voxels are counted in whole numbers
      if (distance > most)
      {
        itkExceptionMacro("SplineDistance must be at most " << most << " mm, 2^31 voxels, along axis " << axis
                                                            << ", got " << distance << '.');
      }
      spans = std::ceil(spacing * static_cast<double>(voxels - 1) / distance);
    }
    controlPoints *= spans * last + 3.0;
  }
  constexpr double most = 1 << 24;
  if (controlPoints > most)
  {
    std::ostringstream given;
    if (hasDistance)
    {
      given << "SplineDistance of " << m_SplineDistance.front() << " mm";
    }
    else
    {
      given << "Mesh of " << m_Mesh.front() << " spans";
    }
    itkExceptionMacro(<< given.str() << " takes " << controlPoints << " control points at the last of "
                      << m_Parameters.iterations.size() << " levels, more than " << most << "; give "
                      << (hasDistance ? "a longer one" : "fewer spans") << ", or fewer levels.");
  }
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::SetUpSampling()
{
  const TInputImage * image = this->GetInput();
  const auto          region = image->GetLargestPossibleRegion();
  m_Sampling.fill(Sampling{});

  using Grid = ImageBase<SpatialDimension>;
  const auto                         grid = Grid::New();
  typename Grid::SpacingType         spacing;
  typename Grid::PointType           origin;
  typename Grid::DirectionType       direction;
  typename TInputImage::PointType    start;
  std::array<long, SpatialDimension> lower;
  std::array<long, SpatialDimension> extent;
  std::array<long, SpatialDimension> step;
  image->TransformIndexToPhysicalPoint(region.GetIndex(), start);
  for (unsigned int axis = 0; axis < SpatialDimension; ++axis)
  {
    spacing[axis] = image->GetSpacing()[axis];
    origin[axis] = start[axis];
    for (unsigned int column = 0; column < SpatialDimension; ++column)
    {
      direction(axis, column) = image->GetDirection()(axis, column);
    }
    Sampling & sampling = m_Sampling[axis];
    const long voxels = static_cast<long>(region.GetSize(axis));
    sampling.extent = voxels;
    sampling.spans = voxels > 1 ? m_Mesh[m_Mesh.size() == 1 ? 0 : axis] : 0;
    if (!m_SplineDistance.empty() && voxels > 1)
    {
      // as ANTs: whole spans, and as many voxels as they take beyond the image, half of them before it
      const double distance = m_SplineDistance[m_SplineDistance.size() == 1 ? 0 : axis];
      const double domain = static_cast<double>(voxels - 1) * spacing[axis];
      sampling.spans = static_cast<unsigned int>(std::ceil(domain / distance));
      const long extra = static_cast<long>((sampling.spans * distance - domain) / spacing[axis] + 0.5);
      sampling.lower = extra / 2;
      sampling.extent = voxels + extra;
    }
    sampling.step = std::min(static_cast<long>(m_ShrinkFactor), std::max(1L, voxels / 2));
    sampling.count = sampling.extent / sampling.step;
    lower[axis] = sampling.lower;
    extent[axis] = sampling.extent;
    step[axis] = sampling.step;
  }
  grid->SetSpacing(spacing);
  grid->SetOrigin(origin);
  // It decides which way halves round, and nothing else; where time is turned into space it may be singular.
  constexpr double nearlySingular = 1e-6;
  if (std::abs(vnl_determinant(direction.GetVnlMatrix())) < nearlySingular)
  {
    direction.SetIdentity();
  }
  grid->SetDirection(direction);
  const auto first = N4FieldSinkDetail::FirstShrunkVoxel<SpatialDimension>(grid, lower, extent, step);
  for (unsigned int axis = 0; axis < SpatialDimension; ++axis)
  {
    Sampling & sampling = m_Sampling[axis];
    const long voxels = static_cast<long>(region.GetSize(axis));
    sampling.first = first[axis];
    sampling.begin = sampling.first < 0 ? (-sampling.first + sampling.step - 1) / sampling.step : 0;
    sampling.end = std::min(sampling.count, (voxels - 1 - sampling.first) / sampling.step + 1);
  }
  if constexpr (Dimension > SpatialDimension)
  {
    const long frames = static_cast<long>(region.GetSize(SpatialDimension));
    m_Sampling[SpatialDimension] = { 0, 1, frames, 0, frames, 0, frames, 0 };
  }
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::GenerateNthInputRequestedRegion(unsigned int division)
{
  Superclass::GenerateNthInputRequestedRegion(division);
  RequestRegion(this->GetWeightImage(), this->m_Region);
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  this->SetUpSampling();
  std::size_t samples = 1;
  for (const Sampling & sampling : m_Sampling)
  {
    samples *= static_cast<std::size_t>(sampling.end - sampling.begin);
  }
  m_LogIntensities.assign(samples, std::numeric_limits<float>::quiet_NaN());
  m_Weights.assign(this->GetWeightImage() == nullptr ? 0 : samples, 0.0F);
  m_Counts = N4Summary{};
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  N4FieldSinkDetail::VoxelCounts counts;
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               counts,
               [&](const RegionType & slab, N4FieldSinkDetail::VoxelCounts & part)
               {
                 const auto length = static_cast<unsigned int>(slab.GetSize(0));
                 ForEachRow(this->GetInput(),
                            slab,
                            [&](const IndexType & index, const PixelType * row)
                            {
                              RunWith<N4FieldSinkDetail::CountKernel>(
                                BestInstructionSet(), row, MaskAt(this->GetMaskImage(), index), length, &part);
                              this->TakeSamples(index, row);
                            });
               });
  m_Counts.maskVoxels += counts.inside;
  m_Counts.excluded += counts.excluded;
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::TakeSamples(const IndexType & index, const PixelType * row)
{
  const auto  start = this->GetInput()->GetLargestPossibleRegion().GetIndex();
  std::size_t place = 0; // of the row's samples
  for (unsigned int axis = SmoothField::MaximumDimension - 1; axis > 0; --axis)
  {
    const Sampling & sampling = m_Sampling[axis];
    const long       voxel = axis < Dimension ? static_cast<long>(index[axis] - start[axis]) : 0;
    const long       sample = (voxel - sampling.first) / sampling.step;
    if (voxel != sampling.first + sample * sampling.step || sample < sampling.begin || sample >= sampling.end)
    {
      return;
    }
    place = place * static_cast<std::size_t>(sampling.end - sampling.begin) +
            static_cast<std::size_t>(sample - sampling.begin);
  }
  const Sampling & x = m_Sampling[0];
  place *= static_cast<std::size_t>(x.end - x.begin);
  const auto *  mask = MaskAt(this->GetMaskImage(), index);
  const float * weights = MaskAt(this->GetWeightImage(), index);
  for (long sample = x.begin; sample < x.end; ++sample, ++place)
  {
    const long i = x.first + sample * x.step;
    if ((mask != nullptr && mask[i] == 0) || !N4FieldSinkDetail::IsUsable(row[i]) ||
        (weights != nullptr && !N4FieldSinkDetail::IsUsable(weights[i])))
    {
      continue;
    }
    m_LogIntensities[place] = static_cast<float>(PortableLog(static_cast<double>(row[i])));
    if (weights != nullptr)
    {
      m_Weights[place] = weights[i];
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::BoundField(SmoothField & field) const
{
  const auto measure = [&](auto f)
  {
    return MeasureField(this->GetMultiThreader(),
                        field,
                        this->GetMaskImage(),
                        this->GetInput()->GetLargestPossibleRegion(),
                        this->GetNumberOfStreamDivisions(),
                        f);
  };
  const FieldInMask range = m_UnitMean ? measure([](double logField) { return logField; }) : measure(nullptr);
  field.logMinimum = range.lowest;
  field.logMaximum = range.highest;
  if (m_UnitMean && range.voxels > 0)
  {
    const double mean = range.sum.Value() / static_cast<double>(range.voxels);
    for (double & coefficient : field.coefficients) // the splines add up to 1 everywhere
    {
      coefficient -= mean;
    }
    field.logMinimum -= mean;
    field.logMaximum -= mean;
  }
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  const auto           start = this->GetInput()->GetLargestPossibleRegion().GetIndex();
  SmoothField          lattice; // in sample indices
  SmoothField          placed;  // in voxel indices
  N4FieldFit::SizeType size;
  for (unsigned int axis = 0; axis < SmoothField::MaximumDimension; ++axis)
  {
    const Sampling & sampling = m_Sampling[axis];
    size[axis] = static_cast<std::size_t>(sampling.end - sampling.begin);
    lattice.controlPoints[axis] = 1;
    if (sampling.spans > 0 && sampling.count > 1)
    {
      lattice.controlPoints[axis] = sampling.spans + 3;
      lattice.halfExtent[axis] = 0.5 * static_cast<double>(sampling.count - 1);
      lattice.centre[axis] = lattice.halfExtent[axis] - static_cast<double>(sampling.begin);
      placed.halfExtent[axis] =
        0.5 * static_cast<double>(m_LatticeByPosition ? (sampling.count - 1) * sampling.step : sampling.extent - 1);
      placed.centre[axis] = static_cast<double>(start[axis]) + placed.halfExtent[axis] +
                            static_cast<double>(m_LatticeByPosition ? sampling.first : -sampling.lower);
    }
  }
  N4FieldFit  fit(lattice, size, m_LogIntensities, m_Weights);
  SmoothField field = fit.Fit(m_Parameters, [this](double part) { this->ReportProgress(0.9 * part); });
  field.centre = placed.centre;
  field.halfExtent = placed.halfExtent;
  if (!field.coefficients.empty())
  {
    this->BoundField(field);
  }
  m_LogIntensities = {};
  m_Weights = {};
  m_Counts.samples = fit.Samples();
  m_Counts.iterations = fit.Iterations();
  this->SetField(field);
  this->SetSummary(m_Counts);
}

template <typename TInputImage, typename TMaskImage>
void
N4FieldSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "ShrinkFactor: " << m_ShrinkFactor << '\n';
  os << indent << "Iterations:";
  for (const unsigned int iterations : m_Parameters.iterations)
  {
    os << ' ' << iterations;
  }
  os << '\n' << indent << "ConvergenceThreshold: " << m_Parameters.convergenceThreshold << '\n';
  os << indent << "FullWidthAtHalfMaximum: " << m_Parameters.fullWidthAtHalfMaximum << '\n';
  os << indent << "WienerNoise: " << m_Parameters.wienerNoise << '\n';
  os << indent << "HistogramBins: " << m_Parameters.histogramBins << '\n';
  os << indent << "Mesh:";
  for (const unsigned int spans : m_Mesh)
  {
    os << ' ' << spans;
  }
  os << '\n' << indent << "SplineDistance:";
  for (const double distance : m_SplineDistance)
  {
    os << ' ' << distance;
  }
  os << '\n' << indent << "LatticeByPosition: " << m_LatticeByPosition << '\n';
  os << indent << "UnitMean: " << m_UnitMean << '\n';
}
} // namespace itk
#endif
