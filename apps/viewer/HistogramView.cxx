#include "HistogramView.h"

#include <vtkAxis.h>
#include <vtkContextScene.h>
#include <vtkFloatArray.h>
#include <vtkPen.h>
#include <vtkTextProperty.h>

#include <algorithm>

namespace isolux
{
namespace
{
constexpr unsigned char Ink = 210;
constexpr double        RoomForCount = 170.0; ///< picture elements, that the title takes
constexpr double        RoomForMask = 300.0;

vtkSmartPointer<vtkTable>
Table(const vtkIdType rows)
{
  auto table = vtkSmartPointer<vtkTable>::New();
  for (const char * name : { "intensity", "voxels" })
  {
    const auto column = vtkSmartPointer<vtkFloatArray>::New();
    column->SetName(name);
    table->AddColumn(column);
  }
  table->SetNumberOfRows(rows);
  return table;
}

void
StyleAxis(vtkAxis & axis)
{
  axis.SetTitle("");
  axis.GetLabelProperties()->SetColor(Ink / 255.0, Ink / 255.0, Ink / 255.0);
  axis.GetLabelProperties()->SetFontSize(11);
  axis.GetPen()->SetColor(Ink, Ink, Ink);
  axis.SetGridVisible(false);
}
} // namespace

HistogramView::HistogramView()
  : m_Actor(vtkSmartPointer<vtkContextActor>::New())
{
  for (const Side side : { Before, After })
  {
    auto & chart = m_Charts[side];
    chart.chart = vtkSmartPointer<vtkChartXY>::New();
    chart.chart->SetAutoSize(false);
    chart.chart->GetTitleProperties()->SetFontSize(12);
    const auto & colour = SideColours[side];
    chart.chart->GetTitleProperties()->SetColor(colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0);
    StyleAxis(*chart.chart->GetAxis(vtkAxis::BOTTOM));
    StyleAxis(*chart.chart->GetAxis(vtkAxis::LEFT));
    chart.chart->GetAxis(vtkAxis::LEFT)->SetLabelsVisible(false);
    chart.chart->GetAxis(vtkAxis::LEFT)->SetTicksVisible(false);
    chart.chart->GetAxis(vtkAxis::LEFT)->SetBehavior(vtkAxis::FIXED);
    chart.chart->GetAxis(vtkAxis::BOTTOM)->SetBehavior(vtkAxis::FIXED);

    chart.counts = Table(2);
    auto * plot = chart.chart->AddPlot(vtkChart::LINE);
    plot->SetInputData(chart.counts, 0, 1);
    plot->SetColor(colour[0], colour[1], colour[2], 255);
    plot->SetWidth(1.5F);
    chart.limits = Table(4);
    auto * limits = chart.chart->AddPlot(vtkChart::LINE);
    limits->SetInputData(chart.limits, 0, 1);
    limits->SetColor(255, 255, 255, 140);
    limits->SetWidth(1.0F);
    m_Actor->GetScene()->AddItem(chart.chart);
  }
}

void
HistogramView::AddTo(vtkRenderer & renderer)
{
  renderer.AddActor2D(m_Actor);
  m_Actor->GetScene()->SetRenderer(&renderer);
}

void
HistogramView::Hide()
{
  m_Actor->VisibilityOff();
}

void
HistogramView::Compose(const ViewData & data, const ViewState & state, const Pane & pane)
{
  const Rectangle & place = pane.place;
  m_Actor->VisibilityOn();
  for (const Side side : { Before, After })
  {
    Chart &    chart = m_Charts[side];
    const auto frame = data.images[side]->FrameAt(state.frame);
    if (chart.image != data.images[side].get() || chart.frame != frame || chart.channel != state.channel)
    {
      chart.histogram = CountIntensities(*data.images[side], frame, data.masks[side], state.channel);
      chart.image = data.images[side].get();
      chart.frame = frame;
      chart.channel = state.channel;
    }
    const float half = static_cast<float>(place.width) / 2.0F;
    std::string title = SideName(data, state, side);
    if (half > pane.scale * RoomForCount)
    {
      title += ": " + std::to_string(chart.histogram.voxels) + " voxels" +
               (half > pane.scale * RoomForMask ? ", " + data.maskNames[side] : "");
      title += chart.histogram.nonFinite > 0 ? ", " + std::to_string(chart.histogram.nonFinite) + " NaN or inf" : "";
    }
    chart.title = title;
    chart.chart->SetTitle(title);
    chart.chart->GetTitleProperties()->SetFontSize(pane.Scaled(12));
    chart.chart->GetAxis(vtkAxis::BOTTOM)->GetLabelProperties()->SetFontSize(pane.Scaled(11));
    chart.chart->SetSize({ static_cast<float>(place.x) + (side == After ? half : 0.0F),
                           static_cast<float>(place.y),
                           half,
                           static_cast<float>(place.height) });
    this->Draw(chart, state.windows[side]);
  }
}

void
HistogramView::Draw(Chart & chart, const ViewWindow & window)
{
  const auto & histogram = chart.histogram;
  const double bin = (histogram.high - histogram.low) / static_cast<double>(histogram.counts.size());
  const auto   highest =
    static_cast<double>(std::max<std::size_t>(1, *std::max_element(histogram.counts.begin(), histogram.counts.end())));
  chart.counts->SetNumberOfRows(static_cast<vtkIdType>(2 * histogram.counts.size()));
  for (std::size_t i = 0; i < 2 * histogram.counts.size(); ++i)
  {
    const auto row = static_cast<vtkIdType>(i);
    chart.counts->SetValue(row, 0, histogram.low + bin * static_cast<double>((i + 1) / 2));
    chart.counts->SetValue(row, 1, static_cast<double>(histogram.counts[i / 2]) / highest);
  }
  const double low = std::clamp(window.low, histogram.low, histogram.high);
  const double high = std::clamp(window.high, histogram.low, histogram.high);
  const double line[4][2] = { { low, 0.0 }, { low, 1.05 }, { high, 1.05 }, { high, 0.0 } };
  for (vtkIdType row = 0; row < 4; ++row)
  {
    chart.limits->SetValue(row, 0, line[row][0]);
    chart.limits->SetValue(row, 1, line[row][1]);
  }
  chart.counts->Modified();
  chart.limits->Modified();
  chart.chart->GetAxis(vtkAxis::BOTTOM)->SetRange(histogram.low, histogram.high);
  chart.chart->GetAxis(vtkAxis::LEFT)->SetRange(0.0, 1.1);
  chart.chart->RecalculateBounds();
}
} // namespace isolux
