#ifndef itkHugePages_h
#define itkHugePages_h

#include "itkImportImageContainer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace itk
{
constexpr std::size_t HugePageSize = std::size_t{ 1 } << 21U; // in bytes, of x86-64 and most others

/** Asks the system to back memory by huge pages where they fit inside: to be called before a large buffer is first
 * written, whose page faults otherwise take several times as long as filling it. A hint that changes no content; does
 * nothing elsewhere than on Linux. */
inline void
AdviseHugePages(void * begin, std::size_t bytes)
{
#if defined(__linux__)
  const auto           address = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (address + HugePageSize - 1) / HugePageSize * HugePageSize;
  const std::uintptr_t last = (address + bytes) / HugePageSize * HugePageSize;
  if (first < last)
  {
    madvise(reinterpret_cast<void *>(first), last - first, MADV_HUGEPAGE);
  }
#else
  static_cast<void>(begin);
  static_cast<void>(bytes);
#endif
}

/** From here on, in bytes, malloc of glibc maps new memory each time; smaller blocks it may hand out again, without
 * faults. */
constexpr std::size_t LargeAllocation = 16 * HugePageSize;

/** Memory, not initialized, to be given to std::free; from LargeAllocation on it begins with a huge page. nullptr where
 * there is none. */
inline void *
AllocateHugePages(std::size_t bytes)
{
  void * const memory = bytes < LargeAllocation
                          ? std::malloc(bytes)
                          : std::aligned_alloc(HugePageSize, (bytes + HugePageSize - 1) / HugePageSize * HugePageSize);
  AdviseHugePages(memory, memory == nullptr ? 0 : bytes);
  return memory;
}

/** \class HugePageContainer
 * \brief Pixels of an image in memory of AllocateHugePages(): to be set before the image is allocated.
 *
 * A container that is asked to grow later turns to the ordinary memory of its base.
 * \ingroup Statistics
 */
template <typename TElementIdentifier, typename TElement>
class HugePageContainer : public ImportImageContainer<TElementIdentifier, TElement>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(HugePageContainer);

  using Self = HugePageContainer;
  using Superclass = ImportImageContainer<TElementIdentifier, TElement>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkTypeMacro(HugePageContainer, ImportImageContainer);

  /** Leaves the container empty, for its base to allocate, where the memory is not to be had. */
  void
  Allocate(TElementIdentifier count)
  {
    Superclass::Initialize();
    std::free(m_Memory);
    m_Memory = AllocateHugePages(static_cast<std::size_t>(count) * sizeof(TElement));
    if (m_Memory != nullptr)
    {
      this->SetImportPointer(static_cast<TElement *>(m_Memory), count, false);
    }
  }

protected:
  HugePageContainer() = default;
  ~HugePageContainer() override
  {
    std::free(m_Memory);
  }

private:
  void * m_Memory{ nullptr };
};
} // namespace itk

#endif
