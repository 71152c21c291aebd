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

fs::path
FileOf(const std::string & text)
{
  const auto cut = [](const std::string & name, char mark)
  {
    const auto at = name.rfind(mark);
    return at != std::string::npos && name.find('/', at) == std::string::npos ? name.substr(0, at) : name;
  };
  const auto      unweighted = cut(text, '=');
  std::error_code error;
  for (const auto & file : { text, unweighted, cut(text, '#') })
  {
    if (fs::exists(file, error))
    {
      return file;
    }
  }
  return cut(unweighted, '#');
}

std::string
SiteOf(const std::string & text)
{
  const auto rest = text.substr(FileOf(text).string().size());
  return rest.empty() || rest.front() != '#' ? "" : rest.substr(1, rest.rfind('=') - 1);
}
} // namespace isolux
