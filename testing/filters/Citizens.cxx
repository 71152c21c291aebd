#include "Citizens.h"

#include "itkBandEnergySink.h"
#include "itkBandNormalizationImageFilter.h"
#include "itkDivisiveNormalizationImageFilter.h"
#include "itkFieldGateImageFilter.h"
#include "itkFieldGateSink.h"
#include "itkForegroundSink.h"
#include "itkHistogramModeSink.h"
#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"
#include "itkImageStatisticsSink.h"
#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"
#include "itkLogReflectanceImageFilter.h"
#include "itkMultiScaleRetinexSink.h"
#include "itkN4FieldSink.h"
#include "itkPoissonRetinexImageFilter.h"
#include "itkQuantileNormalizationImageFilter.h"
#include "itkQuantileSink.h"
#include "itkRetinexReflectanceImageFilter.h"
#include "itkRobustNormalizationImageFilter.h"
#include "itkRobustScaleSink.h"
#include "itkRunMaskImageSource.h"
#include "itkStackIlluminationImageFilter.h"
#include "itkStackIlluminationSink.h"
#include "itkVariationalRetinexImageFilter.h"

namespace isolux::testing
{
namespace
{
using ImageType = CitizenImage;

const ImageType *
Head()
{
  static const ImageType::Pointer head = []
  {
    Random     random(7);
    const auto image = MakeImage<ImageType>({ { 26, 22, 45 } }, [](std::size_t) { return 0.0; });
    const auto whole = image->GetLargestPossibleRegion();
    for (std::size_t i = 0; i < whole.GetNumberOfPixels(); ++i)
    {
      const auto   index = itk::IndexOf(whole, i);
      double       radius = 0.0;
      double       shade = 1.0;
      unsigned int block = 0;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        const auto   place = index[axis] - whole.GetIndex(axis);
        const double x = 2.0 * static_cast<double>(place) / static_cast<double>(whole.GetSize(axis) - 1) - 1.0;
        radius += x * x;
        shade += (axis == 1 ? -0.2 : 0.15) * x;
        block += static_cast<unsigned int>(place / 4);
      }
      const double tissue = (block % 2 == 0 ? 100.0 : 60.0) * shade * random.Uniform(0.97, 1.03);
      image->GetBufferPointer()[i] = static_cast<float>(radius < 1.2 ? tissue : random.Uniform(0.1, 1.0));
    }
    return image;
  }();
  return head;
}

template <typename TSink>
typename TSink::Pointer
Learner(ImageType * image, unsigned int divisions)
{
  const auto sink = TSink::New();
  sink->SetInput(image);
  sink->SetNumberOfStreamDivisions(divisions);
  return sink;
}

template <typename TFilter>
typename TFilter::Pointer
Applier(ImageType * image)
{
  const auto filter = TFilter::New();
  filter->SetInput(image);
  return filter;
}

using MomentsNorm = itk::InstanceNormalizationImageFilter<ImageType>;
using RobustNorm = itk::RobustNormalizationImageFilter<ImageType>;
using Correction = itk::IlluminationCorrectionImageFilter<ImageType>;
using Reflectance = itk::RetinexReflectanceImageFilter<ImageType>;
using Surround = itk::MultiScaleRetinexSink<ImageType>;

Surround::Pointer
SurroundOf(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<Surround>(image, divisions);
  sink->SetScales({ 3.0, 12.0 });
  return sink;
}

template <typename TSink>
Chain
Corrected(const TSink & sink, ImageType * image)
{
  const auto filter = Applier<Correction>(image);
  filter->SetFieldInput(sink->GetFieldOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

template <typename TFilter>
Chain
Reflected(ImageType * image)
{
  const auto illumination = Applier<TFilter>(image);
  const auto filter = Applier<Reflectance>(image);
  filter->SetLogIllumination(illumination->GetOutput());
  return { { { illumination.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
InstanceNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::InstanceMomentsSink<ImageType>>(image, divisions);
  const auto filter = Applier<MomentsNorm>(image);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
SliceNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::InstanceMomentsSink<ImageType>>(image, divisions);
  sink->SetKeptAxes({ false, true, true });
  const auto filter = Applier<MomentsNorm>(image);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
DivisiveNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::ImageStatisticsSink<ImageType>>(image, divisions);
  const auto filter = Applier<itk::DivisiveNormalizationImageFilter<ImageType>>(image);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  filter->SetPool(2.0);
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
RobustlyNormed(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::RobustScaleSink<ImageType>>(image, divisions);
  const auto filter = Applier<RobustNorm>(image);
  filter->SetCentreAndScaleInput(sink->GetCentreAndScaleOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
ModeNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::HistogramModeSink<ImageType>>(image, divisions);
  const auto filter = Applier<RobustNorm>(image);
  filter->SetCentreAndScaleInput(sink->GetCentreAndScaleOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
QuantileNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::QuantileSink<ImageType>>(image, divisions);
  sink->SetProbabilities({ 0.1, 0.5, 0.9 });
  const auto filter = Applier<itk::QuantileNormalizationImageFilter<ImageType>>(image);
  filter->SetLandmarksInput(sink->GetQuantilesOutput());
  filter->SetStandardLandmarks({ 0.0, 7.0, 10.0 });
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
BandNorm(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::BandEnergySink<ImageType>>(image, divisions);
  sink->SetScales({ 1.0, 2.0 });
  sink->SetAxes({ true, true, true });
  sink->SetReferenceEnergies({ 30.0, 10.0 });
  const auto filter = Applier<itk::BandNormalizationImageFilter<ImageType>>(image);
  filter->SetGainsInput(sink->GetGainsOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
HistogramRetinex(ImageType * image, unsigned int divisions)
{
  return Corrected(Learner<itk::HistogramRetinexSink<ImageType>>(image, divisions), image);
}

Chain
N4(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::N4FieldSink<ImageType>>(image, divisions);
  sink->SetIterations({ 8, 8 });
  sink->SetShrinkFactor(2);
  return Corrected(sink, image);
}

Chain
SurroundRetinex(ImageType * image, unsigned int divisions)
{
  return Corrected(SurroundOf(image, divisions), image);
}

Chain
LogReflectance(ImageType * image, unsigned int divisions)
{
  auto       chain = SurroundRetinex(image, divisions);
  const auto filter = Applier<itk::LogReflectanceImageFilter<ImageType>>(chain.output);
  chain.output = filter->GetOutput();
  chain.parts.push_back({ filter.GetPointer(), false });
  return chain;
}

Chain
GatedField(ImageType * image, unsigned int divisions)
{
  const auto sink = SurroundOf(image, divisions);
  const auto gate = Learner<itk::FieldGateSink<ImageType>>(image, divisions);
  gate->SetFieldInput(sink->GetFieldOutput());
  gate->SetMinimumDeviation(0.0);
  gate->SetMinimumEntropyGain(0.0);
  const auto filter = Applier<Correction>(image);
  filter->SetFieldInput(gate->GetPassedFieldOutput());
  return { { { sink.GetPointer(), true }, { gate.GetPointer(), true }, { filter.GetPointer(), false } },
           filter->GetOutput() };
}

Chain
GatedImage(ImageType * image, unsigned int divisions)
{
  auto       chain = SurroundRetinex(image, divisions);
  const auto gate = Learner<itk::FieldGateSink<ImageType>>(image, divisions);
  gate->SetCorrectedImage(chain.output);
  const auto filter = Applier<itk::FieldGateImageFilter<ImageType>>(image);
  filter->SetCorrectedImage(chain.output);
  filter->SetGateInput(gate->GetSummaryOutput());
  chain.output = filter->GetOutput();
  chain.parts.push_back({ gate.GetPointer(), true });
  chain.parts.push_back({ filter.GetPointer(), false });
  return chain;
}

Chain
Stack(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::StackIlluminationSink<ImageType>>(image, divisions);
  const auto filter = Applier<itk::StackIlluminationImageFilter<ImageType>>(image);
  filter->SetIlluminationInput(sink->GetIlluminationOutput());
  return { { { sink.GetPointer(), true }, { filter.GetPointer(), false } }, filter->GetOutput() };
}

Chain
Poisson(ImageType * image, unsigned int)
{
  return Reflected<itk::PoissonRetinexImageFilter<ImageType>>(image);
}

Chain
Variational(ImageType * image, unsigned int)
{
  return Reflected<itk::VariationalRetinexImageFilter<ImageType>>(image);
}

Chain
Foreground(ImageType * image, unsigned int divisions)
{
  const auto sink = Learner<itk::ForegroundSink<ImageType>>(image, divisions);
  const auto source = itk::RunMaskImageSource<ImageType>::New();
  source->SetRunsInput(sink->GetRunsOutput());
  source->SetGrid(image);
  return { { { sink.GetPointer(), true }, { source.GetPointer(), false } }, source->GetOutput() };
}
} // namespace

CitizenImage::RegionType
CountingSource::Whole()
{
  return Head()->GetLargestPossibleRegion();
}

CitizenImage::Pointer
CountingSource::InMemory(double gain)
{
  const auto source = New();
  source->SetGain(gain);
  source->Update();
  const CitizenImage::Pointer image = source->GetOutput();
  image->DisconnectPipeline();
  return image;
}

void
CountingSource::GenerateOutputInformation()
{
  this->GetOutput()->CopyInformation(Head());
}

void
CountingSource::GenerateData()
{
  this->AllocateOutputs();
  const auto region = this->GetOutput()->GetBufferedRegion();
  regions.push_back(region);
  itk::ForEachRow(this->GetOutput(),
                  region,
                  [&](const auto & index, float * row)
                  {
                    const auto * head = Head()->GetBufferPointer() + Head()->ComputeOffset(index);
                    for (std::size_t i = 0; i < region.GetSize(0); ++i)
                    {
                      row[i] = static_cast<float>(m_Gain * static_cast<double>(head[i]));
                    }
                  });
}

std::ostream &
operator<<(std::ostream & os, const Citizen & citizen)
{
  return os << citizen.name;
}

const std::vector<Citizen> &
Citizens()
{
  constexpr auto pointwise = CitizenAccess::Pointwise;
  constexpr auto neighbourhood = CitizenAccess::Neighbourhood;
  constexpr auto whole = CitizenAccess::WholeImage;
  const auto     none = itk::Size<3>::Filled(0);
  // Twice 4 deviations of 2 mm, at spacings of 0.7, 1.1 and 3 mm.
  static const std::vector<Citizen> citizens = {
    { "InstanceNormalization", pointwise, 1, none, none, false, InstanceNorm },
    { "InstanceNormalizationOfRows", pointwise, 1, none, none, false, SliceNorm },
    { "DivisiveNormalization", neighbourhood, 1, none, { { 24, 16, 6 } }, false, DivisiveNorm },
    { "RobustNormalization", pointwise, 4, none, none, false, RobustlyNormed },
    { "HistogramMode", pointwise, 4, none, none, false, ModeNorm },
    { "QuantileNormalization", pointwise, 2, none, none, false, QuantileNorm },
    { "BandNormalization", neighbourhood, 1, { { 24, 16, 6 } }, { { 12, 8, 3 } }, true, BandNorm },
    { "HistogramRetinex", pointwise, 1, { { 4, 4, 1 } }, none, true, HistogramRetinex },
    { "N4Field", pointwise, 1, none, none, true, N4 },
    { "MultiScaleRetinex", pointwise, 1, none, none, false, SurroundRetinex },
    { "LogReflectance", pointwise, 1, none, none, false, LogReflectance },
    { "FieldGate", pointwise, 2, none, none, false, GatedField },
    { "FieldGateImage", pointwise, 2, none, none, false, GatedImage },
    { "StackIllumination", pointwise, 1, none, none, true, Stack },
    { "PoissonRetinex", whole, 1, none, none, true, Poisson },
    { "VariationalRetinex", whole, 1, none, none, true, Variational },
    { "Foreground", CitizenAccess::None, 2, none, none, false, Foreground },
  };
  return citizens;
}

std::string
CitizenBits()
{
  std::string lines;
  for (const auto & citizen : Citizens())
  {
    const auto chain = citizen.connect(CountingSource::InMemory(1.0), 1);
    chain.output->GetSource()->UpdateLargestPossibleRegion();
    std::uint64_t sum = 0;
    for (const float pixel : PixelsOf(chain.output.GetPointer()))
    {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &pixel, sizeof(bits));
      sum = itk::SplitMix64(sum ^ bits);
    }
    lines += citizen.name + " " + std::to_string(sum) + "\n";
  }
  return lines;
}
} // namespace isolux::testing
