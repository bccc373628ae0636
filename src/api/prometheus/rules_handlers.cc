// /api/v1/rules, /api/v1/alerts, /api/v1/alertmanagers.
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "api/prometheus/encode.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "text/go_float.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::api::prometheus {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

/// What a request asks for.
struct RulesQuery {
  std::set<std::string, std::less<>> names, groups, files;
  MatcherSets matchers;
  bool alerting = true, recording = true, exclude_alerts = false;
  size_t group_limit = 0;  ///< 0: all
  std::string next_token;
};

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Result<bool> ExcludeAlerts(const net::Params& params) {
  const std::string text = Lower(params.Get("exclude_alerts"));
  if (text.empty() || text == "0" || text == "f" || text == "false") return false;
  if (text == "1" || text == "t" || text == "true") return true;
  return Fail(ErrorKind::kBadInput, "error converting exclude_alerts: strconv.ParseBool: parsing " +
                                        Quoted(text) + ": invalid syntax");
}

Result<void> ReadPage(const net::Params& params, RulesQuery* out) {
  const std::string_view limit = params.Get("group_limit");
  out->next_token = params.Get("group_next_token");
  if (!out->next_token.empty() && limit.empty()) {
    return InvalidParameter(
        "group_next_token",
        {ErrorKind::kBadInput,
         "group_limit needs to be present in order to paginate over the groups"});
  }
  if (limit.empty()) return {};
  int32_t number = 0;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), number);
  if (error != std::errc() || end != limit.data() + limit.size()) {
    return InvalidParameter(
        "group_limit",
        {ErrorKind::kBadInput,
         "group_limit needs to be a valid number: strconv.ParseInt: parsing " + Quoted(limit) +
             (error == std::errc::result_out_of_range ? ": value out of range"
                                                      : ": invalid syntax")});
  }
  if (number <= 0) {
    return InvalidParameter("group_limit",
                            {ErrorKind::kBadInput, "group_limit needs to be greater than 0"});
  }
  out->group_limit = static_cast<size_t>(number);
  return {};
}

Result<RulesQuery> ReadQuery(const net::Request& request) {
  const net::Params params = request.AllParams();
  RulesQuery out;
  for (const auto& [key, set] : {std::pair{"rule_name[]", &out.names},
                                 {"rule_group[]", &out.groups},
                                 {"file[]", &out.files}}) {
    for (const std::string_view value : params.All(key)) set->emplace(value);
  }
  PHAROS_TRY(out.matchers, MatchParams(params));
  const std::string type = Lower(params.Get("type"));
  if (!type.empty() && type != "alert" && type != "record") {
    return InvalidParameter("type", {ErrorKind::kBadInput, "not supported value " + Quoted(type)});
  }
  out.alerting = type != "record";
  out.recording = type != "alert";
  const auto exclude = ExcludeAlerts(params);
  if (!exclude) return InvalidParameter("exclude_alerts", exclude.error());
  out.exclude_alerts = *exclude;
  PHAROS_TRY_VOID(ReadPage(params, &out));
  return out;
}

void AppendText(std::string& out, std::string_view text) {
  text::AppendJsonString(out, text, true);
}

/// A float as Go's JSON has it.
void AppendNumber(std::string& out, double value) { text::AppendSampleValue(out, value); }

void AppendTime(std::string& out, std::optional<int64_t> ms) {
  AppendText(out, ms ? text::Rfc3339Nano(*ms * 1'000'000) : "0001-01-01T00:00:00Z");
}

void AppendAlerts(std::string& out, const std::vector<rules::ActiveAlert>& alerts) {
  for (size_t i = 0; i < alerts.size(); ++i) {
    const rules::ActiveAlert& alert = alerts[i];
    out += i > 0 ? ",{\"labels\":" : "{\"labels\":";
    AppendLabels(out, alert.labels);
    out += ",\"annotations\":";
    AppendLabels(out, alert.annotations);
    out += ",\"state\":";
    AppendText(out, rules::StateName(alert.state));
    out += ",\"activeAt\":";
    AppendTime(out, alert.active_at_ms);
    if (alert.keep_firing_since_ms) {
      out += ",\"keepFiringSince\":";
      AppendTime(out, alert.keep_firing_since_ms);
    }
    out += ",\"value\":\"" + text::GoFloat(alert.value, 'e') + "\"}";
  }
}

void AppendRecord(std::string& out, const rules::RuleStatus& rule) {
  out += ",\"health\":";
  AppendText(out, rules::HealthName(rule.record.health));
  if (!rule.record.last_error.empty()) {
    out += ",\"lastError\":";
    AppendText(out, rule.record.last_error);
  }
  out += ",\"evaluationTime\":";
  AppendNumber(out, rule.record.duration_seconds);
  out += ",\"lastEvaluation\":";
  AppendTime(out, rule.record.evaluated_at_ms);
}

void AppendRule(std::string& out, const rules::RuleStatus& rule, bool exclude_alerts) {
  out += '{';
  if (rule.alerting) {
    out += "\"state\":";
    AppendText(out, rules::StateName(rule.state));
    out += ',';
  }
  out += "\"name\":";
  AppendText(out, rule.name);
  out += ",\"query\":";
  AppendText(out, rule.expression);
  if (rule.alerting) {
    out += ",\"duration\":";
    AppendNumber(out, static_cast<double>(rule.for_ms) / 1000);
    out += ",\"keepFiringFor\":";
    AppendNumber(out, static_cast<double>(rule.keep_firing_for_ms) / 1000);
  }
  out += ",\"labels\":";
  AppendLabels(out, rule.labels);
  if (rule.alerting) {
    out += ",\"annotations\":";
    AppendLabels(out, rule.annotations);
    out += ",\"alerts\":";
    if (exclude_alerts) {
      out += "null";
    } else {
      out += '[';
      AppendAlerts(out, rule.alerts);
      out += ']';
    }
  }
  AppendRecord(out, rule);
  out += rule.alerting ? ",\"type\":\"alerting\"}" : ",\"type\":\"recording\"}";
}

bool Wanted(const RulesQuery& query, const rules::RuleStatus& rule) {
  if (!(rule.alerting ? query.alerting : query.recording)) return false;
  if (!query.names.empty() && !query.names.contains(rule.name)) return false;
  return query.matchers.empty() ||
         std::any_of(query.matchers.begin(), query.matchers.end(),
                     [&](const auto& set) { return model::MatchesAll(set, rule.labels); });
}

/// The group's JSON, "" when no rule of it is wanted.
std::string GroupJson(const RulesQuery& query, const rules::GroupStatus& group) {
  std::string list;
  for (const rules::RuleStatus& rule : group.rules) {
    if (!Wanted(query, rule)) continue;
    if (!list.empty()) list += ',';
    AppendRule(list, rule, query.exclude_alerts);
  }
  if (list.empty()) return "";
  std::string out = "{\"name\":";
  AppendText(out, group.name);
  out += ",\"file\":";
  AppendText(out, group.file);
  out += ",\"rules\":[" + list + "],\"interval\":";
  AppendNumber(out, static_cast<double>(group.interval_ms) / 1000);
  out += ",\"limit\":" + std::to_string(group.limit) + ",\"evaluationTime\":";
  AppendNumber(out, group.duration_seconds);
  out += ",\"lastEvaluation\":";
  AppendTime(out, group.evaluated_at_ms);
  return out + "}";
}

std::string TokenOf(const rules::GroupStatus& group) {
  const std::string key = group.file + ";" + group.name;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) {
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

Result<std::string> RulesJson(const RulesQuery& query,
                              const std::vector<rules::GroupStatus>& groups) {
  std::string list, next;
  size_t shown = 0;
  bool found = query.next_token.empty();
  for (const rules::GroupStatus& group : groups) {
    if (!found && TokenOf(group) != query.next_token) continue;
    found = true;
    if (!query.groups.empty() && !query.groups.contains(group.name)) continue;
    if (!query.files.empty() && !query.files.contains(group.file)) continue;
    const std::string json = GroupJson(query, group);
    if (json.empty()) continue;
    if (query.group_limit > 0 && shown == query.group_limit) {
      next = TokenOf(group);
      break;
    }
    if (shown++ > 0) list += ',';
    list += json;
  }
  if (!found) {
    return InvalidParameter("group_next_token",
                            {ErrorKind::kBadInput, "invalid group_next_token '" + query.next_token +
                                                       "'. were rule groups changed?"});
  }
  return "{\"groups\":[" + list + "]" +
         (next.empty() ? "" : ",\"groupNextToken\":\"" + next + "\"") + "}";
}

void AppendUrls(std::string& out, const std::vector<std::string>& urls) {
  for (size_t i = 0; i < urls.size(); ++i) {
    out += i > 0 ? ",{\"url\":" : "{\"url\":";
    AppendText(out, urls[i]);
    out += '}';
  }
}

}  // namespace

net::Response HandleRules(const PrometheusApiDeps& deps, const net::Request& request) {
  const auto query = ReadQuery(request);
  if (!query) return Failure(query.error());
  const auto json =
      RulesJson(*query, deps.rule_groups ? deps.rule_groups() : std::vector<rules::GroupStatus>());
  return json ? Success(*json) : Failure(json.error());
}

net::Response HandleAlerts(const PrometheusApiDeps& deps, const net::Request& /*request*/) {
  std::string list;
  if (deps.rule_groups) {
    for (const rules::GroupStatus& group : deps.rule_groups()) {
      for (const rules::RuleStatus& rule : group.rules) {
        if (!list.empty() && !rule.alerts.empty()) list += ',';
        AppendAlerts(list, rule.alerts);
      }
    }
  }
  return Success("{\"alerts\":[" + list + "]}");
}

net::Response HandleAlertmanagers(const PrometheusApiDeps& deps, const net::Request& /*request*/) {
  const rules::AlertmanagerUrls urls =
      deps.alertmanagers ? deps.alertmanagers() : rules::AlertmanagerUrls();
  std::string out = "{\"activeAlertmanagers\":[";
  AppendUrls(out, urls.active);
  out += "],\"droppedAlertmanagers\":[";
  AppendUrls(out, urls.dropped);
  return Success(out + "]}");
}

}  // namespace pharos::api::prometheus
