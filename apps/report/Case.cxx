#include "Report.h"

#include "Chart.h"
#include "Contour.h"
#include "Error.h"
#include "Format.h"
#include "ImageFormat.h"
#include "Picture.h"
#include "Plane.h"
#include "Templates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace isolux
{
namespace
{
using kainjow::mustache::data;

constexpr double       PictureBytes = 1.3e6;    ///< of one case before compression; 1.73 MB in base64
constexpr unsigned int LargestSide = 300;       ///< pixels
constexpr unsigned int SmallestSide = 128;      ///< below this, fewer channels are shown
constexpr double       DisplaySide = 340.0;     ///< CSS pixels of the longest side of any picture
constexpr double       LowestRuled = 80.0;      ///< CSS pixels; in lower pictures the letters leave a ruler no room
constexpr unsigned int ThumbnailSide = 96;      ///< pixels
constexpr unsigned int ContourSide = 128;       ///< pixels that contours are drawn from
constexpr std::size_t  LongestContours = 60000; ///< bytes of one picture; longer ones are of a field that is not smooth
constexpr std::size_t  LargestSample = 250000;

data
Pair(const std::string & label, const std::string & value)
{
  data item;
  item["label"] = label;
  item["value"] = value;
  return item;
}

std::string
DescribeSize(const itk::Size<4> & size)
{
  return std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) + " x " +
         std::to_string(size[3]);
}

void
CheckSize(const std::string & name, const itk::Size<4> & expected, const char * what, const itk::Size<4> & size)
{
  const bool same = size[0] == expected[0] && size[1] == expected[1] && size[2] == expected[2] &&
                    (size[3] == expected[3] || size[3] == 1);
  if (!same)
  {
    throw Error("report of '" + name + "': the " + what + " has size " + DescribeSize(size) + ", but the image has " +
                DescribeSize(expected) + "; give all pictures of a channel on one grid");
  }
}

void
CheckSizes(const std::string & name, const CasePictures & pictures, const itk::Size<4> & expected)
{
  CheckSize(name, expected, "image before", pictures.before->GetLargestPossibleRegion().GetSize());
  CheckSize(name, expected, "image after", pictures.after->GetLargestPossibleRegion().GetSize());
  if (pictures.field)
  {
    CheckSize(name, expected, "field", pictures.field->GetLargestPossibleRegion().GetSize());
  }
  if (pictures.mask)
  {
    CheckSize(name, expected, "mask", pictures.mask->GetLargestPossibleRegion().GetSize());
  }
}

/** Finite voxels inside or outside the mask, at an odd stride where there are more than LargestSample voxels. */
std::vector<double>
Sample(const WorkImage & image, const MaskImage * mask, const bool inside)
{
  const std::size_t count = image.GetBufferedRegion().GetNumberOfPixels();
  const std::size_t maskCount = mask != nullptr ? mask->GetBufferedRegion().GetNumberOfPixels() : 0;
  const std::size_t stride = std::max<std::size_t>(1, count / LargestSample) | 1U;
  const float *     voxels = image.GetBufferPointer();

  std::vector<double> sample;
  for (std::size_t index = 0; index < count; index += stride)
  {
    const bool isInside = mask == nullptr || mask->GetBufferPointer()[index % maskCount] != 0;
    if (isInside == inside && std::isfinite(voxels[index]))
    {
      sample.push_back(voxels[index]);
    }
  }
  return sample;
}

/** Reorders the sample, which must not be empty. */
double
Quantile(std::vector<double> & sample, const double probability)
{
  const auto rank = static_cast<std::ptrdiff_t>(std::lround(probability * (static_cast<double>(sample.size()) - 1.0)));
  std::nth_element(sample.begin(), sample.begin() + rank, sample.end());
  return sample[static_cast<std::size_t>(rank)];
}

/** What turns intensities into standard deviations from the mean. */
struct Standard
{
  double mean = 0.0;
  double deviation = 1.0;
};

/** Of one channel, or of several together, whose proportions (the colours) it keeps. */
Standard
Pool(const std::vector<const IntensitySummary *> & summaries)
{
  Standard   standard;
  const auto count = static_cast<double>(summaries.size());
  for (const IntensitySummary * summary : summaries)
  {
    standard.mean += summary->mean / count;
  }
  double variance = 0.0;
  for (const IntensitySummary * summary : summaries)
  {
    const double offset = summary->mean - standard.mean;
    variance += (summary->standardDeviation * summary->standardDeviation + offset * offset) / count;
  }
  standard.deviation = variance > 0.0 ? std::sqrt(variance) : 1.0;
  return standard;
}

/** Channels that make one picture: three of a colour image, else one. */
struct Group
{
  std::vector<std::size_t> channels;
  Standard                 before;
  Standard                 after;
};

/** In standard deviations from the mean of the group. */
std::vector<double>
SampleOf(const std::vector<CasePictures> & channels, const Group & group, const bool isAfter, const bool inside)
{
  const Standard &    standard = isAfter ? group.after : group.before;
  std::vector<double> all;
  for (const std::size_t channel : group.channels)
  {
    const CasePictures & pictures = channels[channel];
    for (const double value : Sample(isAfter ? *pictures.after : *pictures.before, pictures.mask, inside))
    {
      all.push_back((value - standard.mean) / standard.deviation);
    }
  }
  return all;
}

/** What neighbouring intensities differ by at the dark end of an image of integers, or of rescaled ones; 0 of others.
 */
double
StepOf(const std::vector<CasePictures> & channels, const Group & group)
{
  constexpr std::size_t mostGaps = 10;
  auto                  sample = SampleOf(channels, group, false, true);
  const auto            outside = SampleOf(channels, group, false, false);
  sample.insert(sample.end(), outside.begin(), outside.end());
  std::sort(sample.begin(), sample.end());
  std::vector<double> gaps;
  for (std::size_t index = 1; index < sample.size() && gaps.size() < mostGaps; ++index)
  {
    if (sample[index] > sample[index - 1])
    {
      gaps.push_back(sample[index] - sample[index - 1]);
    }
  }
  if (gaps.size() < 2)
  {
    return 0.0;
  }
  const double step = *std::min_element(gaps.begin(), gaps.end());
  const bool   isStepped =
    std::all_of(gaps.begin(),
                gaps.end(),
                [step](const double gap) { return std::abs(gap / step - std::round(gap / step)) < 0.02; });
  return isStepped ? step : 0.0;
}

/** From the 0.5th percentile outside the mask to the 60th, which is still air in most pictures of a head; up to the
 * 99.5th where these are equal. Of an image without an outside, to the 10th of everything. Where that is at most two of
 * the input's steps, which would be black and white and nothing between: ten steps. */
Window
DarkEnd(const std::vector<CasePictures> & channels, const Group & group, const bool isAfter, const double step)
{
  auto       sample = SampleOf(channels, group, isAfter, false);
  const bool hasOutside = !sample.empty();
  if (!hasOutside)
  {
    sample = SampleOf(channels, group, isAfter, true);
  }
  if (sample.empty())
  {
    return { 0.0, 0.0 };
  }
  const double low = Quantile(sample, 0.005);
  const double high = Quantile(sample, hasOutside ? 0.60 : 0.10);
  const double widest = hasOutside ? Quantile(sample, 0.995) : high;
  if (high < low + 2.5 * step && widest > low)
  {
    return { low, low + 10.0 * step };
  }
  return { low, high > low ? high : widest };
}

/** Pictures of all planes have the same size of a pixel, which is square. */
struct Layout
{
  std::vector<Plane> planes;
  double             pixel = 1.0;   ///< mm
  double             longest = 1.0; ///< mm
  bool               letters = true;

  std::array<unsigned int, 4> step{ { 1, 1, 1, 1 } }; ///< of the pictures in the image
  itk::Size<4>                size{ { 1, 1, 1, 1 } }; ///< of the image

  unsigned int
  Pixels(const double millimetres) const
  {
    return std::max(1U, static_cast<unsigned int>(std::lround(millimetres / pixel)));
  }
};

Raster
Draw(const Raster & slice, const WorkImage & image, const Plane & plane, const Layout & layout)
{
  const auto [width, height] = Extent(image, plane);
  return Resample(slice, layout.Pixels(width), layout.Pixels(height));
}

std::string
Percent(const double share)
{
  return FormatFixed(100.0 * share, 2);
}

/** A round length of about a third of the picture. */
double
RulerLength(const double width)
{
  const double power = std::pow(10.0, std::floor(std::log10(width / 2.5)));
  const double factor = width / 2.5 / power;
  return power * (factor >= 5.0 ? 5.0 : factor >= 2.0 ? 2.0 : 1.0);
}

data
PictureData(std::string uri, const WorkImage & image, const Plane & plane, const Layout & layout)
{
  const auto [width, height] = Extent(image, plane);
  const auto display = [&](const double millimetres)
  { return std::to_string(std::max(1L, std::lround(millimetres / layout.longest * DisplaySide))); };
  data item;
  item["uri"] = std::move(uri);
  item["width"] = display(width);
  item["height"] = display(height);
  item["letters"] = layout.letters;
  item["ruler"] = data{ false };
  if (layout.letters && width > 0.0 && height / layout.longest * DisplaySide >= LowestRuled)
  {
    const double length = RulerLength(width);
    data         ruler;
    ruler["percent"] = Percent(length / width);
    ruler["text"] = length < 10.0 ? FormatNumber(length) + " mm" : FormatNumber(length / 10.0) + " cm";
    item["ruler"] = std::move(ruler);
  }
  item["left"] = std::string(1, plane.left);
  item["right"] = std::string(1, plane.right);
  item["top"] = std::string(1, plane.top);
  item["bottom"] = std::string(1, plane.bottom);
  return item;
}

std::string
Caption(const Plane & plane, const Layout & layout)
{
  constexpr const char * axes[] = { "x", "y", "z" };
  if (!layout.letters && plane.slices == 1 && plane.frames == 1)
  {
    return "The image";
  }
  std::string text =
    layout.letters ? plane.name : std::string("Plane ") + axes[plane.columnAxis] + "–" + axes[plane.rowAxis];
  if (plane.slices > 1)
  {
    text += ", slice " + std::to_string(plane.slice * layout.step[plane.sliceAxis] + 1) + " of " +
            std::to_string(layout.size[plane.sliceAxis]) + ", " + plane.reason;
  }
  if (plane.frames > 1)
  {
    text += ", middle frame (" + std::to_string(plane.frame * layout.step[3] + 1) + " of " +
            std::to_string(layout.size[3]) + ")";
  }
  if (layout.letters && plane.degrees > 1.0)
  {
    text += ", along the image’s own axes, " + FormatFixed(plane.degrees, 0) + "° off the patient’s";
  }
  return text;
}

/** Windows in standard deviations from the mean become those of the image's intensities. */
Window
RawWindow(const Standard & standard, const Window & window)
{
  return { standard.mean + window.low * standard.deviation, standard.mean + window.high * standard.deviation };
}

/** A group's two pictures; windows in standard deviations from the mean. */
data
BeforeAndAfter(const std::vector<CasePictures> & channels,
               const Group &                     group,
               const Plane &                     plane,
               const Layout &                    layout,
               const Window &                    windowBefore,
               const Window &                    windowAfter)
{
  data list{ data::type::list };
  for (const bool isAfter : { false, true })
  {
    const Window raw = RawWindow(isAfter ? group.after : group.before, isAfter ? windowAfter : windowBefore);
    const auto & first = *channels[group.channels.front()].before;

    std::vector<Raster> rasters;
    for (const std::size_t channel : group.channels)
    {
      const WorkImage & image = isAfter ? *channels[channel].after : *channels[channel].before;
      rasters.push_back(Draw(Slice(image, plane), image, plane, layout));
    }
    const char * tag = isAfter ? "After" : "Before";
    data         item = PictureData(GreyOrColourPng(rasters, raw), first, plane, layout);
    item["tag"] = tag;
    item["kind"] = isAfter ? "after" : "before";
    item["alt"] =
      Caption(plane, layout) + ", " + tag +
      (layout.letters ? std::string(". Left of the picture is ") + plane.left + ", top is " + plane.top : "");
    list << item;
  }
  return list;
}

/** Of both images, in standard deviations from the mean of each. */
Window
SharedWindow(const std::vector<CasePictures> & channels, const Group & group)
{
  std::vector<double> inside = SampleOf(channels, group, false, true);
  const auto          insideAfter = SampleOf(channels, group, true, true);
  inside.insert(inside.end(), insideAfter.begin(), insideAfter.end());

  Window window{ -1.0, 1.0 };
  if (!inside.empty())
  {
    window = { Quantile(inside, 0.005), Quantile(inside, 0.995) };
  }
  if (!(window.high > window.low))
  {
    window = { window.low - 1.0, window.low + 1.0 };
  }
  return window;
}

/** Before and after in the first plane, small. An SVG, so that no search takes it for one of the images. */
std::string
ThumbnailOf(const std::vector<CasePictures> & channels, const Group & group, const Layout & layout)
{
  const Plane & plane = layout.planes.front();
  const auto [width, height] = Extent(*channels[group.channels.front()].before, plane);
  const auto pixels = [longest = std::max(width, height)](const double millimetres)
  { return std::max(1U, static_cast<unsigned int>(std::lround(ThumbnailSide * millimetres / longest))); };
  const Window window = SharedWindow(channels, group);

  data pictures{ data::type::list };
  for (const bool isAfter : { false, true })
  {
    std::vector<Raster> rasters;
    for (const std::size_t channel : group.channels)
    {
      const WorkImage & image = isAfter ? *channels[channel].after : *channels[channel].before;
      rasters.push_back(Resample(Slice(image, plane), pixels(width), pixels(height)));
    }
    data picture;
    picture["uri"] = GreyOrColourPng(rasters, RawWindow(isAfter ? group.after : group.before, window));
    picture["x"] = isAfter ? std::to_string(pixels(width) + 2) : std::string("0");
    pictures << picture;
  }
  data content;
  content["pictures"] = std::move(pictures);
  content["width"] = std::to_string(pixels(width));
  content["height"] = std::to_string(pixels(height));
  content["both"] = std::to_string(2 * pixels(width) + 2);
  return kainjow::mustache::mustache(ThumbnailTemplate).render(content);
}

struct FieldRange
{
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = 0.0;
};

/** Over the positive finite values inside the mask. */
FieldRange
RangeOf(const WorkImage & field, const MaskImage * mask)
{
  const std::size_t count = field.GetBufferedRegion().GetNumberOfPixels();
  const std::size_t maskCount = mask != nullptr ? mask->GetBufferedRegion().GetNumberOfPixels() : 0;
  const float *     values = field.GetBufferPointer();
  FieldRange        range;
  for (std::size_t index = 0; index < count; ++index)
  {
    const bool inside = mask == nullptr || mask->GetBufferPointer()[index % maskCount] != 0;
    if (inside && values[index] > 0.0F && std::isfinite(values[index]))
    {
      range.minimum = std::min<double>(range.minimum, values[index]);
      range.maximum = std::max<double>(range.maximum, values[index]);
    }
  }
  return range;
}

std::string
WhereText(const CasePictures & pictures)
{
  return pictures.mask ? "inside the mask" : "in the whole image";
}

/** Contours of the field at each level; none where they are so long that the field cannot be smooth. */
data
ContourData(const CasePictures &        pictures,
            const Plane &               plane,
            const Layout &              layout,
            const std::vector<double> & levels,
            bool &                      isRough)
{
  const auto [width, height] = Extent(*pictures.before, plane);
  const double shrink = std::min(1.0, static_cast<double>(ContourSide) / layout.Pixels(std::max(width, height)));
  const auto   pixels = [&](const double millimetres)
  { return std::max(1U, static_cast<unsigned int>(std::lround(layout.Pixels(millimetres) * shrink))); };
  const Raster field = Resample(Slice(*pictures.field, plane), pixels(width), pixels(height));
  const Raster mask = pictures.mask ? Resample(Slice(*pictures.mask, plane), pixels(width), pixels(height)) : Raster{};

  data        paths{ data::type::list };
  std::size_t bytes = 0;
  for (const double level : levels)
  {
    const std::string path = ContourPath(field, mask, level);
    bytes += path.size();
    data item;
    item["path"] = path;
    item["style"] = level == 1.0 ? "one" : "other";
    paths << item;
  }
  if (bytes > LongestContours)
  {
    isRough = true;
    return data{ false };
  }
  data contours;
  contours["width"] = std::to_string(10 * field.width);
  contours["height"] = std::to_string(10 * field.height);
  contours["paths"] = std::move(paths);
  return contours;
}

/** What the colours of the field reach: of most of it, as one voxel can be anything. */
FieldRange
ColouredRange(const ChannelReport & report, const FieldRange & whole)
{
  const bool isKnown = report.field && report.field->percentile1 > 0.0 && std::isfinite(report.field->percentile99);
  return isKnown ? FieldRange{ report.field->percentile1, report.field->percentile99 } : whole;
}

data
GroupData(const std::vector<ChannelReport> & reports,
          const std::vector<CasePictures> &  channels,
          const Group &                      group,
          const Layout &                     layout)
{
  const Window window = SharedWindow(channels, group);

  const auto step = StepOf(channels, group);
  Window     darkBefore = DarkEnd(channels, group, false, step);
  Window     darkAfter = DarkEnd(channels, group, true, step);
  const auto darkWidth = std::max(darkBefore.high - darkBefore.low, darkAfter.high - darkAfter.low);
  const bool isColour = group.channels.size() > 1; // whose dark end has no common black
  const bool hasBackground = !isColour && darkWidth > 0.0;
  darkBefore.high = darkBefore.low + darkWidth;
  darkAfter.high = darkAfter.low + darkWidth;

  FieldRange range;
  FieldScale scale;
  for (const std::size_t channel : group.channels)
  {
    if (!channels[channel].field)
    {
      continue;
    }
    const FieldRange own = RangeOf(*channels[channel].field, channels[channel].mask);
    range.minimum = std::min(range.minimum, own.minimum);
    range.maximum = std::max(range.maximum, own.maximum);
    if (own.maximum > 0.0)
    {
      const FieldRange coloured = ColouredRange(reports[channel], own);
      scale.limit = std::max({ scale.limit, coloured.maximum, 1.0 / coloured.minimum });
    }
  }
  const bool                hasField = range.maximum > 0.0;
  const std::vector<double> levels = ContourLevels(scale.limit);
  bool                      isRough = false;

  data rows{ data::type::list };
  data backgroundRows{ data::type::list };
  for (const Plane & plane : layout.planes)
  {
    data fields{ data::type::list };
    for (const std::size_t channel : group.channels)
    {
      const CasePictures & pictures = channels[channel];
      if (!hasField || !pictures.field)
      {
        continue;
      }
      const Raster mask =
        pictures.mask ? Draw(Slice(*pictures.mask, plane), *pictures.before, plane, layout) : Raster{};
      const Raster      field = Draw(Slice(*pictures.field, plane), *pictures.before, plane, layout);
      data              item = PictureData(FieldPng(field, mask, scale), *pictures.before, plane, layout);
      const std::string tag = isColour ? "Field, channel " + std::to_string(channel + 1) : std::string("Field");
      item["tag"] = tag;
      item["alt"] = Caption(plane, layout) + ", " + tag;
      item["contours"] = ContourData(pictures, plane, layout, levels, isRough);
      fields << item;
    }

    data row;
    row["caption"] = Caption(plane, layout);
    row["pair"] = BeforeAndAfter(channels, group, plane, layout, window, window);
    row["fields"] = std::move(fields);
    rows << row;
    if (hasBackground)
    {
      data backgroundRow;
      backgroundRow["caption"] = layout.letters ? plane.name : Caption(plane, layout);
      backgroundRow["pair"] = BeforeAndAfter(channels, group, plane, layout, darkBefore, darkAfter);
      backgroundRows << backgroundRow;
    }
  }

  const CasePictures & first = channels[group.channels.front()];
  data                 backgroundData{ false };
  if (!isColour)
  {
    backgroundData = data{};
    backgroundData["hasRange"] = hasBackground;
    backgroundData["rows"] = std::move(backgroundRows);
    backgroundData["window"] =
      hasBackground
        ? "Black at the 0.5th percentile of each image" + std::string(first.mask ? " outside the mask" : "") +
            ", white " + FormatFixed(darkWidth, 2) + " SD above it in both. Look for noise or rings that got stronger."
        : std::string("The background has one value: nothing to stretch.");
  }

  data item;
  item["title"] = channels.size() > group.channels.size()
                    ? data{ "Channel " + std::to_string(group.channels.front() + 1) }
                    : data{ false };
  item["rows"] = std::move(rows);
  item["window"] = "Before and After: black at " + FormatFixed(window.low, 2) + " SD, white at " +
                   FormatFixed(window.high, 2) +
                   " SD from the mean of each image (0.5th and 99.5th percentile of both " + WhereText(first) +
                   (isColour ? ", three channels together)" : ")");
  item["background"] = std::move(backgroundData);
  item["scale"] = data{ false };
  if (hasField)
  {
    data bar;
    bar["gradient"] = FieldGradient();
    data ticks{ data::type::list };
    for (const double level : levels)
    {
      data tick;
      tick["percent"] = Percent(0.5 + 0.5 * std::log(level) / std::log(scale.limit));
      tick["text"] = level < 0.095 || level > 99.5 ? FormatNumber(level) : FormatFixed(level, 2);
      ticks << tick;
    }
    bar["ticks"] = std::move(ticks);
    bar["contours"] = isRough ? "Not smooth enough for contours everywhere" : "Contours at the marks";
    bar["low"] = FormatFixed(1.0 / scale.limit, 2);
    bar["high"] = FormatFixed(scale.limit, 2);
    bar["where"] = WhereText(first);
    bar["minimum"] = FormatFixed(range.minimum, 3);
    bar["maximum"] = FormatFixed(range.maximum, 3);
    item["scale"] = std::move(bar);
  }
  return item;
}

data
NumberRow(const std::string & label, const std::string & before, const std::string & after)
{
  data item;
  item["label"] = label;
  item["before"] = before;
  item["after"] = after;
  item["change"] = data{ false };
  return item;
}

/** Of a measure that is better where it is smaller; a dash where it was not taken. */
data
EvennessRow(const std::string & label, const double before, const double after)
{
  const bool known = before > 0.0 && std::isfinite(before) && std::isfinite(after);
  data       item = NumberRow(label, known ? FormatNumber(before) : "–", known ? FormatNumber(after) : "–");
  if (known)
  {
    const bool better = after < 0.999 * before;
    const bool worse = after > 1.001 * before;
    item["change"] = better ? "better" : worse ? "worse" : "unchanged";
    item["arrow"] = better ? "▼" : worse ? "▲" : "=";
  }
  return item;
}

std::string
HistogramSvg(std::vector<double> sample, const std::string & title, const std::string & style, const std::string & axis)
{
  constexpr std::size_t bins = 80;

  Chart chart;
  chart.axis = axis;
  chart.description = title + ": histogram of the intensities";
  chart.height = 170;
  chart.low = Quantile(sample, 0.001);
  chart.high = Quantile(sample, 0.999);
  std::sort(sample.begin(), sample.end());
  if (!(chart.high > chart.low))
  {
    const double margin = std::max(1.0, std::abs(chart.low));
    chart.low -= margin;
    chart.high += margin;
  }
  const double        binWidth = (chart.high - chart.low) / bins;
  std::vector<double> density(bins, 0.0);

  // A rounded value stands for all that lie halfway to its neighbours: spread over them, so that bins that are not a
  // multiple of the rounding step do not look like a comb.
  for (auto first = sample.begin(); first != sample.end();)
  {
    const auto   last = std::upper_bound(first, sample.end(), *first);
    const double below = first == sample.begin() ? binWidth : *first - *(first - 1);
    const double above = last == sample.end() ? binWidth : *last - *first;
    const double left = (*first - std::min(0.5 * below, binWidth) - chart.low) / binWidth;
    const double right = (*first + std::min(0.5 * above, binWidth) - chart.low) / binWidth;
    const double mass = static_cast<double>(last - first) / (binWidth * static_cast<double>(sample.size()));
    for (double bin = std::max(0.0, std::floor(left)); bin < std::min<double>(bins, right); bin += 1.0)
    {
      const double overlap = std::min(right, bin + 1.0) - std::max(left, bin);
      density[static_cast<std::size_t>(bin)] += mass * overlap / (right - left);
    }
    first = last;
  }

  // The curve runs through the bins' centres.
  chart.low += 0.5 * binWidth;
  chart.high -= 0.5 * binWidth;
  chart.curves.push_back({ title, style, true, std::move(density) });
  return RenderChart(chart);
}

data
ChannelData(const ChannelReport & report, const CasePictures * pictures, const std::string & title, const bool isFirst)
{
  const auto & before = report.before;
  const auto & after = report.after;

  data       numbers{ data::type::list };
  const auto mean = [](const IntensitySummary & summary) // what rounding leaves of a mean of zero is zero
  { return FormatNumber(std::abs(summary.mean) < 1e-5 * summary.standardDeviation ? 0.0 : summary.mean); };
  numbers << NumberRow("Mean", mean(before), mean(after));
  numbers << NumberRow(
    "Standard deviation", FormatNumber(before.standardDeviation), FormatNumber(after.standardDeviation));
  numbers << NumberRow("Minimum", FormatNumber(before.minimum), FormatNumber(after.minimum));
  numbers << NumberRow("Median", FormatNumber(before.percentiles[50]), FormatNumber(after.percentiles[50]));
  numbers << NumberRow("Maximum", FormatNumber(before.maximum), FormatNumber(after.maximum));
  const auto & evenBefore = report.evennessBefore;
  const auto & evenAfter = report.evennessAfter;
  numbers << EvennessRow("CV", evenBefore.coefficientOfVariation, evenAfter.coefficientOfVariation);
  numbers << EvennessRow("CJV", evenBefore.coefficientOfJointVariation, evenAfter.coefficientOfJointVariation);
  numbers << EvennessRow("Entropy", evenBefore.entropy, evenAfter.entropy);
  if (report.tissueBefore && report.tissueAfter)
  {
    const auto & tissueBefore = *report.tissueBefore;
    const auto & tissueAfter = *report.tissueAfter;
    numbers << EvennessRow(
      "CV of grey matter, by labels", tissueBefore.greyMatterVariation, tissueAfter.greyMatterVariation);
    numbers << EvennessRow(
      "CV of white matter, by labels", tissueBefore.whiteMatterVariation, tissueAfter.whiteMatterVariation);
    numbers << EvennessRow(
      "CJV, by labels", tissueBefore.coefficientOfJointVariation, tissueAfter.coefficientOfJointVariation);
  }
  numbers << NumberRow("NaN voxels", FormatCount(before.nan), FormatCount(after.nan));
  numbers << NumberRow("Infinite voxels", FormatCount(before.infinite), FormatCount(after.infinite));
  numbers << NumberRow("Zero or negative voxels", FormatCount(before.nonPositive), "");

  data facts{ data::type::list };
  facts << Pair("Voxels in the mask", FormatCount(report.maskVoxels));
  facts << Pair("Voxels replaced (NaN or infinite)", FormatCount(report.replaced));

  data charts{ data::type::list };
  if (pictures != nullptr)
  {
    if (pictures->field)
    {
      const FieldRange range = RangeOf(*pictures->field, pictures->mask);
      facts << Pair("Field, smallest to largest",
                    range.maximum > 0.0 ? FormatFixed(range.minimum, 3) + " to " + FormatFixed(range.maximum, 3) : "–");
    }
    if (report.field && std::isfinite(report.field->percentile1))
    {
      facts << Pair("Field, 1st to 99th percentile",
                    FormatFixed(report.field->percentile1, 3) + " to " + FormatFixed(report.field->percentile99, 3));
    }
    for (const bool isAfter : { false, true })
    {
      auto sample = Sample(isAfter ? *pictures->after : *pictures->before, pictures->mask, true);
      if (!sample.empty())
      {
        data chart;
        chart["svg"] = isAfter
                         ? HistogramSvg(std::move(sample), "After", "after", "After: intensity, units of the output")
                         : HistogramSvg(std::move(sample), "Before", "before", "Before: intensity, raw units");
        charts << chart;
      }
    }
  }

  data item;
  item["title"] = OrFalse(title);
  item["explained"] = isFirst;
  item["where"] =
    report.maskVoxels > 0 || (pictures != nullptr && pictures->mask) ? "inside the mask" : "in the whole image";
  item["numbers"] = std::move(numbers);
  item["charts"] = std::move(charts);
  item["facts"] = std::move(facts);
  return item;
}

data
StepData(const CaseReport & report)
{
  data list{ data::type::list };
  list << Pair("Read", FormatFixed(report.readSeconds, 2));
  if (!report.channels.empty())
  {
    for (std::size_t stage = 0; stage < report.channels.front().stages.size(); ++stage)
    {
      double seconds = 0.0;
      for (const ChannelReport & channel : report.channels)
      {
        seconds += stage < channel.stages.size() ? channel.stages[stage].seconds : 0.0;
      }
      list << Pair(report.channels.front().stages[stage].name, FormatFixed(seconds, 2));
    }
  }
  list << Pair("Write", FormatFixed(report.writeSeconds, 2));
  list << Pair("In all", FormatFixed(report.seconds, 2));
  return list;
}

data
FileData(const CaseReport & report)
{
  data list{ data::type::list };
  list << Pair("Input", report.input + " (" + report.inputFormat + ", " + report.inputComponent + ")");
  list << Pair(report.inputHash.type == HashType::Sha256 ? "SHA-256 of the input" : "XXH128 of the input",
               report.inputHash.text.empty() ? "–" : report.inputHash.text);
  list << Pair("Mask given", report.mask.empty() ? "none" : report.mask);
  list << Pair("Output", report.output + " (" + report.fileType + ")");
  if (!report.participant.empty())
  {
    list << Pair("Participant", report.participant);
  }
  list << Pair("NaN policy", report.nanPolicy);
  list << Pair("Voxels clamped by the file type", FormatCount(report.clamped));
  list << Pair("Peak memory", FormatFixed(report.peakMemoryMiB, 0) + " MiB");
  list << Pair("Threads", std::to_string(report.threads));
  return list;
}
} // namespace

CasePage
RenderCase(const CaseReport &                report,
           const std::vector<CasePictures> & channels,
           const std::string &               name,
           const std::string &               cohort,
           const std::string &               version)
{
  CasePage   page;
  const bool hasPictures = !channels.empty() && channels.size() == report.channels.size() &&
                           std::all_of(channels.begin(),
                                       channels.end(),
                                       [](const CasePictures & pictures) { return pictures.before && pictures.after; });

  data warnings{ data::type::list };
  for (const std::string & warning : AllWarnings(report))
  {
    warnings << data{ warning };
  }

  data groups{ data::type::list };
  bool hasFields = false;
  if (hasPictures)
  {
    const WorkImage & reference = *channels.front().before;
    Layout            layout;
    layout.planes = ChoosePlanes(reference, channels.front().mask);
    layout.step = channels.front().step;
    layout.size =
      report.grid ? report.grid->GetLargestPossibleRegion().GetSize() : reference.GetLargestPossibleRegion().GetSize();
    layout.letters = HasPosition(report.inputFormat);

    std::vector<Group> all;
    for (std::size_t channel = 0; channel < channels.size(); ++channel)
    {
      CheckSizes(name, channels[channel], reference.GetLargestPossibleRegion().GetSize());
      hasFields = hasFields || channels[channel].field;
      if (channels.size() != 3 || channel == 0)
      {
        all.emplace_back();
      }
      all.back().channels.push_back(channel);
    }
    for (Group & group : all)
    {
      std::vector<const IntensitySummary *> before;
      std::vector<const IntensitySummary *> after;
      for (const std::size_t channel : group.channels)
      {
        before.push_back(&report.channels[channel].before);
        after.push_back(&report.channels[channel].after);
      }
      group.before = Pool(before);
      group.after = Pool(after);
    }

    // Before and after in two windows (colour: in one) and three colours of a smooth field, which compress to one.
    const double perPlane = all.front().channels.size() > 1 ? 3.0 : 5.0;
    const double planesOfGroup = perPlane * static_cast<double>(layout.planes.size() * all.front().channels.size());
    const auto   affordable = static_cast<std::size_t>(PictureBytes / (planesOfGroup * SmallestSide * SmallestSide));
    const std::size_t shown = std::clamp<std::size_t>(all.size(), 1, std::max<std::size_t>(1, affordable));
    const double      side =
      std::min<double>(LargestSide, std::sqrt(PictureBytes / (planesOfGroup * static_cast<double>(shown))));

    double finest = std::numeric_limits<double>::infinity();
    for (const Plane & plane : layout.planes)
    {
      const auto [width, height] = Extent(reference, plane);
      layout.longest = std::max({ &plane == &layout.planes.front() ? 0.0 : layout.longest, width, height });
      finest = std::min({ finest, reference.GetSpacing()[plane.columnAxis], reference.GetSpacing()[plane.rowAxis] });
    }
    layout.pixel = std::max(finest, layout.longest / std::floor(side));

    for (std::size_t group = 0; group < shown; ++group)
    {
      groups << GroupData(report.channels, channels, all[group], layout);
    }
    page.thumbnail = ThumbnailOf(channels, all.front(), layout);
    if (shown < all.size())
    {
      warnings << data{ "Pictures of the first " + std::to_string(shown) + " of " + std::to_string(all.size()) +
                        " channels; the numbers are of all." };
    }
  }

  data channelList{ data::type::list };
  for (std::size_t channel = 0; channel < report.channels.size(); ++channel)
  {
    channelList << ChannelData(report.channels[channel],
                               hasPictures ? &channels[channel] : nullptr,
                               report.channels.size() > 1 ? "Channel " + std::to_string(channel + 1) : "",
                               channel == 0);
  }

  data content;
  content["style"] = StyleSheet;
  content["script"] = CaseScript;
  content["scriptHash"] = HashOfScript(CaseScript);
  content["cohort"] = OrFalse(cohort);
  content["version"] = version;
  content["name"] = name;
  content["site"] = OrFalse(report.site);
  content["hasWarnings"] = warnings.is_non_empty_list();
  content["warnings"] = std::move(warnings);
  content["hasPictures"] = hasPictures;
  content["hasFields"] = hasFields;
  content["groups"] = std::move(groups);
  content["channels"] = std::move(channelList);
  content["steps"] = StepData(report);
  content["files"] = FileData(report);
  page.html = kainjow::mustache::mustache(CaseTemplate).render(content);
  return page;
}
} // namespace isolux
