#include "events/memtable.h"

#include <algorithm>

#include "events/record_codec.h"

namespace pharos::events {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

void Widen(std::atomic<int64_t>& min, std::atomic<int64_t>& max, int64_t time) {
  if (time < min.load(kRelaxed)) min.store(time, kRelaxed);
  if (time > max.load(kRelaxed)) max.store(time, kRelaxed);
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

uint32_t Memtable::StreamOf(const model::Labels& labels) {
  const auto it = stream_index_.find(std::string_view(labels.bytes()));
  if (it != stream_index_.end()) return it->second;
  const auto number = static_cast<uint32_t>(streams_.size());
  MemStream& stream = streams_.Grow();
  stream.labels = labels;
  stream_index_.emplace(stream.labels.bytes(), number);
  payload_bytes_ += labels.bytes().size() + 64;
  return number;
}

base::Result<uint32_t> Memtable::OriginOf(std::string_view bytes) {
  const auto it = origin_index_.find(bytes);
  if (it != origin_index_.end()) return it->second;
  Reader in(bytes);
  const model::Origin* origin = GetOrigin(in, arena_);
  if (!in.ok()) return Corrupt();
  origins_.Grow() = origin;
  const auto number = static_cast<uint32_t>(origins_.size());
  origin_index_.emplace(bytes, number);
  return number;
}

base::Result<void> Memtable::InsertRow(std::string_view record, uint32_t stream,
                                       const BatchView& batch, std::string_view text,
                                       std::vector<uint32_t>& origins) {
  Reader in(record);
  const RecordHead head = GetRecordHead(in);
  std::optional<std::string_view> line;
  if (!GetPlacedLine(head, in, text, &line) || head.origin > origins.size()) return Corrupt();
  uint32_t origin = 0;
  if (head.origin != 0) {
    uint32_t& known = origins[head.origin - 1];
    if (known == 0) {
      PHAROS_TRY(known, OriginOf(batch.origins[head.origin - 1]));
    }
    origin = known;
  }
  const size_t number = rows_.size();
  const size_t within = number % kMemBlockRows;
  if (within == 0) blocks_.Grow();
  MemBlock& block = blocks_[number / kMemBlockRows];
  MemRow& row = rows_.Grow();
  row = {.time_ns = head.time_ns,
         .record = record.data(),
         .line = line ? line->data() : nullptr,
         .length = static_cast<uint32_t>(record.size()),
         .line_length = line ? static_cast<uint32_t>(line->size()) : 0,
         .stream = stream,
         .origin = origin};
  Widen(block.min_time, block.max_time, head.time_ns);
  Widen(streams_[stream].min_time, streams_[stream].max_time, head.time_ns);
  if (!head.span_id.IsZero() || !head.parent_id.IsZero()) has_ids_.store(true, kRelaxed);
  if (!head.trace_id.IsZero()) {
    has_ids_.store(true, kRelaxed);
    row.fingerprint = Fingerprint(head.trace_id);
    std::atomic<uint16_t>& chain = block.heads[row.fingerprint % MemBlock::kHeads];
    block.next[within] = chain.load(kRelaxed);
    chain.store(static_cast<uint16_t>(within + 1), std::memory_order_release);
  }
  return {};
}

void Memtable::AccountBytes() {
  const size_t now = payload_bytes_ + rows_.ReservedBytes() + blocks_.ReservedBytes() +
                     streams_.ReservedBytes() + arena_.ReservedBytes();
  if (now > reserved_) budget_.Reserve(now - reserved_);
  reserved_ = std::max(reserved_, now);
  bytes_.store(reserved_, kRelaxed);
}

base::Result<void> Memtable::Insert(const BatchView& batch, model::EventKind kind,
                                    const Frame& frame) {
  const std::string_view text = frame.text ? *frame.text : std::string_view();
  std::lock_guard lock(mutex_);
  frames_.push_back(frame);
  std::vector<uint32_t> origins(batch.origins.size());
  for (const BatchView::Group& group : batch.groups) {
    if (group.kind != kind) continue;
    const uint32_t stream = StreamOf(group.labels);
    Reader in(group.records);
    for (uint32_t i = 0; i < group.rows; ++i) {
      PHAROS_TRY_VOID(InsertRow(in.Bytes(in.Fixed<uint32_t>()), stream, batch, text, origins));
    }
    if (!in.AtEnd()) return Corrupt();
    payload_bytes_ += group.records.size();
  }
  payload_bytes_ += text.size();
  AccountBytes();
  return {};
}

}  // namespace pharos::events
