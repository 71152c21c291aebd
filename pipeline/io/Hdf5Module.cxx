#include "itkHDF5ImageIO.h"

#include <itk_H5Cpp.h>

// A library of its own, loaded where a file of that kind is read, see LoadedLibrary.h.
namespace
{
/** What HDF5 throws is no std::exception. */
template <typename TFunction>
void
Translated(const TFunction & f)
{
  try
  {
    f();
  }
  catch (const H5::Exception & exception)
  {
    itkGenericExceptionMacro(<< "HDF5: " << exception.getDetailMsg());
  }
}

class ImageIO : public itk::HDF5ImageIO
{
public:
  using Self = ImageIO;
  using Superclass = itk::HDF5ImageIO;
  using Pointer = itk::SmartPointer<Self>;

  itkSimpleNewMacro(Self);

  void
  ReadImageInformation() override
  {
    Translated([this] { Superclass::ReadImageInformation(); });
  }
  void
  Read(void * buffer) override
  {
    Translated([this, buffer] { Superclass::Read(buffer); });
  }
};
} // namespace

extern "C" itk::ImageIOBase *
isolux_make_hdf5_image_io()
{
  H5::Exception::dontPrint();
  const auto io = ImageIO::New();
  io->Register(); // for the caller, who takes the reference
  return io.GetPointer();
}
