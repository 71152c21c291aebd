#include "IsoluxProgram.h"

#include "PointFile.h"
#include "PointFiles.h"

#include <cmath>

namespace isolux
{
namespace
{
class PointNormProgram : public testing::ProgramTest
{
protected:
  void
  WriteThickness(const std::string & name) const
  {
    testing::PutFile(m_Folder / name,
                     testing::GiftiText(testing::GiftiArray("NIFTI_INTENT_SHAPE",
                                                            "NIFTI_TYPE_FLOAT32",
                                                            "thickness",
                                                            testing::ThicknessOf(m_Surface),
                                                            0,
                                                            testing::Encoding::GZip)));
  }

  void
  WriteSurface(const std::string & name) const
  {
    testing::PutFile(m_Folder / name, testing::GiftiText(testing::GiftiSurface(m_Surface)));
  }

  void
  WriteVtk(const std::string & name) const
  {
    const auto count = std::to_string(m_Surface.points.size());
    testing::PutFile(m_Folder / name,
                     testing::VtkSurface(m_Surface, true, true) + "POINT_DATA " + count +
                       "\nFIELD FieldData 2\nthickness 1 " + count + " float\n" +
                       testing::VtkNumbers(testing::ThicknessOf(m_Surface), true) + "other 1 " + count + " float\n" +
                       testing::VtkNumbers(testing::ThicknessOf(m_Surface), true));
  }

  Strings
  Names() const
  {
    return testing::Below(m_Folder.Path());
  }

  const testing::Surface m_Surface = testing::Icosphere(2, { 40.0, 60.0, 50.0 });
};
} // namespace

TEST_F(PointNormProgram, NormalizesAThicknessMapByAreaAndUndoesIt)
{
  this->WriteThickness("lh.thickness.shape.gii");
  this->WriteSurface("lh.mid.surf.gii");
  const auto outcome = this->Expect(
    0,
    { "point-norm", "lh.thickness.shape.gii", "out.shape.gii", "--weights", "area", "--surface", "lh.mid.surf.gii" });
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find("lh.thickness.shape.gii -> out.shape.gii: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("162 of 162 points count\n  thickness: mean 2."), std::string::npos) << outcome.out;
  EXPECT_EQ(this->Names(), (Strings{ "lh.mid.surf.gii", "lh.thickness.shape.gii", "out.json", "out.shape.gii" }));
  this->Expect(0, { "restore", "out.shape.gii", "back.shape.gii" });
  const auto original = ReadPointFile(m_Folder / "lh.thickness.shape.gii").arrays[0].values;
  const auto back = ReadPointFile(m_Folder / "back.shape.gii").arrays[0].values;
  for (std::size_t i = 0; i < original.size(); ++i)
  {
    ASSERT_NEAR(back[i], original[i], 5e-7) << i; // float's rounding, there and back
  }
}

TEST_F(PointNormProgram, NormalizesAnArrayOfAVtkFileWithGammaAndBeta)
{
  this->WriteVtk("in.vtk");
  this->Expect(0,
               { "point-norm",
                 "-i",
                 "in.vtk",
                 "-o",
                 "out.vtk",
                 "-a",
                 "thickness",
                 "--weights",
                 "density",
                 "--gamma",
                 "15",
                 "--beta",
                 "100",
                 "--eps",
                 "0",
                 "--density-radius",
                 "12.5" });
  const auto json = this->Json("out.json");
  EXPECT_EQ(json["point_norm"]["density_radius"], 12.5);
  EXPECT_NEAR(json["attributes"][0]["after"][0]["mean"].get<double>(), 100.0, 1e-10);
  EXPECT_NEAR(json["attributes"][0]["after"][0]["variance"].get<double>(), 225.0, 1e-10);
  const auto before = ReadPointFile(m_Folder / "in.vtk");
  const auto after = ReadPointFile(m_Folder / "out.vtk");
  EXPECT_EQ(after.arrays[1].values, before.arrays[1].values);
  EXPECT_EQ(after.surface.corners, before.surface.corners);
}

TEST_F(PointNormProgram, NamesWhatIsWrongAndLeavesNothingBehind)
{
  this->WriteThickness("t.shape.gii");
  this->WriteSurface("s.surf.gii");
  this->WriteVtk("in.vtk");
  testing::PutFile(m_Folder / "short.txt", "1 2 3\n");
  std::string negative = "-1";
  for (std::size_t i = 1; i < m_Surface.points.size(); ++i)
  {
    negative += " 1";
  }
  testing::PutFile(m_Folder / "negative.txt", negative);
  const auto names = this->Names();
  struct Row
  {
    int     exitCode;
    Strings arguments;
    Strings words;
  };
  const std::vector<Row> table = {
    { 1, { "none.gii", "o.gii" }, { "none.gii: does not exist; check the name" } },
    { 1, { "s.surf.gii", "o.surf.gii" }, { "s.surf.gii: has no attribute of points" } },
    { 1, { "t.shape.gii", "o.vtk" }, { "o.vtk: its ending must be that of the input's format, .gii" } },
    { 1,
      { "t.shape.gii", "o.gii", "--weights", "short.txt" },
      { "short.txt: weights must be one number for each of the 162 points, not 3" } },
    { 1,
      { "t.shape.gii", "o.gii", "--weights", "negative.txt" },
      { "negative.txt: weights must be numbers in [0, 1e60]", "point 1 of 162 is -1" } },
    { 1, { "t.shape.gii", "o.gii", "--mask", "short.txt" }, { "short.txt: mask must be one number for each" } },
    { 1, { "t.shape.gii", "o.gii", "--weights", "area" }, { "t.shape.gii: has no positions", "--surface" } },
    { 2, { "in.vtk", "o.vtk" }, { "in.vtk: has 2 attributes, 'thickness' (1), 'other' (2)", "--array" } },
    { 2, { "in.vtk", "o.vtk", "--array", "sulc" }, { "in.vtk: has no attribute 'sulc'", "'thickness' (1)" } },
    { 2, { "t.shape.gii", "o.gii", "--weights", "aera" }, { "no file 'aera'", "did you mean 'area'?" } },
    { 2, { "t.shape.gii", "o.gii", "--surface", "s.surf.gii" }, { "--surface has the positions" } },
    { 2, { "t.shape.gii", "o.gii", "--density-radius", "3" }, { "--density-radius belongs to" } },
    { 2, { "t.shape.gii", "o.gii", "--eps", "-1" }, { "'eps' must be in [0, inf), not -1" } },
    { 2, { "t.shape.gii", "o.gii", "--gama", "2" }, { "unknown option '--gama'", "'--gamma'" } },
    { 2, { "t.shape.gii" }, { "argument OUTPUT is missing" } },
    { 2, { "t.shape.gii", "./t.shape.gii", "--force" }, { "t.shape.gii: is named twice" } },
    { 2, { "t.shape.gii", "s.surf.gii" }, { "s.surf.gii: exists already; give --force" } },
  };
  for (const auto & row : table)
  {
    auto arguments = row.arguments;
    arguments.insert(arguments.begin(), "point-norm");
    this->Expect(row.exitCode, arguments, row.words);
  }
  EXPECT_EQ(this->Names(), names);
}

TEST_F(PointNormProgram, DoesNotReplaceASidecarUnasked)
{
  this->WriteThickness("t.shape.gii");
  testing::PutFile(m_Folder / "o.json", "precious");
  this->Expect(2, { "point-norm", "t.shape.gii", "o.shape.gii" }, { "o.json: exists already" });
  EXPECT_EQ(this->Bytes("o.json"), "precious");
  this->Expect(0, { "point-norm", "t.shape.gii", "o.shape.gii", "--force" });
  this->Expect(2, { "restore", "o.shape.gii", "o.shape.gii", "--force" }, { "o.json", "choose another name" });
  this->Expect(2, { "restore", "o.shape.gii", "back.gii", "--dtype", "float32" }, { "--dtype is for images" });
  this->Expect(1, { "restore", "t.shape.gii", "back.gii" }, { "t.json" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.gii"));
}

TEST_F(PointNormProgram, WarnsOfAConstantAndGoesOn)
{
  testing::PutFile(m_Folder / "c.gii",
                   testing::GiftiText(testing::GiftiArray(
                     "NIFTI_INTENT_SHAPE", "NIFTI_TYPE_INT32", "", std::vector<std::int32_t>(5, 7))));
  this->Expect(0, { "point-norm", "c.gii", "o.gii" }, { "warning", "c.gii", "have the value 7" });
  EXPECT_EQ(ReadPointFile(m_Folder / "o.gii").arrays[0].values, std::vector<double>(5, 0.0));
}

TEST_F(PointNormProgram, LeavesNothingWhereTheDiskIsFull)
{
  this->WriteThickness("t.shape.gii");
  testing::ProcessOptions full;
  full.fileSize = 100;
  this->Expect(1, { "point-norm", "t.shape.gii", "o.shape.gii" }, { "o.shape.gii" }, full);
  EXPECT_EQ(this->Names(), Strings{ "t.shape.gii" });
}
} // namespace isolux
