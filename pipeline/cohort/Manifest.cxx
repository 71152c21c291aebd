#include "Manifest.h"

#include "AtomicFile.h"
#include "Bytes.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "Version.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
constexpr const char * Header =
  "path\tstatus\tseconds\tmask_voxels\tmean_before\tsd_before\tmean_after\tsd_after\tcv_before\tcv_after\tcjv_before\t"
  "cjv_after\tentropy_before\tentropy_after\tfield_minimum\tfield_maximum\tsite\tparticipant_id\toutput\tmessage\t"
  "input_sha256\tparameters\n";

std::string
OneLine(std::string text)
{
  std::replace_if(
    text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

/** A name in one cell, from which Unescaped() makes the name again. */
std::string
Escaped(const std::string & name)
{
  std::string text;
  for (const char c : name)
  {
    text += c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\\' ? "\\\\" : std::string(1, c);
  }
  return text;
}

std::string
Unescaped(const std::string & text)
{
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i)
  {
    if (text[i] != '\\' || i + 1 == text.size())
    {
      name += text[i];
      continue;
    }
    const char c = text[++i];
    name += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
  }
  return name;
}

/** Under "input_sha256"; what is no SHA-256 says so. */
std::string
HashText(const Hash & hash)
{
  return (hash.type == HashType::Sha256 ? "" : ToString(hash.type) + ":") + hash.text;
}

std::string
RowText(const BatchRow & row, const fs::path & folder)
{
  std::ostringstream text;
  text << Escaped(row.task.name) << '\t' << row.status << '\t' << row.seconds;
  if (row.report.channels.empty())
  {
    text << std::string(13, '\t');
  }
  else
  {
    const auto & channel = row.report.channels.front();
    const auto   none = std::numeric_limits<double>::quiet_NaN();
    text << '\t' << channel.maskVoxels;
    for (const double value : { channel.before.mean,
                                channel.before.standardDeviation,
                                channel.after.mean,
                                channel.after.standardDeviation,
                                channel.evennessBefore.coefficientOfVariation,
                                channel.evennessAfter.coefficientOfVariation,
                                channel.evennessBefore.coefficientOfJointVariation,
                                channel.evennessAfter.coefficientOfJointVariation,
                                channel.evennessBefore.entropy,
                                channel.evennessAfter.entropy,
                                channel.field ? channel.field->minimum : none,
                                channel.field ? channel.field->maximum : none })
    {
      text << '\t';
      if (std::isfinite(value))
      {
        text << value;
      }
    }
  }
  text << '\t' << OneLine(row.task.site) << '\t' << OneLine(row.task.participant) << '\t'
       << (row.HasOutput() ? Escaped(row.task.output.lexically_relative(folder).generic_string()) : "") << '\t'
       << OneLine(row.message) << '\t' << HashText(row.report.inputHash) << '\t' << row.parameters << '\n';
  return text.str();
}

std::vector<std::string>
Cells(const std::string & line)
{
  std::vector<std::string> cells;
  std::istringstream       stream(line + '\t');
  for (std::string cell; std::getline(stream, cell, '\t');)
  {
    cells.push_back(cell);
  }
  return cells;
}
} // namespace

std::string
ChecksumOf(const PipelineSpec & pipeline, const CaseOptions & options)
{
  PipelineSpec whole = pipeline;
  whole.stages = Pipeline(pipeline, true).Describe(); // every option, as used
  std::string text = WritePipeline(WithFileNames(whole));
  for (const auto & [name, sha256] : HashFiles(pipeline))
  {
    text += name + sha256;
  }
  text += ToString(options.write.type) + std::to_string(options.keepsType) + Version;
  return Sha256(text.data(), text.size()).substr(0, 16);
}

void
ReadReport(BatchRow & row)
{
  if (!row.HasOutput())
  {
    return;
  }
  try
  {
    row.report = ReadSidecar(SidecarPath(row.task.output)).report;
    if (!fs::exists(row.task.output))
    {
      throw Error(row.task.output.string() + ": is missing, though its sidecar is there; run again with --resume");
    }
  }
  catch (const Error & error)
  {
    row.status = "failed";
    row.message = error.what();
    row.report = {};
    return;
  }
  row.message.clear();
  for (const auto & warning : AllWarnings(row.report))
  {
    row.message += (row.message.empty() ? "" : "; ") + warning;
  }
  for (auto & channel : row.report.channels) // there may be very many rows
  {
    channel.stages.clear();
  }
}

std::string
ManifestText(const std::vector<BatchRow> & rows, const fs::path & folder)
{
  std::string text = Header;
  for (const auto & row : rows)
  {
    text += row.status == "pending" ? "" : RowText(row, folder);
  }
  return text;
}

std::vector<BatchRow>
ReadManifest(const fs::path & file, const fs::path & folder)
{
  std::error_code none;
  if (!fs::exists(file, none))
  {
    return {};
  }
  std::string text = ReadTextFile(file);
  text.resize(text.rfind('\n') + 1); // npos + 1 is 0
  std::istringstream                 lines(text);
  std::vector<BatchRow>              rows;
  std::map<std::string, std::size_t> places; // of paths
  std::map<std::string, std::size_t> columns;
  for (std::string line; std::getline(lines, line);)
  {
    if (line.empty() || (columns.empty() && line.front() == '#')) // of a part, the title
    {
      continue;
    }
    const auto cells = Cells(line);
    if (columns.empty())
    {
      for (std::size_t i = 0; i < cells.size(); ++i)
      {
        columns[cells[i]] = i;
      }
      for (const char * column : { "path", "status", "seconds", "site", "participant_id", "output", "message" })
      {
        if (columns.count(column) == 0)
        {
          throw Error(file.string() + ": has no column '" + column + "', so it is no manifest of 'isolux harmonize'");
        }
      }
      continue;
    }
    const auto cell = [&](const char * column)
    {
      const auto found = columns.find(column);
      return found == columns.end() || found->second >= cells.size() ? std::string() : cells[found->second];
    };
    BatchRow row;
    row.task.name = Unescaped(cell("path"));
    row.task.site = cell("site");
    row.task.participant = cell("participant_id");
    row.task.output = cell("output").empty() ? fs::path() : folder / Unescaped(cell("output"));
    row.status = cell("status");
    row.seconds = std::strtod(cell("seconds").c_str(), nullptr);
    row.message = cell("message");
    row.parameters = cell("parameters");
    const auto [place, isNew] = places.emplace(row.task.name, rows.size());
    if (isNew)
    {
      rows.push_back(std::move(row));
    }
    else
    {
      rows[place->second] = std::move(row);
    }
  }
  return rows;
}

GrowingManifest::GrowingManifest(const fs::path & file, const fs::path & folder, std::string text)
  : m_File(file)
  , m_Folder(folder)
{
  WriteTextFile(file, text);
  m_Descriptor = open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (m_Descriptor < 0)
  {
    throw Error(file.string() + ": cannot be written: " + SystemMessage() + "; choose another output folder");
  }
}

GrowingManifest::~GrowingManifest()
{
  if (m_Descriptor >= 0)
  {
    close(m_Descriptor);
  }
}

void
GrowingManifest::Add(const BatchRow & row)
{
  const auto text = RowText(row, m_Folder);
  if (write(m_Descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
  {
    throw Error(m_File.string() + ": cannot be written: " + SystemMessage() +
                "; free space, then run again with --resume");
  }
}
} // namespace isolux
