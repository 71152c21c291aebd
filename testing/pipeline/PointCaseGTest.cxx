#include "PointCase.h"

#include "Error.h"
#include "PointFile.h"
#include "PointFiles.h"
#include "PointSidecarJson.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>

namespace isolux
{
namespace
{
const std::string Shape = "NIFTI_INTENT_SHAPE";
const std::string Float = "NIFTI_TYPE_FLOAT32";

class PointCase : public ::testing::Test
{
protected:
  PointCase()
  {
    m_Task.input = m_Folder / "lh.thickness.shape.gii";
    m_Task.output = m_Folder / "out/lh.thickness.shape.gii";
    this->WriteThickness(testing::ThicknessOf(m_Surface));
    testing::PutFile(m_Folder / "lh.mid.surf.gii", testing::GiftiText(testing::GiftiSurface(m_Surface)));
  }

  void
  WriteThickness(const std::vector<float> & values) const
  {
    testing::PutFile(
      m_Task.input,
      testing::GiftiText(testing::GiftiArray(Shape, Float, "thickness", values, 0, testing::Encoding::GZip)));
  }

  nlohmann::json
  Sidecar() const
  {
    return nlohmann::json::parse(testing::ReadBytesOf(m_Folder / "out/lh.thickness.json"));
  }

  template <typename TError = Error>
  void
  ExpectRefused(const std::vector<std::string> & words)
  {
    try
    {
      ProcessPointCase(m_Task);
      ADD_FAILURE() << "not refused: " << words.front();
    }
    catch (const TError & error)
    {
      for (const auto & word : words)
      {
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what() << "\nlacks " << word;
      }
    }
    EXPECT_EQ(testing::Below(m_Folder / "out"), std::vector<std::string>{});
  }

  const testing::Surface   m_Surface = testing::Icosphere(2, { 40.0, 60.0, 50.0 });
  testing::TemporaryFolder m_Folder;
  PointTask                m_Task;
};
} // namespace

TEST_F(PointCase, WritesTheNormalizedValuesAndASidecarAndRestoresTheOriginal)
{
  m_Task.options.weights = "area";
  m_Task.surface = m_Folder / "lh.mid.surf.gii";
  const auto report = ProcessPointCase(m_Task);
  EXPECT_TRUE(report.warnings.empty());
  const auto output = ReadPointFile(m_Task.output);
  const auto surface = ReadPointFile(m_Task.surface).surface;
  const auto areas = PointAreas(surface);
  const auto moments = LearnPointMoments(output.arrays[0], areas)[0];
  EXPECT_NEAR(moments.mean, 0.0, 1e-7);     // values are rounded to float
  EXPECT_NEAR(moments.variance, 1.0, 1e-4); // eps is 1e-5, the variance of thickness 0.2
  EXPECT_GT(std::abs(LearnPointMoments(output.arrays[0], std::vector<double>(areas.size(), 1.0))[0].mean), 1e-3);

  const auto json = this->Sidecar();
  EXPECT_EQ(json["input"]["name"], "lh.thickness.shape.gii");
  EXPECT_EQ(json["input"]["sha256"], ReadPointFile(m_Task.input).sha256);
  EXPECT_EQ(json["surface"]["name"], "lh.mid.surf.gii");
  EXPECT_EQ(json["surface"]["sha256"], ReadPointFile(m_Task.surface).sha256);
  EXPECT_EQ(json["point_norm"]["weights"], "area");
  EXPECT_EQ(json["points"]["count"], 162);
  EXPECT_EQ(json["points"]["of_weight_zero"], 0);
  EXPECT_EQ(json["attributes"][0]["name"], "thickness");
  EXPECT_EQ(json["attributes"][0]["learned"][0]["points"], 162);
  EXPECT_NEAR(json["attributes"][0]["after"][0]["mean"].get<double>(), 0.0, 1e-12);
  EXPECT_EQ(testing::ReadBytesOf(m_Folder / "out/lh.thickness.json").find(m_Folder.Path().string()), std::string::npos);

  RestorePointCase(m_Task.output, m_Folder / "back.shape.gii");
  const auto original = ReadPointFile(m_Task.input).arrays[0].values;
  const auto back = ReadPointFile(m_Folder / "back.shape.gii").arrays[0].values;
  ASSERT_EQ(back.size(), original.size());
  for (std::size_t i = 0; i < back.size(); ++i)
  {
    ASSERT_NEAR(back[i], original[i], 5e-7) << i; // half an ulp of 4, and of the output's 3 times a deviation of 0.5
  }
}

TEST_F(PointCase, WithDensityIsNotChangedByDuplicatedPoints)
{
  const auto makeFile = [&](const testing::Surface & surface, const char * name)
  {
    testing::PutFile(m_Folder / name,
                     testing::VtkSurface(surface, false, false) + "POINT_DATA " +
                       std::to_string(surface.points.size()) + "\nSCALARS t float\nLOOKUP_TABLE default\n" +
                       testing::VtkNumbers(testing::ThicknessOf(surface), false));
  };
  auto surface = m_Surface;
  makeFile(surface, "once.vtk");
  for (std::size_t i = 0; i < 40; ++i)
  {
    surface.points.insert(surface.points.end(), i / 8, m_Surface.points[i]);
  }
  makeFile(surface, "often.vtk");
  const auto normalized = [&](const std::string & name, const std::string & weights)
  {
    PointTask task;
    task.input = m_Folder / name;
    task.output = m_Folder / (weights + name);
    task.options.weights = weights;
    ProcessPointCase(task);
    return ReadPointFile(task.output).arrays[0].values;
  };
  const auto expected = normalized("once.vtk", "density");
  const auto same = normalized("often.vtk", "density");
  const auto biased = normalized("often.vtk", "none");
  double     difference = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    ASSERT_NEAR(same[i], expected[i], 3e-7) << i; // an ulp of float
    difference = std::max(difference, std::abs(biased[i] - expected[i]));
  }
  EXPECT_GT(difference, 0.05);
}

TEST_F(PointCase, TakesWeightsAndAMaskFromFiles)
{
  const auto         values = testing::ThicknessOf(m_Surface);
  std::vector<float> weights(values.size(), 2.0F);
  weights[0] = 0.0F;
  std::string mask;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    mask += i < 100 ? "1\n" : "0.49\n";
  }
  testing::PutFile(m_Folder / "va.shape.gii", testing::GiftiText(testing::GiftiArray(Shape, Float, "", weights)));
  testing::PutFile(m_Folder / "cortex.txt", mask);
  m_Task.options.weights = (m_Folder / "va.shape.gii").string();
  m_Task.mask = m_Folder / "cortex.txt";
  const auto report = ProcessPointCase(m_Task);
  double     sum = 0.0;
  for (std::size_t i = 1; i < 100; ++i)
  {
    sum += values[i];
  }
  EXPECT_NEAR(report.attributes[0].before[0].mean, sum / 99.0, 1e-14 * sum);
  EXPECT_EQ(report.attributes[0].before[0].count, 99U);
  EXPECT_EQ(report.zeroWeights, 63U);
  const auto json = this->Sidecar();
  EXPECT_EQ(json["point_norm"]["weights"], "va.shape.gii");
  EXPECT_EQ(json["weights"]["name"], "va.shape.gii");
  EXPECT_EQ(json["mask"]["name"], "cortex.txt");
  // all are normalized, also those outside
  EXPECT_NE(ReadPointFile(m_Task.output).arrays[0].values[150], values[150]);
  EXPECT_NO_THROW(RestorePointCase(m_Task.output, m_Folder / "back.gii"));
}

TEST_F(PointCase, ChoosesArraysByNameByNumberOrAll)
{
  const auto values = testing::ThicknessOf(m_Surface);
  auto       other = values;
  other[3] += 1.0F;
  const auto array = [](const char * name, const std::vector<float> & data)
  { return testing::GiftiArray(Shape, Float, name, data); };
  testing::PutFile(m_Task.input,
                   testing::GiftiText(array("thickness", values) + array("sulc", other) + array("", values)));
  this->ExpectRefused<UsageError>({ "has 3 attributes, 'thickness' (1), 'sulc' (2), 3;", "--array NAME" });
  m_Task.array = "thicknes";
  this->ExpectRefused<UsageError>({ "has no attribute 'thicknes'", "did you mean 'thickness'?" });
  m_Task.array = "4";
  this->ExpectRefused<UsageError>({ "has no attribute '4'; it has 'thickness' (1)" });
  const auto changed = [&](const std::string & wanted)
  {
    m_Task.array = wanted;
    ProcessPointCase(m_Task);
    const auto  before = ReadPointFile(m_Task.input);
    const auto  after = ReadPointFile(m_Task.output);
    std::string which;
    for (std::size_t i = 0; i < 3; ++i)
    {
      which += before.arrays[i].values == after.arrays[i].values ? '-' : 'x';
    }
    return which;
  };
  EXPECT_EQ(changed("sulc"), "-x-");
  EXPECT_EQ(changed("3"), "--x");
  EXPECT_EQ(changed("all"), "xxx");
  RestorePointCase(m_Task.output, m_Folder / "back.gii");
  EXPECT_NEAR(ReadPointFile(m_Folder / "back.gii").arrays[1].values[3], other[3], 5e-7);
  testing::PutFile(m_Task.input, testing::GiftiText(array("a", values) + array("a", other)));
  std::filesystem::remove_all(m_Folder / "out");
  m_Task.array = "a";
  this->ExpectRefused<UsageError>({ "2 attributes are called 'a', 'a' (1), 'a' (2); choose by number" });
}

TEST_F(PointCase, WarnsOfConstantsAndOfWhatIsNotFinite)
{
  auto values = testing::ThicknessOf(m_Surface);
  values[5] = std::nanf("");
  values[6] = HUGE_VALF;
  this->WriteThickness(values);
  m_Task.options.beta = 5.0;
  auto report = ProcessPointCase(m_Task);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("2 values are NaN or infinite"), std::string::npos);
  EXPECT_EQ(this->Sidecar()["attributes"][0]["non_finite"], 2);
  EXPECT_TRUE(std::isnan(ReadPointFile(m_Task.output).arrays[0].values[5]));
  EXPECT_EQ(ReadPointFile(m_Task.output).arrays[0].values[6], HUGE_VAL);

  this->WriteThickness(std::vector<float>(values.size(), 2.5F));
  report = ProcessPointCase(m_Task);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("all points that count have the value 2.5"), std::string::npos);
  EXPECT_EQ(ReadPointFile(m_Task.output).arrays[0].values, std::vector<double>(values.size(), 5.0));
  RestorePointCase(m_Task.output, m_Folder / "back.gii");
  EXPECT_EQ(ReadPointFile(m_Folder / "back.gii").arrays[0].values, std::vector<double>(values.size(), 2.5));

  this->WriteThickness(std::vector<float>(values.size(), std::nanf("")));
  report = ProcessPointCase(m_Task);
  ASSERT_EQ(report.warnings.size(), 2U);
  EXPECT_NE(report.warnings[1].find("no point counts"), std::string::npos);
  EXPECT_TRUE(this->Sidecar()["attributes"][0]["learned"][0]["mean"].is_null());
  EXPECT_NO_THROW(RestorePointCase(m_Task.output, m_Folder / "nan.gii"));
}

TEST_F(PointCase, RefusesWhatDoesNotFitTogether)
{
  const auto good = m_Task;
  m_Task.input = m_Folder / "lh.mid.surf.gii";
  this->ExpectRefused({ "lh.mid.surf.gii: has no attribute of points", "nothing to normalize" });
  m_Task.input = m_Folder / "none.gii";
  this->ExpectRefused({ "none.gii: does not exist; check the name" });
  m_Task.input = m_Folder / "none.nii";
  testing::PutFile(m_Task.input, "x");
  this->ExpectRefused({ "none.nii: its ending is not one of a known point file" });

  m_Task = good;
  m_Task.options.weights = "area";
  this->ExpectRefused({ "has no positions of points, which weights 'area' need", "--surface" });
  m_Task.surface = m_Task.input;
  this->ExpectRefused({ "has no positions of points", "give a surface, such as .surf.gii" });
  testing::PutFile(m_Folder / "small.surf.gii",
                   testing::GiftiText(testing::GiftiSurface(testing::Icosphere(1, { 1.0, 1.0, 1.0 }))));
  m_Task.surface = m_Folder / "small.surf.gii";
  this->ExpectRefused({ "small.surf.gii: has 42 points", "162; give the surface" });
  auto cloud = m_Surface;
  cloud.triangles.clear();
  testing::PutFile(m_Folder / "cloud.surf.gii", testing::GiftiText(testing::GiftiSurface(cloud)));
  m_Task.surface = m_Folder / "cloud.surf.gii";
  this->ExpectRefused({ "cloud.surf.gii: has no polygons", "density" });
  auto torn = m_Surface;
  torn.triangles[7][1] = 162;
  testing::PutFile(m_Folder / "torn.surf.gii", testing::GiftiText(testing::GiftiSurface(torn)));
  m_Task.surface = m_Folder / "torn.surf.gii";
  this->ExpectRefused({ "torn.surf.gii", "point 162" });

  m_Task = good;
  const auto refuseWeights = [&](const std::string & text, const std::vector<std::string> & words)
  {
    testing::PutFile(m_Folder / "w.txt", text);
    m_Task.options.weights = (m_Folder / "w.txt").string();
    this->ExpectRefused(words);
  };
  std::string ones;
  for (int i = 0; i < 161; ++i)
  {
    ones += "1 ";
  }
  refuseWeights(ones, { "w.txt: weights must be one number for each of the 162 points, not 161" });
  refuseWeights(ones + "-2", { "w.txt: weights must be numbers in [0, 1e60], that of point 162 of 162 is -2" });
  refuseWeights(ones + "nan", { "is nan" });
  m_Task.options.weights = "aera";
  this->ExpectRefused<UsageError>({ "there is no file 'aera'", "did you mean 'area'?" });

  m_Task = good;
  m_Task.surface = m_Folder / "lh.mid.surf.gii";
  this->ExpectRefused<UsageError>({ "--surface has the positions", "leave it out" });
  m_Task = good;
  m_Task.options.density_radius = 3.0;
  this->ExpectRefused<UsageError>({ "--density-radius belongs to --weights density, not to 'none'" });
  m_Task = good;
  m_Task.output = m_Folder / "out/x.vtk";
  this->ExpectRefused({ "must be that of the input's format, .gii" });

  testing::PutFile(
    m_Task.input,
    testing::GiftiText(
      testing::GiftiArray("NIFTI_INTENT_NODE_INDEX", "NIFTI_TYPE_INT32", "", std::vector<std::int32_t>{ 7 }) +
      testing::GiftiArray(Shape, Float, "t", std::vector<float>{ 1.0F })));
  m_Task.output = good.output;
  m_Task.options.weights = "density";
  m_Task.options.density_radius = 0.0;
  m_Task.surface = m_Folder / "lh.mid.surf.gii";
  this->ExpectRefused({ "is sparse (it has node indices)" });
}

TEST_F(PointCase, DoesNotRestoreFromASidecarThatIsNotItsOwn)
{
  ProcessPointCase(m_Task);
  const auto message = [&](const std::filesystem::path & output)
  {
    try
    {
      RestorePointCase(output, m_Folder / "back.gii");
    }
    catch (const Error & error)
    {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto sidecar = m_Folder / "out/lh.thickness.json";
  const auto text = testing::ReadBytesOf(sidecar);
  testing::CopyFile(m_Task.output, m_Folder / "out/lh.thickness.gii");
  EXPECT_NE(message(m_Folder / "out/lh.thickness.gii").find("belongs to lh.thickness.shape.gii"), std::string::npos);
  EXPECT_NE(message(m_Task.input).find("lh.thickness.json"), std::string::npos);
  const auto change = [&](const std::string & from, const std::string & to)
  {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    testing::PutFile(sidecar, changed);
    return message(m_Task.output);
  };
  EXPECT_NE(change("\"number\": 1", "\"number\": 2").find("has no attribute 2 'thickness' with 1 components"),
            std::string::npos);
  EXPECT_NE(change("\"mean\": ", "\"mean\": \"x\", \"old\": ").find("moments are no numbers"), std::string::npos);
  EXPECT_NE(change("\"attributes\"", "\"things\"").find("not a sidecar of normalized points"), std::string::npos);
  EXPECT_NE(change("\"gamma\": 1.0", "\"gamma\": 0.0").find("gamma 0"), std::string::npos);
  EXPECT_NE(change("\"format\": 1", "\"format\": 9").find("use a newer Isolux"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.gii"));
}
} // namespace isolux
