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

TEST(Chart, ABandIsClosedAlongItsLowerRim)
{
  Chart chart;
  chart.curves.push_back({ "", "band", false, { 0.5, 1.0 }, { 0.0, 0.5 } });
  EXPECT_NE(RenderChart(chart).find("d=\"M8.0 84.0L472.0 8.0L472.0 84.0L8.0 160.0Z\""), std::string::npos);
}

TEST(Format, ALinkLeavesNothingThatAUrlOrHtmlReadsOtherwise)
{
  EXPECT_EQ(FormatLink("a b/#1?50%<&\"'>.html"), "a%20b/%231%3F50%25%3C%26%22%27%3E.html");
  EXPECT_EQ(FormatLink("../ü_x-1~2.nii.gz"), "../%C3%BC_x-1~2.nii.gz");
}

TEST(Format, JsonCannotEndAScript)
{
  EXPECT_EQ(FormatJson("</script><!--\"\\\n&ü"), "\"\\u003C/script\\u003E\\u003C!--\\u0022\\u005C\\u000A\\u0026ü\"");
  EXPECT_EQ(FormatJson(0.123456), "0.1235");
  EXPECT_EQ(FormatJson(std::numeric_limits<double>::infinity()), "null");
}
