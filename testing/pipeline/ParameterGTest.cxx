#include "Error.h"
#include "Parameter.h"
#include "PipelineJson.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
struct Options
{
  bool                enabled = true;
  long long           order = 3;
  double              surround_sigma = 0.1;
  double              gain = 1.0;
  std::string         rule = "log-otsu";
  std::vector<double> widths = { 0.15, 0.1 };

  void
  Visit(ParameterVisitor & visit)
  {
    constexpr double none = std::numeric_limits<double>::infinity();
    visit({ "enabled", Unit::None, "Whether." }, enabled);
    visit({ "order", Unit::None, "How many.", 1.0, 8.0 }, order);
    visit({ "surround_sigma", Unit::Millimetre, "How wide.", 0.0, none }, surround_sigma);
    visit({ "gain", Unit::None, "How much." }, gain);
    visit({ "rule", Unit::None, "Which.", -none, none, { "auto", "log-otsu" } }, rule);
    visit({ "widths", Unit::LogIntensity, "Which ones.", 0.02, 1.0 }, widths);
  }
};

Visitable
Members(Options & options)
{
  return [&options](ParameterVisitor & visit) { options.Visit(visit); };
}

/** The message of the UsageError that assigning throws; "" where it throws none. */
std::string
Refusal(const std::string & name, const Value & value)
{
  Options options;
  try
  {
    Assign(Members(options), { { name, value } }, "stage 2 (retinex)");
  }
  catch (const UsageError & error)
  {
    return error.what();
  }
  return "";
}

const ParameterRecord
Record(const std::string & name)
{
  Options options;
  for (const auto & record : Describe(Members(options)))
  {
    if (record.name == name)
    {
      return record;
    }
  }
  throw std::invalid_argument(name);
}
} // namespace

TEST(Parameter, DescribeGivesEveryMemberInOrderWithTypeDefaultFlagAndBounds)
{
  Options    options;
  const auto records = Describe(Members(options));
  ASSERT_EQ(records.size(), 6U);
  EXPECT_EQ(records[1].name, "order");
  EXPECT_EQ(records[0].Type(), "boolean");
  EXPECT_EQ(records[1].Type(), "integer");
  EXPECT_EQ(records[2].Type(), "number");
  EXPECT_EQ(records[4].Type(), "string");
  EXPECT_EQ(records[5].Type(), "numbers");
  EXPECT_EQ(records[2].Flag(), "--surround-sigma");
  EXPECT_EQ(records[0].Bounds(), "");
  EXPECT_EQ(records[1].Bounds(), "[1, 8]");
  EXPECT_EQ(records[2].Bounds(), "[0, inf)");
  EXPECT_EQ(records[4].Bounds(), "one of 'auto', 'log-otsu'");
  EXPECT_EQ(std::get<long long>(records[1].defaultValue), 3);
}

TEST(Parameter, AssignSetsNamedMembersAndLeavesTheOthers)
{
  Options options;
  Assign(Members(options),
         { { "order", 5LL }, { "rule", std::string("auto") }, { "widths", std::vector<double>{ 1.0, 0.02 } } },
         "");
  EXPECT_EQ(options.order, 5);
  EXPECT_EQ(options.rule, "auto");
  EXPECT_EQ(options.widths, (std::vector<double>{ 1.0, 0.02 }));
  EXPECT_EQ(options.surround_sigma, 0.1);
}

TEST(Parameter, WhatReadGivesAssignTakes)
{
  Options changed;
  changed.enabled = false;
  changed.order = 8;
  changed.surround_sigma = 1.0 / 3.0;
  changed.gain = -1e-300;
  changed.widths = { 0.1 + 0.2 };
  Options other;
  Assign(Members(other), Read(Members(changed)), "");
  EXPECT_EQ(Read(Members(other)), Read(Members(changed)));
}

TEST(Parameter, AWholeNumberIsTakenWhereANumberIsWanted)
{
  Options options;
  Assign(Members(options), { { "surround_sigma", 30LL } }, "");
  EXPECT_EQ(options.surround_sigma, 30.0);
}

TEST(Parameter, AWholeNumberMayBeWrittenWithAPointOrAnExponent)
{
  Options options;
  Assign(Members(options), { { "order", 5.0 } }, "");
  EXPECT_EQ(options.order, 5);
}

TEST(Parameter, UnknownNameIsRefusedWithTheNearestOne)
{
  EXPECT_EQ(Refusal("sigma", 1.0), "stage 2 (retinex): unknown option 'sigma'; did you mean 'surround_sigma'?");
  EXPECT_EQ(Refusal("ordre", 1LL), "stage 2 (retinex): unknown option 'ordre'; did you mean 'order'?");
}

TEST(Parameter, UnknownNameFarFromAllIsRefusedWithTheListOfThem)
{
  EXPECT_EQ(
    Refusal("xyzzy", 1LL),
    "stage 2 (retinex): unknown option 'xyzzy'; known are: 'enabled', 'order', 'surround_sigma', 'gain', 'rule', "
    "'widths'");
}

TEST(Parameter, WrongTypeIsRefusedWithWhatIsWantedAndWhatWasGiven)
{
  EXPECT_EQ(Refusal("enabled", 1LL), "stage 2 (retinex): 'enabled' must be true or false, not 1");
  EXPECT_EQ(Refusal("order", 2.5), "stage 2 (retinex): 'order' must be a whole number, not 2.5");
  EXPECT_EQ(Refusal("order", std::string("three")), "stage 2 (retinex): 'order' must be a whole number, not three");
  EXPECT_EQ(Refusal("gain", true), "stage 2 (retinex): 'gain' must be a number, not true");
  EXPECT_EQ(Refusal("rule", 3LL), "stage 2 (retinex): 'rule' must be a string, not 3");
  EXPECT_EQ(Refusal("widths", true), "stage 2 (retinex): 'widths' must be a list of numbers, such as 1,2,3, not true");
}

TEST(Parameter, AListTakesASingleValueToo)
{
  std::vector<double>      numbers = { 1.0, 2.0 };
  std::vector<std::string> texts = { "a" };
  const Visitable          members = [&](ParameterVisitor & visit)
  {
    visit({ "numbers", Unit::None, "Some." }, numbers);
    visit({ "texts", Unit::None, "Some." }, texts);
  };
  Assign(members, { { "numbers", 3LL }, { "texts", std::string("b") } }, "here");
  EXPECT_EQ(numbers, std::vector<double>{ 3.0 });
  EXPECT_EQ(texts, std::vector<std::string>{ "b" });
  Assign(members, { { "numbers", 0.5 }, { "texts", std::vector<std::string>{ "c", "d" } } }, "here");
  EXPECT_EQ(numbers, std::vector<double>{ 0.5 });
  EXPECT_EQ(texts, (std::vector<std::string>{ "c", "d" }));
  Assign(members, { { "texts", std::vector<double>{} } }, "here"); // an empty list has no type
  EXPECT_TRUE(texts.empty());
  EXPECT_THROW(Assign(members, { { "texts", std::vector<double>{ 1.0 } } }, "here"), UsageError);
}

TEST(Parameter, ValuesBeyondEitherBoundAreRefusedWithBothAndTheUnit)
{
  EXPECT_EQ(Refusal("order", 0LL), "stage 2 (retinex): 'order' must be in [1, 8], not 0");
  EXPECT_EQ(Refusal("order", 9LL), "stage 2 (retinex): 'order' must be in [1, 8], not 9");
  EXPECT_EQ(Refusal("surround_sigma", -0.5), "stage 2 (retinex): 'surround_sigma' must be in [0, inf) mm, not -0.5");
  EXPECT_EQ(Refusal("widths", std::vector<double>{ 0.5, 1.5 }),
            "stage 2 (retinex): 'widths' must be in [0.02, 1] log intensity, not 1.5");
  EXPECT_NE(Refusal("surround_sigma", std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(Parameter, TextThatIsNoChoiceIsRefusedWithTheNearest)
{
  EXPECT_EQ(Refusal("rule", std::string("log_otsu")),
            "stage 2 (retinex): 'rule' must be one of 'auto', 'log-otsu', not 'log_otsu'; did you mean 'log-otsu'?");
}

TEST(Parameter, ToStringKeepsEveryDigitThatIsNeeded)
{
  EXPECT_EQ(ToString(Value(true)), "true");
  EXPECT_EQ(ToString(Value(-3LL)), "-3");
  EXPECT_EQ(ToString(Value(0.1)), "0.1");
  EXPECT_EQ(ToString(Value(std::vector<double>{ 1.0, 2.5 })), "[1, 2.5]");
  for (const double value : { 1.0 / 3.0, -2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2 })
  {
    EXPECT_EQ(std::stod(ToString(Value(value))), value);
  }
}

TEST(Parameter, AFlagsTextBecomesTheParametersType)
{
  const auto from = [](const std::string & name, const std::string & text)
  { return ValueFromText(Record(name), text, "--" + name); };
  EXPECT_EQ(from("enabled", "false"), Value(false));
  EXPECT_EQ(from("order", "4"), Value(4LL));
  EXPECT_EQ(from("gain", "-1e-3"), Value(-0.001));
  EXPECT_EQ(from("rule", "4"), Value(std::string("4")));
  EXPECT_EQ(from("widths", "0.15,0.1"), Value(std::vector<double>{ 0.15, 0.1 }));
  EXPECT_EQ(from("widths", "[0.15, 0.1]"), Value(std::vector<double>{ 0.15, 0.1 }));
  EXPECT_EQ(from("gain", "much"), Value(std::string("much")));
  EXPECT_EQ(from("gain", "null"), Value(std::string("null"))); // NaN is no option
}

TEST(Parameter, NumbersBeyondLongLongStayNumbers)
{
  const auto value = ValueFromJson(nlohmann::ordered_json::parse("18446744073709551615"), "");
  EXPECT_EQ(value, Value(18446744073709551615.0));
}
} // namespace isolux
