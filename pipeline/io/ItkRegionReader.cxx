#include "ItkRegionReader.h"

#include "Bytes.h"
#include "ItkFile.h"
#include "PixelType.h"

namespace isolux
{
itk::ImageIORegion
ToIORegion(const WorkImage::RegionType & region, unsigned int axes)
{
  itk::ImageIORegion ioRegion(axes);
  for (unsigned int axis = 0; axis < axes; ++axis)
  {
    ioRegion.SetIndex(axis, region.GetIndex(axis));
    ioRegion.SetSize(axis, region.GetSize(axis));
  }
  return ioRegion;
}

void
ItkRegionReader::SetImageIO(itk::ImageIOBase * io, const WorkImage * grid, unsigned int component)
{
  m_ImageIO = io;
  m_Grid = grid;
  m_Component = component;
  this->Modified();
}

void
ItkRegionReader::GenerateOutputInformation()
{
  this->GetOutput()->CopyInformation(m_Grid);
}

void
ItkRegionReader::GenerateData()
{
  this->AllocateOutputs();
  WorkImage * const image = this->GetOutput();
  const auto &      region = image->GetRequestedRegion();
  const auto        components = m_ImageIO->GetNumberOfComponents();
  m_ImageIO->SetIORegion(ToIORegion(region, std::min(4U, m_ImageIO->GetNumberOfDimensions())));
  const auto & type = PixelTypeOf(ComponentName(m_ImageIO->GetComponentType()));
  if (components == 1 && m_ImageIO->GetComponentType() == itk::ImageIOBase::IOComponentEnum::FLOAT)
  {
    m_ImageIO->Read(image->GetBufferPointer());
    return;
  }
  const Bytes buffer(region.GetNumberOfPixels() * components * type.bytes);
  m_ImageIO->Read(buffer.Data());
  type.convert(buffer.Data() + m_Component * type.bytes,
               region.GetNumberOfPixels(),
               components,
               false,
               {},
               image->GetBufferPointer());
}
} // namespace isolux
