#include "itkHDF5ImageIO.h"

// A library of its own, loaded where a file of that kind is read or written: HDF5 and what it needs take as long to link
// as all the rest of the program.
extern "C" itk::ImageIOBase *
isolux_make_hdf5_image_io()
{
  const auto io = itk::HDF5ImageIO::New();
  io->Register(); // for the caller, who takes the reference
  return io.GetPointer();
}
