#ifndef itkLearnerSink_h
#define itkLearnerSink_h

#include "itkImageRows.h"
#include "itkReportProgress.h"
#include "itkThreadLimit.h"
#include "itkUpdateLearners.h"
#include "itkUpstreamChange.h"

#include "itkImage.h"
#include "itkImageSink.h"

namespace itk
{
/** \class LearnerSink
 * \brief Base of filters that read an image in pieces of whole rows under a mask, and keep a small value.
 *
 * A derived class implements StreamedGenerateData() on m_Region, sets m_Radius where it reads neighbours, overrides
 * GetNumberOfPasses() where it needs more than one, and leaves its value as a decorated output. Where it computes for a
 * while after that, it sets m_ReadingShare and calls ReportProgress().
 *
 * \par Access
 * Streams: one pass, or GetNumberOfPasses(), each in NumberOfStreamDivisions pieces with a rim of m_Radius.
 *
 * \par Properties
 * - No division cuts a row, so that what is summed row by row has the same bits for every number of divisions.
 * - The divisions of a pass cover the image, each voxel once, however many are asked for.
 * - A mask that has neither the image's extent nor 1 along an axis is refused, with both sizes.
 * - An image in memory whose pixels were released is refused, not read.
 * - A mask or a field that another learner makes of the same image is ready before a piece is requested.
 * - It learns anew where a parameter, an image or a filter upstream has changed, and not where that has only run again.
 * - AbortGenerateData ends the update with ProcessAborted, at the end of a piece or in ReportProgress(); nothing is
 *   learned.
 * - After an exception, of an input or its own, the next update reads again.
 * - NumberOfWorkUnits holds for OpenMP's threads as for ITK's.
 *
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage>
class ITK_TEMPLATE_EXPORT LearnerSink : public ImageSink<TInputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LearnerSink);

  using Self = LearnerSink;
  using Superclass = ImageSink<TInputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  itkTypeMacro(LearnerSink, ImageSink);

  /** Non-zero inside; of the image's extent, or of extent 1 along axes for the whole of which it holds. Optional:
   * without one every voxel counts. */
  itkSetInputMacro(MaskImage, TMaskImage);
  itkGetInputMacro(MaskImage, TMaskImage);

  /** Number of pieces that a pass reads the input in. Default 1. */
  void
  SetNumberOfStreamDivisions(const unsigned int divisions) override
  {
    Superclass::SetNumberOfStreamDivisions(divisions);
  }

  /** Learns, unless nothing has changed since. */
  void
  Update() override
  {
    this->UpdateOutputInformation();
    if (this->GetNumberOfOutputs() == 0)
    {
      this->UpdateOutputData(nullptr);
    }
    for (const auto & output : this->GetOutputs())
    {
      if (output)
      {
        output->UpdateOutputData();
      }
    }
  }

  void
  UpdateOutputInformation() override
  {
    const bool isRunning = this->m_Updating;
    Superclass::UpdateOutputInformation();
    if (!isRunning)
    {
      m_Change.Update(this);
    }
  }

  int
  GetCurrentRequestNumber() const override
  {
    return m_Request;
  }

  /** Times that the input is read. */
  virtual unsigned int
  GetNumberOfPasses() const
  {
    return 1;
  }

protected:
  LearnerSink() = default;
  ~LearnerSink() override = default;

  /** As StreamingProcessObject's, but an exception of an input also ends it in order, an abort is an exception, and the
   * inputs keep their release flags. */
  void
  UpdateOutputData(DataObject *) override
  {
    if (this->m_Updating)
    {
      return;
    }
    const ThreadLimit threads(this->GetNumberOfWorkUnits());
    this->PrepareOutputs();
    this->CacheInputReleaseDataFlags(); // and turns them off: passes may need what the last one has ended with
    const auto end = [this]
    {
      m_Request = -1;
      this->ResetPipeline();
      this->RestoreInputReleaseDataFlags();
    };
    try
    {
      m_Change.Begin();
      this->SetAbortGenerateData(false);
      UpdateLearners(*this);
      const auto begin = this->GetMTime();
      this->m_Updating = true;
      this->InvokeEvent(StartEvent());
      this->GenerateData();
      this->InvokeEvent(EndEvent());
      m_Change.Made(begin);
    }
    catch (const ProcessAborted &)
    {
      this->InvokeEvent(AbortEvent());
      end();
      throw;
    }
    catch (...)
    {
      end();
      throw;
    }
    for (const auto & output : this->GetOutputs())
    {
      if (output)
      {
        output->DataHasBeenGenerated();
      }
    }
    this->RestoreInputReleaseDataFlags();
    this->ReleaseInputs();
    this->m_Updating = false;
  }

  void
  GenerateData() override
  {
    m_PhaseBegin = 0.0;
    this->ReportProgress(0.0);
    m_PhaseEnd = 0.0;
    this->BeforeStreamedGenerateData();
    const unsigned int pieces = this->GetNumberOfInputRequestedRegions();
    for (unsigned int piece = 0; piece < pieces; ++piece)
    {
      m_Request = static_cast<int>(piece);
      m_PhaseBegin = m_PhaseEnd;
      m_PhaseEnd = m_ReadingShare * (piece + 1) / pieces;
      this->GenerateNthInputRequestedRegion(piece);
      const auto inputs = this->GetInputs();
      for (const auto & input : inputs)
      {
        if (input)
        {
          input->PropagateRequestedRegion();
        }
      }
      for (const auto & input : inputs)
      {
        if (input && input != this->GetPrimaryInput())
        {
          input->PropagateRequestedRegion(); // again: one before it may have asked the same filter for another region
        }
        if (input)
        {
          input->UpdateOutputData();
        }
      }
      this->StreamedGenerateData(piece);
      this->ReportProgress(1.0);
    }
    m_Request = -1;
    m_PhaseBegin = m_PhaseEnd;
    m_PhaseEnd = 1.0;
    this->AfterStreamedGenerateData();
    this->UpdateProgress(1.0F);
  }

  /** Outside of any parallel region: a part in [0, 1] of StreamedGenerateData(), or of AfterStreamedGenerateData(), is
   * done. \throws ProcessAborted */
  void
  ReportProgress(double part)
  {
    itk::ReportProgress(this, m_PhaseBegin + (m_PhaseEnd - m_PhaseBegin) * part);
  }

  void
  VerifyInputInformation() ITKv5_CONST override
  {
    VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
  }

  unsigned int
  GetNumberOfInputRequestedRegions() override
  {
    return this->GetNumberOfPasses() * this->GetNumberOfDivisions();
  }

  void
  GenerateNthInputRequestedRegion(unsigned int division) override
  {
    const RegionType whole = this->GetInput()->GetLargestPossibleRegion();
    m_Region = whole;
    const unsigned int divisions = this->GetNumberOfDivisions();
    this->GetModifiableRegionSplitter()->GetSplit(division % divisions, divisions, m_Region);
    RegionType padded = m_Region;
    padded.PadByRadius(m_Radius);
    padded.Crop(whole);
    RequestRegion(this->GetInput(), padded);
    RequestRegion(this->GetMaskImage(), padded);
  }

  void
  BeforeStreamedGenerateData() override
  {
    Superclass::BeforeStreamedGenerateData();
    this->GetMultiThreader()->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  }

  void
  ThreadedStreamedGenerateData(const RegionType &) override
  {
  }

  /** Of one pass, at most NumberOfStreamDivisions. */
  unsigned int
  GetNumberOfDivisions() const
  {
    return NumberOfRowDivisions(this->GetInput()->GetLargestPossibleRegion(), this->GetNumberOfStreamDivisions());
  }

  RegionType m_Region; // of the current division, without its rim; the input's requested region may be larger
  typename TInputImage::SizeType m_Radius{};            // rim around a division that is read as well
  double                         m_ReadingShare{ 1.0 }; // of the progress; the rest is AfterStreamedGenerateData()'s

private:
  UpstreamChange m_Change;
  int            m_Request{ -1 };
  double         m_PhaseBegin{ 0.0 }; // of what ReportProgress() is a part of
  double         m_PhaseEnd{ 0.0 };
};
} // namespace itk

#endif
