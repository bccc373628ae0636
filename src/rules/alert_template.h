// The texts of one alert's labels and annotations: parsed once, written for each sample.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "rules/query.h"
#include "template/prometheus.h"
#include "template/template.h"

namespace pharos::rules {

/// A text as the rule has it.
struct AlertText {
  std::string plain;  ///< when it holds no template
  std::optional<tmpl::Template> parsed;
  std::string parse_error;
};

/// Owns: the functions and what they look at; must outlive the texts it compiled. Threads: one at
/// a time. Errors: none; a fault is written in place of the text, as Prometheus does:
/// `<error expanding template: …>`. Cost: a walk over the template; `query` costs a query.
class AlertTexts {
 public:
  AlertTexts(std::string alert, std::map<std::string, std::string> external_labels,
             std::string external_url);
  AlertTexts(const AlertTexts&) = delete;
  AlertTexts& operator=(const AlertTexts&) = delete;

  AlertText Compile(const std::string& text) const;
  /// What `query` and `now` answer from now on; `query` is borrowed.
  void SetMoment(const QueryFunc* query, int64_t now_ms);
  /// What templates see of a sample: .Labels, .Value, .ExternalLabels, .ExternalURL.
  tmpl::Value DotOf(const VectorSample& sample) const;
  std::string Expand(const AlertText& text, const tmpl::Value& dot) const;

 private:
  const std::string name_;
  tmpl::Value external_labels_;
  tmpl::PrometheusSurroundings surroundings_;
  tmpl::FunctionMap functions_;
  size_t queries_ = 0;
};

}  // namespace pharos::rules
