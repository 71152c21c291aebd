#pragma once

#include "Association.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace isolux
{
/** What normalization changes of an image, in the order of AuditValues. */
struct AuditMeasure
{
  const char * key;      ///< in JSON
  const char * name;     ///< "mean"
  const char * recorded; ///< where Isolux keeps it
};
constexpr std::size_t FieldMeasure = 2;
constexpr std::size_t FirstPercentile = 3;
constexpr std::size_t AuditMeasures = 8;

extern const std::array<AuditMeasure, AuditMeasures>                AuditMeasureList;
constexpr std::array<unsigned int, AuditMeasures - FirstPercentile> AuditPercentiles{ { 5, 25, 50, 75, 95 } };

/** Mean, deviation, field amplitude (deviation of the field's logarithm), percentiles; NaN where not measured. */
using AuditValues = std::array<double, AuditMeasures>;

/** One volume. */
struct AuditRow
{
  std::string participant;
  std::string group; ///< "" where unknown
  std::string label; ///< "" where unknown
  AuditValues before{};
  AuditValues after{};
};

enum class AuditOutcome
{
  NotMeasured,
  NotShown,  ///< no tie, neither before nor after
  Removed,   ///< a tie before, none shown after
  Remains,   ///< a tie before and after
  Introduced ///< a tie after alone
};
std::string
ToString(AuditOutcome outcome);

/** How a measure goes with a variable. */
struct Tie
{
  Estimate association;    ///< area under the curve, or Spearman's correlation with a variable that is a number
  Estimate difference;     ///< Cohen's d; none with a number
  Estimate within;         ///< as `association`, of participants who are alike in the other variable
  double   p = 1.0;        ///< of a permutation test, corrected for all comparisons of the variable
  bool     isSame = false; ///< the same in all images: nothing to be tied

  bool
  IsShown() const
  {
    return p < 0.05;
  }
};

struct MeasureAudit
{
  Tie          before;
  Tie          after;
  AuditOutcome outcome = AuditOutcome::NotMeasured;
  std::string  sentence;
};

/** One value of a variable against another or all others; or a variable that is a number. */
struct Comparison
{
  std::string                value;
  std::string                other;
  std::array<std::size_t, 2> participants{}; ///< with that value and without; all and 0 of a number
  bool                       isTooFew = false;

  std::array<MeasureAudit, AuditMeasures> measures;
  std::string                             sentence;
};

struct AuditVariable
{
  std::string                                      name; ///< of the column
  bool                                             isLabel = false;
  bool                                             isNumber = false;
  std::vector<std::pair<std::string, std::size_t>> values;      ///< with participants; none of a number
  std::size_t                                      missing = 0; ///< participants without a value
  std::vector<Comparison>                          comparisons;
  std::size_t                                      tests = 0; ///< that p is corrected for
};

/** Rates of positive predictions. */
struct RateGap
{
  std::string           value;
  std::string           other;
  std::array<double, 2> before{}; ///< of `value` and of `other`
  std::array<double, 2> after{};
  std::array<double, 2> truth{}; ///< of positive labels
  Estimate              gapBefore;
  Estimate              gapAfter;
  std::string           sentence;
};

/** How well a simple model of the percentiles tells one label from the others. */
struct ModelAudit
{
  std::string                positive;
  std::string                other;
  std::array<std::size_t, 2> participants{};
  bool                       isTooFew = false;
  Estimate                   accuracyBefore; ///< balanced
  Estimate                   accuracyAfter;
  Estimate                   accuracyChange;
  Estimate                   areaBefore;
  Estimate                   areaAfter;
  AuditOutcome               outcome = AuditOutcome::NotMeasured;
  std::vector<RateGap>       gaps;
  std::string                sentence;
};

/** Whether label and group go together; where both have few values. */
struct AuditOverlap
{
  std::vector<std::vector<std::size_t>> participants; ///< by group, then label
  double                                p = 1.0;      ///< of a permutation test of chi squared
  std::string                           sentence;
};

struct AuditReport
{
  std::size_t                 volumes = 0;
  std::size_t                 participants = 0;
  std::vector<std::string>    notes; ///< what was left out, and why
  std::vector<AuditVariable>  variables;
  std::optional<AuditOverlap> overlap;
  std::vector<ModelAudit>     models;
};

struct AuditColumns
{
  std::string group; ///< empty: none
  std::string label; ///< empty: none
};

/** Fewer participants on a side than this: too few to tell. */
constexpr std::size_t LeastParticipantsCompared = 5;
/** As many as a model has folds. */
constexpr std::size_t LeastParticipantsModelled = 10;
/** A column of numbers, of which at least so many differ, is a number; otherwise its values are compared. */
constexpr std::size_t LeastDistinctNumbers = 9;
/** A measure whose values lie within this part of the images' median deviation is the same in all: what is left are
 * rounding errors, which can go with anything. */
constexpr double SameRange = 1e-3;

/** Volumes of one participant, group and label are averaged first. \throws Error where a column has one value only, or
 * none. */
AuditReport
MakeAudit(const std::vector<AuditRow> & rows, const AuditColumns & columns);

/** What comes first on the page. */
struct AuditHeadline
{
  std::string kind; ///< "erased", "attention", "good" or "quiet"
  std::string text;
};
std::vector<AuditHeadline>
AuditSummary(const AuditReport & report);

/** What the numbers mean and how they were made; the text of JSON and page. */
const std::vector<std::string> &
AuditMethods();
} // namespace isolux
