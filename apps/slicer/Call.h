#pragma once

#include "Module.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace isolux
{
/** What a module is called with. */
class ModuleCall
{
public:
  /** Takes the words as Slicer writes them: "--log_floor 0.1", "--gate" without a value, files parted by commas; and
   * as the stage's verb takes them: "--log-floor 0.1", "--gate true". \throws UsageError */
  ModuleCall(const Module & module, const std::vector<std::string> & words);

  /** Of the stage's verb. An option that says its default is left out: Slicer gives every one, also those that others
   * decide. */
  std::vector<std::string>
  ArgumentsOf(const StageDescription & stage) const;

  /** Every parameter with its value, "" where it has none. */
  std::vector<std::pair<std::string, std::string>>
  Values() const;

  std::string
  Text(const ModuleParameter & parameter) const;

  /** { "Parameters": { "Options": { "log_floor": 0.1, ... }, ... } } */
  std::string
  Serialize() const;

  bool                  echoes = false;
  std::filesystem::path returnFile; ///< this and the next two: empty where not given
  std::filesystem::path serialized;
  std::filesystem::path sidecar;

private:
  void
  Set(const ModuleParameter & parameter, const std::string & text);

  /** Fills what the words did not give. \throws UsageError */
  void
  Deserialize(const std::filesystem::path & file);

  const Module &                                   m_Module;
  std::vector<std::pair<std::string, std::string>> m_Given; ///< by the parameter's name; of several files one each
  std::vector<std::string>                         m_Others;
};
} // namespace isolux
