#pragma once

#include "FilterTest.h"

#include "itkImageSource.h"

#include <functional>
#include <ostream>
#include <string>
#include <vector>

/** The filters and learners of filters/, each connected as a user connects it, so that one test holds for all. */
namespace isolux::testing
{
using CitizenImage = itk::Image<float, 3>;

/** A head, times Gain, of awkward geometry. Hands out what it is asked for and no more, and notes it. */
class CountingSource : public itk::ImageSource<CitizenImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(CountingSource);

  using Self = CountingSource;
  using Superclass = itk::ImageSource<CitizenImage>;
  using Pointer = itk::SmartPointer<Self>;
  using RegionType = CitizenImage::RegionType;

  itkNewMacro(Self);
  itkTypeMacro(CountingSource, ImageSource);

  itkSetMacro(Gain, double);

  /** The same without a source. */
  static CitizenImage::Pointer
  InMemory(double gain);
  static RegionType
  Whole();

  std::vector<RegionType> regions; ///< that were generated, in order

protected:
  CountingSource() = default;
  ~CountingSource() override = default;

  void
  GenerateOutputInformation() override;
  void
  GenerateData() override;

private:
  double m_Gain{ 1.0 };
};

enum class CitizenAccess
{
  None, ///< draws what was learned
  Pointwise,
  Neighbourhood,
  WholeImage
};

struct Part
{
  itk::ProcessObject::Pointer filter;
  bool                        learns; ///< an applier reads what it has learned
};

struct Chain
{
  std::vector<Part>     parts; ///< ours, in the order in which they run
  CitizenImage::Pointer output;
};

struct Citizen
{
  std::string            name;
  CitizenAccess          access; ///< of the applier; WholeImage: of the learner
  unsigned int           reads;  ///< of the whole input, by the learners
  CitizenImage::SizeType rimOfLearner;
  CitizenImage::SizeType rimOfApplier;
  bool                   isLong; ///< the learner computes for a while, and not only while it reads
  std::function<Chain(CitizenImage *, unsigned int)> connect; ///< to an image, the learners in so many divisions
};

std::ostream &
operator<<(std::ostream & os, const Citizen & citizen);

const std::vector<Citizen> &
Citizens();

/** A line for each: its name, and a sum of the bits of its output. */
std::string
CitizenBits();

} // namespace isolux::testing
