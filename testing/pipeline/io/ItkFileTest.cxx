#include "IoTest.h"

#include "itkHDF5ImageIO.h"
#include "itkImageFileWriter.h"
#include "itkPNGImageIO.h"
#include "itkTIFFImageIO.h"

namespace isolux
{
namespace
{
struct Case
{
  const char * extension;
  int          compression;
};

void
PrintTo(const Case & value, std::ostream * stream)
{
  *stream << value.extension << " at compression " << value.compression;
}

class SpatialFormat
  : public IoTest
  , public ::testing::WithParamInterface<Case>
{
protected:
  void
  ExpectRoundTrip(const Volume & volume)
  {
    const fs::path path = File(std::string("a") + GetParam().extension);
    WriteOptions   options;
    options.compression = GetParam().compression;
    EXPECT_EQ(WriteVolume(volume, path, options).clamped, 0U);
    const Volume back = ReadVolume(path);
    ExpectSame(back, volume, 1e-9);
    EXPECT_EQ(back.component, "float32");
    // Once more, with the dictionary of what was read.
    WriteVolume(back, File(std::string("b") + GetParam().extension), options);
    ExpectSame(ReadVolume(File(std::string("b") + GetParam().extension)), volume, 1e-9);
  }
};

TEST_P(SpatialFormat, KeepsAVolume)
{
  ExpectRoundTrip(MakeVolume({ { 6, 5, 4, 1 } }, 3));
}

TEST_P(SpatialFormat, KeepsATimeSeries)
{
  ExpectRoundTrip(MakeVolume({ { 6, 5, 4, 3 } }, 4));
}

TEST_P(SpatialFormat, KeepsThreeChannels)
{
  ExpectRoundTrip(MakeVolume({ { 6, 5, 4, 1 } }, 3, 3));
}

TEST_P(SpatialFormat, KeepsAPlaneAsAPlaneWithTwoAxes)
{
  ExpectRoundTrip(MakePlane(1));
}

TEST_P(SpatialFormat, KeepsAPlaneThatLiesAskewInSpace)
{
  ExpectRoundTrip(MakeVolume({ { 6, 5, 1, 1 } }, 2));
}

INSTANTIATE_TEST_SUITE_P(Endings,
                         SpatialFormat,
                         ::testing::Values(Case{ ".mha", 0 },
                                           Case{ ".mha", 1 },
                                           Case{ ".mhd", 0 },
                                           Case{ ".mhd", 1 },
                                           Case{ ".nrrd", 0 },
                                           Case{ ".nrrd", 12 },
                                           Case{ ".nhdr", 0 },
                                           Case{ ".nhdr", 1 }));

class ItkFile : public IoTest
{
};

TEST_F(ItkFile, APlaneIsWrittenWithTwoAxes)
{
  WriteVolume(MakePlane(1), File("a.mha"));
  EXPECT_NE(Contents(File("a.mha")).find("NDims = 2"), std::string::npos);
  WriteVolume(MakePlane(1), File("a.nrrd"));
  EXPECT_NE(Contents(File("a.nrrd")).find("dimension: 2"), std::string::npos);
}

TEST_F(ItkFile, TiffKeepsPlanesStacksAndColour)
{
  for (const int compression : { 0, 1 })
  {
    WriteOptions options;
    options.compression = compression;
    for (const unsigned int channels : { 1U, 3U, 4U })
    {
      const Volume plane = MakePlane(channels);
      WriteVolume(plane, File("a.tif"), options);
      // The resolution is a float32 in the file.
      ExpectSame(ReadVolume(File("a.tif")), plane, 1e-5);
    }
    Volume stack = MakeVolume({ { 7, 5, 3, 1 } }, 3);
    stack.channels[0]->SetSpacing(MakePlane(1).channels[0]->GetSpacing());
    stack.channels[0]->SetOrigin(MakePlane(1).channels[0]->GetOrigin());
    stack.channels[0]->SetDirection(MakePlane(1).channels[0]->GetDirection());
    WriteVolume(stack, File("b.tiff"), options);
    ExpectSame(ReadVolume(File("b.tiff")), stack, 1e-5);
  }
}

TEST_F(ItkFile, TiffRefusesWhatItCannotHold)
{
  EXPECT_NE(MessageOf([&] { WriteVolume(MakePlane(2), File("a.tif")); }).find("1, 3 or 4 channels, not 2"),
            std::string::npos);
  EXPECT_NE(MessageOf(
              [&] {
                WriteVolume(MakeVolume({ { 4, 3, 2, 1 } }, 3), File("a.tif"));
              })
              .find("position in space"),
            std::string::npos);
  EXPECT_NE(MessageOf(
              [&] {
                WriteVolume(MakeVolume({ { 4, 3, 2, 2 } }, 4), File("a.tif"));
              })
              .find("axes, not 4"),
            std::string::npos);
  EXPECT_TRUE(FilesInFolder().empty());
}

/** Writes pixels with ITK's own writer, as a file from elsewhere. */
template <typename TImageIO, typename T>
void
WriteForeign(const fs::path & path, const std::vector<T> & pixels, unsigned int width, unsigned int components)
{
  auto io = TImageIO::New();
  io->SetFileName(path.string());
  io->SetNumberOfDimensions(2);
  const auto height = static_cast<unsigned int>(pixels.size()) / width / components;
  io->SetDimensions(0, width);
  io->SetDimensions(1, height);
  itk::ImageIORegion region(2);
  region.SetSize(0, width);
  region.SetSize(1, height);
  io->SetIORegion(region);
  io->SetComponentType(sizeof(T) == 1 ? itk::IOComponentEnum::UCHAR : itk::IOComponentEnum::USHORT);
  io->SetNumberOfComponents(components);
  io->SetPixelType(components == 1 ? itk::IOPixelEnum::SCALAR : itk::IOPixelEnum::RGB);
  io->Write(pixels.data());
}

TEST_F(ItkFile, PngOf8And16BitsAndColourIsReadAndWrittenAsTiff)
{
  WriteForeign<itk::PNGImageIO>(File("a.png"), std::vector<unsigned char>{ 0, 50, 100, 150, 200, 255 }, 3, 1);
  Volume volume = ReadVolume(File("a.png"));
  EXPECT_EQ(volume.component, "uint8");
  EXPECT_EQ(volume.axes, 2U);
  EXPECT_EQ(Pixels(*volume.channels[0]), (std::vector<float>{ 0, 50, 100, 150, 200, 255 }));

  WriteForeign<itk::PNGImageIO>(File("a.png"), std::vector<unsigned short>{ 0, 500, 1000, 65535 }, 2, 1);
  volume = ReadVolume(File("a.png"));
  EXPECT_EQ(volume.component, "uint16");
  EXPECT_EQ(Pixels(*volume.channels[0]), (std::vector<float>{ 0, 500, 1000, 65535 }));
  EXPECT_EQ(ReadVolume(File("a.png"), HashType::Xxh128).hash.text, HashVolume(File("a.png"), HashType::Xxh128));

  WriteForeign<itk::PNGImageIO>(File("a.png"), std::vector<unsigned char>{ 1, 2, 3, 4, 5, 6 }, 2, 3);
  volume = ReadVolume(File("a.png"));
  ASSERT_EQ(volume.channels.size(), 3U);
  EXPECT_EQ(Pixels(*volume.channels[1]), (std::vector<float>{ 2, 5 }));
  WriteVolume(volume, File("b" + OutputExtension("a.png")));
  // The resolution is a float32 in the file.
  ExpectSame(ReadVolume(File("b.tif")), volume, 1e-5);
}

TEST_F(ItkFile, APalettePngIsReadAsColour)
{
  auto io = itk::PNGImageIO::New();
  io->SetFileName(File("a.png").string());
  io->SetNumberOfDimensions(2);
  io->SetDimensions(0, 3);
  io->SetDimensions(1, 1);
  itk::ImageIORegion region(2);
  region.SetSize(0, 3);
  region.SetSize(1, 1);
  io->SetIORegion(region);
  io->SetComponentType(itk::IOComponentEnum::UCHAR);
  io->SetPixelType(itk::IOPixelEnum::SCALAR);
  io->SetNumberOfComponents(1);
  itk::PNGImageIO::PaletteType palette(3);
  for (unsigned char i = 0; i < 3; ++i)
  {
    palette[i].Set(static_cast<unsigned char>(10 * i), static_cast<unsigned char>(20 + i), 200);
  }
  io->SetColorPalette(palette);
  io->SetWritePalette(true);
  const unsigned char indices[] = { 2, 0, 1 };
  io->Write(indices);
  const Volume volume = ReadVolume(File("a.png"));
  ASSERT_EQ(volume.channels.size(), 3U);
  EXPECT_EQ(Pixels(*volume.channels[0]), (std::vector<float>{ 20, 0, 10 }));
  EXPECT_EQ(Pixels(*volume.channels[1]), (std::vector<float>{ 22, 20, 21 }));
}

TEST_F(ItkFile, PngAndJpegOutputIsRefusedInFavourOfTiff)
{
  for (const char * name : { "a.png", "a.jpg", "a.jpeg" })
  {
    EXPECT_NE(MessageOf([&] { WriteVolume(MakePlane(1), File(name)); }).find("use .tif"), std::string::npos);
  }
}

TEST_F(ItkFile, TheDataFileOfAHeaderCountsForTheHashAndMustExist)
{
  Volume       volume = MakeVolume({ { 6, 5, 4, 1 } }, 3);
  WriteOptions options;
  options.compression = 0;
  for (const auto & [header, data] : { std::pair("a.mhd", "a.raw"), std::pair("b.nhdr", "b.raw") })
  {
    WriteVolume(volume, File(header), options);
    const std::string before = ReadVolume(File(header)).hash.text;
    std::string       bytes = Contents(File(data));
    bytes[5] ^= 1;
    Put(File(data), bytes);
    EXPECT_NE(ReadVolume(File(header)).hash.text, before);
    EXPECT_EQ(ReadVolume(File(header)).hash.text, HashVolume(File(header)));
    fs::remove(File(data));
    EXPECT_NE(MessageOf([&] { ReadVolume(File(header)); }).find(data), std::string::npos);
  }
}

TEST_F(ItkFile, TruncatedAndGarbageFilesAreErrorsThatNameTheFileInOneLine)
{
  Volume noise = MakePlane(1);
  WriteForeign<itk::PNGImageIO>(File("a.png"), std::vector<unsigned char>(3000, 7), 50, 1);
  for (const int compression : { 0, 1 })
  {
    WriteOptions options;
    options.compression = compression;
    for (const char * name : { "a.mha", "a.nrrd", "a.tif" })
    {
      WriteVolume(noise, File(name), options);
    }
    for (const char * name : { "a.mha", "a.nrrd", "a.tif", "a.png" })
    {
      const std::string whole = Contents(File(name));
      for (const std::string & bytes : { whole.substr(0, whole.size() - 20),
                                         whole.substr(0, 40),
                                         std::string("this is text, not an image, and it is long enough to be read") })
      {
        Put(File(name), bytes);
        const std::string message = MessageOf([&] { ReadVolume(File(name)); });
        EXPECT_EQ(message.rfind(File(name).string() + ": ", 0), 0U)
          << name << " of " << bytes.size() << " bytes, compression " << compression << ": " << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
        EXPECT_EQ(message.find(".cxx"), std::string::npos) << message;
        EXPECT_EQ(message.find("(0x"), std::string::npos) << message;
      }
      Put(File(name), whole);
    }
  }
}
TEST_F(ItkFile, DamagedHdf5IsAnErrorThatNamesTheFile)
{
  const auto image = itk::Image<float, 3>::New();
  image->SetRegions(itk::Size<3>{ { 31, 29, 17 } });
  image->Allocate(true);
  {
    const auto writer = itk::ImageFileWriter<itk::Image<float, 3>>::New(); // which closes the file when it goes
    writer->SetImageIO(itk::HDF5ImageIO::New());
    writer->SetFileName(File("a.h5").string());
    writer->SetInput(image);
    writer->Update();
  }
  const auto bytes = Contents(File("a.h5"));
  auto       damaged = bytes;
  for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 600; ++i)
  {
    damaged[i] = static_cast<char>(~damaged[i]);
  }
  for (const auto & content : { damaged, bytes.substr(0, bytes.size() / 2), std::string("text") })
  {
    Put(File("a.h5"), content);
    EXPECT_NE(MessageOf([&] { ReadVolume(File("a.h5")); }).find("a.h5: "), std::string::npos);
  }
}

} // namespace
} // namespace isolux
