#ifndef itkLogIlluminationImageFilter_h
#define itkLogIlluminationImageFilter_h

#include "itkNeumannPoisson.h"
#include "itkReportProgress.h"
#include "itkThreadLimit.h"
#include "itkUpstreamChange.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <vector>

namespace itk
{
/** What an estimate of the illumination rests on. */
struct LogIlluminationSummary
{
  std::size_t         voxels{ 0 };   ///< inside the mask
  std::size_t         excluded{ 0 }; ///< of them not positive or not finite: they have no logarithm
  std::size_t         components{ 0 };
  std::size_t         iterations{ 0 };
  std::size_t         cycles{ 0 };         ///< of multigrid, the last solution's; 0 on a box
  double              reduction{ 0.0 };    ///< of the residual by multigrid, the largest that a solution ended with
  bool                isConverged{ true }; ///< whether each solution reached its tolerance
  double              minimum{ 0.0 };      ///< of the log illumination inside the mask
  double              maximum{ 0.0 };
  double              lowestIntensity{ 0.0 }; ///< of those inside the mask that are positive; 0: none is
  std::vector<double> energies;               ///< after each iteration

  /** Of a solution that was to end with `tolerance`. */
  void
  Add(const NeumannPoisson::Summary & solution, double tolerance)
  {
    cycles = solution.cycles;
    reduction = std::max(reduction, solution.reduction);
    isConverged = isConverged && solution.reduction <= tolerance;
  }

  bool
  operator==(const LogIlluminationSummary & other) const
  {
    return voxels == other.voxels && excluded == other.excluded && components == other.components &&
           iterations == other.iterations && cycles == other.cycles && reduction == other.reduction &&
           isConverged == other.isConverged && minimum == other.minimum && maximum == other.maximum &&
           lowestIntensity == other.lowestIntensity && energies == other.energies;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const LogIlluminationSummary & summary)
  {
    os << summary.voxels << " voxels, " << summary.excluded << " without logarithm, log illumination in ["
       << summary.minimum << ", " << summary.maximum << ']';
    if (!summary.isConverged)
    {
      os << ", not converged: a residual of " << summary.reduction << " is left after " << summary.cycles << " cycles";
    }
    return os;
  }
};

/** \class LogIlluminationImageFilter
 * \brief Base of filters that split the log image in log reflectance and log illumination, a value for each voxel.
 *
 * The output is the log illumination, in log intensity, with mean 0 in each connected component of the mask, so that
 * the log reflectance, log x - log illumination, keeps the mean of log x there. A derived class implements Estimate().
 *
 * \par Access
 * The whole image: neither it nor what follows until the illumination is there can stream.
 *
 * \par Properties
 * - Voxels that are not positive or not finite have no logarithm: they say nothing of the illumination, which is
 * interpolated there. Summary counts them.
 * - Outside the mask the illumination continues smoothly, within its range inside.
 * - Constant images, one voxel and an empty mask give a log illumination of 0.
 * - Along axes that are left out, each slice is estimated as if it were alone, up to the solver's tolerance.
 *
 * \ingroup Illumination
 */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT LogIlluminationImageFilter
  : public ImageToImageFilter<TInputImage, Image<float, TInputImage::ImageDimension>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LogIlluminationImageFilter);

  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  static_assert(ImageDimension <= PoissonGrid::MaximumDimension, "at most four axes");
  using OutputImageType = Image<float, ImageDimension>;
  using Self = LogIlluminationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, OutputImageType>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using RegionType = typename TInputImage::RegionType;
  using AxesType = std::array<bool, ImageDimension>;
  using SummaryDecoratorType = SimpleDataObjectDecorator<LogIlluminationSummary>;

  itkTypeMacro(LogIlluminationImageFilter, ImageToImageFilter);

  /** Non-zero inside; of the image's extent, or of extent 1 along axes, not the first, for the whole of which it holds.
   * Optional: without one everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Axes that the illumination varies along; along others each slice has its own. Default: all. */
  void
  SetAxes(const AxesType & axes)
  {
    if (m_Axes != axes)
    {
      m_Axes = axes;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Axes, AxesType);

  /** Of the last update. */
  const LogIlluminationSummary &
  GetSummary() const
  {
    return this->GetSummaryOutput()->Get();
  }
  SummaryDecoratorType *
  GetSummaryOutput()
  {
    return static_cast<SummaryDecoratorType *>(this->ProcessObject::GetOutput("Summary"));
  }
  const SummaryDecoratorType *
  GetSummaryOutput() const
  {
    return static_cast<const SummaryDecoratorType *>(this->ProcessObject::GetOutput("Summary"));
  }

  void
  UpdateOutputInformation() override;

protected:
  /** What Estimate() works on: the box around the mask. */
  struct Domain
  {
    PoissonGrid                grid;
    std::vector<float>         logImage; ///< NaN outside the mask and where there is no logarithm
    std::vector<unsigned char> inside;   ///< not 0 inside the mask; empty: everywhere
    /** Of the finest axis, mm: thresholds are for differences between neighbours. */
    double finestSpacing = 1.0;
  };

  LogIlluminationImageFilter();
  ~LogIlluminationImageFilter() override = default;

  /** Voxels: one thread is done with a pass over less before a second one is back that another process holds up. */
  static constexpr std::size_t LargestOfOneThread = std::size_t{ 1 } << 20U;

  /** Writes the log illumination of each voxel inside the mask, up to a constant for each component. */
  virtual void
  Estimate(const Domain & domain, NeumannPoisson & solver, float * illumination, LogIlluminationSummary & summary) = 0;

  /** Outside of any parallel region: a part in [0, 1] of Estimate() is done. \throws ProcessAborted */
  void
  ReportProgress(double part);

  using DataObjectPointer = DataObject::Pointer;
  DataObjectPointer
  MakeOutput(const DataObject::DataObjectIdentifierType & name) override;
  using Superclass::MakeOutput;

  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  EnlargeOutputRequestedRegion(DataObject * output) override;
  void
  GenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  static constexpr double EstimateBegin = 0.2; // of the progress
  static constexpr double EstimateEnd = 0.9;

  /** Of the mask; of extent 0 where it is empty. */
  RegionType
  BoundingBox() const;

  AxesType       m_Axes{};
  UpstreamChange m_Change;
};
} // namespace itk

#include "itkLogIlluminationImageFilter.hxx"
#endif
