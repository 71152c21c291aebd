#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include "FieldTest.h"
#include "HistogramRetinexField.h"

#include "itkCastImageFilter.h"
#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;
using Volume = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

PhantomOptions
Options(const std::array<unsigned int, 3> & size, const std::array<double, 3> & spacing, FieldKind field)
{
  PhantomOptions options;
  options.size = size;
  options.spacing = spacing;
  options.field = field;
  return options;
}

/** 2 mm; the yardstick of accuracy. */
const Phantom &
Head()
{
  static const Phantom phantom =
    MakePhantom(Options({ { 80, 100, 80 } }, { { 2.0, 2.0, 2.0 } }, FieldKind::Polynomial));
  return phantom;
}

/** 4 mm: where only bits and rules are looked at. */
const Phantom &
SmallHead()
{
  static const Phantom phantom = MakePhantom(Options({ { 40, 50, 40 } }, { { 4.0, 4.0, 4.0 } }, FieldKind::Gaussians));
  return phantom;
}

/** White matter that is not of one intensity: waves of 5 %, 35 mm long, as in no phantom and every brain. */
const Phantom &
LivingHead()
{
  static const Phantom phantom = []
  {
    auto options = Options({ { 80, 100, 80 } }, { { 2.0, 2.0, 2.0 } }, FieldKind::Polynomial);
    options.noise = 0.01;
    auto head = MakePhantom(options);
    head.image = Changed(head.image,
                         [&head](std::size_t i, float old)
                         {
                           const auto wave = [](std::size_t voxel)
                           { return static_cast<float>(std::sin(2.0 * static_cast<double>(voxel) / 35.0 * 6.2832)); };
                           const bool isWhite = head.labels->GetBufferPointer()[i] == WhiteMatterLabel;
                           const auto swing = wave(i % 80) * wave(i / 80 % 100) * wave(i / 8000);
                           return isWhite ? old * (1.0F + 0.05F * swing) : old;
                         });
    return head;
  }();
  return phantom;
}

template <typename TImage>
auto
SinkOf(const TImage * image, const itk::Image<unsigned char, TImage::ImageDimension> * mask)
{
  const auto sink = itk::HistogramRetinexSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
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
Reshaped(const TInput * image, const typename TOutput::SizeType & size, const std::vector<double> & spacing)
{
  const auto output = TOutput::New();
  output->SetRegions(size);
  typename TOutput::SpacingType outputSpacing;
  std::copy(spacing.begin(), spacing.end(), outputSpacing.Begin());
  output->SetSpacing(outputSpacing);
  output->Allocate();
  std::copy_n(image->GetBufferPointer(), output->GetBufferedRegion().GetNumberOfPixels(), output->GetBufferPointer());
  return output;
}

/** Mean of the field over the voxels for which inside(i). */
template <typename TFunction>
double
MeanOfField(const std::vector<double> & logField, TFunction && inside)
{
  double      sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < logField.size(); ++i)
  {
    if (inside(i))
    {
      sum += std::exp(logField[i]);
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

/** Root mean square of the log field that is left when the head is corrected. */
double
ErrorOn(const Phantom & phantom)
{
  return LogFieldError(phantom.field, HistogramRetinexField(phantom.image, phantom.brain), phantom.brain);
}

/** Of no correction at all. */
double
ErrorOfOne(const Phantom & phantom)
{
  return LogFieldError(phantom.field, Changed(phantom.field, [](std::size_t, float) { return 1.0F; }), phantom.brain);
}

/** Two tissues in a chessboard of 10 voxels, which no smooth field resembles. */
double
TissueAt(std::size_t x, std::size_t y)
{
  return (x / 10 + y / 10) % 2 == 0 ? 100.0 : 170.0;
}

TEST(HistogramRetinex, HasMeanOneInTheMaskAndKeepsItsRangeThereEverywhere)
{
  const auto & head = SmallHead();
  const auto   field = FieldOf(head.image.GetPointer(), head.brain.GetPointer());
  const auto   logField = LogField(head.image.GetPointer(), field);
  const auto   brain = head.brain->GetBufferPointer();
  EXPECT_NEAR(MeanOfField(logField, [&](std::size_t i) { return brain[i] != 0; }), 1.0, 1e-6); // measured 1e-15
  double lowest = 1e30;
  double highest = -1e30;
  for (std::size_t i = 0; i < logField.size(); ++i)
  {
    if (brain[i])
    {
      lowest = std::min(lowest, logField[i]);
      highest = std::max(highest, logField[i]);
    }
    ASSERT_GE(logField[i], field.logMinimum);
    ASSERT_LE(logField[i], field.logMaximum);
  }
  // The bounds were taken before the mean was subtracted: one rounding of values below 1.
  EXPECT_NEAR(lowest, field.logMinimum, 1e-15);
  EXPECT_NEAR(highest, field.logMaximum, 1e-15);
}

TEST(HistogramRetinex, WithoutAMaskHasMeanOneInTheImage)
{
  const auto image = MakeImage<itk::Image<float, 2>>(
    { { 120, 90 } },
    [](std::size_t i)
    { return TissueAt(i % 120, i / 120) * std::exp(0.003 * double(i % 120)) * Random(i).Normal(1.0, 0.02); });
  const auto logField = LogField(image.GetPointer(), FieldOf<itk::Image<float, 2>>(image, nullptr));
  EXPECT_NEAR(MeanOfField(logField, [](std::size_t) { return true; }), 1.0, 1e-6); // measured 1e-15
  EXPECT_NEAR(logField[119] - logField[0], 0.003 * 119, 0.02);                     // the noise of 2 %
}

TEST(HistogramRetinex, IsLeftAsItIsByAGainOfTheImage)
{
  const auto & head = SmallHead();
  const auto   expected = LogField(head.image.GetPointer(), FieldOf(head.image.GetPointer(), head.brain.GetPointer()));
  for (const float gain : { 1024.0F, 0.001F, 777.7F })
  {
    const auto image = Changed(head.image, [gain](std::size_t, float value) { return gain * value; });
    const auto logField = LogField(image.GetPointer(), FieldOf(image.GetPointer(), head.brain.GetPointer()));
    // A gain that is no power of two rounds each intensity to float, by 6e-8; measured 1.4e-7, and 4e-13.
    EXPECT_LT(LargestDifference(logField, expected), gain == 1024.0F ? 1e-10 : 1e-6) << gain;
  }
}

TEST(HistogramRetinex, HasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto & head = SmallHead();
  const auto   expected = FieldOf(head.image.GetPointer(), head.brain.GetPointer());
  ASSERT_FALSE(expected.coefficients.empty());
  const auto upstream = itk::CastImageFilter<Volume, Volume>::New();
  upstream->SetInput(head.image);
  upstream->InPlaceOff();
  const auto monitor = itk::PipelineMonitorImageFilter<Volume>::New();
  monitor->SetInput(upstream->GetOutput());
  const int openmpThreads = omp_get_max_threads();
  for (const auto & [threads, divisions] :
       { std::pair{ 1u, 1u }, { 2u, 1u }, { 3u, 1u }, { 7u, 1u }, { 1u, 5u }, { 2u, 64u }, { 7u, 5u } })
  {
    upstream->Modified();
    omp_set_num_threads(static_cast<int>(threads));
    const auto sink = SinkOf(monitor->GetOutput(), head.brain.GetPointer());
    sink->SetNumberOfWorkUnits(threads);
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    EXPECT_TRUE(SameField(sink->GetField(), expected)) << threads << " threads, " << divisions << " divisions";
    // There are but 40 slices; with their rims the last two lie in what was read for the one before.
    EXPECT_EQ(monitor->GetNumberOfUpdates(), divisions == 64 ? 38u : divisions);
    EXPECT_TRUE(monitor->VerifyInputFilterBufferedRequestedRegions());
    monitor->ClearPipelineSavedInformation();
  }
  omp_set_num_threads(openmpThreads);
}

TEST(HistogramRetinex, OfTissuesHasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto & head = LivingHead();
  const int    openmpThreads = omp_get_max_threads();
  SmoothField  expected;
  for (const auto & [threads, divisions] : { std::pair{ 1u, 1u }, { 2u, 1u }, { 7u, 5u } })
  {
    omp_set_num_threads(static_cast<int>(threads));
    const auto sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
    sink->SetNumberOfWorkUnits(threads);
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    EXPECT_TRUE(sink->GetSummary().isOfTissues);
    expected = expected.coefficients.empty() ? sink->GetField() : expected;
    EXPECT_TRUE(SameField(sink->GetField(), expected)) << threads << " threads, " << divisions << " divisions";
  }
  omp_set_num_threads(openmpThreads);
}

TEST(HistogramRetinex, ReadsNothingBeyondAnImageThinnerThanTheRim)
{
  for (const Volume::SizeType & size : { Volume::SizeType{ { 64, 64, 4 } }, { { 64, 3, 64 } }, { { 2, 64, 64 } } })
  {
    const std::size_t        voxels = size[0] * size[1] * size[2];
    const std::size_t        around = 30000;
    std::vector<SmoothField> fields;
    for (const float beyond : { 1.0F, 1e6F }) // what lies before and after the image in memory
    {
      std::vector<float> memory(voxels + 2 * around, beyond);
      Random             random(3);
      for (std::size_t i = 0; i < voxels; ++i)
      {
        const double x = i % size[0];
        const double y = i / size[0] % size[1];
        const double tissue = TissueAt(i % size[0], i / size[0] % size[1] + i / size[0] / size[1]);
        memory[around + i] = static_cast<float>((tissue + random.Normal(0.0, 3.0)) * (1.0 + 0.004 * (x + y)));
      }
      const auto image = Volume::New();
      image->SetRegions(size);
      image->GetPixelContainer()->SetImportPointer(memory.data() + around, voxels, false);
      for (const unsigned int divisions : { 1u, 3u })
      {
        const auto sink = SinkOf(image.GetPointer(), static_cast<const Mask *>(nullptr));
        sink->SetNumberOfStreamDivisions(divisions);
        sink->Update();
        fields.push_back(sink->GetField());
        EXPECT_FALSE(fields.back().coefficients.empty());
        EXPECT_TRUE(SameField(fields.back(), fields.front())) << size << ", beyond " << beyond << ", " << divisions;
      }
    }
  }
}

/** The slices of the brain from `first` up to `end`. */
Mask::Pointer
SlicesOf(const Phantom & head, std::size_t first, std::size_t end)
{
  const auto        mask = Mask::New();
  const auto        size = head.brain->GetLargestPossibleRegion().GetSize();
  const std::size_t slice = size[0] * size[1];
  mask->SetRegions(size);
  mask->CopyInformation(head.brain);
  mask->Allocate(true);
  std::copy_n(
    head.brain->GetBufferPointer() + first * slice, (end - first) * slice, mask->GetBufferPointer() + first * slice);
  return mask;
}

TEST(HistogramRetinex, OfTissuesIsBetterThanNothingInAFewSlices)
{
  const auto & head = LivingHead();
  const auto   one = Changed(head.field, [](std::size_t, float) { return 1.0F; });
  for (const std::size_t slices : { 8, 12, 40 })
  {
    const auto   mask = SlicesOf(head, 40 - slices / 2, 40 + slices / 2);
    const double error = LogFieldError(head.field, HistogramRetinexField(head.image, mask), mask);
    EXPECT_LT(error, 0.15 * LogFieldError(head.field, one, mask)) << slices; // measured .0068, .0056, .0049
  }
}

TEST(HistogramRetinexErrors, NameAMaskWhosePixelsWereReleased)
{
  const auto & head = SmallHead();
  const auto   mask = SlicesOf(head, 0, 40);
  mask->ReleaseData();
  const auto sink = SinkOf(head.image.GetPointer(), static_cast<const Mask *>(mask));
  try
  {
    sink->Update();
    FAIL() << "no exception";
  }
  catch (const itk::ExceptionObject & error)
  {
    EXPECT_NE(std::string(error.GetDescription()).find("must hold the region that is read"), std::string::npos);
  }
}

TEST(HistogramRetinex, CorrectsAndNormalizesInPiecesWithTheSameBits)
{
  // Two learners and two appliers in a row, on a source that holds no more than what is asked of it.
  const auto &                    head = SmallHead();
  std::vector<std::vector<float>> results;
  for (const unsigned int divisions : { 1u, 7u })
  {
    const auto source = itk::CastImageFilter<Volume, Volume>::New();
    source->SetInput(head.image);
    source->InPlaceOff();
    const auto retinex = SinkOf(source->GetOutput(), head.brain.GetPointer());
    retinex->SetNumberOfStreamDivisions(divisions);
    const auto correction = itk::IlluminationCorrectionImageFilter<Volume>::New();
    correction->SetInput(source->GetOutput());
    correction->SetFieldInput(retinex->GetFieldOutput());
    const auto statistics = itk::InstanceMomentsSink<Volume>::New();
    statistics->SetInput(correction->GetOutput());
    statistics->SetMaskImage(head.brain);
    statistics->SetNumberOfStreamDivisions(divisions);
    const auto normalization = itk::InstanceNormalizationImageFilter<Volume>::New();
    normalization->SetInput(correction->GetOutput());
    normalization->SetMomentsInput(statistics->GetMomentsOutput());
    const auto monitor = itk::PipelineMonitorImageFilter<Volume>::New();
    monitor->SetInput(normalization->GetOutput());
    const auto streamer = itk::StreamingImageFilter<Volume, Volume>::New();
    streamer->SetInput(monitor->GetOutput());
    streamer->SetNumberOfStreamDivisions(divisions);
    streamer->Update();
    results.push_back(PixelsOf(streamer->GetOutput()));
    EXPECT_TRUE(monitor->VerifyAllInputCanStream(static_cast<int>(divisions)));
  }
  EXPECT_TRUE(SameBits(results[0], results[1]));
}

TEST(HistogramRetinex, DoesNotDependOnStartIndexOriginOrDirection)
{
  const auto & head = SmallHead();
  const auto   expected = FieldOf(head.image.GetPointer(), head.brain.GetPointer());
  const auto   image = Changed(head.image, [](std::size_t, float value) { return value; });
  SetAwkwardGeometry(image.GetPointer());
  image->SetSpacing(head.image->GetSpacing());
  const auto mask = Mask::New();
  mask->CopyInformation(image);
  mask->SetRegions(image->GetLargestPossibleRegion());
  mask->Allocate();
  std::copy_n(head.brain->GetBufferPointer(), mask->GetBufferedRegion().GetNumberOfPixels(), mask->GetBufferPointer());

  const auto field = FieldOf(image.GetPointer(), mask.GetPointer());
  EXPECT_TRUE(SameBits(field.coefficients, expected.coefficients));
  EXPECT_EQ(field.centre[0] - 5.0, expected.centre[0]);
  EXPECT_TRUE(SameBits(LogField(image.GetPointer(), field), LogField(head.image.GetPointer(), expected)));
}

TEST(HistogramRetinex, OfAVolumeIsThatOfASeriesOfOneFrame)
{
  const auto & head = SmallHead();
  using Series = itk::Image<float, 4>;
  const auto series = Reshaped<Series>(head.image.GetPointer(), { { 40, 50, 40, 1 } }, { 4.0, 4.0, 4.0, 2.5 });
  const auto mask =
    Reshaped<itk::Image<unsigned char, 4>>(head.brain.GetPointer(), { { 40, 50, 40, 1 } }, { 4.0, 4.0, 4.0, 2.5 });
  EXPECT_TRUE(SameField(FieldOf(series.GetPointer(), mask.GetPointer()),
                        FieldOf(head.image.GetPointer(), head.brain.GetPointer())));
}

TEST(HistogramRetinex, OfAPlaneIsThatOfAVolumeOfOneSlice)
{
  const auto & head = Head();
  using Plane = itk::Image<float, 2>;
  const std::size_t middle = 40 * 80 * 100;
  const auto        slice = Volume::New();
  slice->SetRegions(Volume::SizeType{ { 80, 100, 1 } });
  slice->SetSpacing(head.image->GetSpacing());
  slice->Allocate();
  std::copy_n(head.image->GetBufferPointer() + middle, 8000, slice->GetBufferPointer());
  const auto sliceMask = Mask::New();
  sliceMask->SetRegions(Volume::SizeType{ { 80, 100, 1 } });
  sliceMask->Allocate();
  std::copy_n(head.brain->GetBufferPointer() + middle, 8000, sliceMask->GetBufferPointer());
  const auto plane = Reshaped<Plane>(slice.GetPointer(), { { 80, 100 } }, { 2.0, 2.0 });
  const auto planeMask = Reshaped<itk::Image<unsigned char, 2>>(sliceMask.GetPointer(), { { 80, 100 } }, { 2.0, 2.0 });
  const auto field = FieldOf(plane.GetPointer(), planeMask.GetPointer());
  EXPECT_FALSE(field.coefficients.empty());
  EXPECT_TRUE(SameField(field, FieldOf(slice.GetPointer(), sliceMask.GetPointer())));
}

TEST(HistogramRetinex, HasMeanOneInAMaskThatHoldsForEveryFrame)
{
  // Frames that grow brighter: the field varies along time, and its mean is taken over all frames.
  using Series = itk::Image<float, 4>;
  const Series::SizeType size{ { 30, 20, 6, 9 } };
  const std::size_t      frame = 30 * 20 * 6;
  const auto             image = MakeImage<Series>(
    size,
    [&](std::size_t i)
    { return TissueAt(i % 30, i / 30 % 20) * std::exp(0.03 * double(i / frame)) * Random(i).Normal(1.0, 0.02); });
  const auto mask =
    MakeImage<itk::Image<unsigned char, 4>>({ { 30, 20, 6, 1 } }, [](std::size_t i) { return i % 30 > 4; });
  const auto field = FieldOf(image.GetPointer(), mask.GetPointer());
  const auto logField = LogField(image.GetPointer(), field);
  EXPECT_NEAR(logField.back() - logField[frame - 1], 0.03 * 8, 0.02); // the noise of 2 %
  EXPECT_NEAR(MeanOfField(logField, [](std::size_t i) { return i % 30 > 4; }), 1.0, 1e-6);
}

TEST(HistogramRetinex, RecoversTheFieldOfAHead)
{
  const double error = ErrorOn(Head());
  EXPECT_LT(error, 0.004); // measured 0.0027, of 0.090 uncorrected; the rest is the noise of 3 % and partial volume
  EXPECT_LT(error, 0.05 * ErrorOfOne(Head()));
}

TEST(HistogramRetinex, LeavesAHeadWithoutAFieldAlone)
{
  const auto head = MakePhantom(Options({ { 80, 100, 80 } }, { { 2.0, 2.0, 2.0 } }, FieldKind::None));
  EXPECT_LT(ErrorOn(head), 0.004); // measured 0.0022
}

TEST(HistogramRetinex, OfABrainOfUnevenTissueRestsOnAllItsTissues)
{
  const auto & head = LivingHead();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  const auto summary = sink->GetSummary();
  EXPECT_TRUE(summary.isOfTissues) << summary;
  EXPECT_GT(summary.unevenness, 0.008);
  const double error = ErrorOn(head);
  EXPECT_LT(error, 0.10 * ErrorOfOne(head));

  sink->SetContrast(0.0);
  sink->Update();
  EXPECT_FALSE(sink->GetSummary().isOfTissues);
  EXPECT_LT(sink->GetSummary().samples, summary.samples); // the flattest only
}

TEST(HistogramRetinex, OfAHeadOfEvenTissueRestsOnTheFlattestPlaces)
{
  const auto sink = SinkOf(Head().image.GetPointer(), Head().brain.GetPointer());
  sink->Update();
  EXPECT_FALSE(sink->GetSummary().isOfTissues) << sink->GetSummary();
  EXPECT_LT(sink->GetSummary().unevenness, 0.008);
}

TEST(HistogramRetinex, RecoversTheFieldOfThickSlices)
{
  auto options = Options({ { 140, 170, 28 } }, { { 1.0, 1.0, 5.0 } }, FieldKind::Polynomial);
  options.supersampling = 1;
  const auto head = MakePhantom(options);
  EXPECT_LT(ErrorOn(head), 0.05 * ErrorOfOne(head)); // measured 0.0020 of 0.087
}

TEST(HistogramRetinex, LosesLessThanATenthOfItsGainToOutliers)
{
  // 0.05 % of the mask's voxels at -300: N4 corrects nothing then.
  const auto & head = Head();
  std::size_t  inside = 0;
  const auto   image = Changed(head.image,
                             [&](std::size_t i, float value)
                             { return head.brain->GetBufferPointer()[i] && inside++ % 2000 == 7 ? -300.0F : value; });
  const double clean = ErrorOn(head);
  const double uncorrected = ErrorOfOne(head);
  const double spoiled = LogFieldError(head.field, HistogramRetinexField(image, head.brain), head.brain);
  EXPECT_GT(uncorrected - spoiled, 0.9 * (uncorrected - clean));
}

TEST(HistogramRetinex, LeavesZerosAndNonFiniteVoxelsOutOfTheFit)
{
  const auto & head = Head();
  std::size_t  inside = 0;
  std::size_t  bad = 0;
  const float  values[] = { 0.0F, NaN, std::numeric_limits<float>::infinity(), -1.0F };
  const auto   image = Changed(head.image,
                             [&](std::size_t i, float value)
                             {
                               const bool spoil = head.brain->GetBufferPointer()[i] && inside++ % 50 == 3;
                               return spoil ? values[bad++ % 4] : value;
                             });
  const auto   sink = SinkOf(image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetSummary().maskVoxels, inside);
  EXPECT_EQ(sink->GetSummary().excluded, bad);
  EXPECT_GT(sink->GetSummary().samples, 0u);
  const double clean = ErrorOn(head);
  const double spoiled = LogFieldError(head.field, HistogramRetinexField(image, head.brain), head.brain);
  EXPECT_LT(spoiled, clean + 0.001); // 2 % fewer samples, 1 % of the uncorrected error
}

TEST(HistogramRetinex, LeavesSamplesAtTheLogFloorOutOfTheFit)
{
  const auto & head = SmallHead();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  const auto all = sink->GetSummary();
  // The median of the samples is grey or white matter, 0.68 or 1 times the field.
  EXPECT_GT(all.logFloor, 0.05 * 0.5);
  EXPECT_LT(all.logFloor, 0.05 * 1.3);
  sink->SetLogFloor(0.8);
  sink->Update();
  EXPECT_NEAR(sink->GetSummary().logFloor, 16.0 * all.logFloor, 1e-12); // the same median
  EXPECT_LT(sink->GetSummary().samples, all.samples);
}

TEST(HistogramRetinex, DrawsAboutAsManySamplesAsAskedForAndTheFlattestOfThem)
{
  const auto & head = Head();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->SetRim(0);
  sink->SetLogFloor(0.0);
  sink->SetFlattest(1.0);
  sink->SetNumberOfSamples(20000);
  sink->Update();
  EXPECT_NEAR(static_cast<double>(sink->GetSummary().samples), 20000.0, 600.0); // 4 deviations of a binomial
  const auto drawn = sink->GetSummary().samples;
  sink->SetFlattest(0.5);
  sink->Update();
  EXPECT_NEAR(static_cast<double>(sink->GetSummary().samples), 0.5 * static_cast<double>(drawn), 1.0);
}

/** A field of 1, to rounding. */
void
ExpectNoField(const Volume * image, const Mask * mask)
{
  SmoothField field;
  EXPECT_NO_THROW(field = FieldOf(image, mask));
  for (const double value : LogField(image, field))
  {
    ASSERT_NEAR(value, 0.0, 1e-9); // the ringing of the transforms' rounding
  }
}

TEST(HistogramRetinex, OfAnEmptyMaskIsOne)
{
  const auto & head = SmallHead();
  ExpectNoField(head.image, phantom_detail::AllocateLike<Mask>(head.image));
}

TEST(HistogramRetinex, OfATinyMaskIsOneAndSaysSo)
{
  const auto & head = SmallHead();
  const auto   mask = phantom_detail::AllocateLike<Mask>(head.image);
  mask->SetPixel({ { 20, 25, 20 } }, 1);
  mask->SetPixel({ { 23, 25, 21 } }, 1);
  ExpectNoField(head.image, mask);
  const auto sink = SinkOf(head.image.GetPointer(), mask.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetSummary().maskVoxels, 2u);
  EXPECT_EQ(sink->GetSummary().samples, 0u);
}

TEST(HistogramRetinex, OfAConstantImageIsOne)
{
  const auto & head = SmallHead();
  for (const float value : { 100.0F, 1e-20F, 0.0F, -5.0F, NaN })
  {
    SCOPED_TRACE(value);
    const auto image = Changed(head.image, [value](std::size_t, float) { return value; });
    ExpectNoField(image, head.brain);
    ExpectNoField(image, nullptr);
  }
}

TEST(HistogramRetinex, ASecondUpdateForgetsTheFirst)
{
  const auto & head = SmallHead();
  const auto   sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
  sink->Update();
  const auto field = sink->GetField();
  const auto summary = sink->GetSummary();
  sink->Modified();
  sink->Update();
  EXPECT_TRUE(SameField(sink->GetField(), field));
  EXPECT_EQ(sink->GetSummary(), summary);
}

TEST(HistogramRetinexErrors, NameTheParameterItsBoundsAndItsValue)
{
  const auto & head = SmallHead();
  const auto   expectMessage = [&](auto && change, const char * text)
  {
    const auto sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
    change(sink);
    const auto message = MessageOf([&] { sink->Update(); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  expectMessage([](auto & sink) { sink->SetOrder(0); }, "Order must be in [1, 8], got 0.");
  expectMessage([](auto & sink) { sink->SetOrder(9); }, "Order must be in [1, 8], got 9.");
  expectMessage([](auto & sink) { sink->SetFlattest(0.0); }, "Flattest must be in (0, 1], got 0.");
  expectMessage([](auto & sink) { sink->SetFlattest(1.5); }, "Flattest must be in (0, 1], got 1.5.");
  expectMessage([](auto & sink) { sink->SetContrast(-1.0); }, "Contrast must be >= 0, got -1.");
  expectMessage([](auto & sink) { sink->SetRim(5); }, "Rim must be in [0, 4] voxels, got 5.");
  expectMessage([](auto & sink) { sink->SetSmoothing(-0.1); }, "Smoothing must be >= 0 mm, got -0.1.");
  expectMessage([](auto & sink) { sink->SetWienerNoise(-0.01); }, "WienerNoise must be > 0, got -0.01.");
  expectMessage([](auto & sink) { sink->SetLogFloor(1.0); }, "LogFloor must be in [0, 1), got 1.");
  expectMessage([](auto & sink) { sink->SetConvergenceThreshold(-1.0); }, "ConvergenceThreshold must be >= 0, got -1.");
  expectMessage(
    [](auto & sink) {
      sink->SetWidths({ 0.15, 0.01 });
    },
    "Widths must be in [0.02, 1] of log intensity, got 0.01.");
  expectMessage([](auto & sink) { sink->SetWidths({ 1.5 }); },
                "Widths must be in [0.02, 1] of log intensity, got 1.5.");
  expectMessage(
    [](auto & sink) {
      sink->SetMaskImage(MakeImage<Mask>({ { 40, 50, 39 } }, [](std::size_t) { return 1; }));
    },
    "MaskImage must cover the image's region along axis 0");
}

TEST(HistogramRetinexErrors, BoundsThemselvesAreAllowed)
{
  const auto & head = SmallHead();
  for (const auto & [order, rim, smoothing, widths] :
       { std::tuple{ 1u, 0u, 0.0, std::vector<double>{ 0.02, 1.0 } }, { 8u, 4u, 100.0, std::vector<double>{} } })
  {
    const auto sink = SinkOf(head.image.GetPointer(), head.brain.GetPointer());
    sink->SetOrder(order);
    sink->SetRim(rim);
    sink->SetSmoothing(smoothing);
    sink->SetWidths(widths);
    sink->SetNumberOfSamples(10000);
    EXPECT_EQ(MessageOf([&] { sink->Update(); }), "");
  }
}
} // namespace
