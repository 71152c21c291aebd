#ifndef itkBoxPoisson_h
#define itkBoxPoisson_h

#include "itkCosineTransform.h"
#include "itkPerThread.h"

#include <array>
#include <cstdint>

namespace itk
{
/** Voxels in rows, x fastest, and what a difference between neighbours along each axis counts. */
struct PoissonGrid
{
  static constexpr unsigned int MaximumDimension = 4;

  std::array<std::size_t, MaximumDimension> size{ { 1, 1, 1, 1 } };
  /** 1 / spacing^2, in 1 / mm^2; 0: voxels along this axis are no neighbours, each slice stands for itself. */
  std::array<double, MaximumDimension> weight{};

  std::size_t
  NumberOfVoxels() const
  {
    return size[0] * size[1] * size[2] * size[3];
  }

  /** Voxels between one and the next along `axis`. */
  std::size_t
  Stride(unsigned int axis) const
  {
    std::size_t stride = 1;
    for (unsigned int lower = 0; lower < axis; ++lower)
    {
      stride *= size[lower];
    }
    return stride;
  }

  /** Whether voxels along `axis` are neighbours. */
  bool
  IsConnected(unsigned int axis) const
  {
    return size[axis] > 1 && weight[axis] > 0.0;
  }
};

/** \class BoxPoisson
 * \brief Solves (screening + A + bending A^2) u = f on a box; A u = -Laplace u with Neumann borders.
 *
 * (A u)_p = sum over neighbours q in the box of weight (u_p - u_q). By cosine transforms along every connected axis but
 * none where a slice stands for itself: exact but for float rounding. Without screening A has a constant in its kernel:
 * what f holds of it is left out, and u has mean 0 (in each slice that stands for itself). In place, in OpenMP's
 * threads, a parallel region for each pass; the same bits for any number of them.
 *
 * \par Reference
 * J.-M. Morel, A. Petro, C. Sbert, IEEE TIP 19:2825, 2010. DOI 10.1109/TIP.2010.2049239
 * \ingroup Spatial
 */
class BoxPoisson
{
public:
  explicit BoxPoisson(const PoissonGrid & grid)
    : m_Grid(grid)
  {
    for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
    {
      if (!grid.IsConnected(axis))
      {
        continue;
      }
      m_Axes.push_back(axis);
      m_Transforms.emplace_back(grid.size[axis]);
      std::vector<double> eigenvalues;
      for (std::size_t k = 0; k < grid.size[axis]; ++k)
      {
        const double sine =
          std::sin(0.5 * std::acos(-1.0) * static_cast<double>(k) / static_cast<double>(grid.size[axis]));
        eigenvalues.push_back(4.0 * grid.weight[axis] * sine * sine);
      }
      m_Eigenvalues.push_back(std::move(eigenvalues));
    }
  }

  /** `values` holds f, finite, and then u. */
  void
  Solve(float * values, double screening = 0.0, double bending = 0.0) const
  {
    if (m_Axes.empty())
    {
      const auto factor = static_cast<float>(screening > 0.0 ? 1.0 / screening : 0.0);
      std::for_each(values, values + m_Grid.NumberOfVoxels(), [factor](float & value) { value *= factor; });
      return;
    }
    const std::size_t last = m_Axes.size() - 1;
    for (std::size_t i = 0; i < last; ++i)
    {
      this->ForEachBatch(
        values,
        i,
        [this, i](std::size_t, float * batch, float * scratch) { return m_Transforms[i].Forward(batch, scratch); },
        true,
        false);
    }
    this->ForEachBatch(
      values,
      last,
      [&](std::size_t line, float * batch, float * scratch)
      {
        float * const coefficients = m_Transforms[last].Forward(batch, scratch);
        this->Divide(coefficients, line, screening, bending);
        return m_Transforms[last].Inverse(coefficients, coefficients == batch ? scratch : batch);
      },
      true,
      true);
    for (std::size_t i = last; i-- > 0;)
    {
      this->ForEachBatch(
        values,
        i,
        [this, i](std::size_t, float * batch, float * scratch) { return m_Transforms[i].Inverse(batch, scratch); },
        false,
        true);
    }
  }

private:
  static constexpr std::size_t Lanes = CosineTransform::Lanes;
  /** Voxels: one thread is done with a pass over less before a second one is back that another process holds up. */
  static constexpr std::size_t LargestOfOneThread = std::size_t{ 1 } << 20U;

  /** Lets f(first line, batch, scratch) transform batches of neighbouring lines along an axis. */
  template <typename TFunction>
  void
  ForEachBatch(float * values, std::size_t i, TFunction && f, bool fromPlaces, bool toPlaces) const
  {
    const auto &                      transform = m_Transforms[i];
    const auto                        length = transform.Length();
    const auto                        inner = m_Grid.Stride(m_Axes[i]);
    const auto                        lines = m_Grid.NumberOfVoxels() / length;
    const auto                        batches = static_cast<std::int64_t>((lines + Lanes - 1) / Lanes);
    std::array<std::vector<float>, 2> pair;
    pair.fill(std::vector<float>(transform.BufferSize()));
    PerThread<std::array<std::vector<float>, 2>> buffers(pair);
#pragma omp parallel for schedule(dynamic) if (m_Grid.NumberOfVoxels() > LargestOfOneThread)
    for (std::int64_t b = 0; b < batches; ++b)
    {
      auto & [batch, scratch] = buffers.Mine();
      const auto                 first = static_cast<std::size_t>(b) * Lanes;
      const auto                 count = std::min(Lanes, lines - first);
      std::array<float *, Lanes> line{};
      bool                       isContiguous = true;
      for (std::size_t lane = 0; lane < count; ++lane)
      {
        line[lane] = values + (first + lane) / inner * inner * length + (first + lane) % inner;
        isContiguous = isContiguous && line[lane] == line[0] + lane;
      }
      if (count < Lanes) // the others share roundings with lines that are not there
      {
        std::fill(batch.begin(), batch.end(), 0.0F);
      }
      for (std::size_t j = 0; j < length; ++j)
      {
        float * const place = &batch[(fromPlaces ? transform.Place(j) : j) * Lanes];
        if (isContiguous)
        {
          std::copy_n(line[0] + j * inner, count, place);
          continue;
        }
        for (std::size_t lane = 0; lane < count; ++lane)
        {
          place[lane] = line[lane][j * inner];
        }
      }
      const float * const result = f(first, batch.data(), scratch.data());
      for (std::size_t j = 0; j < length; ++j)
      {
        const float * const place = result + (toPlaces ? transform.Place(j) : j) * Lanes;
        if (isContiguous)
        {
          std::copy_n(place, count, line[0] + j * inner);
          continue;
        }
        for (std::size_t lane = 0; lane < count; ++lane)
        {
          line[lane][j * inner] = place[lane];
        }
      }
    }
  }

  /** Coefficients of lines along the last connected axis by the eigenvalues of the equation. */
  void
  Divide(float * coefficients, std::size_t firstLine, double screening, double bending) const
  {
    const auto                axis = m_Axes.back();
    const auto                inner = m_Grid.Stride(axis);
    const auto                length = m_Grid.size[axis];
    std::array<double, Lanes> others{};
    for (std::size_t lane = 0; lane < Lanes; ++lane)
    {
      const auto line = firstLine + lane;
      const auto voxel = line / inner * inner * length + line % inner;
      for (std::size_t i = 0; i + 1 < m_Axes.size(); ++i)
      {
        others[lane] += m_Eigenvalues[i][voxel / m_Grid.Stride(m_Axes[i]) % m_Grid.size[m_Axes[i]]];
      }
    }
    for (std::size_t k = 0; k < length; ++k)
    {
      for (std::size_t lane = 0; lane < Lanes; ++lane)
      {
        const double eigenvalue = others[lane] + m_Eigenvalues.back()[k];
        const double divisor = screening + eigenvalue * (1.0 + bending * eigenvalue);
        coefficients[k * Lanes + lane] =
          divisor > 0.0 ? static_cast<float>(coefficients[k * Lanes + lane] / divisor) : 0.0F;
      }
    }
  }

  PoissonGrid                      m_Grid;
  std::vector<unsigned int>        m_Axes; ///< the connected ones
  std::vector<CosineTransform>     m_Transforms;
  std::vector<std::vector<double>> m_Eigenvalues;
};
} // namespace itk

#endif
