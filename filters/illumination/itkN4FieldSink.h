#ifndef itkN4FieldSink_h
#define itkN4FieldSink_h

#include "itkLearnerSink.h"
#include "itkN4FieldFit.h"
#include "itkSmoothField.h"

#include "itkSimpleDataObjectDecorator.h"

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

namespace itk
{
/** What the estimate rests on. */
struct N4Summary
{
  std::uint64_t             maskVoxels{ 0 };
  std::uint64_t             excluded{ 0 }; ///< mask voxels left out of the fit: not finite, or not positive
  std::uint64_t             samples{ 0 };  ///< sub-sampled voxels that the fit rests on
  std::vector<unsigned int> iterations;    ///< of each level

  bool
  operator==(const N4Summary & other) const
  {
    return maskVoxels == other.maskVoxels && excluded == other.excluded && samples == other.samples &&
           iterations == other.iterations;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const N4Summary & summary)
  {
    os << summary.samples << " samples of " << summary.maskVoxels << " mask voxels, " << summary.excluded
       << " excluded, iterations";
    for (const unsigned int iterations : summary.iterations)
    {
      os << ' ' << iterations;
    }
    return os;
  }
};

/** \class N4FieldSink
 * \brief Learns the bias field of an image as N4 does, with the parameters and defaults of ANTs.
 *
 * Every ShrinkFactor-th voxel of the mask along each axis, those that ShrinkImageFilter takes, goes into an N4FieldFit.
 * The field is the SmoothField that itk::N4BiasFieldCorrectionImageFilter finds, driven as ANTs's N4BiasFieldCorrection
 * drives it: the image is padded to whole spans where SplineDistance is given, and the lattice is stretched over the
 * grid by voxel index. The field's level stays what the fit leaves, unless UnitMean is on; intensities are not
 * rescaled. Outside the mask the field continues, within its range inside. Along a fourth axis it does not vary. Unlike
 * ITK: voxels that are not positive are left out instead of taken for logarithms, an axis of one voxel is left out of
 * the lattice, and the shrink factor is lowered along axes shorter than two of it.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces. The mask is held whole.
 *
 * \par Properties
 * - ITK's field, to 1e-4 root mean square in the log inside the mask; or to what ITK's own changes by with its number
 * of threads, up to 2e-3, where a convergence measure lies so close to the threshold that rounding ends a level.
 * - The same bits for every number of threads and stream divisions.
 * - Mask voxels that are not finite or not positive, or whose weight is not above 0, are left out of the fit.
 * - None, or all of one intensity, give a field of 1, never an exception.
 * - Nowhere does the field leave its range inside the mask.
 * - With UnitMean on, the field is the same but for a factor, and its geometric mean inside the mask is 1.
 *
 * \par Reference
 * N. Tustison et al., N4ITK: improved N3 bias correction, IEEE TMI 29:1310, 2010. DOI 10.1109/TMI.2010.2046908
 * \ingroup Illumination
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT N4FieldSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(N4FieldSink);

  using Self = N4FieldSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;
  using PixelType = typename TInputImage::PixelType;

  static constexpr unsigned int Dimension = TInputImage::ImageDimension;
  static constexpr unsigned int SpatialDimension = Dimension < 3 ? Dimension : 3;
  static constexpr unsigned int DefaultShrinkFactor = 4;
  static constexpr unsigned int MaximumMesh = 8;
  static constexpr unsigned int MaximumLevels = 8;
  static std::vector<unsigned int>
  DefaultMesh()
  {
    return { 1 };
  }

  using WeightImageType = Image<float, Dimension>;

  itkNewMacro(Self);
  itkTypeMacro(N4FieldSink, LearnerSink);

  itkGetDecoratedOutputMacro(Field, SmoothField);
  itkGetDecoratedOutputMacro(Summary, N4Summary);

  /** Of each voxel in the fit, ITK's confidence; 0: left out. Of the image's extent, or of extent 1 along axes, as the
   * mask. Optional. */
  itkSetInputMacro(WeightImage, WeightImageType);
  itkGetInputMacro(WeightImage, WeightImageType);

  /** Every so many voxels are taken along each axis, 1 or more. */
  itkSetMacro(ShrinkFactor, unsigned int);
  itkGetConstMacro(ShrinkFactor, unsigned int);

  /** Iterations at most of each level, 1 to 8 levels. Each level has twice the spans of the one before. */
  void
  SetIterations(const std::vector<unsigned int> & iterations)
  {
    this->SetValue(m_Parameters.iterations, iterations);
  }
  const std::vector<unsigned int> &
  GetIterations() const
  {
    return m_Parameters.iterations;
  }

  /** A level ends where the coefficient of variation of the field's change is not above it; 0: after its iterations. */
  void
  SetConvergenceThreshold(double threshold)
  {
    this->SetValue(m_Parameters.convergenceThreshold, threshold);
  }
  double
  GetConvergenceThreshold() const
  {
    return m_Parameters.convergenceThreshold;
  }

  /** Of the Gaussian that the histogram is deconvolved by, in log intensity, above 0. */
  void
  SetFullWidthAtHalfMaximum(double fullWidth)
  {
    this->SetValue(m_Parameters.fullWidthAtHalfMaximum, fullWidth);
  }
  double
  GetFullWidthAtHalfMaximum() const
  {
    return m_Parameters.fullWidthAtHalfMaximum;
  }

  /** Of the deconvolution, above 0: what is added to the power of the Gaussian's transform. */
  void
  SetWienerNoise(double noise)
  {
    this->SetValue(m_Parameters.wienerNoise, noise);
  }
  double
  GetWienerNoise() const
  {
    return m_Parameters.wienerNoise;
  }

  /** 3 to 65536. */
  void
  SetHistogramBins(unsigned int bins)
  {
    this->SetValue(m_Parameters.histogramBins, bins);
  }
  unsigned int
  GetHistogramBins() const
  {
    return m_Parameters.histogramBins;
  }

  /** Spans of the first level, 1 to 8: one for all spatial axes or one for each. Of no effect with a SplineDistance.
   */
  void
  SetMesh(const std::vector<unsigned int> & mesh)
  {
    this->SetValue(m_Mesh, mesh);
  }
  itkGetConstReferenceMacro(Mesh, std::vector<unsigned int>);

  /** Length in mm of the first level's spans: one for all spatial axes or one for each; empty: as Mesh says. */
  void
  SetSplineDistance(const std::vector<double> & distance)
  {
    this->SetValue(m_SplineDistance, distance);
  }
  itkGetConstReferenceMacro(SplineDistance, std::vector<double>);

  /** Lay the lattice where the samples are, instead of stretching it over the grid as ANTs does. */
  itkSetMacro(LatticeByPosition, bool);
  itkGetConstMacro(LatticeByPosition, bool);
  itkBooleanMacro(LatticeByPosition);

  /** Bring the field's geometric mean inside the mask to 1: of several frames or channels that are to be compared,
   * whose fields the fit leaves at levels of their own. */
  itkSetMacro(UnitMean, bool);
  itkGetConstMacro(UnitMean, bool);
  itkBooleanMacro(UnitMean);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Field")
    {
      return SimpleDataObjectDecorator<SmoothField>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<N4Summary>::New().GetPointer() : Superclass::MakeOutput(name);
  }

protected:
  N4FieldSink()
  {
    this->SetField(SmoothField{});
    this->SetSummary(N4Summary{});
    this->m_ReadingShare = 0.3;
  }
  ~N4FieldSink() override = default;

  itkSetDecoratedOutputMacro(Field, SmoothField);
  itkSetDecoratedOutputMacro(Summary, N4Summary);

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateNthInputRequestedRegion(unsigned int division) override;
  void
  BeforeStreamedGenerateData() override;
  void
  StreamedGenerateData(unsigned int division) override;
  void
  AfterStreamedGenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  /** Where samples lie along an axis, in voxels from the image's first one. */
  struct Sampling
  {
    long         first{ 0 }; // of the padded image's samples; may lie outside the image
    long         step{ 1 };
    long         count{ 1 }; // of the padded image
    long         begin{ 0 }; // samples inside the image: begin .. end - 1
    long         end{ 1 };
    long         lower{ 0 };  // voxels padded before the image
    long         extent{ 1 }; // of the padded image
    unsigned int spans{ 0 };  // 0: the axis is left out
  };

  template <typename TValue>
  void
  SetValue(TValue & member, const TValue & value)
  {
    if (member != value)
    {
      member = value;
      this->Modified();
    }
  }

  void
  SetUpSampling();
  void
  TakeSamples(const IndexType & index, const PixelType * row);
  /** Sets the field's bounds to its range inside the mask, and its level where UnitMean is on. */
  void
  BoundField(SmoothField & field) const;

  unsigned int              m_ShrinkFactor{ DefaultShrinkFactor };
  N4Parameters              m_Parameters;
  std::vector<unsigned int> m_Mesh{ DefaultMesh() };
  std::vector<double>       m_SplineDistance;
  bool                      m_LatticeByPosition{ false };
  bool                      m_UnitMean{ false };

  std::array<Sampling, SmoothField::MaximumDimension> m_Sampling;
  std::vector<float> m_LogIntensities; // of the samples inside the image; NaN: left out
  std::vector<float> m_Weights;
  N4Summary          m_Counts;
};
} // namespace itk

#include "itkN4FieldSink.hxx"
#endif
