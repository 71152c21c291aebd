#include "Chart.h"
#include "Format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

using namespace isolux;

TEST(Density, HasAnAreaOfOneAndTheMeanOfThePercentiles)
{
  IntensitySummary summary;
  for (std::size_t percentile = 0; percentile <= 100; ++percentile)
  {
    const double share = static_cast<double>(percentile) / 100.0;
    summary.percentiles[percentile] = 50.0 + 400.0 * share * share;
  }
  constexpr unsigned int points = 4001;
  const double           low = -200.0;
  const double           step = 1000.0 / (points - 1);
  const auto             density = DensityFromPercentiles(summary, low, low + 1000.0, points);
  double                 area = 0.0;
  double                 mean = 0.0;
  for (unsigned int point = 0; point < points; ++point)
  {
    area += density[point] * step;
    mean += density[point] * step * (low + point * step);
  }
  EXPECT_NEAR(area, 1.0, 1e-6);                     // sum in place of the integral
  EXPECT_NEAR(mean, 50.0 + 400.0 / 3.0, 0.0100001); // between percentiles straight lines, not the parabola
}

TEST(Density, OfOneRepeatedValueIsAFinitePeakThere)
{
  IntensitySummary summary;
  summary.percentiles.fill(3.0);
  const auto density = DensityFromPercentiles(summary, 0.0, 6.0, 61);
  EXPECT_TRUE(std::isfinite(density[30]));
  for (const double value : density)
  {
    EXPECT_LE(value, density[30]);
  }
}

TEST(Chart, TicksAreRoundNumbersInsideTheAxis)
{
  Chart chart;
  chart.low = -2.3;
  chart.high = 3.1;
  chart.curves.push_back({ "", "after", false, { 0.0, 1.0, 0.0 } });
  const std::string svg = RenderChart(chart);
  for (const char * tick : { ">-2<", ">-1<", ">0<", ">1<", ">2<", ">3<" })
  {
    EXPECT_NE(svg.find(tick), std::string::npos) << tick;
  }
  EXPECT_EQ(svg.find(">-3<"), std::string::npos);
  EXPECT_EQ(svg.find(">4<"), std::string::npos);
}

TEST(Format, NumbersHaveFourDigitsAndNoExponentBelowTenMillion)
{
  EXPECT_EQ(FormatNumber(0.0123456), "0.01235");
  EXPECT_EQ(FormatNumber(-1234.56), "-1235");
  EXPECT_EQ(FormatNumber(123456.7), "123457");
  EXPECT_EQ(FormatNumber(std::numeric_limits<double>::quiet_NaN()), "–");
  EXPECT_EQ(FormatFixed(2.345, 1), "2.3");
  EXPECT_EQ(FormatCount(1234567), "1\u202f234\u202f567");
  EXPECT_EQ(FormatCount(123), "123");
}
