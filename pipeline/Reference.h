#pragma once

#include "Shard.h"
#include "Stage.h"

#include "itkBandEnergies.h"
#include "itkExactSum.h"
#include "itkLandmarkScale.h"
#include "itkMomentAccumulator.h"
#include "itkQuantileSketch.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace isolux
{
/** What many volumes have in common, in one channel. Merging is associative and commutative to the last bit. */
struct ReferenceChannel
{
  std::uint64_t          cases = 0;
  itk::MomentAccumulator pooled; ///< of every voxel of every case, as in one batch: batch-norm's statistics
  itk::ExactSum          means; ///< of each case's own mean and biased deviation: divided by `cases` those of a typical
  itk::ExactSum          deviations; ///< case, whatever its size: adaptive-norm's style
  /** Of every voxel, each at the centre of its bin, the ends of each case clamped: see MeasureChannel(). */
  itk::QuantileSketch        histogram;
  itk::LandmarkScale         landmarks;     ///< quantile-norm's standard scale
  std::uint64_t              bandCases = 0; ///< that `bands` rest on
  std::vector<itk::ExactSum> bands;         ///< deviation of each band, finest first, summed over cases; may be none

  double
  TypicalMean() const
  {
    return means.Value() / static_cast<double>(cases);
  }
  double
  TypicalDeviation() const
  {
    return deviations.Value() / static_cast<double>(cases);
  }
  /** Of each band, finest first: band-norm's energies. None where no case was measured. */
  std::vector<double>
  TypicalBands() const;

  void
  Merge(const ReferenceChannel & other);
};

/** The bands that a fit measures: as of band-norm, whose option `energies` they serve. */
struct BandSettings
{
  std::vector<double> scales;                ///< in mm, rising; empty: no band is measured
  bool                throughSlices = false; ///< along x, y and z rather than x and y

  /** As band-norm's own. */
  static BandSettings
  Default()
  {
    return { itk::BandEnergies::DefaultScales(), false };
  }

  bool
  operator==(const BandSettings & other) const
  {
    return scales == other.scales && throughSlices == other.throughSlices;
  }
};

/** What one image adds to a reference: its intensities inside the mask; everywhere where that is null. In the histogram
 * the lowest and the highest 0.5 % of them count as the last that is not among these: extremes are a person's own.
 * \throws Error headed by `name` where nothing is to be learned: no finite voxel, or but one intensity. */
ReferenceChannel
MeasureChannel(const WorkImage::Pointer & image,
               const MaskImage::Pointer & mask,
               const std::string &        name,
               const BandSettings &       bands = {});

/** A checksum of a set: the sum of its members' SHA-256 modulo 2^256. Order is irrelevant, and of several members none
 * can be told. */
class SetChecksum
{
public:
  /** \throws std::invalid_argument where the text is not 64 hexadecimal digits. */
  void
  Add(const std::string & sha256);
  std::string
  Text() const;
  /** Of no member, or of one whose digest is unknown. */
  bool
  IsEmpty() const
  {
    return m_Words == std::array<std::uint32_t, 8>{};
  }

private:
  std::array<std::uint32_t, 8> m_Words{}; ///< most significant first
};

/** One site's cases. */
struct ReferenceSite
{
  std::uint64_t                 masked = 0; ///< cases whose mask was given, not found
  SetChecksum                   inputs;     ///< of the volumes
  std::vector<ReferenceChannel> channels;

  std::uint64_t
  Cases() const
  {
    return channels.empty() ? 0 : channels.front().cases;
  }
};

/** What `fit` learns and a stage brings an image to. It names neither files nor persons. */
struct Reference
{
  /** Of cases that were told apart by no site. */
  static constexpr const char * Everything = "all";

  std::set<std::string> versions; ///< of the Isolux that measured
  std::string           pipeline; ///< JSON: what each case went through before it was measured
  /** That the pipeline's options name: text without folders, and SHA-256. */
  std::vector<std::pair<std::string, std::string>> files;
  BandSettings                                     bands;
  std::map<std::string, ReferenceSite>             sites;
  std::vector<ReferenceChannel>                    channels; ///< of all sites together
  /** Of a part that only serves to be merged with the others; `list` is the checksum of the cohort's list. */
  std::optional<Shard> shard;
  std::string          list;

  /** The channel that serves channel `channel` of an image of `count` channels: a reference of one serves each.
   * \throws UsageError where the numbers of channels differ, headed by `name`. */
  const ReferenceChannel &
  Of(std::size_t channel, std::size_t count, const std::string & name) const;

  /** A reference of nothing takes all of the other. The order of merging changes no bit.
   * \throws Error where pipeline, bands, numbers of channels or the landmarks' probabilities differ. */
  void
  Merge(const Reference & other);

  /** Takes out sites of fewer cases, whose statistics would be those of single persons; returns their names. */
  std::vector<std::string>
  DropSitesBelow(std::uint64_t cases);
};
} // namespace isolux
