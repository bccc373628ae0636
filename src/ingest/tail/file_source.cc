#include "ingest/tail/file_source.h"

#include <algorithm>

#include "ingest/tail/limits.h"

namespace pharos::ingest::tail {

using base::Result;

FileSource::FileSource(FileKey key, std::unique_ptr<LineReader> reader, Pipeline pipeline,
                       LabelMap labels, int64_t max_line_bytes, bool truncate)
    : key_(std::move(key)),
      reader_(std::move(reader)),
      pipeline_(std::move(pipeline)),
      labels_(std::move(labels)),
      max_line_bytes_(max_line_bytes),
      truncate_(truncate) {}

Result<void> FileSource::Start(uint64_t offset) {
  committed_ = offset;
  return reader_->Seek(offset);
}

Result<void> FileSource::Start(const Intent& intent) {
  PHAROS_TRY_VOID(Start(intent.begin));
  if (intent.end > intent.begin) replay_ = intent;
  return {};
}

Result<bool> FileSource::Step(int64_t now_ns, std::vector<Entry>& out) {
  if (last_data_ns_ == 0) last_data_ns_ = now_ns;
  const bool replayed = replay_.has_value();
  if (replayed) PHAROS_TRY_VOID(Replay(out));
  PHAROS_TRY(const uint64_t size, reader_->Size());
  if (size < reader_->at()) {  // copied away and cut, or emptied
    Tick(reader_->at(), INT64_MAX, out);
    lines_.clear();
    ticks_.clear();
    front_bytes_ = 0;
    PHAROS_TRY_VOID(Start(uint64_t{0}));
  }
  std::vector<FileLine> lines;
  PHAROS_TRY(const size_t bytes, reader_->Read(UINT64_MAX, lines));
  if (bytes > 0) last_data_ns_ = now_ns;
  const bool more = replayed || !lines.empty();
  Feed(std::move(lines), std::max(now_ns, last_time_ns_ + 1), out);
  Tick(reader_->at(), now_ns, out);
  return more;
}

/// The lines between the intent's ends, with its times and ticks.
Result<void> FileSource::Replay(std::vector<Entry>& out) {
  const Intent intent = *replay_;
  size_t tick = 0;
  size_t stamp = 0;
  while (reader_->at() < intent.end) {
    std::vector<FileLine> lines;
    PHAROS_TRY(const size_t bytes, reader_->Read(intent.end, lines));
    if (bytes == 0 && lines.empty()) {
      // The last unfinished line of a file that was done with.
      reader_->TakeUnfinished(lines);
      if (lines.empty()) break;
    }
    for (FileLine& line : lines) {
      while (tick < intent.ticks.size() && intent.ticks[tick].offset <= line.begin) {
        Tick(intent.ticks[tick].offset, intent.ticks[tick].time_ns, out);
        ++tick;
      }
      int64_t time_ns = last_time_ns_ + 1;
      if (stamp < intent.stamps.size() && intent.stamps[stamp].offset <= line.begin) {
        time_ns = intent.stamps[stamp++].time_ns;
      }
      std::vector<FileLine> one;
      one.push_back(std::move(line));
      Feed(std::move(one), time_ns, out);
    }
  }
  for (; tick < intent.ticks.size(); ++tick) {
    Tick(intent.ticks[tick].offset, intent.ticks[tick].time_ns, out);
  }
  replay_.reset();
  return {};
}

void FileSource::Feed(std::vector<FileLine> lines, int64_t first_ns, std::vector<Entry>& out) {
  if (lines.empty()) return;
  std::vector<Entry> entries;
  entries.reserve(lines.size());
  for (FileLine& line : lines) {
    last_time_ns_ = first_ns++;
    lines_.push_back({line.begin, last_time_ns_});
    if (max_line_bytes_ > 0 && line.text.size() > static_cast<size_t>(max_line_bytes_)) {
      if (!truncate_) continue;  // as Promtail: dropped, unless it is to be cut
      line.text.resize(static_cast<size_t>(max_line_bytes_));
    }
    entries.push_back(MakeEntry(std::move(line), last_time_ns_));
  }
  pipeline_.Run(std::move(entries), out);
}

void FileSource::Tick(uint64_t offset, int64_t now_ns, std::vector<Entry>& out) {
  const size_t before = out.size();
  pipeline_.Tick(now_ns, out);
  if (out.size() > before) ticks_.push_back({offset, now_ns});
}

void FileSource::Finish(int64_t now_ns, std::vector<Entry>& out) {
  std::vector<FileLine> lines;
  reader_->TakeUnfinished(lines);
  Feed(std::move(lines), std::max(now_ns, last_time_ns_ + 1), out);
  Tick(reader_->at(), INT64_MAX, out);
}

Entry FileSource::MakeEntry(FileLine line, int64_t time_ns) const {
  Entry entry;
  entry.labels = labels_;
  entry.time_ns = entry.read_ns = time_ns;
  entry.line = std::move(line.text);
  entry.begin = line.begin;
  return entry;
}

Intent FileSource::Pending() {
  if (front_bytes_ < kFingerprintBytes || front_hash_ == 0) {
    const auto bytes = static_cast<uint32_t>(std::min<uint64_t>(kFingerprintBytes, reader_->at()));
    if (const auto hash = reader_->FrontHash(bytes);
        hash && (bytes > front_bytes_ || front_hash_ == 0)) {
      front_bytes_ = bytes;
      front_hash_ = *hash;
    }
  }
  Intent intent{committed_, reader_->at(), front_bytes_, front_hash_, {}, ticks_};
  int64_t expected = INT64_MIN;
  for (const Stamped& line : lines_) {
    if (line.time_ns != expected) intent.stamps.push_back({line.begin, line.time_ns});
    expected = line.time_ns + 1;
  }
  return intent;
}

void FileSource::Commit() {
  committed_ = std::min(pipeline_.HeldFrom(), reader_->at());
  while (!lines_.empty() && lines_.front().begin < committed_) lines_.pop_front();
  // A tick at `committed_` itself had its effect before the lines that are left.
  std::erase_if(ticks_, [&](const ReadStamp& tick) { return tick.offset <= committed_; });
}

}  // namespace pharos::ingest::tail
