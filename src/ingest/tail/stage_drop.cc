// `drop` and `sampling`: lines that are not wanted.
#include <algorithm>

#include "base/hash.h"
#include "ingest/tail/stages.h"
#include "text/bytesize.h"
#include "text/duration.h"

namespace pharos::ingest::tail {
namespace {

class DropStage final : public Stage {
 public:
  std::string reason = "drop_stage";
  std::vector<std::string> sources;
  bool has_source = false;
  std::string separator = ";";
  std::shared_ptr<const RE2> regex;
  std::optional<int64_t> older_than_ns;
  std::optional<uint64_t> longer_than;

  void Process(Entry entry, std::vector<Entry>& out) override {
    if (Drops(entry)) return CountDropped(reason);
    out.push_back(std::move(entry));
  }

 private:
  /// All conditions that are given must hold.
  bool Drops(const Entry& entry) const {
    if (longer_than && entry.line.size() <= *longer_than) return false;
    if (older_than_ns && entry.time_ns >= entry.read_ns - *older_than_ns) return false;
    if (!has_source) return regex == nullptr || RE2::PartialMatch(entry.line, *regex);
    if (regex == nullptr) {
      return std::all_of(sources.begin(), sources.end(), [&](const std::string& source) {
        return entry.extracted.contains(source);
      });
    }
    std::string joined;
    bool first = true;
    for (const std::string& source : sources) {
      const auto value = entry.extracted.find(source);
      if (value == entry.extracted.end()) continue;
      const auto text = TextOf(value->second);
      if (!text) return false;
      if (!first) joined += separator;
      first = false;
      joined += *text;
    }
    return RE2::PartialMatch(joined, *regex);
  }
};

constexpr std::string_view kDrop = "invalid drop stage config: ";

void ReadDropSource(conf::MapReader& map, DropStage& stage) {
  const conf::Node* node = map.Take("source");
  if (node == nullptr) return;
  stage.has_source = true;
  if (node->kind == conf::Node::Kind::kMap) {
    map.faults().Add(node->line, std::string(kDrop) +
                                     "drop stage source invalid type should be string or list of "
                                     "strings");
    return;
  }
  if (node->kind == conf::Node::Kind::kScalar) stage.sources.push_back(node->scalar);
  for (const conf::Node& item : node->items) stage.sources.push_back(item.scalar);
}

void ReadDropRegex(conf::MapReader& map, DropStage& stage) {
  std::string value;
  std::string expression;
  const bool has_value = map.String("value", &value);
  const bool has_expression = map.String("expression", &expression);
  conf::Faults& faults = map.faults();
  if (has_value && !stage.has_source) {
    faults.Add(map.LineOf("value"), std::string(kDrop) +
                                        "drop stage config must contain `source` if `value` is "
                                        "specified");
  }
  if (has_value && has_expression) {
    faults.Add(map.LineOf("value"), std::string(kDrop) +
                                        "drop stage config error, `value` and `expression` cannot "
                                        "both be defined at the same time.");
    return;
  }
  if (has_value) expression = "^" + RE2::QuoteMeta(value) + "$";
  if (has_value || has_expression) {
    stage.regex = CompileRegex(expression, map.LineOf(has_value ? "value" : "expression"),
                               std::string(kDrop) + "drop stage regex compilation error: ", faults);
  }
}

void ReadDropLimits(conf::MapReader& map, DropStage& stage) {
  std::string older;
  std::string longer;
  conf::Faults& faults = map.faults();
  if (map.String("older_than", &older)) {
    const auto ns = text::ParseGoDuration(older);
    if (!ns) {
      faults.Add(map.LineOf("older_than"),
                 std::string(kDrop) + "drop stage invalid duration, " + older +
                     " cannot be converted to a duration: " + ns.error().message);
    } else {
      stage.older_than_ns = *ns;
    }
  }
  if (map.String("longer_than", &longer)) {
    const auto bytes = text::ParseHumanBytes(longer);
    if (!bytes) {
      faults.Add(map.LineOf("longer_than"),
                 std::string(kDrop) +
                     "drop stage failed to parse longer_than to bytes: " + bytes.error().message);
    } else {
      stage.longer_than = *bytes;
    }
  }
}

class SamplingStage final : public Stage {
 public:
  std::string reason = "sampling_stage";
  double rate = 1;

  /// By a hash of time and line instead of a random number: a line that is read again after
  /// a crash meets the same fate.
  void Process(Entry entry, std::vector<Entry>& out) override {
    const uint64_t mixed =
        base::HashBytes64(entry.line + std::to_string(entry.time_ns)) >> 11;  // 53 bits
    if (static_cast<double>(mixed) * 0x1p-53 >= rate) return CountDropped(reason);
    out.push_back(std::move(entry));
  }
};

}  // namespace

StagePtr MakeDropStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<DropStage>();
  conf::MapReader map(node, "stages.DropConfig", faults);
  std::string reason;
  if (map.String("drop_counter_reason", &reason) && !reason.empty()) stage->reason = reason;
  map.String("separator", &stage->separator);
  ReadDropSource(map, *stage);
  ReadDropRegex(map, *stage);
  ReadDropLimits(map, *stage);
  map.Done();
  const auto given = [&](std::string_view key) { return node.Find(key) != nullptr; };
  if (!given("source") && !given("expression") && !given("older_than") && !given("longer_than")) {
    faults.Add(node.line, std::string(kDrop) +
                              "drop stage config must contain at least one of `source`, "
                              "`expression`, `older_than` or `longer_than`");
  }
  return stage;
}

StagePtr MakeSamplingStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<SamplingStage>();
  conf::MapReader map(node, "stages.SamplingConfig", faults);
  std::string reason;
  if (map.String("drop_counter_reason", &reason) && !reason.empty()) stage->reason = reason;
  stage->rate = 0;  // as in Promtail, a missing rate drops everything
  map.Double("rate", &stage->rate);
  map.Done();
  if (stage->rate < 0 || stage->rate > 1) {
    faults.Add(map.LineOf("rate"),
               "invalid sampling stage config: sampling stage failed to parse rate,Sampling Rate "
               "must be between 0.0 and 1.0, received " +
                   std::to_string(stage->rate));
  }
  return stage;
}

}  // namespace pharos::ingest::tail
