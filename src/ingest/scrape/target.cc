#include "ingest/scrape/target.h"

#include <utility>

#include "conf/relabel.h"
#include "text/duration.h"

namespace pharos::ingest::scrape {
namespace {

constexpr std::string_view kParamPrefix = "__param_";

std::unexpected<base::Error> Bad(std::string what) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

/// As Go's url.QueryEscape.
void AppendEscaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
}

/// The labels that relabelling sees: the group's, the job's settings, the address.
model::Labels Discovered(const conf::ScrapeJob& job, const conf::StaticGroup& group,
                         const std::string& address) {
  std::map<std::string, std::string> all = group.labels;
  all["__address__"] = address;
  const std::pair<const char*, std::string> defaults[] = {
      {"job", job.name},
      {"__scrape_interval__", text::PrometheusDuration(job.interval_ms)},
      {"__scrape_timeout__", text::PrometheusDuration(job.timeout_ms)},
      {"__metrics_path__", job.metrics_path},
      {"__scheme__", job.scheme}};
  for (const auto& [name, value] : defaults) {
    if (all[name].empty()) all[name] = value;
  }
  for (const auto& [name, values] : job.params) {
    if (!values.empty()) all[std::string(kParamPrefix) + name] = values[0];
  }
  std::vector<model::LabelView> views;
  for (const auto& [name, value] : all) views.push_back({name, value});
  return model::Labels::FromPairs(std::move(views));
}

base::Result<void> SetTimes(const model::Labels& labels, TargetSpec* target) {
  const auto interval = text::ParsePrometheusDuration(labels.Get("__scrape_interval__"));
  const auto timeout = text::ParsePrometheusDuration(labels.Get("__scrape_timeout__"));
  if (!interval) return Bad("error parsing scrape interval: " + interval.error().message);
  if (!timeout) return Bad("error parsing scrape timeout: " + timeout.error().message);
  if (*interval == 0) return Bad("scrape interval cannot be 0");
  if (*timeout == 0) return Bad("scrape timeout cannot be 0");
  if (*timeout > *interval) {
    return Bad("scrape timeout cannot be greater than scrape interval (\"" +
               std::string(labels.Get("__scrape_timeout__")) + "\" > \"" +
               std::string(labels.Get("__scrape_interval__")) + "\")");
  }
  target->interval_ms = *interval;
  target->timeout_ms = *timeout;
  return {};
}

}  // namespace

std::string TargetSpec::Url() const {
  std::string url = scheme + "://" + address + path;
  char separator = '?';
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      url += std::exchange(separator, '&');
      AppendEscaped(url, name);
      url += '=';
      AppendEscaped(url, value);
    }
  }
  return url;
}

std::string TargetSpec::Identity() const {
  return job + '\0' + labels.bytes() + '\0' + Url() + '\0' + std::to_string(interval_ms) + '/' +
         std::to_string(timeout_ms);
}

base::Result<TargetSpec> MakeTarget(const conf::ScrapeJob& job, const conf::StaticGroup& group,
                                    const std::string& address) {
  TargetSpec target;
  target.job = job.name;
  target.discovered = Discovered(job, group, address);
  PHAROS_TRY(const conf::Relabeller relabel, conf::Relabeller::Make(job.relabel));
  const auto relabelled = relabel.Apply(target.discovered);
  if (!relabelled) {
    target.dropped = true;
    return target;
  }
  target.address = relabelled->Get("__address__");
  if (target.address.empty()) return Bad("no address");
  if (target.address.find('/') != std::string::npos) {
    return Bad("\"" + target.address + "\" is not a valid hostname");
  }
  PHAROS_TRY_VOID(SetTimes(*relabelled, &target));
  target.scheme = relabelled->Get("__scheme__");
  target.path = relabelled->Get("__metrics_path__");
  if (!target.path.starts_with('/')) target.path.insert(0, 1, '/');
  target.params = job.params;
  std::vector<model::LabelView> kept;
  for (const model::LabelView label : *relabelled) {
    if (label.name.starts_with(kParamPrefix)) {
      auto& values = target.params[std::string(label.name.substr(kParamPrefix.size()))];
      if (values.empty()) values.emplace_back();
      values[0] = label.value;
    }
    if (!label.name.starts_with("__")) kept.push_back(label);
  }
  if (!relabelled->Has("instance")) kept.push_back({"instance", target.address});
  target.labels = model::Labels::FromPairs(std::move(kept));
  return target;
}

}  // namespace pharos::ingest::scrape
