#include "AuditRows.h"

#include "CaseList.h"
#include "Error.h"
#include "Manifest.h"
#include "TsvFile.h"
#include "Volume.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
std::string
Listed(const std::vector<std::string> & names)
{
  std::string text;
  for (const auto & name : names)
  {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

/** BIDS writes the prefix, lists of others often do not. */
std::string
WithoutPrefix(const std::string & participant)
{
  return participant.rfind("sub-", 0) == 0 ? participant.substr(4) : participant;
}

/** Where group and label are found. */
class Participants
{
public:
  explicit Participants(const AuditRequest & request)
    : m_Path(request.participants.string())
  {
    if (!request.participants.empty())
    {
      m_Table.emplace(request.participants);
      this->Index();
    }
    for (const auto & column : { request.columns.group, request.columns.label })
    {
      this->Check(column);
    }
  }

  bool
  IsOfManifest(const std::string & column) const
  {
    return column == "site" && (!m_Table || !m_Table->Has(column));
  }

  /** Null where the participant is not in the table. */
  const std::size_t *
  Find(const std::string & participant) const
  {
    const auto row = m_Rows.find(WithoutPrefix(participant));
    return row == m_Rows.end() ? nullptr : &row->second;
  }

  std::string
  Cell(std::size_t row, const std::string & column) const
  {
    return m_Table->Cell(row, column);
  }

  /** "sub-01, sub-02", for a message. */
  std::string
  Examples() const
  {
    std::vector<std::string> names;
    for (std::size_t row = 0; row < std::min<std::size_t>(3, m_Table->Rows()); ++row)
    {
      names.push_back("'" + m_Table->Cell(row, "participant_id") + "'");
    }
    return Listed(names);
  }

private:
  void
  Index()
  {
    if (!m_Table->Has("participant_id"))
    {
      throw UsageError(m_Path + ": has no column 'participant_id' in its first line, tab separated; it has: " +
                       Listed(m_Table->Columns()));
    }
    for (std::size_t row = 0; row < m_Table->Rows(); ++row)
    {
      const auto name = m_Table->Cell(row, "participant_id");
      if (name.empty())
      {
        throw UsageError(m_Path + ", line " + std::to_string(m_Table->Line(row)) + ": participant_id is empty");
      }
      if (!m_Rows.emplace(WithoutPrefix(name), row).second)
      {
        throw UsageError(m_Path + ", line " + std::to_string(m_Table->Line(row)) + ": participant '" + name +
                         "' is there twice; one row each is expected");
      }
    }
  }

  void
  Check(const std::string & column) const
  {
    if (column.empty() || this->IsOfManifest(column))
    {
      return;
    }
    if (!m_Table)
    {
      throw UsageError("column '" + column + "': say where it is: --participants participants.tsv");
    }
    if (!m_Table->Has(column))
    {
      const auto suggestion = SuggestNearest(column, m_Table->Columns()); // or all columns, where none is near
      throw UsageError(m_Path + ": has no column '" + column + "'" + suggestion +
                       (suggestion.find("did you mean") == std::string::npos
                          ? ""
                          : " Its columns are: " + Listed(m_Table->Columns())));
    }
  }

  std::string                        m_Path;
  std::optional<TsvFile>             m_Table;
  std::map<std::string, std::size_t> m_Rows; ///< by name without prefix
};

AuditValues
ValuesOf(const IntensitySummary & summary)
{
  AuditValues values;
  values.fill(std::numeric_limits<double>::quiet_NaN());
  if (summary.count > 0)
  {
    values[0] = summary.mean;
    values[1] = summary.standardDeviation;
    for (std::size_t i = 0; i < AuditPercentiles.size(); ++i)
    {
      values[FirstPercentile + i] = summary.percentiles[AuditPercentiles[i]];
    }
  }
  return values;
}

void
AddNote(std::vector<std::string> & notes, std::size_t count, const std::string & what)
{
  if (count > 0)
  {
    notes.push_back(std::to_string(count) + (count == 1 ? " volume " : " volumes ") + what);
  }
}

/** The manifest's rows to use. \throws UsageError where they are of several contrasts. */
std::vector<BatchRow>
ChooseRows(const std::vector<BatchRow> & manifest, const fs::path & path, const std::string & suffix)
{
  std::map<std::string, std::vector<BatchRow>> bySuffix;
  for (const auto & row : manifest)
  {
    bySuffix[BidsSuffix(WithoutVolumeExtension(row.task.name).filename().string())].push_back(row);
  }
  std::vector<std::string> known;
  for (const auto & [name, rows] : bySuffix)
  {
    known.push_back(name.empty() ? "(none)" : name);
  }
  if (!suffix.empty() && bySuffix.count(suffix) == 0)
  {
    throw UsageError(path.string() + ": no volume's BIDS name ends in '_" + suffix + "'; there are: " + Listed(known));
  }
  if (suffix.empty() && bySuffix.size() > 1)
  {
    throw UsageError(
      path.string() +
      ": volumes of several contrasts cannot be compared with each other; choose one with --suffix: " + Listed(known));
  }
  return bySuffix.empty() ? std::vector<BatchRow>() : suffix.empty() ? bySuffix.begin()->second : bySuffix[suffix];
}
} // namespace

AuditInput
ReadAuditRows(const AuditRequest & request)
{
  const fs::path  path = request.folder / "manifest.tsv";
  std::error_code error;
  if (!fs::exists(path, error))
  {
    throw UsageError(request.folder.string() + ": holds no manifest.tsv; give the output folder of 'isolux harmonize'");
  }
  const auto         manifest = ReadManifest(path, request.folder);
  const Participants participants(request);
  const auto         isOfParticipants = [&](const std::string & column)
  { return !column.empty() && !participants.IsOfManifest(column); };
  const bool needsParticipants = isOfParticipants(request.columns.group) || isOfParticipants(request.columns.label);

  AuditInput            input;
  std::size_t           failed = 0;
  std::size_t           nameless = 0;
  std::size_t           unreadable = 0;
  std::size_t           manyChannels = 0;
  std::size_t           unlisted = 0;
  std::set<std::string> strangers;
  std::string           reason;
  auto                  chosen = ChooseRows(manifest, path, request.suffix);
  for (auto & row : chosen)
  {
    if (!row.HasOutput())
    {
      ++failed;
      continue;
    }
    AuditRow auditRow;
    auditRow.participant = WithoutPrefix(row.task.participant);
    const auto * place = participants.Find(auditRow.participant);
    if (needsParticipants && auditRow.participant.empty())
    {
      ++nameless;
      continue;
    }
    if (needsParticipants && !place)
    {
      ++unlisted;
      strangers.insert(row.task.participant);
      continue;
    }
    if (auditRow.participant.empty())
    {
      auditRow.participant = "/" + row.task.name; // taken for a participant of its own
    }
    const auto value = [&](const std::string & column) {
      return column.empty()                      ? ""
             : participants.IsOfManifest(column) ? row.task.site
                                                 : participants.Cell(*place, column);
    };
    auditRow.group = value(request.columns.group);
    auditRow.label = value(request.columns.label);
    ReadReport(row);
    if (!row.HasOutput() || row.report.channels.empty())
    {
      ++unreadable;
      reason = row.message;
      continue;
    }
    const auto & channel = row.report.channels.front();
    manyChannels += row.report.channels.size() > 1;
    auditRow.before = ValuesOf(channel.before);
    auditRow.after = ValuesOf(channel.after);
    if (channel.field)
    {
      auditRow.before[FieldMeasure] = channel.field->logDeviation;
    }
    input.rows.push_back(std::move(auditRow));
  }
  if (input.rows.empty())
  {
    if (nameless > 0 && strangers.empty())
    {
      throw Error(path.string() +
                  ": no volume has a participant_id; use BIDS names, or harmonize a list (.tsv) with that column");
    }
    if (!strangers.empty())
    {
      throw Error(request.participants.string() + ": none of the participants of " + path.string() + " ('" +
                  *strangers.begin() + "', ...) is in it; its column participant_id has " + participants.Examples());
    }
    throw Error(path.string() + ": no volume is left to audit" +
                (failed > 0 ? ": " + std::to_string(failed) + " failed" : "") + (reason.empty() ? "" : "; " + reason));
  }
  AddNote(input.notes, manifest.size() - chosen.size(), "of other contrasts left out");
  AddNote(input.notes, failed, "left out: harmonize failed on them");
  AddNote(input.notes, nameless, "left out: they have no participant_id");
  if (unlisted > 0)
  {
    AddNote(input.notes,
            unlisted,
            "left out: of participants (" + std::to_string(strangers.size()) + ") who are not in " +
              request.participants.filename().string());
  }
  AddNote(input.notes, unreadable, "left out: no readable sidecar lies beside the output");
  AddNote(input.notes, manyChannels, "with several channels: the first is used");
  return input;
}
} // namespace isolux
