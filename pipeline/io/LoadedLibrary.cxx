#include "LoadedLibrary.h"

#include "Error.h"

#include <dlfcn.h>

namespace isolux
{
void *
LoadFunction(const std::string & library, const char * function, const std::string & name, const std::string & kind)
{
  void * const module = ::dlopen(library.c_str(), RTLD_NOW);
  void * const found = module != nullptr ? ::dlsym(module, function) : nullptr;
  if (found == nullptr)
  {
    throw Error(name + ": " + kind + " is read by " + library + ", which cannot be loaded: " + ::dlerror() +
                "; install it beside the program's libraries, or name its folder in LD_LIBRARY_PATH");
  }
  return found;
}
} // namespace isolux
