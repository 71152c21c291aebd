#ifndef itkBandEnergySink_h
#define itkBandEnergySink_h

#include "itkBandEnergies.h"
#include "itkExactSum.h"
#include "itkLearnerSink.h"
#include "itkMaskedGaussian.h"

#include "itkSimpleDataObjectDecorator.h"

#include <functional>
#include <vector>

namespace itk
{
/** \class BandEnergySink
 * \brief Energies of an image's frequency bands inside a mask, and what other gains of the bands would make of them.
 *
 * Bands are differences of Gaussian means with the deviations Scales, see BandEnergies.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces with a rim of 8 times the largest scale along the
 * axes that are smoothed. Memory: about 5 n floats for each voxel of a plane, of n bands; where the slowest axis is
 * smoothed, of a piece with its rim.
 *
 * \par Properties
 * - The same bits for every number of threads and stream divisions.
 * - A gain of the image multiplies the energies, an offset leaves them, up to rounding.
 * - White noise has, in each band, the energy that the kernels' difference lets through.
 * - The energies foretold for gains are those that are measured after a BandNormalizationImageFilter applied them.
 * - Mask, image border and non-finite voxels, which are counted, are holes of the Gaussians: an edge outside the mask
 * adds nothing. An empty mask gives energies 0 and gains 1.
 *
 * \par Reference
 * L. Gallardo-Estrella et al., European Radiology 26:478, 2016. DOI 10.1007/s00330-015-3824-y
 * \ingroup Harmonization
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT BandEnergySink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(BandEnergySink);

  using Self = BandEnergySink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using GaussianType = MaskedGaussian<TInputImage::ImageDimension>;
  using AxesType = typename GaussianType::AxesType;
  using GainsType = BandGains<TInputImage::ImageDimension>;

  static constexpr double DefaultMaximumGain = 50.0;

  itkNewMacro(Self);
  itkTypeMacro(BandEnergySink, LearnerSink);

  /** Of the image as it is. */
  itkGetDecoratedOutputMacro(Energies, BandEnergies);

  /** One for each band, see BandEnergies::SolveGains(). */
  itkGetDecoratedOutputMacro(Gains, GainsType);

  /** Deviations of the Gaussians, in mm, >= 0, finest first; band j lies between the ones before it and its own. */
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

  /** Energies that the gains are to bring the bands to, in intensity, finest first. Bands beyond the list keep gain 1.
   * Default: none. */
  void
  SetReferenceEnergies(const std::vector<double> & energies)
  {
    if (m_ReferenceEnergies != energies)
    {
      m_ReferenceEnergies = energies;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(ReferenceEnergies, std::vector<double>);

  /** Gains lie in [1 / MaximumGain, MaximumGain], >= 1. */
  itkSetMacro(MaximumGain, double);
  itkGetConstMacro(MaximumGain, double);

  /** Axes that are smoothed along. Default: the first two, in which a CT kernel acts. */
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

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Energies")
    {
      return SimpleDataObjectDecorator<BandEnergies>::New().GetPointer();
    }
    return name == "Gains" ? SimpleDataObjectDecorator<GainsType>::New().GetPointer() : Superclass::MakeOutput(name);
  }

protected:
  BandEnergySink()
  {
    m_Axes.fill(false);
    m_Axes[0] = m_Axes[1] = true;
    this->SetEnergies(BandEnergies{});
    this->SetGains({});
  }
  ~BandEnergySink() override = default;

  itkSetDecoratedOutputMacro(Energies, BandEnergies);
  itkSetDecoratedOutputMacro(Gains, GainsType);

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
  using Buffer = std::vector<float>;

  /** Of one band of every part of the image. */
  struct Sums
  {
    std::vector<ExactSum> values;
    std::vector<ExactSum> products; // of two parts: upper triangle, row by row
    std::uint64_t         voxels{ 0 };
    std::uint64_t         skipped{ 0 };

    explicit Sums(std::size_t parts = 0)
      : values(parts)
      , products(parts * (parts + 1) / 2)
    {
    }
    void
    Merge(const Sums & other);
  };

  /** Calls report() once, and twice for each scale. */
  void
  AddPiece(const RegionType & piece, const std::function<void()> & report);
  /** Adds what fine - coarse of each part, buffers over `region`, holds in `piece` inside the mask. */
  void
  AddBand(const RegionType &          piece,
          const RegionType &          region,
          const Buffer &              weights,
          const std::vector<Buffer> & fine,
          const std::vector<Buffer> & coarse,
          Sums &                      total);

  std::vector<double> m_Scales{ BandEnergies::DefaultScales() };
  std::vector<double> m_ReferenceEnergies;
  double              m_MaximumGain{ DefaultMaximumGain };
  AxesType            m_Axes{};

  std::vector<typename GaussianType::KernelsType> m_Kernels; // of each scale
  std::vector<Sums>                               m_Totals;  // of each band
};
} // namespace itk

#include "itkBandEnergySink.hxx"
#endif
