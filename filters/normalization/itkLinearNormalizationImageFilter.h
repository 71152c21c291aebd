#ifndef itkLinearNormalizationImageFilter_h
#define itkLinearNormalizationImageFilter_h

#include "itkImageRows.h"
#include "itkInstancePartition.h"
#include "itkLinearMapKernel.h"
#include "itkUpdateLearners.h"

#include "itkImage.h"
#include "itkInPlaceImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

#include <vector>

namespace itk
{
/** What becomes of voxels outside the mask. */
enum class OutsideMask
{
  Transform, ///< the same map as inside: can be undone
  Keep,      ///< left as they are
  Zero
};

/** \class LinearNormalizationImageFilter
 * \brief Base of normalizations that map each instance of an image linearly: y = (x - from) scale + to.
 *
 * A derived class has the learned value as a decorated input, required in its constructor, and turns it into a
 * partition and one LinearMap for each instance in MakeMaps().
 *
 * \par Access
 * Pointwise: the output region needs exactly the same input region, so the filter streams.
 *
 * \par Properties
 * - Non-finite voxels pass through. Spacing, origin and direction are the input's.
 * - With Inverse on, it undoes what it did, within rounding, where no bound was reached and no scale is 0.
 * - Computed in double and rounded once to the output's type.
 * - The input is not changed, unless InPlace is turned on, which takes the input's buffer for the output.
 *
 * \ingroup Normalization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT LinearNormalizationImageFilter : public InPlaceImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(LinearNormalizationImageFilter);

  using Self = LinearNormalizationImageFilter;
  using Superclass = InPlaceImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  using MaskImageType = Image<unsigned char, ImageDimension>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;
  using PartitionType = InstancePartition<ImageDimension>;

  itkTypeMacro(LinearNormalizationImageFilter, InPlaceImageFilter);

  /** Where Outside is not Transform. Non-zero inside; none: everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  itkSetEnumMacro(Outside, OutsideMask);
  itkGetEnumMacro(Outside, OutsideMask);

  /** Undo instead of apply: needs Outside Transform. */
  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  LinearNormalizationImageFilter();
  ~LinearNormalizationImageFilter() override = default;

  /** Called before the threads start, when the learned value is there. Fills one forward map for each instance. */
  virtual void
  MakeMaps(PartitionType & partition, std::vector<LinearMap> & maps) const = 0;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  BeforeThreadedGenerateData() override;
  void
  AllocateOutputs() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  OutsideMask            m_Outside{ OutsideMask::Transform };
  bool                   m_Inverse{ false };
  PartitionType          m_Partition;
  std::vector<LinearMap> m_Maps;
};
} // namespace itk

#include "itkLinearNormalizationImageFilter.hxx"
#endif
