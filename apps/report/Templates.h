#pragma once

#include <kainjow/mustache.hpp>

#include <string>

namespace isolux
{
extern const char * const PageTemplate;
extern const char * const AuditTemplate;
extern const char * const CaseTemplate;
extern const char * const ChartTemplate;
extern const char * const ThumbnailTemplate;
extern const char * const StyleSheet;
extern const char * const CaseScript;
extern const char * const CohortScript;

/** A template's section is shown for any text, also an empty one, and hidden for false. */
inline kainjow::mustache::data
OrFalse(const std::string & text)
{
  return text.empty() ? kainjow::mustache::data{ false } : kainjow::mustache::data{ text };
}
} // namespace isolux
