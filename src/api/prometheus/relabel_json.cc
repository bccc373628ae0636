#include "api/prometheus/relabel_json.h"

#include "conf/yaml_writer.h"
#include "text/duration.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {
namespace {

std::string_view ActionName(conf::RelabelAction action) {
  static constexpr std::string_view kNames[] = {"replace",   "keep",      "drop",     "keepequal",
                                                "dropequal", "hashmod",   "labelmap", "labeldrop",
                                                "labelkeep", "lowercase", "uppercase"};
  return kNames[static_cast<size_t>(action)];
}

void WriteRules(conf::YamlWriter& yaml, std::string_view key,
                const std::vector<conf::RelabelRule>& rules) {
  const conf::RelabelRule defaults;
  yaml.List(key, rules.size(), [&](size_t i) {
    const conf::RelabelRule& rule = rules[i];
    yaml.Texts("source_labels", rule.source_labels);
    yaml.Text("separator", rule.separator);
    if (rule.regex != defaults.regex) yaml.Text("regex", rule.regex);
    if (rule.modulus != 0) yaml.Plain("modulus", std::to_string(rule.modulus));
    yaml.Text("target_label", rule.target_label);
    yaml.Text("replacement", rule.replacement);
    yaml.Text("action", ActionName(rule.action));
  });
}

void WriteLimit(conf::YamlWriter& yaml, std::string_view key, int64_t limit) {
  if (limit > 0) yaml.Plain(key, std::to_string(limit));
}

void WriteAccess(conf::YamlWriter& yaml, const conf::ScrapeJob& job) {
  if (!job.basic_user.empty()) {
    yaml.Map("basic_auth", [&] {
      yaml.Text("username", job.basic_user);
      yaml.Secret("password", job.basic_password);
    });
  }
  if (!job.authorization_credentials.empty()) {
    yaml.Map("authorization", [&] {
      yaml.Text("type", job.authorization_type);
      yaml.Secret("credentials", job.authorization_credentials);
    });
  }
}

}  // namespace

std::string RelabelRuleJson(const conf::RelabelRule& rule) {
  std::string out;
  text::JsonWriter json(out, true);
  json.BeginObject();
  if (!rule.source_labels.empty()) {
    json.Key("source_labels").BeginArray();
    for (const std::string& name : rule.source_labels) json.String(name);
    json.EndArray();
  }
  json.Key("separator").String(rule.separator).Key("regex").String(rule.regex);
  if (rule.modulus != 0) json.Key("modulus").Int(rule.modulus);
  if (!rule.target_label.empty()) json.Key("target_label").String(rule.target_label);
  json.Key("replacement").String(rule.replacement);
  json.Key("action").String(ActionName(rule.action)).EndObject();
  return out;
}

std::string ScrapeJobYaml(const conf::ScrapeJob& job) {
  conf::YamlWriter yaml;
  yaml.Text("job_name", job.name);
  if (job.honor_labels) yaml.Bool("honor_labels", true);
  yaml.Bool("honor_timestamps", job.honor_timestamps);
  if (!job.params.empty()) {
    yaml.Map("params", [&] {
      for (const auto& [name, values] : job.params) yaml.Texts(name, values);
    });
  }
  yaml.Text("scrape_interval", text::PrometheusDuration(job.interval_ms));
  yaml.Text("scrape_timeout", text::PrometheusDuration(job.timeout_ms));
  yaml.Text("metrics_path", job.metrics_path);
  yaml.Text("scheme", job.scheme);
  WriteLimit(yaml, "body_size_limit", job.body_size_limit);
  WriteLimit(yaml, "sample_limit", job.sample_limit);
  WriteLimit(yaml, "label_limit", job.label_limit);
  WriteLimit(yaml, "label_name_length_limit", job.label_name_length_limit);
  WriteLimit(yaml, "label_value_length_limit", job.label_value_length_limit);
  WriteAccess(yaml, job);
  yaml.Bool("follow_redirects", job.follow_redirects);
  WriteRules(yaml, "relabel_configs", job.relabel);
  WriteRules(yaml, "metric_relabel_configs", job.metric_relabel);
  yaml.List("static_configs", job.static_groups.size(), [&](size_t i) {
    const auto& group = job.static_groups[i];
    yaml.Texts("targets", group.targets);
    if (!group.labels.empty())
      yaml.Map("labels", [&] {
        for (const auto& [name, value] : group.labels) yaml.Text(name, value);
      });
  });
  return yaml.Take();
}

}  // namespace pharos::api::prometheus
