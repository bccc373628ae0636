// One file under one set of labels: its lines through its pipeline, and what an intent must say
// about them.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/tail/intents.h"
#include "ingest/tail/line_reader.h"
#include "ingest/tail/pipeline.h"

namespace pharos::ingest::tail {

/// Owns: the reader and the pipeline. Threads: one. Errors: kIo of reading; the source can be
/// asked again. Cost: one read a step.
class FileSource {
 public:
  FileSource(FileKey key, std::unique_ptr<LineReader> reader, Pipeline pipeline, LabelMap labels,
             int64_t max_line_bytes, bool truncate);

  /// Where to begin: an offset, or an intent whose bytes are read again first.
  base::Result<void> Start(uint64_t offset);
  base::Result<void> Start(const Intent& intent);

  /// Reads on and appends the entries that are ready. True when anything was read.
  /// After it, and before the entries are sent, Pending() must be made durable.
  base::Result<bool> Step(int64_t now_ns, std::vector<Entry>& out);
  /// Gives out the unfinished line and all that stages hold.
  void Finish(int64_t now_ns, std::vector<Entry>& out);
  /// The intent that covers everything read and not yet committed.
  Intent Pending();
  /// What Step and Finish gave out was acknowledged.
  void Commit();

  const FileKey& key() const { return key_; }
  /// Everything before is acknowledged.
  uint64_t committed() const { return committed_; }
  LineReader& reader() { return *reader_; }
  int64_t last_data_ns() const { return last_data_ns_; }
  bool replaying() const { return replay_.has_value(); }

  bool seen = true;  ///< for the owner's scan

 private:
  struct Stamped {
    uint64_t begin;
    int64_t time_ns;
  };
  base::Result<void> Replay(std::vector<Entry>& out);
  void Feed(std::vector<FileLine> lines, int64_t first_ns, std::vector<Entry>& out);
  void Tick(uint64_t offset, int64_t now_ns, std::vector<Entry>& out);
  Entry MakeEntry(FileLine line, int64_t time_ns) const;

  const FileKey key_;
  std::unique_ptr<LineReader> reader_;
  Pipeline pipeline_;
  const LabelMap labels_;
  const int64_t max_line_bytes_;
  const bool truncate_;
  std::optional<Intent> replay_;
  uint64_t committed_ = 0;
  int64_t last_time_ns_ = 0;
  int64_t last_data_ns_ = 0;
  std::deque<Stamped> lines_;  ///< read and not committed
  std::vector<ReadStamp> ticks_;
  uint32_t front_bytes_ = 0;
  uint64_t front_hash_ = 0;
};

}  // namespace pharos::ingest::tail
