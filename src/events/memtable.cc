#include "events/memtable.h"

#include <algorithm>

#include "events/plain_record.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr uint32_t kShortRun = 256;  // rows

void Widen(std::atomic<int64_t>& min, std::atomic<int64_t>& max, int64_t least, int64_t most) {
  if (least < min.load(kRelaxed)) min.store(least, kRelaxed);
  if (most > max.load(kRelaxed)) max.store(most, kRelaxed);
}

std::unexpected<base::Error> Corrupt() {
  return base::Fail(base::ErrorKind::kCorrupt, "a WAL record of an event cannot be read");
}

}  // namespace

uint32_t Fingerprint(const model::TraceId& id) {
  const auto hash = static_cast<uint32_t>(
      base::HashBytes64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}));
  return hash == 0 ? 1 : hash;
}

bool Memtable::FindStream(std::string_view labels, uint32_t* number) {
  if (const auto it = stream_index_.find(labels); it != stream_index_.end()) {
    *number = it->second;
    return true;
  }
  auto decoded = model::Labels::Decode(labels);
  if (!decoded) return false;
  *number = static_cast<uint32_t>(streams_.size());
  MemStream& stream = streams_.Grow();
  stream.labels = *std::move(decoded);
  stream_index_.emplace(stream.labels.bytes(), *number);
  payload_bytes_ += labels.size() + 64;
  return true;
}

uint32_t Memtable::OriginOf(std::string_view bytes) {
  const auto it = origin_index_.find(bytes);
  if (it != origin_index_.end()) return it->second;
  Reader in(bytes);
  const model::Origin* origin = GetOrigin(in, arena_);
  if (!in.ok()) return 0;
  origins_.Grow() = origin;
  const auto number = static_cast<uint32_t>(origins_.size());
  origin_index_.emplace(bytes, number);
  return number;
}

uint32_t Memtable::AttributeSetOf(std::string_view bytes) {
  const auto it = attribute_set_index_.find(bytes);
  if (it != attribute_set_index_.end()) return it->second;
  Reader in(bytes);
  const AttributeSet set = GetAttributeSet(in, arena_);
  if (!in.ok() || !in.AtEnd() || set.attributes.empty()) return 0;
  attribute_sets_.Grow() = set;
  const auto number = static_cast<uint32_t>(attribute_sets_.size());
  attribute_set_index_.emplace(bytes, number);
  return number;
}

MemRow& Memtable::NewRow(int64_t time_ns, MemRun& run) {
  if (rows_.size() % kMemBlockRows == 0) blocks_.Grow();
  run.sorted = run.sorted && time_ns >= run.max_time;
  run.min_time = std::min(run.min_time, time_ns);
  run.max_time = std::max(run.max_time, time_ns);
  ++run.rows;
  return rows_.Grow();
}

bool Memtable::FindSet(uint64_t shared, Arriving& from, uint32_t* number) {
  *number = 0;
  if (shared == 0) return true;
  if (shared > from.attribute_sets.size()) return false;
  uint32_t& known = from.attribute_sets[shared - 1];
  if (known == 0) known = AttributeSetOf(from.batch.attribute_sets[shared - 1]);
  *number = known;
  return known != 0;
}

bool Memtable::InsertRow(std::string_view record, MemRun& run, Arriving& from) {
  PlainRecord plain;
  if (!GetPlainRecord(record, from.text, &plain)) return InsertAnyRow(record, run, from);
  uint32_t attributes = 0;
  if (!FindSet(plain.shared, from, &attributes)) return false;
  if (attributes != 0 && attribute_sets_[attributes - 1].open != 0) return false;
  MemRow& row = NewRow(plain.time_ns, run);  // field by field: a copy would wait for them
  row.time_ns = plain.time_ns;
  row.record = record.data();
  row.line = plain.line.data();
  row.length = static_cast<uint32_t>(record.size());
  row.line_length = static_cast<uint32_t>(plain.line.size());
  row.stream = run.stream;
  row.is_plain = 1;
  row.origin = 0;
  row.fingerprint = 0;
  row.attributes = attributes;
  return true;
}

bool Memtable::InsertAnyRow(std::string_view record, MemRun& run, Arriving& from) {
  Reader in(record);
  const RecordHead head = GetRecordHead(in);
  RecordPlaces places;
  if (!GetRecordPlaces(head, in, from.text, &places) || head.origin > from.origins.size()) {
    return false;
  }
  uint32_t origin = 0;
  if (head.origin != 0) {
    uint32_t& known = from.origins[head.origin - 1];
    if (known == 0) known = OriginOf(from.batch.origins[head.origin - 1]);
    if (known == 0) return false;
    origin = known;
  }
  uint32_t attributes = 0;
  if (!FindSet(places.shared, from, &attributes)) return false;
  MemRow& row = NewRow(head.time_ns, run);
  row = {.time_ns = head.time_ns,
         .record = record.data(),
         .line = places.line ? places.line->data() : nullptr,
         .length = static_cast<uint32_t>(record.size()),
         .line_length = places.line ? static_cast<uint32_t>(places.line->size()) : 0,
         .stream = run.stream,
         .is_plain = 0,
         .origin = origin,
         .fingerprint = 0,
         .attributes = attributes};
  if (!head.span_id.IsZero() || !head.parent_id.IsZero()) has_ids_.store(true, kRelaxed);
  if (!head.trace_id.IsZero()) {
    has_ids_.store(true, kRelaxed);
    row.fingerprint = Fingerprint(head.trace_id);
    Chain(row);
  }
  return true;
}

void Memtable::Chain(const MemRow& row) {
  const size_t number = rows_.size() - 1;
  MemBlock& block = blocks_[number / kMemBlockRows];
  TraceChains* chains = block.chains.load(kRelaxed);
  if (chains == nullptr) {
    chains = chains_.emplace_back(std::make_unique<TraceChains>()).get();
    block.chains.store(chains, std::memory_order_release);
  }
  std::atomic<uint16_t>& chain = chains->heads[row.fingerprint % TraceChains::kHeads];
  chains->next[number % kMemBlockRows] = chain.load(kRelaxed);
  chain.store(static_cast<uint16_t>(number % kMemBlockRows + 1), std::memory_order_release);
}

void Memtable::Note(const MemRun& run) {
  if (run.rows == 0) return;
  MemStream& stream = streams_[run.stream];
  Widen(stream.min_time, stream.max_time, run.min_time, run.max_time);
  for (size_t i = run.first / kMemBlockRows; i < blocks_.size(); ++i) {
    Widen(blocks_[i].min_time, blocks_[i].max_time, run.min_time, run.max_time);
  }
  // Sorted runs stay so: they can be put in order as a whole. Long ones stay apart, too: what comes
  // between two of them over another connection would lie inside of them together.
  const bool joins =
      !runs_.empty() && runs_.back().stream == run.stream && runs_.back().sorted == run.sorted &&
      (!run.sorted || (run.min_time >= runs_.back().max_time && runs_.back().rows < kShortRun));
  if (!joins) return runs_.push_back(run);
  MemRun& longer = runs_.back();
  longer.rows += run.rows;
  longer.min_time = std::min(longer.min_time, run.min_time);
  longer.max_time = std::max(longer.max_time, run.max_time);
}

bool Memtable::InsertGroup(const BatchView::Group& group, Arriving& from) {
  MemRun run{.first = static_cast<uint32_t>(rows_.size())};
  if (!FindStream(group.labels, &run.stream)) return false;
  Reader in(group.records);
  bool right = true;
  for (uint32_t i = 0; i < group.rows && right; ++i) {
    right = InsertRow(in.Bytes(in.Fixed<uint32_t>()), run, from);
  }
  Note(run);
  payload_bytes_ += group.records.size();
  return right && in.AtEnd();
}

void Memtable::AccountBytes() {
  const size_t now = payload_bytes_ + rows_.ReservedBytes() + blocks_.ReservedBytes() +
                     chains_.size() * sizeof(TraceChains) + streams_.ReservedBytes() +
                     runs_.capacity() * sizeof(MemRun) + arena_.ReservedBytes();
  if (now > reserved_) budget_.Reserve(now - reserved_);
  reserved_ = std::max(reserved_, now);
  bytes_.store(reserved_, kRelaxed);
}

base::Result<void> Memtable::Insert(const BatchView& batch, model::EventKind kind,
                                    const Frame& frame) {
  Arriving from{batch, frame.text.text, std::vector<uint32_t>(batch.origins.size()),
                std::vector<uint32_t>(batch.attribute_sets.size())};
  std::lock_guard lock(mutex_);
  frames_.push_back(frame);
  for (const BatchView::Group& group : batch.groups) {
    if (group.kind == kind && !InsertGroup(group, from)) return Corrupt();
  }
  for (const std::string_view set : batch.attribute_sets) payload_bytes_ += set.size();
  payload_bytes_ += frame.text.text.size();
  AccountBytes();
  return {};
}

}  // namespace pharos::events
