#include "Error.h"
#include "Grid.h"
#include "ImageFormat.h"
#include "Volume.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace isolux
{
namespace
{
constexpr double LargestDisplacement = 0.5;     ///< voxels
constexpr double NoteworthyDisplacement = 0.01; ///< voxels

/** One channel and one frame on the image's own grid. `what` is its name in messages: "mask". */
WorkImage::Pointer
ReadOnGrid(const std::filesystem::path & path,
           const std::string &           what,
           const WorkImage &             image,
           std::vector<std::string> &    warnings)
{
  const std::string  name = path.string();
  const Volume       volume = ReadVolume(path);
  WorkImage::Pointer given = volume.channels.front();
  const auto &       givenSize = given->GetLargestPossibleRegion().GetSize();
  auto               region = image.GetLargestPossibleRegion();
  region.SetIndex(3, 0);
  region.SetSize(3, 1);

  const std::string grids = "; image: " + DescribeGrid(image) + "; " + what + ": " + DescribeGrid(*given);
  if (volume.channels.size() > 1 || givenSize[3] > 1)
  {
    throw Error(name + ": a " + what + " has one channel and one frame, not " + std::to_string(volume.channels.size()) +
                " and " + std::to_string(givenSize[3]) + grids + "; extract the one that is meant");
  }
  if (givenSize != region.GetSize())
  {
    throw Error(name + ": the " + what + "'s size is not the image's" + grids + "; resample the " + what +
                " onto the image's grid");
  }
  const double       displacement = CornerDisplacement(image, *given, 3);
  std::ostringstream shift;
  shift.precision(3);
  shift << displacement;
  if (displacement > LargestDisplacement && HasPosition(volume))
  {
    throw Error(name + ": the " + what + " lies up to " + shift.str() + " voxels from the image, 0.5 is allowed" +
                grids + "; resample the " + what + " onto the image's grid");
  }
  if (displacement > NoteworthyDisplacement)
  {
    warnings.push_back(
      path.filename().string() + ": the " + what + "'s corners lie up to " + shift.str() + " voxels from the image's" +
      (HasPosition(volume) ? "" : " (" + volume.format + " has no position)") + "; it was taken on the image's grid");
  }
  given->SetRegions(region);
  given->SetSpacing(image.GetSpacing());
  given->SetOrigin(image.GetOrigin());
  given->SetDirection(image.GetDirection());
  return given;
}
} // namespace

bool
HasPosition(const Volume & volume)
{
  return HasPosition(volume.format);
}

MaskImage::Pointer
ReadMask(const std::filesystem::path &  path,
         const WorkImage &              image,
         std::vector<std::string> &     warnings,
         const std::vector<long long> & labels)
{
  const auto given = ReadOnGrid(path, "mask", image, warnings);
  auto       mask = MaskImage::New();
  mask->CopyInformation(given);
  mask->SetRegions(given->GetLargestPossibleRegion());
  mask->Allocate();
  const float * const begin = given->GetBufferPointer();
  // Comparison with NaN is false.
  std::transform(begin,
                 begin + given->GetPixelContainer()->Size(),
                 mask->GetBufferPointer(),
                 [&labels](float value) -> unsigned char
                 {
                   if (labels.empty())
                   {
                     return value >= 0.5F && value <= std::numeric_limits<float>::max();
                   }
                   return std::any_of(labels.begin(),
                                      labels.end(),
                                      [value](long long label) { return value == static_cast<float>(label); });
                 });
  return mask;
}

WorkImage::Pointer
ReadTissueLabels(const std::filesystem::path & path,
                 const WorkImage &             image,
                 const std::array<double, 2> & values,
                 std::vector<std::string> &    warnings)
{
  const auto          labels = ReadOnGrid(path, "tissue label image", image, warnings);
  const float * const begin = labels->GetBufferPointer();
  const float * const end = begin + labels->GetPixelContainer()->Size();
  for (std::size_t tissue = 0; tissue < values.size(); ++tissue)
  {
    if (std::count(begin, end, static_cast<float>(values[tissue])) == 0)
    {
      std::ostringstream label;
      label << values[tissue];
      throw Error(path.string() + ": no voxel has the label " + label.str() + " of " +
                  (tissue == 0 ? "grey" : "white") +
                  " matter; name the labels of both with --tissue-labels, such as 2,3");
    }
  }
  return labels;
}

WorkImage::Pointer
ReadWeights(const std::filesystem::path & path, const WorkImage & image, std::vector<std::string> & warnings)
{
  const auto          weights = ReadOnGrid(path, "weight image", image, warnings);
  const float * const begin = weights->GetBufferPointer();
  const auto          wrong = std::count_if(begin,
                                   begin + weights->GetPixelContainer()->Size(),
                                   [](float value) { return !(value >= 0.0F && std::isfinite(value)); });
  if (wrong > 0)
  {
    throw Error(path.string() + ": weights must be 0 or more, but " + std::to_string(wrong) +
                " are negative, NaN or infinite; set those to 0");
  }
  return weights;
}
} // namespace isolux
