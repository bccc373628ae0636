#include "rules/alert_template.h"

#include <utility>

#include "query/promql/histogram_math.h"
#include "rules/limits.h"

namespace pharos::rules {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// What Prometheus puts in front of every text; columns in errors count it.
constexpr std::string_view kDefinitions =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
    "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

tmpl::Value LabelsValue(const model::Labels& labels) {
  tmpl::Map map;
  for (const model::LabelView label : labels)
    map[std::string(label.name)] = tmpl::Value::Of(label.value);
  return tmpl::TextMap(std::move(map));
}

tmpl::Value SampleValue(const VectorSample& sample) {
  return sample.histogram != nullptr ? tmpl::Value(query::promql::HistogramText(*sample.histogram))
                                     : tmpl::Value(sample.value);
}

}  // namespace

AlertTexts::AlertTexts(std::string alert, std::map<std::string, std::string> external_labels,
                       std::string external_url)
    : name_("__alert_" + std::move(alert)) {
  tmpl::Map map;
  for (auto& [name, value] : external_labels) map[name] = tmpl::Value(std::move(value));
  external_labels_ = tmpl::TextMap(std::move(map));
  surroundings_.external_url = std::move(external_url);
  functions_ = tmpl::PrometheusFunctions(&surroundings_);
}

AlertText AlertTexts::Compile(const std::string& text) const {
  AlertText out;
  if (text.find("{{") == std::string::npos) {
    out.plain = text;
    return out;
  }
  auto parsed = tmpl::Template::Parse(name_, std::string(kDefinitions) + text, functions_);
  if (parsed) {
    out.parsed = *std::move(parsed);
  } else {
    out.parse_error = std::move(parsed).error().message;
  }
  return out;
}

void AlertTexts::SetMoment(const QueryFunc* query, int64_t now_ms) {
  queries_ = 0;
  surroundings_.now_ms = now_ms;
  surroundings_.query = [this, query, now_ms](std::string_view expression) -> Result<tmpl::List> {
    if (++queries_ > kMaxTemplateQueries)
      return Fail(ErrorKind::kLimit, "the templates of this alert make too many queries");
    PHAROS_TRY(const Vector vector, (*query)(expression, now_ms));
    tmpl::List list;
    for (const VectorSample& sample : vector) {
      list.push_back(tmpl::Value::Of(
          tmpl::Map{{"Labels", LabelsValue(sample.labels)}, {"Value", SampleValue(sample)}}));
    }
    return list;
  };
}

tmpl::Value AlertTexts::DotOf(const VectorSample& sample) const {
  return tmpl::Value::Of(tmpl::Map{{"Labels", LabelsValue(sample.labels)},
                                   {"ExternalLabels", external_labels_},
                                   {"ExternalURL", tmpl::Value(surroundings_.external_url)},
                                   {"Value", SampleValue(sample)}});
}

std::string AlertTexts::Expand(const AlertText& text, const tmpl::Value& dot) const {
  if (!text.parse_error.empty()) {
    return "<error expanding template: error parsing template " + name_ + ": " + text.parse_error +
           ">";
  }
  if (!text.parsed) return text.plain;
  std::string out;
  const auto ran = text.parsed->Run(dot, &out);
  if (ran) return out;
  return "<error expanding template: error executing template " + name_ + ": " +
         ran.error().message + ">";
}

}  // namespace pharos::rules
