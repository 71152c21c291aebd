#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include "itkDivisiveNormalizationImageFilter.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

class Divisive : public Claim
{
};

/** Texture of mean 0 and deviation 1. */
WorkImage::Pointer
Texture()
{
  return Normalized(ReadImage("photos/bookplate_rgb.jpg", 1));
}

WorkImage::Pointer
Divided(const WorkImage * image, const itk::MeanAndVariance & moments, double semiSaturation = 1.0)
{
  const auto filter = itk::DivisiveNormalizationImageFilter<WorkImage>::New();
  filter->SetInput(image);
  filter->SetMoments(moments);
  filter->SetSemiSaturation(semiSaturation);
  filter->Update();
  return filter->GetOutput();
}

double
Response(const WorkImage * image)
{
  return DeviationOf(MomentsOf(image).moments[0]);
}

double
Response(const WorkImage * image, bool right)
{
  const auto size = image->GetLargestPossibleRegion().GetSize();
  return Response(
    Cut(image, { { right ? static_cast<long>(size[0] / 2) : 0, 0, 0, 0 } }, { { size[0] / 2, size[1], 1, 1 } }));
}
} // namespace

TEST_F(Divisive, TheResponseToContrastSaturates)
{
  const itk::MeanAndVariance reference{ 0.0, 1.0, 0 }; // half-saturated at a contrast of 1
  Random                     random(17);
  const auto                 texture = Texture();
  const auto                 noise = Mapped(texture, [&](double, std::size_t) { return random.Normal(0.0, 1.0); });
  double                     largestOfInstance = 0.0;
  this->State(
    "divisive normalization: the response saturates with contrast c, in half-saturations, as c / sqrt(1 + c^2)");
  std::vector<double> responses;
  for (const double contrast : { 0.0625, 0.125, 0.5, 1.0, 2.0, 8.0, 16.0 })
  {
    // a pool of 6 mm tells the contrast of noise to a few per cent
    this->Holds(Text("noise of one contrast, c = ", contrast),
                "divisive: response",
                Response(Divided(Scaled(noise, contrast, 0.0), reference)),
                Near(contrast / std::sqrt(1.0 + contrast * contrast), 0.03));
    const auto image = Scaled(texture, contrast, 0.0);
    responses.push_back(Response(Divided(image, reference)));
    this->Shows(
      Text("woodcut (bookplate, green), c = ", contrast, " on the whole"), "divisive: response", responses.back());
    largestOfInstance = std::max(largestOfInstance, std::abs(Response(Normalized(image)) - 1.0));
  }
  const std::string on = "woodcut (bookplate, green)";
  this->Holds(on, "divisive: growth from c = 1/16 to 1/8", responses[1] / responses[0], Near(2.0, 0.05));
  this->Holds(on, "divisive: growth from c = 8 to 16", responses[6] / responses[5], Near(1.0, 0.05));
  this->State("IN's response is the same for every contrast: it saturates at once");
  this->Holds(
    on + ", c from 1/16 to 16", "largest deviation of the response from 1", largestOfInstance, RoundingUpTo(1e-6));
}

TEST_F(Divisive, ContrastIsEvenedOutFromPlaceToPlaceAndNotOnTheWholeAlone)
{
  const auto texture = Texture();
  const auto size = texture->GetLargestPossibleRegion().GetSize();
  const auto uneven =
    Mapped(texture, [&](double value, std::size_t i) { return i % size[0] < size[0] / 2 ? 0.125 * value : value; });
  const auto        ratio = [](const WorkImage * image) { return Response(image, true) / Response(image, false); };
  const auto        moments = MomentsOf(uneven).moments[0];
  const std::string on = "woodcut, left half of an eighth of the contrast";
  this->State("divisive normalization evens out contrast from place to place, IN only that of the whole image");
  this->Shows(on, "response right / left: before", ratio(uneven));
  this->Holds(on, "response right / left: IN", ratio(Normalized(uneven)), Near(ratio(uneven), 1e-4));
  this->Holds(
    on, "response right / left: divisive, half-saturation 0.5", ratio(Divided(uneven, moments, 0.5)), AtMost(5.0));
  this->Holds(
    on, "response right / left: divisive, half-saturation 0.1", ratio(Divided(uneven, moments, 0.1)), AtMost(2.5));

  this->State("both are invariant to the gain of the whole image, where the half-saturation follows its deviation");
  const auto tenfold = Scaled(texture, 10.0, 0.0);
  this->Holds(
    "woodcut, a = 10",
    "divisive: largest change",
    LargestDifference(Divided(tenfold, MomentsOf(tenfold).moments[0]), Divided(texture, MomentsOf(texture).moments[0])),
    RoundingUpTo(1e-5));
  this->Holds(
    "woodcut, a = 10", "IN: largest change", LargestDifference(Normalized(tenfold), texture), RoundingUpTo(1e-5));
}
