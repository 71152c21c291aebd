#include "Classifier.h"
#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <algorithm>
#include <numeric>

namespace
{
using namespace isolux::testing;
using isolux::MaskImage;
using isolux::WorkImage;

class Federated : public Claim
{
};

/** Brain of a site with its labels, in its own gain and offset. */
struct Client
{
  WorkImage::Pointer image;
  MaskImage::Pointer brain;
  MaskImage::Pointer greyMatter;
  MaskImage::Pointer whiteMatter;
};

/** Slices first, ..., last - 1 of a head. */
Client
MakeClient(const Head & head, long first, long last, double gain, double offset)
{
  const auto                       extent = head.image->GetLargestPossibleRegion().GetSize();
  const std::array<long, 4>        start{ { 0, 0, first, 0 } };
  const std::array<std::size_t, 4> size{ { extent[0], extent[1], static_cast<std::size_t>(last - first), 1 } };
  return { Scaled(Cut(head.image, start, size), gain, offset),
           Cut(head.brain, start, size),
           Cut(head.greyMatter, start, size),
           Cut(head.whiteMatter, start, size) };
}

/** Four sites that train: a slab of ixi013 each. */
std::vector<Client>
TrainingClients(const Head & head)
{
  return { MakeClient(head, 28, 38, 0.7, 0.0),
           MakeClient(head, 38, 44, 1.0, 150.0),
           MakeClient(head, 44, 50, 1.4, -100.0),
           MakeClient(head, 50, 58, 0.9, 300.0) };
}

Examples
ExamplesOf(const Client & client, const WorkImage * image)
{
  Examples examples;
  for (const float value : Inside(image, client.whiteMatter))
  {
    examples.emplace_back(value, true);
  }
  for (const float value : Inside(image, client.greyMatter))
  {
    examples.emplace_back(value, false);
  }
  return examples;
}
} // namespace

TEST_F(Federated, MergedStatisticsAreThePooledOnes)
{
  const auto             clients = TrainingClients(Head("ixi013"));
  itk::MomentAccumulator pooled;
  for (const auto & client : clients)
  {
    AddTo(pooled, client.image, client.brain);
  }
  std::vector<itk::MomentAccumulator> sites;
  for (const auto & client : clients)
  {
    sites.push_back(Accumulated(client.image, client.brain));
  }
  std::vector<std::size_t> order(sites.size());
  std::iota(order.begin(), order.end(), 0);
  int orders = 0;
  int differing = 0;
  do
  {
    itk::MomentAccumulator merged;
    for (const auto site : order)
    {
      merged.Merge(sites[site]);
    }
    ++orders;
    differing += merged.Count() == pooled.Count() && SameBits(merged.Mean(), pooled.Mean()) &&
                     SameBits(merged.Variance(), pooled.Variance())
                   ? 0
                   : 1;
  } while (std::next_permutation(order.begin(), order.end()));
  this->State("merging the statistics of sites gives those of their pooled voxels, to the bit");
  const std::string on = "brains of four sites, each with its own gain and offset";
  this->Shows(on, "orders of merging", orders);
  this->Holds(on, "orders of which a bit differs", differing, Exactly(0));
}

TEST_F(Federated, AModelOfInstancesHoldsOnAnUnseenClient)
{
  const Head             head("ixi013");
  const Head             other("ixi072");
  const auto             clients = TrainingClients(head);
  itk::MomentAccumulator aggregated;
  for (const auto & client : clients)
  {
    aggregated.Merge(Accumulated(client.image, client.brain));
  }
  const auto normalizedBy = [&](const Client & client, bool isBatch)
  {
    return isBatch ? Normalized(client.image, Moments(MomentsOf(aggregated)))
                   : Normalized(client.image, Learning{ client.brain });
  };
  for (const bool isBatch : { true, false })
  {
    const std::string method = isBatch ? "BN aggregated" : "IN";
    Examples          training;
    for (const auto & client : clients)
    {
      const auto examples = ExamplesOf(client, normalizedBy(client, isBatch));
      training.insert(training.end(), examples.begin(), examples.end());
    }
    const double threshold = LearnThreshold(training, MeanDice);
    const auto   dice = [&](const Client & client)
    { return MeanDice(CountsOf(ExamplesOf(client, normalizedBy(client, isBatch)), threshold)); };

    this->State("a federated WM / GM threshold holds on a client not seen in training with IN, not with aggregated BN: "
                "mean Dice",
                0.005);
    this->Shows("the four training clients", method, MeanDice(CountsOf(training, threshold)));
    const auto unseen = [&](const std::string & on, const Client & client)
    { this->Holds(on, method, dice(client), isBatch ? AtMost(0.5) : AtLeast(0.74)); };
    unseen("unseen: ixi072, the whole brain", MakeClient(other, 0, 76, 1.0, 0.0));
    unseen("unseen: ixi013, the whole brain, a = 2.5", MakeClient(head, 0, 72, 2.5, 0.0));

    this->State("a client near the average of the others loses little by aggregated BN: mean Dice", 0.005);
    this->Holds("unseen: ixi013, the whole brain, a = 1, b = 90",
                method,
                dice(MakeClient(head, 0, 72, 1.0, 90.0)),
                AtLeast(0.73));
  }
}
