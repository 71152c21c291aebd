#pragma once

#include "SliceView.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
struct ViewFiles
{
  std::filesystem::path before;
  std::filesystem::path after; ///< empty: `before` is an output of Isolux
  std::filesystem::path field; ///< empty: none
  std::filesystem::path mask;  ///< empty: the foreground is found
};

struct LoadedView
{
  ViewData                 data;
  std::vector<std::string> warnings;
  double                   readSeconds = 0.0;
  double                   prepareSeconds = 0.0; ///< foreground
};

/** Where only an output of Isolux is given, that is AFTER, and BEFORE is restored from its sidecar.
 * \throws Error naming the file, UsageError where there is no sidecar. */
LoadedView
LoadView(const ViewFiles & files);

/** Masks, the field's range and names for images that are in memory; `mask` on the grid of `before` or null: the
 * foreground is found. */
ViewData
MakeViewData(std::shared_ptr<const ViewImage> before,
             std::shared_ptr<const ViewImage> after,
             std::shared_ptr<const ViewImage> field,
             MaskImage::Pointer               mask);
} // namespace isolux
