#include "Transfer.h"
#include "TransferMeasures.h"

#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

// What the tables are made with measures what it says.
namespace
{
using namespace isolux::testing;

using Labels = std::vector<unsigned char>;

TEST(Dice, IsTwiceTheCommonVoxelsOverBoth)
{
  const Labels a = { 2, 2, 2, 3, 3, 1 };
  const Labels b = { 2, 3, 2, 3, 1, 1 };
  EXPECT_DOUBLE_EQ(Dice(a, b, 2), 2.0 * 2.0 / 5.0);
  EXPECT_DOUBLE_EQ(Dice(a, b, 3), 2.0 * 1.0 / 4.0);
  EXPECT_DOUBLE_EQ(Dice(a, b, 1), 2.0 * 1.0 / 3.0);
  EXPECT_TRUE(std::isnan(Dice(a, b, 4)));
}

TEST(Wasserstein, OfAShiftIsTheShiftAndOfAScaleTheMeanMove)
{
  std::vector<float> a;
  std::vector<float> shifted;
  std::vector<float> doubled;
  for (int i = 0; i < 100; ++i)
  {
    a.push_back(static_cast<float>(i));
    shifted.push_back(static_cast<float>(i) + 7.0f);
    doubled.push_back(2.0f * static_cast<float>(i));
  }
  EXPECT_DOUBLE_EQ(Wasserstein(a, a), 0.0);
  EXPECT_NEAR(Wasserstein(a, shifted), 7.0, 1e-12);
  EXPECT_NEAR(Wasserstein(shifted, a), 7.0, 1e-12);
  EXPECT_NEAR(Wasserstein(a, doubled), 49.5, 1e-12);
}

TEST(Wasserstein, TakesDistributionsOfOtherCounts)
{
  // half of the weight moves by 2, from 1 to 3; the other half by 1, from 1 to 0
  EXPECT_NEAR(Wasserstein({ 1.0f }, { 0.0f, 3.0f }), 1.5, 1e-12);
  // thirds at 0, 3 and 6 against halves at 0 and 6: a third moves 3
  EXPECT_NEAR(Wasserstein({ 0.0f, 3.0f, 6.0f }, { 0.0f, 6.0f }), 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(Wasserstein({}, { 1.0f })));
}

TEST(Peak, LiesInTheDensestThird)
{
  // of nine values three lie between 4 and 5; the mean is 9.5
  EXPECT_DOUBLE_EQ(Peak({ 0.0f, 2.0f, 4.0f, 4.5f, 5.0f, 10.0f, 15.0f, 20.0f, 25.0f }), 4.5);
  EXPECT_TRUE(std::isnan(Peak({})));
}

TEST(Spearman, SeesRanksOnly)
{
  EXPECT_NEAR(Spearman({ 1, 2, 3, 4 }, { 1, 10, 100, 1000 }), 1.0, 1e-12);
  EXPECT_NEAR(Spearman({ 1, 2, 3, 4 }, { 9, 7, 0, -5 }), -1.0, 1e-12);
  EXPECT_NEAR(Spearman({ 1, 2, 3 }, { 1, 3, 2 }), 0.5, 1e-12);
  // ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3: 4.5 / sqrt(4.5 * 5)
  EXPECT_NEAR(Spearman({ 1, 2, 2, 3 }, { 1, 2, 3, 4 }), 4.5 / std::sqrt(22.5), 1e-12);
  EXPECT_TRUE(std::isnan(Spearman({ 1, 1, 1 }, { 1, 2, 3 })));
}

TEST(SiteAuc, IsOneWhereAFeaturePartsTheSites)
{
  const Features a = { { 1.0, 5.0 }, { 1.1, 3.0 }, { 0.9, 4.0 } };
  const Features b = { { 2.0, 4.0 }, { 2.2, 5.0 }, { 1.9, 3.0 }, { 2.1, 4.5 } };
  EXPECT_DOUBLE_EQ(SiteAuc(a, b, 1e-3), 1.0);
}

TEST(SiteAuc, IsAHalfWhereNothingDiffers)
{
  const Features same = { { 1.0 }, { 1.0 }, { 1.0 } };
  EXPECT_DOUBLE_EQ(SiteAuc(same, same, 1e-3), 0.5);
}

/** A sum over the pairs done by hand. */
TEST(SiteAuc, LeavesOutBothImagesOfAPair)
{
  // Without the pair (0, 9) the means are 4.5 and 1.5, so that it comes in the wrong order: learned on all, it came in
  // the right one, as the means are 3 and 4.
  const Features a = { { 0.0 }, { 4.0 }, { 5.0 } };
  const Features b = { { 9.0 }, { 1.0 }, { 2.0 } };
  double         right = 0.0;
  for (std::size_t i = 0; i < 3; ++i)
  {
    for (std::size_t j = 0; j < 3; ++j)
    {
      const double meanA = 0.5 * (9.0 - a[i][0]);
      const double meanB = 0.5 * (12.0 - b[j][0]);
      const double score = (meanB - meanA) * (b[j][0] - a[i][0]);
      right += score > 0.0 ? 1.0 : score == 0.0 ? 0.5 : 0.0;
    }
  }
  EXPECT_LT(right, 5.0);
  EXPECT_DOUBLE_EQ(SiteAuc(a, b, 1e-3), right / 9.0);
}

TEST(SiteAuc, DifferencesBelowTheFloorCountLittle)
{
  // the first feature parts the sites, but by a millionth; the second points the other way in a pair that is left out
  const Features a = { { 0.0, 0.0 }, { 0.0, 1.0 }, { 0.0, 3.0 } };
  const Features b = { { 1e-6, 0.0 }, { 1e-6, 1.0 }, { 1e-6, 3.0 } };
  EXPECT_DOUBLE_EQ(SiteAuc(a, b, 0.0), 1.0);
  EXPECT_LT(SiteAuc(a, b, 1e-1), 0.6);
}

TEST(SiteAuc, NeedsThreeImagesOfEachSite)
{
  EXPECT_TRUE(std::isnan(SiteAuc({ { 1.0 }, { 2.0 } }, { { 1.0 }, { 2.0 }, { 3.0 } }, 1e-3)));
}

TEST(GaussianClassifier, PartsTwoTissuesOfOneDeviationHalfway)
{
  GaussianClassifier classifier;
  classifier.Learn({ 9, 10, 11, 19, 20, 21 }, { 2, 2, 2, 3, 3, 3 });
  EXPECT_EQ(classifier.Classify({ -50.0f, 10.0f, 14.9f, 15.1f, 20.0f, 90.0f }), (Labels{ 2, 2, 2, 3, 3, 3 }));
}

TEST(GaussianClassifier, TheMoreFrequentTissueTakesMoreOfTheSpaceBetween)
{
  GaussianClassifier classifier; // deviation 1 each, one of four is 3: the border is at 15 + ln(3) / 10
  classifier.Learn({ 9, 11, 9, 11, 9, 11, 19, 21 }, { 2, 2, 2, 2, 2, 2, 3, 3 });
  const auto border = static_cast<float>(15.0 + std::log(3.0) / 10.0);
  EXPECT_EQ(classifier.Classify({ border - 0.01f, border + 0.01f }), (Labels{ 2, 3 }));
}

TEST(GaussianClassifier, LearnsFromOneImageAfterTheOther)
{
  GaussianClassifier together;
  GaussianClassifier inTurn;
  together.Learn({ 8, 12, 10, 19, 21, 2, 4 }, { 2, 2, 2, 3, 3, 1, 1 });
  inTurn.Learn({ 8, 12, 19 }, { 2, 2, 3 });
  inTurn.Learn({ 10, 21, 2, 4 }, { 2, 3, 1, 1 });
  std::vector<float> values;
  for (int i = 0; i < 300; ++i)
  {
    values.push_back(0.1f * static_cast<float>(i));
  }
  EXPECT_EQ(together.Classify(values), inTurn.Classify(values));
}

TEST(Tables, AMeanWeighsSitesAlike)
{
  Figures figures;
  for (const double value : { 0.5, 0.7 })
  {
    figures.push_back({ "brain", "A", "B", true, "one", "raw", "Dice", value });
  }
  figures.push_back({ "brain", "A", "C", true, "one", "raw", "Dice", 0.9 });
  figures.push_back({ "brain", "A", "noise", false, "one", "raw", "Dice", 0.1 });
  EXPECT_NEAR(MeanFigure(figures, "brain", true, "", "raw", "Dice"), 0.75, 1e-12);
  EXPECT_NEAR(MeanFigure(figures, "brain", true, "B", "raw", "Dice"), 0.6, 1e-12);
  EXPECT_NEAR(MeanFigure(figures, "brain", false, "noise", "raw", "Dice"), 0.1, 1e-12);
  std::ostringstream text;
  PrintTables(text, figures);
  EXPECT_NE(text.str().find("| A to B | 0.600 |"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("| **mean of real sites** | 0.750 |"), std::string::npos) << text.str();

  std::stringstream  csv;
  std::ostringstream again;
  PrintCsv(csv, figures);
  PrintTables(again, ReadCsv(csv));
  EXPECT_EQ(again.str(), text.str());
}

TEST(Heads, ATableWithAnotherHeaderIsRefused)
{
  const isolux::testing::TemporaryFolder folder;
  const auto                             file = folder.Path() / "data.tsv";
  PutFile(file, "site\tpath\n");
  EXPECT_THROW(ReadHeads(file.string()), std::runtime_error);
}

/** A cube of white matter in grey matter in fluid, each of one intensity. */
Head
Cubes()
{
  Head head;
  head.name = "cubes";
  head.ofBrain = true;
  head.tissue = PhantomLabels::New();
  head.tissue->SetRegions(PhantomLabels::SizeType{ { 24, 24, 24 } });
  head.tissue->SetSpacing(PhantomLabels::SpacingType(2.0));
  head.tissue->Allocate(true);
  head.mask = phantom_detail::AllocateLike<PhantomLabels>(head.tissue);
  head.image = phantom_detail::AllocateLike<PhantomImage>(head.tissue);
  for (long z = 0; z < 24; ++z)
  {
    for (long y = 0; y < 24; ++y)
    {
      for (long x = 0; x < 24; ++x)
      {
        const long border = std::min({ x, y, z, 23 - x, 23 - y, 23 - z });
        const auto label = static_cast<unsigned char>(border < 2 ? 0 : border < 4 ? 1 : border < 7 ? 2 : 3);
        head.tissue->SetPixel({ { x, y, z } }, label);
        head.mask->SetPixel({ { x, y, z } }, label > 0);
        head.image->SetPixel({ { x, y, z } }, 100.0f * label);
      }
    }
  }
  return head;
}

Head
Shifted(const std::string & name, const Head & head)
{
  for (const Shift & shift : Shifts())
  {
    if (shift.name == name)
    {
      return shift.apply(head, 5);
    }
  }
  throw std::runtime_error("no shift " + name);
}

TEST(Shifts, GainOffsetAndGammaDoWhatTheirNamesSay)
{
  const Head                    head = Cubes();
  const PhantomImage::IndexType grey = { { 5, 12, 12 } };
  ASSERT_EQ(head.tissue->GetPixel(grey), 2);
  EXPECT_NEAR(Shifted("gain 2.5, offset 30 %", head).image->GetPixel(grey), 2.5 * (200.0 + 0.3 * 300.0), 1e-3);
  EXPECT_NEAR(Shifted("gamma 1.5", head).image->GetPixel(grey), 300.0 * std::pow(2.0 / 3.0, 1.5), 1e-3);
}

TEST(Shifts, NoiseHasItsDeviation)
{
  const Head          head = Cubes();
  const Head          noisy = Shifted("noise 10 %", head);
  std::vector<double> values;
  for (std::size_t i = 0; i < head.image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    if (head.tissue->GetBufferPointer()[i] == 3)
    {
      values.push_back(noisy.image->GetBufferPointer()[i]);
    }
  }
  EXPECT_EQ(values.size(), 1000U);
  EXPECT_NEAR(DeviationOf(values), 30.0, 3.0); // four of its standard errors, 30 / sqrt(2000)
}

TEST(Shifts, BlurAndSharpKernelMoveAnEdgeApart)
{
  const Head                    head = Cubes();
  const PhantomImage::IndexType inside = { { 7, 12, 12 } }; // the first voxel of white matter
  EXPECT_LT(Shifted("blur 1.5 mm", head).image->GetPixel(inside), 290.0f);
  EXPECT_GT(Shifted("sharp kernel", head).image->GetPixel(inside), 310.0f);
}

TEST(Shifts, AtrophyGivesWhatTouchesFluidOnTwoSidesToIt)
{
  const Head head = Cubes();
  const Head older = Shifted("atrophy", head);
  EXPECT_EQ(older.tissue->GetPixel({ { 4, 12, 12 } }), 2); // a face touches on one side
  EXPECT_EQ(older.tissue->GetPixel({ { 4, 4, 12 } }), 1);  // an edge on two
  EXPECT_EQ(older.image->GetPixel({ { 4, 4, 12 } }), 100.0f);
  EXPECT_EQ(head.tissue->GetPixel({ { 4, 4, 12 } }), 2);  // what came in is left alone
  EXPECT_EQ(older.tissue->GetPixel({ { 7, 7, 12 } }), 3); // white matter touches grey
}

TEST(Shifts, TheUpperHalfIsThatOfTheWorld)
{
  Head                        head = Cubes();
  PhantomImage::DirectionType direction;
  direction.SetIdentity();
  direction[1][1] = 0.0;
  direction[2][2] = 0.0;
  direction[2][1] = -1.0; // y points down
  direction[1][2] = 1.0;
  head.image->SetDirection(direction);
  head.image->SetPixel({ { 12, 5, 12 } }, 777.0f);
  const Head half = Shifted("upper half only", head);
  EXPECT_EQ(half.image->GetLargestPossibleRegion().GetSize(), (PhantomImage::SizeType{ { 24, 12, 24 } }));
  EXPECT_EQ(half.image->GetPixel({ { 12, 5, 12 } }), 777.0f);
  EXPECT_EQ(half.mask->GetLargestPossibleRegion(), half.image->GetLargestPossibleRegion());
}
} // namespace
