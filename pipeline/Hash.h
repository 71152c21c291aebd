#pragma once

#include <string>
#include <utility>

namespace isolux
{
enum class HashType
{
  Sha256,
  Xxh128 ///< XXH3 of 128 bits: as fast as memory, and no proof against forgery
};

/** "sha256", "xxh128". */
inline std::string
ToString(HashType type)
{
  return type == HashType::Sha256 ? "sha256" : "xxh128";
}

/** By which a file's bytes are known again. With constructors: GCC 12 warns falsely of an aggregate in Volume{}. */
struct Hash
{
  Hash() = default;
  Hash(HashType ofType, std::string hexadecimal)
    : type(ofType)
    , text(std::move(hexadecimal))
  {
  }

  HashType    type = HashType::Sha256;
  std::string text; ///< lower-case hexadecimal, as sha256sum and xxh128sum print it
};
} // namespace isolux
