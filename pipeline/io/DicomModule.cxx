#include "DicomLibrary.h"

#include "itkGDCMImageIO.h"
#include "itkGDCMSeriesFileNames.h"

#include <gdcmTrace.h>

// A library of its own, loaded where a file of that kind is read, see LoadedLibrary.h.
namespace
{
std::vector<isolux::DicomSeriesFiles>
SeriesOf(const std::string & folder)
{
  const auto names = itk::GDCMSeriesFileNames::New();
  names->SetUseSeriesDetails(false);
  names->SetInputDirectory(folder);
  std::vector<isolux::DicomSeriesFiles> series;
  for (const auto & uid : names->GetSeriesUIDs())
  {
    series.push_back({ uid, names->GetFileNames(uid) });
  }
  return series;
}

void
Silence()
{
  gdcm::Trace::DebugOff();
  gdcm::Trace::WarningOff();
  gdcm::Trace::ErrorOff();
}
} // namespace

extern "C" const isolux::DicomLibrary *
isolux_dicom_library()
{
  static const isolux::DicomLibrary library{
    [] { return itk::ImageIOBase::Pointer(itk::GDCMImageIO::New()); },
    [](const itk::ImageIOBase & io) { return dynamic_cast<const itk::GDCMImageIO &>(io).GetInternalComponentType(); },
    SeriesOf,
    Silence
  };
  return &library;
}
