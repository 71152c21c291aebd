#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace isolux
{
/** What a dataset_description.json tells. */
struct BidsDescription
{
  std::string                        name;
  std::string                        version; ///< of BIDS
  std::string                        doi;
  std::string                        generator; ///< the first of GeneratedBy; "" of a raw dataset
  std::map<std::string, std::string> links;     ///< DatasetLinks
};

/** \throws Error naming the file where it is missing or not a JSON object. */
BidsDescription
ReadBidsDescription(const std::filesystem::path & dataset);

/** dataset_description.json of what Isolux makes of `raw`. `links` tell where the datasets lie that
 * BIDS URIs name. */
std::string
WriteBidsDescription(const BidsDescription & raw, const std::map<std::string, std::string> & links);

/** The name of such a dataset. */
std::string
HarmonizedDatasetName(const BidsDescription & raw);

/** What a harmonized image's sidecar says in BIDS's terms. */
struct BidsDerivation
{
  std::string              description;
  std::vector<std::string> sources;               ///< BIDS URIs
  bool                     skullStripped = false; ///< by us; the raw image may have been before
};

/** JSON: the fields of the raw image's sidecars, those of the dataset, the participant, the session and the image
 * merged, as far as they hold for the same voxels with other intensities; and those of the derivation.
 * \throws Error naming a sidecar that is not a JSON object. */
std::string
BidsMetadata(const std::filesystem::path & dataset,
             const std::filesystem::path & image,
             const BidsDerivation &        derivation);

/** A sidecar of Isolux with these fields in place of those that it had. BIDS's fields begin with a capital and ours do
 * not, so that neither hides the other. */
std::string
WithBidsMetadata(const std::string & sidecar, const std::string & metadata);
} // namespace isolux
