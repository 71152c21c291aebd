#include "Citizens.h"

#include <iostream>

/** Compiled for another processor than the tests. */
int
main()
{
  std::cout << isolux::testing::CitizenBits();
}
