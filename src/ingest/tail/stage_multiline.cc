// `multiline`: lines up to the next first line become one entry.
#include <algorithm>
#include <unordered_map>

#include "ingest/tail/limits.h"
#include "ingest/tail/stages.h"
#include "text/duration.h"

namespace pharos::ingest::tail {
namespace {

class MultilineStage final : public Stage {
 public:
  std::shared_ptr<const RE2> first_line;
  int64_t max_lines = 128;
  int64_t max_wait_ns = 3'000'000'000;

  void Process(Entry entry, std::vector<Entry>& out) override {
    const std::string key = Key(entry);
    const bool first = RE2::PartialMatch(entry.line, *first_line);
    auto found = blocks_.find(key);
    if (found == blocks_.end()) {
      // Entries before a stream's first first line pass as they are.
      if (!first || blocks_.size() >= kMaxMultilineStreams) {
        return out.push_back(std::move(entry));
      }
      found = blocks_.try_emplace(key).first;
    }
    Block& block = found->second;
    if (first) {
      Flush(block, out);
      block.start = entry;
    } else if (block.lines == 0) {
      block.start.begin = entry.begin;  // more lines after a flush keep the old first line's head
    }
    if (block.lines > 0) block.text += '\n';
    block.text += entry.line;
    block.last_ns = entry.read_ns;
    if (++block.lines == max_lines || block.text.size() >= kMaxLineBytes) Flush(block, out);
  }

  void Tick(int64_t now_ns, std::vector<Entry>& out) override {
    for (auto& [key, block] : blocks_) {
      if (now_ns == INT64_MAX || now_ns - block.last_ns >= max_wait_ns) Flush(block, out);
    }
  }

  uint64_t HeldFrom() const override {
    uint64_t least = UINT64_MAX;
    for (const auto& [key, block] : blocks_) {
      if (block.lines > 0) least = std::min(least, block.start.begin);
    }
    return least;
  }

 private:
  struct Block {
    Entry start;  ///< labels, extracted values and time of the block
    std::string text;
    int64_t lines = 0;
    int64_t last_ns = 0;
  };

  static std::string Key(const Entry& entry) {
    std::string key;
    for (const auto& [name, value] : entry.labels) {
      key.append(name).append(1, '\0').append(value).append(1, '\0');
    }
    return key;
  }

  static void Flush(Block& block, std::vector<Entry>& out) {
    if (block.lines == 0) return;
    Entry entry = block.start;
    entry.line = std::move(block.text);
    block.text.clear();
    block.lines = 0;
    out.push_back(std::move(entry));
  }

  std::unordered_map<std::string, Block> blocks_;
};

}  // namespace

StagePtr MakeMultilineStage(const conf::Node& node, conf::Faults& faults, int) {
  auto stage = std::make_unique<MultilineStage>();
  conf::MapReader map(node, "stages.MultilineConfig", faults);
  std::string first;
  std::string wait;
  const bool given = map.String("firstline", &first);
  map.Int("max_lines", &stage->max_lines);
  if (map.String("max_wait_time", &wait)) {
    const auto ns = text::ParseGoDuration(wait);
    if (!ns) {
      faults.Add(map.LineOf("max_wait_time"),
                 "invalid multiline stage config: multiline stage `max_wait_time` parse error: " +
                     ns.error().message);
    } else {
      stage->max_wait_ns = *ns;
    }
  }
  map.Done();
  if (!given) {
    faults.Add(node.line,
               "invalid multiline stage config: multiline stage config must define `firstline` "
               "regular expression");
    return nullptr;
  }
  stage->first_line = CompileRegex(
      first, map.LineOf("firstline"),
      "invalid multiline stage config: multiline stage first line regex compilation error: ",
      faults);
  if (stage->first_line == nullptr) return nullptr;
  return stage;
}

}  // namespace pharos::ingest::tail
