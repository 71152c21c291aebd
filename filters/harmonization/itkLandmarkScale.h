#ifndef itkLandmarkScale_h
#define itkLandmarkScale_h

#include "itkExactSum.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace itk
{
/** \class LandmarkScale
 * \brief Nyul's standard scale: where the quantiles of a typical image lie, learned from many.
 *
 * A case's landmarks are its intensities at given probabilities. Mapped linearly so that the first comes to 0 and the
 * last to 1, their means over the cases are the positions u of the standard landmarks; these are low + (high - low) u.
 * The range is the mean of the cases' own first and last landmarks, unless the user wants another. Sums are exact, so
 * that merging is associative and commutative to the last bit.
 *
 * \par Reference
 * L. Nyul, J. Udupa, On standardizing the MR image intensity scale, Magn. Reson. Med. 42:1072, 1999.
 * DOI 10.1002/(SICI)1522-2594(199912)42:6<1072::AID-MRM11>3.0.CO;2-M
 * \ingroup Harmonization
 */
class LandmarkScale
{
public:
  /** The first and the last percentile and the deciles, as Nyul's method is mostly used. */
  static std::vector<double>
  DefaultProbabilities()
  {
    return { 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99 };
  }

  /** Everything that is known, as ExactSum::Terms(). */
  struct Record
  {
    std::uint64_t                    cases{ 0 };
    std::vector<double>              low;
    std::vector<double>              high;
    std::vector<std::vector<double>> positions; ///< one for each probability
  };

  explicit LandmarkScale(const std::vector<double> & probabilities = DefaultProbabilities())
    : m_Probabilities(probabilities)
    , m_Positions(probabilities.size())
  {
  }

  /** \throws std::invalid_argument where the record has not a position for each probability. */
  LandmarkScale(const std::vector<double> & probabilities, const Record & record)
    : m_Probabilities(probabilities)
    , m_Cases(record.cases)
    , m_Low(record.low)
    , m_High(record.high)
  {
    if (record.positions.size() != probabilities.size())
    {
      throw std::invalid_argument("LandmarkScale: a position for each probability is needed");
    }
    for (const auto & position : record.positions)
    {
      m_Positions.emplace_back(position);
    }
  }

  Record
  ToRecord() const
  {
    Record record{ m_Cases, m_Low.Terms(), m_High.Terms(), {} };
    for (const auto & position : m_Positions)
    {
      record.positions.push_back(position.Terms());
    }
    return record;
  }

  /** A case's intensities at the probabilities. False, and nothing is added, where the last is not above the first. */
  bool
  Add(const std::vector<double> & landmarks)
  {
    const bool spans =
      landmarks.size() == m_Positions.size() && !landmarks.empty() && landmarks.back() > landmarks.front();
    for (std::size_t i = 0; spans && i < landmarks.size(); ++i)
    {
      m_Positions[i].Add((landmarks[i] - landmarks.front()) / (landmarks.back() - landmarks.front()));
    }
    if (spans)
    {
      m_Low.Add(landmarks.front());
      m_High.Add(landmarks.back());
      ++m_Cases;
    }
    return spans;
  }

  /** \throws std::invalid_argument where the other's probabilities are not the same. */
  void
  Merge(const LandmarkScale & other)
  {
    if (other.m_Probabilities != m_Probabilities)
    {
      throw std::invalid_argument("LandmarkScale: landmarks at other probabilities cannot be merged");
    }
    m_Cases += other.m_Cases;
    m_Low.Merge(other.m_Low);
    m_High.Merge(other.m_High);
    for (std::size_t i = 0; i < m_Positions.size(); ++i)
    {
      m_Positions[i].Merge(other.m_Positions[i]);
    }
  }

  const std::vector<double> &
  Probabilities() const
  {
    return m_Probabilities;
  }

  std::uint64_t
  Cases() const
  {
    return m_Cases;
  }

  /** The standard landmarks over the cases' own mean range; none of no case. */
  std::vector<double>
  Standard() const
  {
    const auto n = static_cast<double>(m_Cases);
    return this->Standard(m_Low.Value() / n, m_High.Value() / n);
  }

  /** The standard landmarks from `low` to `high`. */
  std::vector<double>
  Standard(double low, double high) const
  {
    std::vector<double> standard;
    for (std::size_t i = 0; m_Cases > 0 && i < m_Positions.size(); ++i)
    {
      const double position = m_Positions[i].Value() / static_cast<double>(m_Cases);
      // the last one exactly, and none beyond it by a rounding
      standard.push_back(position >= 1.0 ? high : std::min(low + (high - low) * position, high));
    }
    return standard;
  }

private:
  std::vector<double>   m_Probabilities;
  std::uint64_t         m_Cases{ 0 };
  ExactSum              m_Low;
  ExactSum              m_High;
  std::vector<ExactSum> m_Positions;
};
} // namespace itk

#endif
