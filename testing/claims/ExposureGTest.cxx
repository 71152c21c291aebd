#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;

class Exposure : public Claim
{
};

/** Each with a gain of 1/4 to 4 and an offset of up to half the deviation of its set. */
Images
Exposed(const Images & images)
{
  const double deviation = std::sqrt(Accumulated(images).Variance());
  Random       random(11);
  Images       exposed;
  for (const auto & image : images)
  {
    const double gain = std::exp2(random.Uniform(-2.0, 2.0));
    exposed.push_back(Scaled(image, gain, random.Uniform(0.0, 0.5 * deviation)));
  }
  random.Shuffle(exposed);
  return exposed;
}

Images
NormalizedInBatches(const Images & images, std::size_t size)
{
  Images normalized;
  for (std::size_t first = 0; first < images.size(); first += size)
  {
    const Images  batch(images.begin() + static_cast<long>(first),
                       images.begin() + static_cast<long>(std::min(first + size, images.size())));
    const Moments moments(MomentsOf(Accumulated(batch)));
    for (const auto & image : batch)
    {
      normalized.push_back(Normalized(image, moments, { 1.0, 0.0, 1e-5 }));
    }
  }
  return normalized;
}

Images
Rectified(const Images & images)
{
  Images rectified;
  for (const auto & image : images)
  {
    rectified.push_back(Mapped(image, [](double value, std::size_t) { return std::max(value, 0.0); }));
  }
  return rectified;
}

/** Of each pixel with the mean intensity of its image; all images are of one size. */
double
CorrelationWithMeanIntensity(const Images & activations, const Images & images)
{
  std::vector<double> values; // means: within an image the intensity's mean does not vary
  std::vector<double> means;
  for (std::size_t i = 0; i < images.size(); ++i)
  {
    values.push_back(Accumulated(activations[i]).Mean());
    means.push_back(Accumulated(images[i]).Mean());
  }
  return Correlation(values, means) * Deviation(values) / std::sqrt(Accumulated(activations).Variance());
}
} // namespace

TEST_F(Exposure, NormalizedValuesAreNotCorrelatedWithTheMeanIntensity)
{
  for (const auto & set : ImageSets())
  {
    const auto images = Exposed(set.images);
    const auto batches = NormalizedInBatches(images, 8);
    const auto instances = NormalizedInBatches(images, 1);
    const auto on = set.name + ", gain 1/4 to 4";
    this->State("correlation of normalized values with the mean intensity of their image: near 0 for IN, not for BN");
    this->Shows(on, "as they are", CorrelationWithMeanIntensity(images, images));
    this->Holds(on, "BN, B = 8", CorrelationWithMeanIntensity(batches, images), AtLeast(0.2));
    this->Holds(on,
                "BN of the whole set",
                CorrelationWithMeanIntensity(NormalizedInBatches(images, images.size()), images),
                AtLeast(0.2));
    this->Holds(on, "IN", std::abs(CorrelationWithMeanIntensity(instances, images)), RoundingUpTo(1e-6));

    this->State(
      "behind a rectifier IN leaves a small correlation, not 0: the shape of the histogram goes with brightness");
    this->Holds(on, "BN, B = 8", CorrelationWithMeanIntensity(Rectified(batches), images), AtLeast(0.2));
    this->Holds(on, "IN", std::abs(CorrelationWithMeanIntensity(Rectified(instances), images)), AtMost(0.1));
    const auto asExposed = CorrelationWithMeanIntensity(Rectified(NormalizedInBatches(set.images, 1)), set.images);
    this->Holds(set.name + ", as they were exposed", "IN", std::abs(asExposed), AtMost(0.1));
  }
}
