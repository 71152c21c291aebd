#pragma once

#include "PixelType.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace isolux
{
/** Which intensity each of a file's integers has become, found from intensities before and after, in any order and in
 * parts. */
class IntegerMap
{
public:
  /** `stored`: from the file's integers to the intensities before. */
  explicit IntegerMap(const Scaling & stored);

  void
  Add(const float * before, const float * after, std::size_t count);

  void
  Merge(const IntegerMap & other);

  /** Whether each integer was one of 16 bits and has become one intensity. */
  bool
  IsMap() const
  {
    return m_IsMap;
  }

  struct Linear
  {
    float  slope = 1.0F; ///< from the integers to the intensities after, as a header holds it
    float  intercept = 0.0F;
    double largest = 0.0; ///< difference to an intensity after
  };

  /** The linear map that it is, within a millionth of the range. None where it is no map, an intensity is not finite,
   * or all are the same. */
  std::optional<Linear>
  AsLinear() const;

private:
  Scaling                    m_Stored;
  bool                       m_IsMap;
  std::vector<std::uint32_t> m_Values; ///< the bits of what each integer has become, from the lowest integer on
};
} // namespace isolux
