// What Alertmanager's notification templates see (`.Alerts.Firing`, `.CommonLabels.job`, …), and
// the functions that they call.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/notification.h"
#include "base/clock.h"
#include "template/template.h"

namespace pharos::alert {

/// The default templates and those of the operator's files.
///
/// Owns: the parsed texts. Threads: immutable. Errors: Make: kBadInput names the file.
/// Cost: parsing once.
class Templates {
 public:
  /// `globs`: files; a pattern without files is none.
  static base::Result<std::shared_ptr<const Templates>> Make(const std::vector<std::string>& globs,
                                                             std::string external_url,
                                                             const base::Clock& clock);
  const std::string& external_url() const { return external_url_; }

 private:
  friend class Renderer;
  Templates(std::string external_url, const base::Clock& clock);
  const std::string external_url_;
  tmpl::FunctionMap functions_;
  tmpl::TemplateSet set_;
};

/// Expands texts for one notification.
///
/// Owns: the data as templates see it; borrows the templates. Threads: one. Errors: kBadInput
/// in Go's words. Cost: parsing and running each text.
class Renderer {
 public:
  Renderer(const Templates& templates, const Notification& notification);
  base::Result<std::string> Text(const std::string& text) const;
  base::Result<std::string> Html(const std::string& text) const;
  /// As Text; the first error stays in `error()` and all further texts are "".
  std::string operator()(const std::string& text);
  const std::string& error() const { return error_; }

  /// The notification's route labels, which may name each other, expanded. What fails is left
  /// out and logged.
  std::map<std::string, std::string> RouteLabels();

 private:
  base::Result<std::string> Resolve(const std::string& name);

  const Templates& templates_;
  const Notification& notification_;
  tmpl::FunctionMap functions_;
  tmpl::Value dot_;
  std::string error_;
  bool resolving_ = false;  ///< route labels are templates, not yet text
  std::vector<std::string> stack_;
  std::map<std::string, std::string> resolved_;
};

/// The JSON of the notification's data, without the closing brace: what webhooks get.
void AppendDataJson(std::string& out, const Notification& notification,
                    const std::string& external_url);
/// Any value of a template as Go's json.Marshal writes it.
std::string ToJson(const tmpl::Value& value);
/// {"a":"b",…} in Go's escaping.
void AppendLabelsJson(std::string& out, const model::Labels& labels);

/// Labels as templates see them: a map with SortedPairs, Names, Values, Remove.
tmpl::Value LabelsValue(const model::Labels& labels);

/// Alertmanager's functions besides Go's own.
void AddAlertFunctions(tmpl::FunctionMap* map, const base::Clock& clock);
/// A Go duration as templates carry it.
tmpl::Value DurationValue(int64_t ns);
/// Nanoseconds when it is one.
const int64_t* DurationOf(const tmpl::Value& value);

/// The text that defines the default templates.
const char* DefaultTemplates();

}  // namespace pharos::alert
