#include "Version.h"

#include "itkVersion.h"

namespace isolux
{
std::string
ItkVersion()
{
  return itk::Version::GetITKVersion();
}
} // namespace isolux
