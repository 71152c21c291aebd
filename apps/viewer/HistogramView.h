#pragma once

#include "SliceView.h"

#include <vtkChartXY.h>
#include <vtkContextActor.h>
#include <vtkPlot.h>
#include <vtkRenderer.h>
#include <vtkTable.h>

namespace isolux
{
/** Histograms of before and after with their windows, each over its own intensities. */
class HistogramView
{
public:
  HistogramView();

  void
  AddTo(vtkRenderer & renderer);
  void
  Compose(const ViewData & data, const ViewState & state, const Pane & pane);
  void
  Hide();

  const ViewHistogram &
  Counted(Side side) const
  {
    return m_Charts[side].histogram;
  }

  const std::string &
  Title(Side side) const
  {
    return m_Charts[side].title;
  }

private:
  struct Chart
  {
    vtkSmartPointer<vtkChartXY> chart;
    vtkSmartPointer<vtkTable>   counts;
    vtkSmartPointer<vtkTable>   limits; ///< of the window
    ViewHistogram               histogram;

    std::string title;

    const ViewImage *          image = nullptr; ///< that was counted
    std::size_t                frame = 0;
    std::optional<std::size_t> channel;
  };

  void
  Draw(Chart & chart, const ViewWindow & window);

  vtkSmartPointer<vtkContextActor> m_Actor;
  std::array<Chart, 2>             m_Charts; ///< by Side
};
} // namespace isolux
