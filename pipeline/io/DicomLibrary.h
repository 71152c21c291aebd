#pragma once

#include "itkImageIOBase.h"

#include <string>
#include <vector>

namespace isolux
{
struct DicomSeriesFiles
{
  std::string              uid;
  std::vector<std::string> files;
};

/** What DicomModule.cxx lends of GDCM. */
struct DicomLibrary
{
  itk::ImageIOBase::Pointer (*makeImageIO)();
  /** Of what such an ImageIO reads, before intensities are rescaled. */
  itk::IOComponentEnum (*storedComponent)(const itk::ImageIOBase & io);
  std::vector<DicomSeriesFiles> (*series)(const std::string & folder);
  /** It writes to stderr otherwise. */
  void (*silence)();
};
} // namespace isolux
