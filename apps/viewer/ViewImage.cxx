#include "ViewImage.h"

#include <vtkFloatArray.h>
#include <vtkPointData.h>
#include <vtkUnsignedShortArray.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace isolux
{
ViewImage::ViewImage(std::vector<WorkImage::Pointer> channels, std::string name, const bool hasPosition)
  : m_Channels(std::move(channels))
  , m_Name(std::move(name))
  , m_HasPosition(hasPosition)
  , m_ToRas(isolux::IndexToRas(*m_Channels[0]))
  , m_ToIndex(m_ToRas.Inverse())
{
}

ViewImage::ViewImage(const Volume & volume, std::string name)
  : ViewImage(volume.channels, std::move(name), isolux::HasPosition(volume))
{
}

const float *
ViewImage::Pixels(const std::size_t channel, const std::size_t frame) const
{
  return m_Channels[channel]->GetBufferPointer() + this->FrameAt(frame) * this->VoxelsOfFrame();
}

vtkSmartPointer<vtkImageData>
ViewImage::Frame(const std::size_t channel, const std::size_t frame) const
{
  const auto values = vtkSmartPointer<vtkFloatArray>::New();
  values->SetArray(
    const_cast<float *>(this->Pixels(channel, frame)), static_cast<vtkIdType>(this->VoxelsOfFrame()), 1); // kept by us
  auto image = vtkSmartPointer<vtkImageData>::New();
  image->SetDimensions(
    static_cast<int>(this->Size(0)), static_cast<int>(this->Size(1)), static_cast<int>(this->Size(2)));
  image->GetPointData()->SetScalars(values);
  return image;
}

std::optional<std::array<std::size_t, 3>>
ViewImage::IndexAt(const Point & point) const
{
  const Point                exact = m_ToIndex(point);
  std::array<std::size_t, 3> index{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double nearest = std::floor(exact[axis] + 0.5);
    if (!(nearest >= 0.0 && nearest < static_cast<double>(this->Size(axis))))
    {
      return std::nullopt;
    }
    index[axis] = static_cast<std::size_t>(nearest);
  }
  return index;
}

std::vector<float>
ViewImage::ValuesAt(const std::array<std::size_t, 3> & index, const std::size_t frame) const
{
  std::vector<float> values;
  for (std::size_t channel = 0; channel < m_Channels.size(); ++channel)
  {
    values.push_back(this->Pixels(channel, frame)[(index[2] * this->Size(1) + index[1]) * this->Size(0) + index[0]]);
  }
  return values;
}

std::array<Point, 8>
ViewImage::Corners() const
{
  std::array<Point, 8> corners;
  for (unsigned int corner = 0; corner < 8; ++corner)
  {
    Point index;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      index[axis] = ((corner >> axis) & 1U) != 0 ? static_cast<double>(this->Size(axis)) - 0.5 : -0.5;
    }
    corners[corner] = m_ToRas(index);
  }
  return corners;
}

Point
ViewImage::Middle() const
{
  return m_ToRas({ static_cast<double>(this->Size(0) / 2),
                   static_cast<double>(this->Size(1) / 2),
                   static_cast<double>(this->Size(2) / 2) });
}

ReducedImage
Reduce(const ViewImage &                image,
       const std::optional<std::size_t> channel,
       const std::size_t                frame,
       const std::size_t                side)
{
  std::array<std::size_t, 3> step{};
  std::array<std::size_t, 3> size{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    step[axis] = (image.Size(axis) + side - 1) / side;
    size[axis] = image.Size(axis) / step[axis]; // what does not fill a block is left out
  }
  std::vector<const float *> sources;
  for (std::size_t c = channel.value_or(0); c < (channel ? *channel + 1 : std::min<std::size_t>(image.Channels(), 3));
       ++c)
  {
    sources.push_back(image.Pixels(c, frame));
  }

  std::vector<float> means(size[0] * size[1] * size[2]);
#pragma omp parallel for
  for (std::ptrdiff_t z = 0; z < static_cast<std::ptrdiff_t>(size[2]); ++z)
  {
    std::vector<double>      sums(size[0]);
    std::vector<std::size_t> counts(size[0]);
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      std::fill(sums.begin(), sums.end(), 0.0);
      std::fill(counts.begin(), counts.end(), 0U);
      for (const float * source : sources)
      {
        for (std::size_t k = 0; k < step[2]; ++k)
        {
          for (std::size_t j = 0; j < step[1]; ++j)
          {
            const float * row =
              source + ((static_cast<std::size_t>(z) * step[2] + k) * image.Size(1) + y * step[1] + j) * image.Size(0);
            for (std::size_t x = 0; x < size[0]; ++x)
            {
              for (std::size_t i = 0; i < step[0]; ++i, ++row)
              {
                if (std::isfinite(*row))
                {
                  sums[x] += *row;
                  ++counts[x];
                }
              }
            }
          }
        }
      }
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        means[(static_cast<std::size_t>(z) * size[1] + y) * size[0] + x] =
          counts[x] > 0 ? static_cast<float>(sums[x] / static_cast<double>(counts[x]))
                        : std::numeric_limits<float>::quiet_NaN();
      }
    }
  }

  ReducedImage reduced;
  reduced.low = std::numeric_limits<double>::infinity();
  reduced.high = -reduced.low;
  for (const float mean : means)
  {
    if (std::isfinite(mean))
    {
      reduced.low = std::min<double>(reduced.low, mean);
      reduced.high = std::max<double>(reduced.high, mean);
    }
  }
  if (!(reduced.high > reduced.low))
  {
    reduced.low = std::isfinite(reduced.low) ? reduced.low : 0.0;
    reduced.high = reduced.low + 1.0;
  }

  const Affine & toRas = image.ToRas();
  // the renderer takes a mirrored volume's faces for its back
  const bool mirrored = Dot(toRas.columns[0], Cross(toRas.columns[1], toRas.columns[2])) < 0.0;
  const auto levels = vtkSmartPointer<vtkUnsignedShortArray>::New();
  levels->SetNumberOfValues(static_cast<vtkIdType>(means.size()));
  for (std::size_t i = 0; i < means.size(); ++i)
  {
    const double level = (means[i] - reduced.low) / (reduced.high - reduced.low);
    const auto   target = mirrored ? i / size[0] * size[0] + size[0] - 1 - i % size[0] : i;
    levels->SetValue(static_cast<vtkIdType>(target),
                     static_cast<unsigned short>(std::isfinite(level) ? std::lround(65535.0 * level) : 0));
  }
  Point first; // index of the first block's centre in the image
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    first[axis] = (static_cast<double>(step[axis]) - 1.0) / 2.0;
  }
  double spacing[3];
  reduced.toRas = toRas;
  if (mirrored)
  {
    first[0] += static_cast<double>((size[0] - 1) * step[0]);
    reduced.toRas.columns[0] = -1.0 * toRas.columns[0];
  }
  reduced.toRas.offset = toRas(first);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double length = Length(toRas.columns[axis]);
    spacing[axis] = length * static_cast<double>(step[axis]);
    reduced.toRas.columns[axis] = (1.0 / length) * reduced.toRas.columns[axis];
  }
  reduced.levels = vtkSmartPointer<vtkImageData>::New();
  reduced.levels->SetDimensions(static_cast<int>(size[0]), static_cast<int>(size[1]), static_cast<int>(size[2]));
  reduced.levels->SetSpacing(spacing);
  reduced.levels->GetPointData()->SetScalars(levels);
  return reduced;
}
} // namespace isolux
