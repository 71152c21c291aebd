#pragma once

#include "Stage.h"

#include "itkImageIOBase.h"
#include "itkImageSource.h"

namespace isolux
{
/** Reads the requested region of one component with an ImageIO that streams. */
class ItkRegionReader : public itk::ImageSource<WorkImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ItkRegionReader);

  using Self = ItkRegionReader;
  using Superclass = itk::ImageSource<WorkImage>;
  using Pointer = itk::SmartPointer<Self>;

  itkNewMacro(Self);
  itkTypeMacro(ItkRegionReader, ImageSource);

  /** ReadImageInformation() was called; `grid`: size and geometry. */
  void
  SetImageIO(itk::ImageIOBase * io, const WorkImage * grid, unsigned int component);

protected:
  ItkRegionReader() = default;
  ~ItkRegionReader() override = default;

  void
  GenerateOutputInformation() override;
  /** \throws itk::ExceptionObject naming the file, where it cannot be read. */
  void
  GenerateData() override;

private:
  itk::ImageIOBase::Pointer m_ImageIO;
  WorkImage::ConstPointer   m_Grid;
  unsigned int              m_Component = 0;
};

/** Of the first `axes` axes. */
itk::ImageIORegion
ToIORegion(const WorkImage::RegionType & region, unsigned int axes);
} // namespace isolux
