#include "itkSmoothField.h"

#include "FilterTest.h"

#include "itkIndex.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;

/** Over a box of the given extents that does not start at 0; random coefficients of size 1 / (1 + degree). */
SmoothField
MakeField(unsigned int order, const std::vector<unsigned int> & extents, std::uint64_t seed = 30)
{
  const std::array<double, 4> start{ { 5.0, -3.0, 11.0, 2.0 } };
  SmoothField                 field;
  field.order = order;
  for (std::size_t axis = 0; axis < extents.size(); ++axis)
  {
    field.halfExtent[axis] = 0.5 * (extents[axis] - 1.0);
    field.centre[axis] = start[axis] + field.halfExtent[axis];
  }
  Random random(seed);
  for (const auto & term : field.Terms())
  {
    field.coefficients.push_back(random.Uniform(-1.0, 1.0) / (1.0 + term[0] + term[1] + term[2] + term[3]));
  }
  return field;
}

/** Over the same box; an axis with a single control point is left out. */
SmoothField
MakeLattice(const SmoothField::Powers & controlPoints, const std::vector<unsigned int> & extents)
{
  SmoothField field = MakeField(0, extents);
  field.controlPoints = controlPoints;
  std::size_t count = 1;
  for (const unsigned int points : controlPoints)
  {
    count *= points;
  }
  Random random(32);
  field.coefficients.resize(count);
  for (double & coefficient : field.coefficients)
  {
    coefficient = random.Uniform(-1.0, 1.0);
  }
  return field;
}

/** By its support of four spans, centred. */
double
CubicSpline(double x)
{
  const double a = std::abs(x);
  return a < 1.0 ? 2.0 / 3.0 - a * a + 0.5 * a * a * a : a < 2.0 ? std::pow(2.0 - a, 3) / 6.0 : 0.0;
}

/** The class comment's formula, control point by control point. */
template <typename TIndex>
double
SlowLattice(const SmoothField & field, const TIndex & index)
{
  double sum = 0.0;
  for (std::size_t k = 0; k < field.coefficients.size(); ++k)
  {
    double      product = field.coefficients[k];
    std::size_t rest = k;
    for (unsigned int axis = 0; axis < SmoothField::MaximumDimension; ++axis)
    {
      const std::size_t points = field.controlPoints[axis];
      if (points > 1 && axis < TIndex::Dimension)
      {
        const double u = (static_cast<double>(index[axis]) - field.centre[axis]) / field.halfExtent[axis];
        const double v = 0.5 * (std::clamp(u, -1.0, 1.0) + 1.0) * static_cast<double>(points - 3) + 1.0;
        product *= CubicSpline(v - static_cast<double>(rest % points));
      }
      rest /= points;
    }
    sum += product;
  }
  return std::clamp(sum, field.logMinimum, field.logMaximum);
}

/** The class comment's formula, term by term, by the standard library's polynomials. */
template <typename TIndex>
double
SlowLogField(const SmoothField & field, const TIndex & index)
{
  if (field.coefficients.empty())
  {
    return 0.0;
  }
  if (field.IsLattice())
  {
    return SlowLattice(field, index);
  }
  double     sum = 0.0;
  const auto terms = field.Terms();
  for (std::size_t k = 0; k < terms.size(); ++k)
  {
    double product = field.coefficients[k];
    for (unsigned int axis = 0; axis < TIndex::Dimension; ++axis)
    {
      if (field.halfExtent[axis] > 0.0)
      {
        const double u = (static_cast<double>(index[axis]) - field.centre[axis]) / field.halfExtent[axis];
        product *= std::legendre(terms[k][axis], std::clamp(u, -1.0, 1.0));
      }
    }
    sum += product;
  }
  return std::clamp(sum, field.logMinimum, field.logMaximum);
}

template <typename TIndex>
std::vector<double>
Row(const SmoothField & field, const TIndex & index, std::size_t length)
{
  std::vector<double>          row(length);
  itk::SmoothFieldRowEvaluator evaluator(field);
  evaluator(index, index[0], length, row.data());
  return row;
}

template <unsigned int VDimension>
void
ExpectFormula(const SmoothField & field)
{
  Random random(31);
  for (int trial = 0; trial < 20; ++trial)
  {
    itk::Index<VDimension> index;
    for (auto & position : index)
    {
      position = static_cast<long>(random.Bits() % 80) - 30; // inside and outside the box
    }
    index[0] = -20;
    const auto row = Row(field, index, 300); // more than two blocks
    for (std::size_t i = 0; i < row.size(); ++i)
    {
      auto at = index;
      at[0] += static_cast<long>(i);
      // Clenshaw against the three-term recurrence: both lose about order^2 roundings of values near 1. A lattice's
      // polynomials lose as many.
      ASSERT_NEAR(row[i], SlowLogField(field, at), 1e-13) << at;
    }
  }
}

TEST(SmoothField, WithoutCoefficientsIsOneEverywhere)
{
  for (const double value : Row(SmoothField{}, itk::Index<3>{ { -7, 2, 1 } }, 200))
  {
    EXPECT_EQ(value, 0.0);
  }
}

TEST(SmoothField, TermsStartWithTheConstantAndAreAllDegreesUpToTheOrder)
{
  for (unsigned int order = 1; order <= 8; ++order)
  {
    const auto terms = MakeField(order, { 100, 100, 100 }).Terms();
    EXPECT_EQ(terms.front(), (SmoothField::Powers{ { 0, 0, 0, 0 } }));
    EXPECT_EQ(terms.size(), (order + 1) * (order + 2) * (order + 3) / 6); // binomial(order + 3, 3)
    auto unique = terms;
    std::sort(unique.begin(), unique.end());
    EXPECT_EQ(std::unique(unique.begin(), unique.end()), unique.end());
    for (const auto & term : terms)
    {
      EXPECT_LE(term[0] + term[1] + term[2] + term[3], order);
      EXPECT_EQ(term[3], 0u);
    }
  }
}

TEST(SmoothField, AShortAxisTakesDegreesBelowItsVoxelsOnly)
{
  const auto          terms = MakeField(6, { 40, 1, 3, 2 }).Terms();
  SmoothField::Powers highest{};
  for (const auto & term : terms)
  {
    for (std::size_t axis = 0; axis < 4; ++axis)
    {
      highest[axis] = std::max(highest[axis], term[axis]);
    }
  }
  EXPECT_EQ(highest, (SmoothField::Powers{ { 6, 0, 2, 1 } }));
}

TEST(SmoothField, PiecesOfARowHaveTheBitsOfTheWholeRow)
{
  for (unsigned int order = 1; order <= 8; ++order)
  {
    const auto                   field = MakeField(order, { 300, 20, 9 });
    const itk::Index<3>          index{ { -8, 4, 13 } };
    const auto                   whole = Row(field, index, 331);
    itk::SmoothFieldRowEvaluator evaluator(field);
    for (const std::size_t piece : { 1u, 2u, 3u, 7u, 63u, 128u, 129u, 200u })
    {
      std::vector<double> row(whole.size());
      for (std::size_t begin = 0; begin < row.size(); begin += piece)
      {
        evaluator(index, index[0] + static_cast<long>(begin), std::min(piece, row.size() - begin), &row[begin]);
      }
      EXPECT_TRUE(SameBits(row, whole)) << "order " << order << ", pieces of " << piece;
    }
  }
}

TEST(SmoothField, OfOrderOneIsARamp)
{
  SmoothField field;
  field.order = 1;
  field.centre = { { 10.0, 20.0, 0.0, 0.0 } };
  field.halfExtent = { { 10.0, 5.0, 0.0, 0.0 } };
  ASSERT_EQ(field.Terms()[1], (SmoothField::Powers{ { 1, 0, 0, 0 } }));
  field.coefficients = { 0.25, 0.5, -1.0 };
  const auto row = Row(field, itk::Index<2>{ { 0, 22 } }, 21);
  for (std::size_t i = 0; i < row.size(); ++i)
  {
    const double expected = 0.25 + 0.5 * (static_cast<double>(i) - 10.0) / 10.0 - 2.0 / 5.0;
    EXPECT_NEAR(row[i], expected, 4e-16); // a few roundings of values below 1
  }
}

TEST(SmoothField, ContinuesConstantOutsideTheBox)
{
  const auto field = MakeField(5, { 20, 10, 6 });
  const auto before = Row(field, itk::Index<3>{ { -1000, -2, 12 } }, 1006);
  for (const double value : before) // x = 5 is the box's first voxel
  {
    EXPECT_TRUE(SameBits(value, before.back()));
  }
  const auto after = Row(field, itk::Index<3>{ { 24, -2, 12 } }, 500);
  for (const double value : after)
  {
    EXPECT_TRUE(SameBits(value, after.front()));
  }
  EXPECT_TRUE(
    SameBits(Row(field, itk::Index<3>{ { 5, -3, 12 } }, 20), Row(field, itk::Index<3>{ { 5, -90, 12 } }, 20)));
  EXPECT_TRUE(SameBits(Row(field, itk::Index<3>{ { 5, 0, 16 } }, 20), Row(field, itk::Index<3>{ { 5, 0, 999 } }, 20)));
}

TEST(SmoothField, NeverLeavesItsBounds)
{
  auto field = MakeField(4, { 40, 30 });
  field.logMinimum = -0.1;
  field.logMaximum = 0.2;
  double lowest = 1.0;
  double highest = -1.0;
  for (long y = -10; y < 40; ++y)
  {
    for (const double value : Row(field, itk::Index<2>{ { -10, y } }, 70))
    {
      lowest = std::min(lowest, value);
      highest = std::max(highest, value);
    }
  }
  EXPECT_EQ(lowest, -0.1); // reached, so the bounds were at work
  EXPECT_EQ(highest, 0.2);
}

TEST(SmoothField, IsTheLegendreSeriesOfItsFormulaIn2D3DAnd4D)
{
  for (unsigned int order = 1; order <= 8; ++order)
  {
    ExpectFormula<2>(MakeField(order, { 41, 30 }, order));
    ExpectFormula<3>(MakeField(order, { 200, 1, 9 }, order));
    ExpectFormula<3>(MakeField(order, { 1, 17, 3 }, order));
    ExpectFormula<4>(MakeField(order, { 150, 12, 20, 4 }, order));
    auto bounded = MakeField(order, { 41, 30, 20 }, order);
    bounded.logMinimum = -0.3;
    bounded.logMaximum = 0.3;
    ExpectFormula<3>(bounded);
  }
}

TEST(SmoothField, IsTheLatticeOfItsFormulaIn2D3DAnd4D)
{
  ExpectFormula<2>(MakeLattice({ { 4, 7, 1, 1 } }, { 41, 30 }));
  ExpectFormula<3>(MakeLattice({ { 11, 5, 4, 1 } }, { 200, 20, 9 }));
  ExpectFormula<3>(MakeLattice({ { 35, 1, 6, 1 } }, { 200, 1, 9 }));
  ExpectFormula<3>(MakeLattice({ { 1, 9, 4, 1 } }, { 1, 17, 3 })); // a row of one voxel
  ExpectFormula<4>(MakeLattice({ { 6, 5, 4, 4 } }, { 150, 12, 20, 4 }));
  auto bounded = MakeLattice({ { 6, 5, 4, 1 } }, { 41, 30, 20 });
  bounded.logMinimum = -0.1;
  bounded.logMaximum = 0.1;
  ExpectFormula<3>(bounded);
}

TEST(SmoothField, PiecesOfALatticesRowHaveTheBitsOfTheWholeRow)
{
  const auto                   field = MakeLattice({ { 19, 5, 4, 1 } }, { 300, 20, 9 });
  const itk::Index<3>          index{ { -8, 4, 13 } };
  const auto                   whole = Row(field, index, 331);
  itk::SmoothFieldRowEvaluator evaluator(field);
  for (const std::size_t piece : { 1u, 2u, 3u, 7u, 63u, 128u, 129u, 200u })
  {
    std::vector<double> row(whole.size());
    for (std::size_t begin = 0; begin < row.size(); begin += piece)
    {
      evaluator(index, index[0] + static_cast<long>(begin), std::min(piece, row.size() - begin), &row[begin]);
    }
    EXPECT_TRUE(SameBits(row, whole)) << "pieces of " << piece;
  }
}

TEST(SmoothField, ALatticeContinuesConstantOutsideTheBox)
{
  const auto field = MakeLattice({ { 6, 5, 4, 1 } }, { 20, 10, 6 });
  const auto before = Row(field, itk::Index<3>{ { -1000, -2, 12 } }, 1006);
  for (const double value : before) // x = 5 is the box's first voxel
  {
    EXPECT_TRUE(SameBits(value, before.back()));
  }
  EXPECT_TRUE(
    SameBits(Row(field, itk::Index<3>{ { 5, -3, 12 } }, 20), Row(field, itk::Index<3>{ { 5, -90, 12 } }, 20)));
  EXPECT_TRUE(SameBits(Row(field, itk::Index<3>{ { 5, 0, 16 } }, 20), Row(field, itk::Index<3>{ { 5, 0, 999 } }, 20)));
}

TEST(SmoothField, WithEqualControlPointsIsTheirValue)
{
  auto field = MakeLattice({ { 6, 5, 4, 1 } }, { 20, 10, 6 });
  std::fill(field.coefficients.begin(), field.coefficients.end(), 0.75);
  for (const double value : Row(field, itk::Index<3>{ { 3, 1, 13 } }, 40))
  {
    EXPECT_NEAR(value, 0.75, 1e-15); // weights that add up to 1, to rounding
  }
}

TEST(SmoothField, IsConsistentWithTheCoefficientsOfItsBasisOnly)
{
  EXPECT_TRUE(SmoothField{}.IsConsistent());
  auto series = MakeField(3, { 40, 30, 20 });
  EXPECT_TRUE(series.IsConsistent());
  series.order = 2;
  EXPECT_FALSE(series.IsConsistent());
  series.order = SmoothField::MaximumOrder + 1;
  EXPECT_FALSE(series.IsConsistent());
  for (const double extent : { -1.0, std::nan(""), 1e300 })
  {
    auto boxless = MakeField(3, { 40, 30, 20 });
    boxless.halfExtent[0] = extent;
    EXPECT_FALSE(boxless.IsConsistent()) << extent;
  }

  const auto lattice = MakeLattice({ { 6, 5, 1, 1 } }, { 40, 30 });
  EXPECT_TRUE(lattice.IsConsistent());
  for (const SmoothField::Powers & points :
       { SmoothField::Powers{ { 6, 5, 2, 1 } }, { { 6, 0, 1, 1 } }, { { 3, 10, 1, 1 } }, { { 6, 6, 1, 1 } } })
  {
    auto other = lattice;
    other.controlPoints = points;
    EXPECT_FALSE(other.IsConsistent()) << points[0] << ' ' << points[1] << ' ' << points[2];
  }
  auto flat = lattice;
  flat.halfExtent[1] = 0.0; // no box to lay five control points over
  EXPECT_FALSE(flat.IsConsistent());
}

TEST(SmoothField, TheOrderOfASeriesIsNoPartOfALattice)
{
  const auto one = MakeLattice({ { 4, 7, 1, 1 } }, { 41, 30 });
  auto       other = one;
  other.order = one.order + 1;
  EXPECT_TRUE(one == other);
  other.coefficients[3] += 1.0;
  EXPECT_FALSE(one == other);
}

TEST(SmoothField, DiffersWhenAnyPartDiffers)
{
  const auto field = MakeField(2, { 10, 10 });
  auto       other = field;
  EXPECT_TRUE(field == other);
  other.coefficients[1] += 1e-15;
  EXPECT_FALSE(field == other);
  other = field;
  other.logMaximum = 1.0;
  EXPECT_FALSE(field == other);
  other = field;
  other.centre[0] += 1.0;
  EXPECT_FALSE(field == other);
  other = field;
  other.controlPoints = { { 4, 4, 1, 1 } };
  EXPECT_FALSE(field == other);
}
} // namespace
