#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;
using itk::MomentAccumulator;

constexpr int NumberOfBatches = 4000;

class BatchSize : public Claim
{
};

/** Deviation of what was drawn. */
double
Spread(const std::vector<double> & draws)
{
  double sum = 0.0;
  double squares = 0.0;
  for (const double draw : draws) // about the first, so that draws that are alike have none
  {
    sum += draw - draws.front();
    squares += (draw - draws.front()) * (draw - draws.front());
  }
  const auto count = static_cast<double>(draws.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

struct StandardError
{
  double mean;
  double deviation;
};

/** Of a batch's moments over random batches of `size` images; `fixed`, if any, is in every batch. */
StandardError
ErrorOverBatches(const std::vector<MomentAccumulator> & images, int size, const MomentAccumulator * fixed)
{
  Random              random(static_cast<std::uint64_t>(size));
  std::vector<double> means;
  std::vector<double> deviations;
  for (int draw = 0; draw < (fixed == nullptr ? NumberOfBatches : NumberOfBatches / 20); ++draw)
  {
    MomentAccumulator batch = fixed == nullptr ? MomentAccumulator() : *fixed;
    for (int i = fixed == nullptr ? 0 : 1; i < size; ++i)
    {
      batch.Merge(images[random.Bits() % images.size()]);
    }
    means.push_back(batch.Mean());
    deviations.push_back(std::sqrt(batch.Variance()));
  }
  return { Spread(means), Spread(deviations) };
}

/** The mean error over the choice of the fixed image. */
StandardError
ErrorWithEachFixed(const std::vector<MomentAccumulator> & images, int size)
{
  StandardError sum{ 0.0, 0.0 };
  for (const auto & image : images)
  {
    const auto error = ErrorOverBatches(images, size, &image);
    sum.mean += error.mean / static_cast<double>(images.size());
    sum.deviation += error.deviation / static_cast<double>(images.size());
  }
  return sum;
}

std::vector<MomentAccumulator>
AccumulatedEach(const Images & images)
{
  std::vector<MomentAccumulator> each;
  for (const auto & image : images)
  {
    each.push_back(Accumulated(image));
  }
  return each;
}
} // namespace

TEST_F(BatchSize, ErrorOfTheEstimateFallsWithTheRootOfTheBatch)
{
  this->State("estimating the set's moments from a batch of B images: standard error, in deviations of the set");
  for (const auto & set : ImageSets())
  {
    const auto   images = AccumulatedEach(set.images);
    const double deviation = std::sqrt(Accumulated(set.images).Variance());
    const auto   alone = ErrorOverBatches(images, 1, nullptr);
    for (const int size : { 1, 2, 4, 8 })
    {
      const auto error = ErrorOverBatches(images, size, nullptr);
      // 4000 batches tell a standard error to 1.1 %, and the ratio of two to 1.6 %
      this->Holds(set.name,
                  Text("BN, B = ", size, ": of the mean"),
                  error.mean / deviation,
                  Near(alone.mean / deviation / std::sqrt(size), 0.05 * alone.mean / deviation));
      this->Shows(set.name, Text("BN, B = ", size, ": of the deviation"), error.deviation / deviation);
    }
    this->IsWeaker(set.name,
                   "IN, any B: of the mean, over that of BN, B = 8",
                   alone.mean / ErrorOverBatches(images, 8, nullptr).mean,
                   AtMost(1.0),
                   "of the set IN tells no more than BN of one image; it is stable as what an image is normalized by");
  }
}

TEST_F(BatchSize, TheRestOfTheBatchDoesNotChangeWhatAnImageIsNormalizedBy)
{
  this->State("what one image is normalized by, its batch drawn at random: standard error, in deviations of the set");
  for (const auto & set : ImageSets())
  {
    const auto   images = AccumulatedEach(set.images);
    const double deviation = std::sqrt(Accumulated(set.images).Variance());
    for (const int size : { 2, 4, 8 })
    {
      const auto error = ErrorWithEachFixed(images, size);
      this->Holds(set.name, Text("BN, B = ", size, ": of the mean"), error.mean / deviation, AtLeast(0.01));
      this->Holds(set.name, Text("BN, B = ", size, ": of the deviation"), error.deviation / deviation, AtLeast(0.01));
    }
    const auto error = ErrorWithEachFixed(images, 1); // IN, whatever the batch
    this->Holds(set.name, "IN, any B: of the mean", error.mean, Exactly(0.0));
    this->Holds(set.name, "IN, any B: of the deviation", error.deviation, Exactly(0.0));
  }
}

TEST_F(BatchSize, BatchNormalizationOfOneImageIsInstanceNormalization)
{
  this->State("at batch one BN is IN");
  for (const auto & set : ImageSets())
  {
    std::size_t differing = 0;
    std::size_t differingOfTwo = 0;
    for (std::size_t i = 0; i < set.images.size(); ++i)
    {
      const auto & image = set.images[i];
      const auto & other = set.images[(i + 1) % set.images.size()];
      const auto   instance = PixelsOf(Normalized(image, Learning{}, { 1.0, 0.0, 1e-5 }).GetPointer());
      const auto   batch = [&](const Images & images)
      {
        const Moments moments(MomentsOf(Accumulated(images)));
        return PixelsOf(Normalized(image, moments, { 1.0, 0.0, 1e-5 }).GetPointer());
      };
      differing += SameBits(instance, batch({ image })) ? 0 : 1;
      differingOfTwo += SameBits(instance, batch({ image, other })) ? 0 : 1;
    }
    this->Holds(set.name, "images of which a bit differs, B = 1", static_cast<double>(differing), Exactly(0));
    this->Holds(set.name,
                "images of which a bit differs, B = 2",
                static_cast<double>(differingOfTwo),
                Exactly(static_cast<double>(set.images.size())));
  }
}
