#include "itkLandmarkScale.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using isolux::testing::Random;
using isolux::testing::SameBits;
using itk::LandmarkScale;
using Numbers = std::vector<double>;

Numbers
RandomLandmarks(Random & random, std::size_t count)
{
  Numbers      landmarks;
  const double gain = random.Uniform(0.1, 100.0);
  double       value = random.Uniform(-500.0, 500.0);
  for (std::size_t i = 0; i < count; ++i)
  {
    landmarks.push_back(gain * value);
    value += random.Uniform(0.5, 2.0);
  }
  return landmarks;
}

TEST(LandmarkScale, OfOneCaseIsThatCase)
{
  LandmarkScale scale({ 0.1, 0.5, 0.9 });
  EXPECT_TRUE(scale.Add({ 40.0, 70.0, 120.0 }));
  const auto standard = scale.Standard();
  ASSERT_EQ(standard.size(), 3U);
  EXPECT_EQ(standard.front(), 40.0);
  EXPECT_NEAR(standard[1], 70.0, 1e-13); // rounding of doubles of size 70
  EXPECT_EQ(standard.back(), 120.0);
  EXPECT_EQ(scale.Cases(), 1U);
}

TEST(LandmarkScale, IsTheMeanOfTheCasesEachOverTheCommonRange)
{
  LandmarkScale scale({ 0.0, 0.5, 1.0 });
  scale.Add({ 0.0, 2.0, 10.0 });      // at 0.2 of its range
  scale.Add({ 100.0, 160.0, 200.0 }); // at 0.6
  EXPECT_EQ(scale.Standard(), (Numbers{ 50.0, 50.0 + 55.0 * 0.4, 105.0 }));
  EXPECT_EQ(scale.Standard(0.0, 100.0), (Numbers{ 0.0, 40.0, 100.0 }));
}

TEST(LandmarkScale, TheGainAndOffsetOfACaseMoveOnlyTheRange)
{
  LandmarkScale scale({ 0.0, 0.5, 1.0 });
  LandmarkScale shifted({ 0.0, 0.5, 1.0 });
  scale.Add({ 1.0, 4.0, 9.0 });
  scale.Add({ 2.0, 3.0, 10.0 });
  shifted.Add({ 1.0, 4.0, 9.0 });
  shifted.Add({ 2.0 * 32.0 - 7.0, 3.0 * 32.0 - 7.0, 10.0 * 32.0 - 7.0 });
  EXPECT_EQ(scale.Standard(0.0, 1.0), shifted.Standard(0.0, 1.0));
  EXPECT_NE(scale.Standard(), shifted.Standard());
}

TEST(LandmarkScale, NeverFalls)
{
  Random random(11);
  for (int trial = 0; trial < 300; ++trial)
  {
    LandmarkScale scale;
    for (int i = 0; i < 1 + trial % 7; ++i)
    {
      scale.Add(RandomLandmarks(random, LandmarkScale::DefaultProbabilities().size()));
    }
    const auto standard = scale.Standard();
    ASSERT_TRUE(std::is_sorted(standard.begin(), standard.end()));
  }
}

TEST(LandmarkScale, MergingInAnyOrderGivesTheBitsOfAddingAll)
{
  Random               random(7);
  std::vector<Numbers> cases;
  for (int i = 0; i < 20; ++i)
  {
    cases.push_back(RandomLandmarks(random, 11));
  }
  LandmarkScale all;
  for (const auto & landmarks : cases)
  {
    all.Add(landmarks);
  }
  for (int trial = 0; trial < 10; ++trial)
  {
    random.Shuffle(cases);
    LandmarkScale merged;
    for (std::size_t first = 0; first < cases.size(); first += 3)
    {
      LandmarkScale site;
      for (std::size_t i = first; i < std::min(first + 3, cases.size()); ++i)
      {
        site.Add(cases[i]);
      }
      merged.Merge(LandmarkScale(site.Probabilities(), site.ToRecord())); // as a file hands it on
    }
    EXPECT_TRUE(SameBits(merged.Standard(), all.Standard()));
    EXPECT_EQ(merged.Cases(), 20U);
  }
}

TEST(LandmarkScale, ACaseWithoutARangeIsNotAdded)
{
  LandmarkScale scale({ 0.0, 1.0 });
  EXPECT_FALSE(scale.Add({ 5.0, 5.0 }));
  EXPECT_FALSE(scale.Add({ std::nan(""), std::nan("") }));
  EXPECT_FALSE(scale.Add({ 1.0, 2.0, 3.0 }));
  EXPECT_FALSE(scale.Add({}));
  EXPECT_EQ(scale.Cases(), 0U);
  EXPECT_TRUE(scale.Standard().empty());
}

TEST(LandmarkScale, OtherProbabilitiesAreRefused)
{
  LandmarkScale scale({ 0.0, 1.0 });
  EXPECT_THROW(scale.Merge(LandmarkScale({ 0.0, 0.5, 1.0 })), std::invalid_argument);
  EXPECT_THROW(LandmarkScale({ 0.0, 0.5, 1.0 }, scale.ToRecord()), std::invalid_argument);
}
} // namespace
