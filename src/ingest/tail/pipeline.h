// Promtail's pipeline_stages: a chain that parses, labels, rewrites, merges and drops lines.
// Each kind of stage is a file of its own, `stage_<kind>.cc`.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "conf/yaml.h"
#include "ingest/tail/entry.h"

namespace pharos::ingest::tail {

/// One stage. Deterministic: the same lines with the same times give the same result, so that
/// a line read again after a crash is the same line.
///
/// Threads: one. Errors: none; a stage that cannot do its work leaves the entry as it is.
class Stage {
 public:
  virtual ~Stage() = default;
  /// Appends to `out` what goes on: the entry, nothing, or several.
  virtual void Process(Entry entry, std::vector<Entry>& out) = 0;
  /// Time passes without lines: gives out what waited too long. INT64_MAX: everything.
  virtual void Tick(int64_t now_ns, std::vector<Entry>& out) {
    (void)now_ns;
    (void)out;
  }
  /// The least `begin` of what is held back; UINT64_MAX when nothing is.
  virtual uint64_t HeldFrom() const { return UINT64_MAX; }
};
using StagePtr = std::unique_ptr<Stage>;

/// A chain of stages; one instance a source, so that what it holds belongs to that source.
class Pipeline {
 public:
  /// Reads the list; what is wrong goes into `faults` with file, line and Promtail's words.
  Pipeline(const std::vector<conf::Node>& stages, conf::Faults& faults, int depth = 0);
  Pipeline(Pipeline&&) = default;

  /// Entries enter with their labels, which are copied into the extracted map first.
  void Run(std::vector<Entry> entries, std::vector<Entry>& out);
  void Tick(int64_t now_ns, std::vector<Entry>& out);
  uint64_t HeldFrom() const;
  bool empty() const { return stages_.empty(); }

 private:
  friend class MatchStage;
  /// The stages from `first` on.
  void RunFrom(size_t first, std::vector<Entry> entries, std::vector<Entry>& out);
  std::vector<StagePtr> stages_;
};

/// For conf::ParsePromtailConfig.
void CheckStages(const std::vector<conf::Node>& stages, conf::Faults& faults);

}  // namespace pharos::ingest::tail
