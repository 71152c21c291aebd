#include "itkBandEnergies.h"

#include <gtest/gtest.h>

#include <sstream>

namespace
{
using itk::BandEnergies;

/** Two bands and a residual. */
BandEnergies
Apart()
{
  return BandEnergies(
    { { 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0 }, { 0.0, 0.0, 0.0, 0.0, 16.0, 0.0, 0.0, 0.0, 0.0 } }, 1000, 3);
}

/** Each band holds part of the other, and of the residual. */
BandEnergies
Overlapping()
{
  return BandEnergies(
    { { 9.0, 2.0, 0.1, 2.0, 1.0, 0.3, 0.1, 0.3, 0.4 }, { 1.5, 1.0, 0.2, 1.0, 16.0, 0.7, 0.2, 0.7, 0.9 } }, 1000, 0);
}
} // namespace

TEST(BandEnergies, AreTheQuadraticFormsOfTheGainsWithTheResidualsAtOne)
{
  const auto energies = Overlapping();
  EXPECT_EQ(energies.Bands(), 2U);
  EXPECT_EQ(energies.Voxels(), 1000U);
  EXPECT_EQ(Apart().Skipped(), 3U);
  // 2^2 9 + 2 (2 3 2) + 3^2 1 + 2 (2 0.1) + 2 (3 0.3) + 0.4
  EXPECT_DOUBLE_EQ(energies.Energies({ 2.0, 3.0 })[0], std::sqrt(36.0 + 24.0 + 9.0 + 0.4 + 1.8 + 0.4));
  EXPECT_EQ(energies.Energies(), energies.Energies({ 1.0, 1.0 }));
}

TEST(BandEnergies, OfBandsApartAreBroughtToTheReferenceByTheRatio)
{
  const auto gains = Apart().SolveGains({ 6.0, 1.0 }, 10.0);
  EXPECT_DOUBLE_EQ(gains[0], 2.0);
  EXPECT_DOUBLE_EQ(gains[1], 0.25);
}

TEST(BandEnergies, OfOverlappingBandsAreBroughtToTheReferenceByGainsThatHeedTheOverlap)
{
  for (const auto & wanted : { std::vector<double>{ 0.5, 1.3 }, { 2.0, 0.4 }, { 7.0, 3.0 } })
  {
    const auto references = Overlapping().Energies(wanted);
    const auto gains = Overlapping().SolveGains(references, 100.0);
    EXPECT_NEAR(gains[0], wanted[0], 1e-7 * wanted[0]); // it ends at relative steps of 1e-9
    EXPECT_NEAR(gains[1], wanted[1], 1e-7 * wanted[1]);
    EXPECT_GT(std::abs(gains[0] - references[0] / Overlapping().Energies()[0]), 0.01); // the plain ratio is another
  }
}

TEST(BandEnergies, BelowWhatOtherBandsLeakAreNotReachedAndTheGainGoesToItsBound)
{
  const std::vector<double> references{ 0.5, 5.5 };
  const auto                gains = Overlapping().SolveGains(references, 100.0);
  const auto                reached = Overlapping().Energies(gains);
  EXPECT_EQ(gains[0], 0.01);
  EXPECT_GT(reached[0], 1.0);
  EXPECT_NEAR(reached[1], references[1], 1e-7);
}

TEST(BandEnergies, GainsStayWithinTheirBoundsAndOneIsLeftWhereNothingIsAsked)
{
  EXPECT_EQ(Apart().SolveGains({ 3000.0, 0.0 }, 8.0), (std::vector<double>{ 8.0, 0.125 }));
  EXPECT_EQ(Apart().SolveGains({}, 8.0), (std::vector<double>{ 1.0, 1.0 }));
  EXPECT_EQ(Apart().SolveGains({ 6.0 }, 8.0), (std::vector<double>{ 2.0, 1.0 }));
  EXPECT_EQ(Overlapping().SolveGains(Overlapping().Energies(), 8.0), (std::vector<double>{ 1.0, 1.0 }));
}

TEST(BandEnergies, OfNothingAreZeroAndTheirGainsOne)
{
  const BandEnergies none({ std::vector<double>(4, 0.0) }, 0, 0);
  EXPECT_EQ(none.Energies(), std::vector<double>{ 0.0 });
  EXPECT_EQ(none.SolveGains({ 5.0 }, 8.0), std::vector<double>{ 1.0 });
  EXPECT_TRUE(BandEnergies().SolveGains({ 5.0 }, 8.0).empty());
}

TEST(BandEnergies, AndGainsPrintWhatTheyHold)
{
  std::ostringstream text;
  text << Apart() << "; " << itk::BandGains<2>{ { 0.5 }, { true, false }, { 0.25 } };
  EXPECT_EQ(text.str(), "3 4 of 1000 voxels, 3 skipped; 0.25 to 0.5 mm, axes 1 0");
}
