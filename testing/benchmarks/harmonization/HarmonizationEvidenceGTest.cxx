// The small part of the tables that runs with the tests, on the project's own two heads with labels. Bounds lie beside
// what was found, so that a loss shows.

#include "Transfer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace
{
using namespace isolux::testing;

template <typename TItem>
std::vector<TItem>
Named(const std::vector<TItem> & all, const std::vector<std::string> & names)
{
  std::vector<TItem> some;
  std::copy_if(all.begin(),
               all.end(),
               std::back_inserter(some),
               [&](const TItem & item) { return std::count(names.begin(), names.end(), item.name) == 1; });
  return some;
}

/** Our own N4 stands for ITK's, whose field it finds in a hundredth of the time. */
const Figures &
Found()
{
  static const Figures figures = []
  {
    std::vector<Head> heads;
    for (const Head & head : ReadHeads(ISOLUX_SOURCE_DIR "/testing/benchmarks/harmonization/data.tsv"))
    {
      if (head.ofBrain && head.tissue)
      {
        heads.push_back(head);
      }
    }
    return Transfer(heads,
                    Named(Recipes(),
                          { "raw",
                            "z-score",
                            "histogram matching",
                            "N4 + z-score",
                            "Isolux",
                            "Isolux, quantile-norm",
                            "Isolux, band-norm" }),
                    Named(Shifts(), { "bias field 80 %", "noise 10 %", "gamma 1.5", "atrophy" }),
                    "",
                    [](const std::string &) {});
  }();
  return figures;
}

double
Real(const std::string & method, const std::string & measure = "Dice")
{
  return MeanFigure(Found(), "brain", true, "", method, measure);
}

double
Simulated(const std::string & shift, const std::string & method, const std::string & measure = "Dice")
{
  return MeanFigure(Found(), "brain", false, shift, method, measure);
}

TEST(RealSites, AModelOfRawIntensitiesDoesNotTransferAndOneOfTheDefaultDoes)
{
  EXPECT_LT(Real("raw"), 0.3);                // 0.18
  EXPECT_GT(Real("Isolux"), 0.81);            // 0.83
  EXPECT_GT(Real("Isolux", "Dice GM"), 0.78); // 0.80
  EXPECT_GT(Real("Isolux", "Dice WM"), 0.84); // 0.86
}

/** 0.83; z-score and histogram matching 0.70, N4 + z-score 0.79. */
TEST(RealSites, TheDefaultTransfersBetterThanItsPeers)
{
  EXPECT_GT(Real("Isolux"), Real("z-score") + 0.1);
  EXPECT_GT(Real("Isolux"), Real("histogram matching") + 0.1);
  EXPECT_GT(Real("Isolux"), Real("N4 + z-score") + 0.02);
}

/** Not what an intensity model could do at best with the head as it is, but more, as the field is gone. */
TEST(RealSites, TheDefaultIsAboveAModelThatIsLearnedOnTheHeadItself)
{
  EXPECT_GT(Real("Isolux"), Real(OwnModel) + 0.1);
}

TEST(RealSites, DistancesDoNotTellHowAModelTransfers)
{
  EXPECT_LT(Real("z-score", "Wasserstein"), Real("Isolux", "Wasserstein"));
  EXPECT_LT(Real("Isolux", "CJV"), 0.75 * Real("z-score", "CJV")); // 1.00 and 1.46
}

TEST(RealSites, QuantileNormBringsPeaksAndDistributionsTogetherButDoesNotTransferBetter)
{
  EXPECT_LT(Real("Isolux, quantile-norm", "Wasserstein"), 0.5 * Real("Isolux", "Wasserstein")); // 0.010 and 0.064
  EXPECT_LT(Real("Isolux, quantile-norm", "spread WM"), 0.5 * Real("Isolux", "spread WM"));     // 0.003 and 0.018
  EXPECT_NEAR(Real("Isolux, quantile-norm"), Real("Isolux"), 0.01);
}

TEST(SimulatedSites, AFieldIsTakenAway)
{
  EXPECT_NEAR(Simulated("bias field 80 %", "Isolux"), Simulated(OtherHeads, "Isolux"), 0.005);
  EXPECT_LT(Simulated("bias field 80 %", "z-score"), Simulated(OtherHeads, "z-score") - 0.1);
}

/** 0.76 instead of 0.71, of 0.83. */
TEST(SimulatedSites, BandNormBringsBackAPartOfWhatNoiseTook)
{
  EXPECT_LT(Simulated("noise 10 %", "Isolux"), Simulated(OtherHeads, "Isolux") - 0.08);
  EXPECT_GT(Simulated("noise 10 %", "Isolux, band-norm"), Simulated("noise 10 %", "Isolux") + 0.03);
}

TEST(SimulatedSites, GammaAndAtrophyCostTheDefaultLittle)
{
  EXPECT_NEAR(Simulated("gamma 1.5", "Isolux"), Simulated(OtherHeads, "Isolux"), 0.01);
  EXPECT_GT(Simulated("atrophy", "Isolux"), Simulated(OtherHeads, "Isolux") - 0.035);
}
} // namespace
