#include "itkIlluminationCorrectionImageFilter.h"
#include "itkN4FieldSink.h"

#include "FieldTest.h"

#include "itkCastImageFilter.h"
#include "itkConstantPadImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkShrinkImageFilter.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;
using Volume = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();
constexpr float Infinity = std::numeric_limits<float>::infinity();

/** 4 mm, shrunk by 2 in most tests: where only bits and rules are looked at. */
const Phantom &
Head()
{
  static const Phantom phantom = []
  {
    PhantomOptions options;
    options.size = { { 40, 50, 40 } };
    options.spacing = { { 4.0, 4.0, 4.0 } };
    options.field = FieldKind::Gaussians;
    return MakePhantom(options);
  }();
  return phantom;
}

template <typename TImage>
auto
SinkOf(const TImage * image, const itk::Image<unsigned char, TImage::ImageDimension> * mask)
{
  const auto sink = itk::N4FieldSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->SetShrinkFactor(2);
  sink->SetIterations({ 5, 5 });
  return sink;
}

template <typename TImage>
SmoothField
FieldOf(const TImage * image, const itk::Image<unsigned char, TImage::ImageDimension> * mask)
{
  const auto sink = SinkOf(image, mask);
  sink->Update();
  return sink->GetField();
}

/** The same pixels as an image of another dimension. */
template <typename TOutput, typename TInput>
typename TOutput::Pointer
Reshaped(const TInput * image, const typename TOutput::SizeType & size, std::size_t offset = 0)
{
  const auto output = TOutput::New();
  output->SetRegions(size);
  output->SetSpacing(typename TOutput::SpacingType(4.0));
  output->Allocate();
  for (std::size_t i = 0; i < output->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    output->GetBufferPointer()[i] =
      image->GetBufferPointer()[(offset + i) % image->GetBufferedRegion().GetNumberOfPixels()];
  }
  return output;
}

TEST(N4FieldSink, KeepsItsRangeInsideTheMaskEverywhere)
{
  const auto & head = Head();
  const auto   field = FieldOf(head.image.GetPointer(), head.brain.GetPointer());
  const auto   logField = LogField(head.image.GetPointer(), field);
  double       lowest = 1e30;
  double       highest = -1e30;
  for (std::size_t i = 0; i < logField.size(); ++i)
  {
    if (head.brain->GetBufferPointer()[i])
    {
      lowest = std::min(lowest, logField[i]);
      highest = std::max(highest, logField[i]);
    }
    ASSERT_GE(logField[i], field.logMinimum);
    ASSERT_LE(logField[i], field.logMaximum);
  }
  EXPECT_TRUE(SameBits(lowest, field.logMinimum));
  EXPECT_TRUE(SameBits(highest, field.logMaximum));
  auto unbounded = field;
  unbounded.logMinimum = -1e30;
  unbounded.logMaximum = 1e30;
  EXPECT_GT(LargestDifference(LogField(head.image.GetPointer(), unbounded), logField), 0.001); // the bounds are at work
}

TEST(N4FieldSink, HasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto & head = Head();
  const auto   weights = Changed(head.image, [](std::size_t i, float) { return 0.5F + 0.001F * float(i % 1000); });
  const auto   upstream = itk::CastImageFilter<Volume, Volume>::New();
  upstream->SetInput(head.image);
  upstream->InPlaceOff();
  const auto monitor = itk::PipelineMonitorImageFilter<Volume>::New();
  monitor->SetInput(upstream->GetOutput());
  const int   openmpThreads = omp_get_max_threads();
  SmoothField expected;
  for (const auto & [threads, divisions] :
       { std::pair{ 1u, 1u }, { 2u, 1u }, { 3u, 1u }, { 7u, 1u }, { 1u, 5u }, { 2u, 64u }, { 7u, 5u } })
  {
    upstream->Modified();
    omp_set_num_threads(static_cast<int>(threads));
    const auto sink = SinkOf(monitor->GetOutput(), head.brain.GetPointer());
    sink->SetWeightImage(weights);
    sink->SetConvergenceThreshold(1e-3);
    sink->SetNumberOfWorkUnits(threads);
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    expected = expected.coefficients.empty() ? sink->GetField() : expected;
    ASSERT_EQ(sink->GetField().coefficients.size(), 125u);
    EXPECT_TRUE(SameField(sink->GetField(), expected)) << threads << " threads, " << divisions << " divisions";
    EXPECT_EQ(monitor->GetNumberOfUpdates(), std::min(divisions, 40u)); // slices
    EXPECT_TRUE(monitor->VerifyInputFilterBufferedRequestedRegions());
    monitor->ClearPipelineSavedInformation();
  }
  omp_set_num_threads(openmpThreads);
}

TEST(N4FieldSink, TakesTheVoxelsThatShrinkImageFilterTakes)
{
  // Where an extent leaves an even rest, the middle lies between two voxels, and rounding decides.
  Random random(60);
  for (int trial = 0; trial < 200; ++trial)
  {
    const auto             image = Volume::New();
    const Volume::SizeType size{ { 8 + random.Bits() % 40, 8 + random.Bits() % 40, 8 + random.Bits() % 40 } };
    const double           angle = trial % 2 == 0 ? 0.0 : random.Uniform(-3.0, 3.0);
    Volume::DirectionType  direction;
    Volume::PointType      origin;
    Volume::SpacingType    spacing;
    std::array<long, 3>    lower;
    std::array<long, 3>    extent;
    std::array<long, 3>    step;
    itk::Size<3>           pad{};
    const long             factor = 2 + static_cast<long>(random.Bits() % 3);
    direction.SetIdentity();
    direction(0, 0) = direction(1, 1) = std::cos(angle);
    direction(0, 1) = -std::sin(angle);
    direction(1, 0) = std::sin(angle);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      origin[axis] = random.Uniform(-200.0, 200.0);
      spacing[axis] = trial % 3 == 0 ? 1.0 : random.Uniform(0.5, 4.0);
      pad[axis] = trial % 4 == 0 ? random.Bits() % 50 : 0;
      lower[axis] = static_cast<long>(pad[axis]);
      extent[axis] = static_cast<long>(size[axis] + 2 * pad[axis]);
      step[axis] = factor;
    }
    image->SetRegions(size);
    image->SetDirection(direction);
    image->SetOrigin(origin);
    image->SetSpacing(spacing);
    image->Allocate();
    for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      const auto index = image->ComputeIndex(static_cast<itk::OffsetValueType>(i));
      image->GetBufferPointer()[i] = static_cast<float>(1 + index[0] + 100 * (1 + index[1] + 100 * (1 + index[2])));
    }
    const auto padded = itk::ConstantPadImageFilter<Volume, Volume>::New();
    padded->SetInput(image);
    padded->SetPadBound(pad);
    const auto shrink = itk::ShrinkImageFilter<Volume, Volume>::New();
    shrink->SetInput(padded->GetOutput());
    shrink->SetShrinkFactors(static_cast<unsigned int>(factor));
    shrink->Update();
    const auto first = itk::N4FieldSinkDetail::FirstShrunkVoxel<3>(image.GetPointer(), lower, extent, step);

    const auto  shrunk = shrink->GetOutput()->GetLargestPossibleRegion();
    std::size_t inside = 0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      ASSERT_EQ(static_cast<long>(shrunk.GetSize(axis)), extent[axis] / factor);
    }
    for (std::size_t i = 0; i < shrunk.GetNumberOfPixels(); ++i)
    {
      const auto        index = shrink->GetOutput()->ComputeIndex(static_cast<itk::OffsetValueType>(i));
      float             expected = 1.0F;
      bool              isInside = true;
      Volume::IndexType voxel;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        voxel[axis] = first[axis] + (index[axis] - shrunk.GetIndex(axis)) * factor;
        isInside = isInside && voxel[axis] >= 0 && voxel[axis] < static_cast<long>(size[axis]);
      }
      expected = isInside ? image->GetPixel(voxel) : 0.0F;
      ASSERT_EQ(shrink->GetOutput()->GetBufferPointer()[i], expected) << "trial " << trial << ", " << index;
      inside += isInside;
    }
    EXPECT_GT(inside, 0u);
  }
}

TEST(N4FieldSink, DoesNotDependOnTheStartIndex)
{
  const auto & head = Head();
  const auto   expected = FieldOf(head.image.GetPointer(), head.brain.GetPointer());
  const auto   moved = [](const auto & image)
  {
    const auto copy = image->Clone();
    copy->Graft(image);
    auto region = image->GetLargestPossibleRegion();
    region.SetIndex({ { 5, -3, 11 } });
    copy->SetRegions(region);
    return copy;
  };
  const auto image = moved(head.image);
  const auto field = FieldOf(image.GetPointer(), moved(head.brain).GetPointer());
  EXPECT_TRUE(SameBits(field.coefficients, expected.coefficients));
  EXPECT_EQ(field.centre[0] - 5.0, expected.centre[0]);
  EXPECT_EQ(field.centre[1] + 3.0, expected.centre[1]);
  EXPECT_TRUE(SameBits(LogField(image.GetPointer(), field), LogField(head.image.GetPointer(), expected)));
}

TEST(N4FieldSink, OfAVolumeIsThatOfASeriesOfOneFrame)
{
  const auto & head = Head();
  const auto   series = Reshaped<itk::Image<float, 4>>(head.image.GetPointer(), { { 40, 50, 40, 1 } });
  const auto   mask = Reshaped<itk::Image<unsigned char, 4>>(head.brain.GetPointer(), { { 40, 50, 40, 1 } });
  EXPECT_TRUE(SameField(FieldOf(series.GetPointer(), mask.GetPointer()),
                        FieldOf(head.image.GetPointer(), head.brain.GetPointer())));
}

TEST(N4FieldSink, DoesNotVaryAlongTime)
{
  const auto & head = Head();
  const auto   series = Reshaped<itk::Image<float, 4>>(head.image.GetPointer(), { { 40, 50, 40, 2 } });
  const auto   mask = Reshaped<itk::Image<unsigned char, 4>>(head.brain.GetPointer(), { { 40, 50, 40, 1 } });
  const auto   field = FieldOf(series.GetPointer(), mask.GetPointer());
  EXPECT_EQ(field.controlPoints[3], 1u);
  EXPECT_EQ(field.halfExtent[3], 0.0);
  const auto logField = LogField(series.GetPointer(), field);
  const auto volume = LogField(head.image.GetPointer(), FieldOf(head.image.GetPointer(), head.brain.GetPointer()));
  EXPECT_LT(LargestDifference({ logField.begin() + 80000, logField.end() }, volume),
            1e-5); // frames alike; sums in float
}

TEST(N4FieldSink, OfAPlaneIsThatOfAVolumeOfOneSlice)
{
  const auto &      head = Head();
  const std::size_t middle = 20 * 40 * 50;
  const auto        slice = Reshaped<Volume>(head.image.GetPointer(), { { 40, 50, 1 } }, middle);
  const auto        sliceMask = Reshaped<Mask>(head.brain.GetPointer(), { { 40, 50, 1 } }, middle);
  const auto        plane = Reshaped<itk::Image<float, 2>>(head.image.GetPointer(), { { 40, 50 } }, middle);
  const auto        planeMask = Reshaped<itk::Image<unsigned char, 2>>(head.brain.GetPointer(), { { 40, 50 } }, middle);
  const auto        field = FieldOf(plane.GetPointer(), planeMask.GetPointer());
  EXPECT_EQ(field.controlPoints, (SmoothField::Powers{ { 5, 5, 1, 1 } }));
  EXPECT_TRUE(SameField(field, FieldOf(slice.GetPointer(), sliceMask.GetPointer())));
}

TEST(N4FieldSink, WhereTimeIsTurnedIntoSpaceItLearnsAllTheSame)
{
  const auto & head = Head();
  const auto   series = Reshaped<itk::Image<float, 4>>(head.image.GetPointer(), { { 40, 50, 40, 1 } });
  const auto   mask = Reshaped<itk::Image<unsigned char, 4>>(head.brain.GetPointer(), { { 40, 50, 40, 1 } });
  const auto   expected = FieldOf(series.GetPointer(), mask.GetPointer());
  auto         direction = series->GetDirection();
  for (const double turn : { 1.0, 0.8 }) // by a right angle axes 0 to 2 span no space
  {
    direction(0, 0) = direction(3, 3) = std::sqrt(1.0 - turn * turn);
    direction(0, 3) = turn;
    direction(3, 0) = -turn;
    series->SetDirection(direction);
    EXPECT_TRUE(SameField(FieldOf(series.GetPointer(), mask.GetPointer()), expected)) << turn;
  }
}

TEST(N4FieldSink, AMeshOfManyLevelsIsForTheAxesOfMoreThanOneVoxel)
{
  // 8 spans, 8 levels: 1027^2 control points, where a third axis would make them 10^9.
  const auto & head = Head();
  const auto   slice = Reshaped<Volume>(head.image.GetPointer(), { { 40, 50, 1 } }, 20 * 40 * 50);
  const auto   sink = SinkOf(slice.GetPointer(), static_cast<const Mask *>(nullptr));
  sink->SetMesh({ 8 });
  sink->SetIterations(std::vector<unsigned int>(8, 1));
  sink->Update();
  EXPECT_EQ(sink->GetField().controlPoints, (SmoothField::Powers{ { 1027, 1027, 1, 1 } }));
}

TEST(N4FieldSink, TakesMoreVoxelsAlongAxesShorterThanTwoOfTheShrinkFactor)
{
  const auto & head = Head();
  const auto   slab = Reshaped<Volume>(head.image.GetPointer(), { { 40, 50, 5 } }, 18 * 2000);
  const auto   sink = SinkOf(slab.GetPointer(), static_cast<const Mask *>(nullptr));
  sink->SetShrinkFactor(4);
  sink->Update();
  EXPECT_EQ(sink->GetField().controlPoints[2], 5u);
  EXPECT_LE(sink->GetSummary().samples, 10u * 12u * 2u); // two slices, of which ITK would take one and fail
  EXPECT_GT(sink->GetSummary().samples, 10u * 12u);
}

TEST(N4FieldSink, LeavesOutWhatHasNoLogarithmAndCountsIt)
{
  const auto & head = Head();
  const auto   isBad = [](std::size_t i) { return i % 13 == 0; };
  const auto   mask = phantom_detail::AllocateLike<Mask>(head.brain);
  std::size_t  inside = 0;
  std::size_t  bad = 0;
  for (std::size_t i = 0; i < mask->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const bool isInside = head.brain->GetBufferPointer()[i] != 0;
    mask->GetBufferPointer()[i] = isInside && !isBad(i);
    inside += isInside;
    bad += isInside && isBad(i);
  }
  const auto expected = FieldOf(head.image.GetPointer(), mask.GetPointer());
  for (const float value : { 0.0F, -3.0F, NaN, Infinity, -Infinity })
  {
    SCOPED_TRACE(value);
    const auto image = Changed(head.image, [&](std::size_t i, float old) { return isBad(i) ? value : old; });
    const auto sink = SinkOf(image.GetPointer(), head.brain.GetPointer());
    sink->Update();
    EXPECT_TRUE(SameBits(sink->GetField().coefficients, expected.coefficients));
    EXPECT_EQ(sink->GetSummary().maskVoxels, inside);
    EXPECT_EQ(sink->GetSummary().excluded, bad);
  }
}

TEST(N4FieldSink, AWeightThatIsNotAboveZeroLeavesAVoxelOut)
{
  const auto & head = Head();
  const auto   mask = phantom_detail::AllocateLike<Mask>(head.brain);
  for (std::size_t i = 0; i < mask->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    mask->GetBufferPointer()[i] = head.brain->GetBufferPointer()[i] != 0 && i % 3 != 0;
  }
  const auto expected = FieldOf(head.image.GetPointer(), mask.GetPointer());
  for (const float weight : { 0.0F, -1.0F, NaN, Infinity })
  {
    const auto sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
    sink->SetWeightImage(Changed(head.image, [&](std::size_t i, float) { return i % 3 == 0 ? weight : 1.0F; }));
    sink->Update();
    EXPECT_TRUE(SameBits(sink->GetField().coefficients, expected.coefficients)) << weight;
  }
}

TEST(N4FieldSink, OfNothingToLearnIsOneAndSaysSo)
{
  const auto & head = Head();
  const auto   empty = phantom_detail::AllocateLike<Mask>(head.image);
  const auto   nothing = SinkOf(head.image.GetPointer(), empty.GetPointer());
  nothing->Update();
  EXPECT_TRUE(nothing->GetField().coefficients.empty());
  EXPECT_EQ(nothing->GetSummary().samples, 0u);
  for (const float value : { 100.0F, 1e-20F, 0.0F, -5.0F, NaN })
  {
    const auto image = Changed(head.image, [value](std::size_t, float) { return value; });
    EXPECT_TRUE(FieldOf(image.GetPointer(), static_cast<const Mask *>(nullptr)).coefficients.empty()) << value;
  }
  const auto voxel = Reshaped<Volume>(head.image.GetPointer(), { { 1, 1, 1 } }, 40000);
  EXPECT_TRUE(FieldOf(voxel.GetPointer(), static_cast<const Mask *>(nullptr)).coefficients.empty());
}

TEST(N4FieldSink, PadsTheImageToWholeSpansOfTheDistance)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->SetSplineDistance({ 60.0 });
  sink->Update();
  const auto field = sink->GetField();
  // 39 * 4 = 156 mm take 3 spans: 24 mm or 6 voxels more; 49 * 4 = 196 mm take 4: 44 mm or 11 voxels, 5 of them before.
  EXPECT_EQ(field.controlPoints, (SmoothField::Powers{ { 9, 11, 9, 1 } })); // 3 and 4 spans, twice at the second level
  EXPECT_EQ(field.halfExtent, (std::array<double, 4>{ { 22.5, 30.0, 22.5, 0.0 } }));
  EXPECT_EQ(field.centre, (std::array<double, 4>{ { 19.5, 25.0, 19.5, 0.0 } }));
  sink->SetSplineDistance({ 60.0, 1000.0, 156.0 });
  sink->Update();
  EXPECT_EQ(sink->GetField().controlPoints, (SmoothField::Powers{ { 9, 5, 5, 1 } }));
  EXPECT_EQ(sink->GetField().halfExtent[1], 0.5 * (49 + 201)); // 804 mm
}

TEST(N4FieldSink, TakesOneMeshOrOneForEachAxis)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->SetMesh({ 2 });
  sink->Update();
  EXPECT_EQ(sink->GetField().controlPoints, (SmoothField::Powers{ { 7, 7, 7, 1 } }));
  sink->SetMesh({ 1, 2, 4 });
  sink->Update();
  EXPECT_EQ(sink->GetField().controlPoints, (SmoothField::Powers{ { 5, 7, 11, 1 } }));
}

TEST(N4FieldSink, LaysTheLatticeByPositionWhereTheSamplesAre)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->SetShrinkFactor(3);
  sink->Update();
  const auto stretched = sink->GetField();
  EXPECT_EQ(stretched.halfExtent[0], 19.5);
  sink->LatticeByPositionOn();
  sink->Update();
  const auto placed = sink->GetField();
  EXPECT_EQ(placed.halfExtent[0], 18.0); // 13 samples, 3 apart
  EXPECT_NEAR(placed.centre[0], 19.5, 0.5);
  EXPECT_TRUE(SameBits(placed.coefficients, stretched.coefficients));
  sink->SetShrinkFactor(1); // every voxel is a sample: the same
  sink->Update();
  const auto whole = sink->GetField();
  sink->LatticeByPositionOff();
  sink->Update();
  EXPECT_TRUE(SameField(sink->GetField(), whole));
}

TEST(N4FieldSink, OfUnitMeanIsTheSameButForItsGeometricMeanInsideTheMask)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  const auto open = LogField(head.image.GetPointer(), sink->GetField());
  const auto bounds = sink->GetField();
  sink->UnitMeanOn();
  sink->Update();
  const auto unit = LogField(head.image.GetPointer(), sink->GetField());
  double     openMean = 0.0;
  double     unitMean = 0.0;
  double     voxels = 0.0;
  for (std::size_t i = 0; i < unit.size(); ++i)
  {
    const double inside = head.brain->GetBufferPointer()[i] != 0 ? 1.0 : 0.0;
    openMean += inside * open[i];
    unitMean += inside * unit[i];
    voxels += inside;
  }
  EXPECT_GT(std::abs(openMean / voxels), 0.02); // ten iterations
  EXPECT_NEAR(unitMean / voxels, 0.0, 1e-12);   // sums of some ten thousand terms below 1
  for (std::size_t i = 0; i < unit.size(); ++i)
  {
    ASSERT_NEAR(unit[i] + openMean / voxels, open[i], 1e-12) << i;
  }
  EXPECT_NEAR(sink->GetField().logMaximum - sink->GetField().logMinimum, bounds.logMaximum - bounds.logMinimum, 1e-12);
}

TEST(N4FieldSink, ASecondUpdateForgetsTheFirst)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  const auto field = sink->GetField();
  const auto summary = sink->GetSummary();
  EXPECT_EQ(summary.iterations, (std::vector<unsigned int>{ 5, 5 }));
  sink->Modified();
  sink->Update();
  EXPECT_TRUE(SameField(sink->GetField(), field));
  EXPECT_EQ(sink->GetSummary(), summary);
}

TEST(N4FieldSinkErrors, NameTheParameterItsBoundsAndItsValue)
{
  const auto & head = Head();
  const auto   expectMessage = [&](auto && change, const char * text)
  {
    const auto sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
    change(sink);
    const auto message = MessageOf([&] { sink->Update(); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  using Counts = std::vector<unsigned int>;
  expectMessage([](auto & sink) { sink->SetShrinkFactor(0); }, "ShrinkFactor must be >= 1, got 0.");
  expectMessage([](auto & sink) { sink->SetIterations({}); },
                "Iterations must hold a number for each of 1 to 8 levels, got 0.");
  expectMessage([](auto & sink) { sink->SetIterations(Counts(9, 1)); }, "1 to 8 levels, got 9.");
  expectMessage([](auto & sink) { sink->SetConvergenceThreshold(-0.1); },
                "ConvergenceThreshold must be >= 0, got -0.1.");
  expectMessage([](auto & sink) { sink->SetFullWidthAtHalfMaximum(0.0); },
                "FullWidthAtHalfMaximum must be > 0, got 0.");
  expectMessage([](auto & sink) { sink->SetWienerNoise(0.0); }, "WienerNoise must be > 0, got 0.");
  expectMessage([](auto & sink) { sink->SetHistogramBins(2); }, "HistogramBins must be in [3, 65536], got 2.");
  expectMessage([](auto & sink) { sink->SetMesh(Counts{ 1, 2 }); }, "or one for each of 3 axes, got 2.");
  expectMessage([](auto & sink) { sink->SetMesh(Counts{ 9 }); }, "Mesh must be in [1, 8] spans, got 9.");
  expectMessage([](auto & sink) { sink->SetMesh(Counts{ 0 }); }, "Mesh must be in [1, 8] spans, got 0.");
  expectMessage([](auto & sink) { sink->SetSplineDistance({ 0.0 }); }, "SplineDistance must be > 0 mm, got 0.");
  expectMessage([](auto & sink) { sink->SetSplineDistance({ 1.0, 1.0 }); }, "or one for each of 3 axes, got 2.");
  expectMessage(
    [](auto & sink)
    {
      sink->SetIterations(Counts(8, 1));
      sink->SetSplineDistance({ 1.0 });
    },
    "SplineDistance of 1 mm takes");
  expectMessage(
    [](auto & sink) {
      sink->SetSplineDistance({ 60.0, 1e30, 60.0 });
    },
    "SplineDistance must be at most 8.58993e+09 mm, 2^31 voxels, along axis 1, got 1e+30.");
  expectMessage(
    [](auto & sink)
    {
      sink->SetMesh(Counts{ 8 });
      sink->SetIterations(Counts(8, 1));
    },
    "Mesh of 8 spans takes 1.08321e+09 control points at the last of 8 levels");
  expectMessage(
    [](auto & sink) {
      sink->SetWeightImage(MakeImage<Volume>({ { 40, 50, 39 } }, [](auto) { return 1; }));
    },
    "WeightImage must cover the image's region along axis 0");
  expectMessage(
    [](auto & sink) {
      sink->SetMaskImage(MakeImage<Mask>({ { 40, 50, 39 } }, [](std::size_t) { return 1; }));
    },
    "MaskImage must cover the image's region along axis 0");
}
} // namespace
