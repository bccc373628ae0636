#include "export/text_page.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "text/go_float.h"

namespace pharos::exporting {
namespace {

using wire::OtlpMetricType;

std::string_view TypeName(FamilyType type) {
  switch (type) {
    case FamilyType::kCounter: return "counter";
    case FamilyType::kGauge: return "gauge";
    case FamilyType::kHistogram: return "histogram";
    case FamilyType::kSummary: return "summary";
  }
  return "";
}

/// The Go client's order: label values one by one; equal label sets beside each other.
bool Before(const PageSeries* a, const PageSeries* b) {
  if (a->labels.size() != b->labels.size()) return a->labels.size() < b->labels.size();
  for (size_t i = 0; i < a->labels.size(); ++i) {
    if (a->labels[i].second != b->labels[i].second) {
      return a->labels[i].second < b->labels[i].second;
    }
  }
  if (a->labels != b->labels) return a->labels < b->labels;
  return a->time_ns < b->time_ns;
}

class Page {
 public:
  explicit Page(const PageOptions& options)
      : options_(options), open_(options.format == PageFormat::kOpenMetrics) {}

  void Family(std::string name, std::string_view help, FamilyType type,
              const std::vector<const PageSeries*>& series) {
    std::string family = name, type_name(TypeName(type));
    if (open_ && type == FamilyType::kCounter) {
      if (family.ends_with("_total")) {
        family.resize(family.size() - 6);
      } else {
        type_name = "unknown";
      }
    }
    out_ += "# HELP " + family + " " + EscapeHelp(help, open_) + "\n";
    out_ += "# TYPE " + family + " " + type_name + "\n";
    for (const PageSeries* one : series) Series(name, type, *one);
  }

  std::string Finish() {
    if (open_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void Series(const std::string& name, FamilyType type, const PageSeries& series) {
    switch (type) {
      case FamilyType::kCounter:
        Sample(name, series, {}, {}, series.value);
        if (open_ && name.ends_with("_total") && !series.exemplars.empty()) {
          Exemplar(series.exemplars.back());
        }
        out_ += '\n';
        break;
      case FamilyType::kGauge:
        Sample(name, series, {}, {}, series.value);
        out_ += '\n';
        break;
      case FamilyType::kHistogram: Histogram(name, series); break;
      case FamilyType::kSummary: Summary(name, series); break;
    }
  }

  void Histogram(const std::string& name, const PageSeries& series) {
    // Bounds sorted, each once; counts of a bound that came twice are the first's.
    std::map<double, uint64_t> buckets;
    for (size_t i = 0; i < series.bounds.size(); ++i) {
      buckets.try_emplace(series.bounds[i], i < series.counts.size() ? series.counts[i] : 0);
    }
    buckets.erase(INFINITY);
    uint64_t cumulative = 0;
    double lower = -INFINITY;
    for (const auto& [bound, count] : buckets) {
      cumulative += count;
      Bucket(name, series, Float(bound), cumulative, lower, bound);
      lower = bound;
    }
    Bucket(name, series, "+Inf", series.count, lower, INFINITY);
    Sample(name + "_sum", series, {}, {}, series.sum);
    out_ += '\n';
    Count(name + "_count", series, {}, {}, series.count);
    out_ += '\n';
  }

  void Bucket(const std::string& name, const PageSeries& series, const std::string& le,
              uint64_t count, double lower, double bound) {
    Count(name + "_bucket", series, "le", le, count);
    if (open_) {
      const PageExemplar* last = nullptr;
      for (const PageExemplar& exemplar : series.exemplars) {
        if (exemplar.value > lower && exemplar.value <= bound) last = &exemplar;
      }
      if (last != nullptr) Exemplar(*last);
    }
    out_ += '\n';
  }

  void Summary(const std::string& name, const PageSeries& series) {
    std::map<double, double> quantiles;
    for (const auto& q : series.quantiles) quantiles[q.quantile] = q.value;
    for (const auto& [quantile, value] : quantiles) {
      Sample(name, series, "quantile", Float(quantile), value);
      out_ += '\n';
    }
    Sample(name + "_sum", series, {}, {}, series.sum);
    out_ += '\n';
    Count(name + "_count", series, {}, {}, series.count);
    out_ += '\n';
  }

  void Sample(std::string_view name, const PageSeries& series, std::string_view extra,
              const std::string& extra_value, double value) {
    out_ += name;
    AppendLabels(out_, series.labels, extra, extra_value);
    out_ += ' ';
    out_ += Float(value);
    Time(series);
  }
  void Count(std::string_view name, const PageSeries& series, std::string_view extra,
             const std::string& extra_value, uint64_t value) {
    out_ += name;
    AppendLabels(out_, series.labels, extra, extra_value);
    out_ += ' ';
    // The text format knows floats only: 1e+06 for a million.
    out_ += open_ ? std::to_string(value) : Float(static_cast<double>(value));
    Time(series);
  }

  void Time(const PageSeries& series) {
    if (!options_.timestamps || series.time_ns == 0) return;
    const int64_t ms = series.time_ns / 1'000'000;
    out_ += ' ';
    out_ += open_ ? Float(static_cast<double>(ms) / 1000, 'f') : std::to_string(ms);
  }

  void Exemplar(const PageExemplar& exemplar) {
    out_ += " # ";
    if (exemplar.labels.empty()) out_ += "{}";
    AppendLabels(out_, exemplar.labels);
    out_ += ' ';
    out_ += Float(exemplar.value);
    if (exemplar.time_ns == 0) return;
    out_ += ' ';
    out_ += Float(static_cast<double>(exemplar.time_ns / 1'000'000) / 1000, 'f');
  }

  /// Go's %g, which takes the exponent form from 1e6 on. OpenMetrics wants a point or an
  /// exponent in every float.
  std::string Float(double value, char format = 'g') const {
    const double magnitude = std::fabs(value);
    const bool exponent = format == 'g' && std::isfinite(value) && magnitude != 0 &&
                          (magnitude < 1e-4 || magnitude >= 1e6);
    std::string out = text::GoFloat(value, exponent ? 'e' : 'f');
    if (open_ && format == 'g' && std::isfinite(value) && out.find_first_of(".e") == out.npos) {
      out += ".0";
    }
    return out;
  }

  const PageOptions& options_;
  const bool open_;
  std::string out_;
};

}  // namespace

FamilyType FamilyTypeOf(const PageSeries& series) {
  switch (series.type) {
    case OtlpMetricType::kSum: return series.monotonic ? FamilyType::kCounter : FamilyType::kGauge;
    case OtlpMetricType::kHistogram: return FamilyType::kHistogram;
    case OtlpMetricType::kSummary: return FamilyType::kSummary;
    default: return FamilyType::kGauge;
  }
}

PageFormat FormatFor(std::string_view accept, bool open_metrics_allowed) {
  const bool asked = accept.find("application/openmetrics-text") != accept.npos;
  return asked && open_metrics_allowed ? PageFormat::kOpenMetrics : PageFormat::kText;
}

std::string_view ContentTypeOf(PageFormat format) {
  return format == PageFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

std::string EscapeHelp(std::string_view help, bool quotes) {
  std::string out;
  for (const char c : help) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

void AppendLabels(std::string& out, const TextLabels& labels, std::string_view extra_name,
                  std::string_view extra_value) {
  if (labels.empty() && extra_name.empty()) return;
  char separator = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    out += separator;
    out += name;
    out += "=\"";
    out += EscapeHelp(value, true);
    out += '"';
    separator = ',';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!extra_name.empty()) add(extra_name, extra_value);
  out += '}';
}

std::string RenderPage(const std::vector<PageSeries>& series, const PageOptions& options) {
  struct Family {
    FamilyType type;
    std::string help;
    std::vector<const PageSeries*> series;
  };
  std::map<std::string, Family> families;
  std::vector<PageSeries> infos;
  std::set<std::pair<std::string, std::string>> targets;
  for (const PageSeries& one : series) {
    const PageTarget& target = *one.target;
    const bool named = !target.job.empty() || !target.instance.empty();
    if (named && targets.emplace(target.job, target.instance).second) {
      PageSeries& info = infos.emplace_back();
      info.labels = target.labels;
      info.value = 1;
    }
  }
  if (!infos.empty()) {
    Family& family = families[options.target_info_name];
    family = {FamilyType::kGauge, "Target metadata", {}};
    for (const PageSeries& info : infos) family.series.push_back(&info);
  }
  for (const PageSeries& one : series) {
    const auto [at, fresh] =
        families.try_emplace(one.name, Family{FamilyTypeOf(one), one.help, {}});
    if (at->second.type == FamilyTypeOf(one)) at->second.series.push_back(&one);
  }
  Page page(options);
  for (auto& [name, family] : families) {
    std::ranges::stable_sort(family.series, Before);
    const auto doubles = std::ranges::unique(
        family.series,
        [](const PageSeries* a, const PageSeries* b) { return a->labels == b->labels; });
    family.series.erase(doubles.begin(), doubles.end());
    page.Family(name, family.help, family.type, family.series);
  }
  return page.Finish();
}

}  // namespace pharos::exporting
