#include "Pipeline.h"
#include "PipelineJson.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

// The compiled library on an image in memory, without files. With an argument: that pipeline file instead of the
// default.
namespace
{
/** A ball under a shade that falls along x, in air. */
isolux::WorkImage::Pointer
ShadedBall()
{
  constexpr int size = 32;
  auto          image = isolux::WorkImage::New();
  image->SetRegions(isolux::WorkImage::SizeType{ { size, size, size, 1 } });
  image->Allocate();
  float * voxel = image->GetBufferPointer();
  for (int z = 0; z < size; ++z)
  {
    for (int y = 0; y < size; ++y)
    {
      for (int x = 0; x < size; ++x)
      {
        const int  radius = (x - 16) * (x - 16) + (y - 16) * (y - 16) + (z - 16) * (z - 16);
        const bool core = radius < 64;
        *voxel++ = radius < 196 ? (core ? 200.0F : 100.0F) * (1.3F - 0.02F * static_cast<float>(x)) : 0.0F;
      }
    }
  }
  return image;
}
} // namespace

int
main(int argumentCount, char * arguments[])
{
  const auto       spec = argumentCount > 1 ? isolux::ReadPipelineFile(arguments[1]) : isolux::DefaultPipeline();
  isolux::Pipeline pipeline(spec, false);
  const auto       result = pipeline.Run(ShadedBall(), nullptr, isolux::Execution{});
  const auto &     report = result.report;
  std::cout << report.stages.size() << " stages, " << report.maskVoxels << " voxels, mean " << report.after.mean
            << ", deviation " << report.after.standardDeviation << "\n";
  // instance-norm's, inside the mask; eps and the rounding to float
  const bool normalized = std::abs(report.after.mean) < 1e-5 && std::abs(report.after.standardDeviation - 1.0) < 1e-4;
  return report.stages.size() == 3 && normalized ? EXIT_SUCCESS : EXIT_FAILURE;
}
