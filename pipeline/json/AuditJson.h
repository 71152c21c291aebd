#pragma once

#include "Audit.h"

#include <string>

namespace isolux
{
/** What audit.json holds. Of participants it has counts alone. */
std::string
WriteAudit(const AuditReport & report);
} // namespace isolux
