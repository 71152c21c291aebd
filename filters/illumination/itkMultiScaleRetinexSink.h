#ifndef itkMultiScaleRetinexSink_h
#define itkMultiScaleRetinexSink_h

#include "itkLearnerSink.h"
#include "itkSmoothField.h"

#include "itkSimpleDataObjectDecorator.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <ostream>
#include <vector>

namespace itk
{
template <unsigned int>
class GaussianPyramid;

/** What the surround rests on. */
struct MultiScaleRetinexSummary
{
  std::uint64_t maskVoxels{ 0 };
  std::uint64_t excluded{ 0 };   ///< mask voxels left out of every surround: not finite, or not positive
  double        surround{ 1.0 }; ///< mean of the surround inside the mask; 1 where no voxel counts
  std::uint64_t fieldNodes{ 0 }; ///< of the grid that the surround is kept on

  bool
  operator==(const MultiScaleRetinexSummary & other) const
  {
    return maskVoxels == other.maskVoxels && excluded == other.excluded && surround == other.surround &&
           fieldNodes == other.fieldNodes;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const MultiScaleRetinexSummary & summary)
  {
    return os << summary.maskVoxels << " mask voxels, " << summary.excluded << " excluded, mean surround "
              << summary.surround << ", " << summary.fieldNodes << " nodes";
  }
};

/** \class MultiScaleRetinexSink
 * \brief Learns the surround of single- and multi-scale Retinex: log S = sum_k w_k log(G_k * x), to divide by.
 *
 * G_k are Gaussians of deviation Scales, in mm, one for single-scale Retinex, and w_k their Weights, divided by their
 * sum. Means are those of the voxels that count (GaussianPyramid): inside the mask, positive and finite, between 1e-18
 * and 1e18. Below Floor times the mean of these, a mean counts as that: what is all but empty is not made bright.
 * Divided by the Field (IlluminationCorrectionImageFilter), whose mean over these voxels is 1, an image stays in its
 * unit; NormalizeOff() leaves the field in intensities, and LogReflectanceImageFilter makes of the quotient the
 * classical sum_k w_k (log x - log(G_k * x)).
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces. Kept is a number for about one voxel in
 * (Scale / 2 voxels)^n, of the finest scale; the time does not rise with the scales. Below 4 voxels it is
 * one for every voxel, in five times the time, whatever the scale.
 *
 * \par Properties
 * - A gain of the image leaves the normalised field as it is, and multiplies that in intensities.
 * - Of a constant image the field is constant, up to the border of image and mask: no dark rim.
 * - Scales are in mm along each axis, whatever its spacing; an axis of one voxel is left out. To keep frames of a
 * series apart, give each to a sink of its own.
 * - The surround of one scale is within 5e-4 of the image's range of that of a direct Gaussian.
 * - The same bits for every number of threads and stream divisions, on every processor.
 * - Where no voxel counts the field is 1.
 *
 * \par Reference
 * D. Jobson, Z. Rahman, G. Woodell, IEEE Trans. Image Process. 6:451 and 6:965, 1997. DOI 10.1109/83.557356 and
 * 10.1109/83.597272
 * \ingroup Illumination
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT MultiScaleRetinexSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MultiScaleRetinexSink);

  using Self = MultiScaleRetinexSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  static constexpr unsigned int Dimension = TInputImage::ImageDimension;
  static constexpr double       DefaultFloor = 0.01;
  static std::vector<double>
  DefaultScales()
  {
    return { 15.0, 80.0, 250.0 };
  }

  itkNewMacro(Self);
  itkTypeMacro(MultiScaleRetinexSink, LearnerSink);

  /** Log of the surround, relative to its mean or in intensities. */
  itkGetDecoratedOutputMacro(Field, SmoothField);
  itkGetDecoratedOutputMacro(Summary, MultiScaleRetinexSummary);

  /** Deviations of the Gaussians, in mm, > 0, in any order. */
  void
  SetScales(const std::vector<double> & scales)
  {
    if (m_Scales != scales)
    {
      m_Scales = scales;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Scales, std::vector<double>);

  /** Of the scales, >= 0, any sum above 0. Default, and where empty: all alike. */
  void
  SetWeights(const std::vector<double> & weights)
  {
    if (m_Weights != weights)
    {
      m_Weights = weights;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Weights, std::vector<double>);

  /** Fraction, in [0, 1), of the image's mean inside the mask that a surround does not fall below. */
  itkSetMacro(Floor, double);
  itkGetConstMacro(Floor, double);

  /** Whether the field has mean 1 inside the mask, or is in intensities. Default on. */
  itkSetMacro(Normalize, bool);
  itkGetConstMacro(Normalize, bool);
  itkBooleanMacro(Normalize);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Field")
    {
      return SimpleDataObjectDecorator<SmoothField>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<MultiScaleRetinexSummary>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  MultiScaleRetinexSink()
  {
    this->SetField(SmoothField{});
    this->SetSummary(MultiScaleRetinexSummary{});
  }
  ~MultiScaleRetinexSink() override = default;

  itkSetDecoratedOutputMacro(Field, SmoothField);
  itkSetDecoratedOutputMacro(Summary, MultiScaleRetinexSummary);

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  BeforeStreamedGenerateData() override;
  void
  StreamedGenerateData(unsigned int division) override;
  void
  AfterStreamedGenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  using PyramidType = GaussianPyramid<Dimension>;

  std::vector<double> m_Scales{ DefaultScales() };
  std::vector<double> m_Weights;
  double              m_Floor{ DefaultFloor };
  bool                m_Normalize{ true };

  std::vector<double>          m_Shares; // of the pyramid's scales, the finest first; their sum is 1
  std::unique_ptr<PyramidType> m_Pyramid;
  std::atomic<std::uint64_t>   m_MaskVoxels{ 0 };
  std::atomic<std::uint64_t>   m_Counted{ 0 };
};
} // namespace itk

#include "itkMultiScaleRetinexSink.hxx"
#endif
