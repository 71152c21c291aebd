#include "HuffmanCode.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace isolux
{
namespace
{
/** How many symbols have a code of each length, where these counts, in rising order, are the symbols'. */
std::vector<std::uint32_t>
NumbersOfLengths(const std::vector<std::uint64_t> & counts, unsigned int longest)
{
  // Leaves, then the nodes that join two: both in rising order of their counts, so that two queues do.
  const std::size_t          leaves = counts.size();
  std::vector<std::uint64_t> weights = counts;
  std::vector<std::size_t>   parents(2 * leaves - 1);
  weights.reserve(parents.size());
  std::size_t leaf = 0;
  std::size_t node = leaves;
  while (weights.size() < parents.size())
  {
    std::uint64_t weight = 0;
    for (int child = 0; child < 2; ++child)
    {
      const bool isLeaf = leaf < leaves && (node == weights.size() || weights[leaf] <= weights[node]);
      auto &     next = isLeaf ? leaf : node;
      parents[next] = weights.size();
      weight += weights[next++];
    }
    weights.push_back(weight);
  }
  std::vector<unsigned int>  depths(parents.size());
  std::vector<std::uint32_t> numbers(longest + 1);
  for (std::size_t i = parents.size() - 1; i-- > 0;)
  {
    depths[i] = depths[parents[i]] + 1;
    numbers[std::min(depths[i], longest)] += i < leaves ? 1 : 0;
  }
  // Codes that were cut take more than there is, in units of the longest code. Each turn hangs one of them beside a
  // shorter one, which becomes longer by a bit, and takes one unit less.
  std::uint64_t taken = 0;
  for (unsigned int length = 1; length <= longest; ++length)
  {
    taken += std::uint64_t{ numbers[length] } << (longest - length);
  }
  for (; taken > std::uint64_t{ 1 } << longest; --taken)
  {
    auto length = longest - 1;
    while (numbers[length] == 0)
    {
      --length;
    }
    --numbers[length];
    numbers[length + 1] += 2;
    --numbers[longest];
  }
  return numbers;
}

std::uint16_t
Reversed(std::uint32_t code, unsigned int length)
{
  std::uint32_t reversed = 0;
  for (unsigned int bit = 0; bit < length; ++bit)
  {
    reversed |= (code >> bit & 1U) << (length - 1 - bit);
  }
  return static_cast<std::uint16_t>(reversed);
}
} // namespace

HuffmanCode
MakeHuffmanCode(std::vector<std::uint32_t> counts, unsigned int longest)
{
  for (std::size_t i = 0; std::count(counts.begin(), counts.end(), 0U) > static_cast<std::ptrdiff_t>(counts.size()) - 2;
       ++i)
  {
    counts[i] = std::max(counts[i], 1U);
  }
  std::vector<std::size_t> symbols;
  for (std::size_t i = 0; i < counts.size(); ++i)
  {
    if (counts[i] > 0)
    {
      symbols.push_back(i);
    }
  }
  std::stable_sort(
    symbols.begin(), symbols.end(), [&counts](std::size_t a, std::size_t b) { return counts[a] < counts[b]; });
  std::vector<std::uint64_t> sorted;
  std::transform(symbols.begin(), symbols.end(), std::back_inserter(sorted), [&](std::size_t i) { return counts[i]; });
  const auto numbers = NumbersOfLengths(sorted, longest);

  HuffmanCode result;
  result.lengths.resize(counts.size());
  result.codes.resize(counts.size());
  auto symbol = symbols.begin();
  for (auto length = longest; length > 0; --length)
  {
    for (std::uint32_t i = 0; i < numbers[length]; ++i)
    {
      result.lengths[*symbol++] = static_cast<std::uint8_t>(length);
    }
  }
  std::array<std::uint32_t, 17> next{};
  for (unsigned int length = 1; length <= longest; ++length)
  {
    next[length + 1] = (next[length] + numbers[length]) << 1U;
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
  {
    if (const auto length = result.lengths[i])
    {
      result.codes[i] = Reversed(next[length]++, length);
    }
  }
  return result;
}
} // namespace isolux
