#ifndef itkBandEnergies_h
#define itkBandEnergies_h

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <utility>
#include <vector>

namespace itk
{
/** \class BandEnergies
 * \brief What an image's bands hold inside a mask, for any gains: E_j(g)^2 = g' A_j g.
 *
 * A band is the difference of two Gaussian means, B_j x = G_(j-1) x - G_j x with G_0 x = x; they and the residual G_n x
 * add up to the image. Bands overlap: band j of an image in which band i was multiplied by g_i also holds what the
 * others leak into it. A_j is the covariance, inside the mask, of band j of every band and of the residual, whose gain
 * is 1.
 *
 * \ingroup Harmonization
 */
class BandEnergies
{
public:
  /** In mm: where CT kernels differ. Coarser bands hold edges rather than noise. */
  static std::vector<double>
  DefaultScales()
  {
    return { 0.5, 1.0 };
  }

  BandEnergies() = default;

  /** A covariance matrix, row by row, for each band: of bands + 1 rows, the residual last. `voxels` they rest on. */
  BandEnergies(std::vector<std::vector<double>> covariances, std::uint64_t voxels, std::uint64_t skipped)
    : m_Covariances(std::move(covariances))
    , m_Voxels(voxels)
    , m_Skipped(skipped)
  {
  }

  std::size_t
  Bands() const
  {
    return m_Covariances.size();
  }

  /** Finite voxels inside the mask. */
  std::uint64_t
  Voxels() const
  {
    return m_Voxels;
  }

  /** Voxels inside the mask that are not finite. */
  std::uint64_t
  Skipped() const
  {
    return m_Skipped;
  }

  /** Standard deviation of each band of the image whose bands were multiplied by `gains`, in intensity. */
  std::vector<double>
  Energies(const std::vector<double> & gains) const
  {
    std::vector<double> energies;
    for (const auto & covariance : m_Covariances)
    {
      double variance = 0.0;
      for (std::size_t i = 0; i <= this->Bands(); ++i)
      {
        for (std::size_t k = 0; k <= this->Bands(); ++k)
        {
          const double product = (i < gains.size() ? gains[i] : 1.0) * (k < gains.size() ? gains[k] : 1.0);
          variance += product * covariance[i * (this->Bands() + 1) + k];
        }
      }
      energies.push_back(std::sqrt(std::max(0.0, variance)));
    }
    return energies;
  }

  /** Of the image as it is. */
  std::vector<double>
  Energies() const
  {
    return this->Energies({});
  }

  /** Gains in [1 / maximum, maximum] that bring the energies to `references`, as near as gains can. A band of energy 0,
   * and one that has no reference, keeps gain 1. */
  std::vector<double>
  SolveGains(const std::vector<double> & references, double maximum) const
  {
    std::vector<double> gains(this->Bands(), 1.0);
    double              change = 1.0;
    for (unsigned int iteration = 0; iteration < MaximumIterations && change > Convergence; ++iteration)
    {
      change = 0.0;
      const auto energies = this->Energies(gains);
      for (std::size_t band = 0; band < std::min(this->Bands(), references.size()); ++band)
      {
        if (energies[band] > 0.0)
        {
          const double wanted = gains[band] * references[band] / energies[band];
          const double gain = std::min(std::max(wanted, 1.0 / maximum), maximum);
          change = std::max(change, std::abs(gain / gains[band] - 1.0));
          gains[band] = gain;
        }
      }
    }
    return gains;
  }

  bool
  operator==(const BandEnergies & other) const
  {
    return m_Covariances == other.m_Covariances && m_Voxels == other.m_Voxels && m_Skipped == other.m_Skipped;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const BandEnergies & energies)
  {
    for (const double energy : energies.Energies())
    {
      os << energy << ' ';
    }
    return os << "of " << energies.m_Voxels << " voxels, " << energies.m_Skipped << " skipped";
  }

private:
  static constexpr unsigned int MaximumIterations = 1000;
  static constexpr double       Convergence = 1e-9;

  std::vector<std::vector<double>> m_Covariances;
  std::uint64_t                    m_Voxels{ 0 };
  std::uint64_t                    m_Skipped{ 0 };
};

/** The gain of each band between Gaussians of deviations `scales`, in mm, along `axes`. None: the image stays as it is.
 */
template <unsigned int VDimension>
struct BandGains
{
  std::vector<double>          scales;
  std::array<bool, VDimension> axes{};
  std::vector<double>          gains; ///< as many as there are scales

  bool
  operator==(const BandGains & other) const
  {
    return scales == other.scales && axes == other.axes && gains == other.gains;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const BandGains & bands)
  {
    for (std::size_t band = 0; band < std::min(bands.scales.size(), bands.gains.size()); ++band)
    {
      os << bands.gains[band] << " to " << bands.scales[band] << " mm, ";
    }
    os << "axes";
    for (const bool axis : bands.axes)
    {
      os << ' ' << axis;
    }
    return os;
  }
};
} // namespace itk

#endif
