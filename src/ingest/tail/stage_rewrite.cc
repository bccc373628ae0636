// `pack`, `decolorize` and `eventlogmessage`: what rewrites a line or takes it apart in a fixed
// way.
#include <algorithm>
#include <cctype>

#include "ingest/tail/stages.h"
#include "text/json_writer.h"

namespace pharos::ingest::tail {
namespace {

/// Labels and extracted values into a JSON object around the line.
class PackStage final : public OneStage {
 public:
  std::vector<std::string> labels;
  bool ingest_timestamp = true;

 protected:
  void Change(Entry& entry) override {
    std::map<std::string, std::string> packed;
    for (const std::string& name : labels) {
      if (auto text = ExtractedText(entry, name)) packed[name] = *std::move(text);
    }
    std::string line = "{";
    for (const auto& [name, value] : packed) {
      text::AppendJsonString(line, name, true);
      line += ':';
      text::AppendJsonString(line, value, true);
      line += ',';
      entry.labels.erase(name);
    }
    line += "\"_entry\":";
    text::AppendJsonString(line, entry.line, true);
    line += '}';
    entry.line = std::move(line);
    if (ingest_timestamp) entry.time_ns = entry.read_ns;
  }
};

/// Takes ANSI colour sequences away.
class DecolorizeStage final : public OneStage {
 protected:
  void Change(Entry& entry) override {
    static const RE2 kColours("\x1b\\[([0-9]{1,3}(;[0-9]{1,3})*)?[mGK]");
    RE2::GlobalReplace(&entry.line, kColours, "");
  }
};

/// "Key: value" lines of a Windows event into the extracted map.
class EventLogMessageStage final : public OneStage {
 public:
  std::string source = "message";
  bool overwrite = false;
  bool drop_invalid = false;

 protected:
  void Change(Entry& entry) override {
    const auto text = ExtractedText(entry, source);
    if (!text) return;
    for (size_t at = 0; at <= text->size();) {
      const size_t end = std::min(text->find("\r\n", at), text->size());
      Pair(entry, std::string_view(*text).substr(at, end - at));
      at = end + 2;
    }
  }

 private:
  static std::string_view Trim(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  }

  void Pair(Entry& entry, std::string_view line) const {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string key(line.substr(0, colon));
    if (!IsLabelName(key)) {
      if (drop_invalid) return;
      key = LabelNameOf(key);
    }
    if (!overwrite && entry.extracted.contains(key)) key += "_extracted";
    const std::string_view value = Trim(line.substr(colon + 1));
    if (!IsUtf8(value)) return;
    entry.extracted.insert_or_assign(key, std::string(value));
  }

  /// Every character that a label name cannot hold becomes '_'.
  static std::string LabelNameOf(std::string key) {
    if (key.empty()) return "_";
    for (size_t i = 0; i < key.size(); ++i) {
      const auto c = static_cast<unsigned char>(key[i]);
      const bool letter = std::isalpha(c) || c == '_';
      if (!letter && !(i > 0 && std::isdigit(c))) key[i] = '_';
    }
    return key;
  }
};

}  // namespace

StagePtr MakePackStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<PackStage>();
  conf::MapReader map(node, "stages.PackConfig", faults);
  map.Strings("labels", &stage->labels);
  map.Bool("ingest_timestamp", &stage->ingest_timestamp);
  map.Done();
  return stage;
}

StagePtr MakeDecolorizeStage(const conf::Node& node, conf::Faults& faults, int) {
  conf::MapReader map(node, "stages.DecolorizeConfig", faults);
  map.Done();
  return std::make_unique<DecolorizeStage>();
}

StagePtr MakeEventLogMessageStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<EventLogMessageStage>();
  conf::MapReader map(node, "stages.EventLogMessageConfig", faults);
  map.String("source", &stage->source);
  map.Bool("overwrite_existing", &stage->overwrite);
  map.Bool("drop_invalid_labels", &stage->drop_invalid);
  map.Done();
  if (!IsLabelName(stage->source)) {
    faults.Add(map.LineOf("source"),
               "invalid eventlogmessage stage config: invalid label name: " + stage->source);
  }
  return stage;
}

}  // namespace pharos::ingest::tail
