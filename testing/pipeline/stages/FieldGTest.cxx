#include "Case.h"
#include "Error.h"
#include "Phantom.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include "itkIlluminationCorrectionImageFilter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

// What stages share that divide by a field, tried on histogram-retinex; and apply-field.
namespace isolux
{
namespace
{
using testing::BitsOf;
using testing::PixelsOf;
using Numbers = std::vector<double>;
using Strings = std::vector<std::string>;

const WorkImage::SizeType SeriesSize{ { 24, 22, 20, 3 } };

PipelineSpec
SpecOf(const std::string & stage, const Values & options = {})
{
  PipelineSpec spec;
  spec.stages = { { stage, options } };
  return spec;
}

Pipeline::Result
RunOne(const PipelineSpec & spec, const WorkImage::Pointer & image, const MaskImage::Pointer & mask)
{
  return Pipeline(spec, true).Run(image, mask, { 2, 1 });
}

/** Frames that are shaded each in its own way, beside what FillHead() does to all. */
WorkImage::Pointer
ShadedSeries()
{
  const auto image = testing::FillHead(testing::ObliqueGrid(SeriesSize));
  const auto row = SeriesSize[0];
  const auto frame = row * SeriesSize[1] * SeriesSize[2];
  for (std::size_t i = 0; i < SeriesSize[3] * frame; ++i)
  {
    const double u = 2.0 * static_cast<double>(i % row) / static_cast<double>(row - 1) - 1.0;
    const double slope = 0.2 * (static_cast<double>(i / frame) - 1.0);
    image->GetBufferPointer()[i] *= static_cast<float>(1.0 + slope * u);
  }
  return image;
}

/** One frame as an image of its own, on the same grid. */
WorkImage::Pointer
FrameOf(const WorkImage & series, std::size_t frame)
{
  auto region = series.GetLargestPossibleRegion();
  region.SetSize(3, 1);
  auto image = WorkImage::New();
  image->CopyInformation(&series);
  image->SetRegions(region);
  image->Allocate();
  const auto count = region.GetNumberOfPixels();
  std::copy_n(series.GetBufferPointer() + frame * count, count, image->GetBufferPointer());
  return image;
}

Values
LearnedOf(const Pipeline::Result & result)
{
  return result.report.stages.back().learned;
}

const Value &
Named(const Values & values, const std::string & name)
{
  const auto found =
    std::find_if(values.begin(), values.end(), [&](const auto & value) { return value.first == name; });
  EXPECT_NE(found, values.end()) << name;
  return found->second;
}

template <typename TCall>
std::string
MessageOf(const TCall & call)
{
  try
  {
    call();
  }
  catch (const std::exception & error)
  {
    return error.what();
  }
  return "";
}

void
ExpectNear(const WorkImage & actual, const WorkImage & expected)
{
  const auto   a = PixelsOf(actual);
  const auto   b = PixelsOf(expected);
  const double tolerance = std::ldexp(*std::max_element(b.begin(), b.end()), -22); // rounded to float twice
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    ASSERT_NEAR(a[i], b[i], tolerance) << i;
  }
}

class FieldFrames : public ::testing::Test
{
protected:
  FieldFrames()
  {
    SetThreads(2);
  }

  const WorkImage::Pointer m_Series = ShadedSeries();
  const MaskImage::Pointer m_Mask = testing::MaskAbove(*m_Series, 30.0F);
};
} // namespace

TEST_F(FieldFrames, EachIsCorrectedAsIfItWereAlone)
{
  const auto result = RunOne(SpecOf("histogram-retinex", { { "frame", std::string("each") } }), m_Series, m_Mask);
  ASSERT_EQ(result.images.field->GetLargestPossibleRegion(), m_Series->GetLargestPossibleRegion());
  for (std::size_t f = 0; f < SeriesSize[3]; ++f)
  {
    const auto alone = RunOne(SpecOf("histogram-retinex"), FrameOf(*m_Series, f), m_Mask);
    EXPECT_EQ(BitsOf(*FrameOf(*result.images.after, f)), BitsOf(*alone.images.after)) << f;
    EXPECT_EQ(BitsOf(*FrameOf(*result.images.field, f)), BitsOf(*alone.images.field)) << f;
    EXPECT_GT(alone.report.field->logDeviation, 0.02) << f;
  }
  const auto learned = LearnedOf(result);
  const auto terms = std::get<Numbers>(Named(learned, "terms"));
  ASSERT_EQ(terms.size(), 3U);
  EXPECT_EQ(static_cast<double>(std::get<Numbers>(Named(learned, "coefficients")).size()), 3.0 * terms[0]);
  EXPECT_EQ(std::get<Numbers>(Named(learned, "samples")).size(), 3U);
}

TEST_F(FieldFrames, AndChannelsOfN4KeepTheLevelsThatTheyHaveBesideEachOther)
{
  const Values small = { { "shrink_factor", 1LL }, { "iterations", Numbers{ 20.0 } } };
  const auto   logMeans = [&](const WorkImage & image, const WorkImage & before)
  {
    std::vector<double> means(image.GetLargestPossibleRegion().GetSize(3));
    const auto          count = m_Mask->GetLargestPossibleRegion().GetNumberOfPixels();
    double              voxels = 0.0;
    for (std::size_t i = 0; i < count; ++i)
    {
      const bool inside = m_Mask->GetBufferPointer()[i] != 0;
      voxels += inside;
      for (std::size_t f = 0; f < means.size() && inside; ++f)
      {
        means[f] += std::log(static_cast<double>(before.GetBufferPointer()[f * count + i]) /
                             image.GetBufferPointer()[f * count + i]);
      }
    }
    for (double & mean : means)
    {
      mean /= voxels;
    }
    return means;
  };
  auto each = small;
  each.emplace_back("frame", std::string("each"));
  const auto result = RunOne(SpecOf("n4", each), m_Series, m_Mask);
  for (const double mean : logMeans(*result.images.after, *m_Series))
  {
    EXPECT_NEAR(mean, 0.0, 1e-6); // each quotient rounded to float
  }
  ExpectNear(*Pipeline(SpecOf("n4", each), true).Undo(result.images.after, { LearnedOf(result) }), *m_Series);

  const auto first = FrameOf(*m_Series, 0);
  const auto third = FrameOf(*m_Series, 2);
  auto       channels = Pipeline(SpecOf("n4", small), true).Run({ first, third }, m_Mask, nullptr, { 2, 1 });
  EXPECT_EQ(BitsOf(*channels[0].images.after), BitsOf(*FrameOf(*result.images.after, 0)));
  EXPECT_EQ(BitsOf(*channels[1].images.after), BitsOf(*FrameOf(*result.images.after, 2)));

  // alone, the level is what N4 leaves
  const auto alone = RunOne(SpecOf("n4", small), first, m_Mask);
  const auto level = logMeans(*alone.images.after, *first).front();
  EXPECT_GT(std::abs(level), 0.1);
}

TEST_F(FieldFrames, OneThatIsNamedGivesTheFieldOfAll)
{
  const auto mean = RunOne(SpecOf("histogram-retinex"), m_Series, m_Mask);
  for (const auto & [option, frame] : { std::pair("first", 0), { "0", 0 }, { "2", 2 } })
  {
    const auto alone = RunOne(SpecOf("histogram-retinex"), FrameOf(*m_Series, frame), m_Mask);
    const auto result = RunOne(SpecOf("histogram-retinex", { { "frame", std::string(option) } }), m_Series, m_Mask);
    EXPECT_EQ(BitsOf(*result.images.field), BitsOf(*alone.images.field)) << option;
    EXPECT_NE(BitsOf(*result.images.field), BitsOf(*mean.images.field)) << option;
    EXPECT_EQ(BitsOf(*FrameOf(*result.images.after, frame)), BitsOf(*alone.images.after)) << option;
  }
}

TEST_F(FieldFrames, AreUndoneEachByItsOwnField)
{
  for (const auto * frame : { "mean", "1", "each" })
  {
    const auto spec = SpecOf("histogram-retinex", { { "frame", std::string(frame) } });
    const auto result = RunOne(spec, m_Series, m_Mask);
    const auto json = nlohmann::ordered_json::parse(ToJson(LearnedOf(result)).dump());
    Values     learned;
    for (const auto & [name, value] : json.items())
    {
      learned.emplace_back(name, ValueFromJson(value, name));
    }
    ExpectNear(*Pipeline(spec, true).Undo(result.images.after, { learned }), *m_Series);
  }
}

TEST_F(FieldFrames, HaveTheSameBitsForAnyNumberOfThreadsAndStreamDivisions)
{
  const auto spec = SpecOf("histogram-retinex", { { "frame", std::string("each") }, { "gate", true } });
  SetThreads(1);
  const auto expected = Pipeline(spec, true).Run(m_Series, m_Mask, { 1, 1 });
  for (const unsigned int threads : { 1U, 3U })
  {
    for (const unsigned int divisions : { 1U, 2U, 64U })
    {
      SetThreads(threads);
      const auto result = Pipeline(spec, true).Run(m_Series, m_Mask, { threads, divisions });
      EXPECT_EQ(BitsOf(*result.images.after), BitsOf(*expected.images.after)) << threads << ' ' << divisions;
      EXPECT_EQ(LearnedOf(result), LearnedOf(expected)) << threads << ' ' << divisions;
    }
  }
}

TEST_F(FieldFrames, OfAnotherNumberThanTheImageHasAreRefused)
{
  EXPECT_EQ(MessageOf(
              [&] {
                RunOne(SpecOf("histogram-retinex", { { "frame", std::string("3") } }), m_Series, m_Mask);
              }),
            "stage 1 (histogram-retinex): 'frame' is 3, but the image has 3 frames, counted from 0");
  for (const auto * frame : { "-1", "last", "1.5", "", "2 " })
  {
    const auto message = MessageOf(
      [&] {
        Pipeline(SpecOf("histogram-retinex", { { "frame", std::string(frame) } }), true);
      });
    EXPECT_NE(message.find("'frame' must be 'mean', 'first', 'each' or a frame's number, from 0; not '" +
                           std::string(frame) + "'"),
              std::string::npos)
      << message;
  }
  const auto spec = SpecOf("histogram-retinex", { { "frame", std::string("each") } });
  const auto learned = LearnedOf(RunOne(spec, m_Series, m_Mask));
  const auto message = MessageOf([&] { Pipeline(spec, true).Undo(FrameOf(*m_Series, 0), { learned }); });
  EXPECT_NE(message.find("3 fields are recorded, but the image has 1 frames"), std::string::npos) << message;
}

TEST(FieldRecord, OfVersion020IsStillUndone)
{
  // keys and types of 0.2.0: one number for order and bounds, no number of terms
  const auto       image = testing::FillHead(testing::ObliqueGrid({ { 12, 11, 10, 2 } }));
  const Values     learned = { { "order", 1LL },
                               { "centre", Numbers{ 8.5, 3.0, 9.5, 0.0 } },
                               { "half_extent", Numbers{ 5.5, 5.0, 4.5, 0.0 } },
                               { "coefficients", Numbers{ 0.1, -0.2, 0.3, 0.05 } },
                               { "log_minimum", -0.25 },
                               { "log_maximum", 0.5 },
                               { "log_floor", 3.5 },
                               { "mask_voxels", 100LL },
                               { "non_positive", 0LL },
                               { "samples", 90LL },
                               { "rim", 2LL },
                               { "iterations", 12LL } };
  itk::SmoothField field;
  field.order = 1;
  field.centre = { { 8.5, 3.0, 9.5, 0.0 } };
  field.halfExtent = { { 5.5, 5.0, 4.5, 0.0 } };
  field.coefficients = { 0.1, -0.2, 0.3, 0.05 };
  field.logMinimum = -0.25;
  field.logMaximum = 0.5;
  const auto expected = itk::IlluminationCorrectionImageFilter<WorkImage>::New();
  expected->SetInput(image);
  expected->SetField(field);
  expected->InverseOn();
  expected->Update();
  const auto back = Pipeline(SpecOf("histogram-retinex"), true).Undo(image, { learned });
  EXPECT_EQ(BitsOf(*back), BitsOf(*expected->GetOutput()));
}

TEST(FieldRecord, WhoseListsDoNotGoTogetherIsRefused)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 23, 19, 17, 1 } }));
  const auto spec = SpecOf("histogram-retinex");
  const auto learned = LearnedOf(RunOne(spec, image, testing::MaskAbove(*image, 30.0F)));
  const auto refusal = [&](const std::string & name, const Value & value)
  {
    auto changed = learned;
    std::find_if(changed.begin(), changed.end(), [&](const auto & entry) { return entry.first == name; })->second =
      value;
    return MessageOf([&] { Pipeline(spec, true).Undo(image, { changed }); });
  };
  ASSERT_EQ(refusal("rim", Numbers{ 2.0 }), "");
  auto shorter = std::get<Numbers>(Named(learned, "coefficients"));
  ASSERT_GT(shorter.size(), 3U);
  shorter.pop_back();
  const std::vector<std::pair<std::string, Value>> damages = { { "order", Numbers{ 99.0 } },
                                                               { "order", Numbers{ -1.0 } },
                                                               { "order", Numbers{} },
                                                               { "centre", Numbers{ 1.0 } },
                                                               { "half_extent", Numbers{ 1.0, 2.0 } },
                                                               { "terms", Numbers{ 1e300 } },
                                                               { "terms", Numbers{ -5.0 } },
                                                               { "terms", Numbers{ 0.0 } },
                                                               { "coefficients", shorter },
                                                               { "coefficients", Numbers{} },
                                                               { "log_minimum", Numbers{} },
                                                               { "terms", Numbers{ 1.0, 1.0 } },
                                                               { "log_maximum", Numbers{ 1.0, 2.0 } } };
  for (const auto & [name, value] : damages)
  {
    EXPECT_NE(refusal(name, value).find("; the sidecar was changed or damaged"), std::string::npos)
      << name << " " << ToString(value) << ": " << refusal(name, value);
  }
}

TEST(FieldProduct, IsWhatTheWholePipelineDividedBy)
{
  const auto   series = ShadedSeries();
  const auto   mask = testing::MaskAbove(*series, 30.0F);
  PipelineSpec spec;
  spec.stages = { { "histogram-retinex", { { "order", 2LL } } },
                  { "histogram-retinex", { { "frame", std::string("each") } } } };
  const auto result = RunOne(spec, series, mask);
  ASSERT_EQ(result.images.field->GetLargestPossibleRegion(), series->GetLargestPossibleRegion());
  for (std::size_t i = 0; i < PixelsOf(*series).size(); ++i)
  {
    const double product =
      static_cast<double>(result.images.after->GetBufferPointer()[i]) * result.images.field->GetBufferPointer()[i];
    const double before = series->GetBufferPointer()[i];
    ASSERT_NEAR(product, before, 4e-7 * before) << i; // five values rounded to float, 6e-8 each
  }
}

namespace
{
struct GateCase
{
  WorkImage::Pointer image;
  MaskImage::Pointer mask;
};

GateCase
PhantomOf(testing::FieldKind kind, double range, double noise)
{
  testing::PhantomOptions options;
  options.size = { { 70, 86, 70 } };
  options.spacing = { { 2.0, 2.0, 2.0 } };
  options.field = kind;
  options.range = range;
  options.noise = noise;
  const auto phantom = testing::MakePhantom(options);
  GateCase   result;
  result.image = testing::PlainGrid({ { 70, 86, 70, 1 } });
  const double spacing[] = { 2.0, 2.0, 2.0, 1.0 };
  result.image->SetSpacing(spacing);
  const auto count = result.image->GetLargestPossibleRegion().GetNumberOfPixels();
  std::copy_n(phantom.image->GetBufferPointer(), count, result.image->GetBufferPointer());
  result.mask = testing::MaskAbove(*result.image, 0.0F);
  std::copy_n(phantom.brain->GetBufferPointer(), count, result.mask->GetBufferPointer());
  return result;
}
} // namespace

TEST(FieldGate, RefusesWhatIsFoundWhereThereIsNoField)
{
  for (const double noise : { 0.01, 0.03 })
  {
    const auto input = PhantomOf(testing::FieldKind::None, 0.0, noise);
    const auto open = RunOne(SpecOf("histogram-retinex"), input.image, input.mask);
    const auto result = RunOne(SpecOf("histogram-retinex", { { "gate", true } }), input.image, input.mask);
    EXPECT_NE(BitsOf(*open.images.after), BitsOf(*input.image)); // something is found
    EXPECT_EQ(BitsOf(*result.images.after), BitsOf(*input.image)) << noise;
    EXPECT_EQ(std::get<long long>(Named(LearnedOf(result), "gated")), 1) << noise;
    EXPECT_TRUE(std::get<Numbers>(Named(LearnedOf(result), "coefficients")).empty());
    EXPECT_GT(std::get<Numbers>(Named(LearnedOf(result), "gate_deviation")).at(0), 0.0);
    ASSERT_EQ(result.report.stages[0].warnings.size(), 1U);
    EXPECT_NE(result.report.stages[0].warnings[0].find("gated: the field found deviates by"), std::string::npos);
    ExpectNear(*Pipeline(SpecOf("histogram-retinex"), true).Undo(result.images.after, { LearnedOf(result) }),
               *input.image);
  }
}

TEST(FieldGate, LetsAFieldOfFivePercentAndMoreThrough)
{
  for (const auto & [kind, range] : { std::pair(testing::FieldKind::Polynomial, 0.05),
                                      { testing::FieldKind::Gaussians, 0.1 },
                                      { testing::FieldKind::SurfaceCoil, 0.2 },
                                      { testing::FieldKind::Polynomial, 0.4 } })
  {
    const auto input = PhantomOf(kind, range, 0.03);
    const auto open = RunOne(SpecOf("histogram-retinex"), input.image, input.mask);
    const auto result = RunOne(SpecOf("histogram-retinex", { { "gate", true } }), input.image, input.mask);
    EXPECT_EQ(std::get<long long>(Named(LearnedOf(result), "gated")), 0) << range;
    EXPECT_EQ(BitsOf(*result.images.after), BitsOf(*open.images.after)) << range;
    EXPECT_TRUE(result.report.stages[0].warnings.empty()) << range;
  }
}

TEST(FieldGate, LooksAtStagesWhoseFieldIsAnImageAsWell)
{
  SetThreads(2);
  const auto    shaded = testing::FillHead(testing::ObliqueGrid({ { 40, 32, 12, 1 } }));
  const auto    noise = testing::CopyOf(*shaded); // without light to remove, or anything else that is smooth
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < PixelsOf(*noise).size(); ++i)
  {
    state = state * 6364136223846793005U + 1442695040888963407U;
    noise->GetBufferPointer()[i] = 100.0F * std::exp2(static_cast<float>(state >> 40U) / 8388608.0F);
  }
  const auto mask = testing::MaskAbove(*shaded, 30.0F);
  const auto lit = testing::CopyOf(*noise); // the same grain in each image, under a lamp at the left that fades
  for (std::size_t i = 0; i < PixelsOf(*lit).size(); ++i)
  {
    const auto   grain = std::pow(noise->GetBufferPointer()[i] / 100.0F, 0.1F);
    const double lamp = 1.3 - 0.6 * static_cast<double>(i % 40) / 39.0;
    lit->GetBufferPointer()[i] = grain * static_cast<float>(lamp * (100.0 - 5.0 * static_cast<double>(i / (40 * 32))));
  }
  for (const auto & [stage, options, image] :
       { std::tuple<std::string, Values, WorkImage::Pointer>("poisson-retinex", { { "threshold", 0.6 } }, shaded),
         { "variational-retinex", {}, shaded },
         { "stack-illumination", { { "darkfield", true }, { "timelapse", true } }, lit } })
  {
    SCOPED_TRACE(stage);
    auto gated = options;
    gated.emplace_back("gate", true);
    const auto through = RunOne(SpecOf(stage, gated), image, mask);
    const auto open = RunOne(SpecOf(stage, options), image, mask);
    EXPECT_FALSE(std::get<bool>(Named(LearnedOf(through), "gated")));
    EXPECT_GT(std::get<double>(Named(LearnedOf(through), "gate_entropy_gain")), 0.005);
    EXPECT_EQ(BitsOf(*through.images.after), BitsOf(*open.images.after));
    EXPECT_EQ(BitsOf(*through.images.field), BitsOf(*open.images.field));

    const auto closed = RunOne(SpecOf(stage, gated), noise, nullptr);
    EXPECT_TRUE(std::get<bool>(Named(LearnedOf(closed), "gated")));
    EXPECT_EQ(BitsOf(*closed.images.after), BitsOf(*noise));
    const auto ones = PixelsOf(*closed.images.field);
    EXPECT_TRUE(std::all_of(ones.begin(), ones.end(), [](float value) { return value == 1.0F; }));
    EXPECT_NE(BitsOf(*RunOne(SpecOf(stage, options), noise, nullptr).images.after), BitsOf(*noise));
    const auto & warnings = closed.report.stages[0].warnings;
    EXPECT_TRUE(std::any_of(warnings.begin(),
                            warnings.end(),
                            [](const auto & warning)
                            { return warning.find("gated: the field found deviates by") == 0; }));
    EXPECT_EQ(BitsOf(*Pipeline(SpecOf(stage, gated), true).Undo(closed.images.after, { LearnedOf(closed) })),
              BitsOf(*noise));
    SetThreads(1);
    const auto again = Pipeline(SpecOf(stage, gated), true).Run(image, mask, { 1, 5 });
    EXPECT_EQ(LearnedOf(again), LearnedOf(through));
    EXPECT_EQ(BitsOf(*again.images.after), BitsOf(*through.images.after));
    SetThreads(2);
  }
  EXPECT_NE(MessageOf(
              [] {
                Pipeline(SpecOf("poisson-retinex", { { "gate", true }, { "logarithm", true } }), true);
              })
              .find("'gate' may leave the image as it is, which is no 'logarithm'"),
            std::string::npos);
}

TEST(FieldWarnings, OfExcludedVoxelsGrowWithTheirShareOfTheMask)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 24, 22, 20, 1 } }));
  const auto mask = testing::MaskAbove(*image, -1.0F); // all 10,560 voxels
  const auto warningsOf = [&](const char * stage, std::size_t excluded)
  {
    const auto spoilt = testing::CopyOf(*image);
    std::fill_n(spoilt->GetBufferPointer(), excluded, -1.0F);
    return RunOne(SpecOf(stage), spoilt, mask).report.stages[0].warnings;
  };
  for (const char * stage : { "histogram-retinex", "n4", "multi-scale-retinex", "poisson-retinex" })
  {
    SCOPED_TRACE(stage);
    EXPECT_TRUE(warningsOf(stage, 105).empty()); // below a hundredth
    const auto some = warningsOf(stage, 106);
    ASSERT_EQ(some.size(), 1U);
    EXPECT_EQ(some[0].find("106 of 10560 mask voxels are not positive or not finite: "), 0U) << some[0];
    EXPECT_EQ(some[0].find("too much"), std::string::npos) << some[0];
    const auto many = warningsOf(stage, 4541);
    ASSERT_FALSE(many.empty());
    EXPECT_NE(many[0].find("that is 43 % of the mask, too much to trust the field there"), std::string::npos)
      << many[0];
  }
}

TEST(FieldWarnings, AnImageOfOneIntensityHasNoField)
{
  const auto image = testing::ObliqueGrid({ { 24, 22, 20, 1 } });
  image->FillBuffer(7.0F);
  for (const char * stage : { "histogram-retinex", "n4" })
  {
    const auto result = RunOne(SpecOf(stage), image, testing::MaskAbove(*image, 0.0F));
    EXPECT_EQ(BitsOf(*result.images.after), BitsOf(*image));
    ASSERT_EQ(result.report.stages[0].warnings.size(), 1U) << stage;
    EXPECT_NE(result.report.stages[0].warnings[0].find("no field was found"), std::string::npos) << stage;
  }
}

TEST(FieldEvenness, IsNotMeasuredOfALogarithm)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 23, 19, 17, 1 } }));
  Tissue     tissue;
  tissue.labels = testing::CopyOf(*image);
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    tissue.labels->GetBufferPointer()[i] = i % 2 == 0 ? 2.0F : 3.0F;
  }
  for (const char * stage : { "single-scale-retinex", "multi-scale-retinex", "poisson-retinex", "variational-retinex" })
  {
    for (const bool logarithm : { false, true })
    {
      SCOPED_TRACE(stage);
      PipelineSpec spec = SpecOf(stage, { { "logarithm", logarithm } });
      spec.stages.push_back({ "instance-norm", {} });
      const auto report = Pipeline(spec, true).Run({ image }, nullptr, nullptr, { 2, 1 }, tissue).front().report;
      EXPECT_EQ(std::isnan(report.evennessBefore.coefficientOfVariation), logarithm);
      EXPECT_EQ(std::isnan(report.evennessAfter.coefficientOfVariation), logarithm);
      EXPECT_EQ(std::isnan(report.evennessAfter.coefficientOfJointVariation), logarithm);
      EXPECT_EQ(std::isnan(report.evennessAfter.entropy), logarithm);
      EXPECT_EQ(report.tissueAfter.has_value(), !logarithm);
      EXPECT_EQ(report.stages[0].warnings.size(), logarithm ? 1U : 0U);
    }
  }
}

namespace
{
class ApplyField : public ::testing::Test
{
protected:
  ApplyField()
  {
    SetThreads(2);
  }

  /** A field on a grid of its own: 1 + x / 400 - y / 300 + z / 500, in mm. */
  static WorkImage::Pointer
  LinearField(const WorkImage::SizeType & size, double spacing, const std::array<double, 3> & origin)
  {
    const auto           field = testing::PlainGrid(size);
    const double         spacings[] = { spacing, spacing, spacing, 1.0 };
    WorkImage::PointType point;
    point.Fill(0.0);
    std::copy(origin.begin(), origin.end(), point.GetDataPointer());
    field->SetSpacing(spacings);
    field->SetOrigin(point);
    for (std::size_t i = 0; i < field->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
    {
      field->GetBufferPointer()[i] =
        static_cast<float>(LinearAt(*field, field->ComputeIndex(static_cast<itk::OffsetValueType>(i))));
    }
    return field;
  }

  static double
  LinearAt(const WorkImage & grid, const WorkImage::IndexType & index)
  {
    WorkImage::PointType point;
    grid.TransformIndexToPhysicalPoint(index, point);
    return 1.0 + point[0] / 400.0 - point[1] / 300.0 + point[2] / 500.0;
  }

  std::string
  Write(const std::string & name, const WorkImage::Pointer & image) const
  {
    Volume volume;
    volume.channels = { image };
    volume.axes = image->GetLargestPossibleRegion().GetSize(3) > 1 ? 4 : 3;
    WriteVolume(volume, m_Folder / name);
    return (m_Folder / name).string();
  }

  /** On the grid that a file of the image would have. */
  WorkImage::Pointer
  AsFile(const WorkImage::Pointer & image) const
  {
    this->Write("grid.mha", image);
    return ReadVolume(m_Folder / "grid.mha").channels[0];
  }

  static Pipeline::Result
  Apply(const std::string & field, const WorkImage::Pointer & image, const MaskImage::Pointer & mask = nullptr)
  {
    return Pipeline(SpecOf("apply-field", { { "field", field } }), mask.IsNotNull()).Run(image, mask, { 2, 3 });
  }

  static std::string
  Refusal(const std::string & field, const WorkImage::Pointer & image, const MaskImage::Pointer & mask = nullptr)
  {
    return MessageOf([&] { Apply(field, image, mask); });
  }

  testing::TemporaryFolder m_Folder;
};

const WorkImage::SizeType HeadSize{ { 23, 19, 17, 1 } };
} // namespace

TEST_F(ApplyField, DividesEveryVoxelByTheFieldOnTheSameGrid)
{
  const auto image = this->AsFile(testing::FillHead(testing::ObliqueGrid(HeadSize)));
  const auto field = testing::CopyOf(*image);
  for (std::size_t i = 0; i < PixelsOf(*field).size(); ++i)
  {
    field->GetBufferPointer()[i] = 0.5F + static_cast<float>(i % 1000) / 1000.0F;
  }
  const auto result = Apply(this->Write("field.mha", field), image);
  for (std::size_t i = 0; i < PixelsOf(*field).size(); ++i)
  {
    const double divisor = field->GetBufferPointer()[i];
    ASSERT_EQ(result.images.after->GetBufferPointer()[i], static_cast<float>(image->GetBufferPointer()[i] / divisor));
  }
  EXPECT_EQ(BitsOf(*result.images.field), BitsOf(*field));
  const auto learned = LearnedOf(result);
  EXPECT_FALSE(std::get<bool>(Named(learned, "resampled")));
  EXPECT_EQ(std::get<double>(Named(learned, "minimum")), 0.5);
  EXPECT_EQ(std::get<std::string>(Named(learned, "sha256")), HashVolume(m_Folder / "field.mha"));
  EXPECT_NEAR(result.report.field->maximum, 1.499, 1e-6); // rounded to float
}

TEST_F(ApplyField, OneFrameHoldsForAllOfASeriesAndAsManyEachForItsOwn)
{
  const auto series = this->AsFile(ShadedSeries());
  const auto count = FrameOf(*series, 0)->GetLargestPossibleRegion().GetNumberOfPixels();
  auto       field = testing::CopyOf(*series);
  for (std::size_t i = 0; i < PixelsOf(*field).size(); ++i)
  {
    field->GetBufferPointer()[i] = 0.5F + static_cast<float>(i % 997) / 1000.0F;
  }
  const auto each = Apply(this->Write("each.mha", field), series);
  const auto one = Apply(this->Write("one.mha", FrameOf(*field, 1)), series);
  for (std::size_t i = 0; i < PixelsOf(*series).size(); ++i)
  {
    const double value = series->GetBufferPointer()[i];
    ASSERT_EQ(each.images.after->GetBufferPointer()[i], static_cast<float>(value / field->GetBufferPointer()[i]));
    ASSERT_EQ(one.images.after->GetBufferPointer()[i],
              static_cast<float>(value / field->GetBufferPointer()[count + i % count]));
  }
  const auto message = Refusal((m_Folder / "each.mha").string(), FrameOf(*series, 0));
  EXPECT_NE(message.find("the field has 3 frames, the image 1; "), std::string::npos) << message;
}

TEST_F(ApplyField, IsTrilinearBetweenTheVoxelsOfAnotherGrid)
{
  for (const auto & size : { HeadSize, SeriesSize })
  {
    const auto image = testing::FillHead(testing::ObliqueGrid(size));
    const auto field = this->Write("coarse.mha", LinearField({ { 9, 8, 7, 1 } }, 40.0, { { -150.0, -120.0, -20.0 } }));
    const auto result = Apply(field, image);
    EXPECT_TRUE(std::get<bool>(Named(LearnedOf(result), "resampled")));
    EXPECT_EQ(result.images.field->GetLargestPossibleRegion().GetSize(3), 1U);
    for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
    {
      const auto   index = image->ComputeIndex(static_cast<itk::OffsetValueType>(i));
      const double divisor = LinearAt(*image, index); // a linear function is what trilinear weights give exactly
      ASSERT_NEAR(result.images.after->GetBufferPointer()[i] * divisor,
                  image->GetBufferPointer()[i],
                  4e-7 * image->GetBufferPointer()[i]) // field, weights and quotient in float
        << index;
    }
  }
}

TEST_F(ApplyField, ThatEndsInsideTheMaskIsRefusedWithACountAndBothGrids)
{
  const auto image = testing::FillHead(testing::ObliqueGrid(HeadSize));
  const auto field = this->Write("half.mha", LinearField({ { 9, 8, 2, 1 } }, 40.0, { { -150.0, -120.0, 80.0 } }));
  const auto message = Refusal(field, image);
  EXPECT_NE(
    message.find(" voxels of the field are not positive, not finite or beyond its grid; image: size 23 x 19 x 17"),
    std::string::npos)
    << message;
  EXPECT_NE(message.find("field: size 9 x 8 x 2"), std::string::npos) << message;

  // with a mask that keeps to the grid, what lies outside stays as it is, and is counted
  const auto open = testing::CopyOf(*image);
  auto       mask = testing::MaskAbove(*image, HUGE_VALF);
  long long  outside = 0;
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    WorkImage::PointType point;
    image->TransformIndexToPhysicalPoint(image->ComputeIndex(static_cast<itk::OffsetValueType>(i)), point);
    mask->GetBufferPointer()[i] = point[2] < 135.0;
    outside += point[2] > 140.0; // the last voxel reaches half a spacing beyond its centre at 120
  }
  const auto result = Apply(field, image, mask);
  EXPECT_EQ(std::get<long long>(Named(LearnedOf(result), "unusable")), outside);
  ASSERT_GT(outside, 100);
  ASSERT_EQ(result.report.stages[0].warnings.size(), 1U);
  EXPECT_EQ(result.report.stages[0].warnings[0],
            std::to_string(outside) +
              " voxels outside the mask are kept: the field is not positive, not finite or ends there");
  std::size_t kept = 0;
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    kept += result.images.after->GetBufferPointer()[i] == image->GetBufferPointer()[i];
  }
  EXPECT_GE(kept, static_cast<std::size_t>(outside));
  EXPECT_LT(kept, static_cast<std::size_t>(outside) + 20); // a few more may round to themselves
}

TEST_F(ApplyField, ThatIsNotPositiveInsideTheMaskIsRefusedWithTheCount)
{
  const auto image = this->AsFile(testing::FillHead(testing::ObliqueGrid(HeadSize)));
  const auto mask = testing::MaskAbove(*image, 30.0F);
  auto       field = testing::CopyOf(*image);
  field->FillBuffer(1.25F);
  const auto  middle = PixelsOf(*image).size() / 2;
  const float wrong[] = { 0.0F, -1.0F, NAN, HUGE_VALF };
  for (std::size_t i = 0; i < 4; ++i)
  {
    ASSERT_EQ(mask->GetBufferPointer()[middle + i], 1);
    field->GetBufferPointer()[middle + i] = wrong[i];
  }
  const auto path = this->Write("field.mha", field);
  EXPECT_NE(Refusal(path, image, mask).find("field.mha: 4 voxels of the field inside the mask are not positive"),
            std::string::npos)
    << Refusal(path, image, mask);
  for (std::size_t i = 0; i < 4; ++i)
  {
    mask->GetBufferPointer()[middle + i] = 0;
  }
  const auto result = Apply(path, image, mask);
  for (std::size_t i = 0; i < 4; ++i)
  {
    EXPECT_EQ(result.images.after->GetBufferPointer()[middle + i], image->GetBufferPointer()[middle + i]);
  }
}

TEST_F(ApplyField, OfAPictureWithoutPositionMustHaveItsSize)
{
  const auto picture = testing::FillHead(testing::PlainGrid({ { 30, 20, 1, 1 } }));
  auto       field = testing::PlainGrid({ { 30, 20, 1, 1 } });
  field->FillBuffer(2.0F);
  Volume volume;
  volume.axes = 2;
  volume.channels = { field };
  WriteVolume(volume, m_Folder / "field.tif");
  const auto result = Apply((m_Folder / "field.tif").string(), picture);
  EXPECT_EQ(result.images.after->GetBufferPointer()[7], picture->GetBufferPointer()[7] / 2.0F);
  const auto message =
    Refusal((m_Folder / "field.tif").string(), testing::FillHead(testing::PlainGrid({ { 31, 20, 1, 1 } })));
  EXPECT_NE(message.find("the field's size is not the image's, and its format has no position"), std::string::npos)
    << message;
}

TEST_F(ApplyField, OnePlaneHoldsForAllPlanesAndOneFrameForAllFrames)
{
  const auto stack = this->AsFile(testing::FillHead(testing::ObliqueGrid({ { 23, 19, 6, 3 } })));
  const auto plane = std::size_t{ 23 * 19 };
  const auto field = testing::CopyOf(*stack);
  const auto pixels = PixelsOf(*stack);
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    field->GetBufferPointer()[i] = 0.5F + static_cast<float>(i % 997) / 1000.0F;
  }
  const auto part = [&](std::size_t frames)
  {
    auto region = field->GetLargestPossibleRegion();
    region.SetSize(2, 1);
    region.SetSize(3, frames);
    auto image = WorkImage::New();
    image->CopyInformation(field);
    image->SetRegions(region);
    image->Allocate();
    for (std::size_t f = 0; f < frames; ++f)
    {
      std::copy_n(field->GetBufferPointer() + f * 6 * plane, plane, image->GetBufferPointer() + f * plane);
    }
    return image;
  };
  for (const std::size_t frames : { std::size_t{ 1 }, std::size_t{ 3 } })
  {
    const auto result = Apply(this->Write("plane.mha", part(frames)), stack);
    EXPECT_FALSE(std::get<bool>(Named(LearnedOf(result), "resampled")));
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      const auto frame = i / (6 * plane) % frames;
      ASSERT_EQ(
        result.images.after->GetBufferPointer()[i],
        static_cast<float>(static_cast<double>(pixels[i]) / field->GetBufferPointer()[frame * 6 * plane + i % plane]))
        << i;
    }
    ExpectNear(*Pipeline(SpecOf("apply-field", { { "field", (m_Folder / "plane.mha").string() } }), true)
                  .Undo(result.images.after, { LearnedOf(result) }),
               *stack);
  }
  auto moved = part(1); // within its plane: it is the plane of something else
  auto origin = moved->GetOrigin();
  origin[0] += 20.0;
  moved->SetOrigin(origin);
  EXPECT_NE(Refusal(this->Write("moved.mha", moved), stack).find("beyond its grid"), std::string::npos);
}

TEST_F(ApplyField, OfAStackHoldsForAnotherNumberOfImagesUnlessMoreWasDoneThanDividing)
{
  const auto stackOf = [](std::size_t images)
  {
    auto image = testing::PlainGrid({ { 32, 24, images, 1 } });
    for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
    {
      const double x = static_cast<double>(i % 32) / 31.0;
      const double brightness = 50.0 + 20.0 * static_cast<double>(i / (32 * 24));
      image->GetBufferPointer()[i] =
        static_cast<float>(brightness * (0.8 + 0.4 * x) + static_cast<double>(i * 7919 % 101) / 100.0 + 10.0);
    }
    return image;
  };
  CaseTask task;
  task.input = m_Folder / "stack.tif";
  task.output = m_Folder / "out.tif";
  Volume volume;
  volume.channels = { stackOf(12) };
  WriteVolume(volume, task.input);
  CaseOptions options;
  options.field = m_Folder / "flat.tif";
  ProcessCase(task, SpecOf("stack-illumination"), options);
  const auto flat = ReadVolume(options.field);
  EXPECT_EQ(flat.axes, 2U);
  EXPECT_EQ(flat.channels[0]->GetLargestPossibleRegion().GetSize(), (WorkImage::SizeType{ { 32, 24, 1, 1 } }));

  const auto other = stackOf(5);
  const auto byFile = Apply(options.field.string(), other);
  const auto bySidecar = Apply((m_Folder / "out.json").string(), other);
  EXPECT_EQ(BitsOf(*byFile.images.after), BitsOf(*bySidecar.images.after));
  for (std::size_t i = 0; i < PixelsOf(*other).size(); ++i)
  {
    ASSERT_EQ(byFile.images.after->GetBufferPointer()[i],
              static_cast<float>(other->GetBufferPointer()[i] /
                                 static_cast<double>(flat.channels[0]->GetBufferPointer()[i % (32 * 24)])));
  }

  options.field.clear();
  for (const auto & [option, said] : { std::pair("darkfield", "subtracted a dark-field as well"),
                                       { "timelapse", "divided each image by its own baseline as well" } })
  {
    ProcessCase(task, SpecOf("stack-illumination", { { option, true } }), options);
    const auto message = Refusal((m_Folder / "out.json").string(), other);
    EXPECT_NE(message.find("out.json: stack-illumination " + std::string(said) + ", which a field alone cannot give"),
              std::string::npos)
      << message;
    EXPECT_NE(message.find("give the file that --field wrote"), std::string::npos) << message;
  }
  ProcessCase(task, SpecOf("multi-scale-retinex", { { "logarithm", true } }), options);
  EXPECT_NE(Refusal((m_Folder / "out.json").string(), stackOf(12)).find("took a logarithm as well"), std::string::npos);
}

TEST_F(ApplyField, TakesTheSidecarOfTheRunThatLearnedIt)
{
  CaseTask task;
  task.input = m_Folder / "t1.nii";
  task.output = m_Folder / "out/t1.nii";
  CaseOptions options;
  options.field = m_Folder / "out/field.nii";
  for (const auto & size : { HeadSize, SeriesSize })
  {
    WriteVolume(testing::HeadVolume(size), task.input);
    PipelineSpec spec;
    spec.stages = { { "foreground", {} },
                    { "histogram-retinex", { { "frame", std::string("each") } } },
                    { "instance-norm", {} },
                    { "histogram-retinex", { { "order", 2LL } } } };
    ProcessCase(task, spec, options);
    const auto other = ReadVolume(task.input).channels[0];
    const auto byFile = Apply(options.field.string(), other);
    const auto bySidecar = Apply((m_Folder / "out/t1.json").string(), other);
    EXPECT_EQ(BitsOf(*byFile.images.after), BitsOf(*bySidecar.images.after));
    EXPECT_NE(BitsOf(*byFile.images.after), BitsOf(*other));
  }
  const auto other = testing::FillHead(testing::PlainGrid({ { 24, 22, 21, 1 } }));
  const auto message = Refusal((m_Folder / "out/t1.json").string(), other);
  EXPECT_NE(message.find("t1.json: the recorded field lies on another grid; image: size 24 x 22 x 21"),
            std::string::npos)
    << message;

  auto json = nlohmann::ordered_json::parse(testing::ReadBytesOf(m_Folder / "out/t1.json"));
  json["input"].erase("grid");
  testing::PutFile(m_Folder / "old.json", json.dump());
  EXPECT_NE(Refusal((m_Folder / "old.json").string(), other).find("did not record the grid"), std::string::npos);
}

TEST_F(ApplyField, IsRefusedOfASidecarWithoutAField)
{
  CaseTask task;
  task.input = m_Folder / "t1.nii";
  task.output = m_Folder / "out/t1.nii";
  WriteVolume(testing::HeadVolume(HeadSize), task.input);
  ProcessCase(task, SpecOf("instance-norm"), {});
  const auto image = ReadVolume(task.input).channels[0];
  const auto message = Refusal((m_Folder / "out/t1.json").string(), image);
  EXPECT_NE(message.find("no stage of that run divides by a field"), std::string::npos) << message;

  auto field = testing::CopyOf(*image);
  field->FillBuffer(1.5F);
  ProcessCase(task, SpecOf("apply-field", { { "field", this->Write("field.mha", field) } }), {});
  EXPECT_NE(Refusal((m_Folder / "out/t1.json").string(), image).find("give that field itself"), std::string::npos);
}

TEST_F(ApplyField, IsUndoneWithTheSameFileOnly)
{
  CaseTask task;
  task.input = m_Folder / "t1.nii";
  task.output = m_Folder / "out/t1.nii";
  WriteVolume(testing::HeadVolume(HeadSize), task.input);
  const auto image = ReadVolume(task.input).channels[0];
  const auto field = this->Write("field.nii", LinearField({ { 9, 8, 7, 1 } }, 40.0, { { -150.0, -120.0, -150.0 } }));
  const auto report = ProcessCase(task, SpecOf("apply-field", { { "field", field } }), {}).report;
  ASSERT_EQ(report.files.size(), 1U);
  EXPECT_EQ(report.files[0].first, "field.nii");
  EXPECT_EQ(report.files[0].second, HashVolume(field));

  const auto restore = [&](const std::string & given)
  {
    CaseOptions options;
    options.field = given;
    return MessageOf([&] { RestoreCase(task.output, m_Folder / "back.nii", options); });
  };
  EXPECT_NE(restore("").find("apply-field cannot be undone without field.nii, which the image was divided by; put it "
                             "beside the image, or give it with --field"),
            std::string::npos)
    << restore("");
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.nii"));
  EXPECT_EQ(restore(field), "");
  ExpectNear(*ReadVolume(m_Folder / "back.nii").channels[0], *image);
  std::filesystem::remove(m_Folder / "back.nii");

  testing::CopyFile(field, m_Folder / "out/field.nii");
  EXPECT_EQ(restore(""), "");
  ExpectNear(*ReadVolume(m_Folder / "back.nii").channels[0], *image);

  this->Write("out/field.nii", LinearField({ { 9, 8, 7, 1 } }, 41.0, { { -150.0, -120.0, -150.0 } }));
  EXPECT_NE(restore("").find("field.nii is not the field that the image was divided by, its sha256 differs"),
            std::string::npos)
    << restore("");
}

TEST_F(ApplyField, AFileThatIsNotThereIsRefusedBeforeAnythingRuns)
{
  const auto message = MessageOf(
    [&] {
      Pipeline(SpecOf("apply-field", { { "field", std::string("none.nii") } }), true);
    });
  EXPECT_EQ(message,
            "stage 1 (apply-field): 'field': none.nii: no such file; name a field that '--field' wrote, or a sidecar");
}

TEST_F(ApplyField, WithoutAFieldIsAWrongCall)
{
  EXPECT_THROW(Pipeline(SpecOf("apply-field"), true), UsageError);
  EXPECT_EQ(
    MessageOf([] { Pipeline(SpecOf("apply-field"), true); }),
    "stage 1 (apply-field): 'field' is missing: name the image of a field that --field of another run wrote, or "
    "that run's sidecar");
}

TEST(TissueLabels, TellHowEvenGreyAndWhiteMatterBecome)
{
  const auto image = testing::FillHead(testing::ObliqueGrid(HeadSize));
  const auto mask = testing::MaskAbove(*image, 30.0F);
  Tissue     tissue;
  tissue.values = { { 5.0, 7.0 } };
  tissue.labels = testing::CopyOf(*image);
  std::vector<double> grey;
  std::vector<double> white;
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    const float label = i % 3 == 0 ? 5.0F : i % 3 == 1 ? 7.0F : 2.0F;
    tissue.labels->GetBufferPointer()[i] = label;
    if (mask->GetBufferPointer()[i] != 0 && label != 2.0F)
    {
      (label == 5.0F ? grey : white).push_back(image->GetBufferPointer()[i]);
    }
  }
  const auto momentsOf = [](const std::vector<double> & values)
  {
    double mean = 0.0;
    double square = 0.0;
    for (const double value : values)
    {
      mean += value / static_cast<double>(values.size());
    }
    for (const double value : values)
    {
      square += (value - mean) * (value - mean) / static_cast<double>(values.size());
    }
    return std::pair(mean, std::sqrt(square));
  };
  const auto [greyMean, greyDeviation] = momentsOf(grey);
  const auto [whiteMean, whiteDeviation] = momentsOf(white);
  const auto report = std::move(
    Pipeline(SpecOf("histogram-retinex"), true).Run({ image }, mask, nullptr, { 2, 1 }, tissue).front().report);
  ASSERT_TRUE(report.tissueBefore && report.tissueAfter && report.field);
  EXPECT_EQ(report.tissueVoxels[0], grey.size());
  EXPECT_EQ(report.tissueVoxels[1], white.size());
  // sums of some thousand terms in another order
  EXPECT_NEAR(report.tissueBefore->greyMatterVariation, greyDeviation / greyMean, 1e-10);
  EXPECT_NEAR(report.tissueBefore->whiteMatterVariation, whiteDeviation / whiteMean, 1e-10);
  EXPECT_NEAR(report.tissueBefore->coefficientOfJointVariation,
              (greyDeviation + whiteDeviation) / std::abs(greyMean - whiteMean),
              1e-8 * report.tissueBefore->coefficientOfJointVariation);
  EXPECT_LT(report.tissueAfter->whiteMatterVariation, report.tissueBefore->whiteMatterVariation);
}
} // namespace isolux
