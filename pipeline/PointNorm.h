#pragma once

#include "Parameter.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace isolux
{
/** Positions (mm) and the polygons between them. */
struct PointSurface
{
  std::vector<std::array<double, 3>> points;
  std::vector<std::uint64_t>         corners; ///< places of points: those of polygon 0, of polygon 1, ...
  std::vector<std::size_t>           ends;    ///< for each polygon: where in `corners` it ends
};

/** An attribute of every point. */
struct PointAttribute
{
  std::string         name; ///< "" where its file has none
  std::size_t         components = 1;
  std::vector<double> values; ///< the components of point 0, of point 1, ...
};

struct PointNormOptions
{
  PointNormOptions();

  double      eps;
  double      gamma = 1.0;
  double      beta = 0.0;
  std::string weights = "none"; ///< or "area", "density", or the name of a file
  double      density_radius = 0.0;

  void
  Visit(ParameterVisitor & visit);
};

/** Of one component, over the points that count. NaN where none does. */
struct PointMoments
{
  double      mean = 0.0;
  double      variance = 0.0; ///< biased
  std::size_t count = 0;      ///< finite, of points with a weight above 0
};

/** What the sidecar says of one attribute. */
struct PointAttributeReport
{
  std::string               name;
  std::size_t               number = 1; ///< among the file's attributes, from 1
  std::string               component;  ///< type in the input: "float32", ...
  std::string               written;    ///< type in the output
  std::size_t               nonFinite = 0;
  std::vector<PointMoments> before; ///< one for each component: what was learned
  std::vector<PointMoments> after;
};

/** What the sidecar records. Names are file names only. */
struct PointReport
{
  std::string                       input;
  std::string                       inputSha256;
  std::string                       inputFormat;
  std::string                       surface; ///< "" where none was given
  std::string                       surfaceSha256;
  std::string                       weights; ///< of a file
  std::string                       weightsSha256;
  std::string                       mask;
  std::string                       maskSha256;
  std::string                       output;
  std::uintmax_t                    outputBytes = 0;
  std::size_t                       points = 0;
  std::size_t                       zeroWeights = 0; ///< points that do not count
  Values                            options;         ///< every one, as used
  std::vector<PointAttributeReport> attributes;
  std::vector<std::string>          warnings;
  double                            seconds = 0.0;
};

/** Each point's part of the area of the polygons around it, mm^2. \throws Error where a corner is no point. */
std::vector<double>
PointAreas(const PointSurface & surface);

/** 1 / density, see itk::DensityWeights(). */
std::vector<double>
PointDensityWeights(const PointSurface & surface, double radius);

/** One for each component. `weights`: one for each point, >= 0. \throws Error where there are more or fewer. */
std::vector<PointMoments>
LearnPointMoments(const PointAttribute & attribute, const std::vector<double> & weights);

/** y = gamma (x - mean) / sqrt(variance + eps) + beta, in place. */
void
NormalizePoints(PointAttribute &                  attribute,
                const std::vector<PointMoments> & moments,
                const PointNormOptions &          options);

/** x from y. \throws Error where every value became beta: gamma 0, no point that counted, or those of one value among
 * others. */
void
RestorePoints(PointAttribute & attribute, const std::vector<PointMoments> & moments, const PointNormOptions & options);
} // namespace isolux
