#include "Bytes.h"

#include "AtomicFile.h"
#include "Error.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace isolux
{
namespace
{
struct Descriptor
{
  int value;

  ~Descriptor()
  {
    if (value >= 0)
    {
      ::close(value);
    }
  }
};

struct stat
StatusOf(int descriptor, const std::string & name)
{
  struct stat status
  {
  };
  if (::fstat(descriptor, &status) != 0)
  {
    throw Error(name + ": cannot be read: " + SystemMessage());
  }
  return status;
}

std::string
Hexadecimal(const unsigned char * bytes, std::size_t size)
{
  static const char * const digits = "0123456789abcdef";
  std::string               text;
  for (std::size_t i = 0; i < size; ++i)
  {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}
} // namespace

std::string
SystemMessage()
{
  return std::generic_category().message(errno);
}

Bytes::Bytes(std::size_t size)
{
  Resize(size);
}

void
Bytes::Resize(std::size_t size)
{
  void * const data = std::realloc(m_Data.get(), size > 0 ? size : 1);
  if (data == nullptr)
  {
    throw Error("out of memory: " + std::to_string(size) + " bytes are needed; free memory or use a larger machine");
  }
  static_cast<void>(m_Data.release());
  m_Data.reset(static_cast<char *>(data));
  m_Size = size;
}

Bytes
ReadBytes(const std::filesystem::path & path)
{
  return ReadFirstBytes(path, std::numeric_limits<std::size_t>::max());
}

int
OpenToRead(const std::filesystem::path & path)
{
  const std::string name = path.string();
  Descriptor        file{ ::open(path.c_str(), O_RDONLY | O_CLOEXEC) };
  if (file.value < 0)
  {
    throw Error(name + ": cannot be opened: " + SystemMessage() + "; check the name and the permissions");
  }
  const auto status = StatusOf(file.value, name);
  if (!S_ISREG(status.st_mode))
  {
    throw Error(name + ": is not a regular file; give the name of an image file");
  }
  if (status.st_size == 0)
  {
    throw Error(name + ": is empty (0 bytes); copy or make it again");
  }
  return std::exchange(file.value, -1);
}

Bytes
ReadFirstBytes(const std::filesystem::path & path, std::size_t most)
{
  const std::string name = path.string();
  const Descriptor  file{ OpenToRead(path) };
  const auto        status = StatusOf(file.value, name);
  Bytes             bytes(std::min(most, static_cast<std::size_t>(status.st_size)));
  std::size_t       filled = 0;
  while (filled < bytes.Size())
  {
    const ssize_t count = ::read(file.value, bytes.Data() + filled, bytes.Size() - filled);
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count <= 0)
    {
      throw Error(name + ": cannot be read beyond byte " + std::to_string(filled) + ": " +
                  (count < 0 ? SystemMessage() : "the file shrank meanwhile") + "; copy it again");
    }
    filled += static_cast<std::size_t>(count);
  }
  return bytes;
}

std::size_t
ReadAt(int descriptor, const std::filesystem::path & file, std::uint64_t place, char * target, std::size_t size)
{
  std::size_t done = 0;
  while (done < size)
  {
    const auto count = ::pread(descriptor, target + done, size - done, static_cast<off_t>(place + done));
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count < 0)
    {
      throw Error(file.string() + ": cannot be read: " + SystemMessage() + "; copy it to another disk");
    }
    if (count == 0)
    {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

OutputFile::OutputFile(const std::filesystem::path & path, std::string name)
  : m_Name(std::move(name))
  , m_Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666))
{
  if (m_Descriptor < 0)
  {
    throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; choose another output folder");
  }
}

OutputFile::~OutputFile()
{
  if (m_Descriptor >= 0)
  {
    ::close(m_Descriptor);
  }
}

void
OutputFile::Write(const void * data, std::size_t size)
{
  const char * next = static_cast<const char *>(data);
  while (size > 0)
  {
    const ssize_t count = ::write(m_Descriptor, next, size);
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count < 0)
    {
      throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; free space or choose another output folder");
    }
    next += count;
    size -= static_cast<std::size_t>(count);
  }
}

void
OutputFile::Close()
{
  if (::close(std::exchange(m_Descriptor, -1)) != 0)
  {
    throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; free space or choose another output folder");
  }
}

void
AddFile(Digest & digest, const std::filesystem::path & path, const std::atomic<bool> * isUnwanted)
{
  const Descriptor file{ OpenToRead(path) };
  const Bytes      block(std::size_t{ 1 } << 18U); // stays in a processor's own cache
  while (isUnwanted == nullptr || !*isUnwanted)
  {
    const ssize_t count = ::read(file.value, block.Data(), block.Size());
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count < 0)
    {
      throw Error(path.string() + ": cannot be read: " + SystemMessage() + "; copy it again");
    }
    if (count == 0)
    {
      return;
    }
    digest.Add(block.Data(), static_cast<std::size_t>(count));
  }
}

struct Digest::Context
{
  EVP_MD_CTX *   sha256 = nullptr;
  XXH3_state_t * xxh128 = nullptr;

  ~Context()
  {
    EVP_MD_CTX_free(sha256);
    XXH3_freeState(xxh128);
  }
};

Digest::Digest(HashType type)
  : m_Context(std::make_unique<Context>())
{
  if (type == HashType::Xxh128)
  {
    m_Context->xxh128 = XXH3_createState();
    if (m_Context->xxh128 == nullptr || XXH3_128bits_reset(m_Context->xxh128) != XXH_OK)
    {
      throw Error("out of memory: XXH128 needs a kilobyte; free memory or use a larger machine");
    }
    return;
  }
  m_Context->sha256 = EVP_MD_CTX_new();
  if (m_Context->sha256 == nullptr || EVP_DigestInit_ex(m_Context->sha256, EVP_sha256(), nullptr) != 1)
  {
    throw Error("SHA-256 is not available from OpenSSL; install a libcrypto that has it");
  }
}

Digest::~Digest() = default;

void
Digest::Add(const void * data, std::size_t size)
{
  if (m_Context->xxh128 != nullptr)
  {
    XXH3_128bits_update(m_Context->xxh128, data, size);
    return;
  }
  EVP_DigestUpdate(m_Context->sha256, data, size);
}

Hash
Digest::Finish()
{
  if (m_Context->xxh128 != nullptr)
  {
    XXH128_canonical_t value;
    XXH128_canonicalFromHash(&value, XXH3_128bits_digest(m_Context->xxh128));
    return { HashType::Xxh128, Hexadecimal(value.digest, sizeof(value.digest)) };
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned int                               size = 0;
  EVP_DigestFinal_ex(m_Context->sha256, value.data(), &size);
  return { HashType::Sha256, Hexadecimal(value.data(), size) };
}

std::string
Sha256(const void * data, std::size_t bytes)
{
  Digest digest;
  digest.Add(data, bytes);
  return digest.Finish().text;
}
} // namespace isolux
