#pragma once

#include <cstddef>
#include <vector>

namespace isolux
{
/** The smallest of models: logistic regression with a ridge on standardised features. */
struct IntensityModel
{
  static constexpr std::size_t Folds = 10;
  static constexpr double      Ridge = 1.0; ///< minimised: sum of log losses + Ridge / 2 * |slopes|^2

  std::vector<double> centre;
  std::vector<double> scale; ///< 0 of a feature with one value: it is disregarded
  std::vector<double> slopes;
  double              intercept = 0.0;

  /** Log odds; above 0: positive. */
  double
  operator()(const std::vector<double> & features) const;
};

/** Both sides get the same total weight, so that 0 divides them however many there are of each.
 * `uses` are the examples to learn from, of both sides. */
IntensityModel
LearnIntensityModel(const std::vector<std::vector<double>> & features,
                    const std::vector<bool> &                isPositive,
                    const std::vector<std::size_t> &         uses);

/** The fold of each example: those of one person share one; persons of each side are spread evenly. */
std::vector<std::size_t>
FoldsByPerson(const std::vector<std::size_t> & persons, const std::vector<bool> & isPositive);

/** Log odds of each example by the model that learned from the other folds; NaN where those have one side only. */
std::vector<double>
CrossValidatedScores(const std::vector<std::vector<double>> & features,
                     const std::vector<bool> &                isPositive,
                     const std::vector<std::size_t> &         persons);
} // namespace isolux
