#include "rules/notifier.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "conf/relabel.h"
#include "rules/send_loop.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::rules {
namespace {

using base::Result;

/// Go's path.Join("/", prefix, "/api/v2/alerts").
std::string AlertsPath(const std::string& prefix) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : prefix + "/api/v2/alerts/") {
    if (c != '/') {
      part += c;
      continue;
    }
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
    part.clear();
  }
  std::string path;
  for (const std::string& one : parts) path += "/" + one;
  return path;
}

/// Where one target of a configuration is found.
struct Endpoint {
  std::string scheme, address, path;
  bool dropped = false;
  std::string Url() const { return scheme + "://" + address + path; }
};

Endpoint EndpointOf(const conf::AlertmanagerGroup& config, const conf::StaticGroup& group,
                    const std::string& target, const conf::Relabeller& relabel) {
  const std::string path = AlertsPath(config.path_prefix);
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : group.labels) views.push_back({name, value});
  views.push_back({"__address__", target});
  views.push_back({"__scheme__", config.scheme});
  views.push_back({"__alerts_path__", path});
  const model::Labels before = model::Labels::FromPairs(std::move(views));
  const auto after = relabel.Apply(before);
  const model::Labels& labels = after ? *after : before;
  return {std::string(labels.Get("__scheme__")), std::string(labels.Get("__address__")),
          std::string(labels.Get("__alerts_path__")), !after};
}

/// The Alertmanagers of one entry of the configuration.
struct Set {
  conf::Relabeller alert_relabel;
  std::vector<std::shared_ptr<SendLoop>> loops;
  std::vector<store::AlertSink*> in_process;
};

/// External labels where an alert has none of that name, then the rules. Nothing: dropped.
std::optional<model::Alert> Relabelled(const model::Alert& alert,
                                       const std::map<std::string, std::string>& external,
                                       const conf::Relabeller& relabel) {
  model::LabelsBuilder builder(alert.labels);
  for (const auto& [name, value] : external) {
    if (!alert.labels.Has(name)) builder.Set(name, value);
  }
  auto labels = relabel.Apply(builder.Build());
  if (!labels) return std::nullopt;
  model::Alert out = alert;
  out.labels = *std::move(labels);
  return out;
}

std::vector<model::Alert> RelabelledAll(std::span<const model::Alert> alerts,
                                        const std::map<std::string, std::string>& external,
                                        const conf::Relabeller& relabel) {
  std::vector<model::Alert> out;
  for (const model::Alert& alert : alerts) {
    if (auto one = Relabelled(alert, external, relabel)) out.push_back(*std::move(one));
  }
  return out;
}

void AppendLabels(std::string& out, const model::Labels& labels) {
  text::JsonWriter json(out);
  json.BeginObject();
  for (const model::LabelView label : labels) json.Key(label.name).String(label.value);
  json.EndObject();
}

/// RFC 3339 with milliseconds, always three digits.
void AppendTime(std::string& out, int64_t ms) {
  std::string text = text::Rfc3339Nano(ms * 1'000'000);
  text.pop_back();
  const size_t dot = text.find('.');
  if (dot == std::string::npos) text += '.';
  text.resize((dot == std::string::npos ? text.size() - 1 : dot) + 4, '0');
  out += '"' + text + "Z\"";
}

}  // namespace

std::string PostableAlerts(std::span<const model::Alert> alerts) {
  std::string out = "[";
  for (const model::Alert& alert : alerts) {
    out += out.size() > 1 ? ",{\"annotations\":" : "{\"annotations\":";
    AppendLabels(out, alert.annotations);
    if (alert.ends_at_ms != 0) {
      out += ",\"endsAt\":";
      AppendTime(out, alert.ends_at_ms);
    }
    out += ",\"startsAt\":";
    AppendTime(out, alert.starts_at_ms);
    out += ",\"generatorURL\":";
    text::AppendJsonString(out, alert.generator_url);
    out += ",\"labels\":";
    AppendLabels(out, alert.labels);
    out += '}';
  }
  return out + "]";
}

struct Notifier::Impl {
  explicit Impl(NotifierOptions o) : options(std::move(o)) {}

  const NotifierOptions options;
  mutable std::mutex mutex;
  conf::Relabeller relabel;                            // mutex
  std::map<std::string, std::string> external_labels;  // mutex
  std::vector<Set> sets;                               // mutex
  AlertmanagerUrls urls;                               // mutex
  bool stopped = false;                                // mutex

  std::shared_ptr<SendLoop> LoopFor(SendSetting setting, std::set<const SendLoop*>& taken);
  Result<Set> MakeSet(const conf::AlertmanagerGroup& config, AlertmanagerUrls* found,
                      std::set<const SendLoop*>& taken);
};

Notifier::Notifier(NotifierOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Notifier::~Notifier() { Stop(); }

/// A loop of the old configuration that sends just so (once), or a new one. Holding `mutex`.
std::shared_ptr<SendLoop> Notifier::Impl::LoopFor(SendSetting setting,
                                                  std::set<const SendLoop*>& taken) {
  for (const Set& set : sets) {
    for (const auto& loop : set.loops) {
      if (loop->setting() == setting && taken.insert(loop.get()).second) return loop;
    }
  }
  return std::make_shared<SendLoop>(std::move(setting), options.post);
}

Result<Set> Notifier::Impl::MakeSet(const conf::AlertmanagerGroup& config, AlertmanagerUrls* found,
                                    std::set<const SendLoop*>& taken) {
  Set set;
  PHAROS_TRY(set.alert_relabel, conf::Relabeller::Make(config.alert_relabel));
  PHAROS_TRY(const auto relabel, conf::Relabeller::Make(config.relabel));
  std::set<std::string> seen;
  for (const conf::StaticGroup& group : config.static_groups) {
    for (const std::string& target : group.targets) {
      const Endpoint endpoint = EndpointOf(config, group, target, relabel);
      if (endpoint.dropped) {
        found->dropped.push_back(endpoint.Url());
        continue;
      }
      if (!seen.insert(endpoint.Url()).second) continue;
      found->active.push_back(endpoint.Url());
      store::AlertSink* own =
          options.in_process ? options.in_process(endpoint.address, endpoint.path) : nullptr;
      if (own != nullptr) {
        set.in_process.push_back(own);
        continue;
      }
      set.loops.push_back(LoopFor({.url = endpoint.Url(),
                                   .timeout_ms = config.timeout_ms,
                                   .follow_redirects = config.follow_redirects,
                                   .credentials = config.credentials},
                                  taken));
    }
  }
  return set;
}

Result<void> Notifier::Apply(const conf::AlertingConfig& config,
                             const std::map<std::string, std::string>& external_labels) {
  std::vector<Set> sets;  // the old ones end here, outside the lock
  std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return {};
  PHAROS_TRY(auto relabel, conf::Relabeller::Make(config.alert_relabel));
  AlertmanagerUrls urls;
  std::set<const SendLoop*> taken;
  for (const conf::AlertmanagerGroup& one : config.alertmanagers) {
    PHAROS_TRY(Set set, impl_->MakeSet(one, &urls, taken));
    sets.push_back(std::move(set));
  }
  impl_->relabel = std::move(relabel);
  impl_->external_labels = external_labels;
  impl_->urls = std::move(urls);
  impl_->sets.swap(sets);
  return {};
}

Result<void> Notifier::Send(std::string_view tenant, std::span<const model::Alert> given) {
  Result<void> outcome;
  std::vector<std::pair<store::AlertSink*, std::vector<model::Alert>>> direct;
  {
    std::lock_guard lock(impl_->mutex);
    if (impl_->stopped) return {};
    const auto alerts = RelabelledAll(given, impl_->external_labels, impl_->relabel);
    for (const Set& set : impl_->sets) {
      const auto own = RelabelledAll(alerts, {}, set.alert_relabel);
      if (own.empty()) continue;
      for (const auto& loop : set.loops) loop->Add(own);
      for (store::AlertSink* sink : set.in_process) direct.emplace_back(sink, own);
    }
    if (impl_->sets.empty() && impl_->options.without_alertmanagers != nullptr && !alerts.empty())
      direct.emplace_back(impl_->options.without_alertmanagers, alerts);
  }
  for (const auto& [sink, alerts] : direct) {
    if (auto sent = sink->Send(tenant, alerts); !sent) outcome = std::move(sent);
  }
  return outcome;
}

void Notifier::Stop() {
  std::vector<Set> sets;  // its senders end after the lock is given back
  std::lock_guard lock(impl_->mutex);
  impl_->stopped = true;
  impl_->sets.swap(sets);
}

void Notifier::Flush() {
  std::vector<std::shared_ptr<SendLoop>> loops;
  {
    std::lock_guard lock(impl_->mutex);
    for (const Set& set : impl_->sets)
      loops.insert(loops.end(), set.loops.begin(), set.loops.end());
  }
  for (const auto& loop : loops) loop->Flush();
}

AlertmanagerUrls Notifier::Urls() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->urls;
}

}  // namespace pharos::rules
