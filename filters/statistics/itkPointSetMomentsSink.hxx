#ifndef itkPointSetMomentsSink_hxx
#define itkPointSetMomentsSink_hxx

#include <cmath>
#include <type_traits>

namespace itk
{
namespace PointSetMomentsDetail
{
template <typename TPointSet, typename = void>
struct HasCells : std::false_type
{
};
template <typename TPointSet>
struct HasCells<TPointSet, std::void_t<typename TPointSet::CellsContainer>> : std::true_type
{
};
} // namespace PointSetMomentsDetail

template <typename TPointSet>
void
PointSetMomentsSink<TPointSet>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_DensityRadius >= 0.0 && std::isfinite(m_DensityRadius)))
  {
    itkExceptionMacro("DensityRadius must be >= 0 (mm) and finite, got " << m_DensityRadius << '.');
  }
  if (m_Weighting == PointWeighting::Area && !PointSetMomentsDetail::HasCells<TPointSet>::value)
  {
    itkExceptionMacro("Weighting Area needs a mesh: a point set has no cells; use Density, or Weights.");
  }
}

template <typename TPointSet>
typename PointSetMomentsSink<TPointSet>::WeightsType
PointSetMomentsSink<TPointSet>::WeightsOfAttributes() const
{
  const TPointSet * input = this->GetInput();
  const auto *      data = input->GetPointData();
  WeightsType       weights(data->Size(), 1.0);
  if (const auto * decorated = this->ProcessObject::GetInput("Weights"))
  {
    const auto & given = static_cast<const SimpleDataObjectDecorator<WeightsType> *>(decorated)->Get();
    if (given.size() != weights.size())
    {
      itkExceptionMacro("Weights must be one for each of the " << weights.size() << " attributes, got " << given.size()
                                                               << '.');
    }
    for (std::size_t i = 0; i < given.size(); ++i)
    {
      if (!(given[i] >= 0.0 && given[i] <= 1e60))
      {
        itkExceptionMacro("Weights must be in [0, 1e60], weight " << i << " is " << given[i] << '.');
      }
    }
    weights = given;
  }
  if (m_Weighting == PointWeighting::Equal)
  {
    return weights;
  }
  WeightsType ofPoints;
  if (m_Weighting == PointWeighting::Density)
  {
    ofPoints = DensityWeights(input, m_DensityRadius);
  }
  else if constexpr (PointSetMomentsDetail::HasCells<TPointSet>::value)
  {
    ofPoints = AreaWeights(input);
  }
  std::size_t place = 0; // both containers are in the order of their identifiers
  std::size_t i = 0;
  auto        point = input->GetPoints()->Begin();
  for (auto datum = data->Begin(); datum != data->End(); ++datum, ++i)
  {
    while (place < ofPoints.size() && point.Index() < datum.Index())
    {
      ++point;
      ++place;
    }
    if (place == ofPoints.size() || point.Index() != datum.Index())
    {
      itkExceptionMacro("Weighting needs a position for every attribute: there is no point " << datum.Index() << '.');
    }
    weights[i] *= ofPoints[place];
  }
  return weights;
}

template <typename TPointSet>
void
PointSetMomentsSink<TPointSet>::GenerateData()
{
  const auto * data = this->GetInput()->GetPointData();
  if (data == nullptr || data->Size() == 0)
  {
    this->SetMoments(PointSetMoments());
    return;
  }
  const WeightsType weights = this->WeightsOfAttributes();
  const auto        components = NumericTraits<PixelType>::GetLength(data->Begin().Value());
  PointSetMoments   moments;
  for (unsigned int component = 0; component < components; ++component)
  {
    MomentAccumulator   accumulator;
    const unsigned char inside = 1;
    std::size_t         i = 0;
    for (auto datum = data->Begin(); datum != data->End(); ++datum, ++i)
    {
      if (const auto length = NumericTraits<PixelType>::GetLength(datum.Value()); length != components)
      {
        itkExceptionMacro("All attributes must have as many components as the first, "
                          << components << "; that of point " << datum.Index() << " has " << length << '.');
      }
      const auto value =
        static_cast<double>(DefaultConvertPixelTraits<PixelType>::GetNthComponent(component, datum.Value()));
      // A run of its own for each point: what it adds depends on nothing else.
      accumulator.AddWeighted(&value, &inside, &weights[i], 1);
    }
    moments.components.push_back({ accumulator.Mean(), accumulator.Variance(), accumulator.Count() });
  }
  this->SetMoments(moments);
}

template <typename TPointSet>
void
PointSetMomentsSink<TPointSet>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Weighting: " << static_cast<int>(m_Weighting) << '\n';
  os << indent << "DensityRadius: " << m_DensityRadius << '\n';
}
} // namespace itk
#endif
