#include "alert/template_data.h"

#include <algorithm>

#include "base/log.h"
#include "conf/prometheus_config.h"
#include "template/html_escape.h"
#include "text/duration.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using tmpl::Value;
using Called = std::optional<Result<Value>>;

/// An object that also knows how Go would marshal it.
class JsonObject : public tmpl::Object {
 public:
  virtual void AppendJson(std::string& out) const = 0;
};

class Duration final : public tmpl::Object {
 public:
  explicit Duration(int64_t ns) : ns(ns) {}
  const Value& Plain() const override {
    static const Value kNil;
    return kNil;
  }
  std::string Text() const override { return text::GoDuration(ns); }
  std::string_view TypeName() const override { return "time.Duration"; }
  Called Call(std::string_view method, std::span<const Value> arguments) const override {
    if (!arguments.empty()) return std::nullopt;
    const auto seconds = static_cast<double>(ns) / 1e9;
    if (method == "Seconds") return Value(seconds);
    if (method == "Minutes") return Value(seconds / 60);
    if (method == "Hours") return Value(seconds / 3600);
    if (method == "String") return Value(Text());
    return std::nullopt;
  }
  const int64_t ns;
};

/// []string with Join.
class Strings final : public tmpl::Object {
 public:
  explicit Strings(tmpl::List list) : plain_(Value::Of(std::move(list))) {}
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return "template.Strings"; }
  Called Call(std::string_view method, std::span<const Value> arguments) const override {
    if (method != "Join" || arguments.size() != 1) return std::nullopt;
    std::string out;
    for (const Value& item : *plain_.list()) {
      if (&item != &plain_.list()->front()) out += arguments[0].ToString();
      out += item.ToString();
    }
    return Value(std::move(out));
  }

 private:
  Value plain_;
};

/// A struct with fields and no methods; other fields are an error.
class Struct : public JsonObject {
 public:
  Struct(std::string_view type, tmpl::Map fields) : type_(type), plain_(Value::Of(fields)) {}
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return type_; }
  /// Names as Go marshals a struct without tags.
  void AppendJson(std::string& out) const override { out += ToJson(plain_); }

 private:
  std::string_view type_;
  Value plain_;
};

using Pair = std::pair<std::string, std::string>;

class Pairs final : public tmpl::Object {
 public:
  explicit Pairs(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
    tmpl::List list;
    for (const auto& [name, value] : pairs_) {
      list.push_back(Value::Of(std::make_shared<const Struct>(
          "template.Pair", tmpl::Map{{"Name", Value(name)}, {"Value", Value(value)}})));
    }
    plain_ = Value::Of(std::move(list));
  }
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return "template.Pairs"; }
  std::string Text() const override {
    std::string out;
    for (const auto& [name, value] : pairs_) {
      if (!out.empty()) out += ", ";
      out += name + "=" + value;
    }
    return out;
  }
  Called Call(std::string_view method, std::span<const Value> arguments) const override {
    if (!arguments.empty()) return std::nullopt;
    if (method == "String") return Value(Text());
    if (method != "Names" && method != "Values") return std::nullopt;
    tmpl::List list;
    for (const auto& [name, value] : pairs_) list.push_back(method == "Names" ? name : value);
    return Value::Of(std::make_shared<const Strings>(std::move(list)));
  }

 private:
  std::vector<Pair> pairs_;
  Value plain_;
};

/// Labels and annotations.
class Kv final : public JsonObject {
 public:
  explicit Kv(tmpl::Map map) : plain_(Value::Of(std::move(map))) {}
  const Value& Plain() const override { return plain_; }
  std::optional<Value> Absent() const override { return Value::Of(""); }
  std::string Text() const override { return Sorted().Text(); }
  std::string_view TypeName() const override { return "template.KV"; }
  void AppendJson(std::string& out) const override { out += ToJson(plain_); }

  Called Call(std::string_view method, std::span<const Value> arguments) const override {
    if (method == "Remove") return Remove(arguments);
    if (!arguments.empty()) return std::nullopt;
    if (method == "SortedPairs") return Value::Of(std::make_shared<const Pairs>(Sorted()));
    if (method == "Names" || method == "Values" || method == "String")
      return Sorted().Call(method, {});
    return std::nullopt;
  }

 private:
  /// alertname first, then by name.
  Pairs Sorted() const {
    std::vector<Pair> pairs;
    for (const auto& [name, value] : *plain_.map()) {
      const auto at = name == "alertname" ? pairs.begin() : pairs.end();
      pairs.insert(at, {name, value.ToString()});
    }
    return Pairs(std::move(pairs));
  }
  Called Remove(std::span<const Value> arguments) const {
    if (arguments.size() != 1 || arguments[0].list() == nullptr)
      return Fail(ErrorKind::kBadInput, "Remove wants a list of names");
    tmpl::Map left = *plain_.map();
    for (const Value& name : *arguments[0].list()) left.erase(name.ToString());
    return Value::Of(std::make_shared<const Kv>(std::move(left)));
  }

  Value plain_;
};

bool Resolved(const AlertRecord& alert, int64_t now_ns) { return alert.ResolvedAt(now_ns); }

void AppendAlertJson(std::string& out, const AlertRecord& alert, int64_t now_ns) {
  out += "{\"status\":";
  out += Resolved(alert, now_ns) ? "\"resolved\"" : "\"firing\"";
  out += ",\"labels\":";
  AppendLabelsJson(out, alert.labels);
  out += ",\"annotations\":";
  AppendLabelsJson(out, alert.annotations);
  out += ",\"startsAt\":\"" + TimeText(alert.starts_at_ns);
  out += "\",\"endsAt\":\"" + TimeText(alert.ends_at_ns);
  out += "\",\"generatorURL\":";
  text::AppendJsonString(out, alert.generator_url, true);
  out += ",\"fingerprint\":\"" + FingerprintText(alert.fingerprint) + "\"}";
}

Value TimeValue(int64_t ns) { return tmpl::Time{ns == 0 ? tmpl::kZeroTimeNs : ns}; }

class AlertObject final : public JsonObject {
 public:
  AlertObject(AlertPtr alert, int64_t now_ns) : alert_(std::move(alert)), now_ns_(now_ns) {
    plain_ = Value::Of(tmpl::Map{
        {"Status", Value::Of(Resolved(*alert_, now_ns) ? "resolved" : "firing")},
        {"Labels", LabelsValue(alert_->labels)},
        {"Annotations", LabelsValue(alert_->annotations)},
        {"StartsAt", TimeValue(alert_->starts_at_ns)},
        {"EndsAt", TimeValue(alert_->ends_at_ns)},
        {"GeneratorURL", Value(alert_->generator_url)},
        {"Fingerprint", Value(FingerprintText(alert_->fingerprint))},
    });
  }
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return "template.Alert"; }
  void AppendJson(std::string& out) const override { AppendAlertJson(out, *alert_, now_ns_); }
  bool resolved() const { return Resolved(*alert_, now_ns_); }

 private:
  AlertPtr alert_;
  int64_t now_ns_;
  Value plain_;
};

class AlertsObject final : public tmpl::Object {
 public:
  AlertsObject(const std::vector<AlertPtr>& alerts, int64_t now_ns) {
    tmpl::List all;
    tmpl::List firing;
    tmpl::List resolved;
    for (const AlertPtr& alert : alerts) {
      const auto object = std::make_shared<const AlertObject>(alert, now_ns);
      all.push_back(Value::Of(object));
      (object->resolved() ? resolved : firing).push_back(Value::Of(object));
    }
    plain_ = Value::Of(std::move(all));
    firing_ = Value::Of(std::move(firing));
    resolved_ = Value::Of(std::move(resolved));
  }
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return "template.Alerts"; }
  Called Call(std::string_view method, std::span<const Value> arguments) const override {
    if (!arguments.empty()) return std::nullopt;
    if (method == "Firing") return firing_;
    if (method == "Resolved") return resolved_;
    return std::nullopt;
  }

 private:
  Value plain_, firing_, resolved_;
};

model::Labels Common(const std::vector<AlertPtr>& alerts, model::Labels AlertRecord::* part) {
  if (alerts.empty()) return {};
  std::vector<model::LabelView> common;
  for (const auto label : (*alerts.front()).*part) {
    bool everywhere = true;
    for (const AlertPtr& alert : alerts)
      everywhere &= ((*alert).*part).Get(label.name) == label.value;
    if (everywhere) common.push_back(label);
  }
  return model::Labels::FromPairs(std::move(common));
}

std::string_view StatusOf(const Notification& notification) {
  return notification.AnyFiring() ? "firing" : "resolved";
}

Value MapValue(const std::map<std::string, std::string>& labels) {
  tmpl::Map map;
  for (const auto& [name, value] : labels) map[name] = Value(value);
  return Value::Of(std::make_shared<const Kv>(std::move(map)));
}

/// Go's regexp.QuoteMeta leaves all but its special characters alone.
std::string QuoteMeta(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// As Data marshals itself for `{{ . | toJson }}`.
class DataObject final : public JsonObject {
 public:
  DataObject(const Notification& notification, const std::string& external_url) {
    AppendDataJson(json_, notification, external_url);
    json_ += '}';
    plain_ = Value::Of(tmpl::Map{
        {"Receiver", Value(QuoteMeta(notification.receiver))},
        {"Status", Value::Of(StatusOf(notification))},
        {"Alerts",
         Value::Of(std::make_shared<const AlertsObject>(notification.alerts, notification.now_ns))},
        {"NotificationReason", Value(notification.reason)},
        {"GroupLabels", LabelsValue(notification.group_labels)},
        {"CommonLabels", LabelsValue(Common(notification.alerts, &AlertRecord::labels))},
        {"CommonAnnotations", LabelsValue(Common(notification.alerts, &AlertRecord::annotations))},
        {"RouteLabels", MapValue(notification.route_labels)},
        {"ExternalURL", Value(external_url)},
    });
  }
  const Value& Plain() const override { return plain_; }
  std::string_view TypeName() const override { return "*template.Data"; }
  void AppendJson(std::string& out) const override { out += json_; }

 private:
  Value plain_;
  std::string json_;
};

}  // namespace

Value LabelsValue(const model::Labels& labels) {
  tmpl::Map map;
  for (const auto [name, value] : labels) map[std::string(name)] = Value::Of(value);
  return Value::Of(std::make_shared<const Kv>(std::move(map)));
}

Value DurationValue(int64_t ns) { return Value::Of(std::make_shared<const Duration>(ns)); }

const int64_t* DurationOf(const Value& value) {
  const auto* duration = dynamic_cast<const Duration*>(value.object());
  return duration != nullptr ? &duration->ns : nullptr;
}

void AppendLabelsJson(std::string& out, const model::Labels& labels) {
  out += '{';
  for (const auto [name, value] : labels) {
    if (out.back() != '{') out += ',';
    text::AppendJsonString(out, name, true);
    out += ':';
    text::AppendJsonString(out, value, true);
  }
  out += '}';
}

std::string ToJson(const Value& value) {
  std::string out;
  if (const auto* object = dynamic_cast<const JsonObject*>(value.object())) {
    object->AppendJson(out);
    return out;
  }
  if (const int64_t* duration = DurationOf(value)) return std::to_string(*duration);
  if (const tmpl::List* list = value.list()) {
    out += '[';
    for (const Value& item : *list) {
      if (&item != &list->front()) out += ',';
      out += ToJson(item);
    }
    return out + "]";
  }
  if (const tmpl::Map* map = value.map()) {
    out += '{';
    for (const auto& [name, item] : *map) {
      if (out.size() > 1) out += ',';
      text::AppendJsonString(out, name, true);
      out += ':' + ToJson(item);
    }
    return out + "}";
  }
  if (value.IsNil()) return "null";
  if (const auto* number = value.As<double>()) return text::GoFloat(*number, 'g');
  if (value.As<bool>() != nullptr || value.As<int64_t>() != nullptr) return value.ToString();
  if (const auto* time = value.As<tmpl::Time>()) {
    return "\"" + TimeText(time->ns == tmpl::kZeroTimeNs ? 0 : time->ns) + "\"";
  }
  text::AppendJsonString(out, value.ToString(), true);
  return out;
}

void AppendDataJson(std::string& out, const Notification& notification,
                    const std::string& external_url) {
  const auto text = [&](std::string_view key, std::string_view value) {
    out += key;
    text::AppendJsonString(out, value, true);
  };
  const auto labels = [&](std::string_view key, const model::Labels& value) {
    out += key;
    AppendLabelsJson(out, value);
  };
  text("{\"receiver\":", QuoteMeta(notification.receiver));
  text(",\"status\":", StatusOf(notification));
  out += ",\"alerts\":[";
  for (const AlertPtr& alert : notification.alerts) {
    if (out.back() != '[') out += ',';
    AppendAlertJson(out, *alert, notification.now_ns);
  }
  text("],\"notification_reason\":", notification.reason);
  labels(",\"groupLabels\":", notification.group_labels);
  labels(",\"commonLabels\":", Common(notification.alerts, &AlertRecord::labels));
  labels(",\"commonAnnotations\":", Common(notification.alerts, &AlertRecord::annotations));
  out += ",\"routeLabels\":" + ToJson(MapValue(notification.route_labels));
  text(",\"externalURL\":", external_url);
}

Templates::Templates(std::string external_url, const base::Clock& clock)
    : external_url_(std::move(external_url)),
      functions_([&] {
        tmpl::FunctionMap map = tmpl::BuiltinFunctions();
        AddAlertFunctions(&map, clock);
        return map;
      }()),
      set_(functions_) {}

Result<std::shared_ptr<const Templates>> Templates::Make(const std::vector<std::string>& globs,
                                                         std::string external_url,
                                                         const base::Clock& clock) {
  std::shared_ptr<Templates> out(new Templates(std::move(external_url), clock));
  PHAROS_TRY_VOID(out->set_.Add("", DefaultTemplates()));
  for (const std::string& glob : globs) {
    for (const std::string& file : conf::ExpandRuleFiles(glob)) {
      PHAROS_TRY(std::string text, conf::ReadTextFile(file));
      const auto added = out->set_.Add(file.substr(file.rfind('/') + 1), std::move(text));
      if (!added) return base::Wrap(added.error(), file);
    }
  }
  return out;
}

Renderer::Renderer(const Templates& templates, const Notification& notification)
    : templates_(templates),
      notification_(notification),
      functions_(templates.functions_),
      dot_(Value::Of(std::make_shared<const DataObject>(notification, templates.external_url_))) {
  functions_["routeLabels"] = {[this](std::span<const Value> arguments) -> Result<Value> {
                                 PHAROS_TRY(std::string text, Resolve(arguments[0].ToString()));
                                 return Value(std::move(text));
                               },
                               1, 1};
}

Result<std::string> Renderer::Text(const std::string& text) const {
  std::string out;
  if (text.empty()) return out;
  PHAROS_TRY(const auto parsed, tmpl::Template::Parse("", text, functions_));
  PHAROS_TRY_VOID(parsed.Run(dot_, &out, tmpl::RunOptions{.set = &templates_.set_}));
  return out;
}

Result<std::string> Renderer::Html(const std::string& text) const {
  std::string out;
  if (text.empty()) return out;
  PHAROS_TRY(const auto parsed, tmpl::Template::Parse("", text, functions_));
  tmpl::HtmlEscaper escaper;
  PHAROS_TRY_VOID(
      parsed.Run(dot_, &out, tmpl::RunOptions{.set = &templates_.set_, .escaper = &escaper}));
  return out;
}

std::string Renderer::operator()(const std::string& text) {
  if (!error_.empty()) return "";
  auto made = Text(text);
  if (made) return *std::move(made);
  error_ = made.error().message;
  return "";
}

Result<std::string> Renderer::Resolve(const std::string& name) {
  const auto label = notification_.route_labels.find(name);
  if (label == notification_.route_labels.end()) return std::string();
  if (!resolving_) return label->second;
  if (const auto known = resolved_.find(name); known != resolved_.end()) return known->second;
  if (std::find(stack_.begin(), stack_.end(), name) != stack_.end()) {
    std::string cycle;
    for (const std::string& step : stack_) cycle += step + " -> ";
    return Fail(ErrorKind::kBadInput, "route label cycle detected: " + cycle + name);
  }
  stack_.push_back(name);
  auto text = Text(label->second);
  stack_.pop_back();
  if (text) resolved_[name] = *text;
  return text;
}

std::map<std::string, std::string> Renderer::RouteLabels() {
  resolving_ = true;
  std::map<std::string, std::string> out;
  for (const auto& [name, text] : notification_.route_labels) {
    auto made = Resolve(name);
    if (made) {
      out[name] = *std::move(made);
    } else {
      base::Log(base::LogLevel::kError, "failed to render route label",
                {{"label", name}, {"err", made.error().message}});
    }
  }
  return out;
}

}  // namespace pharos::alert
