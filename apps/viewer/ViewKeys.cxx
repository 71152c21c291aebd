#include "ViewKeys.h"

namespace isolux
{
const std::vector<std::pair<std::string, std::string>> &
ViewKeyHelp()
{
  static const std::vector<std::pair<std::string, std::string>> help = {
    { "1 2 3 4", "side by side, swipe, fade, flicker" },
    { "5 6 7", "checkerboard, difference, field" },
    { "m", "next mode" },
    { "[  ]", "move the curtain, or fade" },
    { "t  or  space", "swap before and after" },
    { "a c s d", "axial, coronal, sagittal, 3D alone" },
    { "q  or  Esc", "back to all views; so does a double click" },
    { "l", "next layout" },
    { "wheel,  b f,  up down", "slice by slice" },
    { "shift + move", "cursor: all planes follow" },
    { "left drag", "window (across) and level (up), or the curtain" },
    { "middle drag", "pan" },
    { "right drag,  ctrl + wheel", "zoom" },
    { "in 3D", "left drag turns, middle pans, right or wheel zooms" },
    { ", .  or  left right", "frame of a series" },
    { "w", "one window for both, or each its own" },
    { "r", "reset windows, zoom and view" },
    { "o", "acquisition's planes or the patient's" },
    { "i", "interpolated or voxels as they are" },
    { "k", "next channel of a colour or vector image" },
    { "x", "crosshair" },
    { "h", "histograms and values" },
    { "p", "write the picture to a file" },
    { "?", "this page" },
    { "ctrl + q", "quit" },
  };
  return help;
}
} // namespace isolux
