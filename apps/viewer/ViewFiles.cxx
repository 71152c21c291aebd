#include "ViewFiles.h"

#include "Case.h"
#include "Error.h"
#include "Grid.h"
#include "SidecarJson.h"
#include "Volume.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace isolux
{
namespace
{
double
SecondsSince(const std::chrono::steady_clock::time_point start)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool
SameGrid(const ViewImage & a, const ViewImage & b)
{
  constexpr double tolerance = 0.01; // voxels
  return a.Size(0) == b.Size(0) && a.Size(1) == b.Size(1) && a.Size(2) == b.Size(2) &&
         CornerDisplacement(*a.Channel(0), *b.Channel(0), 3) < tolerance;
}

/** Whether a corner or the middle of one lies in the other's box. */
bool
Overlap(const ViewImage & a, const ViewImage & b)
{
  const auto touches = [](const ViewImage & box, const ViewImage & other)
  {
    const auto corners = other.Corners();
    return box.IndexAt(other.Middle()).has_value() ||
           std::any_of(
             corners.begin(), corners.end(), [&](const Point & corner) { return box.IndexAt(corner).has_value(); });
  };
  return touches(a, b) || touches(b, a);
}

bool
HoldsAll(const MaskImage * mask)
{
  const auto isInside = [](const unsigned char value) { return value != 0; };
  return mask == nullptr || std::all_of(mask->GetBufferPointer(),
                                        mask->GetBufferPointer() + mask->GetLargestPossibleRegion().GetNumberOfPixels(),
                                        isInside);
}

/** The voxels of `image` whose middle lies in the mask, which is on the grid of `from`. */
MaskImage::Pointer
MaskOn(const ViewImage & image, const ViewImage & from, const MaskImage & mask)
{
  auto region = image.Channel(0)->GetLargestPossibleRegion();
  region.SetSize(3, 1);
  auto on = MaskImage::New();
  on->CopyInformation(image.Channel(0));
  on->SetRegions(region);
  on->Allocate();
  std::ptrdiff_t voxel = 0;
  for (std::size_t z = 0; z < image.Size(2); ++z)
  {
    for (std::size_t y = 0; y < image.Size(1); ++y)
    {
      for (std::size_t x = 0; x < image.Size(0); ++x, ++voxel)
      {
        const auto index =
          from.IndexAt(image.ToRas()({ static_cast<double>(x), static_cast<double>(y), static_cast<double>(z) }));
        on->GetBufferPointer()[voxel] =
          index ? mask.GetBufferPointer()[((*index)[2] * from.Size(1) + (*index)[1]) * from.Size(0) + (*index)[0]] : 0;
      }
    }
  }
  return on;
}

/** What was there before `output`, by way of a file that is removed. */
Volume
RestoreBefore(const std::filesystem::path & output, std::vector<std::string> & warnings)
{
  namespace fs = std::filesystem;
  if (!fs::exists(SidecarPath(output)))
  {
    throw UsageError("argument AFTER is missing; it can be left out only where BEFORE is an output of Isolux with its "
                     "sidecar, but there is no " +
                     SidecarPath(output).string());
  }
  std::string folder = (fs::temp_directory_path() / "isolux-view-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
  {
    throw Error(folder + ": cannot be created; set TMPDIR to a folder that can be written to");
  }
  const std::shared_ptr<void> removed(nullptr,
                                      [&folder](void *)
                                      {
                                        std::error_code ignored;
                                        fs::remove_all(folder, ignored);
                                      });
  const fs::path              back = fs::path(folder) / ("before" + OutputExtension(output));
  CaseOptions                 options;
  options.write.compression = 0;
  for (const auto & lost : RestoreCase(output, back, options))
  {
    warnings.push_back(output.string() + ": not restored: " + lost);
  }
  Volume before = ReadVolume(back);
  before.format = ReadSidecar(SidecarPath(output)).report.inputFormat; // a photograph's output may be of any format
  return before;
}

/** Of all channels and frames. Log-symmetric about 1; the 0.5th to the 99.5th percentile fit in. 0 where nothing is
 * positive. */
double
FieldLimit(const ViewImage & field, const MaskImage * mask)
{
  constexpr double    smallest = 1.01;
  constexpr auto      largestSample = 200000;
  std::vector<double> logs;
  const auto          voxels = field.VoxelsOfFrame() * field.Channels() * field.Frames();
  const auto          stride = std::max<std::size_t>(1, voxels / largestSample) | 1U;
  for (std::size_t part = 0; part < field.Channels() * field.Frames(); ++part)
  {
    const float * values = field.Pixels(part % field.Channels(), part / field.Channels());
    for (std::size_t voxel = 0; voxel < field.VoxelsOfFrame(); voxel += stride)
    {
      if ((mask == nullptr || mask->GetBufferPointer()[voxel] != 0) && values[voxel] > 0.0F &&
          std::isfinite(values[voxel]))
      {
        logs.push_back(std::abs(std::log(values[voxel])));
      }
    }
  }
  if (logs.empty())
  {
    return mask == nullptr ? 0.0 : FieldLimit(field, nullptr);
  }
  const auto rank = static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(logs.size() - 1));
  std::nth_element(logs.begin(), logs.begin() + rank, logs.end());
  return std::max(smallest, std::exp(logs[static_cast<std::size_t>(rank)]));
}
} // namespace

ViewData
MakeViewData(std::shared_ptr<const ViewImage> before,
             std::shared_ptr<const ViewImage> after,
             std::shared_ptr<const ViewImage> field,
             MaskImage::Pointer               mask)
{
  ViewData data;
  data.images = { std::move(before), std::move(after) };
  data.field = std::move(field);
  data.masks[Before] = mask ? mask : FindForeground(*data.images[Before]);
  const bool same = SameGrid(*data.images[Before], *data.images[After]);
  data.masks[After] = same   ? data.masks[Before]
                      : mask ? MaskOn(*data.images[After], *data.images[Before], *mask)
                             : FindForeground(*data.images[After]);
  for (const Side side : { Before, After })
  {
    data.maskNames[side] = mask                         ? "inside the mask"
                           : HoldsAll(data.masks[side]) ? "all of the image"
                           : side == After && !same     ? "in its own foreground"
                                                        : "in the foreground";
  }
  if (data.field)
  {
    const bool onGrid = SameGrid(*data.images[Before], *data.field);
    data.fieldLimit = FieldLimit(*data.field, onGrid ? data.masks[Before].GetPointer() : nullptr);
  }
  return data;
}

LoadedView
LoadView(const ViewFiles & files)
{
  LoadedView loaded;
  const auto start = std::chrono::steady_clock::now();
  const auto keep = [&](const Volume & volume, const std::filesystem::path & path, const std::string & name)
  {
    for (const auto & warning : volume.warnings)
    {
      loaded.warnings.push_back(path.string() + ": " + warning);
    }
    return std::make_shared<const ViewImage>(volume, name);
  };
  const auto read = [&](const std::filesystem::path & path)
  { return keep(ReadVolume(path), path, path.filename().string()); };
  std::shared_ptr<const ViewImage> before;
  std::shared_ptr<const ViewImage> after;
  if (files.after.empty())
  {
    const Volume restored = RestoreBefore(files.before, loaded.warnings);
    Volume       output = ReadVolume(files.before);
    output.format = restored.format;
    before = keep(restored, files.before, "restored");
    after = keep(output, files.before, files.before.filename().string());
  }
  else
  {
    before = read(files.before);
    after = read(files.after);
  }
  const auto field = files.field.empty() ? nullptr : read(files.field);
  if (!Overlap(*before, *after))
  {
    loaded.warnings.push_back(files.after.string() + ": lies nowhere where " + files.before.string() +
                              " does; the planes show BEFORE's place, where AFTER is black");
  }
  if (before->HasPosition() && (before->Size(2) == 1) != (after->Size(2) == 1))
  {
    loaded.warnings.push_back("one image is a single plane, the other a volume: they are shown where BEFORE lies");
  }
  const auto lacks =
    [&](const std::string & what, const std::size_t b, const std::size_t a, const std::string & instead)
  {
    if (a != b)
    {
      const auto & least = a < b ? *after : *before;
      loaded.warnings.push_back(least.Name() + ": has fewer " + what + " than " + (a < b ? *before : *after).Name() +
                                ", " + std::to_string(std::min(a, b)) + " of " + std::to_string(std::max(a, b)) +
                                "; its " + instead + " is shown where it has none");
    }
  };
  lacks("frames", before->Frames(), after->Frames(), "last frame");
  lacks("channels", before->Channels(), after->Channels(), "last channel");
  const bool comparable = SameGrid(*before, *after);
  if (before->HasPosition() != after->HasPosition() && !comparable)
  {
    loaded.warnings.push_back((before->HasPosition() ? *after : *before).Name() +
                              ": says nothing of where in space it lies, but " +
                              (before->HasPosition() ? *before : *after).Name() +
                              " does; what lies beside each other need not belong together");
  }
  else if (!before->HasPosition() && !comparable)
  {
    loaded.warnings.push_back(before->Name() + " and " + after->Name() +
                              ": differ in size and say nothing of where in space they lie; they are laid corner on "
                              "corner, which need not belong together");
  }
  MaskImage::Pointer mask;
  if (!files.mask.empty())
  {
    mask = ReadMask(files.mask, *before->Channel(0), loaded.warnings);
  }
  loaded.readSeconds = SecondsSince(start);
  loaded.data = MakeViewData(before, after, field, mask);
  if (field && loaded.data.fieldLimit == 0.0)
  {
    throw Error(files.field.string() + ": holds no positive value, so it is not what an image was divided by; give a "
                                       "file that --field wrote");
  }
  loaded.prepareSeconds = SecondsSince(start) - loaded.readSeconds;
  return loaded;
}
} // namespace isolux
