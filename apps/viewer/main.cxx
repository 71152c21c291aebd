#include "Arguments.h"
#include "BeforeAfterScene.h"
#include "Display.h"
#include "Error.h"
#include "Pipeline.h"
#include "ViewFiles.h"
#include "ViewInteractor.h"

#include <vtkMultiThreader.h>
#include <vtkNew.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace isolux
{
namespace
{
constexpr const char * Usage =
  R"(isolux view BEFORE AFTER [FIELD] [options]

Shows an image before and after, in a window or a picture: three planes, a volume rendering, histograms of both, with
one cursor, zoom and slice. Each lies where it lies in the patient. '?' in the window shows mouse and keys.
Of an output of Isolux alone, what was before is restored from its sidecar.

)";

std::string
Listed(const std::vector<std::string> & names)
{
  std::string text;
  for (const auto & name : names)
  {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

boost::program_options::options_description
Options()
{
  namespace po = boost::program_options;
  const auto text = [](const char * name) { return po::value<std::string>()->value_name(name); };

  po::options_description files("Files");
  files.add_options()("before", text("FILE"), "the image before; a file or a folder with a DICOM series")(
    "after", text("FILE"), "the image after, on any grid")(
    "field", text("FILE"), "what BEFORE was divided by, as --field of a stage wrote it")(
    "mask,x",
    text("FILE"),
    "for histograms, windows and the field (default: the foreground is found, as by "
    "'isolux foreground')");
  po::options_description view("View");
  const std::string       modes = Listed(ViewModeNames()) + " (default side-by-side)";
  const std::string       layouts = Listed(ViewLayoutNames()) + " (default four-up; a 2-D image has one view)";
  view.add_options()("mode", text("MODE"), modes.c_str())("layout", text("LAYOUT"), layouts.c_str())(
    "cursor",
    text("R,A,S"),
    "where the planes meet, in mm to the right, anterior and superior; of a photograph X,Y[,Z] in voxels from 0 "
    "(default: the middle)")(
    "planes", text("PLANES"), "acquisition (default): the image's own; patient: along the patient's axes")(
    "frame", text("N"), "frame of a series, from 1")(
    "channel", text("N"), "channel of a colour or vector image, from 1")(
    "window",
    text("LOW,HIGH"),
    "intensities drawn black and white, of both images (default: the 1st and 99th "
    "percentile of each)")("window-after", text("LOW,HIGH"), "of AFTER; --window is then of BEFORE alone")(
    "position", text("SHARE"), "of the curtain from the left, or of AFTER in fade: 0 to 1 (default 0.5)");
  po::options_description picture("Picture");
  picture.add_options()("screenshot", text("FILE.png"), "write this and open no window")(
    "size", text("WxH"), "of window or picture, in picture elements (default 1280x900)")(
    "force,f", "overwrite what exists")("threads", text("N"), "threads (default: the processors there are)")(
    "verbose,v", "say how long it took")("help,h", "this text");
  return files.add(view).add(picture);
}

/** `count` numbers with `separator` between them. */
std::vector<double>
Numbers(const ParsedArguments & parsed,
        const std::string &     option,
        const std::size_t       count,
        const char              separator,
        const std::string &     form)
{
  const std::string   text = parsed.Text(option);
  std::vector<double> numbers;
  std::istringstream  stream(text);
  for (std::string part; std::getline(stream, part, separator);)
  {
    char * end = nullptr;
    numbers.push_back(std::strtod(part.c_str(), &end));
    if (part.empty() || *end != '\0' || !std::isfinite(numbers.back()))
    {
      numbers.clear();
      break;
    }
  }
  if (numbers.size() != count)
  {
    throw UsageError("--" + option + " must be " + form + ", not '" + text + "'");
  }
  return numbers;
}

ViewWindow
WindowOf(const ParsedArguments & parsed, const std::string & option)
{
  const auto numbers = Numbers(parsed, option, 2, ',', "two numbers, LOW,HIGH");
  if (!(numbers[1] > numbers[0]))
  {
    throw UsageError("--" + option + ": HIGH must be above LOW, but is '" + parsed.Text(option) + "'");
  }
  return { numbers[0], numbers[1] };
}

/** Index of the option's value among the names. */
std::size_t
Choice(const ParsedArguments & parsed, const std::string & option, const std::vector<std::string> & names)
{
  const std::string text = parsed.Text(option, names.front());
  const auto        found = std::find(names.begin(), names.end(), text);
  if (found == names.end())
  {
    throw UsageError("--" + option + " must be one of " + Listed(names) + ", not '" + text + "'" +
                     SuggestNearest(text, names));
  }
  return static_cast<std::size_t>(found - names.begin());
}

/** What can be told before anything is read. */
struct Wish
{
  ViewMode           mode = ViewMode::SideBySide;
  ViewLayout         layout = ViewLayout::FourUp;
  std::array<int, 2> size{ { 1280, 900 } };
  double             position = 0.5;
  bool               patientPlanes = false;

  std::optional<Point>      cursor;
  std::size_t               cursorNumbers = 3;
  std::optional<ViewWindow> window;
  std::optional<ViewWindow> windowAfter;
  unsigned int              frame = 1;
  unsigned int              channel = 0; ///< 0: all
};

Wish
ReadWish(const ParsedArguments & parsed)
{
  constexpr unsigned int Most = 1U << 30;
  Wish                   wish;
  wish.mode = static_cast<ViewMode>(Choice(parsed, "mode", ViewModeNames()));
  wish.layout = static_cast<ViewLayout>(Choice(parsed, "layout", ViewLayoutNames()));
  if (parsed.Has("mode") && !UsesMode(wish.layout, wish.mode))
  {
    throw UsageError("--layout " + parsed.Text("layout") + " shows " +
                     (wish.layout == ViewLayout::ThreeD ? "a volume, side by side or in flicker alone"
                                                        : "BEFORE above AFTER, whatever the mode") +
                     "; leave --mode out, or choose another layout");
  }
  wish.patientPlanes = Choice(parsed, "planes", { "acquisition", "patient" }) == 1;
  wish.frame = parsed.Number("frame", 1, 1, Most);
  wish.channel = parsed.Number("channel", 0, 1, Most);
  if (parsed.Has("size"))
  {
    const std::string form = "WxH with both from 100 to 8192, as 1280x900";
    const auto        numbers = Numbers(parsed, "size", 2, 'x', form);
    for (const unsigned int i : { 0U, 1U })
    {
      if (numbers[i] != std::floor(numbers[i]) || numbers[i] < 100 || numbers[i] > 8192)
      {
        throw UsageError("--size must be " + form + ", not '" + parsed.Text("size") + "'");
      }
      wish.size[i] = static_cast<int>(numbers[i]);
    }
  }
  if (parsed.Has("position"))
  {
    wish.position = Numbers(parsed, "position", 1, ',', "a number from 0 to 1")[0];
    if (wish.position < 0.0 || wish.position > 1.0)
    {
      throw UsageError("--position must be a number from 0 to 1, not '" + parsed.Text("position") + "'");
    }
    if (wish.mode != ViewMode::Swipe && wish.mode != ViewMode::Fade)
    {
      throw UsageError("--position is of the curtain of --mode swipe or of AFTER in --mode fade; mode " +
                       ViewModeNames()[static_cast<std::size_t>(wish.mode)] + " has neither");
    }
  }
  if (parsed.Has("cursor"))
  {
    const std::string text = parsed.Text("cursor");
    const std::size_t given = std::count(text.begin(), text.end(), ',') == 1 ? 2 : 3;
    const auto        numbers =
      Numbers(parsed, "cursor", given, ',', "three numbers of mm, R,A,S, or of a photograph two of a voxel, X,Y");
    wish.cursor = Point{ { numbers[0], numbers[1], given == 3 ? numbers[2] : 0.0 } };
    wish.cursorNumbers = given;
  }
  if (parsed.Has("window"))
  {
    wish.window = WindowOf(parsed, "window");
  }
  if (parsed.Has("window-after"))
  {
    wish.windowAfter = WindowOf(parsed, "window-after");
  }
  if (wish.mode == ViewMode::Field && !parsed.Has("field"))
  {
    throw UsageError("--mode field shows a field over BEFORE, but none was given; name it after BEFORE and AFTER");
  }
  if (parsed.Has("screenshot"))
  {
    const std::filesystem::path path = parsed.Text("screenshot");
    if (path.extension() != ".png")
    {
      throw UsageError("--screenshot writes PNG: '" + path.string() + "' must end in .png");
    }
    RefuseToOverwrite(path, parsed);
  }
  return wish;
}

/** The least and the most of an image's corners, as a sentence ends. */
std::string
ReachOf(const ViewImage & image)
{
  const auto  corners = image.Corners();
  std::string text;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const auto [low, high] = std::minmax_element(
      corners.begin(), corners.end(), [axis](const Point & a, const Point & b) { return a[axis] < b[axis]; });
    std::ostringstream range;
    range << std::string(1, "RAS"[axis]) << " " << (*low)[axis] << " to " << (*high)[axis];
    text += (axis == 0 ? "" : ", ") + range.str();
  }
  return text + " mm";
}

/** In mm, or in voxels where nobody knows where in space they lie. \throws UsageError */
void
PlaceCursor(const Wish & wish, const std::string & text, BeforeAfterScene & scene)
{
  const ViewImage & before = *scene.Data().images[Before];
  Point             point = *wish.cursor;
  if (before.HasPosition())
  {
    if (wish.cursorNumbers != 3)
    {
      throw UsageError("--cursor must be three numbers of mm, R,A,S, not '" + text + "'");
    }
    if (!before.IndexAt(point))
    {
      throw UsageError("--cursor " + text + " lies outside " + before.Name() + ", which reaches over " +
                       ReachOf(before));
    }
  }
  else
  {
    std::string reach;
    bool        isInside = true;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      isInside = isInside && point[axis] == std::floor(point[axis]) && point[axis] >= 0.0 &&
                 point[axis] < static_cast<double>(before.Size(axis));
      reach += before.Size(axis) > 1 || axis < 2 ? (axis == 0 ? "" : ", ") + std::string(1, "xyz"[axis]) + " 0 to " +
                                                     std::to_string(before.Size(axis) - 1)
                                                 : "";
    }
    if (!isInside)
    {
      throw UsageError("--cursor " + text + " is no voxel of " + before.Name() + ", which says nothing of mm; it has " +
                       reach);
    }
    point = before.ToRas()(point);
  }
  scene.SetCursor(point);
  const double moved = Length(scene.State().cursor - point);
  if (moved >= 0.05)
  {
    char distance[32];
    std::snprintf(distance, sizeof(distance), "%.1f mm", moved);
    const auto index = *before.IndexAt(point);
    std::cerr << "isolux: the cursor was moved by " << distance << ", to the middle of the voxel " << index[0] << ", "
              << index[1] << ", " << index[2] << " (counted from 0)\n";
  }
}

/** \throws UsageError where the images have no such frame, channel, view or place. */
void
Apply(const Wish & wish, const ParsedArguments & parsed, BeforeAfterScene & scene)
{
  auto &     state = scene.State();
  const auto check = [](const std::string & what, const std::size_t wished, const std::size_t most)
  {
    if (wished > most)
    {
      throw UsageError("--" + what + " must be from 1 to " + std::to_string(most) + ", the " + what +
                       "s that there are, not " + std::to_string(wished));
    }
  };
  check("frame", wish.frame, scene.Data().Frames());
  check("channel", wish.channel, scene.Data().Channels());
  scene.SetFrame(wish.frame - 1);
  if (wish.channel > 0)
  {
    state.channel = wish.channel - 1;
  }
  if (wish.cursor)
  {
    PlaceCursor(wish, parsed.Text("cursor"), scene);
  }
  state.patientPlanes = wish.patientPlanes;
  state.layout = wish.layout;
  state.curtain = wish.position;
  state.opacity = wish.position;
  scene.SetMode(wish.mode);
  if (wish.windowAfter)
  {
    scene.SetWindow(After, *wish.windowAfter);
  }
  if (wish.window)
  {
    scene.LinkWindows(!wish.windowAfter);
    scene.SetWindow(Before, *wish.window);
  }
  scene.KeepWindows();
}

/** Starts the program anew under a display that nobody sees. Returns where that is not possible. */
void
StartUnderXvfb(char * argv[])
{
  // A number of its own to begin with: two that begin with the same one at once may both take it.
  const auto               number = std::to_string(1000 + getpid() % 20000);
  std::vector<std::string> words = { "xvfb-run", "-a", "-n", number, "-s", "-screen 0 1280x1024x24" };
  words.push_back(std::filesystem::read_symlink("/proc/self/exe").string());
  std::vector<char *> pointers;
  for (auto & word : words)
  {
    pointers.push_back(word.data());
  }
  for (char ** argument = argv + 1; *argument != nullptr; ++argument)
  {
    pointers.push_back(*argument);
  }
  pointers.push_back(nullptr);
  ::execvp(pointers.front(), pointers.data());
}

void
NeedDisplay(const bool forScreenshot, char * argv[])
{
  if (HasDisplay())
  {
    return;
  }
  const char *      variable = std::getenv("DISPLAY");
  const std::string display = variable != nullptr ? variable : "";
  if (!display.empty())
  {
    throw Error("the display '" + display + "' that DISPLAY names cannot be opened; correct or unset it" +
                (forScreenshot ? "" : ", or write a picture: --screenshot FILE.png"));
  }
  if (!forScreenshot)
  {
    throw Error("there is no display for a window (DISPLAY is not set); write a picture instead: --screenshot "
                "FILE.png, or log in with ssh -X");
  }
  StartUnderXvfb(argv);
  throw Error("a picture is drawn by X, and there is neither a display (DISPLAY is not set) nor xvfb-run, which makes "
              "one that nobody sees; install it: apt-get install xvfb");
}

int
ShowImages(const Arguments & arguments, char * argv[])
{
  const auto options = Options();
  if (WantsHelp(arguments))
  {
    std::cout << Usage << options
              << "\nExample: isolux view in.nii.gz out.nii.gz --screenshot out.png --layout four-up --mode swipe\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "before", "after?", "field?" });
  const Wish            wish = ReadWish(parsed);
  const bool            screenshot = parsed.Has("screenshot");
  const auto            threads = parsed.Number("threads", AvailableThreads(), 1, 1024);
  NeedDisplay(screenshot, argv);

  SetThreads(threads);
  vtkMultiThreader::SetGlobalDefaultNumberOfThreads(static_cast<int>(threads));
  LoadedView loaded =
    LoadView({ parsed.Text("before"), parsed.Text("after"), parsed.Text("field"), parsed.Text("mask") });
  for (const auto & warning : loaded.warnings)
  {
    std::cerr << "isolux: warning: " << warning << '\n';
  }
  const auto start = std::chrono::steady_clock::now();
  const auto title = loaded.data.images[Before]->Name() + " | " + loaded.data.images[After]->Name() + " - Isolux";
  const auto say = [&](const char * what)
  {
    if (parsed.Has("verbose"))
    {
      std::cerr << "isolux: reading " << loaded.readSeconds << " s, foreground " << loaded.prepareSeconds << " s, "
                << what << ' ' << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()
                << " s\n";
    }
  };
  BeforeAfterScene scene(std::move(loaded.data));
  Apply(wish, parsed, scene);

  vtkNew<vtkRenderWindow> window;
  window->SetMultiSamples(0);
  window->SetSize(wish.size[0], wish.size[1]);
  if (screenshot)
  {
    window->SetOffScreenRendering(true);
  }
  scene.AddTo(*window);
  scene.Resize(wish.size[0], wish.size[1]);
  scene.Update();
  window->Render();
  say("first picture");
  if (screenshot)
  {
    WritePicture(*window, parsed.Text("screenshot"));
    std::cout << parsed.Text("screenshot") << '\n';
  }
  else
  {
    RunWindow(scene, *window, title);
  }
  return 0;
}
} // namespace
} // namespace isolux

int
main(int argc, char * argv[])
{
  return isolux::ExitCodeOf("isolux",
                            [&] { return isolux::ShowImages(isolux::Arguments(argv + 1, argv + argc), argv); });
}
