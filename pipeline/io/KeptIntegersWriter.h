#pragma once

#include "AtomicFile.h"
#include "IntegerMap.h"
#include "Volume.h"

#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace isolux
{
/** The intensities are no linear map of the file's integers. */
class NotLinearError : public std::exception
{
};

/** Whether a KeptIntegersWriter writes that: from an opened NIfTI file of int16 to NIfTI. */
bool
CanKeepIntegers(const Volume & volume, const std::filesystem::path & path);

/** Writes an opened volume of int16 whose intensities have become a linear map of themselves: the voxels as they stand
 * in the file, under the map as their scale. It sees the intensities piece by piece, and writes at the end. Nothing
 * bears the final name before Commit(); without it, nothing is left. */
class KeptIntegersWriter
{
public:
  /** Of `volume` only the header, the geometry of its channels and the file are used. \throws Error */
  KeptIntegersWriter(const Volume & volume, const std::filesystem::path & path, const WriteOptions & options);

  /** What a region held and holds. \throws NotLinearError where one integer has become two intensities */
  void
  Add(const WorkImage & before, const WorkImage & after, const WorkImage::RegionType & region);

  /** Writes. \throws NotLinearError, Error */
  void
  Close();

  /** `beforeCommit` as for WriteVolume(). \throws Error */
  void
  Commit(const std::function<void()> & beforeCommit);

  /** Of what was written. */
  const Quantisation &
  Rounding() const
  {
    return m_Rounding;
  }

private:
  IntegerMap::Linear
  Linear() const;

  const Volume &          m_Volume;
  std::string             m_Name;
  bool                    m_IsCompressed;
  WriteOptions            m_Options;
  AtomicOutput            m_Output;
  std::vector<IntegerMap> m_Maps; ///< of each thread
  Quantisation            m_Rounding;
};
} // namespace isolux
