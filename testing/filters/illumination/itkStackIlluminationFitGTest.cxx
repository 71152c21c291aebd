#include "itkStackIlluminationFit.h"

#include "StackPhantom.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <limits>

namespace
{
using namespace isolux::testing;
using Fit = itk::StackIlluminationFit;

struct Fitted
{
  bool                positive;
  std::vector<double> flat;
  std::vector<double> dark;
  itk::CosineSeries   flatSeries;
  itk::CosineSeries   darkSeries;
};

std::vector<double>
PlaneOf(const itk::CosineSeries & series, std::size_t width, std::size_t height)
{
  const itk::CosineSeriesRowEvaluator evaluator(series, 0, width);
  std::vector<double>                 plane(width * height);
  for (std::size_t y = 0; y < height; ++y)
  {
    evaluator(y, &plane[y * width]);
  }
  return plane;
}

Fitted
FitOf(const StackPhantom & phantom, std::vector<float> values, const Fit::Parameters & parameters = {})
{
  Fit        fit(phantom.width, phantom.height, std::move(values), parameters);
  const bool positive = fit.Run();
  return { positive,
           PlaneOf(fit.GetFlat(), phantom.width, phantom.height),
           PlaneOf(fit.GetDark(), phantom.width, phantom.height),
           fit.GetFlat(),
           fit.GetDark() };
}

Fitted
FitOf(const StackPhantom & phantom, const Fit::Parameters & parameters = {})
{
  return FitOf(phantom, phantom.values, parameters);
}

Fit::Parameters
WithDark()
{
  Fit::Parameters parameters;
  parameters.darkField = true;
  return parameters;
}
} // namespace

TEST(StackIlluminationFit, CellsOnABackgroundLeaveTheFlatFieldWithin0Point3Percent)
{
  const StackPhantom phantom{ {} };
  EXPECT_GT(phantom.ErrorOf(std::vector<double>(phantom.flat.size(), 1.0)), 0.15);
  const auto fitted = FitOf(phantom);
  ASSERT_TRUE(fitted.positive);
  EXPECT_LT(phantom.ErrorOf(fitted.flat), 0.003); // the mean of the images is 2 % off
  EXPECT_TRUE(fitted.darkSeries.terms.empty());
  EXPECT_LT(fitted.flatSeries.terms.size(), 400U);

  std::vector<double> mean(phantom.flat.size());
  for (std::size_t k = 0; k < phantom.values.size(); ++k)
  {
    mean[k % mean.size()] += static_cast<double>(phantom.values[k]);
  }
  double sum = 0.0;
  for (const double value : mean)
  {
    sum += value;
  }
  for (double & value : mean)
  {
    value *= static_cast<double>(mean.size()) / sum;
  }
  EXPECT_GT(phantom.ErrorOf(mean), 0.02);
}

TEST(StackIlluminationFit, AFewImagesStillLeaveTheFlatFieldWithin1Percent)
{
  StackPhantomOptions options;
  options.images = 6;
  const StackPhantom phantom(options);
  EXPECT_LT(phantom.ErrorOf(FitOf(phantom).flat), 0.01);
}

TEST(StackIlluminationFit, ADarkFieldIsToldFromTheFlatField)
{
  StackPhantomOptions options;
  options.dark = 30.0;
  const StackPhantom phantom(options);
  EXPECT_GT(phantom.ErrorOf(FitOf(phantom).flat), 0.05); // what it costs to leave the dark-field out
  const auto fitted = FitOf(phantom, WithDark());
  ASSERT_TRUE(fitted.positive);
  EXPECT_LT(phantom.ErrorOf(fitted.flat), 0.02);
  EXPECT_LT(phantom.DarkErrorOf(fitted.dark), 0.5 * 30.0); // its part that resembles the flat-field is not known
}

TEST(StackIlluminationFit, WithoutADarkFieldAskingForOneCostsLittle)
{
  const StackPhantom phantom{ {} };
  const auto         fitted = FitOf(phantom, WithDark());
  EXPECT_LT(phantom.ErrorOf(fitted.flat), 0.01);
}

TEST(StackIlluminationFit, SortingHelpsWhereTissueFillsTheImagesAndHarmsWithCellsOnABackground)
{
  StackPhantomOptions options;
  options.tissue = true;
  options.dark = 20.0;
  const StackPhantom tissue(options);
  auto               sorting = WithDark();
  sorting.sortIntensity = true;
  EXPECT_LT(tissue.ErrorOf(FitOf(tissue, sorting).flat), 0.9 * tissue.ErrorOf(FitOf(tissue, WithDark()).flat));
  const StackPhantom cells{ {} };
  sorting.darkField = false;
  EXPECT_GT(cells.ErrorOf(FitOf(cells, sorting).flat), 2.0 * cells.ErrorOf(FitOf(cells).flat));
}

TEST(StackIlluminationFit, ValuesThatAreNotKnownAreFilledByTheFit)
{
  const StackPhantom phantom{ {} };
  auto               values = phantom.values;
  for (std::size_t k = 0; k < values.size(); ++k) // blocks of 8 x 8, a third of them, others in each image
  {
    const std::size_t image = k / phantom.flat.size();
    const std::size_t p = k % phantom.flat.size();
    if (Random(image * 1000 + p % phantom.width / 8 * 100 + p / phantom.width / 8).Uniform(0.0, 1.0) < 0.33)
    {
      values[k] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  for (const bool sorted : { false, true })
  {
    Fit::Parameters parameters;
    parameters.sortIntensity = sorted;
    EXPECT_LT(phantom.ErrorOf(FitOf(phantom, values, parameters).flat), sorted ? 0.03 : 0.006) << sorted;
  }
}

TEST(StackIlluminationFit, MoreSmoothnessLeavesFewerTerms)
{
  const StackPhantom phantom{ {} };
  std::size_t        last = 100000;
  for (const double smoothness : { 0.3, 1.0, 10.0, 100.0 })
  {
    Fit::Parameters parameters;
    parameters.smoothnessFlatField = smoothness;
    const auto terms = FitOf(phantom, parameters).flatSeries.terms.size();
    EXPECT_LT(terms, last) << smoothness;
    last = terms;
  }
}

TEST(StackIlluminationFit, APowerOfTwoAsGainChangesNoBitOfTheFlatFieldAndScalesTheDarkField)
{
  StackPhantomOptions options;
  options.dark = 30.0;
  const StackPhantom phantom(options);
  auto               values = phantom.values;
  for (float & value : values)
  {
    value *= 1024.0F;
  }
  const auto one = FitOf(phantom, WithDark());
  const auto other = FitOf(phantom, values, WithDark());
  EXPECT_TRUE(SameBits(one.flat, other.flat));
  for (std::size_t p = 0; p < one.dark.size(); ++p)
  {
    ASSERT_EQ(1024.0 * one.dark[p], other.dark[p]);
  }
}

TEST(StackIlluminationFit, TheSameBitsForAnyNumberOfThreads)
{
  StackPhantomOptions options;
  options.width = 128;
  options.height = 128;
  options.images = 70; // enough to be shared
  options.cells = 5.0;
  options.dark = 20.0;
  const StackPhantom phantom(options);
  auto               parameters = WithDark();
  parameters.maximumReweightings = 2;
  omp_set_num_threads(1);
  const auto expected = FitOf(phantom, parameters);
  for (const int threads : { 2, 3, 7 })
  {
    omp_set_num_threads(threads);
    const auto fitted = FitOf(phantom, parameters);
    EXPECT_TRUE(fitted.flatSeries == expected.flatSeries) << threads;
    EXPECT_TRUE(fitted.darkSeries == expected.darkSeries) << threads;
  }
  omp_set_num_threads(2);
}

TEST(StackIlluminationFit, WithoutPositiveLightSaysSo)
{
  const StackPhantom phantom{ {} };
  for (const float value : { 0.0F, -3.0F, std::numeric_limits<float>::quiet_NaN() })
  {
    const auto fitted = FitOf(phantom, std::vector<float>(phantom.values.size(), value));
    EXPECT_FALSE(fitted.positive) << value;
    EXPECT_TRUE(fitted.flatSeries.terms.empty()) << value;
  }
  EXPECT_FALSE(FitOf(phantom, std::vector<float>{}).positive);
}

TEST(StackIlluminationFit, ImagesThatAreAllAlikeLeaveNothingForTheDarkField)
{
  StackPhantomOptions options;
  options.images = 5;
  options.spread = 0.0;
  options.cells = 0.0;
  options.noise = 0.0;
  const StackPhantom phantom(options);
  const auto         fitted = FitOf(phantom, WithDark());
  ASSERT_TRUE(fitted.positive);
  EXPECT_LT(phantom.ErrorOf(fitted.flat), 0.004);    // a slope at the border, which no cosine has
  EXPECT_LT(phantom.DarkErrorOf(fitted.dark), 0.01); // of 100
}
