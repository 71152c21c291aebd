#include "Transfer.h"

#include "TransferMeasures.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <limits>
#include <map>
#include <istream>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace isolux::testing
{
namespace
{
constexpr const char * CsvHeader = "mask;trained;target;real;head;method;measure;value";

constexpr double None = std::numeric_limits<double>::quiet_NaN();

/** What the measures need of one image. */
struct Summary
{
  std::vector<float>                quantiles; ///< of the mask, ascending, of each head as many
  std::vector<double>               features;
  std::vector<float>                values; ///< where there are labels
  std::vector<unsigned char>        labels;
  std::array<std::vector<float>, 4> tissues; ///< by label, ascending
};

Summary
Summarised(const PhantomImage * image, const Head & head)
{
  constexpr std::size_t quantiles = 2000;
  Summary               summary;
  std::vector<float>    inside;
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const float value = image->GetBufferPointer()[i];
    if (head.mask->GetBufferPointer()[i])
    {
      inside.push_back(value);
    }
    const unsigned char label = head.tissue ? head.tissue->GetBufferPointer()[i] : 0;
    if (label > 0)
    {
      summary.values.push_back(value);
      summary.labels.push_back(label);
      summary.tissues[label].push_back(value);
    }
  }
  std::sort(inside.begin(), inside.end());
  for (auto & tissue : summary.tissues)
  {
    std::sort(tissue.begin(), tissue.end());
  }
  for (std::size_t i = 0; i < quantiles; ++i)
  {
    summary.quantiles.push_back(inside[(2 * i + 1) * inside.size() / (2 * quantiles)]);
  }
  const std::vector<double> all(inside.begin(), inside.end());
  summary.features = { MeanOf(all), DeviationOf(all) };
  for (const double probability : { 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99 })
  {
    summary.features.push_back(inside[static_cast<std::size_t>(probability * static_cast<double>(inside.size()))]);
  }
  return summary;
}

using Summaries = std::vector<Summary>;

std::vector<float>
Pooled(const Summaries & site)
{
  std::vector<float> pooled;
  for (const Summary & summary : site)
  {
    pooled.insert(pooled.end(), summary.quantiles.begin(), summary.quantiles.end());
  }
  std::sort(pooled.begin(), pooled.end());
  return pooled;
}

Features
FeaturesOf(const Summaries & site)
{
  Features features;
  for (const Summary & summary : site)
  {
    features.push_back(summary.features);
  }
  return features;
}

std::vector<double>
PeaksOf(const Summaries & site, unsigned char label)
{
  std::vector<double> peaks;
  for (const Summary & summary : site)
  {
    peaks.push_back(Peak(summary.tissues[label]));
  }
  return peaks;
}

double
MeanOf(const std::vector<float> & values)
{
  return testing::MeanOf(std::vector<double>(values.begin(), values.end()));
}

double
DeviationOf(const std::vector<float> & values)
{
  return testing::DeviationOf(std::vector<double>(values.begin(), values.end()));
}

struct Site
{
  std::string       name;
  bool              isReal;
  std::vector<Head> heads;

  bool
  HasTissue() const
  {
    return std::all_of(heads.begin(), heads.end(), [](const Head & head) { return head.tissue.IsNotNull(); });
  }
};

/** In the order of their first head. */
std::vector<Site>
SitesOf(const std::vector<Head> & heads, bool ofBrain)
{
  std::vector<Site> sites;
  for (const Head & head : heads)
  {
    if (head.ofBrain == ofBrain)
    {
      auto site = std::find_if(sites.begin(), sites.end(), [&](const Site & s) { return s.name == head.site; });
      site = site == sites.end() ? sites.insert(site, { head.site, true, {} }) : site;
      site->heads.push_back(head);
    }
  }
  return sites;
}

/** Figures of one recipe that is fitted at one site. */
class Trained
{
public:
  Trained(Figure about, const Recipe & recipe, const std::vector<Head> & training, const std::string & cache)
    : m_About(std::move(about))
    , m_Harmonizer(recipe, training, cache)
  {
    for (const Head & head : training)
    {
      m_Training.push_back(Summarised(m_Harmonizer.Apply(head), head));
      m_Classifier.Learn(m_Training.back().values, m_Training.back().labels);
    }
    m_Pooled = Pooled(m_Training);
    m_Unit = DeviationOf(m_Pooled);
  }

  void
  Measure(const Site & site, Figures & figures)
  {
    m_About.target = site.name;
    m_About.isReal = site.isReal;
    const auto add = [&](const std::string & head, const char * measure, double value)
    {
      m_About.head = head;
      m_About.measure = measure;
      m_About.value = value;
      figures.push_back(m_About);
    };
    const bool hasTissue = site.HasTissue();
    Summaries  summaries;
    for (const Head & head : site.heads)
    {
      summaries.push_back(Summarised(m_Harmonizer.Apply(head), head));
      if (hasTissue)
      {
        const Summary & summary = summaries.back();
        const auto      found = m_Classifier.Classify(summary.values);
        const double    grey = Dice(found, summary.labels, GreyMatterLabel);
        const double    white = Dice(found, summary.labels, WhiteMatterLabel);
        add(head.name, "Dice", 0.5 * (grey + white));
        add(head.name, "Dice GM", grey);
        add(head.name, "Dice WM", white);
        const auto & tissues = summary.tissues;
        const double fluidMean = MeanOf(tissues[CerebrospinalFluidLabel]);
        const double greyMean = MeanOf(tissues[GreyMatterLabel]);
        const double whiteMean = MeanOf(tissues[WhiteMatterLabel]);
        const double greyDeviation = DeviationOf(tissues[GreyMatterLabel]);
        const double whiteDeviation = DeviationOf(tissues[WhiteMatterLabel]);
        add(head.name, "CV GM", greyDeviation / std::abs(greyMean - fluidMean));
        add(head.name, "CV WM", whiteDeviation / std::abs(whiteMean - fluidMean));
        add(head.name, "CJV", (greyDeviation + whiteDeviation) / std::abs(whiteMean - greyMean));
      }
    }
    add("-", "Wasserstein", Wasserstein(m_Pooled, Pooled(summaries)) / m_Unit);
    add("-", "AUC", SiteAuc(FeaturesOf(m_Training), FeaturesOf(summaries), 1e-3 * m_Unit));
    if (hasTissue)
    {
      auto grey = PeaksOf(m_Training, GreyMatterLabel);
      auto white = PeaksOf(m_Training, WhiteMatterLabel);
      // of the training site, which is the model's
      const double contrast = std::abs(testing::MeanOf(white) - testing::MeanOf(grey));
      const auto   greyThere = PeaksOf(summaries, GreyMatterLabel);
      const auto   whiteThere = PeaksOf(summaries, WhiteMatterLabel);
      grey.insert(grey.end(), greyThere.begin(), greyThere.end());
      white.insert(white.end(), whiteThere.begin(), whiteThere.end());
      add("-", "spread GM", testing::DeviationOf(grey) / contrast);
      add("-", "spread WM", testing::DeviationOf(white) / contrast);
    }
  }

private:
  Figure             m_About;
  Harmonizer         m_Harmonizer;
  Summaries          m_Training;
  std::vector<float> m_Pooled;
  double             m_Unit = 1.0; ///< deviation inside the masks of the training site
  GaussianClassifier m_Classifier;
};

void
MeasureOwnModels(Figure about, const Site & site, Figures & figures)
{
  about.target = site.name;
  about.isReal = site.isReal;
  about.method = OwnModel;
  for (const Head & head : site.heads)
  {
    const Summary      summary = Summarised(head.image, head);
    GaussianClassifier classifier;
    classifier.Learn(summary.values, summary.labels);
    const auto found = classifier.Classify(summary.values);
    about.head = head.name;
    about.measure = "Dice";
    about.value = 0.5 * (Dice(found, summary.labels, GreyMatterLabel) + Dice(found, summary.labels, WhiteMatterLabel));
    figures.push_back(about);
  }
}

const char * const Measures[] = { "Dice",  "Dice GM",     "Dice WM",   "CJV",       "CV GM",
                                  "CV WM", "Wasserstein", "spread GM", "spread WM", "AUC" };

std::string
Fixed(double value, int digits = 3)
{
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return std::isnan(value) ? "" : text.str();
}

/** What they hold under `key`, each once, in their order. */
template <typename TKey>
std::vector<std::string>
Distinct(const Figures & figures, TKey key)
{
  std::vector<std::string> names;
  for (const Figure & figure : figures)
  {
    if (std::find(names.begin(), names.end(), key(figure)) == names.end())
    {
      names.push_back(key(figure));
    }
  }
  return names;
}

template <typename TPredicate>
Figures
Where(const Figures & figures, TPredicate holds)
{
  Figures some;
  std::copy_if(figures.begin(), figures.end(), std::back_inserter(some), holds);
  return some;
}

/** Of those that are there; site by site first, so that sites weigh alike. */
double
MeanOver(const Figures & figures)
{
  std::map<std::string, std::vector<double>> sites;
  for (const Figure & figure : figures)
  {
    if (!std::isnan(figure.value))
    {
      sites[figure.trained + '\t' + figure.target].push_back(figure.value);
    }
  }
  std::vector<double> means;
  for (const auto & site : sites)
  {
    means.push_back(testing::MeanOf(site.second));
  }
  return testing::MeanOf(means);
}

/** Those at sites where a model could be judged. */
Figures
WithDice(const Figures & figures)
{
  const auto sites = Distinct(Where(figures, [](const Figure & f) { return f.measure == "Dice"; }),
                              [](const Figure & f) { return f.trained + '\t' + f.target; });
  return Where(figures,
               [&](const Figure & f)
               { return std::find(sites.begin(), sites.end(), f.trained + '\t' + f.target) != sites.end(); });
}

void
PrintRow(std::ostream & os, const std::vector<std::string> & cells)
{
  os << '|';
  for (const auto & cell : cells)
  {
    os << ' ' << cell << " |";
  }
  os << '\n';
}

void
PrintHead(std::ostream & os, std::vector<std::string> cells)
{
  PrintRow(os, cells);
  std::fill(cells.begin(), cells.end(), "---");
  PrintRow(os, cells);
}

/** A row for each target, a column for each method. */
void
PrintByTarget(std::ostream & os, const Figures & figures, const std::string & measure)
{
  const auto of = Where(figures, [&](const Figure & f) { return f.measure == measure; });
  const auto methods = Distinct(of, [](const Figure & f) { return f.method; });
  auto       cells = methods;
  cells.insert(cells.begin(), measure);
  PrintHead(os, cells);
  const auto print = [&](const std::string & name, const Figures & some)
  {
    cells = { name };
    for (const auto & method : methods)
    {
      cells.push_back(Fixed(MeanOver(Where(some, [&](const Figure & f) { return f.method == method; }))));
    }
    PrintRow(os, cells);
  };
  const auto real = Where(of, [](const Figure & f) { return f.isReal; });
  const auto simulated = Where(of, [](const Figure & f) { return !f.isReal && f.target != OtherHeads; });
  print(OtherHeads, Where(of, [](const Figure & f) { return f.target == OtherHeads; }));
  for (const auto & pair : Distinct(real, [](const Figure & f) { return f.trained + " to " + f.target; }))
  {
    print(pair, Where(real, [&](const Figure & f) { return f.trained + " to " + f.target == pair; }));
  }
  for (const auto & target : Distinct(simulated, [](const Figure & f) { return f.target; }))
  {
    print(target, Where(simulated, [&](const Figure & f) { return f.target == target; }));
  }
  const auto judged = WithDice(figures);
  print("**mean of real sites**", Where(judged, [&](const Figure & f) { return f.isReal && f.measure == measure; }));
  print("**mean of simulated sites**", simulated);
}

/** A row for each method, a column for each measure. */
void
PrintByMethod(std::ostream & os, const Figures & figures)
{
  std::vector<std::string> cells(std::begin(Measures), std::end(Measures));
  cells.insert(cells.begin(), "method");
  PrintHead(os, cells);
  for (const auto & method : Distinct(figures, [](const Figure & f) { return f.method; }))
  {
    cells = { method };
    for (const char * measure : Measures)
    {
      cells.push_back(
        Fixed(MeanOver(Where(figures, [&](const Figure & f) { return f.method == method && f.measure == measure; }))));
    }
    PrintRow(os, cells);
  }
}

/** How a measure orders the methods, beside how Dice does: the mean over targets. */
double
AgreementWithDice(const Figures & figures, const std::string & measure)
{
  std::vector<double> correlations;
  for (const auto & pair : Distinct(figures, [](const Figure & f) { return f.trained + '\t' + f.target; }))
  {
    const auto at =
      Where(figures, [&](const Figure & f) { return f.trained + '\t' + f.target == pair && f.method != OwnModel; });
    std::vector<double> dice;
    std::vector<double> others;
    for (const auto & method : Distinct(at, [](const Figure & f) { return f.method; }))
    {
      const auto mean = [&](const std::string & name)
      { return MeanOver(Where(at, [&](const Figure & f) { return f.method == method && f.measure == name; })); };
      dice.push_back(mean("Dice"));
      others.push_back(mean(measure));
    }
    const auto isNone = [](double value) { return std::isnan(value); };
    if (std::none_of(dice.begin(), dice.end(), isNone) && std::none_of(others.begin(), others.end(), isNone))
    {
      const double correlation = Spearman(dice, others);
      if (!std::isnan(correlation))
      {
        correlations.push_back(correlation);
      }
    }
  }
  return testing::MeanOf(correlations);
}
} // namespace

Figures
Transfer(const std::vector<Head> &                heads,
         const std::vector<Recipe> &              recipes,
         const std::vector<Shift> &               shifts,
         const std::string &                      cache,
         const std::function<void(std::string)> & said)
{
  Figures figures;
  for (const bool ofBrain : { true, false })
  {
    const auto sites = SitesOf(heads, ofBrain);
    for (const Site & site : sites)
    {
      if (!site.HasTissue())
      {
        continue;
      }
      std::vector<Head> training;
      Site              others{ OtherHeads, false, {} };
      for (std::size_t i = 0; i < site.heads.size(); ++i)
      {
        (i % 2 == 0 ? training : others.heads).push_back(site.heads[i]);
      }
      others.heads = others.heads.empty() ? training : others.heads;

      std::vector<Site> targets = { others };
      std::copy_if(sites.begin(),
                   sites.end(),
                   std::back_inserter(targets),
                   [&](const Site & other) { return other.name != site.name; });
      for (const Shift & shift : shifts)
      {
        Site simulated{ shift.name, false, {} };
        for (std::size_t i = 0; i < others.heads.size(); ++i)
        {
          simulated.heads.push_back(shift.apply(others.heads[i], i + 1));
        }
        targets.push_back(simulated);
      }
      Figure about{ ofBrain ? "brain" : "head", site.name, "", false, "", "", "", None };
      for (const Recipe & recipe : recipes)
      {
        said(about.mask + ", " + site.name + ": " + recipe.name);
        about.method = recipe.name;
        Trained trained(about, recipe, training, cache);
        for (const Site & target : targets)
        {
          trained.Measure(target, figures);
        }
      }
      for (const Site & target : targets)
      {
        if (target.HasTissue())
        {
          MeasureOwnModels(about, target, figures);
        }
      }
    }
  }
  return figures;
}

double
MeanFigure(const Figures &     figures,
           const std::string & mask,
           bool                isReal,
           const std::string & target,
           const std::string & method,
           const std::string & measure)
{
  return MeanOver(Where(figures,
                        [&](const Figure & f)
                        {
                          return f.mask == mask && f.isReal == isReal && (target.empty() || f.target == target) &&
                                 f.method == method && f.measure == measure;
                        }));
}

void
PrintCsv(std::ostream & os, const Figures & figures)
{
  os << CsvHeader << '\n' << std::setprecision(9);
  for (const Figure & f : figures)
  {
    os << f.mask << ';' << f.trained << ';' << f.target << ';' << f.isReal << ';' << f.head << ';' << f.method << ';'
       << f.measure << ';' << f.value << '\n';
  }
}

Figures
ReadCsv(std::istream & is)
{
  std::string line;
  if (!std::getline(is, line) || line != CsvHeader)
  {
    throw std::runtime_error(std::string("figures must begin with the line ") + CsvHeader);
  }
  Figures figures;
  while (std::getline(is, line))
  {
    std::istringstream fields(line);
    Figure             f;
    std::string        isReal;
    std::string        value;
    for (std::string * field : { &f.mask, &f.trained, &f.target, &isReal, &f.head, &f.method, &f.measure, &value })
    {
      std::getline(fields, *field, ';');
    }
    f.isReal = isReal == "1";
    f.value = std::strtod(value.c_str(), nullptr); // reads "nan" too
    figures.push_back(f);
  }
  return figures;
}

void
PrintTables(std::ostream & os, const Figures & figures)
{
  for (const auto & mask : Distinct(figures, [](const Figure & f) { return f.mask; }))
  {
    const auto of = Where(figures, [&](const Figure & f) { return f.mask == mask; });
    os << "\n## Dice, statistics in the " << mask << "\n\n";
    PrintByTarget(os, of, "Dice");
    os << "\n## Every measure, real sites, " << mask << "\n\n";
    PrintByMethod(os, Where(WithDice(of), [](const Figure & f) { return f.isReal; }));
    os << "\n## Every measure, simulated sites, " << mask << "\n\n";
    PrintByMethod(os, Where(of, [](const Figure & f) { return !f.isReal && f.target != OtherHeads; }));
    os << "\n## Rank correlation with Dice over the methods, " << mask << "\n\n";
    std::vector<std::string> head = { "sites" };
    std::vector<std::string> real = { "real" };
    std::vector<std::string> simulated = { "simulated" };
    for (std::size_t i = 3; i < std::size(Measures); ++i)
    {
      head.emplace_back(Measures[i]);
      real.push_back(Fixed(AgreementWithDice(Where(of, [](const Figure & f) { return f.isReal; }), Measures[i]), 2));
      simulated.push_back(
        Fixed(AgreementWithDice(Where(of, [](const Figure & f) { return !f.isReal; }), Measures[i]), 2));
    }
    PrintHead(os, head);
    PrintRow(os, real);
    PrintRow(os, simulated);
    for (std::size_t i = 1; i < std::size(Measures); ++i)
    {
      os << "\n## " << Measures[i] << ", " << mask << "\n\n";
      PrintByTarget(os, of, Measures[i]);
    }
  }
}
} // namespace isolux::testing
