#include "PipelineFiles.h"

#include <algorithm>

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
  ForEachFile(pipeline, [](std::string & text) { text = fs::path(text).filename().string(); });
  return pipeline;
}

PipelineSpec
WithoutFiles(PipelineSpec pipeline)
{
  ForEachFile(pipeline, [](std::string & text) { text.clear(); });
  return pipeline;
}

fs::path
FileOf(const std::string & text)
{
  std::error_code error;
  const auto      sign = text.rfind('=');
  const bool      isWeight = sign != std::string::npos && text.find('/', sign) == std::string::npos;
  return isWeight && !fs::exists(text, error) ? text.substr(0, sign) : text;
}
} // namespace isolux
