#pragma once

#include <vtkRenderWindow.h>

#include <filesystem>

namespace isolux
{
/** Whether there is a display that windows, seen or not, can be made on. */
bool
HasDisplay();

/** Returns when the window has an event, or after that time. */
void
WaitForEvent(vtkRenderWindow & window, int milliseconds);

/** What the window shows, as a PNG, whole or not at all. \throws Error */
void
WritePicture(vtkRenderWindow & window, const std::filesystem::path & path);
} // namespace isolux
