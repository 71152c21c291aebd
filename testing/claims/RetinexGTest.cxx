#include "Images.h"
#include "Table.h"

#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include <algorithm>
#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::MaskImage;
using isolux::WorkImage;

constexpr double Pi = 3.14159265358979323846;

class Retinex : public Claim
{
};

/** Sum of the differences to the neighbours: Neumann borders, there is none beyond. */
WorkImage::Pointer
Laplacian(const WorkImage * image)
{
  const auto                       size = image->GetLargestPossibleRegion().GetSize();
  const std::array<std::size_t, 4> strides{ { 1, size[0], size[0] * size[1], size[0] * size[1] * size[2] } };
  return Mapped(image,
                [&](double value, std::size_t i)
                {
                  const float * const pixel = image->GetBufferPointer() + i;
                  double              sum = 0.0;
                  for (unsigned int axis = 0; axis < 4; ++axis)
                  {
                    const std::size_t position = i / strides[axis] % size[axis];
                    const auto        stride = static_cast<std::ptrdiff_t>(strides[axis]);
                    sum += position > 0 ? pixel[-stride] - value : 0.0;
                    sum += position + 1 < size[axis] ? pixel[stride] - value : 0.0;
                  }
                  return sum;
                });
}

/** cos(pi k (i + 1/2) / n) of each axis: the Laplacian's eigenvectors. */
WorkImage::Pointer
Cosine(const WorkImage * image, const std::array<int, 3> & wave)
{
  const auto                         size = image->GetLargestPossibleRegion().GetSize();
  std::array<std::vector<double>, 3> along;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    for (std::size_t i = 0; i < size[axis]; ++i)
    {
      along[axis].push_back(
        std::cos(Pi * wave[axis] * (static_cast<double>(i) + 0.5) / static_cast<double>(size[axis])));
    }
  }
  return Mapped(image,
                [&](double, std::size_t i)
                { return along[0][i % size[0]] * along[1][i / size[0] % size[1]] * along[2][i / size[0] / size[1]]; });
}

/** Of the image in the cosines of up to two half waves along each axis: of the constant, and of all others. */
struct LowEnergy
{
  double constant = 0.0;
  double smooth = 0.0;
};

LowEnergy
LowEnergyOf(const WorkImage * image)
{
  LowEnergy energy;
  for (int code = 0; code < 27; ++code)
  {
    const auto cosine = Cosine(image, { { code % 3, code / 3 % 3, code / 9 } });
    double     product = 0.0;
    double     square = 0.0;
    for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
    {
      const double value = cosine->GetBufferPointer()[i];
      product += value * image->GetBufferPointer()[i];
      square += value * value;
    }
    (code == 0 ? energy.constant : energy.smooth) +=
      product * product / square / static_cast<double>(image->GetLargestPossibleRegion().GetNumberOfPixels());
  }
  return energy;
}

/** The log field that histogram-retinex divides a head by. */
WorkImage::Pointer
LogFieldOf(const WorkImage * image, const MaskImage * mask)
{
  const auto learner = itk::HistogramRetinexSink<WorkImage, MaskImage>::New();
  learner->SetInput(image);
  learner->SetMaskImage(mask);
  learner->Update();
  const auto applier = itk::IlluminationCorrectionImageFilter<WorkImage>::New();
  applier->SetInput(Mapped(image, [](double, std::size_t) { return 1.0; }));
  applier->SetField(learner->GetField());
  applier->SetInverse(true);
  applier->Update();
  return Mapped(applier->GetOutput(), [](double value, std::size_t) { return std::log(value); });
}

/** The smallest box around a mask, as start and size. */
std::pair<std::array<long, 4>, std::array<std::size_t, 4>>
BoxAround(const MaskImage * mask)
{
  const auto          size = mask->GetLargestPossibleRegion().GetSize();
  std::array<long, 4> low{ { 1000, 1000, 1000, 0 } };
  std::array<long, 4> high{ { 0, 0, 0, 0 } };
  for (std::size_t i = 0; i < mask->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const std::array<std::size_t, 3> index{ { i % size[0], i / size[0] % size[1], i / size[0] / size[1] } };
    for (unsigned int axis = 0; axis < 3 && mask->GetBufferPointer()[i] != 0; ++axis)
    {
      low[axis] = std::min(low[axis], static_cast<long>(index[axis]));
      high[axis] = std::max(high[axis], static_cast<long>(index[axis]));
    }
  }
  std::array<std::size_t, 4> extent{};
  for (unsigned int axis = 0; axis < 4; ++axis)
  {
    extent[axis] = static_cast<std::size_t>(high[axis] - low[axis]) + 1;
  }
  return { low, extent };
}

WorkImage::Pointer
LogOf(const WorkImage * image)
{
  return Mapped(image, [](double value, std::size_t) { return std::log(std::max(value, 1.0)); });
}

/** IN's first step alone: the mean is removed, the deviation stays. */
WorkImage::Pointer
WithoutMean(const WorkImage * image)
{
  return Normalized(image, Learning{}, { DeviationOf(MomentsOf(image).moments[0]) });
}
} // namespace

TEST_F(Retinex, RemovingTheMeanIsRemovingTheNullSpaceOfTheLaplacian)
{
  const auto image = LogOf(Cut(ReadImage("heads/ixi013_T1w.nii.gz"), { { 30, 20, 20, 0 } }, { { 40, 40, 30, 1 } }));
  const auto centred = WithoutMean(image);
  const std::string on = "log of a box in the brain of ixi013";
  this->State("removing the mean of the log image removes what the Laplacian (Neumann borders) does not see");
  this->Shows(on, "deviation of L(x)", DeviationOf(MomentsOf(Laplacian(image)).moments[0]));
  // x is near 7, rounded to float by 2.4e-7, seven times
  this->Holds(
    on, "largest of L(x - mean) - L(x)", LargestDifference(Laplacian(centred), Laplacian(image)), RoundingUpTo(5e-6));
  this->Shows(on, "energy in the constant, before", LowEnergyOf(image).constant);
  this->Holds(on, "energy in the constant, after", LowEnergyOf(centred).constant, RoundingUpTo(1e-12));

  this->State("the constant is all that the Laplacian does not see");
  const auto small = Cut(image, { { 0, 0, 0, 0 } }, { { 6, 5, 4, 1 } });
  int        unseen = 0;
  double     error = 0.0;
  for (int code = 0; code < 120; ++code)
  {
    const std::array<int, 3> wave{ { code % 6, code / 6 % 5, code / 30 } };
    const auto               cosine = Cosine(small, wave);
    const double             eigenvalue =
      2.0 * (std::cos(Pi * wave[0] / 6.0) + std::cos(Pi * wave[1] / 5.0) + std::cos(Pi * wave[2] / 4.0) - 3.0);
    error = std::max(error, LargestDifference(Laplacian(cosine), Scaled(cosine, eigenvalue, 0.0)));
    unseen += std::abs(eigenvalue) < 1e-6 ? 1 : 0;
  }
  this->Holds("the 120 cosines of a 6 x 5 x 4 grid", "largest error as eigenvectors of L", error, RoundingUpTo(5e-6));
  this->Holds("the 120 cosines of a 6 x 5 x 4 grid", "eigenvalues that are 0", unseen, Exactly(1));
}

TEST_F(Retinex, RetinexRemovesTheSmoothRemainderThatTheMeanLeaves)
{
  const Head head("ixi013");
  const auto size = head.image->GetLargestPossibleRegion().GetSize();
  const auto [start, extent] = BoxAround(head.brain);
  const auto known = Mapped(head.image,
                            [&](double, std::size_t i)
                            {
                              const auto along = [](std::size_t position, std::size_t length)
                              { return static_cast<double>(position) / static_cast<double>(length) - 0.5; };
                              const double x = along(i % size[0], size[0]);
                              const double y = along(i / size[0] % size[1], size[1]);
                              const double z = along(i / size[0] / size[1], size[2]);
                              return 0.4 * x - 0.5 * y * y + 0.3 * z + 0.6 * x * z;
                            });
  const auto shaded =
    Mapped(head.image, [&](double value, std::size_t i) { return value * std::exp(known->GetBufferPointer()[i]); });

  const auto box = [start = start, extent = extent](const WorkImage * image) { return Cut(image, start, extent); };
  const auto before = LowEnergyOf(box(known)).smooth;
  const auto byMean = LowEnergyOf(WithoutMean(box(known))).smooth;
  const auto fieldOfShaded = LogFieldOf(shaded, head.brain);
  const auto fieldOfHead = LogFieldOf(head.image, head.brain);
  const auto rest =
    Mapped(known,
           [&](double value, std::size_t i)
           {
             // Outside the brain a field is bounded by what it is inside.
             return head.brain->GetBufferPointer()[i] == 0
                      ? 0.0
                      : value - (fieldOfShaded->GetBufferPointer()[i] - fieldOfHead->GetBufferPointer()[i]);
           });
  const auto inBrain =
    Mapped(known, [&](double value, std::size_t i) { return head.brain->GetBufferPointer()[i] == 0 ? 0.0 : value; });
  const auto        byRetinex = LowEnergyOf(box(rest)).smooth;
  const std::string on = "ixi013 with a known field, its log in low cosines of the brain's box";

  this->State("removing the mean is like removing a slowly varying illumination");
  this->Shows(on, "energy of the field, without the constant", before);
  this->IsWeaker(on,
                 "share of it that is left without the mean",
                 byMean / before,
                 AtMost(0.5),
                 "of an illumination that varies at all, removing the mean leaves everything");
  this->State("Retinex removes the smooth remainder too");
  this->Holds(on,
              "share of it, inside the brain, that is left after histogram-retinex",
              byRetinex / LowEnergyOf(box(inBrain)).smooth,
              AtMost(0.1));
}
