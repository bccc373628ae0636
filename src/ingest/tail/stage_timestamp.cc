// `timestamp`: an extracted value becomes the entry's time.
#include <unordered_map>

#include "ingest/tail/limits.h"
#include "ingest/tail/stages.h"
#include "ingest/tail/time_layout.h"

namespace pharos::ingest::tail {
namespace {

constexpr std::string_view kContext = "invalid timestamp stage config: ";

class TimestampStage final : public OneStage {
 public:
  std::string source;
  std::vector<TimeLayout> layouts;
  bool fudge = true;

 protected:
  void Change(Entry& entry) override {
    const auto text = ExtractedText(entry, source);
    if (text) {
      for (const TimeLayout& layout : layouts) {
        const auto time = layout.Parse(*text, entry.read_ns);
        if (!time) continue;
        entry.time_ns = *time;
        if (fudge) Remember(entry);
        return;
      }
    }
    if (!fudge) return;
    // As Promtail: a nanosecond behind the stream's last known time.
    const auto last = last_.find(Key(entry));
    if (last == last_.end()) return;
    entry.time_ns = ++last->second;
  }

 private:
  static std::string Key(const Entry& entry) {
    std::string key;
    for (const auto& [name, value] : entry.labels) {
      key.append(name).append(1, '\0').append(value).append(1, '\0');
    }
    return key;
  }
  void Remember(const Entry& entry) {
    if (last_.size() >= kMaxKnownTimes) last_.clear();
    last_.insert_or_assign(Key(entry), entry.time_ns);
  }

  std::unordered_map<std::string, int64_t> last_;
};

}  // namespace

StagePtr MakeTimestampStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<TimestampStage>();
  conf::MapReader map(node, "stages.TimestampConfig", faults);
  std::string format;
  std::string location;
  std::string action = "fudge";
  std::vector<std::string> formats;
  map.String("source", &stage->source);
  map.String("format", &format);
  map.Strings("fallback_formats", &formats);
  map.String("location", &location);
  map.String("action_on_failure", &action);
  map.Done();
  const auto fault = [&](std::string_view key, std::string_view what) {
    faults.Add(map.LineOf(key), std::string(kContext).append(what));
  };
  if (stage->source.empty()) {
    fault("source", "timestamp source value is required if timestamp is specified");
  }
  if (format.empty()) fault("format", "timestamp format is required");
  if (action != "fudge" && action != "skip") {
    fault("action_on_failure", "invalid action on failure (supported values are [skip fudge])");
  }
  stage->fudge = action == "fudge";
  formats.insert(formats.begin(), format);
  for (const std::string& each : formats) {
    auto layout = TimeLayout::Make(each, location);
    if (!layout) {
      fault("location", layout.error().message);
      break;
    }
    stage->layouts.push_back(*std::move(layout));
  }
  return stage;
}

}  // namespace pharos::ingest::tail
