#include "Images.h"
#include "Table.h"

#include "itkInstanceNormalizationPointSetFilter.h"
#include "itkPointSetMomentsSink.h"

#include "itkPointSet.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;
using itk::PointWeighting;
using PointSet = itk::PointSet<double, 3>;

class Points : public Claim
{
};

struct Located
{
  std::array<double, 3> position; // mm
  double                attribute;
};

/** Voxels of the brain in one slice of ixi013, with their intensities. */
std::vector<Located>
BrainPoints()
{
  const Head           head("ixi013");
  const auto           size = head.image->GetLargestPossibleRegion().GetSize();
  std::vector<Located> points;
  for (std::size_t i = 40 * size[0] * size[1]; i < 41 * size[0] * size[1]; ++i)
  {
    if (head.brain->GetBufferPointer()[i] != 0)
    {
      const std::size_t x = i % size[0];
      const std::size_t y = i / size[0] % size[1];
      points.push_back(
        { { { 2.0 * static_cast<double>(x), 2.0 * static_cast<double>(y), 0.0 } }, head.image->GetBufferPointer()[i] });
    }
  }
  return points;
}

PointSet::Pointer
SetOf(const std::vector<Located> & points)
{
  const auto set = PointSet::New();
  for (std::size_t i = 0; i < points.size(); ++i)
  {
    PointSet::PointType position;
    std::copy(points[i].position.begin(), points[i].position.end(), position.Begin());
    set->SetPoint(i, position);
    set->SetPointData(i, points[i].attribute);
  }
  return set;
}

/** Each point count(point) times; copies after one another. */
template <typename TCount>
std::vector<Located>
Duplicated(const std::vector<Located> & points, TCount && count)
{
  std::vector<Located> duplicated;
  for (const auto & point : points)
  {
    duplicated.insert(duplicated.end(), count(point), point);
  }
  return duplicated;
}

/** Attributes normalized over the set, by position, one for each. */
std::vector<std::pair<std::array<double, 3>, double>>
NormalizedPoints(const std::vector<Located> & points,
                 PointWeighting               weighting = PointWeighting::Equal,
                 double                       radius = 0.0)
{
  const auto set = SetOf(points);
  const auto learner = itk::PointSetMomentsSink<PointSet>::New();
  learner->SetInput(set);
  learner->SetWeighting(weighting);
  learner->SetDensityRadius(radius);
  learner->Update();
  const auto filter = itk::InstanceNormalizationPointSetFilter<PointSet>::New();
  filter->SetInput(set);
  filter->SetMoments(learner->GetMoments());
  filter->Update();
  std::vector<std::pair<std::array<double, 3>, double>> normalized;
  for (std::size_t i = 0; i < points.size(); ++i)
  {
    double value = 0.0;
    filter->GetOutput()->GetPointData(i, &value);
    normalized.emplace_back(points[i].position, value);
  }
  std::sort(normalized.begin(), normalized.end());
  normalized.erase(std::unique(normalized.begin(), normalized.end()), normalized.end());
  return normalized;
}

/** Of the points of `part`, all of which are in `whole`. */
double
LargestChange(const std::vector<std::pair<std::array<double, 3>, double>> & part,
              const std::vector<std::pair<std::array<double, 3>, double>> & whole)
{
  double largest = 0.0;
  for (const auto & [position, value] : part)
  {
    const auto same = std::lower_bound(whole.begin(),
                                       whole.end(),
                                       position,
                                       [](const auto & entry, const auto & wanted) { return entry.first < wanted; });
    largest = std::max(largest, std::abs(value - same->second));
  }
  return largest;
}
} // namespace

TEST_F(Points, OnlyUniformDuplicationIsHarmlessWithoutWeights)
{
  const auto        points = BrainPoints();
  const auto        normalized = NormalizedPoints(points);
  const std::string on = "voxels of a brain's slice (ixi013) as points, intensity as attribute";
  const auto        thrice = Duplicated(points, [](const Located &) { return 3; });
  const auto brightOnes = Duplicated(points, [](const Located & point) { return point.attribute > 1200.0 ? 4 : 1; });

  this->State("IN of a point set is invariant to uniform duplication of points");
  this->Shows(on, "points", static_cast<double>(points.size()));
  this->Holds(
    on + ", each thrice", "largest change", LargestChange(NormalizedPoints(thrice), normalized), RoundingUpTo(1e-12));

  this->State("it is not invariant to non-uniform duplication, and is again with weights");
  this->Holds(on + ", bright ones four times",
              "largest change, all alike",
              LargestChange(NormalizedPoints(brightOnes), normalized),
              AtLeast(0.1));
  this->Holds(on + ", bright ones four times",
              "largest change, weights 1 / density",
              LargestChange(NormalizedPoints(brightOnes, PointWeighting::Density), normalized),
              RoundingUpTo(1e-12));

  // distinct points, four times as dense in the anterior half: no two at one place
  std::vector<Located> uneven;
  std::copy_if(points.begin(),
               points.end(),
               std::back_inserter(uneven),
               [](const Located & point)
               {
                 return point.position[1] > 90.0 ||
                        (std::fmod(point.position[0], 4.0) == 0.0 && std::fmod(point.position[1], 4.0) == 0.0);
               });
  this->State("where points are dense but distinct, weights from their density bring it back in part");
  const double alike = LargestChange(NormalizedPoints(uneven), normalized);
  const double weighted = LargestChange(NormalizedPoints(uneven, PointWeighting::Density, 8.0), normalized);
  this->Shows(on + ", one half sampled four times as densely", "largest change, all alike", alike);
  this->Holds(on + ", one half sampled four times as densely",
              "largest change, weights 1 / density within 8 mm",
              weighted,
              AtMost(0.8 * alike));
}
