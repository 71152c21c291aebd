#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

class Amplitude : public Claim
{
};

/** Signal of deviation 1 and noise of deviation sigma, as a step of a diffusion model. */
WorkImage::Pointer
Noised(double sigma)
{
  static const auto signal = Normalized(ReadImage("photos/retina_rgb.png", 1));
  Random            random(7);
  return Mapped(signal, [&](double value, std::size_t) { return value + random.Normal(0.0, sigma); });
}

/** Stands for a model that predicts the noise: each pixel less the mean of its eight neighbours. What is beyond
 * `threshold` is kept. */
WorkImage::Pointer
Model(const WorkImage * image, double threshold = 0.0)
{
  const auto size = image->GetLargestPossibleRegion().GetSize();
  const auto width = static_cast<long>(size[0]);
  const auto height = static_cast<long>(size[1]);
  return Mapped(image,
                [&](double value, std::size_t i)
                {
                  const long x = static_cast<long>(i) % width;
                  const long y = static_cast<long>(i) / width;
                  double     sum = -value;
                  for (long dy = -1; dy <= 1; ++dy)
                  {
                    for (long dx = -1; dx <= 1; ++dx)
                    {
                      const long column = std::min(std::max(x + dx, 0L), width - 1);
                      const long row = std::min(std::max(y + dy, 0L), height - 1);
                      sum += image->GetBufferPointer()[row * width + column];
                    }
                  }
                  const double detail = value - sum / 8.0;
                  return std::abs(detail) > threshold ? detail : 0.0;
                });
}

/** The removed deviation given back. The mean is none of the model's answer, which is a detail. */
WorkImage::Pointer
GivenBack(const WorkImage * answer, const Moments & removed)
{
  return Normalized(answer, Moments({ 0.0, removed.moments[0].variance }), { 1.0, 0.0, 0.0, true });
}

double
Energy(const WorkImage * image)
{
  const auto moments = MomentsOf(image).moments[0];
  return moments.variance + moments.mean * moments.mean;
}
} // namespace

TEST_F(Amplitude, InstanceNormalizationErasesTheNoiseLevel)
{
  this->State("IN erases the noise level sigma of x = signal + sigma noise");
  for (const double sigma : { 0.0, 1.0, 4.0, 16.0, 64.0 })
  {
    const auto image = Noised(sigma);
    const auto on = Text("retina (green) of deviation 1, sigma = ", sigma);
    this->Shows(on, "energy of x", Energy(image));
    // roundings of the output to float
    this->Holds(on, "energy of IN(x)", Energy(Normalized(image)), Near(1.0, 1e-6));
  }
}

TEST_F(Amplitude, CarryingTheRemovedStatisticsAroundTheModelRestoresIt)
{
  const auto prediction = [](double sigma, auto && predict)
  {
    const auto image = Noised(sigma);
    return DeviationOf(MomentsOf(predict(image.GetPointer())).moments[0]);
  };
  const std::string on = "retina (green), the model a fixed high-pass filter, sigma from 1 to 64";
  const auto        plain = [](const WorkImage * image) { return Model(image); };
  const auto        encoded = [](const WorkImage * image) { return Model(Normalized(image)); };
  const auto        decoded = [](const WorkImage * image) { return Normalized(Model(image)); };
  const auto carried = [](const WorkImage * image) { return GivenBack(Model(Normalized(image)), MomentsOf(image)); };

  this->State("a model that predicts the noise must answer in proportion to sigma");
  const auto   growth = [&](auto && predict) { return prediction(64.0, predict) / prediction(1.0, predict); };
  const double wanted = growth(plain);
  this->Holds(on, "growth of the answer without IN", wanted, Near(64.0, 1.5));
  this->Holds(on, "with IN after the model (decoder)", growth(decoded), Near(1.0, 1e-5));
  this->Holds(on, "with IN before the model (encoder) alone", growth(encoded), AtMost(2.0));
  this->Holds(on, "with IN before the model and its statistics given back", growth(carried), Near(wanted, 1e-4));

  this->State("given back its statistics, a linear model answers as if it had seen x");
  const auto image = Noised(16.0);
  this->Holds("retina (green), fixed high-pass filter, sigma = 16",
              "largest deviation, in sigma",
              LargestDifference(plain(image), carried(image)) / 16.0,
              RoundingUpTo(1e-5));
  this->State("a model with a threshold does not: its threshold now is relative to the deviation of x");
  const auto thresholded = GivenBack(Model(Normalized(image), 0.5), MomentsOf(image));
  this->Holds("retina (green), details above 0.5 only, sigma = 16",
              "largest deviation, in sigma",
              LargestDifference(Model(image, 0.5), thresholded) / 16.0,
              AtLeast(0.1));
}
