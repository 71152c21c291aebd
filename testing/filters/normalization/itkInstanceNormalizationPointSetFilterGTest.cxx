#include "itkInstanceNormalizationPointSetFilter.h"

#include "itkPointSetMomentsSink.h"

#include "FilterTest.h"
#include "Golden.h"

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

using Moments = std::vector<itk::MeanAndVariance>;
template <unsigned int VDimension>
using Points = itk::PointSet<double, VDimension>;

template <typename TPointSet>
typename TPointSet::Pointer
SetOf(const std::vector<double> & attributes)
{
  const auto set = TPointSet::New();
  for (std::size_t i = 0; i < attributes.size(); ++i)
  {
    typename TPointSet::PointType point;
    point.Fill(static_cast<float>(i * i));
    set->SetPoint(i, point);
    set->SetPointData(i, attributes[i]);
  }
  return set;
}

template <typename TPointSet>
std::vector<typename TPointSet::PixelType>
AttributesOf(const TPointSet * set)
{
  std::vector<typename TPointSet::PixelType> attributes;
  for (auto datum = set->GetPointData()->Begin(); datum != set->GetPointData()->End(); ++datum)
  {
    attributes.push_back(datum.Value());
  }
  return attributes;
}

template <typename TPointSet>
typename itk::InstanceNormalizationPointSetFilter<TPointSet>::Pointer
FilterOf(const TPointSet * set, const Moments & moments)
{
  const auto filter = itk::InstanceNormalizationPointSetFilter<TPointSet>::New();
  filter->SetInput(set);
  filter->SetMoments({ moments });
  return filter;
}

template <typename TPointSet>
Moments
MomentsOf(const TPointSet * set)
{
  const auto sink = itk::PointSetMomentsSink<TPointSet>::New();
  sink->SetInput(set);
  sink->Update();
  return sink->GetMoments().components;
}

template <typename TPointSet>
std::vector<typename TPointSet::PixelType>
Normalized(const TPointSet * set, double epsilon = 1e-5)
{
  const auto filter = FilterOf(set, MomentsOf(set));
  filter->SetEpsilon(epsilon);
  filter->Update();
  return AttributesOf(filter->GetOutput());
}

/** Thicknesses, mm: uneven, none alike. */
std::vector<double>
Thicknesses(std::size_t count)
{
  Random              random(4);
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return random.Normal(2.5, 0.6); });
  return values;
}

template <typename T>
class PointSetNormalization : public ::testing::Test
{
};
using Sets = ::testing::Types<Points<2>, Points<3>, Points<4>, itk::Mesh<double, 3>>;
TYPED_TEST_SUITE(PointSetNormalization, Sets);
} // namespace

TYPED_TEST(PointSetNormalization, GivesTheAttributesMeanZeroAndDeviationOne)
{
  const auto   set = SetOf<TypeParam>(Thicknesses(300));
  const auto   values = Normalized(set.GetPointer(), 0.0);
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / 300.0;
  const double squares = std::inner_product(values.begin(), values.end(), values.begin(), 0.0) / 300.0;
  EXPECT_NEAR(mean, 0.0, 1e-14); // roundings of 300 sums of about 1
  EXPECT_NEAR(squares, 1.0, 1e-13);
}

TYPED_TEST(PointSetNormalization, IsInvariantToGainAndOffsetAndTurnsWithTheSign)
{
  auto       attributes = Thicknesses(100);
  const auto expected = Normalized(SetOf<TypeParam>(attributes).GetPointer(), 0.0);
  for (const double gain : { 250.0, -3.0 })
  {
    auto changed = attributes;
    for (double & value : changed)
    {
      value = gain * value + 70.0;
    }
    const auto actual = Normalized(SetOf<TypeParam>(changed).GetPointer(), 0.0);
    for (std::size_t i = 0; i < actual.size(); ++i)
    {
      ASSERT_NEAR(actual[i], gain > 0 ? expected[i] : -expected[i], 1e-13) << i; // roundings of 70 / 3 deviations
    }
  }
}

TYPED_TEST(PointSetNormalization, IsTheFormulaWithGammaBetaAndEpsilon)
{
  const auto set = SetOf<TypeParam>({ 3.0, 7.0, -5.0 });
  const auto filter = FilterOf(set.GetPointer(), { { 2.0, 7.0, 0 } });
  filter->SetGamma(10.0);
  filter->SetBeta(100.0);
  filter->SetEpsilon(9.0);
  filter->Update();
  EXPECT_EQ(AttributesOf(filter->GetOutput()), (std::vector<double>{ 102.5, 112.5, 82.5 }));
}

TYPED_TEST(PointSetNormalization, IsUndoneByItsInverse)
{
  const auto attributes = Thicknesses(100);
  const auto set = SetOf<TypeParam>(attributes);
  const auto moments = MomentsOf(set.GetPointer());
  const auto filter = FilterOf(set.GetPointer(), moments);
  filter->SetGamma(-3.0);
  filter->SetBeta(100.0);
  const auto inverse = FilterOf(filter->GetOutput(), moments);
  inverse->SetGamma(-3.0);
  inverse->SetBeta(100.0);
  inverse->InverseOn();
  inverse->Update();
  const auto back = AttributesOf(inverse->GetOutput());
  for (std::size_t i = 0; i < back.size(); ++i)
  {
    ASSERT_NEAR(back[i], attributes[i], 1e-14) << i; // the ulp of 100, 1.4e-14, times 0.6 / 3, each way
  }
}

TYPED_TEST(PointSetNormalization, OfAttributesThatAreAlikeIsBetaAndItsInverseTheMean)
{
  for (const std::size_t count : { 1U, 20U })
  {
    const auto set = SetOf<TypeParam>(std::vector<double>(count, 0.1));
    const auto filter = FilterOf(set.GetPointer(), MomentsOf(set.GetPointer()));
    filter->SetBeta(7.0);
    filter->SetEpsilon(0.0);
    filter->Update();
    EXPECT_EQ(AttributesOf(filter->GetOutput()), std::vector<double>(count, 7.0));
    const auto inverse = FilterOf(filter->GetOutput(), MomentsOf(set.GetPointer()));
    inverse->SetBeta(7.0);
    inverse->InverseOn();
    inverse->Update();
    EXPECT_EQ(AttributesOf(inverse->GetOutput()), std::vector<double>(count, 0.1));
  }
}

TYPED_TEST(PointSetNormalization, LetsWhatIsNotFinitePassAndKeepsTheOthersClean)
{
  const auto set = SetOf<TypeParam>({ NaN, 1.0, Infinity, 3.0, -Infinity });
  const auto values = Normalized(set.GetPointer(), 0.0);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], -1.0);
  EXPECT_EQ(values[2], Infinity);
  EXPECT_EQ(values[3], 1.0);
  EXPECT_EQ(values[4], -Infinity);
}

TYPED_TEST(PointSetNormalization, WithMomentsOfNothingIsBeta)
{
  const auto set = SetOf<TypeParam>({ NaN, NaN });
  EXPECT_TRUE(std::isnan(Normalized(set.GetPointer())[0]));
  const auto filter = FilterOf(SetOf<TypeParam>({ 1.0, 2.0 }).GetPointer(), { { NaN, NaN, 0 } });
  filter->SetBeta(5.0);
  filter->Update();
  EXPECT_EQ(AttributesOf(filter->GetOutput()), (std::vector<double>{ 5.0, 5.0 }));
}

TYPED_TEST(PointSetNormalization, OfAnEmptySetIsAnEmptySet)
{
  const auto set = TypeParam::New();
  const auto sink = itk::PointSetMomentsSink<TypeParam>::New();
  sink->SetInput(set);
  const auto filter = itk::InstanceNormalizationPointSetFilter<TypeParam>::New();
  filter->SetInput(set);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  filter->Update();
  EXPECT_EQ(filter->GetOutput()->GetNumberOfPoints(), 0U);
}

TYPED_TEST(PointSetNormalization, LearnsAndAppliesInOneUpdateAndLeavesItsInputAlone)
{
  const auto attributes = Thicknesses(50);
  const auto set = SetOf<TypeParam>(attributes);
  const auto sink = itk::PointSetMomentsSink<TypeParam>::New();
  sink->SetInput(set);
  const auto filter = itk::InstanceNormalizationPointSetFilter<TypeParam>::New();
  filter->SetInput(set);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  filter->Update();
  EXPECT_TRUE(SameBits(AttributesOf(filter->GetOutput()), Normalized(set.GetPointer())));
  EXPECT_TRUE(SameBits(AttributesOf(set.GetPointer()), attributes));
  EXPECT_EQ(filter->GetOutput()->GetPoints(), set->GetPoints());
  // and again after a change upstream
  set->SetPointData(0, 99.0);
  set->Modified();
  filter->Update();
  EXPECT_TRUE(SameBits(AttributesOf(filter->GetOutput()), Normalized(set.GetPointer())));
}

TEST(PointSetNormalizationOfAMesh, KeepsIdentifiersCellsCellDataAndBoundaries)
{
  using Mesh = itk::Mesh<float, 3, itk::DefaultDynamicMeshTraits<float, 3>>;
  const auto mesh = Mesh::New();
  for (const itk::IdentifierType identifier : { 4U, 9U, 70U })
  {
    Mesh::PointType point;
    point.Fill(static_cast<float>(identifier));
    mesh->SetPoint(identifier, point);
    mesh->SetPointData(identifier, static_cast<float>(identifier));
  }
  Mesh::CellAutoPointer cell;
  cell.TakeOwnership(new itk::TriangleCell<Mesh::CellType>);
  const itk::IdentifierType corners[] = { 4, 9, 70 };
  cell->SetPointIds(corners);
  mesh->SetCell(12, cell);
  mesh->SetCellData(12, 0.5F);
  const auto filter = FilterOf(mesh.GetPointer(), MomentsOf(mesh.GetPointer()));
  filter->Update();
  const auto output = filter->GetOutput();
  EXPECT_EQ(output->GetPoints(), mesh->GetPoints());
  EXPECT_EQ(output->GetCells(), mesh->GetCells());
  EXPECT_EQ(output->GetCellData()->ElementAt(12), 0.5F);
  EXPECT_EQ(output->GetPointData()->Size(), 3U);
  EXPECT_EQ(mesh->GetPointData()->ElementAt(70), 70.0F);
  const double mean = 83.0 / 3.0;
  const double deviation = std::sqrt((16.0 + 81.0 + 4900.0) / 3.0 - mean * mean + 1e-5);
  for (const float identifier : { 4.0F, 9.0F, 70.0F })
  {
    EXPECT_FLOAT_EQ(output->GetPointData()->ElementAt(static_cast<itk::IdentifierType>(identifier)),
                    static_cast<float>((identifier - mean) / deviation));
  }
}

TEST(PointSetNormalizationOfVectors, TreatsEachComponentByItself)
{
  using Vectors = itk::PointSet<itk::VariableLengthVector<float>, 2>;
  const auto set = Vectors::New();
  for (itk::IdentifierType i = 0; i < 2; ++i)
  {
    itk::VariableLengthVector<float> value(3);
    value[0] = i == 0 ? 1.0F : 3.0F;
    value[1] = i == 0 ? 60.0F : 20.0F;
    value[2] = i == 0 ? 5.0F : float(NaN);
    set->SetPointData(i, value);
  }
  const auto values = Normalized(set.GetPointer(), 0.0);
  EXPECT_EQ(values[0][0], -1.0F);
  EXPECT_EQ(values[1][0], 1.0F);
  EXPECT_EQ(values[0][1], 1.0F);
  EXPECT_EQ(values[1][1], -1.0F);
  EXPECT_EQ(values[0][2], 0.0F);
  EXPECT_TRUE(std::isnan(values[1][2]));
  EXPECT_EQ(set->GetPointData()->ElementAt(0)[1], 60.0F);
}

TEST(PointSetNormalizationOfVectors, OfWeightedPointsIsTorchsToSixDigits)
{
  const auto golden = GoldenCase("point_set_weighted");
  const auto input = GoldenData(golden, "input");
  const auto output = GoldenData(golden, "output");
  using Vectors = itk::PointSet<itk::Vector<double, 3>, 3>;
  const auto set = Vectors::New();
  for (std::size_t i = 0; i < input.size() / 3; ++i)
  {
    set->SetPointData(i, itk::Vector<double, 3>(&input[3 * i]));
  }
  const auto sink = itk::PointSetMomentsSink<Vectors>::New();
  sink->SetInput(set);
  sink->SetWeights(GoldenData(golden, "weights"));
  const auto filter = itk::InstanceNormalizationPointSetFilter<Vectors>::New();
  filter->SetInput(set);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  filter->SetEpsilon(golden.at("eps").get<double>());
  filter->Update();
  const auto values = AttributesOf(filter->GetOutput());
  for (std::size_t i = 0; i < output.size(); ++i)
  {
    ASSERT_NEAR(values[i / 3][static_cast<unsigned int>(i % 3)], output[i], 1e-6 * std::abs(output[i])) << i;
  }
}

TEST(PointSetNormalizationErrors, NameTheParameterAndItsValue)
{
  const auto set = SetOf<Points<3>>({ 1.0, 2.0 });
  const auto expectMessage = [&](auto && change, const char * text)
  {
    const auto filter = FilterOf(set.GetPointer(), { { 1.0, 2.0, 0 } });
    change(filter);
    const auto message = MessageOf([&] { filter->Update(); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  expectMessage([](auto & filter) { filter->SetEpsilon(-0.5); }, "Epsilon must be >= 0 (squared attribute), got -0.5.");
  expectMessage([](auto & filter) { filter->SetEpsilon(NaN); }, "Epsilon must be >= 0");
  expectMessage(
    [](auto & filter)
    {
      filter->InverseOn();
      filter->SetGamma(0.0);
    },
    "Inverse needs a Gamma that is not 0.");
  expectMessage([](auto & filter) { filter->SetMoments({ Moments(3) }); },
                "Moments must be one for each component: there are 3, the attribute of point 0 has 1.");
  const auto filter = itk::InstanceNormalizationPointSetFilter<Points<3>>::New();
  filter->SetInput(set);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Moments"), std::string::npos);
}
