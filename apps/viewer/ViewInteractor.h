#pragma once

#include "BeforeAfterScene.h"

#include <vtkRenderWindow.h>

#include <string>

namespace isolux
{
/** Opens the window and returns when it is closed. */
void
RunWindow(BeforeAfterScene & scene, vtkRenderWindow & window, const std::string & title);
} // namespace isolux
