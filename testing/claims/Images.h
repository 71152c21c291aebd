#pragma once

#include "Stage.h"

#include "itkInstanceMoments.h"
#include "itkMomentAccumulator.h"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/** Real images, and the product's normalization of them in few words. */
namespace isolux::testing
{
using Pixels = std::vector<float>;
using Images = std::vector<WorkImage::Pointer>;
using Moments = itk::InstanceMoments<4>;

enum Axis
{
  X,
  Y,
  Z,
  T
};

/** "heads/ixi013_T1w.nii.gz": a channel of an image of data/. */
WorkImage::Pointer
ReadImage(const std::string & name, std::size_t channel = 0);

/** Voxels whose value is one of `labels`. */
MaskImage::Pointer
ReadMask(const std::string & name, const std::vector<int> & labels);

/** A head of data/ with the masks that belong to it. */
struct Head
{
  explicit Head(const std::string & name);

  WorkImage::Pointer image;
  MaskImage::Pointer brain;
  MaskImage::Pointer greyMatter;
  MaskImage::Pointer whiteMatter;
};

/** Pixels f(0), f(1), ... in storage order; x is fastest. */
WorkImage::Pointer
MakeWorkImage(const std::array<std::size_t, 4> & size, const std::function<double(std::size_t)> & f);

/** f(pixel, its place in storage order) */
WorkImage::Pointer
Mapped(const WorkImage * image, const std::function<double(double, std::size_t)> & f);

/** gain * x + offset */
WorkImage::Pointer
Scaled(const WorkImage * image, double gain, double offset);

/** A box, from `start`, of `size`. */
WorkImage::Pointer
Cut(const WorkImage * image, const std::array<long, 4> & start, const std::array<std::size_t, 4> & size);
MaskImage::Pointer
Cut(const MaskImage * mask, const std::array<long, 4> & start, const std::array<std::size_t, 4> & size);

/** Squares of `size` pixels, side by side, of each slice. */
Images
Patches(const WorkImage * image, std::size_t size);

/** The slices first, ..., last - 1. */
Images
Slices(const WorkImage * image, long first, long last);

/** Real images of three kinds, as they lie in data/. */
struct ImageSet
{
  std::string name;
  Images      images;
};

/** Slices of a head, patches of the microscope's tiles, patches of the photographs. */
std::vector<ImageSet>
ImageSets();

Pixels
Inside(const WorkImage * image, const MaskImage * mask);

/** What a learner is asked for. */
struct Learning
{
  const MaskImage * mask = nullptr;
  std::vector<Axis> kept = {}; ///< axes along which each position has statistics of its own
  const WorkImage * weights = nullptr;
};

/** By itk::InstanceMomentsSink. */
Moments
MomentsOf(const WorkImage * image, const Learning & learning = {});

void
AddTo(itk::MomentAccumulator & accumulator, const WorkImage * image, const MaskImage * mask);

/** What a site would send. */
itk::MomentAccumulator
Accumulated(const WorkImage * image, const MaskImage * mask = nullptr);

/** Of every image: what batch normalization takes. */
itk::MomentAccumulator
Accumulated(const Images & images);

itk::MeanAndVariance
MomentsOf(const itk::MomentAccumulator & accumulator);

double
DeviationOf(const itk::MeanAndVariance & moments);

/** The applier's parameters. No epsilon unless one is asked for. */
struct Applying
{
  double gamma = 1.0;
  double beta = 0.0;
  double epsilon = 0.0;
  bool   inverse = false;
};

/** By itk::InstanceNormalizationImageFilter. */
WorkImage::Pointer
Normalized(const WorkImage * image, const Moments & moments, const Applying & applying = {});

/** By its own moments. */
WorkImage::Pointer
Normalized(const WorkImage * image, const Learning & learning = {}, const Applying & applying = {});

/** Largest difference of two images of one size. */
double
LargestDifference(const WorkImage * a, const WorkImage * b);

/** Of figures that are measured; of voxels the learner tells it. */
double
Deviation(const std::vector<double> & values);

/** Pearson's. 0 where one of them is constant. */
double
Correlation(const std::vector<double> & a, const std::vector<double> & b);
} // namespace isolux::testing
