#pragma once

#include "FilterTest.h"

#include "itkBoxPoisson.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace isolux::testing
{
/** (screening + A) u as the definition has it, in double; `inside` empty: the whole box. */
inline std::vector<double>
ApplyPoisson(const itk::PoissonGrid &           grid,
             const std::vector<unsigned char> & inside,
             const std::vector<double> &        u,
             double                             screening = 0.0)
{
  const auto          isInside = [&](std::size_t i) { return inside.empty() || inside[i] != 0; };
  std::vector<double> result(u.size(), 0.0);
  for (std::size_t i = 0; i < u.size(); ++i)
  {
    if (!isInside(i))
    {
      continue;
    }
    result[i] = screening * u[i];
    for (unsigned int axis = 0; axis < 4; ++axis)
    {
      const auto stride = grid.Stride(axis);
      const auto place = i / stride % grid.size[axis];
      if (place > 0 && isInside(i - stride))
      {
        result[i] += grid.weight[axis] * (u[i] - u[i - stride]);
      }
      if (place + 1 < grid.size[axis] && isInside(i + stride))
      {
        result[i] += grid.weight[axis] * (u[i] - u[i + stride]);
      }
    }
  }
  return result;
}

/** Which connected component of the mask a voxel belongs to; -1 outside. By flooding. */
inline std::vector<int>
ComponentsOf(const itk::PoissonGrid & grid, const std::vector<unsigned char> & inside)
{
  std::vector<int> component(inside.size(), -1);
  int              count = 0;
  for (std::size_t seed = 0; seed < inside.size(); ++seed)
  {
    if (inside[seed] == 0 || component[seed] >= 0)
    {
      continue;
    }
    std::vector<std::size_t> front{ seed };
    component[seed] = count;
    while (!front.empty())
    {
      const auto i = front.back();
      front.pop_back();
      for (unsigned int axis = 0; axis < 4; ++axis)
      {
        const auto stride = grid.Stride(axis);
        const auto place = i / stride % grid.size[axis];
        const auto visit = [&](std::size_t to)
        {
          if (grid.weight[axis] > 0.0 && inside[to] != 0 && component[to] < 0)
          {
            component[to] = count;
            front.push_back(to);
          }
        };
        if (place > 0)
        {
          visit(i - stride);
        }
        if (place + 1 < grid.size[axis])
        {
          visit(i + stride);
        }
      }
    }
    ++count;
  }
  return component;
}

/** Subtracts the mean of each component. */
inline void
RemoveMeans(const std::vector<int> & component, std::vector<double> & values)
{
  std::vector<double> sum(values.size(), 0.0);
  std::vector<double> count(values.size(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (component[i] >= 0)
    {
      sum[static_cast<std::size_t>(component[i])] += values[i];
      count[static_cast<std::size_t>(component[i])] += 1.0;
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (component[i] >= 0)
    {
      values[i] -= sum[static_cast<std::size_t>(component[i])] / count[static_cast<std::size_t>(component[i])];
    }
  }
}

/** (screening + A) u = f by Gaussian elimination; without screening what f holds of each component's mean is left out,
 * and u has mean 0 in each. */
inline std::vector<double>
SolveDense(const itk::PoissonGrid &           grid,
           const std::vector<unsigned char> & inside,
           std::vector<double>                f,
           double                             screening = 0.0)
{
  const auto component = ComponentsOf(grid, inside);
  if (screening == 0.0)
  {
    RemoveMeans(component, f);
  }
  std::vector<std::size_t> place;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    if (inside[i] != 0)
    {
      place.push_back(i);
    }
  }
  const auto                       n = place.size();
  std::vector<std::vector<double>> rows(n, std::vector<double>(n + 1, 0.0));
  for (std::size_t k = 0; k < n; ++k)
  {
    std::vector<double> unit(inside.size(), 0.0);
    unit[place[k]] = 1.0;
    const auto column = ApplyPoisson(grid, inside, unit, screening);
    for (std::size_t j = 0; j < n; ++j)
    {
      // without screening the projection on each component's constant is added: the solution of mean 0 is left
      const double kernel = screening == 0.0 && component[place[j]] == component[place[k]] ? 1.0 : 0.0;
      rows[j][k] = column[place[j]] + kernel;
    }
    rows[k][n] = f[place[k]];
  }
  for (std::size_t pivot = 0; pivot < n; ++pivot) // positive definite: needs no exchange of rows
  {
    for (std::size_t j = pivot + 1; j < n; ++j)
    {
      const double factor = rows[j][pivot] / rows[pivot][pivot];
      for (std::size_t k = pivot; factor != 0.0 && k <= n; ++k)
      {
        rows[j][k] -= factor * rows[pivot][k];
      }
    }
  }
  std::vector<double> u(inside.size(), 0.0);
  for (std::size_t j = n; j-- > 0;)
  {
    double sum = rows[j][n];
    for (std::size_t k = j + 1; k < n; ++k)
    {
      sum -= rows[j][k] * u[place[k]];
    }
    u[place[j]] = sum / rows[j][j];
  }
  return u;
}

inline std::vector<float>
ToFloat(const std::vector<double> & values)
{
  return { values.begin(), values.end() };
}
} // namespace isolux::testing
