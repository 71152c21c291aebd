#pragma once

#include <nlohmann/json.hpp>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace isolux::testing
{
/** A case of testing/golden/golden.json. */
inline nlohmann::json
GoldenCase(const std::string & name)
{
  std::ifstream file(ISOLUX_SOURCE_DIR "/testing/golden/golden.json");
  const auto    all = nlohmann::json::parse(file);
  for (const auto & golden : all.at("cases"))
  {
    if (golden.at("name") == name)
    {
      return golden;
    }
  }
  throw std::invalid_argument("golden.json has no case '" + name + "'");
}

inline std::vector<double>
GoldenData(const nlohmann::json & golden, const std::string & tensor)
{
  return golden.at(tensor).at("data").get<std::vector<double>>();
}
} // namespace isolux::testing
