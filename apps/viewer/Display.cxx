#include "Display.h"

#include "AtomicFile.h"

#include <vtkPNGWriter.h>
#include <vtkSmartPointer.h>
#include <vtkUnsignedCharArray.h>
#include <vtkWindowToImageFilter.h>

#include <X11/Xlib.h>
#include <poll.h>

namespace isolux
{
bool
HasDisplay()
{
  Display * display = XOpenDisplay(nullptr);
  if (display != nullptr)
  {
    XCloseDisplay(display);
  }
  return display != nullptr;
}

void
WaitForEvent(vtkRenderWindow & window, const int milliseconds)
{
  pollfd connection{ ConnectionNumber(static_cast<::Display *>(window.GetGenericDisplayId())), POLLIN, 0 };
  ::poll(&connection, 1, milliseconds);
}

void
WritePicture(vtkRenderWindow & window, const std::filesystem::path & path)
{
  const auto picture = vtkSmartPointer<vtkWindowToImageFilter>::New();
  picture->SetInput(&window);
  picture->SetInputBufferTypeToRGB();
  picture->ReadFrontBufferOff();
  const auto png = vtkSmartPointer<vtkPNGWriter>::New();
  png->SetInputConnection(picture->GetOutputPort());
  png->WriteToMemoryOn();
  png->Write();
  const auto * bytes = png->GetResult();
  WriteTextFile(path,
                { reinterpret_cast<const char *>(const_cast<vtkUnsignedCharArray *>(bytes)->GetPointer(0)),
                  static_cast<std::size_t>(bytes->GetNumberOfValues()) });
}
} // namespace isolux
