#pragma once

#include "Audit.h"

#include <string>

namespace isolux
{
/** A self-contained page. */
std::string
RenderAudit(const AuditReport & report, const std::string & version);
} // namespace isolux
