#include "PipelineFiles.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace isolux
{
namespace fs = std::filesystem;

void
ForEachFile(PipelineSpec & pipeline, const std::function<void(std::string &)> & f)
{
  const auto & known = BuiltInStages().All();
  for (auto & spec : pipeline.stages)
  {
    const auto description =
      std::find_if(known.begin(), known.end(), [&](const auto & stage) { return stage.name == spec.name; });
    if (description == known.end())
    {
      continue;
    }
    const auto stage = description->make();
    for (const auto & option : Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }))
    {
      const auto given = std::find_if(
        spec.options.begin(), spec.options.end(), [&](const auto & named) { return named.first == option.name; });
      if (!option.isFile || given == spec.options.end())
      {
        continue;
      }
      if (auto * text = std::get_if<std::string>(&given->second); text != nullptr && !text->empty())
      {
        f(*text);
        if (text->empty())
        {
          spec.options.erase(given);
        }
      }
      else if (auto * texts = std::get_if<std::vector<std::string>>(&given->second))
      {
        std::for_each(texts->begin(), texts->end(), f);
        texts->erase(std::remove(texts->begin(), texts->end(), ""), texts->end());
      }
    }
  }
}

PipelineSpec
WithFileNames(PipelineSpec pipeline)
{
  ForEachFile(pipeline,
              [](std::string & text)
              {
                const auto file = FileOf(text).string();
                text = fs::path(file).filename().string() + text.substr(file.size());
              });
  return pipeline;
}

PipelineSpec
WithoutFiles(PipelineSpec pipeline)
{
  ForEachFile(pipeline, [](std::string & text) { text.clear(); });
  return pipeline;
}

namespace
{
bool
IsNumber(const std::string & text)
{
  char * end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

std::string
Cut(const std::string & text, char mark)
{
  const auto at = text.rfind(mark);
  return at != std::string::npos && text.find('/', at) == std::string::npos ? text.substr(0, at) : text;
}

/** File and site. */
std::pair<std::string, std::string>
Parse(const std::string & text)
{
  std::error_code error;
  if (fs::exists(text, error))
  {
    return { text, "" };
  }
  const auto sign = text.rfind('=');
  const bool isWeighted = sign != std::string::npos && IsNumber(text.substr(sign + 1));
  for (const auto & unweighted :
       isWeighted ? std::vector<std::string>{ text.substr(0, sign), text } : std::vector<std::string>{ text })
  {
    if (fs::exists(unweighted, error))
    {
      return { unweighted, "" };
    }
    for (auto at = unweighted.rfind('#'); at != std::string::npos && at > 0; at = unweighted.rfind('#', at - 1))
    {
      if (fs::exists(unweighted.substr(0, at), error))
      {
        return { unweighted.substr(0, at), unweighted.substr(at + 1) };
      }
    }
  }
  return { Cut(Cut(text, '='), '#'), "" };
}
} // namespace

fs::path
FileOf(const std::string & text)
{
  return Parse(text).first;
}

std::string
SiteOf(const std::string & text)
{
  return Parse(text).second;
}
} // namespace isolux
