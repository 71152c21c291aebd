#ifndef itkMaskedPoisson_h
#define itkMaskedPoisson_h

#include "itkBoxPoisson.h"

#include <limits>
#include <numeric>

namespace itk
{
/** \class MaskedPoisson
 * \brief Solves (screening + A) u = f inside a mask; A u = -Laplace u with Neumann borders wherever the mask ends.
 *
 * (A u)_p = sum over neighbours q inside the mask of weight (u_p - u_q). Conjugate gradients, with one V-cycle of
 * geometric multigrid as preconditioner, so that thin and torn masks slow it down but do not break it. A coarse cell
 * joins two along each axis whose spacing is within sqrt(2) of the finest (all of them, once the grid is isotropic),
 * and is joined to the next by half the sum of the weights across their face, which keeps gaps of the mask open;
 * between the grids values are interpolated linearly along open faces; two damped Jacobi steps smooth on either side.
 *
 * Without screening a connected component of the mask has a constant in A's kernel: what f holds of it is left out, and
 * u has mean 0 in each component. Ends when r' M r, r the residual and M the V-cycle, has fallen by tolerance squared,
 * of all components together, which is about the fall of the error of u's gradient by the tolerance (float rounding
 * keeps that above some 1e-6), or after the given number of cycles.
 *
 * In float, sums in double in a fixed order: the same bits for any number of OpenMP's threads.
 *
 * \par Reference
 * A. McAdams, E. Sifakis, J. Teran, A parallel multigrid Poisson solver for fluids simulation on large grids, SCA 2010.
 * DOI 10.2312/SCA/SCA10/065-073
 * \ingroup Spatial
 */
class MaskedPoisson
{
public:
  struct Summary
  {
    unsigned int cycles{ 0 };
    double       reduction{ 0.0 }; ///< sqrt(r' M r) at the end, as a part of that at the start
  };

  static constexpr double       DefaultTolerance = 1e-4;
  static constexpr unsigned int DefaultMaximumNumberOfCycles = 100;

  /** `inside`: not 0 inside the mask, for each voxel of the grid. */
  MaskedPoisson(const PoissonGrid & grid, const unsigned char * inside)
  {
    this->MakeFinest(grid, inside);
    this->FindComponents(grid, inside);
    while (this->Coarsen())
    {
    }
  }

  std::size_t
  NumberOfComponents() const
  {
    return m_ComponentVoxels.size();
  }

  /** `u` holds the first guess, and then the solution; 0 outside the mask. f must be finite; what it holds outside the
   * mask does not count. */
  Summary
  Solve(const float * f,
        float *       u,
        double        screening = 0.0,
        double        tolerance = DefaultTolerance,
        unsigned int  maximumNumberOfCycles = DefaultMaximumNumberOfCycles)
  {
    m_Screening = static_cast<float>(screening);
    Level &           finest = m_Levels.front();
    const std::size_t cells = finest.cells;
    Buffer            guess(finest);
    std::copy_n(u, cells, guess.begin());
    this->KeepInside(guess.begin());
    std::copy_n(f, cells, finest.f.begin());
    this->KeepInside(finest.f.begin());
    if (!(screening > 0.0))
    {
      this->RemoveMeans(finest.f.begin());
    }
    this->Sweep(finest, Step::Residual, guess.begin(), finest.f.begin(), finest.other.begin());
    finest.f.Swap(finest.other);
    const auto summary = this->Iterate(0, guess, tolerance, maximumNumberOfCycles);
    std::copy_n(guess.begin(), cells, u);
    if (!(screening > 0.0))
    {
      this->RemoveMeans(u);
    }
    return summary;
  }

  /** (A + bending A^2) u = f, bending > 0, f finite, solved on the coarsest grid whose spacing is at most `resolution`
   * mm along every axis that is coarsened to it, interpolated, and smoothed by the equation: u has no detail much below
   * sqrt(bending) mm, and half of that is fine enough where the error may be a few percent. `u` need not be set. Two
   * solutions, each to the tolerance: the summary has the cycles of both, and the larger reduction. */
  Summary
  SolveBent(const float * f,
            float *       u,
            double        bending,
            double        resolution = 0.0,
            double        tolerance = DefaultTolerance,
            unsigned int  maximumNumberOfCycles = DefaultMaximumNumberOfCycles)
  {
    // A + bending A^2 = bending A (1 / bending + A)
    const auto  scale = static_cast<float>(1.0 / bending);
    Level &     finest = m_Levels.front();
    std::size_t number = 0;
    std::copy_n(f, finest.cells, finest.f.begin());
    this->KeepInside(finest.f.begin());
    this->RemoveMeans(finest.f.begin());
    std::copy_n(finest.f.begin(), finest.cells, u);
    for (; this->IsWithin(number + 1, resolution); ++number)
    {
      m_Levels[number].f.Swap(m_Levels[number].other);
      Restrict(m_Levels[number], m_Levels[number + 1]);
    }
    Level & level = m_Levels[number];
    Buffer  guess(level);
    m_Screening = scale;
    auto summary = this->Iterate(number, guess, tolerance, maximumNumberOfCycles);
    ForEachBlock(level.cells,
                 [&](std::size_t begin, std::size_t end)
                 {
                   for (auto i = begin; i < end; ++i)
                   {
                     level.f.begin()[i] = scale * level.voxels.begin()[i] * guess.begin()[i];
                     guess.begin()[i] = 0.0F;
                   }
                 });
    m_Screening = 0.0F;
    this->RemoveMeansOfCells(number, level.f.begin());
    const auto second = this->Iterate(number, guess, tolerance, maximumNumberOfCycles);
    summary.cycles += second.cycles;
    summary.reduction = std::max(summary.reduction, second.reduction);
    level.u.Swap(guess);
    const bool isCoarse = number > 0;
    for (; number > 0; --number)
    {
      Level & fine = m_Levels[number - 1];
      std::fill_n(fine.u.begin(), fine.cells, 0.0F);
      Prolong(m_Levels[number], fine);
    }
    this->KeepInside(finest.u.begin());
    for (unsigned int step = 0; isCoarse && step < SmoothingSteps; ++step)
    {
      this->SmoothBent(u, scale);
    }
    std::copy_n(finest.u.begin(), finest.cells, u);
    this->RemoveMeans(u);
    return summary;
  }

  /** Subtracts from the values in each component of the mask their mean. */
  void
  RemoveMeans(float * values) const
  {
    std::vector<double> ofRun(m_Runs.size(), 0.0);
    this->ForEachRun(
      [&](std::size_t r, const Run & run)
      {
        for (auto i = run.begin; i < run.end; ++i)
        {
          ofRun[r] += static_cast<double>(values[i]);
        }
      });
    std::vector<double> means(m_ComponentVoxels.size(), 0.0);
    for (std::size_t r = 0; r < m_Runs.size(); ++r)
    {
      means[m_Runs[r].component] += ofRun[r];
    }
    for (std::size_t c = 0; c < means.size(); ++c)
    {
      means[c] /= static_cast<double>(m_ComponentVoxels[c]);
    }
    this->ForEachRun(
      [&](std::size_t, const Run & run)
      {
        for (auto i = run.begin; i < run.end; ++i)
        {
          values[i] = static_cast<float>(static_cast<double>(values[i]) - means[run.component]);
        }
      });
  }

private:
  static constexpr unsigned int Axes = PoissonGrid::MaximumDimension;
  static constexpr std::size_t  BlockLength = std::size_t{ 1 } << 14U;
  /** Blocks of a level that threads share. On less, one thread takes about a millisecond: less than a second one takes
   * to come back that another process has pushed aside, and every region waits for it. */
  static constexpr std::size_t SmallestShared = 63;
  /** Steps of the Chebyshev polynomial of degree 2 that is small on [0.35, 2]: the part of the spectrum of the
   * equation, divided by its diagonal, that the coarser grid does not see. */
  static constexpr std::array<float, 2> Damping{ { 1.691F, 0.5678F } };

  /** After the interpolation of a bent solution. */
  static constexpr unsigned int SmoothingSteps = 2;
  /** Of the Jacobi steps of a product: eigenvalues of each, divided by its diagonal, are up to 2, and 0.4 * 4 < 2. */
  static constexpr float FactorDamping = 0.63F;

  struct Level;

  /** One number for each cell, and zeros around, as far as neighbours reach. */
  class Buffer
  {
  public:
    Buffer() = default;
    explicit Buffer(const Level & level)
      : m_Pad(level.pad)
      , m_Values(level.cells + 2 * level.pad, 0.0F)
    {
    }
    float *
    begin()
    {
      return m_Values.data() + m_Pad;
    }
    const float *
    begin() const
    {
      return m_Values.data() + m_Pad;
    }
    void
    Swap(Buffer & other)
    {
      m_Values.swap(other.m_Values);
    }

  private:
    std::size_t        m_Pad = 0;
    std::vector<float> m_Values;
  };

  struct Level
  {
    std::array<std::size_t, Axes> size{};
    std::array<std::size_t, Axes> stride{};
    std::array<double, Axes>      weight{}; ///< of a face between two whole cells; 0: not connected
    std::size_t                   cells = 0;
    std::size_t                   pad = 0;
    std::vector<unsigned int>     axes; ///< the connected ones of the finest level
    std::array<bool, Axes>        isCoarsened{};
    std::array<Buffer, Axes>      faces;  ///< weight between a cell and the next one; 0: closed
    std::array<Buffer, Axes>      halves; ///< scratch: sums over the first half of each finer pair
    Buffer                        voxels; ///< inside the mask, of each cell
    Buffer                        f;
    Buffer                        u;
    Buffer                        other;

    void
    Allocate()
    {
      cells = 1;
      for (unsigned int axis = 0; axis < Axes; ++axis)
      {
        stride[axis] = cells;
        cells *= size[axis];
      }
      pad = 1;
      for (const auto axis : axes)
      {
        pad = std::max(pad, stride[axis]);
      }
      for (const auto axis : axes)
      {
        faces[axis] = Buffer(*this);
      }
      for (Buffer * buffer : { &voxels, &f, &u, &other })
      {
        *buffer = Buffer(*this);
      }
    }
  };

  struct Run
  {
    std::size_t begin;
    std::size_t end;
    std::size_t component;
  };

  /** Calls f(begin, end) for blocks of [0, count), in any order. */
  template <typename TFunction>
  static void
  ForEachBlock(std::size_t count, TFunction && f)
  {
    const auto blocks = static_cast<std::int64_t>((count + BlockLength - 1) / BlockLength);
#pragma omp parallel for schedule(dynamic) if (count > SmallestShared * BlockLength)
    for (std::int64_t block = 0; block < blocks; ++block)
    {
      const auto begin = static_cast<std::size_t>(block) * BlockLength;
      f(begin, std::min(count, begin + BlockLength));
    }
  }

  /** Calls f(number, run) for every run along x inside the mask, in any order. */
  template <typename TFunction>
  void
  ForEachRun(TFunction && f) const
  {
    const auto runs = static_cast<std::int64_t>(m_Runs.size());
#pragma omp parallel for schedule(dynamic, 256) if (m_Levels.front().cells > SmallestShared * BlockLength)
    for (std::int64_t r = 0; r < runs; ++r)
    {
      f(static_cast<std::size_t>(r), m_Runs[static_cast<std::size_t>(r)]);
    }
  }

  static void
  AddScaled(float * values, float factor, const float * others, std::size_t count)
  {
    ForEachBlock(count,
                 [=](std::size_t begin, std::size_t end)
                 {
                   for (auto i = begin; i < end; ++i)
                   {
                     values[i] += factor * others[i];
                   }
                 });
  }

  /** In eight sums a block, added in a fixed order. */
  static double
  Dot(const float * a, const float * b, std::size_t count)
  {
    std::vector<double> sums((count + BlockLength - 1) / BlockLength, 0.0);
    ForEachBlock(count,
                 [&](std::size_t begin, std::size_t end)
                 {
                   std::array<double, 8> parts{};
                   auto                  i = begin;
                   for (; i + parts.size() <= end; i += parts.size())
                   {
                     for (std::size_t k = 0; k < parts.size(); ++k)
                     {
                       parts[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
                     }
                   }
                   for (; i < end; ++i)
                   {
                     parts[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
                   }
                   double sum = 0.0;
                   for (const double part : parts)
                   {
                     sum += part;
                   }
                   sums[begin / BlockLength] = sum;
                 });
    double total = 0.0;
    for (const double sum : sums)
    {
      total += sum;
    }
    return total;
  }

  /** Whether there is a level of this number, of at most `spacing` mm along every axis that is coarsened to it. */
  bool
  IsWithin(std::size_t number, double spacing) const
  {
    bool isWithin = number < m_Levels.size();
    for (unsigned int axis = 0; isWithin && axis < Axes; ++axis)
    {
      isWithin =
        !m_Levels[number - 1].isCoarsened[axis] || m_Levels[number].weight[axis] * spacing * spacing >= 1.0 - 1e-6;
    }
    return isWithin;
  }

  /** Subtracts from the sums over cells in each component of the level's faces a part that is as their voxels, so that
   * they add up to 0. */
  void
  RemoveMeansOfCells(std::size_t number, float * sums)
  {
    if (number == 0)
    {
      this->RemoveMeans(sums);
      return;
    }
    const Level & level = m_Levels[number];
    if (m_LabelledLevel != number)
    {
      this->LabelCells(number);
    }
    const float * const voxels = level.voxels.begin();
    std::vector<double> means(m_ComponentVoxels.size(), 0.0);
    for (std::size_t i = 0; i < level.cells; ++i)
    {
      means[m_Labels[i]] += static_cast<double>(sums[i]);
    }
    for (std::size_t c = 0; c < means.size(); ++c)
    {
      means[c] /= std::max(1.0, m_LabelVoxels[c]);
    }
    for (std::size_t i = 0; i < level.cells; ++i)
    {
      sums[i] -= static_cast<float>(means[m_Labels[i]]) * voxels[i];
    }
  }

  /** Of the cells of a level: components that have voxels in one cell are one. */
  void
  LabelCells(std::size_t number)
  {
    const Level &                  finest = m_Levels.front();
    const Level &                  level = m_Levels[number];
    std::array<unsigned int, Axes> shift{};
    for (std::size_t finer = 0; finer < number; ++finer)
    {
      for (unsigned int axis = 0; axis < Axes; ++axis)
      {
        shift[axis] += m_Levels[finer].isCoarsened[axis] ? 1 : 0;
      }
    }
    std::vector<std::size_t> parent(m_ComponentVoxels.size());
    std::iota(parent.begin(), parent.end(), std::size_t{ 0 });
    constexpr auto none = std::numeric_limits<std::size_t>::max();
    m_Labels.assign(level.cells, none);
    for (const Run & run : m_Runs)
    {
      for (auto i = run.begin; i < run.end; ++i)
      {
        std::size_t cell = 0;
        for (unsigned int axis = 0; axis < Axes; ++axis)
        {
          cell += (i / finest.stride[axis] % finest.size[axis] >> shift[axis]) * level.stride[axis];
        }
        auto & label = m_Labels[cell];
        label = label == none ? run.component : label;
        const auto one = RootOf(parent, label);
        const auto other = RootOf(parent, run.component);
        parent[std::max(one, other)] = std::min(one, other);
      }
    }
    m_LabelVoxels.assign(parent.size(), 0.0);
    for (std::size_t i = 0; i < level.cells; ++i)
    {
      m_Labels[i] = m_Labels[i] == none ? 0 : RootOf(parent, m_Labels[i]);
      m_LabelVoxels[m_Labels[i]] += static_cast<double>(level.voxels.begin()[i]);
    }
    m_LabelledLevel = number;
  }

  /** A damped Jacobi step on u of the finest level for scale f = (scale + A) A u, by the diagonals of both factors. */
  void
  SmoothBent(const float * f, float scale)
  {
    Level & finest = m_Levels.front();
    m_Screening = 0.0F;
    this->Sweep(finest, Step::Apply, finest.u.begin(), nullptr, finest.other.begin());
    m_Screening = scale;
    this->Sweep(finest, Step::Apply, finest.other.begin(), nullptr, finest.f.begin());
    float * const residual = finest.f.begin();
    ForEachBlock(finest.cells,
                 [=](std::size_t begin, std::size_t end)
                 {
                   for (auto i = begin; i < end; ++i)
                   {
                     residual[i] = scale * f[i] - residual[i];
                   }
                 });
    this->Sweep(finest, Step::First, nullptr, finest.f.begin(), finest.other.begin(), FactorDamping);
    m_Screening = 0.0F;
    this->Sweep(finest, Step::First, nullptr, finest.other.begin(), finest.f.begin(), FactorDamping);
    AddScaled(finest.u.begin(), 1.0F, finest.f.begin(), finest.cells);
  }

  /** Conjugate gradients on one level, from a guess and its residual in f, which is used up. */
  Summary
  Iterate(std::size_t number, Buffer & guess, double tolerance, unsigned int maximumNumberOfCycles)
  {
    Level &           level = m_Levels[number];
    const std::size_t cells = level.cells;
    Buffer            direction(level);
    Summary           summary;
    double            start = 0.0;
    double            previous = 1.0;
    while (summary.cycles < maximumNumberOfCycles)
    {
      this->Cycle(number);
      ++summary.cycles;
      const double product = Dot(level.f.begin(), level.u.begin(), cells);
      start = summary.cycles == 1 ? product : start;
      if (!(product > 0.0))
      {
        summary.reduction = 0.0;
        break;
      }
      summary.reduction = std::sqrt(product / start);
      if (summary.reduction <= tolerance)
      {
        break;
      }
      const auto beta = static_cast<float>(summary.cycles == 1 ? 0.0 : product / previous);
      previous = product;
      ForEachBlock(cells,
                   [&](std::size_t begin, std::size_t end)
                   {
                     for (auto i = begin; i < end; ++i)
                     {
                       direction.begin()[i] = level.u.begin()[i] + beta * direction.begin()[i];
                     }
                   });
      this->Sweep(level, Step::Apply, direction.begin(), nullptr, level.other.begin());
      const double curvature = Dot(direction.begin(), level.other.begin(), cells);
      if (!(curvature > 0.0))
      {
        break;
      }
      const auto length = static_cast<float>(product / curvature);
      AddScaled(guess.begin(), length, direction.begin(), cells);
      AddScaled(level.f.begin(), -length, level.other.begin(), cells);
      if (!(m_Screening > 0.0F))
      {
        this->RemoveMeansOfCells(number, level.f.begin()); // rounding would let the kernel's part grow
      }
    }
    return summary;
  }

  enum class Step
  {
    First,    ///< damping f / diagonal: the Jacobi step from 0
    Jacobi,   ///< u + damping (f - A u) / diagonal
    Residual, ///< f - A u
    Apply     ///< A u
  };

  struct SweepTask
  {
    const Level * level;
    Step          step;
    const float * u;
    const float * f;
    float *       result;
    float         screening;
    float         damping;
  };

  struct SweepKernel
  {
    template <int VWidth>
    [[gnu::always_inline]] static inline void
    Run(const SweepTask * task, std::size_t begin, std::size_t end)
    {
      constexpr std::size_t strip = 512; // in the first-level cache
      float                 diagonal[strip];
      float                 product[strip];
      const Level &         level = *task->level;
      for (auto first = begin; first < end; first += strip)
      {
        const auto    count = std::min(strip, end - first);
        const float * u = task->u == nullptr ? nullptr : task->u + first;
        const float * f = task->f == nullptr ? nullptr : task->f + first;
        const float * voxels = level.voxels.begin() + first;
        float *       result = task->result + first;
        for (std::size_t i = 0; i < count; ++i)
        {
          diagonal[i] = 0.0F;
          product[i] = 0.0F;
        }
        if (task->screening > 0.0F)
        {
          for (std::size_t i = 0; i < count; ++i)
          {
            diagonal[i] = task->screening * voxels[i];
            product[i] = u == nullptr ? 0.0F : diagonal[i] * u[i];
          }
        }
        for (const auto axis : level.axes)
        {
          const auto    stride = static_cast<std::ptrdiff_t>(level.stride[axis]);
          const float * above = level.faces[axis].begin() + first;
          const float * below = above - stride;
          for (std::size_t i = 0; i < count; ++i)
          {
            diagonal[i] += below[i] + above[i];
          }
          if (u != nullptr)
          {
            const float * next = u + stride;
            const float * last = u - stride;
            for (std::size_t i = 0; i < count; ++i)
            {
              product[i] += below[i] * (u[i] - last[i]) + above[i] * (u[i] - next[i]);
            }
          }
        }
        const float damping = task->damping;
        switch (task->step)
        {
          case Step::First:
            for (std::size_t i = 0; i < count; ++i)
            {
              const float step = damping * f[i] / (diagonal[i] > 0.0F ? diagonal[i] : 1.0F);
              result[i] = diagonal[i] > 0.0F ? step : 0.0F;
            }
            break;
          case Step::Jacobi:
            for (std::size_t i = 0; i < count; ++i)
            {
              const float step = damping * (f[i] - product[i]) / (diagonal[i] > 0.0F ? diagonal[i] : 1.0F);
              result[i] = diagonal[i] > 0.0F ? u[i] + step : 0.0F;
            }
            break;
          case Step::Residual:
            for (std::size_t i = 0; i < count; ++i)
            {
              result[i] = f[i] - product[i];
            }
            break;
          case Step::Apply:
            std::copy_n(product, count, result);
            break;
        }
      }
    }
  };

  void
  Sweep(const Level & level, Step step, const float * u, const float * f, float * result, float damping = 1.0F) const
  {
    const SweepTask task{ &level, step, u, f, result, m_Screening, damping };
    const auto      set = BestInstructionSet();
    ForEachBlock(level.cells,
                 [&](std::size_t begin, std::size_t end) { RunWith<SweepKernel>(set, &task, begin, end); });
  }

  /** One V-cycle: from f to u. */
  void
  Cycle(std::size_t number)
  {
    Level & level = m_Levels[number];
    if (number + 1 == m_Levels.size()) // no face is open
    {
      this->Sweep(level, Step::First, nullptr, level.f.begin(), level.u.begin());
      return;
    }
    this->Sweep(level, Step::First, nullptr, level.f.begin(), level.other.begin(), Damping[0]);
    this->Sweep(level, Step::Jacobi, level.other.begin(), level.f.begin(), level.u.begin(), Damping[1]);
    this->Sweep(level, Step::Residual, level.u.begin(), level.f.begin(), level.other.begin());
    this->Restrict(level, m_Levels[number + 1]);
    this->Cycle(number + 1);
    this->Prolong(m_Levels[number + 1], level);
    this->Sweep(level, Step::Jacobi, level.u.begin(), level.f.begin(), level.other.begin(), Damping[0]);
    this->Sweep(level, Step::Jacobi, level.other.begin(), level.f.begin(), level.u.begin(), Damping[1]);
  }

  /** Calls f(first cell of a coarse row, children) for every coarse row in any order; children(g) calls g(first cell of
   * a fine row, second) for every fine row in it, second[axis] telling whether it is the second of its pair. */
  template <typename TFunction>
  static void
  ForEachCoarseRow(const Level & fine, const Level & coarse, TFunction && f)
  {
    const auto rows = static_cast<std::int64_t>(coarse.cells / coarse.size[0]);
#pragma omp parallel for schedule(dynamic, 16) if (fine.cells > SmallestShared * BlockLength)
    for (std::int64_t row = 0; row < rows; ++row)
    {
      const auto                    begin = static_cast<std::size_t>(row) * coarse.size[0];
      std::array<std::size_t, Axes> first{};
      std::array<std::size_t, Axes> count{ { 1, 1, 1, 1 } };
      for (unsigned int axis = 1; axis < Axes; ++axis)
      {
        const auto place = begin / coarse.stride[axis] % coarse.size[axis];
        first[axis] = fine.isCoarsened[axis] ? 2 * place : place;
        count[axis] = fine.isCoarsened[axis] ? std::min<std::size_t>(2, fine.size[axis] - first[axis]) : 1;
      }
      f(begin,
        [&](auto && g)
        {
          std::array<std::size_t, Axes> second{};
          for (second[3] = 0; second[3] < count[3]; ++second[3])
          {
            for (second[2] = 0; second[2] < count[2]; ++second[2])
            {
              for (second[1] = 0; second[1] < count[1]; ++second[1])
              {
                std::size_t cell = 0;
                for (unsigned int axis = 1; axis < Axes; ++axis)
                {
                  cell += (first[axis] + second[axis]) * fine.stride[axis];
                }
                g(cell, second);
              }
            }
          }
        });
    }
  }

  /** f of the coarse level from the residual in `other` of the fine one: the transpose of Prolong(). */
  static void
  Restrict(Level & fine, Level & coarse)
  {
    float * const     sums = coarse.other.begin();
    const std::size_t length = coarse.size[0];
    ForEachCoarseRow(fine,
                     coarse,
                     [&](std::size_t begin, auto && children)
                     {
                       std::fill_n(sums + begin, length, 0.0F);
                       for (unsigned int axis = 0; axis < Axes; ++axis)
                       {
                         if (fine.isCoarsened[axis])
                         {
                           std::fill_n(coarse.halves[axis].begin() + begin, length, 0.0F);
                         }
                       }
                       children(
                         [&](std::size_t cell, const std::array<std::size_t, Axes> & second)
                         {
                           const float * from = fine.other.begin() + cell;
                           for (std::size_t x = 0; x < length; ++x)
                           {
                             float pair = 0.0F;
                             if (fine.isCoarsened[0])
                             {
                               pair = from[2 * x] + (2 * x + 1 < fine.size[0] ? from[2 * x + 1] : 0.0F);
                               coarse.halves[0].begin()[begin + x] += from[2 * x];
                             }
                             else
                             {
                               pair = from[x];
                             }
                             sums[begin + x] += pair;
                             for (unsigned int axis = 1; axis < Axes; ++axis)
                             {
                               if (fine.isCoarsened[axis] && second[axis] == 0)
                               {
                                 coarse.halves[axis].begin()[begin + x] += pair;
                               }
                             }
                           }
                         });
                     });
    ForEachBlock(coarse.cells,
                 [&](std::size_t begin, std::size_t end)
                 {
                   float * const result = coarse.f.begin();
                   std::copy(sums + begin, sums + end, result + begin);
                   for (unsigned int axis = 0; axis < Axes; ++axis)
                   {
                     if (!fine.isCoarsened[axis])
                     {
                       continue;
                     }
                     const auto          stride = static_cast<std::ptrdiff_t>(coarse.stride[axis]);
                     const float * const faces = coarse.faces[axis].begin();
                     const float * const halves = coarse.halves[axis].begin();
                     for (auto i = static_cast<std::ptrdiff_t>(begin); i < static_cast<std::ptrdiff_t>(end); ++i)
                     {
                       const float above = halves[i + stride] - (sums[i] - halves[i]);
                       const float below = (sums[i - stride] - halves[i - stride]) - halves[i];
                       result[i] +=
                         0.25F * ((faces[i] > 0.0F ? above : 0.0F) + (faces[i - stride] > 0.0F ? below : 0.0F));
                     }
                   }
                 });
  }

  /** Adds to u of the fine level that of the coarse one: a quarter of the way towards the neighbours behind open faces,
   * where the centres of fine cells lie. */
  static void
  Prolong(const Level & coarse, Level & fine)
  {
    const std::size_t length = coarse.size[0];
    ForEachCoarseRow(fine,
                     coarse,
                     [&](std::size_t begin, auto && children)
                     {
                       const float * const u = coarse.u.begin() + begin;
                       const auto          towards = [&](unsigned int axis, bool above, std::size_t x)
                       {
                         const auto    stride = static_cast<std::ptrdiff_t>(coarse.stride[axis]);
                         const float * faces = coarse.faces[axis].begin() + begin - (above ? 0 : stride);
                         const float   step = 0.25F * ((above ? u + stride : u - stride)[x] - u[x]);
                         return faces[x] > 0.0F ? step : 0.0F;
                       };
                       children(
                         [&](std::size_t cell, const std::array<std::size_t, Axes> & second)
                         {
                           constexpr std::size_t strip = 512;
                           float                 sum[strip];
                           float * const         to = fine.u.begin() + cell;
                           for (std::size_t first = 0; first < length; first += strip)
                           {
                             const auto count = std::min(strip, length - first);
                             std::copy_n(u + first, count, sum);
                             for (unsigned int axis = 1; axis < Axes; ++axis)
                             {
                               if (fine.isCoarsened[axis])
                               {
                                 for (std::size_t x = 0; x < count; ++x)
                                 {
                                   sum[x] += towards(axis, second[axis] == 1, first + x);
                                 }
                               }
                             }
                             for (std::size_t x = first; x < first + count; ++x)
                             {
                               if (!fine.isCoarsened[0])
                               {
                                 to[x] += sum[x - first];
                                 continue;
                               }
                               to[2 * x] += sum[x - first] + towards(0, false, x);
                               if (2 * x + 1 < fine.size[0])
                               {
                                 to[2 * x + 1] += sum[x - first] + towards(0, true, x);
                               }
                             }
                           }
                         });
                     });
  }

  void
  MakeFinest(const PoissonGrid & grid, const unsigned char * inside)
  {
    m_Levels.emplace_back();
    Level & level = m_Levels.back();
    level.size = grid.size;
    for (unsigned int axis = 0; axis < Axes; ++axis)
    {
      if (grid.IsConnected(axis))
      {
        level.weight[axis] = grid.weight[axis];
        level.axes.push_back(axis);
      }
    }
    level.Allocate();
    ForEachBlock(level.cells,
                 [&](std::size_t begin, std::size_t end)
                 {
                   for (auto i = begin; i < end; ++i)
                   {
                     level.voxels.begin()[i] = inside[i] != 0 ? 1.0F : 0.0F;
                   }
                   for (const auto axis : level.axes)
                   {
                     const auto    stride = level.stride[axis];
                     const auto    weight = static_cast<float>(level.weight[axis]);
                     float * const faces = level.faces[axis].begin();
                     const auto    last = std::min(end, level.cells - stride);
                     for (auto i = begin; i < last; ++i)
                     {
                       faces[i] = inside[i] != 0 && inside[i + stride] != 0 ? weight : 0.0F;
                     }
                   }
                 });
    for (const auto axis : level.axes) // what follows the last cell along an axis is no neighbour
    {
      const auto stride = level.stride[axis];
      for (auto end = stride * level.size[axis]; end <= level.cells; end += stride * level.size[axis])
      {
        std::fill_n(level.faces[axis].begin() + (end - stride), stride, 0.0F);
      }
    }
  }

  /** Adds a coarser level; false where none can be. */
  bool
  Coarsen()
  {
    Level   coarse;
    Level & fine = m_Levels.back();
    double  strongest = 0.0;
    for (const auto axis : fine.axes)
    {
      strongest = std::max(strongest, fine.size[axis] > 1 ? fine.weight[axis] : 0.0);
    }
    if (strongest == 0.0)
    {
      return false;
    }
    coarse.size = fine.size;
    coarse.weight = fine.weight;
    coarse.axes = fine.axes;
    for (const auto axis : fine.axes)
    {
      if (fine.size[axis] > 1 && 2.0 * fine.weight[axis] >= strongest)
      {
        fine.isCoarsened[axis] = true;
        coarse.size[axis] = (fine.size[axis] + 1) / 2;
        coarse.weight[axis] = 0.25 * fine.weight[axis];
      }
    }
    coarse.Allocate();
    for (const auto axis : fine.axes)
    {
      if (fine.isCoarsened[axis])
      {
        coarse.halves[axis] = Buffer(coarse);
      }
    }
    ForEachCoarseRow(fine,
                     coarse,
                     [&](std::size_t begin, auto && children)
                     {
                       children(
                         [&](std::size_t cell, const std::array<std::size_t, Axes> & second)
                         {
                           for (std::size_t x = 0; x < fine.size[0]; ++x)
                           {
                             const std::size_t to = begin + (fine.isCoarsened[0] ? x / 2 : x);
                             coarse.voxels.begin()[to] += fine.voxels.begin()[cell + x];
                             for (const auto axis : fine.axes)
                             {
                               const float weight = fine.faces[axis].begin()[cell + x];
                               if (!fine.isCoarsened[axis])
                               {
                                 coarse.faces[axis].begin()[to] += weight;
                               }
                               else if ((axis == 0 ? x % 2 : second[axis]) == 1)
                               {
                                 coarse.faces[axis].begin()[to] += 0.5F * weight; // over twice the distance
                               }
                             }
                           }
                         });
                     });
    m_Levels.push_back(std::move(coarse));
    return true;
  }

  void
  KeepInside(float * values) const
  {
    const float * const voxels = m_Levels.front().voxels.begin();
    ForEachBlock(m_Levels.front().cells,
                 [&](std::size_t begin, std::size_t end)
                 {
                   for (auto i = begin; i < end; ++i)
                   {
                     values[i] = voxels[i] > 0.0F ? values[i] : 0.0F;
                   }
                 });
  }

  /** Of the set that `member` belongs to: the first one. */
  static std::size_t
  RootOf(std::vector<std::size_t> & parent, std::size_t member)
  {
    while (parent[member] != member)
    {
      parent[member] = parent[parent[member]];
      member = parent[member];
    }
    return member;
  }

  /** Connected components, from runs along x. */
  void
  FindComponents(const PoissonGrid & grid, const unsigned char * inside)
  {
    std::vector<std::size_t> firstOfRow;
    std::vector<std::size_t> parent;
    const auto               length = grid.size[0];
    const auto               rows = grid.NumberOfVoxels() / length;
    for (std::size_t row = 0; row < rows; ++row)
    {
      firstOfRow.push_back(m_Runs.size());
      for (std::size_t x = 0; x < length; ++x)
      {
        if (inside[row * length + x] == 0)
        {
          continue;
        }
        const auto begin = x;
        while (x < length && inside[row * length + x] != 0 && (x == begin || grid.IsConnected(0)))
        {
          ++x;
        }
        parent.push_back(m_Runs.size());
        m_Runs.push_back({ row * length + begin, row * length + x, 0 });
        x -= grid.IsConnected(0) ? 0 : 1;
      }
      for (unsigned int axis = 1; axis < Axes; ++axis)
      {
        const auto before = grid.Stride(axis) / length; // rows
        if (!grid.IsConnected(axis) || row / before % grid.size[axis] == 0)
        {
          continue;
        }
        auto       a = firstOfRow[row - before];
        const auto end = firstOfRow[row - before + 1];
        auto       b = firstOfRow[row];
        const auto shift = before * length;
        while (a < end && b < m_Runs.size())
        {
          if (m_Runs[a].begin + shift < m_Runs[b].end && m_Runs[b].begin < m_Runs[a].end + shift)
          {
            const auto rootA = RootOf(parent, a);
            const auto rootB = RootOf(parent, b);
            parent[std::max(rootA, rootB)] = std::min(rootA, rootB);
          }
          ++(m_Runs[a].end + shift < m_Runs[b].end ? a : b);
        }
      }
    }
    for (std::size_t run = 0; run < m_Runs.size(); ++run)
    {
      const auto first = RootOf(parent, run); // a root precedes its members
      if (first == run)
      {
        m_Runs[run].component = m_ComponentVoxels.size();
        m_ComponentVoxels.push_back(0);
      }
      m_Runs[run].component = m_Runs[first].component;
      m_ComponentVoxels[m_Runs[run].component] += m_Runs[run].end - m_Runs[run].begin;
    }
  }

  std::vector<Level>       m_Levels; ///< the finest first
  std::vector<Run>         m_Runs;
  std::vector<std::size_t> m_ComponentVoxels;
  std::size_t              m_LabelledLevel = 0;
  std::vector<std::size_t> m_Labels;      ///< component of each cell of the labelled level
  std::vector<double>      m_LabelVoxels; ///< in each
  float                    m_Screening = 0.0F;
};
} // namespace itk

#endif
