#pragma once

#include "Harmonizers.h"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

/** What is learned at one site, applied to the others. */
namespace isolux::testing
{
struct Figure
{
  std::string mask;    ///< "brain" or "head": sites of one kind are compared with each other only
  std::string trained; ///< site
  std::string target;  ///< site, or what it was simulated by
  bool        isReal;
  std::string head; ///< "-": of the site as a whole
  std::string method;
  std::string measure;
  double      value;
};
using Figures = std::vector<Figure>;

/** A model that is learned on each head itself, of the image as it is: what the intensities of that head can give. */
constexpr const char * OwnModel = "own model";
/** The site that was trained at, by heads that were not trained on. */
constexpr const char * OtherHeads = "same site, other heads";

/** Every second head of each site with tissue labels is trained on. The others are the heads of the simulated sites; a
 * site of one head is both. `said` is told what is done. */
Figures
Transfer(const std::vector<Head> &                heads,
         const std::vector<Recipe> &              recipes,
         const std::vector<Shift> &               shifts,
         const std::string &                      cache,
         const std::function<void(std::string)> & said);

/** Mean over heads and training sites. `target` may be "": every one of the real, or of the simulated. */
double
MeanFigure(const Figures &     figures,
           const std::string & mask,
           bool                isReal,
           const std::string & target,
           const std::string & method,
           const std::string & measure);

void
PrintCsv(std::ostream & os, const Figures & figures);

/** What PrintCsv() wrote. */
Figures
ReadCsv(std::istream & is);

void
PrintTables(std::ostream & os, const Figures & figures);
} // namespace isolux::testing
