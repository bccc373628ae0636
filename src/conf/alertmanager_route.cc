// The routes and inhibition rules of alertmanager.yml.
#include <algorithm>
#include <set>

#include "conf/alertmanager_parts.h"

namespace pharos::conf {
namespace {

using model::MatchOp;

/// `match` or `match_re`, and what they mean.
void ReadOldMatchers(MapReader& map, std::string_view key, MatchOp op,
                     std::map<std::string, std::string>* shown, AlertMatchers* all) {
  const Node* node = map.Take(key);
  if (node == nullptr) return;
  map.StringMap(key, shown);
  for (const auto& [name, value, line] : node->fields) {
    if (!ClassicLabelName(name)) {
      map.faults().Add(line, "invalid label name \"" + name + "\"");
    } else if (op == MatchOp::kRegex && value.kind == Node::Kind::kNull) {
      map.faults().Add(line, "invalid regexp value for \"" + name + "\"");
    } else {
      auto made = AlertMatcher::Make(op, name, value.scalar);
      if (made) {
        all->push_back(*std::move(made));
      } else {
        map.faults().Add(line, made.error().message);
      }
    }
  }
}

void ReadMatchers(MapReader& map, std::string_view key, AlertMatchers* own, AlertMatchers* all) {
  std::vector<std::string> lines;
  map.Strings(key, &lines);
  for (const std::string& line : lines) {
    auto parsed = ParseAlertMatchers(line);
    if (!parsed) {
      map.faults().Add(map.LineOf(key), parsed.error().message);
      continue;
    }
    own->insert(own->end(), parsed->begin(), parsed->end());
  }
  std::sort(own->begin(), own->end());
  all->insert(all->end(), own->begin(), own->end());
}

void ReadGroupBy(MapReader& map, AlertRoute& out) {
  std::vector<std::string> names;
  if (!map.Strings("group_by", &names)) return;
  const auto fault = [&](const std::string& what) {
    map.faults().Add(map.LineOf("group_by"), what);
  };
  std::set<std::string> seen;
  std::vector<std::string> group_by;
  for (const std::string& name : names) {
    if (name == "...") {
      out.group_by_all = true;
      continue;
    }
    if (!ValidAlertLabelName(name)) fault("invalid label name \"" + name + "\" in group_by list");
    if (!seen.insert(name).second) fault("duplicated label \"" + name + "\" in group_by");
    group_by.push_back(name);
  }
  if (!group_by.empty() && out.group_by_all)
    fault("cannot have wildcard group_by (`...`) and other labels at the same time");
  if (!out.group_by_all) out.group_by = std::move(group_by);
}

void ReadTiming(MapReader& map, AlertRoute& out) {
  const auto duration = [&](std::string_view key, std::optional<int64_t>* to, bool may_be_zero) {
    int64_t ms = 0;
    if (!map.DurationMs(key, &ms)) return;
    if (ms == 0 && !may_be_zero)
      map.faults().Add(map.LineOf(key), std::string(key) + " cannot be zero");
    *to = ms;
  };
  duration("group_wait", &out.group_wait_ms, true);
  duration("group_interval", &out.group_interval_ms, false);
  duration("repeat_interval", &out.repeat_interval_ms, false);
}

}  // namespace

AlertRoute ReadAlertRoute(const Node& node, Faults& faults) {
  AlertRoute out;
  out.line = node.line;
  MapReader map(node, "config.plain", faults);
  map.String("receiver", &out.receiver);
  ReadGroupBy(map, out);
  ReadTiming(map, out);
  ReadOldMatchers(map, "match", MatchOp::kEqual, &out.match, &out.all_matchers);
  ReadOldMatchers(map, "match_re", MatchOp::kRegex, &out.match_re, &out.all_matchers);
  ReadMatchers(map, "matchers", &out.matchers, &out.all_matchers);
  std::sort(out.all_matchers.begin(), out.all_matchers.end());
  map.Strings("mute_time_intervals", &out.mute_time_intervals);
  map.Strings("active_time_intervals", &out.active_time_intervals);
  map.Bool("continue", &out.continues);
  map.StringMap("labels", &out.labels);
  for (const auto& [name, value] : out.labels) {
    if (!ValidAlertLabelName(name))
      faults.Add(map.LineOf("labels"), "invalid label name \"" + name + "\" in route labels");
  }
  for (const Node& child : map.List("routes")) out.routes.push_back(ReadAlertRoute(child, faults));
  map.Done();
  return out;
}

InhibitRule ReadInhibitRule(const Node& node, Faults& faults) {
  InhibitRule out;
  MapReader map(node, "common.plain", faults);
  map.String("name", &out.name);
  ReadOldMatchers(map, "source_match", MatchOp::kEqual, &out.source_match, &out.source);
  ReadOldMatchers(map, "source_match_re", MatchOp::kRegex, &out.source_match_re, &out.source);
  ReadMatchers(map, "source_matchers", &out.source_matchers, &out.source);
  ReadOldMatchers(map, "target_match", MatchOp::kEqual, &out.target_match, &out.target);
  ReadOldMatchers(map, "target_match_re", MatchOp::kRegex, &out.target_match_re, &out.target);
  ReadMatchers(map, "target_matchers", &out.target_matchers, &out.target);
  map.Strings("equal", &out.equal);
  for (const std::string& name : out.equal) {
    if (!ValidAlertLabelName(name))
      faults.Add(map.LineOf("equal"), "invalid label name \"" + name + "\" in equal list");
  }
  map.Done();
  return out;
}

}  // namespace pharos::conf
