#pragma once

#include "Hash.h"
#include "Stage.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isolux
{
/** Intensities of one image inside the mask (everywhere where there is none). */
struct IntensitySummary
{
  std::size_t count = 0; ///< finite voxels
  std::size_t nan = 0;
  std::size_t infinite = 0;
  std::size_t nonPositive = 0;
  double      mean = 0.0;
  double      standardDeviation = 0.0; ///< biased (divided by n)
  double      minimum = 0.0;
  double      maximum = 0.0;

  std::array<double, 101> percentiles{}; ///< 0 to 100
};

/** Evenness within tissues, where no labels are given: the voxels inside the mask fall into three classes by Otsu's
 * thresholds on the corrected image (after the last illumination stage); the same voxels are then compared before and
 * after. CV = deviation / mean of the brightest class. CJV = (sd1 + sd2) / |mean2 - mean1| of the two brightest
 * classes. Entropy, in bits, is that of the log intensity's histogram in bins of 0.01, smoothed by a Gaussian of
 * deviation 0.05. Smaller is more even. NaN where there is none: of a logarithm, of too few voxels, of one intensity.
 */
struct Evenness
{
  double coefficientOfVariation = std::numeric_limits<double>::quiet_NaN();
  double coefficientOfJointVariation = std::numeric_limits<double>::quiet_NaN();
  double entropy = std::numeric_limits<double>::quiet_NaN();
};

/** Evenness of tissues that labels tell, on the same voxels before and after the illumination stages. */
struct TissueEvenness
{
  double greyMatterVariation = 0.0;  ///< deviation / mean
  double whiteMatterVariation = 0.0; ///< deviation / mean
  double coefficientOfJointVariation = 0.0;
};

/** What the image was divided by, inside the mask; NaN where nothing is positive there. */
struct FieldSummary
{
  double minimum = 0.0;
  double percentile1 = 0.0;
  double percentile99 = 0.0;
  double maximum = 0.0;
  double logDeviation = 0.0;
};

struct StageReport
{
  std::string              name;
  Values                   options; ///< every one, as used
  Values                   learned;
  double                   seconds = 0.0; ///< its own filters, without those upstream
  std::vector<std::string> warnings;
};

/** One channel's way through the pipeline. */
struct ChannelReport
{
  std::vector<StageReport> stages;
  IntensitySummary         before;
  IntensitySummary         after;
  Evenness                 evennessBefore;
  Evenness                 evennessAfter;

  std::optional<TissueEvenness> tissueBefore; ///< where labels are given
  std::optional<TissueEvenness> tissueAfter;
  std::array<std::size_t, 2>    tissueVoxels{}; ///< of grey and of white matter, that these rest on
  std::optional<FieldSummary>   field;          ///< where a stage divides by one

  std::size_t maskVoxels = 0;
  std::size_t nonFinite = 0; ///< voxels of the whole input that are NaN, infinite, or beyond float32
  std::size_t replaced = 0;  ///< non-finite voxels replaced on output
};

/** What the sidecar records. Names are file names only: no path and no patient name. */
struct CaseReport
{
  std::string            input;
  Hash                   inputHash;
  std::string            inputFormat;
  std::string            inputComponent;
  WorkImage::Pointer     grid; ///< size and geometry of the input, without voxels; null in sidecars up to 0.2.0
  std::string            mask; ///< file name; "" where none was given
  std::string            maskSha256;
  std::vector<long long> maskLabels; ///< values that count as inside; empty: those of 0.5 and above
  std::string            weights;    ///< file name; "" where none was given
  std::string            weightsSha256;
  std::string            tissue; ///< file name; "" where none was given
  std::string            tissueSha256;
  std::array<double, 2>  tissueLabels{ { 2.0, 3.0 } }; ///< of grey and of white matter
  /** That the pipeline's options name: the option's text without folders, and sha256. */
  std::vector<std::pair<std::string, std::string>> files;
  std::string                                      field; ///< that --field wrote and the undoing needs; "": none
  std::string                                      fieldSha256;
  std::string                                      output;
  std::uintmax_t                                   outputBytes = 0;
  std::string                                      site;
  std::string                                      participant;
  std::string                                      nanPolicy = "keep";
  std::string                                      fileType = "float32";
  std::size_t                                      clamped = 0; ///< voxels clamped by the output's file type
  double largestRounding = 0.0; ///< by the output's file type, in its units; of voxels that were not clamped
  std::vector<ChannelReport> channels;
  std::vector<std::string>   warnings; ///< of reading and writing; those of stages are with the stage
  double                     seconds = 0.0;
  double                     readSeconds = 0.0;
  double                     writeSeconds = 0.0;
  double                     peakMemoryMiB = 0.0;
  unsigned int               threads = 1;
};

/** Every warning, with the stage and, where there are several, the channel (from 1) that it comes from. */
inline std::vector<std::string>
AllWarnings(const CaseReport & report)
{
  std::vector<std::string> all = report.warnings;
  for (std::size_t channel = 0; channel < report.channels.size(); ++channel)
  {
    const std::string where = report.channels.size() > 1 ? ", channel " + std::to_string(channel + 1) : "";
    if (const auto nonFinite = report.channels[channel].nonFinite)
    {
      all.push_back("input" + where + ": " + std::to_string(nonFinite) +
                    " voxels are NaN, infinite or beyond the range of float32: skipped by all statistics");
    }
    for (const auto & stage : report.channels[channel].stages)
    {
      for (const auto & warning : stage.warnings)
      {
        all.push_back(stage.name + where + ": " + warning);
      }
    }
  }
  return all;
}

/** Images of one channel, for the report. */
struct CasePictures
{
  WorkImage::Pointer before;
  WorkImage::Pointer after;
  WorkImage::Pointer field; ///< null where no stage divides by one
  MaskImage::Pointer mask;  ///< null where there is none

  std::array<unsigned int, 4> step{ { 1, 1, 1, 1 } }; ///< along each axis every so many-th voxel of the image
};
} // namespace isolux
