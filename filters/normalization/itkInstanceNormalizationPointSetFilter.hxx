#ifndef itkInstanceNormalizationPointSetFilter_hxx
#define itkInstanceNormalizationPointSetFilter_hxx

#include <cmath>
#include <vector>

namespace itk
{
template <typename TPointSet>
void
InstanceNormalizationPointSetFilter<TPointSet>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Epsilon >= 0.0))
  {
    itkExceptionMacro("Epsilon must be >= 0 (squared attribute), got " << m_Epsilon << '.');
  }
  if (m_Inverse && m_Gamma == 0.0)
  {
    itkExceptionMacro("Inverse needs a Gamma that is not 0.");
  }
}

template <typename TPointSet>
void
InstanceNormalizationPointSetFilter<TPointSet>::GenerateData()
{
  const TPointSet * input = this->GetInput();
  TPointSet *       output = this->GetOutput();
  output->Graft(input);
  const auto * data = input->GetPointData();
  if (data == nullptr || data->Size() == 0)
  {
    return;
  }
  using TraitsType = DefaultConvertPixelTraits<PixelType>;
  struct Map
  {
    double from;
    double scale;
    double to;
  };
  std::vector<Map> maps;
  for (const MeanAndVariance & moments : this->GetMoments().components)
  {
    const bool   spread = moments.variance > 0.0;
    const double deviation = std::sqrt(moments.variance + m_Epsilon);
    const double mean = std::isnan(moments.mean) ? 0.0 : moments.mean;
    maps.push_back(m_Inverse ? Map{ m_Beta, spread ? deviation / m_Gamma : 0.0, mean }
                             : Map{ mean, spread ? m_Gamma / deviation : 0.0, m_Beta });
  }
  const auto normalized = TPointSet::PointDataContainer::New();
  for (auto datum = data->Begin(); datum != data->End(); ++datum)
  {
    PixelType attribute = datum.Value();
    if (const auto components = NumericTraits<PixelType>::GetLength(attribute); components != maps.size())
    {
      itkExceptionMacro("Moments must be one for each component: there are "
                        << maps.size() << ", the attribute of point " << datum.Index() << " has " << components << '.');
    }
    for (unsigned int component = 0; component < maps.size(); ++component)
    {
      const auto value = static_cast<double>(TraitsType::GetNthComponent(component, attribute));
      if (value - value == 0.0) // finite
      {
        const Map & map = maps[component];
        TraitsType::SetNthComponent(
          component,
          attribute,
          static_cast<typename TraitsType::ComponentType>((value - map.from) * map.scale + map.to));
      }
    }
    normalized->InsertElement(datum.Index(), attribute);
  }
  output->SetPointData(normalized);
}

template <typename TPointSet>
void
InstanceNormalizationPointSetFilter<TPointSet>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Epsilon: " << m_Epsilon << '\n';
  os << indent << "Gamma: " << m_Gamma << '\n';
  os << indent << "Beta: " << m_Beta << '\n';
  os << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
