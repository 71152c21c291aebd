#include "Images.h"
#include "Table.h"

#include <cmath>

namespace
{
using namespace isolux::testing;

class Adaptive : public Claim
{
};

double
SkewnessInside(const isolux::WorkImage * image, const isolux::MaskImage * mask)
{
  const auto moments = MomentsOf(image, { mask }).moments[0];
  double     cubes = 0.0;
  for (const double value : Inside(image, mask))
  {
    cubes += std::pow((value - moments.mean) / DeviationOf(moments), 3);
  }
  return cubes / static_cast<double>(moments.count);
}

/** The content in the style of these moments. */
isolux::WorkImage::Pointer
Styled(const Head & content, double mean, double deviation)
{
  return Normalized(content.image, Learning{ content.brain }, { deviation, mean });
}
} // namespace

TEST_F(Adaptive, ImposesMeanAndDeviationOfTheStyleAndNothingElse)
{
  const Head content("ixi072");
  const Head style("ixi013");
  const auto wanted = MomentsOf(style.image, { style.brain }).moments[0];
  const auto output = Styled(content, wanted.mean, DeviationOf(wanted));
  const auto got = MomentsOf(output, { content.brain }).moments[0];

  this->State("AdaIN imposes the style's mean and deviation");
  const std::string on = "brain of ixi072 in the style of the brain of ixi013";
  const auto        given = MomentsOf(content.image, { content.brain }).moments[0];
  this->Shows(on, "mean of the content", given.mean);
  this->Shows(on, "deviation of the content", DeviationOf(given));
  this->Shows(on, "mean of the style", wanted.mean);
  this->Shows(on, "deviation of the style", DeviationOf(wanted));
  // the output is rounded to float
  this->Holds(on, "relative error of the mean", std::abs(got.mean / wanted.mean - 1.0), RoundingUpTo(1e-7));
  this->Holds(
    on, "relative error of the deviation", std::abs(DeviationOf(got) / DeviationOf(wanted) - 1.0), RoundingUpTo(1e-7));

  this->State("AdaIN imposes no more than these two: the histogram's shape stays the content's");
  const double before = SkewnessInside(content.image, content.brain);
  this->Shows(on, "skewness of the style", SkewnessInside(style.image, style.brain));
  this->Shows(on, "skewness of the content", before);
  this->Holds(
    on, "skewness of the output - of the content", SkewnessInside(output, content.brain) - before, Near(0.0, 1e-5));
}

TEST_F(Adaptive, TheStyleSpaceIsLinear)
{
  const Head content("ixi072");
  const auto first = MomentsOf(Head("ixi013").image).moments[0];
  const auto second = MomentsOf(ReadImage("heads/uih770_T1w.nii.gz")).moments[0];
  const auto inFirst = Styled(content, first.mean, DeviationOf(first));
  const auto inSecond = Styled(content, second.mean, DeviationOf(second));

  const auto deviationFromLine = [&](const isolux::WorkImage * output, double weight)
  {
    const auto line = Mapped(inFirst,
                             [&](double value, std::size_t i)
                             { return (1.0 - weight) * value + weight * inSecond->GetBufferPointer()[i]; });
    return LargestDifference(output, line) / DeviationOf(first);
  };
  double largest = 0.0;
  double largestOfVariances = 0.0;
  for (int step = 0; step <= 8; ++step)
  {
    const double weight = step / 8.0;
    const auto   mix = [weight](double a, double b) { return (1.0 - weight) * a + weight * b; };
    const double mean = mix(first.mean, second.mean);
    largest =
      std::max(largest, deviationFromLine(Styled(content, mean, mix(DeviationOf(first), DeviationOf(second))), weight));
    largestOfVariances =
      std::max(largestOfVariances,
               deviationFromLine(Styled(content, mean, std::sqrt(mix(first.variance, second.variance))), weight));
  }
  const std::string on = "ixi072 in nine styles from ixi013 to uih770";
  this->State("interpolated means and deviations give the interpolated outputs: the style space is linear");
  this->Holds(on, "largest deviation from the line, in deviations of ixi013", largest, RoundingUpTo(1e-5));
  this->State("it is linear in the deviation only: interpolated means and variances do not");
  this->Holds(on, "largest deviation from the line, in deviations of ixi013", largestOfVariances, AtLeast(0.1));
}
