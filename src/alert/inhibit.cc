#include "alert/inhibit.h"

#include "codec/varint.h"

namespace pharos::alert {

Inhibitor::Inhibitor(const std::vector<conf::InhibitRule>& rules) {
  for (const conf::InhibitRule& rule : rules) {
    rules_.push_back({rule.source, rule.target, rule.equal, {}});
  }
}

std::string Inhibitor::Rule::EqualKey(const model::Labels& labels) const {
  std::string key;
  for (const std::string& name : equal) codec::PutBytes(key, labels.Get(name));
  return key;
}

void Inhibitor::Update(const AlertPtr& alert) {
  for (Rule& rule : rules_) {
    if (conf::MatchesAll(rule.source, alert->labels))
      rule.sources[rule.EqualKey(alert->labels)][alert->fingerprint] = alert;
  }
}

std::optional<uint64_t> Inhibitor::MutedBy(const model::Labels& target, int64_t now_ns) const {
  for (const Rule& rule : rules_) {
    if (!conf::MatchesAll(rule.target, target)) continue;
    const auto bucket = rule.sources.find(rule.EqualKey(target));
    if (bucket == rule.sources.end()) continue;
    const bool both_sides = conf::MatchesAll(rule.source, target);
    for (const auto& [fingerprint, source] : bucket->second) {
      if (source->ResolvedAt(now_ns)) continue;
      if (both_sides && conf::MatchesAll(rule.target, source->labels)) continue;
      return fingerprint;
    }
  }
  return std::nullopt;
}

void Inhibitor::Gc(int64_t now_ns) {
  for (Rule& rule : rules_) {
    for (auto& [key, bucket] : rule.sources) {
      std::erase_if(bucket, [&](const auto& item) { return item.second->ResolvedAt(now_ns); });
    }
    std::erase_if(rule.sources, [](const auto& item) { return item.second.empty(); });
  }
}

}  // namespace pharos::alert
