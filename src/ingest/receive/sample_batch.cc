#include "ingest/receive/sample_batch.h"

#include <algorithm>

namespace pharos::ingest::receive {

bool SampleBatch::Series(std::string_view raw) {
  const base::Hash128 hash = HashOf(raw);
  if (const auto known = appender_->Lookup(hash)) {
    handle_ = *known;
  } else if (!Resolve(raw, hash)) {
    return false;
  }
  Begin(raw);
  return true;
}

void SampleBatch::LookupAll(std::span<const One> ones,
                            std::span<std::optional<store::SeriesHandle>> found) {
  std::array<base::Hash128, kMostAtOnce> hashes;
  PHAROS_CHECK(ones.size() <= kMostAtOnce, "too many series at once");
  for (size_t i = 0; i < ones.size(); ++i) {
    hashes[i] = HashOf(ones[i].raw);
    appender_->WillLookup(hashes[i]);
  }
  appender_->LookupAll({hashes.data(), ones.size()}, found.first(ones.size()));
}

size_t SampleBatch::AddKnown(std::span<const One> ones,
                             std::span<const std::optional<store::SeriesHandle>> found) {
  size_t count = 0;
  while (count < ones.size() && found[count]) ++count;
  const size_t first = samples_.size(), first_run = runs_.size();
  samples_.resize(first + count);
  runs_.resize(first_run + count);
  for (size_t i = 0; i < count; ++i) {
    samples_[first + i] = {*found[i], ones[i].time_ms, ones[i].value};
    runs_[first_run + i] = {ones[i].raw.data(), static_cast<uint32_t>(ones[i].raw.size()),
                            static_cast<uint32_t>(first + i),
                            static_cast<uint32_t>(histograms_.size())};
  }
  return count;
}

bool SampleBatch::Resolve(std::string_view raw, base::Hash128 hash) {
  const auto labels = read_labels_(raw);
  if (!labels) {
    if (invalid_series_++ == 0 && reason_.empty()) reason_ = labels.error().message;
    return false;
  }
  const auto made = appender_->Resolve(*labels);
  if (!made) {
    if (refused_series_++ == 0) reason_ = made.error().message;
    return false;
  }
  handle_ = *made;
  appender_->Remember(hash, handle_);
  return true;
}

std::string_view SampleBatch::RawOf(size_t index, uint32_t Run::* start) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), index,
                                      [&](size_t i, const Run& run) { return i < run.*start; });
  return {std::prev(after)->raw, std::prev(after)->raw_bytes};
}

// A stale handle means that the series was evicted between look-up and append. It is made
// again once; a second time in a row is told as a refusal.
template <class Write, class Append>
void SampleBatch::AppendAll(std::vector<Write>& writes, uint32_t Run::* start, Append append) {
  if (writes.empty()) return;
  std::vector<store::Refused> refused;
  append(writes, &refused);
  std::vector<Write> again;
  for (const store::Refused& r : refused) {
    if (r.why != store::SampleRefusal::kStaleHandle) continue;
    const std::string_view raw = RawOf(r.index, start);
    if (!Resolve(raw, HashOf(raw))) continue;
    again.push_back(writes[r.index]);
    again.back().series = handle_;
  }
  std::erase_if(
      refused, [](const store::Refused& r) { return r.why == store::SampleRefusal::kStaleHandle; });
  appended_ += writes.size();
  if (!again.empty()) append(again, &refused);
  for (const store::Refused& r : refused) {
    --appended_;
    if (refused_++ == 0) first_refusal_ = r.why;
  }
  writes.clear();
}

void SampleBatch::Flush() {
  AppendAll(samples_, &Run::sample,
            [&](const std::vector<store::SampleWrite>& writes,
                std::vector<store::Refused>* refused) { appender_->Append(writes, refused); });
  AppendAll(
      histograms_, &Run::histogram,
      [&](const std::vector<store::HistogramWrite>& writes, std::vector<store::Refused>* refused) {
        appender_->AppendHistograms(writes, refused);
      });
  if (!exemplars_.empty()) appender_->AppendExemplars(exemplars_);
  exemplars_.clear();
  runs_.clear();
}

std::string_view RefusalText(store::SampleRefusal why) {
  switch (why) {
    case store::SampleRefusal::kStaleHandle: return "series was evicted while it was written";
    case store::SampleRefusal::kOutOfOrder: return "out of order sample";
    case store::SampleRefusal::kDuplicateTimestamp: return "duplicate sample for timestamp";
    case store::SampleRefusal::kTooOld: return "out of bounds";
    case store::SampleRefusal::kTooFarInFuture:
      return "out of bounds: timestamp is too far in the future";
  }
  return "refused";
}

}  // namespace pharos::ingest::receive
