// `docker` and `cri`: the lines that container runtimes write into files.
#include <algorithm>
#include <unordered_map>

#include "ingest/tail/limits.h"
#include "ingest/tail/stages.h"

namespace pharos::ingest::tail {
namespace {

constexpr std::string_view kDockerStages = R"(
- json:
    expressions: {output: log, stream: stream, timestamp: time}
- labels: {stream: }
- timestamp: {source: timestamp, format: RFC3339Nano}
- output: {source: output}
)";
constexpr std::string_view kCriStages = R"(
- regex:
    expression: '^(?s)(?P<time>\S+?) (?P<stream>stdout|stderr) (?P<flags>\S+?) (?P<content>.*)$'
- labels: {stream: }
- timestamp: {source: time, format: RFC3339Nano}
- output: {source: content}
- output: {source: tags}
)";

Pipeline Built(std::string_view stages) {
  conf::Faults faults("built-in stages");
  const auto node = conf::ParseYaml(stages, "built-in stages");
  PHAROS_CHECK(node.has_value(), "the built-in stages are YAML");
  Pipeline pipeline(node->items, faults);
  PHAROS_CHECK(faults.empty(), faults.Text());
  return pipeline;
}

class DockerStage final : public Stage {
 public:
  void Process(Entry entry, std::vector<Entry>& out) override {
    std::vector<Entry> one;
    one.push_back(std::move(entry));
    inner_.Run(std::move(one), out);
  }

 private:
  Pipeline inner_ = Built(kDockerStages);
};

class CriStage final : public Stage {
 public:
  int64_t max_partial_lines = kMaxPartialLines;
  int64_t max_partial_bytes = 0;
  bool truncate = false;

  void Process(Entry entry, std::vector<Entry>& out) override {
    std::vector<Entry> one;
    one.push_back(std::move(entry));
    std::vector<Entry> parsed;
    inner_.Run(std::move(one), parsed);
    for (Entry& each : parsed) Join(std::move(each), out);
  }

  void Tick(int64_t now_ns, std::vector<Entry>& out) override {
    if (now_ns == INT64_MAX) GiveAll(out);
  }

  uint64_t HeldFrom() const override {
    uint64_t least = UINT64_MAX;
    for (const auto& [key, entry] : partial_) least = std::min(least, entry.begin);
    return least;
  }

 private:
  void Join(Entry entry, std::vector<Entry>& out) {
    const std::string key = Key(entry);
    const bool partial = ExtractedText(entry, "flags") == "P";
    const bool full = static_cast<int64_t>(partial_.size()) >= max_partial_lines;
    if (partial && full && !partial_.contains(key)) GiveAll(out);
    if (const auto before = partial_.find(key); before != partial_.end()) {
      entry.line.insert(0, before->second.line);
      entry.begin = before->second.begin;
      partial_.erase(before);
    }
    const auto most = static_cast<size_t>(max_partial_bytes);
    if (truncate && entry.line.size() > most) entry.line.resize(most);
    if (entry.line.size() > kMaxLineBytes) entry.line.resize(kMaxLineBytes);
    if (partial) {
      partial_.insert_or_assign(key, std::move(entry));
    } else {
      out.push_back(std::move(entry));
    }
  }

  void GiveAll(std::vector<Entry>& out) {
    const size_t first = out.size();
    for (auto& [key, entry] : partial_) out.push_back(std::move(entry));
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
              [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
    partial_.clear();
  }

  static std::string Key(const Entry& entry) {
    std::string key;
    for (const auto& [name, value] : entry.labels) {
      key.append(name).append(1, '\0').append(value).append(1, '\0');
    }
    return key;
  }

  Pipeline inner_ = Built(kCriStages);
  std::unordered_map<std::string, Entry> partial_;
};

}  // namespace

StagePtr MakeDockerStage(const conf::Node& node, conf::Faults& faults, int) {
  conf::MapReader map(node, "stages.DockerConfig", faults);
  map.Done();
  return std::make_unique<DockerStage>();
}

StagePtr MakeCriStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<CriStage>();
  conf::MapReader map(node, "stages.CriConfig", faults);
  map.Int("max_partial_lines", &stage->max_partial_lines);
  map.Bytes("max_partial_line_size", &stage->max_partial_bytes);
  map.Bool("max_partial_line_size_truncate", &stage->truncate);
  map.Done();
  if (stage->max_partial_lines <= 0) stage->max_partial_lines = kMaxPartialLines;
  return stage;
}

}  // namespace pharos::ingest::tail
