#include "Report.h"

#include "Error.h"
#include "Format.h"
#include "Picture.h"
#include "Shifted.h"

#include <openssl/evp.h>
#include <png.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>

using namespace isolux;

namespace
{
const std::string HostileName = "<script>alert('1')</script>\"&{{version}}<!--case-->";

WorkImage::Pointer
MakeImage(const WorkImage::SizeType & size)
{
  auto image = WorkImage::New();
  image->SetRegions(size);
  image->Allocate(true);
  return image;
}

/** Of the first `count` voxels. */
MaskImage::Pointer
MaskOfFirst(const WorkImage & grid, std::size_t count)
{
  auto mask = MaskImage::New();
  mask->CopyInformation(&grid);
  mask->SetRegions(grid.GetLargestPossibleRegion());
  mask->Allocate(true);
  std::fill_n(mask->GetBufferPointer(), count, 1);
  return mask;
}

/** Mean 500, deviation about 115, without a pattern. */
WorkImage::Pointer
Noise(const WorkImage::SizeType & size, std::uint32_t state = 1)
{
  auto image = MakeImage(size);
  std::generate_n(image->GetBufferPointer(),
                  image->GetBufferedRegion().GetNumberOfPixels(),
                  [&state]
                  {
                    state = state * 1664525U + 1013904223U;
                    return 300.0F + 400.0F * static_cast<float>(state >> 8) / 16777216.0F;
                  });
  return image;
}

WorkImage::Pointer
Map(const WorkImage & image, const double factor, const double offset)
{
  auto result = WorkImage::New();
  result->CopyInformation(&image);
  result->SetRegions(image.GetLargestPossibleRegion());
  result->Allocate();
  std::transform(image.GetBufferPointer(),
                 image.GetBufferPointer() + image.GetBufferedRegion().GetNumberOfPixels(),
                 result->GetBufferPointer(),
                 [factor, offset](const float value) { return static_cast<float>(factor * value + offset); });
  return result;
}

IntensitySummary
Summarise(const WorkImage & image)
{
  IntensitySummary   summary;
  std::vector<float> values;
  const auto         count = image.GetBufferedRegion().GetNumberOfPixels();
  for (std::size_t index = 0; index < count; index += count / 100000 + 1)
  {
    if (std::isfinite(image.GetBufferPointer()[index]))
    {
      values.push_back(image.GetBufferPointer()[index]);
    }
  }
  std::sort(values.begin(), values.end());
  summary.count = values.size();
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (const float value : values)
  {
    summary.standardDeviation += (value - summary.mean) * (value - summary.mean) / static_cast<double>(values.size());
  }
  summary.standardDeviation = std::sqrt(summary.standardDeviation);
  summary.minimum = values.front();
  summary.maximum = values.back();
  for (std::size_t percentile = 0; percentile <= 100; ++percentile)
  {
    summary.percentiles[percentile] = values[percentile * (values.size() - 1) / 100];
  }
  return summary;
}

struct Case
{
  CaseReport                report;
  std::vector<CasePictures> pictures;

  void
  Add(const WorkImage::Pointer & before, const WorkImage::Pointer & after, const WorkImage::Pointer & field = nullptr)
  {
    ChannelReport channel;
    channel.before = Summarise(*before);
    channel.after = Summarise(*after);
    channel.evennessBefore = { 0.2, 0.9, 6.0 };
    channel.evennessAfter = { 0.1, 0.95, 6.0 };
    channel.stages.resize(1);
    channel.stages[0].name = "instance-norm";
    channel.stages[0].seconds = 0.25;
    report.channels.push_back(channel);
    pictures.push_back({ before, after, field, nullptr });
  }

  std::string
  Html(const std::string & name = "case") const
  {
    return RenderCase(report, pictures, name, "../report.html", "1.0").html;
  }
};

/** Noise, its z-score, and a field between 0.8 and 1.25. */
Case
NoiseCase(const WorkImage::SizeType & size)
{
  Case       result;
  const auto before = Noise(size);
  const auto summary = Summarise(*before);
  auto       field = MakeImage(size);
  const auto count = field->GetBufferedRegion().GetNumberOfPixels();
  for (std::size_t index = 0; index < count; ++index)
  {
    const double share = static_cast<double>(index) / (static_cast<double>(count) - 1.0);
    field->GetBufferPointer()[index] = static_cast<float>(0.8 * std::pow(1.25 / 0.8, share));
  }
  result.Add(before, Map(*before, 1.0 / summary.standardDeviation, -summary.mean / summary.standardDeviation), field);
  return result;
}

struct Pixels
{
  unsigned int              width = 0;
  unsigned int              height = 0;
  bool                      colour = false;
  std::vector<std::uint8_t> rgb;
};

std::vector<std::string>
AllBetween(const std::string & text, const std::string & start, const std::string & end)
{
  std::vector<std::string> found;
  for (auto position = text.find(start); position != std::string::npos; position = text.find(start, position))
  {
    position += start.size();
    const auto stop = text.find(end, position);
    found.push_back(text.substr(position, stop - position));
  }
  return found;
}

/** Every picture of the page, in its order. */
std::vector<Pixels>
Decode(const std::string & html)
{
  std::vector<Pixels> pictures;
  for (const std::string & text : AllBetween(html, "src=\"data:image/png;base64,", "\""))
  {
    std::vector<unsigned char> bytes(text.size());
    EXPECT_GT(EVP_DecodeBlock(
                bytes.data(), reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size())),
              0);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    EXPECT_NE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()), 0);
    Pixels pixels;
    pixels.colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    image.format = PNG_FORMAT_RGB;
    pixels.width = image.width;
    pixels.height = image.height;
    pixels.rgb.resize(PNG_IMAGE_SIZE(image));
    EXPECT_NE(png_image_finish_read(&image, nullptr, pixels.rgb.data(), 0, nullptr), 0);
    pictures.push_back(pixels);
  }
  return pictures;
}

/** The texts of the script elements, with or without a type. */
std::vector<std::string>
ScriptsOf(const std::string & html)
{
  std::vector<std::string> scripts;
  for (const std::string & element : AllBetween(html, "<script", "</script>"))
  {
    scripts.push_back(element.substr(element.find('>') + 1));
  }
  return scripts;
}

std::string
WithoutScripts(std::string html)
{
  for (const std::string & script : ScriptsOf(html))
  {
    html.erase(html.find(script), script.size());
  }
  return html;
}

/** Nothing but inline styles, the named pictures, and the script whose hash is named. */
void
ExpectClosedPage(const std::string & html)
{
  for (const char * way :
       { "http://", "https://", "url(", "@import", "<link", "<iframe", "fetch(", "eval(", "innerHTML" })
  {
    EXPECT_EQ(html.find(way), std::string::npos) << way;
  }
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(html.find("script-src '" + HashOfScript(ScriptsOf(html).back()) + "'"), std::string::npos);
  for (const std::string & attributes : AllBetween(WithoutScripts(html), "<", ">"))
  {
    EXPECT_EQ(attributes.find(" on"), attributes.find(" one")) << attributes; // no handlers
  }
}

/** Empty where every element is closed in order; else what is wrong. */
std::string
NestingProblem(const std::string & page)
{
  const std::string           html = WithoutScripts(page);
  const std::set<std::string> empty{ "meta", "img", "input", "br", "!DOCTYPE" };
  std::vector<std::string>    open;
  for (const std::string & tag : AllBetween(html, "<", ">"))
  {
    const auto name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (tag.front() == '/')
    {
      if (open.empty() || open.back() != tag.substr(1))
      {
        return "<" + tag + "> closes " + (open.empty() ? "nothing" : open.back());
      }
      open.pop_back();
    }
    else if (empty.count(name) == 0 && tag.back() != '/')
    {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : open.back() + " stays open";
}

/** Hostile text in every place. */
Case
HostileCase()
{
  Case hostile = NoiseCase({ { 12, 10, 8, 1 } });
  hostile.report.site = HostileName;
  hostile.report.input = HostileName;
  hostile.report.inputFormat = HostileName;
  hostile.report.inputComponent = HostileName;
  hostile.report.inputHash.text = HostileName;
  hostile.report.mask = HostileName;
  hostile.report.output = HostileName;
  hostile.report.participant = HostileName;
  hostile.report.nanPolicy = HostileName;
  hostile.report.fileType = HostileName;
  hostile.report.warnings = { HostileName };
  hostile.report.channels[0].stages[0].name = HostileName;
  hostile.report.channels[0].stages[0].warnings = { HostileName };
  return hostile;
}

/** Two done with pictures, one failed, one skipped; hostile text in every place. */
std::vector<ReportRow>
HostileRows()
{
  const Case             hostile = HostileCase();
  std::vector<ReportRow> rows(4);
  for (ReportRow & row : rows)
  {
    row.name = row.site = row.message = HostileName;
    row.status = "done";
    row.before = hostile.report.channels[0].before;
    row.after = hostile.report.channels[0].after;
    row.page = FormatLink("report/" + HostileName + ".html");
    row.thumbnail = FormatLink("report/" + HostileName + ".svg");
  }
  rows[1].name = "sub-01";
  rows[2] = {};
  rows[2].name = "sub-02";
  rows[2].status = "skipped";
  rows[3] = {};
  rows[3].name = "sub-03";
  rows[3].status = "failed";
  rows[3].message = "sub-03: truncated: copy the file again";
  return rows;
}
} // namespace

TEST(Report, NamesAreEscapedEverywhere)
{
  const std::string cohort = RenderReport(HostileRows(), HostileName, HostileName, "");
  EXPECT_EQ(ScriptsOf(cohort).size(), 2U); // the table's numbers and what shows them
  EXPECT_NE(cohort.find("\\u003Cscript\\u003Ealert('1')\\u003C/script\\u003E\\u0022\\u0026{{version}}"),
            std::string::npos);
  const std::string page = HostileCase().Html(HostileName);
  EXPECT_EQ(ScriptsOf(page).size(), 1U);
  EXPECT_EQ(page.find("alert('1')"), std::string::npos);
  for (const std::string & html : { cohort, page })
  {
    EXPECT_EQ(html.find("<script>alert"), std::string::npos);
    EXPECT_EQ(html.find("<!--"), std::string::npos);
    EXPECT_NE(html.find("{{version}}"), std::string::npos) << "a name must not be read as a template";
    EXPECT_NE(html.find("&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt;&quot;&amp;"), std::string::npos);
  }
}

TEST(Report, ElementsAreNested)
{
  EXPECT_EQ(NestingProblem("<p><b></p></b>"), "</p> closes b");
  EXPECT_EQ(NestingProblem(RenderReport(HostileRows(), HostileName, HostileName, "audit.html")), "");
  EXPECT_EQ(NestingProblem(RenderReport({}, "", "", "")), "");
  EXPECT_EQ(NestingProblem(HostileCase().Html(HostileName)), "");
  EXPECT_EQ(NestingProblem(RenderCase({}, {}, "nothing", "", "").html), "");
}

TEST(Report, LoadsNothingFromElsewhereAndRunsOnlyItsOwnScript)
{
  ExpectClosedPage(RenderReport(HostileRows(), "", "1.0", ""));
  const std::string page = HostileCase().Html();
  ExpectClosedPage(page);
  for (const std::string & source : AllBetween(WithoutScripts(page), "src=\"", "\""))
  {
    EXPECT_EQ(source.rfind("data:image/png;base64,", 0), 0U);
  }
}

TEST(Report, LinksLeadToTheCasesTheirPicturesAndTheAuditThatIsThere)
{
  const auto        rows = HostileRows();
  const std::string html = RenderReport(rows, "", "1.0", "audit.html");
  EXPECT_NE(html.find("href=\"audit.html\""), std::string::npos);
  EXPECT_EQ(RenderReport(rows, "", "1.0", "").find("audit"), std::string::npos);
  const std::string link =
    "report/%3Cscript%3Ealert%28%271%27%29%3C/script%3E%22%26%7B%7Bversion%7D%7D%3C%21--case--%3E.html";
  EXPECT_EQ(rows[0].page, link);
  EXPECT_NE(html.find("\"" + link + "\",1,"), std::string::npos) << "the picture is named like the page";
  for (const std::string & page : { html, HostileCase().Html() })
  {
    const auto                  ids = AllBetween(WithoutScripts(page), " id=\"", "\"");
    const std::set<std::string> unique(ids.begin(), ids.end());
    EXPECT_EQ(unique.size(), ids.size());
    for (const std::string & target : AllBetween(WithoutScripts(page), "href=\"#", "\""))
    {
      EXPECT_EQ(unique.count(target), 1U) << target;
    }
  }
  EXPECT_NE(HostileCase().Html().find("href=\"../report.html\""), std::string::npos);
}

TEST(Report, EveryPictureAndChartHasAText)
{
  for (const std::string & page : { RenderReport(HostileRows(), "", "1.0", ""), HostileCase().Html() })
  {
    const std::string html = WithoutScripts(page);
    for (const std::string & image : AllBetween(html, "<img ", ">"))
    {
      EXPECT_NE(image.find("alt=\""), std::string::npos);
      EXPECT_EQ(image.find("alt=\"\""), std::string::npos);
    }
    const auto charts = AllBetween(html, "<svg class=\"chart\"", ">");
    EXPECT_EQ(charts.size(), 2U);
    for (const std::string & chart : charts)
    {
      EXPECT_NE(chart.find("role=\"img\" aria-label=\""), std::string::npos);
    }
  }
}

TEST(Report, FailedCasesComeFirstWithTheirMessage)
{
  const std::string html = RenderReport(HostileRows(), "", "1.0", "");
  EXPECT_LT(html.find("<strong>sub-03</strong>: truncated: copy the file again"),
            html.find("Do the images come together?"));
  const auto table = html.find("\"rows\":[");
  EXPECT_LT(html.find("sub-03", table), html.find("sub-01", table));
  EXPECT_LT(html.find("sub-03", table), html.find("sub-02", table));
  EXPECT_LT(html.find("sub-02", table), html.find("sub-01", table)) << "of what has no numbers nothing is known";
  EXPECT_NE(html.find("<strong>2</strong> done"), std::string::npos);
  EXPECT_NE(html.find("<strong>1</strong> failed"), std::string::npos);
  EXPECT_NE(html.find("<strong>1</strong> skipped"), std::string::npos);
}

TEST(Report, TheCaseThatIsFarFromTheOthersIsAnOutlierAndComesFirst)
{
  std::vector<ReportRow> rows(9);
  for (std::size_t index = 0; index < rows.size(); ++index)
  {
    rows[index].name = "case " + std::to_string(index);
    rows[index].status = "done";
    rows[index].before = Shifted(100.0 * static_cast<double>(index), 20.0);
    rows[index].after = Shifted(index == 5 ? 0.5 : 0.01 * static_cast<double>(index % 3), 1.0);
  }
  const std::string html = RenderReport(rows, "", "1.0", "");
  EXPECT_NE(html.find("\"rows\":[[\"case 5\",\"\",0,0,\"done\",1,"), std::string::npos);
  EXPECT_NE(html.find("<strong>1</strong> outlier<"), std::string::npos);
  EXPECT_EQ(AllBetween(html, ",\"done\",1,", "\n").size(), 1U);
}

TEST(Report, CasesWithoutNumbersComeBeforeTheNormalOnesAndThoseWithWarningsAreCounted)
{
  std::vector<ReportRow> rows(9);
  for (std::size_t index = 0; index < rows.size(); ++index)
  {
    rows[index].name = "case " + std::to_string(index);
    rows[index].status = "done";
    rows[index].before = Shifted(100.0, 20.0);
    rows[index].after = Shifted(index == 5 ? 0.5 : 0.01 * static_cast<double>(index % 3), 1.0);
  }
  rows[2].before = rows[2].after = {};
  rows[2].message = "input: 1000 voxels are NaN";
  rows[3].status = "failed";
  rows[3].message = "is truncated";
  rows[3].before = rows[3].after = {};
  rows[4].message = "foreground: touches the border";
  rows[6].status = "pending"; // of a batch that was interrupted
  rows[6].before = rows[6].after = {};
  const std::string html = RenderReport(rows, "", "1.0", "");
  const auto        table = html.find("\"rows\":[");
  const auto        place = [&](const char * name) { return html.find(name, table); };
  EXPECT_LT(place("\"case 5\""), place("\"case 3\"")) << "outliers, failed ones";
  EXPECT_LT(place("\"case 3\""), place("\"case 2\"")) << "failed ones, those without numbers";
  EXPECT_LT(place("\"case 2\""), place("\"case 0\"")) << "those without numbers, the others";
  EXPECT_LT(place("\"case 0\""), place("\"case 6\""));
  EXPECT_NE(html.find("<li class=\"warned\"><strong>2</strong> with warnings</li>"), std::string::npos);
  EXPECT_NE(html.find("<strong>1</strong> without numbers</li>"), std::string::npos);
}

TEST(Report, WhereNoIntensityIsNegativeTheChartBeginsAtZeroOrAbove)
{
  std::vector<ReportRow> rows(2);
  for (ReportRow & row : rows)
  {
    row.status = "done";
    row.before = Shifted(100.0, 100.0); // from 0 to 200
    row.after = Shifted(0.0, 1.0);
  }
  rows[0].name = "a";
  rows[1].name = "b";
  const std::string html = RenderReport(rows, "", "1.0", "");
  const auto        charts = AllBetween(html, "<svg class=\"chart\"", "</svg>");
  ASSERT_EQ(charts.size(), 2U);
  const auto ticks = [](const std::string & chart)
  {
    auto texts = AllBetween(chart, "<text class=\"tick\"", "</text>");
    for (std::string & text : texts)
    {
      text.erase(0, text.find('>') + 1);
    }
    return texts;
  };
  EXPECT_EQ(ticks(charts[0]).front(), "0");
  EXPECT_NE(charts[0].find("M8.0 8.0V"), std::string::npos) << "0 is the chart's left end";
  EXPECT_EQ(ticks(charts[1]).front(), "-1");
}

TEST(Report, OneCaseIsNotAskedWhetherItComesTogether)
{
  auto rows = HostileRows();
  EXPECT_NE(RenderReport(rows, "", "1.0", "").find("Do the images come together?"), std::string::npos);
  rows.erase(rows.begin() + 1);
  const std::string html = RenderReport(rows, "", "1.0", "");
  EXPECT_EQ(AllBetween(html, "<svg class=\"chart\"", ">").size(), 2U);
  EXPECT_EQ(html.find("together?"), std::string::npos);
  EXPECT_EQ(html.find("closer together"), std::string::npos);
  EXPECT_EQ(NestingProblem(html), "");
}

TEST(Report, OfThousandsOfCasesStaysSmall)
{
  std::vector<ReportRow> rows(5000);
  for (std::size_t index = 0; index < rows.size(); ++index)
  {
    rows[index].name =
      "sub-" + std::to_string(10000 + index) + "/anat/sub-" + std::to_string(10000 + index) + "_T1w.nii.gz";
    rows[index].site = "site-" + std::to_string(index % 12);
    rows[index].status = "done";
    rows[index].page = FormatLink("report/" + rows[index].name + ".html");
    rows[index].thumbnail = FormatLink("report/" + rows[index].name + ".svg");
    rows[index].message = "foreground: the mask touches the border";
    rows[index].before = Shifted(100.0 + static_cast<double>(index % 12), 20.0);
    rows[index].after = Shifted(0.001 * static_cast<double>(index % 7), 1.0);
  }
  const std::string html = RenderReport(rows, "", "1.0", "");
  EXPECT_LT(html.size(), 1500000U); // about 200 bytes for each
  EXPECT_EQ(AllBetween(html, "class=\"curve band", "\"").size(), 24U) << "a band for each site, before and after";
  EXPECT_EQ(AllBetween(html, "curve thin", "\"").size(), 0U);
}

TEST(Report, OneLineIsDrawnForEachCaseWithNumbersBeforeAndAfter)
{
  std::vector<ReportRow> rows(3);
  for (std::size_t index = 0; index < 3; ++index)
  {
    rows[index].name = "case " + std::to_string(index);
    rows[index].site = index == 1 ? "B" : "A";
    rows[index].status = "done";
    rows[index].before = Shifted(100.0 * static_cast<double>(index), 20.0);
    rows[index].after = Shifted(0.0, 1.0);
  }
  rows[2].after = {};
  const std::string html = RenderReport(rows, "", "1.0", "");
  EXPECT_EQ(AllBetween(html, "<title>site A: case 0", "<").size(), 2U);
  EXPECT_EQ(AllBetween(html, "<title>site B: case 1", "<").size(), 2U);
  EXPECT_EQ(AllBetween(html, "<title>case 2", "<").size(), 0U);
  EXPECT_EQ(AllBetween(html, "curve line-0", "\"").size(), 3U); // both charts and the legend
  EXPECT_NE(html.find("5.00 SD"), std::string::npos);
  EXPECT_NE(html.find("0.00 SD"), std::string::npos);
}

TEST(CaseSection, ShowsThreePlanesBeforeAfterAndFieldAndTheBackground)
{
  const std::string html = NoiseCase({ { 12, 10, 8, 1 } }).Html();
  for (const char * text : { "Axial, slice 5 of 8",
                             "Coronal, slice 6 of 10",
                             "Sagittal, slice 7 of 12",
                             "How to read this",
                             "Background",
                             "Entropy",
                             "instance-norm",
                             "Peak memory",
                             "0.800 to 1.250" })
  {
    EXPECT_NE(html.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(Decode(html).size(), 15U); // 3 planes of before, after and field; 3 of before and after
}

TEST(CaseSection, TheThumbnailIsBeforeAndAfterInOneSmallFile)
{
  const Case test = NoiseCase({ { 120, 60, 40, 1 } });
  const auto thumbnail = RenderCase(test.report, test.pictures, "case", "", "1.0").thumbnail;
  EXPECT_EQ(thumbnail.rfind("<svg ", 0), 0U);
  EXPECT_EQ(AllBetween(thumbnail, "<image ", "/>").size(), 2U);
  EXPECT_NE(thumbnail.find("viewBox=\"0 0 194 48\""), std::string::npos); // axial: 120 x 60, longest side 96
  EXPECT_LT(thumbnail.size(), 30000U);
  EXPECT_EQ(RenderCase({}, {}, "nothing", "", "").thumbnail, "");
}

TEST(CaseSection, TheFieldHasContoursUnlessItIsRough)
{
  const std::string smooth = NoiseCase({ { 12, 10, 8, 1 } }).Html();
  EXPECT_EQ(AllBetween(smooth, "<svg class=\"contours\"", ">").size(), 3U);
  EXPECT_NE(smooth.find("Contours at the marks"), std::string::npos);
  Case       rough;
  const auto before = Noise({ { 200, 200, 1, 1 } });
  rough.Add(before, Map(*before, 1.0, 0.0), Map(*before, 0.002, 0.0));
  const std::string html = rough.Html();
  EXPECT_EQ(AllBetween(html, "<svg class=\"contours\"", ">").size(), 0U);
  EXPECT_NE(html.find("Not smooth enough for contours"), std::string::npos);
}

TEST(CaseSection, ChangesAreNamedAndNotOnlyColoured)
{
  const std::string html = NoiseCase({ { 12, 10, 8, 1 } }).Html();
  EXPECT_NE(html.find("▼ better"), std::string::npos);    // CV 0.2 -> 0.1
  EXPECT_NE(html.find("▲ worse"), std::string::npos);     // CJV 0.9 -> 0.95
  EXPECT_NE(html.find("= unchanged"), std::string::npos); // entropy
}

TEST(CaseSection, EvennessByLabelsIsShownWhereThereAreLabels)
{
  auto labelled = NoiseCase({ { 12, 10, 8, 1 } });
  EXPECT_EQ(labelled.Html().find("by labels"), std::string::npos);
  labelled.report.channels[0].tissueBefore = { 0.31, 0.16, 1.5 };
  labelled.report.channels[0].tissueAfter = { 0.24, 0.07, 1.03 };
  labelled.report.channels[0].field = { 0.51, 0.62, 1.21, 1.33, 0.18 };
  const std::string html = labelled.Html();
  for (const char * text :
       { "CV of grey matter, by labels", "0.24", "CV of white matter, by labels", "CJV, by labels", "0.620 to 1.210" })
  {
    EXPECT_NE(html.find(text), std::string::npos) << text;
  }
}

TEST(CaseSection, AnImageAndItsZScoreAreTheSamePicture)
{
  const auto pictures = Decode(NoiseCase({ { 12, 10, 8, 1 } }).Html());
  for (const std::size_t first : { 0, 3, 6 })
  {
    ASSERT_EQ(pictures[first].rgb.size(), pictures[first + 1].rgb.size());
    for (std::size_t index = 0; index < pictures[first].rgb.size(); ++index)
    {
      // Float rounding of the z-score may tip one grey level.
      EXPECT_NEAR(pictures[first].rgb[index], pictures[first + 1].rgb[index], 1);
    }
  }
}

TEST(CaseSection, HalfTheContrastAfterIsHalfTheGreyRangeInTheSharedWindow)
{
  Case       test;
  const auto before = Noise({ { 32, 32, 1, 1 } });
  const auto summary = Summarise(*before);
  test.Add(before, Map(*before, 0.5 / summary.standardDeviation, -0.5 * summary.mean / summary.standardDeviation));
  test.report.channels[0].after.standardDeviation = 1.0;
  const auto pictures = Decode(test.Html());
  const auto range = [](const Pixels & pixels)
  {
    const auto [low, high] = std::minmax_element(pixels.rgb.begin(), pixels.rgb.end());
    return *high - *low;
  };
  EXPECT_GE(range(pictures[0]), 254);
  EXPECT_NEAR(range(pictures[1]), 128, 3); // the window leaves out one percent
}

TEST(CaseSection, TheWindowIsStatedInDeviations)
{
  // Uniform noise: the 0.5th and 99.5th percentile lie 0.99 * sqrt(3) = 1.71 deviations from the mean.
  const std::string html = NoiseCase({ { 40, 40, 40, 1 } }).Html();
  EXPECT_NE(html.find("black at -1.71 SD, white at 1.71 SD"), std::string::npos);
}

TEST(CaseSection, SpacingGivesThePictureItsShape)
{
  Case         test;
  const auto   before = Noise({ { 40, 20, 10, 1 } });
  const double spacing[] = { 1.0, 2.0, 6.0, 1.0 };
  before->SetSpacing(spacing);
  test.Add(before, Map(*before, 1.0, 0.0));
  const auto pictures = Decode(test.Html());
  EXPECT_EQ(pictures[0].width, 40U); // axial: 40 x 40 mm
  EXPECT_EQ(pictures[0].height, 40U);
  EXPECT_EQ(pictures[2].width, 40U); // coronal: 40 x 60 mm
  EXPECT_EQ(pictures[2].height, 60U);
}

TEST(CaseSection, TheMiddleFrameOfASeriesIsShownAndNamed)
{
  auto series = Noise({ { 12, 10, 8, 5 } });
  auto frame = MakeImage({ { 12, 10, 8, 1 } });
  std::copy_n(series->GetBufferPointer() + 2 * 12 * 10 * 8, 12 * 10 * 8, frame->GetBufferPointer());
  Case whole;
  whole.Add(series, Map(*series, 1.0, 0.0));
  Case middle;
  middle.Add(frame, Map(*frame, 1.0, 0.0));
  middle.report.channels = whole.report.channels;
  EXPECT_NE(whole.Html().find("middle frame (3 of 5)"), std::string::npos);

  const auto ofWhole = Decode(whole.Html())[0];
  const auto ofMiddle = Decode(middle.Html())[0];
  double     difference = 0.0;
  for (std::size_t index = 0; index < ofWhole.rgb.size(); ++index)
  {
    difference = std::max(difference, std::abs(static_cast<double>(ofWhole.rgb[index]) - ofMiddle.rgb[index]));
  }
  EXPECT_LE(difference, 6.0); // the window is that of all frames; another frame would differ by 200
}

TEST(CaseSection, ThreeChannelsAreOneColourPictureThatKeepsItsColours)
{
  Case test;
  for (unsigned int channel = 0; channel < 3; ++channel)
  {
    const auto image = MakeImage({ { 30, 20, 1, 1 } });
    for (int index = 0; index < 600; ++index)
    {
      image->GetBufferPointer()[index] = static_cast<float>((channel == 0 ? 150 : 50) + index % 30);
    }
    test.Add(image, Map(*image, 1.0, 0.0));
  }
  test.report.inputFormat = "PNG";
  const std::string html = test.Html();
  const auto        pictures = Decode(html);
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_TRUE(pictures[0].colour);
  EXPECT_GT(pictures[0].rgb[0], pictures[0].rgb[1] + 100);
  EXPECT_EQ(pictures[0].rgb[1], pictures[0].rgb[2]);
  EXPECT_NE(html.find("Channel 3"), std::string::npos);
  EXPECT_EQ(html.find("class=\"letter"), std::string::npos) << "a photograph has no patient's left";
}

TEST(CaseSection, FieldColoursAreWhiteAtOneOrangeAboveAndBlueBelow)
{
  Case       test;
  const auto before = Noise({ { 30, 3, 1, 1 } });
  auto       field = MakeImage({ { 30, 3, 1, 1 } });
  for (int index = 0; index < 90; ++index)
  {
    field->GetBufferPointer()[index] = index % 30 < 10 ? 0.5F : index % 30 < 20 ? 1.0F : 1.6F;
  }
  test.Add(before, Map(*before, 1.0, 0.0), field);
  const auto picture = Decode(test.Html())[2];
  ASSERT_EQ(picture.width, 30U);
  const auto * below = &picture.rgb[3 * 5];
  const auto * at = &picture.rgb[3 * 15];
  const auto * above = &picture.rgb[3 * 25];
  EXPECT_GT(below[2], below[0] + 100);
  EXPECT_GT(at[0], 240);
  EXPECT_GT(at[2], 240);
  EXPECT_GT(above[0], above[2] + 50);
  EXPECT_NE(test.Html().find("× 0.50"), std::string::npos);
  EXPECT_NE(test.Html().find("× 2.00"), std::string::npos);
}

TEST(CaseSection, OneVoxelOfTheFieldDoesNotWashTheOthersOut)
{
  Case test = NoiseCase({ { 30, 20, 1, 1 } });
  test.pictures[0].field->GetBufferPointer()[300] = 1000.0F;
  test.report.channels[0].field = { 0.8, 0.81, 1.24, 1000.0, 0.2 };
  const std::string html = test.Html();
  EXPECT_NE(html.find("Field in the whole image: 0.800 to 1000.000"), std::string::npos);
  EXPECT_NE(
    html.find("Colours from × 0.81 to × 1.24, which its 1st to 99th percentile fit in; beyond them the last colour"),
    std::string::npos);
  const auto picture = Decode(html)[2];
  EXPECT_GT(picture.rgb[2], picture.rgb[0] + 100) << "0.8 is blue";
  const auto last = picture.rgb.size() - 3;
  EXPECT_GT(picture.rgb[last], picture.rgb[last + 2] + 100) << "1.25 is orange";
  const auto * beyond = &picture.rgb[3 * 300];
  EXPECT_GT(beyond[0], beyond[2] + 100);
}

TEST(CaseSection, OutsideTheMaskTheFieldIsBlackAndTheWindowTakesNoVoxels)
{
  Case test = NoiseCase({ { 20, 20, 1, 1 } });
  auto mask = MaskImage::New();
  mask->CopyInformation(test.pictures[0].before);
  mask->SetRegions(test.pictures[0].before->GetLargestPossibleRegion());
  mask->Allocate(true);
  for (int index = 0; index < 200; ++index)
  {
    mask->GetBufferPointer()[index] = 1;
  }
  test.pictures[0].mask = mask;
  std::fill_n(test.pictures[0].before->GetBufferPointer() + 300, 100, 1e6F);
  const std::string html = test.Html();
  const auto        field = Decode(html)[2];
  EXPECT_GT(field.rgb[0], 0);
  EXPECT_EQ(field.rgb[field.rgb.size() - 1], 0);
  EXPECT_NE(html.find("white at 1.7"), std::string::npos) << "1e6 outside the mask widened the window";
}

TEST(CaseSection, TheBackgroundIsStretchedFromItsOwnBlackAndBrightPartsOutsideTheMaskDoNotMatter)
{
  // Inside 1000, outside air between 0 and 20, and a fifth of it scalp. After: the same in other units.
  const auto air = Noise({ { 40, 40, 1, 1 } });
  const auto before = Map(*air, 0.05, -15.0);
  const auto mask = MaskOfFirst(*before, 800);
  std::fill_n(before->GetBufferPointer(), 800, 1000.0F);
  std::fill_n(before->GetBufferPointer() + 800, 160, 1500.0F);
  const auto after = Map(*before, 0.01, -10.0);
  std::transform(after->GetBufferPointer() + 800,
                 after->GetBufferPointer() + 1600,
                 after->GetBufferPointer() + 800,
                 [](const float value) { return value + 3.0F; }); // another black
  Case test;
  test.Add(before, after);
  test.pictures[0].mask = mask;
  const auto pictures = Decode(test.Html());
  ASSERT_EQ(pictures.size(), 4U);
  for (const std::size_t picture : { 2, 3 })
  {
    const auto air0 = pictures[picture].rgb.begin() + 3 * 1000;
    EXPECT_GT(*std::max_element(air0, pictures[picture].rgb.end()), 250) << picture;
    EXPECT_LT(*std::min_element(air0, pictures[picture].rgb.end()), 5) << picture;
  }
}

TEST(CaseSection, TheBackgroundOfAnIntegerImageShowsItsNoise)
{
  // Outside: air of 0 and 1, a tenth of it noise up to 6, and a tenth scalp.
  const auto    before = MakeImage({ { 40, 40, 1, 1 } });
  const auto    mask = MaskOfFirst(*before, 800);
  float * const voxels = before->GetBufferPointer();
  for (int index = 0; index < 1600; ++index)
  {
    voxels[index] = static_cast<float>(index < 800    ? 100 + index % 50
                                       : index < 880  ? 150
                                       : index < 1520 ? index % 2
                                                      : index % 7);
  }
  const auto summary = Summarise(*before);
  const auto after = Map(*before, 1.0 / summary.standardDeviation, -summary.mean / summary.standardDeviation);
  Case       test;
  test.Add(before, after);
  test.pictures[0].mask = mask;
  const auto pictures = Decode(test.Html());
  ASSERT_EQ(pictures.size(), 4U);
  for (const std::size_t picture : { 2, 3 })
  {
    std::set<int> greys;
    for (int index = 1520; index < 1600; ++index)
    {
      greys.insert(pictures[picture].rgb[3 * static_cast<std::size_t>(index)]);
    }
    EXPECT_EQ(greys.size(), 7U) << picture;
    EXPECT_EQ(*greys.begin(), 0) << picture;
    EXPECT_GT(*greys.rbegin(), 140) << picture;
  }
}

TEST(CaseSection, TheBackgroundOfZerosAndOnesIsNotAllWhite)
{
  const auto before = MakeImage({ { 40, 40, 1, 1 } });
  const auto mask = MaskOfFirst(*before, 800);
  for (int index = 0; index < 1600; ++index)
  {
    before->GetBufferPointer()[index] = static_cast<float>(index < 800 ? 2 + index % 50 : index % 16 == 0);
  }
  Case test;
  test.Add(before, Map(*before, 0.1, 0.0));
  test.pictures[0].mask = mask;
  const auto pictures = Decode(test.Html());
  ASSERT_EQ(pictures.size(), 4U);
  EXPECT_EQ(pictures[2].rgb[3 * 1599], 0);
  EXPECT_NEAR(pictures[2].rgb[3 * 1584], 25, 1); // one of ten steps
}

TEST(CaseSection, ThinPlanesHaveNoRuler)
{
  Case       test;
  const auto before = Noise({ { 40, 40, 4, 1 } });
  test.Add(before, Map(*before, 1.0, 0.0));
  test.report.inputFormat = "NIfTI-1";
  EXPECT_EQ(AllBetween(test.Html(), "class=\"ruler\"", ">").size(), 2U) << "axial, before and after";
  EXPECT_EQ(AllBetween(test.Html(), "class=\"letter left\"", ">").size(), 6U);
}

TEST(CaseSection, MeasuresAreExplainedOnceAndOfClasses)
{
  Case       test;
  const auto before = Noise({ { 12, 10, 8, 1 } });
  for (int channel = 0; channel < 3; ++channel)
  {
    test.Add(before, before);
  }
  const std::string html = test.Html();
  EXPECT_EQ(AllBetween(html, "spread within the brightest ", " ").size(), 1U);
  EXPECT_EQ(html.find("brightest tissue"), std::string::npos);
}

TEST(CaseSection, NonFiniteAndConstantImagesAreDrawn)
{
  Case       test;
  const auto before = MakeImage({ { 8, 8, 8, 1 } });
  before->FillBuffer(7.0F);
  const auto after = MakeImage({ { 8, 8, 8, 1 } });
  after->GetBufferPointer()[0] = std::numeric_limits<float>::quiet_NaN();
  after->GetBufferPointer()[1] = std::numeric_limits<float>::infinity();
  test.Add(before, after);
  const std::string html = test.Html();
  EXPECT_EQ(NestingProblem(html), "");
  for (const std::string & path : AllBetween(html, " d=\"", "\""))
  {
    EXPECT_EQ(path.find_first_not_of("MLVHZ0123456789.- "), std::string::npos) << path;
  }
  EXPECT_NE(html.find("nothing to stretch"), std::string::npos);
}

TEST(CaseSection, OfA256CubeOfNoiseStaysBelow2MB)
{
  const Case test = NoiseCase({ { 256, 256, 256, 1 } });
  EXPECT_LT(test.Html().size(), 2000000U);
}

TEST(CaseSection, OfManyChannelsStaysBelow2MBAndSaysWhatIsLeftOut)
{
  Case       test;
  const auto before = Noise({ { 96, 96, 96, 1 } });
  for (int channel = 0; channel < 12; ++channel)
  {
    test.Add(before, before);
  }
  const std::string html = test.Html();
  EXPECT_LT(html.size(), 2000000U);
  EXPECT_NE(html.find("of 12 channels; the numbers are of all"), std::string::npos);
  EXPECT_NE(html.find("Channel 12"), std::string::npos);
}

TEST(CaseSection, PicturesOfDifferentSizesAreRefusedWithBothSizes)
{
  Case test;
  test.Add(Noise({ { 12, 10, 8, 1 } }), Noise({ { 12, 10, 7, 1 } }));
  try
  {
    test.Html("sub-01");
    FAIL();
  }
  catch (const Error & error)
  {
    EXPECT_STREQ(error.what(),
                 "report of 'sub-01': the image after has size 12 x 10 x 7 x 1, but the image has 12 x 10 x 8 x 1; "
                 "give all pictures of a channel on one grid");
  }
}
