#ifndef itkFieldGateImageFilter_h
#define itkFieldGateImageFilter_h

#include "itkFieldGateSink.h"

#include "itkInPlaceImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

namespace itk
{
/** \class FieldGateImageFilter
 * \brief Hands the corrected image on where a FieldGateSink passed the correction, and the image where it did not.
 *
 * For corrections whose field is no SmoothField: connect Gate to the Summary of a FieldGateSink that was given both
 * images.
 *
 * \par Access
 * Pointwise: streams, once the gate has decided. InPlaceOn() lets it write where the input was, if that is an output of
 * another filter.
 *
 * \par Properties
 * - The output has the bits of the one or the other, also where a pixel is not finite.
 * - The same bits for every number of threads and stream divisions.
 * - Images of different regions are refused, with both.
 *
 * \ingroup Illumination
 */
template <typename TImage>
class ITK_TEMPLATE_EXPORT FieldGateImageFilter : public InPlaceImageFilter<TImage, TImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FieldGateImageFilter);

  using Self = FieldGateImageFilter;
  using Superclass = InPlaceImageFilter<TImage, TImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TImage::RegionType;

  itkNewMacro(Self);
  itkTypeMacro(FieldGateImageFilter, InPlaceImageFilter);

  /** Required. */
  itkSetInputMacro(CorrectedImage, TImage);
  itkGetInputMacro(CorrectedImage, TImage);

  /** Required. */
  itkSetGetDecoratedInputMacro(Gate, FieldGateSummary);

protected:
  FieldGateImageFilter();
  ~FieldGateImageFilter() override = default;

  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  DynamicThreadedGenerateData(const RegionType & region) override;
};
} // namespace itk

#include "itkFieldGateImageFilter.hxx"
#endif
