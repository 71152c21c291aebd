#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

/** What tells whether images of two sites have become comparable. NaN where there is nothing to measure. */
namespace isolux::testing
{
/** 2 |A and B| / (|A| + |B|) of the voxels that are given `label` in each; NaN where neither holds it. */
double
Dice(const std::vector<unsigned char> & a, const std::vector<unsigned char> & b, unsigned char label);

/** Wasserstein-1 distance of two empirical distributions, each of weight 1, given in ascending order: the area between
 * their distribution functions. */
double
Wasserstein(const std::vector<float> & a, const std::vector<float> & b);

/** Middle of the shortest interval that holds a third of the values, which are in ascending order. */
double
Peak(const std::vector<float> & sorted);

/** Biased (divided by n). */
double
MeanOf(const std::vector<double> & values);
double
DeviationOf(const std::vector<double> & values);

/** Rank correlation, equal values of mean rank. */
double
Spearman(const std::vector<double> & a, const std::vector<double> & b);

/** Of each image one row of features. */
using Features = std::vector<std::vector<double>>;

/** How well the site can be told, 0.5 to 1 apart from chance: each pair of one image from either site is left out in
 * turn, a linear discriminant with a diagonal covariance is learned on all others, and the share of pairs that it puts
 * in the right order is the area under its curve; equal scores count half. Deviations below `floor` count as `floor`.
 * NaN where a site has less than three images. */
double
SiteAuc(const Features & a, const Features & b, double floor);

/** The most likely of the labels 1, 2, 3 by intensity alone: a Gaussian for each, weighed by how frequent it was. */
class GaussianClassifier
{
public:
  void
  Learn(const std::vector<float> & values, const std::vector<unsigned char> & labels);

  std::vector<unsigned char>
  Classify(const std::vector<float> & values) const;

private:
  struct Moments
  {
    double count = 0.0;
    double mean = 0.0;
    double squares = 0.0;
  };
  std::array<Moments, 4> m_Moments; ///< by label
};
} // namespace isolux::testing
