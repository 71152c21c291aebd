#include "Classifier.h"
#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

class Fairness : public Claim
{
};

constexpr long Side = 25; // voxels, of a patch

/** A patch of a real slice, whose group has something to do with its gain. */
struct Person
{
  WorkImage::Pointer patch;
  bool               isInSecondGroup;
  bool               isPositive;
};

float
Centre(const WorkImage * patch)
{
  return patch->GetBufferPointer()[(Side / 2) * Side + Side / 2];
}

/** Patches around voxels of grey and white matter; positive: white matter. Groups are drawn at random. */
std::vector<Person>
DrawPersons()
{
  const Head          head("ixi013");
  const auto          size = head.image->GetLargestPossibleRegion().GetSize();
  Random              random(13);
  std::vector<Person> persons;
  while (persons.size() < 2000)
  {
    const long x = static_cast<long>(random.Bits() % (size[0] - Side)) + Side / 2;
    const long y = static_cast<long>(random.Bits() % (size[1] - Side)) + Side / 2;
    const long z = static_cast<long>(random.Bits() % size[2]);
    const auto i = static_cast<std::size_t>(z) * size[0] * size[1] + static_cast<std::size_t>(y) * size[0] +
                   static_cast<std::size_t>(x);
    const bool isWhite = head.whiteMatter->GetBufferPointer()[i] != 0;
    if (isWhite || head.greyMatter->GetBufferPointer()[i] != 0)
    {
      persons.push_back({ Cut(head.image, { { x - Side / 2, y - Side / 2, z, 0 } }, { { Side, Side, 1, 1 } }),
                          random.Bits() % 2 == 0,
                          isWhite });
    }
  }
  return persons;
}

/** The second group's images are brighter. */
std::vector<Person>
WithGain(std::vector<Person> persons, double gain)
{
  for (auto & person : persons)
  {
    person.patch = person.isInSecondGroup ? Scaled(person.patch, gain, 0.0) : person.patch;
  }
  return persons;
}

struct Outcome
{
  double accuracy;
  double rateOfFirst; ///< of positive predictions
  double rateOfSecond;
};

/** The best threshold of the patch's central voxel, learned on even persons, applied to odd ones. */
Outcome
OutcomeOf(const std::vector<Person> & persons, bool isNormalized)
{
  Examples training;
  Examples groups[2];
  for (std::size_t i = 0; i < persons.size(); ++i)
  {
    const auto &  person = persons[i];
    const Example example(Centre(isNormalized ? Normalized(person.patch) : person.patch), person.isPositive);
    (i % 2 == 0 ? training : groups[person.isInSecondGroup ? 1 : 0]).push_back(example);
  }
  const double threshold = LearnThreshold(training, Accuracy);
  Examples     all = groups[0];
  all.insert(all.end(), groups[1].begin(), groups[1].end());
  return { Accuracy(CountsOf(all, threshold)),
           PositiveRate(CountsOf(groups[0], threshold)),
           PositiveRate(CountsOf(groups[1], threshold)) };
}
} // namespace

TEST_F(Fairness, AGainThatIsANuisanceIsRemovedAtNoLoss)
{
  const auto        persons = DrawPersons();
  const auto        biased = WithGain(persons, 1.5);
  const auto        raw = OutcomeOf(biased, false);
  const auto        instance = OutcomeOf(biased, true);
  const std::string on = "2000 patches of ixi013, WM or GM at the centre, second group 1.5 times as bright";
  this->State("a gain tied to a group but not to the label: IN brings the groups' rates together at no loss", 0.01);
  this->Shows(on, "accuracy without IN and without that gain", OutcomeOf(persons, false).accuracy);
  this->Shows(on, "accuracy raw", raw.accuracy);
  this->Holds(on, "accuracy IN, above raw by", instance.accuracy - raw.accuracy, AtLeast(0.0));
  this->Holds(on, "rates of positive predictions, raw: difference", raw.rateOfSecond - raw.rateOfFirst, AtLeast(0.2));
  this->Holds(on,
              "rates of positive predictions, IN: difference",
              std::abs(instance.rateOfSecond - instance.rateOfFirst),
              AtMost(0.08));
}

TEST_F(Fairness, AGainThatCausesTheLabelIsLost)
{
  auto         persons = DrawPersons();
  const double gain = 1.5;
  // positive is who is bright, with the gain: it is the signal now
  Examples brightness;
  for (auto & person : persons)
  {
    brightness.emplace_back(Centre(person.patch), person.isPositive);
  }
  const double bright = LearnThreshold(brightness, Accuracy);
  persons = WithGain(persons, gain);
  for (auto & person : persons)
  {
    person.isPositive = Centre(person.patch) > bright;
  }
  const auto        raw = OutcomeOf(persons, false);
  const auto        instance = OutcomeOf(persons, true);
  const std::string on = "the same patches, positive: who is bright, 1.5 times as bright in the second group";
  this->State("a gain that causes the label: IN brings the rates together, and accuracy falls", 0.01);
  this->Shows(on, "accuracy raw", raw.accuracy);
  this->Holds(on, "accuracy IN, below raw by", raw.accuracy - instance.accuracy, AtLeast(0.1));
  this->Shows(on, "rates of positive predictions, raw: difference", raw.rateOfSecond - raw.rateOfFirst);
  this->Holds(on,
              "rates of positive predictions, IN: difference",
              std::abs(instance.rateOfSecond - instance.rateOfFirst),
              AtMost(0.5 * (raw.rateOfSecond - raw.rateOfFirst)));
}
