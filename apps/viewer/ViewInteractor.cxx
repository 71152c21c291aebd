#include "ViewInteractor.h"

#include "Display.h"

#include <vtkInteractorStyle.h>
#include <vtkObjectFactory.h>
#include <vtkRenderWindowInteractor.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

namespace isolux
{
namespace
{
using Clock = std::chrono::steady_clock;

/** Hands mouse and keys to the scene. */
class ViewInteractorStyle : public vtkInteractorStyle
{
public:
  static ViewInteractorStyle *
  New();
  vtkTypeMacro(ViewInteractorStyle, vtkInteractorStyle);

  void
  Attach(BeforeAfterScene & scene)
  {
    m_Scene = &scene;
  }

  bool
  HasQuit() const
  {
    return m_HasQuit;
  }
  void
  Quit()
  {
    m_HasQuit = true;
  }

  void
  OnLeftButtonDown() override
  {
    const auto now = Clock::now();
    const bool twice = now - m_LastPress < std::chrono::milliseconds(400) && std::abs(this->X() - m_LastX) < 5;
    m_LastPress = twice ? Clock::time_point() : now;
    m_LastX = this->X();
    this->Press(BeforeAfterScene::Button::Left, twice);
  }
  void
  OnMiddleButtonDown() override
  {
    this->Press(BeforeAfterScene::Button::Middle, false);
  }
  void
  OnRightButtonDown() override
  {
    this->Press(BeforeAfterScene::Button::Right, false);
  }
  void
  OnLeftButtonUp() override
  {
    this->Release();
  }
  void
  OnMiddleButtonUp() override
  {
    this->Release();
  }
  void
  OnRightButtonUp() override
  {
    this->Release();
  }
  void
  OnMouseMove() override
  {
    m_Scene->SetQuick(m_IsPressed);
    this->RenderIf(m_Scene->Move(this->X(), this->Y(), this->Interactor->GetShiftKey() != 0));
  }
  void
  OnLeave() override
  {
    this->RenderIf(m_Scene->Leave());
  }
  void
  OnMouseWheelForward() override
  {
    this->Wheel(1);
  }
  void
  OnMouseWheelBackward() override
  {
    this->Wheel(-1);
  }
  void
  OnKeyPress() override
  {
    const std::string key = this->Interactor->GetKeySym() != nullptr ? this->Interactor->GetKeySym() : "";
    if (key == "q" && this->Interactor->GetControlKey() != 0)
    {
      m_HasQuit = true;
    }
    else if (key == "p")
    {
      this->KeepPicture();
    }
    else
    {
      this->RenderIf(m_Scene->Key(key));
    }
  }
  void
  OnChar() override
  {
  }
  void
  OnConfigure() override
  {
    const int * size = this->Interactor->GetRenderWindow()->GetSize();
    m_Scene->Resize(size[0], size[1]);
    m_Scene->Update();
  }
  void
  OnTimer() override
  {
    const bool flickered = m_Scene->Flicker();
    const bool sharper =
      Clock::now() - m_LastWheel > std::chrono::milliseconds(300) && !m_IsPressed && m_Scene->SetQuick(false);
    this->RenderIf(flickered || sharper);
  }

private:
  int
  X() const
  {
    return this->Interactor->GetEventPosition()[0];
  }
  int
  Y() const
  {
    return this->Interactor->GetEventPosition()[1];
  }
  void
  Press(const BeforeAfterScene::Button button, const bool twice)
  {
    m_IsPressed = true;
    this->RenderIf(m_Scene->Press(button, this->X(), this->Y(), twice));
  }
  void
  Release()
  {
    m_IsPressed = false;
    m_Scene->Release();
    this->RenderIf(m_Scene->SetQuick(false));
  }
  void
  Wheel(const int steps)
  {
    m_LastWheel = Clock::now();
    m_Scene->SetQuick(true);
    this->RenderIf(m_Scene->Wheel(this->X(), this->Y(), steps, this->Interactor->GetControlKey() != 0));
  }
  void
  RenderIf(const bool changed)
  {
    if (changed)
    {
      m_Scene->Update();
      this->Interactor->GetRenderWindow()->Render();
    }
  }
  /** In the folder that the program was started in, under the first free number. */
  void
  KeepPicture()
  {
    std::filesystem::path path;
    for (int number = 1; path.empty() || std::filesystem::exists(path); ++number)
    {
      path = "isolux-view-" + std::to_string(number) + ".png";
    }
    m_Scene->Say("");
    this->RenderIf(true);
    try
    {
      WritePicture(*this->Interactor->GetRenderWindow(), path);
      std::cout << path.string() << std::endl;
      m_Scene->Say("written to " + std::filesystem::absolute(path).string());
    }
    catch (const std::exception & error)
    {
      std::cerr << "isolux view: " << error.what() << '\n';
      m_Scene->Say(error.what());
    }
    this->RenderIf(true);
  }

  BeforeAfterScene * m_Scene = nullptr;
  Clock::time_point  m_LastPress;
  Clock::time_point  m_LastWheel;
  int                m_LastX = 0;
  bool               m_IsPressed = false;
  bool               m_HasQuit = false;
};

vtkStandardNewMacro(ViewInteractorStyle);
} // namespace

void
RunWindow(BeforeAfterScene & scene, vtkRenderWindow & window, const std::string & title)
{
  constexpr auto HalfSecond = std::chrono::milliseconds(500);
  constexpr int  Patience = 20; ///< ms, until the clock is looked at

  const auto interactor = vtkSmartPointer<vtkRenderWindowInteractor>::New();
  const auto style = vtkSmartPointer<ViewInteractorStyle>::New();
  style->Attach(scene);
  interactor->SetRenderWindow(&window);
  interactor->SetInteractorStyle(style);
  window.SetWindowName(title.c_str());
  interactor->Initialize();
  scene.Update();
  window.Render();
  interactor->AddObserver(vtkCommand::ExitEvent, style.Get(), &ViewInteractorStyle::Quit); // the window's close button
  // VTK's own loop asks a display for events that ending it has closed.
  auto tick = Clock::now();
  while (!style->HasQuit())
  {
    WaitForEvent(window, Patience);
    interactor->ProcessEvents();
    if (Clock::now() - tick > HalfSecond)
    {
      tick = Clock::now();
      style->OnTimer();
    }
  }
}
} // namespace isolux
