#include "Error.h"
#include "Grid.h"
#include "Volume.h"

#include <algorithm>
#include <sstream>

namespace isolux
{
namespace
{
constexpr double LargestDisplacement = 0.5;     ///< voxels
constexpr double NoteworthyDisplacement = 0.01; ///< voxels

/** Formats that say nothing of where in space the pixels lie. */
bool
HasPosition(const Volume & volume)
{
  return volume.format != "PNG" && volume.format != "JPEG" && volume.format != "TIFF";
}
} // namespace

MaskImage::Pointer
ReadMask(const std::filesystem::path & path, const WorkImage & image, std::vector<std::string> & warnings)
{
  const std::string name = path.string();
  const Volume      volume = ReadVolume(path);
  const WorkImage & given = *volume.channels.front();
  const auto &      givenSize = given.GetLargestPossibleRegion().GetSize();
  auto              region = image.GetLargestPossibleRegion();
  region.SetIndex(3, 0);
  region.SetSize(3, 1);

  const std::string grids = "; image: " + DescribeGrid(image) + "; mask: " + DescribeGrid(given);
  if (volume.channels.size() > 1 || givenSize[3] > 1)
  {
    throw Error(name + ": a mask has one channel and one frame, not " + std::to_string(volume.channels.size()) +
                " and " + std::to_string(givenSize[3]) + grids + "; extract the one that is meant");
  }
  if (givenSize != region.GetSize())
  {
    throw Error(name + ": the mask's size is not the image's" + grids + "; resample the mask onto the image's grid");
  }
  const double       displacement = CornerDisplacement(image, given, 3);
  std::ostringstream shift;
  shift.precision(3);
  shift << displacement;
  if (displacement > LargestDisplacement && HasPosition(volume))
  {
    throw Error(name + ": the mask lies up to " + shift.str() + " voxels from the image, 0.5 is allowed" + grids +
                "; resample the mask onto the image's grid");
  }
  if (displacement > NoteworthyDisplacement)
  {
    warnings.push_back(
      path.filename().string() + ": the mask's corners lie up to " + shift.str() + " voxels from the image's" +
      (HasPosition(volume) ? "" : " (" + volume.format + " has no position)") + "; it was taken on the image's grid");
  }

  auto mask = MaskImage::New();
  mask->SetRegions(region);
  mask->SetSpacing(image.GetSpacing());
  mask->SetOrigin(image.GetOrigin());
  mask->SetDirection(image.GetDirection());
  mask->Allocate();
  const float * const values = given.GetBufferPointer();
  // Comparison with NaN is false.
  std::transform(values,
                 values + given.GetPixelContainer()->Size(),
                 mask->GetBufferPointer(),
                 [](float value)
                 { return static_cast<unsigned char>(value >= 0.5F && value <= std::numeric_limits<float>::max()); });
  return mask;
}
} // namespace isolux
