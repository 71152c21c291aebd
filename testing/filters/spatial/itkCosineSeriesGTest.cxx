#include "itkCosineSeries.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::CosineSeries;

CosineSeries
Example()
{
  CosineSeries series;
  series.box = { 40.0, 24.0 };
  series.terms = { { 3, 0, 0.2 }, { 0, 0, 1.0 }, { 1, 2, -0.4 }, { 1, 0, 0.3 }, { 0, 5, 0.1 } }; // in no order
  return series;
}

double
Direct(const CosineSeries & series, double x, double y)
{
  double value = 0.0;
  for (const auto & term : series.terms)
  {
    value += term.coefficient * std::cos(M_PI * term.x * (x + 0.5) / series.box[0]) *
             std::cos(M_PI * term.y * (y + 0.5) / series.box[1]);
  }
  return value;
}
} // namespace

TEST(CosineSeries, RowsHoldTheSumOfTheCosines)
{
  const auto                          series = Example();
  const itk::CosineSeriesRowEvaluator evaluator(series, 5, 33);
  std::vector<double>                 row(33, -7.0);
  for (std::size_t y = 0; y < 24; ++y)
  {
    evaluator(y, row.data());
    for (std::size_t i = 0; i < row.size(); ++i)
    {
      // Five terms of magnitude 1 at most, in double.
      ASSERT_NEAR(row[i], Direct(series, static_cast<double>(i + 5), static_cast<double>(y)), 1e-14) << i << ' ' << y;
    }
  }
}

TEST(CosineSeries, APieceOfARowHasTheBitsOfTheWholeRow)
{
  const auto          series = Example();
  std::vector<double> whole(37);
  itk::CosineSeriesRowEvaluator(series, 0, 37)(11, whole.data());
  for (const std::size_t first : { 0U, 1U, 7U, 30U })
  {
    for (const std::size_t length : { 1U, 3U, 7U })
    {
      std::vector<double> piece(length);
      itk::CosineSeriesRowEvaluator(series, first, length)(11, piece.data());
      EXPECT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
    }
  }
}

TEST(CosineSeries, TheMeanIsThatOfThePixelsAlsoWhereTheyEndBeforeTheBox)
{
  const auto series = Example();
  for (const std::size_t width : { 40U, 33U })
  {
    double mean = 0.0;
    for (std::size_t y = 0; y < 23; ++y)
    {
      for (std::size_t x = 0; x < width; ++x)
      {
        mean += Direct(series, static_cast<double>(x), static_cast<double>(y)) / static_cast<double>(23 * width);
      }
    }
    EXPECT_NEAR(series.Mean(width, 23), mean, 1e-13); // rounding of a thousand additions
  }
  EXPECT_NEAR(series.Mean(40, 24), 1.0, 1e-13); // over the box only the constant is left
}

TEST(CosineSeries, WithoutTermsIsZeroAndScaledByAFactorIsThatMultiple)
{
  std::vector<double> row(5, 3.0);
  itk::CosineSeriesRowEvaluator(CosineSeries{}, 0, 5)(2, row.data());
  EXPECT_EQ(row, std::vector<double>(5, 0.0));
  EXPECT_EQ(CosineSeries{}.Mean(5, 4), 0.0);
  auto series = Example();
  series.Scale(2.0);
  EXPECT_NEAR(Direct(series, 3.0, 4.0), 2.0 * Direct(Example(), 3.0, 4.0), 1e-14);
  EXPECT_FALSE(series == Example());
}
