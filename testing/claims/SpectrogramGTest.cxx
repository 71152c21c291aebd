#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

constexpr double      Pi = 3.14159265358979323846;
constexpr std::size_t Window = 256;
constexpr std::size_t Hop = 128;
constexpr std::size_t Frequencies = Window / 2;

/** Log magnitude of the short-time spectrum: time along x, frequency along y. */
WorkImage::Pointer
Spectrogram(const std::vector<double> & signal)
{
  std::vector<double> cosine(Window);
  std::vector<double> sine(Window);
  for (std::size_t i = 0; i < Window; ++i)
  {
    cosine[i] = std::cos(2.0 * Pi * static_cast<double>(i) / Window);
    sine[i] = std::sin(2.0 * Pi * static_cast<double>(i) / Window);
  }
  const std::size_t frames = (signal.size() - Window) / Hop + 1;
  return MakeWorkImage({ { frames, Frequencies, 1, 1 } },
                       [&](std::size_t i)
                       {
                         const double * const begin = signal.data() + i % frames * Hop;
                         const std::size_t    frequency = i / frames;
                         double               real = 0.0;
                         double               imaginary = 0.0;
                         for (std::size_t n = 0; n < Window; ++n)
                         {
                           const double sample = begin[n] * (0.5 - 0.5 * cosine[n]); // Hann
                           real += sample * cosine[frequency * n % Window];
                           imaginary += sample * sine[frequency * n % Window];
                         }
                         return std::log(std::hypot(real, imaginary) + 1e-3);
                       });
}

/** A voice: harmonics of a gliding tone under two resonances, in syllables, and breath. 8000 samples a second. */
std::vector<double>
Voice()
{
  Random              random(5);
  std::vector<double> signal(24000);
  double              phase = 0.0;
  for (std::size_t i = 0; i < signal.size(); ++i)
  {
    const double time = static_cast<double>(i) / 8000.0;
    const double pitch = 140.0 + 50.0 * std::sin(2.0 * Pi * 0.7 * time);
    phase += 2.0 * Pi * pitch / 8000.0;
    const double syllable = 0.05 + std::pow(std::sin(2.0 * Pi * 2.0 * time), 2);
    for (int harmonic = 1; harmonic * pitch < 3800.0; ++harmonic)
    {
      const double low = (harmonic * pitch - 600.0) / 150.0;
      const double high = (harmonic * pitch - 1800.0 - 400.0 * std::sin(2.0 * Pi * 1.3 * time)) / 250.0;
      signal[i] += syllable * std::sin(harmonic * phase) * (1.0 / (1.0 + low * low) + 0.5 / (1.0 + high * high));
    }
    signal[i] += random.Normal(0.0, 0.02);
  }
  return signal;
}

/** The photographed page, read line by line. */
std::vector<double>
ScanLines()
{
  const auto          pixels = PixelsOf(ReadImage("photos/page.png").GetPointer());
  std::vector<double> signal;
  std::transform(
    pixels.begin(), pixels.end(), std::back_inserter(signal), [](float pixel) { return pixel / 255.0 - 0.5; });
  return signal;
}

/** Courses along one axis, one for each position along the other. */
std::vector<std::vector<double>>
Courses(const WorkImage * image, Axis axis)
{
  const auto                       size = image->GetLargestPossibleRegion().GetSize();
  std::vector<std::vector<double>> courses(axis == X ? size[1] : size[0]);
  for (std::size_t i = 0; i < size[0] * size[1]; ++i)
  {
    courses[axis == X ? i / size[0] : i % size[0]].push_back(image->GetBufferPointer()[i]);
  }
  return courses;
}

/** Correlations, lowest first, of each course along the axis before and after. */
std::vector<double>
Kept(const WorkImage * before, const WorkImage * after, Axis axis)
{
  const auto          was = Courses(before, axis);
  const auto          is = Courses(after, axis);
  std::vector<double> correlations;
  for (std::size_t i = 0; i < was.size(); ++i)
  {
    correlations.push_back(Correlation(was[i], is[i]));
  }
  std::sort(correlations.begin(), correlations.end());
  return correlations;
}

class Spectrograms : public Claim
{
};
} // namespace

TEST_F(Spectrograms, EachAxisKeepsItsShapeAndLosesTheOthers)
{
  for (const auto & [name, signal] : { std::pair<std::string, std::vector<double>>{ "a synthetic voice", Voice() },
                                       { "scan lines of a photographed page", ScanLines() } })
  {
    const auto on = name + ", log spectrogram";
    const auto spectrogram = Spectrogram(signal);
    const auto overTime = [](const WorkImage * image) { return Normalized(image, Learning{ nullptr, { Y } }); };
    const auto overFrequency = [](const WorkImage * image) { return Normalized(image, Learning{ nullptr, { X } }); };
    const auto middle = [](const std::vector<double> & sorted) { return sorted[sorted.size() / 2]; };

    this->State("IN over time keeps each frequency's course in time and loses the spectrum's shape");
    const auto timed = overTime(spectrogram);
    this->Holds(
      on, "course in time, before with after: least correlation", Kept(spectrogram, timed, X).front(), Near(1.0, 1e-6));
    this->Holds(
      on, "spectrum, before with after: median correlation", middle(Kept(spectrogram, timed, Y)), AtMost(0.9));
    // a microphone's response
    const auto size = spectrogram->GetLargestPossibleRegion().GetSize();
    const auto withResponse =
      Mapped(spectrogram,
             [&](double value, std::size_t i) { return value + std::sin(0.1 * static_cast<double>(i / size[0])); });
    this->Holds(on + ", a gain for each frequency",
                "over time: largest change",
                LargestDifference(overTime(withResponse), timed),
                RoundingUpTo(2e-5)); // roundings to float of log magnitudes, over a deviation of 0.1 at least

    this->State("IN over frequency keeps each moment's spectrum and loses the course in time");
    const auto shaped = overFrequency(spectrogram);
    this->Holds(
      on, "spectrum, before with after: least correlation", Kept(spectrogram, shaped, Y).front(), Near(1.0, 1e-6));
    this->Holds(
      on, "course in time, before with after: median correlation", middle(Kept(spectrogram, shaped, X)), AtMost(0.9));
    const auto withVolume =
      Mapped(spectrogram,
             [&](double value, std::size_t i) { return value + std::sin(0.3 * static_cast<double>(i % size[0])); });
    this->Holds(on + ", a gain for each moment",
                "over frequency: largest change",
                LargestDifference(overFrequency(withVolume), shaped),
                RoundingUpTo(2e-5));
    this->Holds(on + ", a gain for each frequency",
                "over frequency: largest change",
                LargestDifference(overFrequency(withResponse), shaped),
                AtLeast(0.1));
    this->Holds(on + ", a gain for each moment",
                "over time: largest change",
                LargestDifference(overTime(withVolume), timed),
                AtLeast(0.1));
  }
}
