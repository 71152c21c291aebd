#ifndef itkRobustScaleSink_hxx
#define itkRobustScaleSink_hxx

namespace itk
{
template <typename TInputImage, typename TMaskImage>
void
RobustScaleSink<TInputImage, TMaskImage>::Configure()
{
  this->SetProbabilities({ m_LowerProbability, 0.25, 0.5, 0.75, m_UpperProbability });
  this->SetMedianAbsoluteDeviation(m_Method == RobustMethod::MedianMad);
  this->SetTrimmedMoments(m_Method == RobustMethod::Trimmed);
}

template <typename TInputImage, typename TMaskImage>
void
RobustScaleSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  if (!(m_LowerProbability >= 0.0 && m_LowerProbability <= 0.25))
  {
    itkExceptionMacro("LowerProbability must be in [0, 0.25], got " << m_LowerProbability << '.');
  }
  if (!(m_UpperProbability >= 0.75 && m_UpperProbability <= 1.0))
  {
    itkExceptionMacro("UpperProbability must be in [0.75, 1], got " << m_UpperProbability << '.');
  }
  Superclass::VerifyPreconditions();
}

template <typename TInputImage, typename TMaskImage>
void
RobustScaleSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  const ImageQuantiles & measured = this->GetQuantiles();
  const auto &           quantile = measured.values; // of the lower probability, 0.25, 0.5, 0.75, the upper one
  CentreAndScale         learned;
  learned.lower = quantile[0];
  learned.upper = quantile[4];
  switch (m_Method)
  {
    case RobustMethod::MedianMad:
      learned.centre = quantile[2];
      learned.scale = measured.medianAbsoluteDeviation * DeviationOverMedianAbsoluteDeviation;
      break;
    case RobustMethod::MedianIqr:
      learned.centre = quantile[2];
      learned.scale = (quantile[3] - quantile[1]) / InterquartileRangeOverDeviation;
      break;
    case RobustMethod::Trimmed:
      learned.centre = measured.trimmedMean;
      learned.scale = measured.trimmedDeviation;
      break;
    case RobustMethod::Window:
      learned.centre = quantile[0];
      learned.scale = quantile[4] - quantile[0];
      break;
  }
  this->SetCentreAndScale(learned);
}

template <typename TInputImage, typename TMaskImage>
void
RobustScaleSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Method: " << static_cast<int>(m_Method) << '\n';
  os << indent << "LowerProbability: " << m_LowerProbability << '\n';
  os << indent << "UpperProbability: " << m_UpperProbability << '\n';
}
} // namespace itk
#endif
