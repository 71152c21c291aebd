#pragma once

#include "Parameter.h"

#include "itkImage.h"
#include "itkProcessObject.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isolux
{
/** Axes x, y, z in mm (LPS) and t in seconds. A 2-D image or a volume has extent 1 along the axes that it lacks. */
using WorkImage = itk::Image<float, 4>;
/** Zero is outside. Extent 1 along t: one mask for every frame. */
using MaskImage = itk::Image<unsigned char, 4>;

/** How much of its input a stage needs to produce one output region. */
enum class Access
{
  Pointwise,     ///< the same region
  Neighbourhood, ///< the same region and a rim
  TwoPass,       ///< streamed passes over the whole image first, one for most, then the same region
  WholeImage     ///< everything at once: stops a pipeline from streaming
};

/** What stages hand on. */
struct Flow
{
  WorkImage::Pointer image;
  MaskImage::Pointer mask;         ///< null: no mask
  WorkImage::Pointer weights = {}; ///< >= 0, of extent 1 along t; null: all alike
  /** Every channel at this place, this one among them; empty: there is but one. */
  std::vector<Flow> channels = {};
};

/** A learner, which reads its input once and keeps a small value, and an applier, which uses that value on any region.
 * The learned value is what the sidecar records and what ConnectInverse() undoes with. */
class Stage
{
public:
  virtual ~Stage() = default;

  virtual void
  VisitOptions(ParameterVisitor & visit) = 0;

  /** Fills options that follow from others, knowing which ones were `given`. \throws UsageError where a given one says
   * otherwise. */
  virtual void
  CompleteOptions(const Values & given)
  {
    (void)given;
  }

  /** What bounds and choices cannot say, such as options that exclude each other. \throws UsageError, which the
   * pipeline heads with the stage. */
  virtual void
  CheckOptions() const
  {
  }

  /** What the connected filters have learned once they have run; assigned, it is what ConnectInverse() uses. */
  virtual void
  VisitLearned(ParameterVisitor & visit) = 0;

  /** Appends this stage's filters; nothing executes until the end of the pipeline is updated.
   * The learner reads its input in `streamDivisions` pieces, which never changes the result.
   * \throws UsageError where the options do not fit the image; the pipeline heads it with the stage. */
  virtual Flow
  Connect(const Flow & input, unsigned int streamDivisions) = 0;

  /** Appends the filter that undoes this stage with the learned value.
   * \throws Error where the options lose information; the text says which. */
  virtual WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) = 0;

  /** Which channel this stage works on, from 0, and of how many, for options that hold a value for each. */
  void
  SetChannel(std::size_t channel, std::size_t channels)
  {
    m_Channel = channel;
    m_Channels = channels;
  }

  /** Multiplicative field that the stage divides by, over the grid of `grid`; null for a stage that has none. */
  virtual WorkImage::Pointer
  Field(const WorkImage::Pointer &)
  {
    return nullptr;
  }

  /** What the stage did besides dividing by Field(), as "subtracted a dark-field"; "" where nothing. */
  virtual std::string
  BesidesField() const
  {
    return "";
  }

  /** Whether the output is a logarithm, of which no coefficient of variation is taken. */
  virtual bool
  MakesLogarithm() const
  {
    return false;
  }

  /** What the user should know of the finished run, with counts. */
  virtual std::vector<std::string>
  Warnings() const
  {
    return {};
  }

  /** The filters that Connect() appended, for progress and timing. */
  const std::vector<itk::ProcessObject::Pointer> &
  Filters() const
  {
    return m_Filters;
  }

protected:
  /** Creates a filter of this stage. */
  template <typename TFilter>
  typename TFilter::Pointer
  Make()
  {
    auto filter = TFilter::New();
    m_Filters.emplace_back(filter.GetPointer());
    return filter;
  }

  /** The mean over time of a series, with extent 1 along t; the image itself where it has but one frame. */
  WorkImage::Pointer
  MeanFrame(const WorkImage::Pointer & image);

  std::size_t
  Channel() const
  {
    return m_Channel;
  }

  /** Of the image. */
  std::size_t
  Channels() const
  {
    return m_Channels;
  }

  /** The value of an option that holds one for all channels or one for each.
   * \throws UsageError where it holds neither. */
  double
  OfChannel(const std::vector<double> & values, const std::string & option) const;

private:
  std::size_t m_Channel = 0;
  std::size_t m_Channels = 1;

  std::vector<itk::ProcessObject::Pointer> m_Filters;
};

/** A stage with options and a learned value that are plain structs with a Visit(ParameterVisitor &). */
template <typename TOptions, typename TLearned>
class StageOf : public Stage
{
public:
  void
  VisitOptions(ParameterVisitor & visit) final
  {
    m_Options.Visit(visit);
  }

  void
  VisitLearned(ParameterVisitor & visit) final
  {
    this->Collect();
    m_Learned.Visit(visit);
  }

protected:
  /** Fills m_Learned from the connected learner; does nothing where none is connected. */
  virtual void
  Collect() = 0;

  TOptions m_Options;
  TLearned m_Learned;
};

struct StageDescription
{
  std::string name;    ///< kebab-case: the command line's verb
  std::string family;  ///< the folder in filters/ that it comes from
  std::string summary; ///< one sentence
  std::string formula;
  std::string reference;
  Access      access = Access::Pointwise;
  /** Streamed passes of a learner over the whole image, where access is TwoPass: of the default options. */
  unsigned int learningPasses = 1;
  bool         makesMask = false;
  bool         needsMask = false; ///< must come after a stage that makes a mask, or be given one
  bool prefersMask = false;       ///< compares foregrounds: alone on the command line, it finds one where none is given
  bool makesField = false;        ///< divides by a field, see Stage::Field()
  bool fieldIsPlane = false;      ///< which is the same for each plane of x and y
  bool recordsField = true;       ///< which what it has learned gives back
  bool usesWeights = false;       ///< its statistics heed Flow::weights
  bool undoNeedsFiles = false;    ///< what it has learned does not hold what its files do
  bool usesChannels = false;      ///< may read other channels than its own, Flow::channels
  std::string inverse;            ///< when and how exactly the stage can be undone
  std::string needs;              ///< options that no call can do without, as an example: "--field field.nii.gz"

  std::function<std::unique_ptr<Stage>()> make;

  /** How it reads its input: "neighbourhood", "5 passes". */
  std::string
  Reads() const;
};

class StageRegistry
{
public:
  /** \throws std::logic_error where the name is taken. */
  void
  Add(StageDescription description);

  /** \throws UsageError with the nearest known name. */
  const StageDescription &
  Find(const std::string & name) const;

  /** In the order of registration. */
  const std::vector<StageDescription> &
  All() const
  {
    return m_Stages;
  }

private:
  std::vector<StageDescription> m_Stages;
};

/** Every stage of this build, registered explicitly: no static-initializer order, no stripped objects. */
const StageRegistry &
BuiltInStages();
} // namespace isolux
