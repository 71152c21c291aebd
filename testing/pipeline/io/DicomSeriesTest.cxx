#include "IoTest.h"

#include "itkGDCMImageIO.h"
#include "itkMetaDataObject.h"

#include <sstream>

namespace isolux
{
namespace
{
class DicomSeries : public IoTest
{
protected:
  struct SliceOptions
  {
    double       position = 0.0; ///< mm
    const char * series = "1.2.3.4";
    unsigned int columns = 6;
  };

  /** An axial slice of 6 x 4 pixels of 0.5 x 0.75 mm, whose values are 100 * position + its index, less 1000. */
  void
  WriteSlice(const std::string & name, const SliceOptions & options)
  {
    auto               io = itk::GDCMImageIO::New();
    itk::ImageIORegion region(3);
    const double       spacing[] = { 0.5, 0.75, 2.0 };
    const double       origin[] = { -10.0, 20.0, options.position };
    const unsigned int size[] = { options.columns, 4, 1 };
    io->SetFileName(File(name).string());
    io->SetNumberOfDimensions(3);
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      std::vector<double> direction(3);
      direction[axis] = 1.0;
      io->SetDimensions(axis, size[axis]);
      io->SetSpacing(axis, spacing[axis]);
      io->SetOrigin(axis, origin[axis]);
      io->SetDirection(axis, direction);
      region.SetSize(axis, size[axis]);
    }
    io->SetIORegion(region);
    io->SetComponentType(itk::IOComponentEnum::SHORT);
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    io->SetKeepOriginalUID(true);
    itk::MetaDataDictionary & tags = io->GetMetaDataDictionary();
    std::ostringstream        position;
    position << "-10\\20\\" << options.position;
    const auto set = [&](const char * tag, const std::string & value)
    { itk::EncapsulateMetaData<std::string>(tags, tag, value); };
    set("0008|0016", "1.2.840.10008.5.1.4.1.1.2"); // CT
    set("0008|0060", "CT");
    set("0008|0018",
        std::string(options.series) + "." + std::to_string(1000 + static_cast<int>(10 * options.position)));
    set("0020|000d", "1.2.3");
    set("0020|000e", options.series);
    set("0010|0010", "Secret^Name");
    set("0020|0032", position.str());
    set("0020|0037", "1\\0\\0\\0\\1\\0");
    set("0028|1052", "-1000");
    set("0028|1053", "1");
    std::vector<short> pixels(options.columns * 4);
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      pixels[i] = static_cast<short>(100.0 * options.position + static_cast<double>(i) - 1000.0);
    }
    io->Write(pixels.data());
  }

  std::string
  Message()
  {
    return MessageOf([&] { ReadVolume(Folder()); });
  }
};

TEST_F(DicomSeries, SlicesAreOrderedByPositionInRescaledUnits)
{
  // Names in another order than positions.
  WriteSlice("b.dcm", { 5.0 });
  WriteSlice("c.dcm", { 7.5 });
  WriteSlice("a.dcm", { 10.0 });
  const Volume volume = ReadVolume(Folder());
  EXPECT_EQ(volume.format, "DICOM series");
  EXPECT_EQ(volume.component, "int16");
  EXPECT_EQ(volume.axes, 3U);
  EXPECT_EQ(volume.dictionary.GetKeys().size(), 0U);
  const WorkImage & image = *volume.channels.at(0);
  EXPECT_EQ(image.GetLargestPossibleRegion().GetSize(), (WorkImage::SizeType{ { 6, 4, 3, 1 } }));
  const double spacing[] = { 0.5, 0.75, 2.5 };
  const double origin[] = { -10.0, 20.0, 5.0 };
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_NEAR(image.GetSpacing()[axis], spacing[axis], 1e-9);
    EXPECT_NEAR(image.GetOrigin()[axis], origin[axis], 1e-9);
  }
  EXPECT_EQ(image.GetPixel({ { 0, 0, 0, 0 } }), 500.0F - 1000.0F);
  EXPECT_EQ(image.GetPixel({ { 1, 2, 1, 0 } }), 750.0F + 13.0F - 1000.0F);
  EXPECT_EQ(image.GetPixel({ { 5, 3, 2, 0 } }), 1000.0F + 23.0F - 1000.0F);
  const std::string all = Contents(File("b.dcm")) + Contents(File("c.dcm")) + Contents(File("a.dcm"));
  EXPECT_EQ(volume.hash.text, Sha256(all.data(), all.size()));
  EXPECT_EQ(HashVolume(Folder()), volume.hash.text);
  const Hash other = ReadVolume(Folder(), HashType::Xxh128).hash;
  EXPECT_EQ(other.type, HashType::Xxh128);
  EXPECT_EQ(HashVolume(Folder(), HashType::Xxh128), other.text);
}

TEST_F(DicomSeries, ThePatientsNameReachesNoOutput)
{
  WriteSlice("a.dcm", { 5.0 });
  const Volume volume = ReadVolume(File("a.dcm"));
  EXPECT_EQ(volume.axes, 2U);
  EXPECT_EQ(volume.channels.at(0)->GetPixel({ { 1, 2, 0, 0 } }), 500.0F + 13.0F - 1000.0F);
  ASSERT_NE(Contents(File("a.dcm")).find("Secret"), std::string::npos);
  WriteOptions options;
  options.compression = 0;
  for (const char * name : { "b.nii", "b.mha", "b.nrrd" })
  {
    WriteVolume(volume, File(name), options);
    EXPECT_EQ(Contents(File(name)).find("Secret"), std::string::npos) << name;
  }
}

TEST_F(DicomSeries, SeveralSeriesAreListedWithTheirCounts)
{
  WriteSlice("a.dcm", { 1.0, "1.2.3.4" });
  WriteSlice("b.dcm", { 2.0, "1.2.3.4" });
  WriteSlice("c.dcm", { 1.0, "1.2.3.5" });
  const std::string message = Message();
  EXPECT_NE(message.find("1.2.3.4 (2 files)"), std::string::npos) << message;
  EXPECT_NE(message.find("1.2.3.5 (1 file"), std::string::npos) << message;
}

TEST_F(DicomSeries, AMissingSliceIsAnErrorWithTheDistances)
{
  WriteSlice("a.dcm", { 0.0 });
  WriteSlice("b.dcm", { 2.0 });
  WriteSlice("c.dcm", { 6.0 });
  EXPECT_NE(Message().find("mm apart"), std::string::npos) << Message();
}

TEST_F(DicomSeries, TwoSlicesAtOnePositionAreAnError)
{
  WriteSlice("a.dcm", { 0.0 });
  WriteSlice("b.dcm", { 2.0 });
  WriteSlice("c.dcm", { 2.0 });
  EXPECT_NE(Message().find("same position"), std::string::npos) << Message();
}

TEST_F(DicomSeries, SlicesOfDifferentSizeAreAnError)
{
  WriteSlice("a.dcm", { 0.0 });
  WriteSlice("b.dcm", { 2.0, "1.2.3.4", 8 });
  EXPECT_NE(Message().find("differ in size"), std::string::npos) << Message();
}

TEST_F(DicomSeries, AFolderHoldsDicomByEndingOrByMarkAndOnlyThen)
{
  Put(File("notes.txt"), std::string(200, 'x'));
  Put(File("short"), "x");
  EXPECT_FALSE(HoldsDicomSeries(Folder()));
  EXPECT_FALSE(HoldsDicomSeries(File("missing")));
  EXPECT_FALSE(HoldsDicomSeries(File("short")));
  WriteSlice("a.dcm", { 0.0 });
  EXPECT_TRUE(HoldsDicomSeries(Folder()));
  fs::rename(File("a.dcm"), File("IM0001"));
  EXPECT_TRUE(HoldsDicomSeries(Folder()));
}

TEST_F(DicomSeries, AFolderWithoutDicomAndTextNamedDicomAreErrors)
{
  EXPECT_NE(Message().find("no DICOM series"), std::string::npos);
  Put(File("a.dcm"), "this is not DICOM");
  EXPECT_NE(MessageOf([&] { ReadVolume(File("a.dcm")); }).find("is not a DICOM file"), std::string::npos);
}

TEST_F(DicomSeries, ATruncatedSliceIsAnErrorThatNamesIt)
{
  WriteSlice("a.dcm", { 0.0 });
  const std::string whole = Contents(File("a.dcm"));
  Put(File("a.dcm"), whole.substr(0, whole.size() - 20));
  const std::string message = MessageOf([&] { ReadVolume(File("a.dcm")); });
  EXPECT_EQ(message.rfind(File("a.dcm").string() + ": is truncated: ", 0), 0U) << message;
}
} // namespace
} // namespace isolux
