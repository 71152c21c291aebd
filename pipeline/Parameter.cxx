#include "Parameter.h"

#include "Error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace isolux
{
namespace
{
std::string
Shortest(double number)
{
  std::array<char, 32> text{};
  const auto           end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return std::string(text.data(), end);
}

std::string
Quoted(const std::vector<std::string> & names)
{
  std::string text;
  for (const auto & name : names)
  {
    text += (text.empty() ? "'" : ", '") + name + "'";
  }
  return text;
}

class Recorder : public ParameterVisitor
{
public:
  std::vector<ParameterRecord> records;

  void
  operator()(const Parameter & parameter, bool & value) override
  {
    records.emplace_back(parameter, value);
  }
  void
  operator()(const Parameter & parameter, long long & value) override
  {
    records.emplace_back(parameter, value);
  }
  void
  operator()(const Parameter & parameter, double & value) override
  {
    records.emplace_back(parameter, value);
  }
  void
  operator()(const Parameter & parameter, std::string & value) override
  {
    records.emplace_back(parameter, value);
  }
  void
  operator()(const Parameter & parameter, std::vector<double> & value) override
  {
    records.emplace_back(parameter, value);
  }
  void
  operator()(const Parameter & parameter, std::vector<std::string> & value) override
  {
    records.emplace_back(parameter, value);
  }
};

class Assigner : public ParameterVisitor
{
public:
  Assigner(const Values & values, std::string where)
    : m_Values(values)
    , m_Where(std::move(where))
  {
  }

  void
  operator()(const Parameter & parameter, bool & value) override
  {
    this->Set(parameter, value, "true or false");
  }
  void
  operator()(const Parameter & parameter, long long & value) override
  {
    if (const Value * given = this->Take(parameter))
    {
      const auto * number = std::get_if<double>(given); // 1e5 and 3.0 are whole numbers too
      if (number != nullptr && std::trunc(*number) == *number && std::abs(*number) < 9e18)
      {
        value = static_cast<long long>(*number);
      }
      else
      {
        value = this->As<long long>(parameter, *given, "a whole number");
      }
      this->CheckBounds(parameter, static_cast<double>(value));
    }
  }
  void
  operator()(const Parameter & parameter, double & value) override
  {
    if (const Value * given = this->Take(parameter))
    {
      if (const auto * integer = std::get_if<long long>(given))
      {
        value = static_cast<double>(*integer);
      }
      else
      {
        value = this->As<double>(parameter, *given, "a number");
      }
      this->CheckBounds(parameter, value);
    }
  }
  void
  operator()(const Parameter & parameter, std::string & value) override
  {
    if (this->Set(parameter, value, "a string") && !parameter.choices.empty() &&
        std::find(parameter.choices.begin(), parameter.choices.end(), value) == parameter.choices.end())
    {
      throw UsageError(m_Where + ": '" + parameter.name + "' must be one of " + Quoted(parameter.choices) + ", not '" +
                       value + "'" + SuggestNearest(value, parameter.choices));
    }
  }
  void
  operator()(const Parameter & parameter, std::vector<double> & value) override
  {
    if (const Value * given = this->Take(parameter))
    {
      if (const auto * integer = std::get_if<long long>(given))
      {
        value = { static_cast<double>(*integer) };
      }
      else if (const auto * number = std::get_if<double>(given))
      {
        value = { *number };
      }
      else
      {
        value = this->As<std::vector<double>>(parameter, *given, "a list of numbers, such as 1,2,3");
      }
      if (value.empty() && IsBounded(parameter))
      {
        throw UsageError(m_Where + ": '" + parameter.name + "' must hold at least one number");
      }
      for (const double number : value)
      {
        this->CheckBounds(parameter, number);
      }
    }
  }
  void
  operator()(const Parameter & parameter, std::vector<std::string> & value) override
  {
    if (const Value * given = this->Take(parameter))
    {
      const auto * text = std::get_if<std::string>(given);
      const auto * numbers = std::get_if<std::vector<double>>(given);
      if (text != nullptr)
      {
        value = { *text };
      }
      else if (numbers != nullptr && numbers->empty()) // an empty list has no type
      {
        value.clear();
      }
      else
      {
        value = this->As<std::vector<std::string>>(parameter, *given, "a list of strings");
      }
    }
  }

  void
  CheckThatAllWereTaken() const
  {
    for (const auto & [name, value] : m_Values)
    {
      if (std::find(m_Known.begin(), m_Known.end(), name) == m_Known.end())
      {
        throw UsageError(m_Where + ": unknown option '" + name + "'" + SuggestNearest(name, m_Known));
      }
    }
  }

private:
  const Value *
  Take(const Parameter & parameter)
  {
    m_Known.push_back(parameter.name);
    const auto entry =
      std::find_if(m_Values.begin(), m_Values.end(), [&](const auto & named) { return named.first == parameter.name; });
    return entry == m_Values.end() ? nullptr : &entry->second;
  }

  template <typename T>
  T
  As(const Parameter & parameter, const Value & given, const std::string & wanted) const
  {
    if (const T * value = std::get_if<T>(&given))
    {
      return *value;
    }
    throw UsageError(m_Where + ": '" + parameter.name + "' must be " + wanted + ", not " + ToString(given));
  }

  template <typename T>
  bool
  Set(const Parameter & parameter, T & value, const std::string & wanted)
  {
    const Value * given = this->Take(parameter);
    if (given != nullptr)
    {
      value = this->As<T>(parameter, *given, wanted);
    }
    return given != nullptr;
  }

  static bool
  IsBounded(const Parameter & parameter)
  {
    return std::isfinite(parameter.minimum) || std::isfinite(parameter.maximum);
  }

  void
  CheckBounds(const Parameter & parameter, double value) const
  {
    if (IsBounded(parameter) && !(value >= parameter.minimum && value <= parameter.maximum))
    {
      const std::string unit = ToString(parameter.unit);
      throw UsageError(m_Where + ": '" + parameter.name + "' must be in " + ParameterRecord(parameter, value).Bounds() +
                       (unit.empty() ? "" : " " + unit) + ", not " + Shortest(value));
    }
  }

  const Values &           m_Values;
  const std::string        m_Where;
  std::vector<std::string> m_Known;
};
} // namespace

std::string
SuggestNearest(const std::string & given, const std::vector<std::string> & known)
{
  std::string nearest;
  std::size_t smallest = std::max<std::size_t>(2, given.size() / 3) + 1;
  std::size_t smallestRaw = smallest;
  for (const auto & name : known)
  {
    // Levenshtein's distance, one row at a time
    std::vector<std::size_t> row(name.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{ 0 });
    for (std::size_t i = 0; i < given.size(); ++i)
    {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < name.size(); ++j)
      {
        const std::size_t substituted = diagonal + (given[i] != name[j]);
        diagonal = row[j + 1];
        row[j + 1] = std::min({ substituted, row[j] + 1, row[j + 1] + 1 });
      }
    }
    const bool contained = (given.size() > 2 && name.find(given) != std::string::npos) ||
                           (name.size() > 2 && given.find(name) != std::string::npos);
    const auto distance = contained ? std::size_t{ 1 } : row.back();
    if (distance < smallest || (distance == smallest && row.back() < smallestRaw))
    {
      smallest = distance;
      smallestRaw = row.back();
      nearest = name;
    }
  }
  return nearest.empty() ? "; known are: " + Quoted(known) : "; did you mean '" + nearest + "'?";
}

std::string
ToString(Unit unit)
{
  switch (unit)
  {
    case Unit::Intensity:
      return "intensity";
    case Unit::LogIntensity:
      return "log intensity";
    case Unit::Millimetre:
      return "mm";
    case Unit::Voxel:
      return "voxels";
    case Unit::None:
      break;
  }
  return "";
}

std::string
ToString(const Value & value)
{
  struct Printer
  {
    std::string
    operator()(bool truth) const
    {
      return truth ? "true" : "false";
    }
    std::string
    operator()(long long integer) const
    {
      return std::to_string(integer);
    }
    std::string
    operator()(double number) const
    {
      return Shortest(number);
    }
    std::string
    operator()(const std::string & text) const
    {
      return text;
    }
    std::string
    operator()(const std::vector<double> & numbers) const
    {
      std::string text;
      for (const double number : numbers)
      {
        text += (text.empty() ? "" : ", ") + Shortest(number);
      }
      return "[" + text + "]";
    }
    std::string
    operator()(const std::vector<std::string> & texts) const
    {
      std::string all;
      for (const auto & text : texts)
      {
        all += (all.empty() ? "" : ", ") + text;
      }
      return "[" + all + "]";
    }
  };
  return std::visit(Printer{}, value);
}

std::string
ParameterRecord::Type() const
{
  static constexpr std::array<const char *, 6> names = {
    "boolean", "integer", "number", "string", "numbers", "strings"
  };
  return names[defaultValue.index()];
}

std::string
ParameterRecord::Bounds() const
{
  if (!choices.empty())
  {
    return "one of " + Quoted(choices);
  }
  if (std::isinf(minimum) && std::isinf(maximum))
  {
    return "";
  }
  return (std::isinf(minimum) ? "(-inf" : "[" + Shortest(minimum)) + ", " +
         (std::isinf(maximum) ? "inf)" : Shortest(maximum) + "]");
}

std::string
ParameterRecord::Flag() const
{
  std::string flag = "--" + name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::vector<ParameterRecord>
Describe(const Visitable & members)
{
  Recorder recorder;
  members(recorder);
  return recorder.records;
}

Values
Read(const Visitable & members)
{
  Values values;
  for (auto & record : Describe(members))
  {
    values.emplace_back(record.name, std::move(record.defaultValue));
  }
  return values;
}

void
Assign(const Visitable & members, const Values & values, const std::string & where)
{
  Assigner assigner(values, where);
  members(assigner);
  assigner.CheckThatAllWereTaken();
}
} // namespace isolux
