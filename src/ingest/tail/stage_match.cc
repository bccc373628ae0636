// `match`: stages for, or the end of, the entries that a selector chooses.
#include "ingest/tail/selector.h"
#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {

class MatchStage final : public Stage {
 public:
  MatchStage(Selector selector, Pipeline inner, bool drop, std::string reason)
      : selector_(std::move(selector)),
        inner_(std::move(inner)),
        drop_(drop),
        reason_(std::move(reason)) {}

  void Process(Entry entry, std::vector<Entry>& out) override {
    if (!selector_.Matches(entry)) return out.push_back(std::move(entry));
    if (drop_) return CountDropped(reason_);
    std::vector<Entry> one;
    one.push_back(std::move(entry));
    inner_.Run(std::move(one), out);
  }
  void Tick(int64_t now_ns, std::vector<Entry>& out) override { inner_.Tick(now_ns, out); }
  uint64_t HeldFrom() const override { return inner_.HeldFrom(); }

 private:
  const Selector selector_;
  Pipeline inner_;
  const bool drop_;
  const std::string reason_;
};

StagePtr MakeMatchStage(const conf::Node& node, conf::Faults& faults, int depth) {
  conf::MapReader map(node, "stages.MatcherConfig", faults);
  std::string selector;
  std::string action;
  std::string reason = "match_stage";
  std::string given_reason;
  map.String("selector", &selector);
  map.String("action", &action);
  if (map.String("drop_counter_reason", &given_reason) && !given_reason.empty()) {
    reason = given_reason;
  }
  map.Moot({"pipeline_name"}, "it only named a metric");
  const std::vector<conf::Node>& stages = map.List("stages");
  map.Done();
  const std::string start = "invalid match stage config: ";
  const auto fault = [&](std::string_view key, std::string_view what) {
    faults.Add(map.LineOf(key), start + std::string(what));
  };
  if (!action.empty() && action != "keep" && action != "drop") {
    fault("action", "match stage action should be 'keep' or 'drop'");
  }
  const bool drop = action == "drop";
  if (!drop && stages.empty()) {
    fault("stages",
          "match stage requires at least one additional stage to be defined in '- stages'");
  }
  if (drop && !stages.empty()) {
    fault("stages", "match stage configured to drop entries cannot contains stages");
  }
  Pipeline inner(stages, faults, depth + 1);
  if (selector.empty()) {
    fault("selector", "selector statement required for match stage");
    return nullptr;
  }
  auto parsed = Selector::Parse(selector);
  if (!parsed) {
    fault("selector", "invalid selector syntax for match stage: " + parsed.error().message);
    return nullptr;
  }
  return std::make_unique<MatchStage>(*std::move(parsed), std::move(inner), drop,
                                      std::move(reason));
}

}  // namespace pharos::ingest::tail
