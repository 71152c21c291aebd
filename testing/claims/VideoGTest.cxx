#include "Images.h"
#include "Table.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

class Video : public Claim
{
};

WorkImage::Pointer
ClipWide(const WorkImage * clip)
{
  return Normalized(clip);
}

WorkImage::Pointer
PerFrame(const WorkImage * clip)
{
  return Normalized(clip, Learning{ nullptr, { T } });
}

/** Share of the pattern of one frame's differences to the first that is not in proportion to `before`: 1 - r^2. */
double
LostOfDifferences(const WorkImage * before, const WorkImage * after)
{
  const auto          frames = before->GetLargestPossibleRegion().GetSize()[3];
  const auto          voxels = before->GetLargestPossibleRegion().GetNumberOfPixels() / frames;
  std::vector<double> was;
  std::vector<double> is;
  for (std::size_t i = voxels; i < voxels * frames; ++i)
  {
    const auto difference = [i, voxels](const WorkImage * image)
    { return static_cast<double>(image->GetBufferPointer()[i]) - image->GetBufferPointer()[i % voxels]; };
    was.push_back(difference(before));
    is.push_back(difference(after));
  }
  const double correlation = Correlation(was, is);
  return std::max(0.0, 1.0 - correlation * correlation);
}

constexpr std::array<double, 6> Uptake{ { 0.0, 0.25, 0.7, 1.0, 0.9, 0.8 } };

/** Six frames of a head of which one tissue takes up contrast, by 60 % at its peak. */
WorkImage::Pointer
ContrastSeries(const Head & head)
{
  const auto size = head.image->GetLargestPossibleRegion().GetSize();
  const auto voxels = head.image->GetLargestPossibleRegion().GetNumberOfPixels();
  return MakeWorkImage({ { size[0], size[1], size[2], Uptake.size() } },
                       [&](std::size_t i)
                       {
                         const double taken =
                           head.greyMatter->GetBufferPointer()[i % voxels] != 0 ? 0.6 * Uptake[i / voxels] : 0.0;
                         return head.image->GetBufferPointer()[i % voxels] * (1.0 + taken);
                       });
}

/** Mean of a tissue in each frame. */
std::vector<double>
Course(const WorkImage * series, const isolux::MaskImage * tissue)
{
  const auto          size = series->GetLargestPossibleRegion().GetSize();
  std::vector<double> course;
  for (long frame = 0; frame < static_cast<long>(size[3]); ++frame)
  {
    const auto volume = Cut(series, { { 0, 0, 0, frame } }, { { size[0], size[1], size[2], 1 } });
    course.push_back(Accumulated(volume, tissue).Mean());
  }
  return course;
}

/** Largest deviation of a course, scaled to run from 0 in the first frame to 1 at the peak, from the true one. */
double
DeviationFromUptake(const std::vector<double> & course)
{
  double largest = 0.0;
  for (std::size_t frame = 0; frame < course.size(); ++frame)
  {
    const double relative = (course[frame] - course[0]) / (course[3] - course[0]);
    largest = std::max(largest, std::abs(relative - Uptake[frame]));
  }
  return largest;
}
} // namespace

TEST_F(Video, ClipWideNormalizationRemovesTheBaselineAndKeepsDifferencesInProportion)
{
  const auto        clip = ReadImage("series/nibabel_4d.nii.gz");
  const std::string on = "nibabel_4d, two volumes of a real series";
  const auto        wide = ClipWide(clip);
  const auto        frames = PerFrame(clip);

  this->State("clip-wide IN removes the clip's baseline and gain");
  this->Holds("nibabel_4d, a = 3, b = 500",
              "largest change",
              LargestDifference(ClipWide(Scaled(clip, 3.0, 500.0)), wide),
              RoundingUpTo(2e-6)); // roundings to float
  this->State("clip-wide IN keeps the frames' differences in proportion; per frame it does not");
  this->Holds(
    on, "clip-wide: share of the differences not in proportion", LostOfDifferences(clip, wide), RoundingUpTo(1e-8));
  this->Shows(on, "per frame: share of the differences not in proportion", LostOfDifferences(clip, frames));
  // every voxel of the second frame brighter by a tenth of the deviation
  const auto   voxels = clip->GetLargestPossibleRegion().GetNumberOfPixels() / 2;
  const double step = 0.1 * DeviationOf(MomentsOf(clip).moments[0]);
  const auto brightened = Mapped(clip, [&](double value, std::size_t i) { return value + (i >= voxels ? step : 0.0); });
  this->Holds("nibabel_4d, second volume brighter by 0.1 deviations",
              "clip-wide: share of the differences not in proportion",
              LostOfDifferences(brightened, ClipWide(brightened)),
              RoundingUpTo(1e-8));
  const auto difference = [&](const WorkImage * image)
  {
    const auto course = MomentsOf(image, { nullptr, { T } }).moments;
    return course[1].mean - course[0].mean;
  };
  this->Holds("nibabel_4d, second volume brighter by 0.1 deviations",
              "clip-wide: mean difference after / before (per deviation)",
              difference(ClipWide(brightened)) * DeviationOf(MomentsOf(brightened).moments[0]) / difference(brightened),
              Near(1.0, 1e-5));
  this->Holds("nibabel_4d, second volume brighter by 0.1 deviations",
              "per frame: mean difference after",
              std::abs(difference(PerFrame(brightened))),
              RoundingUpTo(1e-6));
}

TEST_F(Video, PerFrameNormalizationLosesContrastUptake)
{
  const Head        head("ixi013");
  const auto        series = ContrastSeries(head);
  const auto        wide = ClipWide(series);
  const auto        frames = PerFrame(series);
  const std::string on = "ixi013 as six frames, grey matter brighter by up to 60 %";
  this->State("contrast uptake: clip-wide IN keeps its course, per-frame IN does not");
  this->Holds(on,
              "clip-wide: largest deviation from the course, of its peak",
              DeviationFromUptake(Course(wide, head.greyMatter)),
              RoundingUpTo(1e-5));
  this->Holds(on,
              "per frame: largest deviation from the course, of its peak",
              DeviationFromUptake(Course(frames, head.greyMatter)),
              AtLeast(0.01));
  const auto rise = [&](const WorkImage * image, const isolux::MaskImage * tissue)
  {
    const auto course = Course(image, tissue);
    return course[3] - course[0];
  };
  const double whole = rise(wide, head.greyMatter);
  this->Shows(on, "clip-wide: rise at the peak, in deviations", whole);
  this->Holds(
    on, "per frame: rise at the peak, of the clip-wide one", rise(frames, head.greyMatter) / whole, AtMost(0.8));
  this->Holds(on,
              "clip-wide: rise of the white matter, which takes up nothing",
              std::abs(rise(wide, head.whiteMatter)),
              RoundingUpTo(1e-5));
  this->Holds(
    on, "per frame: rise of the white matter, which takes up nothing", rise(frames, head.whiteMatter), AtMost(-0.1));

  this->State("a gain of each frame, a flicker, is removed per frame and not clip-wide");
  const auto voxels = head.image->GetLargestPossibleRegion().GetNumberOfPixels();
  const auto flickering =
    Mapped(series, [&](double value, std::size_t i) { return (i / voxels % 2 == 0 ? 1.0 : 1.1) * value; });
  const std::string onFlicker = "the same, every second frame times 1.1";
  this->Holds(
    onFlicker, "per frame: largest change", LargestDifference(PerFrame(flickering), frames), RoundingUpTo(5e-6));
  this->Holds(onFlicker, "clip-wide: largest change", LargestDifference(ClipWide(flickering), wide), AtLeast(0.1));
}
