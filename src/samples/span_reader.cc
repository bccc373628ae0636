#include "samples/span_reader.h"

#include <algorithm>

#include "samples/hidden_samples.h"

namespace pharos::samples {
namespace {

/// Marks a part's number among columns: these are of it, up to the next one.
constexpr uint64_t kPartBit = uint64_t{1} << 63;

}  // namespace

SpanReader::SpanReader(const std::vector<PartChoice>& parts, int64_t start_ms, int64_t end_ms,
                       bool presence_only, TimeRuns& runs)
    : start_ms_(start_ms),
      end_ms_(end_ms),
      presence_only_(presence_only),
      shared_runs_(runs),
      runs_(start_ms, end_ms) {
  readers_.reserve(parts.size());
  for (const PartChoice& choice : parts) readers_.emplace_back(choice.part, choice.index, true);
}

bool SpanReader::Touched(SourceRef ref) const {
  const HiddenSamples* const hidden = readers_[ref.source].hidden();
  return hidden != nullptr && hidden->Touches(ref.series, start_ms_, end_ms_);
}

base::Result<store::SeriesSpan> SpanReader::ReadVisible(SourceRef ref) {
  visible_ = {};
  PHAROS_TRY_VOID(readers_[ref.source].Read(ref.series, start_ms_, end_ms_, &visible_));
  return store::SeriesSpan{visible_.times_ms, visible_.values, visible_.starts_ms,
                           visible_.histograms};
}

base::Result<store::SeriesSpan> SpanReader::Read(SourceRef ref) {
  if (Touched(ref)) return ReadVisible(ref);
  PartSeriesReader& reader = readers_[ref.source];
  store::SeriesSpan out;
  PHAROS_TRY_VOID(reader.Blocks(ref.series, start_ms_, end_ms_, &blocks_));
  // Float blocks come first.
  const auto floats = static_cast<size_t>(
      std::find_if(blocks_.begin(), blocks_.end(),
                   [](const PartBlock& block) { return block.summary.histograms; }) -
      blocks_.begin());
  stretches_.assign(1, {ref.source, 0, floats});
  if (floats > 0) {
    PHAROS_TRY(const bool in_order, ReadFloats(&out));
    if (!in_order) {
      return std::unexpected(
          reader.part().Named({base::ErrorKind::kCorrupt, "blocks of a series overlap"}));
    }
  }
  if (floats == blocks_.size()) return out;
  histograms_.histograms.clear();
  for (size_t i = floats; i < blocks_.size(); ++i)
    PHAROS_TRY_VOID(reader.Decode(blocks_[i], start_ms_, end_ms_, &histograms_));
  out.histograms = histograms_.histograms;
  return out;
}

base::Result<bool> SpanReader::ReadJoined(std::span<const SourceRef> refs, store::SeriesSpan* out) {
  *out = {};
  blocks_.clear();
  stretches_.clear();
  for (const SourceRef ref : refs) {
    if (Touched(ref)) return false;
    const size_t begin = blocks_.size();
    PHAROS_TRY_VOID(readers_[ref.source].AppendBlocks(
        readers_[ref.source].index().place(ref.series), start_ms_, end_ms_, &blocks_));
    if (blocks_.size() == begin) continue;
    if (blocks_.back().summary.histograms) return false;
    stretches_.push_back({ref.source, begin, blocks_.size()});
  }
  if (stretches_.empty()) return true;
  std::sort(stretches_.begin(), stretches_.end(), [this](const Stretch& a, const Stretch& b) {
    return blocks_[a.begin].summary.first_ms < blocks_[b.begin].summary.first_ms;
  });
  return ReadFloats(out);
}

base::Result<bool> SpanReader::ReadFloats(store::SeriesSpan* out) {
  PHAROS_TRY(const TimeCut* const cut, RunOf());
  if (!cut->run->in_order) return false;
  PHAROS_TRY(const double* const values, DecodeFloats(out));
  out->times_ms = {cut->run->times_ms.data() + cut->before, cut->size};
  out->values = {values + cut->before, cut->size};
  if (!starts_.empty()) out->starts_ms = {starts_.data() + cut->before, cut->size};
  out->times_id = cut->run->id;
  out->period_ms = cut->run->period_ms;
  return true;
}

base::Result<const TimeCut*> SpanReader::RunOf() {
  columns_.clear();
  for (const Stretch& stretch : stretches_) {
    columns_.push_back(kPartBit | readers_[stretch.source].part().id());
    for (size_t i = stretch.begin; i < stretch.end; ++i) columns_.push_back(blocks_[i].column);
  }
  const uint64_t hash = HashOfColumns(columns_);
  if (const TimeCut* recent = runs_.Find(hash, columns_)) return recent;
  return FindRun(hash);
}

base::Result<const TimeCut*> SpanReader::FindRun(uint64_t hash) {
  TimeRunPtr known = shared_runs_.Find(hash, columns_);
  if (known == nullptr) {
    PHAROS_TRY(TimeRun made, MakeRun());
    known = shared_runs_.Put(hash, std::move(made));
  }
  return runs_.Put(hash, std::move(known));
}

base::Result<TimeRun> SpanReader::MakeRun() {
  TimeRun run;
  run.columns = columns_;
  std::vector<int64_t>& times = run.times_ms;
  size_t count = 0;
  for (const Stretch& stretch : stretches_) {
    for (size_t i = stretch.begin; i < stretch.end; ++i) count += blocks_[i].summary.count;
  }
  times.reserve(count);
  for (const Stretch& stretch : stretches_) {
    for (size_t i = stretch.begin; i < stretch.end; ++i) {
      const size_t at = times.size();
      times.resize(at + blocks_[i].summary.count);
      PHAROS_TRY_VOID(
          readers_[stretch.source].DecodeTimes(blocks_[i].column, std::span(times).subspan(at)));
      run.in_order = run.in_order && (at == 0 || times[at - 1] < times[at]);
    }
  }
  return run;
}

base::Result<const double*> SpanReader::DecodeFloats(store::SeriesSpan* known) {
  size_t count = 0;
  bool starts = false, stale = false;
  known->finite = known->rising = true;
  const BlockSummary* before = nullptr;
  for (const Stretch& stretch : stretches_) {
    for (size_t i = stretch.begin; i < stretch.end; ++i) {
      const BlockSummary& block = blocks_[i].summary;
      count += block.count;
      starts = starts || block.has_starts;
      stale = stale || block.stale;
      known->finite = known->finite && block.plain;
      known->rising = known->rising && block.plain && block.drops == 0 &&
                      (before == nullptr || !(block.first < before->last));
      before = &block;
    }
  }
  // Where only presence matters and nothing is stale, the values are zeros.
  const bool decode = !presence_only_ || stale;
  if (!decode) known->finite = known->rising = true;
  std::vector<double>& values = decode ? values_ : zeros_;
  if (values.size() < count) values.resize(count);
  starts_.resize(starts ? count : 0);
  size_t at = 0;
  for (const Stretch& stretch : stretches_) {
    PartSeriesReader& reader = readers_[stretch.source];
    for (size_t i = stretch.begin; i < stretch.end; ++i) {
      const PartBlock& block = blocks_[i];
      const uint32_t size = block.summary.count;
      if (decode) PHAROS_TRY_VOID(reader.Values(block, {values.data() + at, size}));
      if (starts) PHAROS_TRY_VOID(reader.Starts(block, {starts_.data() + at, size}));
      at += size;
    }
  }
  return values.data();
}

}  // namespace pharos::samples
