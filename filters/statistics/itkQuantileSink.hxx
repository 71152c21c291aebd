#ifndef itkQuantileSink_hxx
#define itkQuantileSink_hxx

#include <cmath>

namespace itk
{
template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  double before = 0.0;
  for (const double probability : m_Probabilities)
  {
    if (!(probability >= before && probability <= 1.0))
    {
      itkExceptionMacro("Probabilities must be in [0, 1] and rise, got " << probability << " after " << before << '.');
    }
    before = probability;
  }
  if (m_Probabilities.empty())
  {
    itkExceptionMacro("Probabilities must not be empty.");
  }
  if (m_MedianAbsoluteDeviation &&
      std::find(m_Probabilities.begin(), m_Probabilities.end(), 0.5) == m_Probabilities.end())
  {
    itkExceptionMacro("MedianAbsoluteDeviation needs 0.5, the median, among Probabilities.");
  }
}

template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Survey = IntensitySurvey{};
  m_Counts = ExactQuantiles::Counts{};
  m_Result = ImageQuantiles{};
}

template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int division)
{
  const unsigned int pass = division / this->GetNumberOfDivisions();
  const bool         isFirstOfPass = division % this->GetNumberOfDivisions() == 0;
  const bool         isSurvey = pass % 2 == 0;
  if (isFirstOfPass && isSurvey && pass > 0)
  {
    this->FinishIntensities();
    m_Median = m_Selected.Quantile(0.5);
  }
  if (isFirstOfPass && !isSurvey)
  {
    m_Selected = pass == 1 ? ExactQuantiles(m_Survey.sketch, m_Probabilities, m_TrimmedMoments)
                           : ExactQuantiles(m_Survey.sketch, { 0.5 });
  }
  const auto eachRow = [this, pass](const RegionType & slab, auto && f)
  {
    const TInputImage * image = this->GetInput();
    const TMaskImage *  mask = this->GetMaskImage();
    FloatRow            row;
    ForEachRow(image,
               slab,
               [&](const typename TInputImage::IndexType & index, const auto * pixels)
               {
                 row.Assign(pixels, MaskAt(mask, index), slab.GetSize(0));
                 for (std::size_t i = 0; pass > 1 && i < row.values.size(); ++i)
                 {
                   constexpr auto bound = static_cast<double>(std::numeric_limits<float>::max());
                   const double   deviation = std::abs(static_cast<double>(row.values[i]) - m_Median);
                   row.values[i] = static_cast<float>(std::min(deviation, bound));
                 }
                 f(row);
               });
  };
  if (isSurvey)
  {
    ReduceRegion(this->GetMultiThreader(),
                 this->m_Region,
                 m_Survey,
                 [&](const RegionType & slab, IntensitySurvey & survey)
                 { eachRow(slab, [&](const FloatRow & row) { survey.Add(row); }); });
  }
  else
  {
    ReduceRegion(this->GetMultiThreader(),
                 this->m_Region,
                 m_Counts,
                 [&](const RegionType & slab, ExactQuantiles::Counts & counts)
                 { eachRow(slab, [&](FloatRow & row) { m_Selected.Add(row, counts); }); });
  }
}

template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::FinishIntensities()
{
  m_Selected.SetCounts(std::move(m_Counts));
  for (const double probability : m_Probabilities)
  {
    m_Result.values.push_back(m_Selected.Quantile(probability));
  }
  const double first = m_Result.values.front();
  const double last = m_Result.values.back();
  m_Result.voxels = m_Selected.Count();
  m_Result.nan = m_Survey.nan;
  m_Result.infinite = m_Survey.infinite;
  m_Result.below = m_Selected.CountBelow(first);
  m_Result.above = m_Selected.CountAbove(last);
  m_Result.minimum = m_Survey.Minimum();
  m_Result.maximum = m_Survey.Maximum();
  if (m_TrimmedMoments)
  {
    const auto & moments = m_Selected.Moments();
    m_Result.trimmedVoxels = moments.Count();
    m_Result.trimmedMean = moments.Count() > 0 ? moments.Mean() : first + 0.5 * (last - first);
    m_Result.trimmedDeviation = moments.Count() > 0 ? std::sqrt(moments.Variance()) : 0.0;
  }
  m_Survey = IntensitySurvey{};
  m_Counts = ExactQuantiles::Counts{};
}

template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  if (m_MedianAbsoluteDeviation)
  {
    m_Selected.SetCounts(std::move(m_Counts));
    m_Result.medianAbsoluteDeviation = m_Selected.Quantile(0.5);
  }
  else
  {
    this->FinishIntensities();
  }
  this->SetQuantiles(m_Result);
  m_Survey = IntensitySurvey{};
  m_Selected = ExactQuantiles{};
  m_Counts = ExactQuantiles::Counts{};
}

template <typename TInputImage, typename TMaskImage>
void
QuantileSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Probabilities:";
  for (const double probability : m_Probabilities)
  {
    os << ' ' << probability;
  }
  os << '\n';
  os << indent << "MedianAbsoluteDeviation: " << m_MedianAbsoluteDeviation << '\n';
  os << indent << "TrimmedMoments: " << m_TrimmedMoments << '\n';
}
} // namespace itk
#endif
