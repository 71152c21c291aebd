#pragma once

#include "Hash.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace isolux
{
/** A file's bytes, or what they inflate to. Not initialised: a volume is read into it once. */
class Bytes
{
public:
  Bytes() = default;
  /** \throws Error where memory is short. */
  explicit Bytes(std::size_t size);

  /** Keeps the content up to the smaller size. \throws Error where memory is short. */
  void
  Resize(std::size_t size);

  char *
  Data() const
  {
    return m_Data.get();
  }

  std::size_t
  Size() const
  {
    return m_Size;
  }

private:
  struct Free
  {
    void
    operator()(char * data) const
    {
      std::free(data);
    }
  };

  std::unique_ptr<char, Free> m_Data;
  std::size_t                 m_Size = 0;
};

/** A descriptor of a file, to be closed. \throws Error: missing, a folder, unreadable, empty. */
int
OpenToRead(const std::filesystem::path & path);

/** \throws Error as OpenToRead(). */
Bytes
ReadBytes(const std::filesystem::path & path);

/** At most `most` bytes from the beginning. \throws Error as ReadBytes(). */
Bytes
ReadFirstBytes(const std::filesystem::path & path, std::size_t most);

/** As many of `size` bytes at that place of an open file as there are. \throws Error that names `file`. */
std::size_t
ReadAt(int descriptor, const std::filesystem::path & file, std::uint64_t place, char * target, std::size_t size);

/** A new file. Every failure is an Error that bears `name` instead of the temporary path. */
class OutputFile
{
public:
  OutputFile(const std::filesystem::path & path, std::string name);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &
  operator=(const OutputFile &) = delete;

  void
  Write(const void * data, std::size_t size);

  /** Also reports what the file system only tells on closing. */
  void
  Close();

private:
  std::string m_Name;
  int         m_Descriptor = -1;
};

/** Of bytes that come some at a time. */
class Digest
{
public:
  explicit Digest(HashType type = HashType::Sha256);
  ~Digest();
  Digest(const Digest &) = delete;
  Digest &
  operator=(const Digest &) = delete;

  void
  Add(const void * data, std::size_t size);

  void
  Add(const Bytes & bytes)
  {
    Add(bytes.Data(), bytes.Size());
  }

  /** Call once. */
  Hash
  Finish();

private:
  struct Context;
  std::unique_ptr<Context> m_Context;
};

/** A file's bytes, some at a time, as long as `isUnwanted`, which may be null, is false. \throws Error as OpenToRead().
 */
void
AddFile(Digest & digest, const std::filesystem::path & path, const std::atomic<bool> * isUnwanted = nullptr);

/** The message of `errno`. */
std::string
SystemMessage();
} // namespace isolux
