#ifndef itkGaussianPyramid_h
#define itkGaussianPyramid_h

#include "itkImageRows.h"
#include "itkInstructionSet.h"
#include "itkMaskedGaussian.h"
#include "itkPortableExp.h"
#include "itkSmoothField.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace itk
{
/** to[i] += weight from[i]. For RunWith(). */
struct AddScaled
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const float * from, float weight, float * to, std::size_t count)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      to[i] += weight * from[i];
    }
  }
};

/** \class GaussianPyramid
 * \brief Gaussian means of the voxels that count, G * (m x) / G * m, for any widths at a cost that does not depend on
 * them.
 *
 * Each scale is smoothed on a grid of its own, whose nodes lie so far apart that the Gaussian is a few nodes wide.
 * Values and weights m come to the finest grid, and from one grid to the next, by three boxes of a node's length, which
 * take away all that a coarser grid would mistake for low frequencies; what the boxes have smoothed is left out of the
 * Gaussian. Between nodes the means, or what was made of them, run as cubic splines. The image is read once, and only
 * grids are kept: a number for each Factor() voxels along each axis, and some beyond the border. Below 4 voxels a scale
 * is smoothed on the image's own grid, which takes many times the time and memory.
 *
 * The means differ from those of a direct Gaussian by less than 5e-4 of the image's range, also in noise and patterns
 * as fine as the voxels. An axis of one voxel is left out. The same bits for every number of threads and of parts.
 *
 * \par Reference
 * P. Burt, E. Adelson, IEEE Trans. Commun. 31:532, 1983. DOI 10.1109/TCOM.1983.1095851 (pyramid);
 * M. Unser, IEEE Signal Process. Mag. 16(6):22, 1999. DOI 10.1109/79.799930 (splines).
 * \ingroup Spatial
 */
template <unsigned int VDimension>
class GaussianPyramid
{
public:
  using RegionType = ImageRegion<VDimension>;
  using SizeType = Size<VDimension>;
  using IndexType = Index<VDimension>;
  /** Of a scale along each axis, in voxels. */
  using DeviationsType = std::array<double, VDimension>;

  /** For an image over `region`; scales in rising order along every axis. `threader` is used as long as this object
   * is. */
  GaussianPyramid(const RegionType & region, const std::vector<DeviationsType> & scales, MultiThreaderBase * threader)
    : m_Region(region)
    , m_Scales(scales)
    , m_Threader(threader)
  {
    SizeType factor;
    factor.Fill(1);
    for (auto & scale : m_Scales)
    {
      for (unsigned int axis = 0; axis < VDimension; ++axis)
      {
        const auto extent = region.GetSize(axis);
        // Beyond 100 times the extent a Gaussian is flat.
        scale[axis] = std::min(scale[axis], 100.0 * static_cast<double>(extent));
        const auto cells = (extent + factor[axis] - 1) / factor[axis];
        const auto coarser = scale[axis] / (NarrowestDeviation * static_cast<double>(factor[axis]));
        factor[axis] *=
          coarser < 2.0 ? 1 : std::min(static_cast<SizeValueType>(coarser), std::max<SizeValueType>(1, cells));
      }
      m_GridOfScale.push_back(m_Grids.empty() || m_Grids.back().factor != factor ? m_Grids.size() : m_Grids.size() - 1);
      if (m_GridOfScale.back() == m_Grids.size())
      {
        m_Grids.push_back({});
        m_Grids.back().factor = factor;
        for (unsigned int axis = 0; axis < VDimension; ++axis)
        {
          m_Grids.back().nodes[axis] = this->CellsOf(factor, axis) + 2 * this->MarginOf(axis);
        }
      }
    }
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      m_Weights[axis] = ReductionWeights(m_Grids.front().factor[axis]);
    }
    const auto & nodes = m_Grids.front().nodes;
    m_RowLength = static_cast<std::size_t>(region.GetSize(0));
    m_PlaneLength = 2 * m_RowLength * (VDimension > 1 ? nodes[1] : 1);
    std::size_t planes = 1;
    for (unsigned int axis = 2; axis < VDimension; ++axis)
    {
      planes *= nodes[axis];
    }
    m_Rows.assign(planes * m_PlaneLength, 0.0F);
  }

  /** Voxels along each axis for which the finest grid has a node. */
  const SizeType &
  Factor() const
  {
    return m_Grids.front().factor;
  }

  /** Reads a part of the image: whole hyperplanes along its slowest axis, in rising order, each once.
   * `gather(index, length, values, weights)` fills m x and m for the voxels of a row from `index` on; it is called from
   * many threads. Values are at most LargestSmoothable. */
  template <typename TGather>
  void
  Add(const RegionType & part, TGather && gather)
  {
    if (SlowestAxis(m_Region) < 2)
    {
      this->AddRows(part, gather);
    }
    else
    {
      this->AddPlanes(part, gather);
    }
  }

  /** To be called when every part was added. */
  void
  Finish()
  {
    this->ReduceRows();
    for (std::size_t grid = 1; grid < m_Grids.size(); ++grid)
    {
      this->ReduceGrid(m_Grids[grid - 1], m_Grids[grid]);
    }
  }

  /** The weights on the finest grid: how much of the image is near each node. */
  const std::vector<float> &
  Weights() const
  {
    return m_Grids.front().weights;
  }

  /** Sum of m x over sum of m; NaN where nothing counts. */
  double
  Mean() const
  {
    double       values = 0.0;
    double       weights = 0.0;
    const auto & grid = m_Grids.front();
    for (std::size_t i = 0; i < grid.values.size(); ++i)
    {
      values += static_cast<double>(grid.values[i]);
      weights += static_cast<double>(grid.weights[i]);
    }
    return values / weights;
  }

  /** Means of a scale at the nodes of its grid; 0 where nothing that counts is in reach. */
  std::vector<float>
  Means(std::size_t scale) const
  {
    const auto &                                     grid = m_Grids[m_GridOfScale[scale]];
    typename MaskedGaussian<VDimension>::KernelsType kernels;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      if (grid.nodes[axis] > 1 && m_Scales[scale][axis] >= 1e-4)
      {
        std::vector<std::size_t> factors; // from grid to grid
        for (std::size_t level = 0; level <= m_GridOfScale[scale]; ++level)
        {
          const auto before = level == 0 ? 1 : m_Grids[level - 1].factor[axis];
          factors.push_back(static_cast<std::size_t>(m_Grids[level].factor[axis] / before));
        }
        kernels[axis] = GridKernel(m_Scales[scale][axis], factors, static_cast<std::size_t>(grid.nodes[axis] - 1));
      }
    }
    auto values = grid.values;
    MaskedGaussian<VDimension>(kernels, grid.nodes, grid.weights, m_Threader).Smooth(values);
    return values;
  }

  /** What was made of the means of a scale, interpolated at the nodes of the finest grid. */
  std::vector<double>
  ToFinestGrid(std::size_t scale, std::vector<double> values) const
  {
    const auto & from = m_Grids[m_GridOfScale[scale]];
    const auto & to = m_Grids.front();
    auto         sizes = from.nodes;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      const auto factor = from.factor[axis] / to.factor[axis];
      if (factor > 1)
      {
        this->SplineCoefficients(values, sizes, axis);
        values = this->EvaluateBetween(values, sizes, axis, factor, to.nodes[axis]);
        sizes[axis] = to.nodes[axis];
      }
    }
    return values;
  }

  /** The cubic splines through values at the nodes of the finest grid, over the image. */
  SmoothField
  Interpolate(std::vector<double> values) const
  {
    const auto & grid = m_Grids.front();
    SmoothField  field;
    field.controlPoints.fill(1);
    IndexType first;
    first.Fill(0);
    std::size_t count = 1;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      field.centre[axis] = static_cast<double>(m_Region.GetIndex(axis));
      if (grid.nodes[axis] > 1)
      {
        this->SplineCoefficients(values, grid.nodes, axis);
        const auto cells = this->CellsOf(grid.factor, axis);
        const auto factor = static_cast<double>(grid.factor[axis]);
        field.controlPoints[axis] = static_cast<unsigned int>(cells + 4); // from node -2 on
        field.centre[axis] += 0.5 * (static_cast<double>(cells) * factor - 1.0);
        field.halfExtent[axis] = 0.5 * static_cast<double>(cells + 1) * factor;
        first[axis] = Margin - 2;
      }
      count *= field.controlPoints[axis];
    }
    const std::size_t length = field.controlPoints[0];
    field.coefficients.resize(count);
    for (std::size_t row = 0; row < count / length; ++row)
    {
      std::size_t rest = row;
      std::size_t offset = static_cast<std::size_t>(first[0]);
      for (unsigned int axis = 1; axis < VDimension; ++axis)
      {
        offset +=
          StrideOf(grid.nodes, axis) * (static_cast<std::size_t>(first[axis]) + rest % field.controlPoints[axis]);
        rest /= field.controlPoints[axis];
      }
      std::copy_n(values.data() + offset, length, field.coefficients.data() + row * length);
    }
    return field;
  }

private:
  static constexpr double      NarrowestDeviation = 2.0; // in nodes, of a Gaussian on a reduced grid
  static constexpr double      Truncation = 6.0; // beyond lie nodes that no spline near a voxel that counts sees
  static constexpr std::size_t Margin = 7;       // nodes beyond the border, which splines near it rest on
  static constexpr std::size_t PlanesAtOnce = 16;
  static constexpr std::size_t ColumnsAtOnce = 512;

  static_assert(VDimension <= SmoothField::MaximumDimension, "SmoothField holds so many axes");

  struct Grid
  {
    SizeType           factor{}; // voxels a node
    SizeType           nodes{};
    std::vector<float> values;
    std::vector<float> weights;
  };
  /** Of a voxel or node for the nodes before, at and after its cell. */
  using Shares = std::array<float, 3>;

  /** Three boxes of `factor` voxels, one after the other, by a voxel's place in its cell. */
  static std::vector<Shares>
  ReductionWeights(std::size_t factor)
  {
    std::vector<double> kernel{ 1.0 };
    for (int box = 0; box < 3; ++box)
    {
      std::vector<double> wider(kernel.size() + factor - 1, 0.0);
      for (std::size_t i = 0; i < kernel.size(); ++i)
      {
        for (std::size_t k = 0; k < factor; ++k)
        {
          wider[i + k] += kernel[i] / static_cast<double>(factor);
        }
      }
      kernel = wider;
    }
    std::vector<Shares> weights(factor);
    for (std::size_t place = 0; place < factor; ++place)
    {
      for (std::size_t node = 0; node < 3; ++node)
      {
        const auto i = place + (2 - node) * factor; // of the kernel's first voxel - 1, for the node one cell ahead
        weights[place][node] = i >= 1 && i <= kernel.size() ? static_cast<float>(kernel[i - 1]) : 0.0F;
      }
    }
    return weights;
  }

  std::size_t
  MarginOf(unsigned int axis) const
  {
    return m_Region.GetSize(axis) > 1 ? Margin : 0;
  }

  std::size_t
  CellsOf(const SizeType & factor, unsigned int axis) const
  {
    return static_cast<std::size_t>((m_Region.GetSize(axis) + factor[axis] - 1) / factor[axis]);
  }

  /** Calls f(node, share) for those of the finest grid's nodes along an axis that the voxel counts for. */
  template <typename TFunction>
  void
  ForEachShare(unsigned int axis, IndexValueType index, TFunction && f) const
  {
    const auto voxel = static_cast<std::size_t>(index - m_Region.GetIndex(axis));
    const auto factor = static_cast<std::size_t>(m_Grids.front().factor[axis]);
    if (m_Region.GetSize(axis) == 1)
    {
      f(std::size_t{ 0 }, 1.0F);
      return;
    }
    const auto & shares = m_Weights[axis][voxel % factor];
    for (std::size_t k = 0; k < shares.size(); ++k)
    {
      if (shares[k] != 0.0F)
      {
        f(voxel / factor + Margin - 1 + k, shares[k]);
      }
    }
  }

  /** A picture or a line: strips of columns, each in the order of its rows. */
  template <typename TGather>
  void
  AddRows(const RegionType & part, TGather && gather)
  {
    const auto set = BestInstructionSet();
    const auto strips = (m_RowLength + ColumnsAtOnce - 1) / ColumnsAtOnce;
    m_Threader->ParallelizeArray(
      0,
      strips,
      [&](SizeValueType strip)
      {
        const auto                           column = strip * ColumnsAtOnce;
        const auto                           length = std::min(ColumnsAtOnce, m_RowLength - column);
        std::array<float, 2 * ColumnsAtOnce> row;
        auto                                 index = part.GetIndex();
        index[0] += static_cast<IndexValueType>(column);
        const SizeValueType rows = VDimension > 1 ? part.GetSize(VDimension > 1 ? 1 : 0) : 1;
        for (SizeValueType y = 0; y < rows; ++y)
        {
          gather(index, length, row.data(), row.data() + length);
          const auto add = [&](std::size_t node, float share)
          {
            float * to = m_Rows.data() + 2 * node * m_RowLength + column;
            RunWith<AddScaled>(set, static_cast<const float *>(row.data()), share, to, length);
            RunWith<AddScaled>(set, static_cast<const float *>(row.data() + length), share, to + m_RowLength, length);
          };
          if constexpr (VDimension > 1)
          {
            this->ForEachShare(1, index[1], add);
            ++index[1];
          }
          else
          {
            add(0, 1.0F);
          }
        }
      },
      nullptr);
  }

  /** Planes are reduced along y side by side, and then added up, each node in the order of the planes. */
  template <typename TGather>
  void
  AddPlanes(const RegionType & part, TGather && gather)
  {
    const auto  set = BestInstructionSet();
    const auto  rows = part.GetSize(1);
    std::size_t planes = 1;
    for (unsigned int axis = 2; axis < VDimension; ++axis)
    {
      planes *= part.GetSize(axis);
    }
    std::vector<float> reduced(std::min(planes, PlanesAtOnce) * m_PlaneLength);
    for (std::size_t begin = 0; begin < planes; begin += PlanesAtOnce)
    {
      const auto                                              count = std::min(PlanesAtOnce, planes - begin);
      std::array<IndexType, PlanesAtOnce>                     first;
      std::vector<std::vector<std::pair<std::size_t, float>>> targets(count);
      for (std::size_t p = 0; p < count; ++p)
      {
        first[p] = IndexOf(part, begin + p, 2);
        targets[p] = this->PlaneTargets(first[p]);
      }
      m_Threader->ParallelizeArray(
        0,
        count,
        [&](SizeValueType p)
        {
          float * const      plane = reduced.data() + p * m_PlaneLength;
          std::vector<float> row(2 * m_RowLength);
          std::fill_n(plane, m_PlaneLength, 0.0F);
          auto index = first[p];
          for (SizeValueType y = 0; y < rows; ++y, ++index[1])
          {
            gather(index, m_RowLength, row.data(), row.data() + m_RowLength);
            this->ForEachShare(
              1,
              index[1],
              [&](std::size_t node, float share)
              {
                RunWith<AddScaled>(
                  set, static_cast<const float *>(row.data()), share, plane + 2 * node * m_RowLength, 2 * m_RowLength);
              });
          }
        },
        nullptr);
      ForEachPart(m_Threader,
                  m_PlaneLength,
                  [&](std::size_t from, std::size_t to)
                  {
                    constexpr std::size_t piece = 4096; // floats: the nodes' stay in the first-level cache
                    for (auto at = from; at < to; at += piece)
                    {
                      for (std::size_t p = 0; p < count; ++p)
                      {
                        for (const auto & [offset, share] : targets[p])
                        {
                          RunWith<AddScaled>(set,
                                             static_cast<const float *>(reduced.data() + p * m_PlaneLength + at),
                                             share,
                                             m_Rows.data() + offset + at,
                                             std::min(piece, to - at));
                        }
                      }
                    }
                  });
    }
  }

  /** Where in m_Rows the plane through `index` counts, and with which share. */
  std::vector<std::pair<std::size_t, float>>
  PlaneTargets(const IndexType & index) const
  {
    std::vector<std::pair<std::size_t, float>> targets{ { 0, 1.0F } };
    std::size_t                                stride = m_PlaneLength;
    for (unsigned int axis = 2; axis < VDimension; ++axis)
    {
      std::vector<std::pair<std::size_t, float>> next;
      for (const auto & [offset, weight] : targets)
      {
        this->ForEachShare(axis,
                           index[axis],
                           [&, o = offset, w = weight](std::size_t node, float share)
                           { next.emplace_back(o + node * stride, w * share); });
      }
      targets = next;
      stride *= m_Grids.front().nodes[axis];
    }
    return targets;
  }

  /** Along x at last, into the finest grid. */
  void
  ReduceRows()
  {
    auto &     grid = m_Grids.front();
    const auto nodes = static_cast<std::size_t>(grid.nodes[0]);
    const auto rows = m_Rows.size() / (2 * m_RowLength);
    grid.values.assign(rows * nodes, 0.0F);
    grid.weights.assign(rows * nodes, 0.0F);
    ForEachPart(m_Threader,
                rows,
                [&](std::size_t begin, std::size_t end)
                {
                  for (auto row = begin; row < end; ++row)
                  {
                    const float * values = m_Rows.data() + 2 * row * m_RowLength;
                    const float * weights = values + m_RowLength;
                    float *       toValues = grid.values.data() + row * nodes;
                    float *       toWeights = grid.weights.data() + row * nodes;
                    for (std::size_t i = 0; i < m_RowLength; ++i)
                    {
                      this->ForEachShare(0,
                                         m_Region.GetIndex(0) + static_cast<IndexValueType>(i),
                                         [&](std::size_t node, float share)
                                         {
                                           toValues[node] += share * values[i];
                                           toWeights[node] += share * weights[i];
                                         });
                    }
                  }
                });
    m_Rows = {};
  }

  /** Sine of an angle in [0, pi / 2], with the same bits on every processor. */
  static double
  Sine(double angle)
  {
    double term = angle;
    double sum = angle;
    for (int n = 2; n < 26; n += 2)
    {
      term *= -angle * angle / (n * (n + 1.0));
      sum += term;
    }
    return sum;
  }

  /** The weights at 0, 1, ... at most `largest` nodes with which a grid is smoothed so that, with the boxes that led to
   * it, the whole is DiscreteGaussian(sigma): its transfer over theirs, transformed back. Factors are those from grid
   * to grid, the image's first. */
  static std::vector<float>
  GridKernel(double sigma, const std::vector<std::size_t> & factors, std::size_t largest)
  {
    double length = 1.0; // of a node, in voxels
    for (const auto factor : factors)
    {
      length *= static_cast<double>(factor);
    }
    if (length == 1.0)
    {
      const auto reach = static_cast<std::size_t>(std::ceil(MaskedGaussian<VDimension>::Truncation * sigma));
      return DiscreteGaussian(sigma, std::min(reach, largest));
    }
    const auto          radius = static_cast<std::size_t>(std::ceil(Truncation * sigma / length));
    constexpr double    pi = 3.14159265358979323846;
    const std::size_t   steps = 4 * (radius + 4); // of the frequency, from 0 to half a cycle a node
    std::vector<double> cosines;                  // of a whole cycle
    std::vector<double> weights(std::min(radius, largest) + 1, 0.0);
    for (std::size_t k = 0; k < 2 * steps; ++k)
    {
      const auto   fromZero = std::min(k, 2 * steps - k);
      const double sine = Sine(0.5 * pi * static_cast<double>(fromZero) / static_cast<double>(steps));
      cosines.push_back(1.0 - 2.0 * sine * sine);
    }
    for (std::size_t k = 0; k <= steps; ++k)
    {
      const double halfAngle = 0.5 * pi * static_cast<double>(k) / static_cast<double>(steps) / length; // of a voxel
      const double exponent = -2.0 * sigma * sigma * Sine(halfAngle) * Sine(halfAngle);
      if (exponent < -700.0)
      {
        break;
      }
      double boxes = 1.0;
      double before = 1.0; // length of a node of the grid that was reduced
      for (const auto factor : factors)
      {
        const auto   ratio = static_cast<double>(factor);
        const double box = Sine(ratio * before * halfAngle) / (ratio * Sine(before * halfAngle));
        boxes *= factor > 1 && k > 0 ? box * box * box : 1.0;
        before *= ratio;
      }
      const double transfer = PortableExp(exponent) / boxes * (k == 0 || k == steps ? 0.5 : 1.0);
      for (std::size_t n = 0; n < weights.size(); ++n)
      {
        weights[n] += transfer * cosines[n * k % (2 * steps)];
      }
    }
    double sum = weights.front();
    for (std::size_t n = 1; n < weights.size(); ++n)
    {
      weights[n] = std::max(0.0, weights[n]); // rounding, where they are all but 0
      sum += 2.0 * weights[n];
    }
    std::vector<float> kernel;
    for (const double weight : weights)
    {
      kernel.push_back(static_cast<float>(weight / sum));
    }
    return kernel;
  }

  void
  ReduceGrid(const Grid & from, Grid & to) const
  {
    to.values = from.values;
    to.weights = from.weights;
    auto sizes = from.nodes;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      const auto factor = static_cast<std::size_t>(to.factor[axis] / from.factor[axis]);
      if (factor > 1)
      {
        const auto weights = ReductionWeights(factor);
        to.values = this->ReduceAxis(to.values, sizes, axis, weights, to.nodes[axis]);
        to.weights = this->ReduceAxis(to.weights, sizes, axis, weights, to.nodes[axis]);
        sizes[axis] = to.nodes[axis];
      }
    }
  }

  /** Neighbours along `axis` lie this far apart. */
  static std::size_t
  StrideOf(const SizeType & sizes, unsigned int axis)
  {
    std::size_t stride = 1;
    for (unsigned int lower = 0; lower < axis; ++lower)
    {
      stride *= sizes[lower];
    }
    return stride;
  }

  static std::vector<float>
  ReduceAxis(const std::vector<float> &  from,
             const SizeType &            sizes,
             unsigned int                axis,
             const std::vector<Shares> & weights,
             std::size_t                 nodes)
  {
    const auto         factor = weights.size();
    const auto         inner = StrideOf(sizes, axis);
    const auto         extent = static_cast<std::size_t>(sizes[axis]);
    const auto         outer = from.size() / (inner * extent);
    const auto         ahead = (Margin + factor - 1) / factor * factor; // whole cells, so that places stay positive
    std::vector<float> to(outer * nodes * inner, 0.0F);
    for (std::size_t slab = 0; slab < outer; ++slab)
    {
      for (std::size_t i = 0; i < extent; ++i)
      {
        const auto    node = i + ahead - Margin;
        const auto &  shares = weights[node % factor];
        const float * source = from.data() + (slab * extent + i) * inner;
        for (std::size_t k = 0; k < shares.size(); ++k)
        {
          const auto target = node / factor + Margin - 1 + k; // plus ahead / factor
          if (shares[k] != 0.0F && target >= ahead / factor && target - ahead / factor < nodes)
          {
            AddScaled::Run<2>(source, shares[k], to.data() + (slab * nodes + target - ahead / factor) * inner, inner);
          }
        }
      }
    }
    return to;
  }

  /** Replaces values at nodes by the coefficients of the cubic B-splines through them, straight at both ends. */
  void
  SplineCoefficients(std::vector<double> & values, const SizeType & sizes, unsigned int axis) const
  {
    const auto          inner = StrideOf(sizes, axis);
    const auto          extent = static_cast<std::size_t>(sizes[axis]);
    const auto          outer = values.size() / (inner * extent);
    std::vector<double> pivots(extent, 0.0); // of (c[j-1] + 4 c[j] + c[j+1]) / 6 = value[j]
    for (std::size_t j = 1; j + 1 < extent; ++j)
    {
      pivots[j] = 1.0 / (4.0 - pivots[j - 1]);
    }
    constexpr std::size_t columns = 64; // they stay in the second-level cache
    const auto            blocks = (inner + columns - 1) / columns;
    ForEachPart(m_Threader,
                outer * blocks,
                [&](std::size_t begin, std::size_t end)
                {
                  for (auto task = begin; task < end; ++task)
                  {
                    const auto     column = task % blocks * columns;
                    const auto     width = std::min(columns, inner - column);
                    double * const row = values.data() + task / blocks * extent * inner + column;
                    for (std::size_t j = 1; j + 1 < extent; ++j)
                    {
                      for (std::size_t i = 0; i < width; ++i)
                      {
                        row[j * inner + i] = (6.0 * row[j * inner + i] - row[(j - 1) * inner + i]) * pivots[j];
                      }
                    }
                    for (std::size_t j = extent - 1; j-- > 1;)
                    {
                      for (std::size_t i = 0; i < width; ++i)
                      {
                        row[j * inner + i] -= pivots[j] * row[(j + 1) * inner + i];
                      }
                    }
                  }
                });
  }

  /** The spline of `coefficients` at the nodes of a grid that is `factor` times as fine along `axis`. */
  static std::vector<double>
  EvaluateBetween(const std::vector<double> & coefficients,
                  const SizeType &            sizes,
                  unsigned int                axis,
                  std::size_t                 factor,
                  std::size_t                 nodes)
  {
    const auto          inner = StrideOf(sizes, axis);
    const auto          extent = static_cast<std::size_t>(sizes[axis]);
    const auto          outer = coefficients.size() / (inner * extent);
    std::vector<double> values(outer * nodes * inner, 0.0);
    for (std::size_t node = 0; node < nodes; ++node)
    {
      const auto   ratio = static_cast<double>(factor);
      const double fine = static_cast<double>(node) - static_cast<double>(Margin);
      const double position = (fine - 0.5 * (ratio - 1.0)) / ratio + static_cast<double>(Margin);
      const auto   before = static_cast<std::size_t>(position);
      const auto   weights = SmoothField::CubicWeights(position - static_cast<double>(before));
      for (std::size_t slab = 0; slab < outer; ++slab)
      {
        for (std::size_t k = 0; k < weights.size(); ++k)
        {
          const double * source = coefficients.data() + (slab * extent + before + k - 1) * inner;
          double *       target = values.data() + (slab * nodes + node) * inner;
          for (std::size_t i = 0; i < inner; ++i)
          {
            target[i] += weights[k] * source[i];
          }
        }
      }
    }
    return values;
  }

  RegionType                                  m_Region;
  std::vector<DeviationsType>                 m_Scales;
  MultiThreaderBase *                         m_Threader;
  std::vector<Grid>                           m_Grids; // the finest first
  std::vector<std::size_t>                    m_GridOfScale;
  std::array<std::vector<Shares>, VDimension> m_Weights; // to the finest grid
  std::size_t                                 m_RowLength{ 0 };
  std::size_t                                 m_PlaneLength{ 0 };
  std::vector<float>                          m_Rows; // reduced along all axes but x: of a row, m x and then m
};
} // namespace itk

#endif
