#pragma once

#include "Audit.h"

namespace isolux
{
/** Fills in the sentences. `report` has its numbers. */
void
PutInWords(AuditReport & report);
} // namespace isolux
