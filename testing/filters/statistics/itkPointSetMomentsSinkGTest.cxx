#include "itkPointSetMomentsSink.h"

#include "FilterTest.h"

#include "itkDefaultDynamicMeshTraits.h"
#include "itkMesh.h"
#include "itkTriangleCell.h"
#include "itkVariableLengthVector.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace
{
using namespace isolux::testing;
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double Infinity = std::numeric_limits<double>::infinity();

template <unsigned int VDimension>
using Points = itk::PointSet<double, VDimension>;

struct Sample
{
  std::vector<double> position; ///< as many axes as the set has are used
  double              attribute;
};

template <typename TPointSet>
typename TPointSet::Pointer
SetOf(const std::vector<Sample> & samples)
{
  const auto set = TPointSet::New();
  for (std::size_t i = 0; i < samples.size(); ++i)
  {
    typename TPointSet::PointType point;
    for (unsigned int axis = 0; axis < TPointSet::PointDimension; ++axis)
    {
      point[axis] = static_cast<float>(samples[i].position[axis]);
    }
    set->SetPoint(i, point);
    set->SetPointData(i, samples[i].attribute);
  }
  return set;
}

/** Attributes that depend on the place, with a small spread on a large offset. */
std::vector<Sample>
Samples(std::size_t count)
{
  Random              random(11);
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i)
  {
    Sample sample;
    for (int axis = 0; axis < 4; ++axis)
    {
      sample.position.push_back(random.Uniform(-40.0, 60.0));
    }
    sample.attribute = 1000.0 + 0.1 * sample.position[0] + random.Normal(0.0, 1.0);
    samples.push_back(sample);
  }
  return samples;
}

using Moments = std::vector<itk::MeanAndVariance>;

template <typename TPointSet>
Moments
MomentsOf(const TPointSet *           set,
          itk::PointWeighting         weighting = itk::PointWeighting::Equal,
          const std::vector<double> & weights = {},
          double                      radius = 0.0)
{
  const auto sink = itk::PointSetMomentsSink<TPointSet>::New();
  sink->SetInput(set);
  sink->SetWeighting(weighting);
  sink->SetDensityRadius(radius);
  if (!weights.empty())
  {
    sink->SetWeights(weights);
  }
  sink->Update();
  return sink->GetMoments().components;
}

template <typename T>
class PointSetMoments : public ::testing::Test
{
};
using Sets = ::testing::Types<Points<2>, Points<3>, Points<4>>;
TYPED_TEST_SUITE(PointSetMoments, Sets);
} // namespace

TYPED_TEST(PointSetMoments, AreTheWeightedMeanAndTheBiasedWeightedVariance)
{
  const auto          samples = Samples(500);
  std::vector<double> weights;
  Random              random(5);
  double              mass = 0.0;
  double              mean = 0.0;
  double              variance = 0.0;
  for (const auto & sample : samples)
  {
    weights.push_back(random.Uniform(0.1, 3.0));
    mass += weights.back();
    mean += weights.back() * sample.attribute;
  }
  mean /= mass;
  for (std::size_t i = 0; i < samples.size(); ++i)
  {
    variance += weights[i] * (samples[i].attribute - mean) * (samples[i].attribute - mean) / mass;
  }
  const auto moments = MomentsOf(SetOf<TypeParam>(samples).GetPointer(), itk::PointWeighting::Equal, weights);
  ASSERT_EQ(moments.size(), 1U);
  EXPECT_EQ(moments[0].count, 500U);
  EXPECT_NEAR(moments[0].mean, mean, 1e-14 * mean * 500); // the naive sums here round 500 times
  EXPECT_NEAR(moments[0].variance, variance, 1e-11 * variance);
}

TYPED_TEST(PointSetMoments, HaveTheSameBitsForAnyOrderOfThePoints)
{
  auto   samples = Samples(5000);
  Random random(2);
  for (std::size_t i = 0; i < 2000; ++i) // some more than once
  {
    samples.push_back(samples[random.Bits() % 1000]);
  }
  const auto check = [&](itk::PointWeighting weighting, double radius)
  {
    const auto first = MomentsOf(SetOf<TypeParam>(samples).GetPointer(), weighting, {}, radius);
    auto       shuffled = samples;
    random.Shuffle(shuffled);
    const auto second = MomentsOf(SetOf<TypeParam>(shuffled).GetPointer(), weighting, {}, radius);
    EXPECT_TRUE(SameBits(first[0].mean, second[0].mean));
    EXPECT_TRUE(SameBits(first[0].variance, second[0].variance));
  };
  check(itk::PointWeighting::Equal, 0.0);
  check(itk::PointWeighting::Density, 0.0);
  check(itk::PointWeighting::Density, 5.0);
}

TYPED_TEST(PointSetMoments, WithDensityAreInvariantToNonUniformDuplicationAndWithoutAreNot)
{
  const auto samples = Samples(800);
  auto       duplicated = samples;
  for (const auto & sample : samples) // up to five more in one corner, none in the other
  {
    const int copies = static_cast<int>(std::max(0.0, (sample.position[0] - 10.0) / 10.0));
    duplicated.insert(duplicated.end(), static_cast<std::size_t>(copies), sample);
  }
  ASSERT_GT(duplicated.size(), 1500U);
  const auto once = SetOf<TypeParam>(samples);
  const auto often = SetOf<TypeParam>(duplicated);
  const auto plain = MomentsOf(once.GetPointer())[0];
  for (const double radius : { 0.0, 10.0 })
  {
    const auto expected = MomentsOf(once.GetPointer(), itk::PointWeighting::Density, {}, radius)[0];
    const auto actual = MomentsOf(often.GetPointer(), itk::PointWeighting::Density, {}, radius)[0];
    EXPECT_NEAR(actual.mean, expected.mean, 1e-15 * expected.mean);             // 3 (1/3) is not quite 1
    EXPECT_NEAR(actual.variance, expected.variance, 1e-12 * expected.variance); // of a mean that is 300 deviations
  }
  EXPECT_EQ(MomentsOf(once.GetPointer(), itk::PointWeighting::Density)[0].mean, plain.mean); // no two alike: all 1
  EXPECT_GT(std::abs(MomentsOf(often.GetPointer())[0].mean - plain.mean), 0.3 * std::sqrt(plain.variance));
}

TYPED_TEST(PointSetMoments, AreInvariantToUniformDuplicationWithoutWeights)
{
  const auto samples = Samples(300);
  auto       thrice = samples;
  thrice.insert(thrice.end(), samples.begin(), samples.end());
  thrice.insert(thrice.end(), samples.begin(), samples.end());
  const auto expected = MomentsOf(SetOf<TypeParam>(samples).GetPointer())[0];
  const auto actual = MomentsOf(SetOf<TypeParam>(thrice).GetPointer())[0];
  EXPECT_EQ(actual.mean, expected.mean);
  EXPECT_NEAR(actual.variance, expected.variance, 1e-15 * expected.variance * 10);
  EXPECT_EQ(actual.count, 3 * expected.count);
}

TYPED_TEST(PointSetMoments, WithARadiusGiveDenselySampledRegionsTheWeightOfSparseOnes)
{
  // Two squares of equal size, attributes 0 and 10; the second is sampled 25 times as densely by distinct points.
  std::vector<Sample> samples;
  for (int i = 0; i < 6; ++i)
  {
    for (int j = 0; j < 6; ++j)
    {
      samples.push_back({ { i * 5.0, j * 5.0, 0.0, 0.0 }, 0.0 });
    }
  }
  for (int i = 0; i < 26; ++i)
  {
    for (int j = 0; j < 26; ++j)
    {
      samples.push_back({ { 100.0 + i, j * 1.0, 0.0, 0.0 }, 10.0 });
    }
  }
  const auto set = SetOf<TypeParam>(samples);
  EXPECT_GT(MomentsOf(set.GetPointer())[0].mean, 9.4);
  const double mean = MomentsOf(set.GetPointer(), itk::PointWeighting::Density, {}, 11.0)[0].mean;
  EXPECT_NEAR(mean, 5.0, 1.0); // the rims weigh differently: their discs lie partly outside
}

TYPED_TEST(PointSetMoments, DoNotDependOnTheScaleOfTheWeightsAndLeavePointsOfWeightZeroOut)
{
  auto                samples = Samples(50);
  std::vector<double> weights(samples.size(), 1.0);
  samples[7].attribute = 1e9;
  weights[7] = 0.0;
  const auto set = SetOf<TypeParam>(samples);
  const auto moments = MomentsOf(set.GetPointer(), itk::PointWeighting::Equal, weights)[0];
  EXPECT_LT(moments.mean, 1100.0);
  EXPECT_EQ(moments.count, 49U);
  for (double & weight : weights)
  {
    weight *= 4096.0;
  }
  const auto scaled = MomentsOf(set.GetPointer(), itk::PointWeighting::Equal, weights)[0];
  EXPECT_EQ(scaled.mean, moments.mean);
  EXPECT_EQ(scaled.variance, moments.variance);
  const auto none = MomentsOf(set.GetPointer(), itk::PointWeighting::Equal, std::vector<double>(50, 0.0))[0];
  EXPECT_TRUE(std::isnan(none.mean) && std::isnan(none.variance));
  EXPECT_EQ(none.count, 0U);
}

TYPED_TEST(PointSetMoments, OfAttributesThatAreAlikeHaveVarianceZeroWhateverTheWeights)
{
  auto                samples = Samples(100);
  std::vector<double> weights;
  Random              random(8);
  for (auto & sample : samples)
  {
    sample.attribute = 0.1;
    weights.push_back(random.Uniform(0.0, 1.0));
  }
  samples[3].attribute = NaN;
  const auto moments = MomentsOf(SetOf<TypeParam>(samples).GetPointer(), itk::PointWeighting::Equal, weights)[0];
  EXPECT_EQ(moments.mean, 0.1);
  EXPECT_EQ(moments.variance, 0.0);
}

TYPED_TEST(PointSetMoments, OfAnEmptySetAreNone)
{
  EXPECT_TRUE(MomentsOf(TypeParam::New().GetPointer()).empty());
  EXPECT_TRUE(MomentsOf(TypeParam::New().GetPointer(), itk::PointWeighting::Density).empty());
}

TYPED_TEST(PointSetMoments, AreLearnedAnewWhenTheWeightsChangeAndOnlyThen)
{
  const auto set = SetOf<TypeParam>(Samples(3));
  const auto sink = itk::PointSetMomentsSink<TypeParam>::New();
  sink->SetInput(set);
  sink->SetWeights({ 1.0, 0.0, 0.0 });
  sink->Update();
  EXPECT_EQ(sink->GetMoments().components[0].mean, set->GetPointData()->ElementAt(0));
  const auto before = sink->GetMomentsOutput()->GetMTime();
  sink->Update();
  EXPECT_EQ(sink->GetMomentsOutput()->GetMTime(), before);
  sink->SetWeights({ 0.0, 0.0, 5.0 });
  sink->Update();
  EXPECT_EQ(sink->GetMoments().components[0].mean, set->GetPointData()->ElementAt(2));
}

TEST(PointSetMomentsOfVectors, SkipAComponentThatIsNotFiniteAndCountThePointsOthers)
{
  using Vectors = itk::PointSet<itk::Vector<float, 2>, 3>;
  const auto  set = Vectors::New();
  const float values[][2] = { { 1.0F, 10.0F }, { float(NaN), 20.0F }, { 3.0F, float(Infinity) }, { 5.0F, 60.0F } };
  for (itk::IdentifierType i = 0; i < 4; ++i)
  {
    set->SetPoint(i, Vectors::PointType());
    set->SetPointData(i, itk::Vector<float, 2>(values[i]));
  }
  const auto moments = MomentsOf(set.GetPointer());
  ASSERT_EQ(moments.size(), 2U);
  EXPECT_EQ(moments[0].mean, 3.0);
  EXPECT_EQ(moments[0].count, 3U);
  EXPECT_EQ(moments[1].mean, 30.0);
  EXPECT_NEAR(moments[1].variance, (400.0 + 100.0 + 900.0) / 3.0, 1e-12);
}

TEST(PointSetMomentsOfVectors, OfVariableLengthNeedTheSameLengthEverywhere)
{
  using Vectors = itk::PointSet<itk::VariableLengthVector<double>, 3>;
  const auto set = Vectors::New();
  for (itk::IdentifierType i = 0; i < 3; ++i)
  {
    itk::VariableLengthVector<double> value(3);
    value.Fill(static_cast<double>(i * i));
    set->SetPointData(i, value);
  }
  const auto moments = MomentsOf(set.GetPointer());
  ASSERT_EQ(moments.size(), 3U);
  EXPECT_NEAR(moments[2].mean, 5.0 / 3.0, 1e-15);
  set->GetPointData()->ElementAt(1).SetSize(2);
  set->GetPointData()->ElementAt(1).Fill(0.0);
  EXPECT_NE(MessageOf([&] { MomentsOf(set.GetPointer()); })
              .find("All attributes must have as many components as the first, 3; that of point 1 has 2."),
            std::string::npos);
}

TEST(PointSetMomentsOfAMesh, WeighByAreaWhereASurfaceIsCutFinerThere)
{
  // A square of two triangles beside one of 2 x 20 x 20: attribute 0 on the first, 1 on the second.
  using Mesh = itk::Mesh<double, 3>;
  const auto mesh = Mesh::New();
  const auto addGrid = [&](double left, unsigned int pieces, double attribute)
  {
    const auto first = mesh->GetNumberOfPoints();
    const auto columns = pieces + 1;
    for (itk::IdentifierType i = 0; i < columns * columns; ++i)
    {
      Mesh::PointType point;
      point[0] = static_cast<float>(left + 10.0 * static_cast<double>(i % columns) / pieces);
      point[1] = static_cast<float>(10.0 * static_cast<double>(i / columns) / pieces);
      point[2] = 3.0F;
      mesh->SetPoint(first + i, point);
      mesh->SetPointData(first + i, attribute);
    }
    for (unsigned int row = 0; row < pieces; ++row)
    {
      for (unsigned int column = 0; column < pieces; ++column)
      {
        const auto corner = first + row * columns + column;
        for (const auto & corners :
             { std::array<itk::IdentifierType, 3>{ corner, corner + 1, corner + columns },
               std::array<itk::IdentifierType, 3>{ corner + 1, corner + columns + 1, corner + columns } })
        {
          Mesh::CellAutoPointer cell;
          cell.TakeOwnership(new itk::TriangleCell<Mesh::CellType>);
          cell->SetPointIds(corners.data());
          mesh->SetCell(mesh->GetNumberOfCells(), cell);
        }
      }
    }
  };
  addGrid(0.0, 1, 0.0);
  addGrid(20.0, 20, 1.0);
  EXPECT_GT(MomentsOf(mesh.GetPointer())[0].mean, 0.99);
  const auto moments = MomentsOf(mesh.GetPointer(), itk::PointWeighting::Area)[0];
  EXPECT_NEAR(moments.mean, 0.5, 1e-6); // coordinates are float
  EXPECT_NEAR(moments.variance, 0.25, 1e-6);
  // Weights multiply: without the second square only zeros are left
  std::vector<double> weights(mesh->GetNumberOfPoints(), 0.0);
  std::fill_n(weights.begin(), 4, 1.0);
  EXPECT_EQ(MomentsOf(mesh.GetPointer(), itk::PointWeighting::Area, weights)[0].mean, 0.0);
}

TEST(PointSetMomentsOfAMesh, WithIdentifiersThatHaveGapsFindEachAttributesPoint)
{
  using Mesh = itk::Mesh<double, 3, itk::DefaultDynamicMeshTraits<double, 3>>;
  const auto mesh = Mesh::New();
  for (const itk::IdentifierType identifier : { 5U, 17U, 18U, 30U })
  {
    Mesh::PointType point;
    point.Fill(identifier > 17 ? 1.0F : static_cast<float>(identifier));
    mesh->SetPoint(identifier, point);
  }
  mesh->SetPointData(17, 4.0);
  mesh->SetPointData(18, 10.0);
  mesh->SetPointData(30, 10.0);
  EXPECT_NEAR(MomentsOf(mesh.GetPointer(), itk::PointWeighting::Density)[0].mean, 7.0, 1e-15 * 7.0);
  mesh->SetPointData(19, 10.0);
  EXPECT_NE(MessageOf([&] { MomentsOf(mesh.GetPointer(), itk::PointWeighting::Density); }).find("there is no point 19"),
            std::string::npos);
}

TEST(PointSetMomentsErrors, NameTheParameterAndItsValue)
{
  const auto set = SetOf<Points<3>>(Samples(3));
  const auto expectMessage = [&](auto && change, const char * text)
  {
    const auto sink = itk::PointSetMomentsSink<Points<3>>::New();
    sink->SetInput(set);
    change(sink);
    const auto message = MessageOf([&] { sink->Update(); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  using Weights = std::vector<double>;
  expectMessage(
    [](auto & sink) {
      sink->SetWeights(Weights{ 1.0, 2.0 });
    },
    "Weights must be one for each of the 3 attributes, got 2.");
  expectMessage(
    [](auto & sink) {
      sink->SetWeights(Weights{ 1.0, -2.0, 3.0 });
    },
    "Weights must be in [0, 1e60], weight 1 is -2.");
  expectMessage([](auto & sink) { sink->SetWeights(Weights{ 1.0, 2.0, NaN }); }, "weight 2 is nan.");
  expectMessage([](auto & sink) { sink->SetDensityRadius(-1.0); },
                "DensityRadius must be >= 0 (mm) and finite, got -1.");
  expectMessage([](auto & sink) { sink->SetWeighting(itk::PointWeighting::Area); }, "Weighting Area needs a mesh");
}
