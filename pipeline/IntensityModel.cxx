#include "IntensityModel.h"

#include <vnl/algo/vnl_cholesky.h>
#include <vnl/vnl_matrix.h>
#include <vnl/vnl_vector.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace isolux
{
namespace
{
/** One row an example: standardised features, then 1 for the intercept. */
struct Problem
{
  vnl_matrix<double> rows;
  vnl_vector<double> sides; ///< 1 or -1
  vnl_vector<double> weights;

  double
  Loss(const vnl_vector<double> & parameters) const
  {
    double loss = 0.0;
    for (unsigned int j = 0; j + 1 < parameters.size(); ++j)
    {
      loss += 0.5 * IntensityModel::Ridge * parameters[j] * parameters[j];
    }
    const auto margins = element_product(rows * parameters, sides);
    for (unsigned int i = 0; i < margins.size(); ++i)
    {
      loss += weights[i] * (std::max(0.0, -margins[i]) + std::log1p(std::exp(-std::abs(margins[i]))));
    }
    return loss;
  }

  vnl_vector<double>
  NewtonStep(const vnl_vector<double> & parameters) const
  {
    const unsigned int count = parameters.size();
    vnl_vector<double> gradient(count, 0.0);
    vnl_matrix<double> hessian(count, count, 0.0);
    for (unsigned int j = 0; j + 1 < count; ++j)
    {
      gradient[j] = IntensityModel::Ridge * parameters[j];
      hessian(j, j) = IntensityModel::Ridge;
    }
    hessian(count - 1, count - 1) = 1e-9; // where all probabilities are 0 or 1
    const auto odds = rows * parameters;
    for (unsigned int i = 0; i < rows.rows(); ++i)
    {
      const double probability = 1.0 / (1.0 + std::exp(-odds[i]));
      const double residual = weights[i] * (probability - (sides[i] > 0.0 ? 1.0 : 0.0));
      const double curvature = weights[i] * probability * (1.0 - probability);
      for (unsigned int j = 0; j < count; ++j)
      {
        gradient[j] += residual * rows(i, j);
        for (unsigned int k = 0; k < count; ++k)
        {
          hessian(j, k) += curvature * rows(i, j) * rows(i, k);
        }
      }
    }
    return vnl_cholesky(hessian).solve(gradient);
  }

  vnl_vector<double>
  Solve() const
  {
    vnl_vector<double> parameters(rows.cols(), 0.0);
    double             loss = this->Loss(parameters);
    for (int iteration = 0; iteration < 100; ++iteration)
    {
      auto       step = this->NewtonStep(parameters);
      const auto norm = step.two_norm();
      double     next = this->Loss(parameters - step);
      for (int halving = 0; halving < 30 && next > loss; ++halving)
      {
        step *= 0.5;
        next = this->Loss(parameters - step);
      }
      if (next > loss || norm < 1e-10)
      {
        break;
      }
      parameters -= step;
      loss = next;
    }
    return parameters;
  }
};
} // namespace

double
IntensityModel::operator()(const std::vector<double> & features) const
{
  double odds = intercept;
  for (std::size_t j = 0; j < slopes.size(); ++j)
  {
    odds += scale[j] > 0.0 ? slopes[j] * (features[j] - centre[j]) / scale[j] : 0.0;
  }
  return odds;
}

IntensityModel
LearnIntensityModel(const std::vector<std::vector<double>> & features,
                    const std::vector<bool> &                isPositive,
                    const std::vector<std::size_t> &         uses)
{
  const std::size_t     count = features.front().size();
  const auto            n = static_cast<double>(uses.size());
  IntensityModel        model;
  std::array<double, 2> sides{};
  for (const auto i : uses)
  {
    sides[isPositive[i] ? 1 : 0] += 1.0;
  }
  model.centre.assign(count, 0.0);
  model.scale.assign(count, 0.0);
  for (std::size_t j = 0; j < count; ++j)
  {
    for (const auto i : uses)
    {
      model.centre[j] += features[i][j] / n;
    }
    for (const auto i : uses)
    {
      model.scale[j] += (features[i][j] - model.centre[j]) * (features[i][j] - model.centre[j]) / n;
    }
    model.scale[j] = std::sqrt(model.scale[j]);
  }
  Problem problem;
  problem.rows.set_size(static_cast<unsigned int>(uses.size()), static_cast<unsigned int>(count + 1));
  problem.rows.fill(1.0);
  problem.sides.set_size(static_cast<unsigned int>(uses.size()));
  problem.weights.set_size(static_cast<unsigned int>(uses.size()));
  for (unsigned int row = 0; row < uses.size(); ++row)
  {
    const auto i = uses[row];
    for (unsigned int j = 0; j < count; ++j)
    {
      problem.rows(row, j) = model.scale[j] > 0.0 ? (features[i][j] - model.centre[j]) / model.scale[j] : 0.0;
    }
    problem.sides[row] = isPositive[i] ? 1.0 : -1.0;
    problem.weights[row] = 0.5 * n / sides[isPositive[i] ? 1 : 0];
  }
  const auto parameters = problem.Solve();
  model.slopes.assign(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(count));
  model.intercept = parameters[static_cast<unsigned int>(count)];
  return model;
}

std::vector<std::size_t>
FoldsByPerson(const std::vector<std::size_t> & persons, const std::vector<bool> & isPositive)
{
  std::map<std::size_t, std::size_t> foldOf;
  std::array<std::size_t, 2>         dealt{ { 0, IntensityModel::Folds / 2 } }; // apart, so that folds are of one size
  std::vector<std::size_t>           folds;
  for (std::size_t i = 0; i < persons.size(); ++i)
  {
    if (foldOf.count(persons[i]) == 0)
    {
      foldOf[persons[i]] = dealt[isPositive[i] ? 1 : 0]++ % IntensityModel::Folds;
    }
    folds.push_back(foldOf[persons[i]]);
  }
  return folds;
}

std::vector<double>
CrossValidatedScores(const std::vector<std::vector<double>> & features,
                     const std::vector<bool> &                isPositive,
                     const std::vector<std::size_t> &         persons)
{
  const auto          folds = FoldsByPerson(persons, isPositive);
  std::vector<double> scores(features.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t fold = 0; fold < IntensityModel::Folds; ++fold)
  {
    std::vector<std::size_t> uses;
    std::array<bool, 2>      has{};
    for (std::size_t i = 0; i < folds.size(); ++i)
    {
      if (folds[i] != fold)
      {
        uses.push_back(i);
        has[isPositive[i] ? 1 : 0] = true;
      }
    }
    if (!has[0] || !has[1])
    {
      continue;
    }
    const auto model = LearnIntensityModel(features, isPositive, uses);
    for (std::size_t i = 0; i < folds.size(); ++i)
    {
      if (folds[i] == fold)
      {
        scores[i] = model(features[i]);
      }
    }
  }
  return scores;
}
} // namespace isolux
