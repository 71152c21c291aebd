// The small part of the table that runs with the tests. Thresholds lie above what was found, so that a loss shows. Our
// own N4 stands for ITK's, whose field it finds in a hundredth of the time.

#include "Anatomy.h"
#include "Design.h"
#include "Measures.h"
#include "Methods.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace
{
using namespace isolux::testing;

const Method HistogramRetinex{ "histogram-retinex" };
const Method Peers[] = { { "own-n4-0" }, { "own-n4-1e-3" } };

std::string
DataFile(const std::string & name)
{
  return std::string(ISOLUX_SOURCE_DIR) + "/data/" + name + ".nii.gz";
}

double
Error(const Method & method, const Phantom & phantom)
{
  return LogFieldError(phantom.field, method.Field(phantom.image, phantom.brain, ""), phantom.brain);
}

double
BetterN4Error(const Phantom & phantom)
{
  return std::min(Error(Peers[0], phantom), Error(Peers[1], phantom));
}

class DrawnHead : public ::testing::TestWithParam<FieldKind>
{
};

TEST_P(DrawnHead, HistogramRetinexHasLessThanHalfTheErrorOfTheBetterN4)
{
  PhantomOptions options;
  options.size = { { 80, 100, 80 } };
  options.spacing = { { 2.0, 2.0, 2.0 } };
  options.field = GetParam();
  const Phantom phantom = MakePhantom(options);
  EXPECT_LT(Error(HistogramRetinex, phantom), 0.5 * BetterN4Error(phantom));
}

INSTANTIATE_TEST_SUITE_P(Fields,
                         DrawnHead,
                         ::testing::Values(FieldKind::None, FieldKind::Polynomial, FieldKind::Gaussians),
                         [](const auto & field)
                         {
                           return field.param == FieldKind::None         ? "None"
                                  : field.param == FieldKind::Polynomial ? "Polynomial"
                                                                         : "Gaussians";
                         });

/** Guards the yardstick: ITK's N4, stopped early. */
TEST(OwnN4, StandsForThatOfItk)
{
  PhantomOptions options;
  options.size = { { 107, 133, 107 } };
  options.spacing = { { 1.5, 1.5, 1.5 } };
  const Phantom phantom = isolux::testing::MakePhantom(options);
  const double  error = Error({ "n4-1e-3" }, phantom);
  EXPECT_GT(error, 0.004); // as is known of it
  EXPECT_LT(error, 0.025);
  EXPECT_NEAR(Error(Peers[1], phantom), error, 1e-4);
}

/** Anatomy of a real head, at 2 mm, where partial volume is at its worst. */
TEST(RealAnatomy, HistogramRetinexHasLessErrorThanTheBetterN4)
{
  const auto tissue = ReadTissue(DataFile("tissue/ixi013_tissue"));
  for (const PhantomCase & phantomCase : { PhantomCase{ false, FieldKind::Polynomial, 40, 3 },
                                           PhantomCase{ false, FieldKind::None, 0, 3, Contrast::T2 } })
  {
    const Phantom phantom = MakePhantom(phantomCase, tissue, 3);
    const double  error = Error(HistogramRetinex, phantom);
    const double  peer = BetterN4Error(phantom);
    RecordProperty(phantomCase.Name(), std::to_string(error / peer));
    EXPECT_LT(error, 1.0 * peer) << phantomCase.Name() << ": " << error << ", N4 " << peer;
  }
}

class RealHead : public ::testing::TestWithParam<const char *>
{
protected:
  const std::string            m_Name = GetParam();
  const PhantomImage::Pointer  m_Image = ReadVolume(DataFile("heads/" + m_Name + "_T1w"));
  const PhantomLabels::Pointer m_Brain = ReadMask(DataFile("masks/" + m_Name + "_brain"));
};

TEST_P(RealHead, TissuesAreAsEvenAsN4LeavesThem)
{
  const auto tissue = ReadTissue(DataFile("tissue/" + m_Name + "_tissue"));
  const auto variation = [&](const Method & method)
  { return MeasureTissue(Divide(m_Image, method.Field(m_Image, m_Brain, "")), tissue); };
  const auto ours = variation(HistogramRetinex);
  const auto toTheEnd = variation(Peers[0]);
  const auto early = variation(Peers[1]);
  EXPECT_LT(ours.cvGreyMatter, 1.03 * std::min(toTheEnd.cvGreyMatter, early.cvGreyMatter));
  EXPECT_LT(ours.cvWhiteMatter, 1.03 * std::min(toTheEnd.cvWhiteMatter, early.cvWhiteMatter));
  EXPECT_LT(ours.cjv, 1.03 * std::min(toTheEnd.cjv, early.cjv));
}

TEST_P(RealHead, AnAddedFieldIsFollowed)
{
  PhantomOptions options;
  options.seed = 3;
  const auto added = phantom_detail::AllocateLike<PhantomImage>(m_Brain);
  phantom_detail::FillField(options, phantom_detail::BrainBox(m_Brain), m_Brain, added);
  const auto before = HistogramRetinex.Field(m_Image, m_Brain, "");
  const auto after = HistogramRetinex.Field(Multiply(m_Image, added), m_Brain, "");
  EXPECT_LT(LogFieldError(added, Divide(after, before), m_Brain), 0.007); // N4: .007 to .010
}

TEST_P(RealHead, WhatWasCorrectedIsLeftAlone)
{
  const auto corrected = Divide(m_Image, HistogramRetinex.Field(m_Image, m_Brain, ""));
  EXPECT_LT(LogDeviation(HistogramRetinex.Field(corrected, m_Brain, ""), m_Brain), 0.012); // of the first field: .15
}

INSTANTIATE_TEST_SUITE_P(Ixi,
                         RealHead,
                         ::testing::Values("ixi013", "ixi072"),
                         [](const auto & name) { return std::string(name.param); });

/** Values that no magnitude image holds, in one voxel of two thousand. */
TEST(Robustness, NegativesInTheMaskCostNothing)
{
  const Phantom phantom = MakePhantom({ true, FieldKind::Polynomial, 40, 3 }, nullptr, 5);
  const double  error = Error(HistogramRetinex, phantom);
  for (std::size_t i = 0; i < phantom.image->GetLargestPossibleRegion().GetNumberOfPixels(); i += 2000)
  {
    phantom.image->GetBufferPointer()[i] = -0.3f;
  }
  EXPECT_NEAR(Error(HistogramRetinex, phantom), error, 0.0005);
}

TEST(Robustness, AnObjectThatIsNoBrainIsCorrectedToo)
{
  for (const auto field : { FieldKind::Polynomial, FieldKind::None })
  {
    const PhantomCase bottle{ true, field, field == FieldKind::None ? 0 : 40, 3 };
    EXPECT_LT(Error(HistogramRetinex, MakePhantom(bottle, DrawBottle(2.0), 5)), 0.004) << bottle.Name();
  }
}
} // namespace
