#include "itkHugePages.h"

#include "itkImage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace
{
constexpr std::size_t Page = std::size_t{ 1 } << 21U;

/** Whether the system's record of the mapping that holds `address` carries the flag of huge pages. */
bool
IsAdvised(const void * address)
{
  const auto    wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream record("/proc/self/smaps");
  bool          isInside = false;
  for (std::string line; std::getline(record, line);)
  {
    std::uintptr_t     first = 0;
    std::uintptr_t     last = 0;
    char               dash = 0;
    std::istringstream range(line);
    if (range >> std::hex >> first >> dash >> last && dash == '-')
    {
      isInside = first <= wanted && wanted < last;
    }
    if (isInside && line.rfind("VmFlags:", 0) == 0)
    {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

TEST(HugePages, AreAskedForInsideTheBufferOnlyAndItsContentStays)
{
#if defined(__linux__)
  void * const mapping = mmap(nullptr, 6 * Page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapping, MAP_FAILED);
  auto * const buffer = static_cast<unsigned char *>(mapping);
  std::fill_n(buffer, 6 * Page, static_cast<unsigned char>(7));
  itk::AdviseHugePages(buffer + Page, 4 * Page);
  EXPECT_EQ(std::count(buffer, buffer + 6 * Page, 7), static_cast<std::ptrdiff_t>(6 * Page));
  if (std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"))
  {
    EXPECT_TRUE(IsAdvised(buffer + 3 * Page));
    EXPECT_FALSE(IsAdvised(buffer));
    EXPECT_FALSE(IsAdvised(buffer + 6 * Page - 1));
  }
  munmap(mapping, 6 * Page);
#endif
}

TEST(HugePages, OfABufferThatHoldsNoneChangeNothing)
{
  unsigned char byte = 7;
  itk::AdviseHugePages(&byte, 1);
  itk::AdviseHugePages(&byte, 0);
  itk::AdviseHugePages(nullptr, 0);
  EXPECT_EQ(byte, 7);
}

TEST(HugePages, ALargeAllocationBeginsWithOne)
{
  for (const std::size_t bytes : { itk::LargeAllocation, itk::LargeAllocation + 3 * Page + 5 })
  {
    const std::unique_ptr<void, decltype(&std::free)> memory(itk::AllocateHugePages(bytes), std::free);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.get()) % Page, 0u);
    std::fill_n(static_cast<unsigned char *>(memory.get()), bytes, static_cast<unsigned char>(1));
  }
}

TEST(HugePageContainer, IsKeptByAnImageThatIsAllocatedAfterwardsAndMayGrow)
{
  using Image = itk::Image<float, 2>;
  using Container = itk::HugePageContainer<Image::PixelContainer::ElementIdentifier, float>;
  const auto image = Image::New();
  const auto container = Container::New();
  container->Allocate(20000000);
  container->Allocate(20); // gives back what it had
  const float * const pixels = container->GetBufferPointer();
  image->SetRegions(Image::SizeType{ { 5, 4 } });
  image->SetPixelContainer(container);
  image->Allocate();
  EXPECT_EQ(image->GetBufferPointer(), pixels);
  image->FillBuffer(3.0F);
  image->SetRegions(Image::SizeType{ { 50, 40 } });
  image->Allocate();
  EXPECT_NE(image->GetBufferPointer(), pixels);
  EXPECT_EQ(image->GetBufferPointer()[19], 3.0F);
  container->Initialize();
  EXPECT_EQ(container->Size(), 0u);
  container->Allocate(7);
  EXPECT_EQ(container->Size(), 7u);
}
} // namespace
