#pragma once

#include "Heads.h"

#include "Pipeline.h"

#include <string>
#include <vector>

/** What the table compares. */
namespace isolux::testing
{
struct Recipe
{
  std::string              name;
  std::vector<std::string> stages;           ///< of the product, in this order, each with its defaults
  std::string              n4 = {};          ///< Method that finds a field to divide by before the stages; "": none
  bool                     matching = false; ///< itk::HistogramMatchingImageFilter instead
};

const std::vector<Recipe> &
Recipes();

/** A recipe whose references are fitted on the images of one site. */
class Harmonizer
{
public:
  /** `cache` holds the fields of ITK's N4; "": none. */
  Harmonizer(const Recipe & recipe, const std::vector<Head> & site, std::string cache);

  PhantomImage::Pointer
  Apply(const Head & head) const;

private:
  PhantomImage::Pointer
  Run(const Head & head) const;

  Recipe                 m_Recipe;
  std::string            m_Cache;
  std::vector<StageSpec> m_Stages;    ///< with what was fitted
  PhantomImage::Pointer  m_Reference; ///< of the matching
};
} // namespace isolux::testing
