// The way in: admission, one encoding for WAL and memtable, replay, tails.
#include <array>
#include <cstring>

#include "base/compress.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/spares.h"
#include "events/batch_codec.h"
#include "events/engine.h"
#include "events/limits.h"
#include "events/plain_record.h"
#include "events/record_codec.h"
#include "store/reserved_streams.h"

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;
using model::EventKind;

namespace {

constexpr size_t kMaxTenantBytes = 150;  // Loki's
constexpr EventKind kKinds[] = {EventKind::kLog, EventKind::kSpan};

void CountEvents(uint64_t lines_taken, uint64_t exemplars_taken, uint64_t spans_taken,
                 uint64_t rejected) {
  const auto counter = [](const char* label) -> base::Counter& {
    return base::GetCounter("pharos_events_appended_total", "Events taken into the store.", label);
  };
  static base::Counter& lines = counter("kind=\"log\"");
  static base::Counter& exemplars = counter("kind=\"exemplar\"");
  static base::Counter& spans = counter("kind=\"span\"");
  static base::Counter& refused =
      base::GetCounter("pharos_events_rejected_total", "Events refused by limits and time bounds.");
  lines.Add(lines_taken);
  exemplars.Add(exemplars_taken);
  spans.Add(spans_taken);
  refused.Add(rejected);
}

/// Goes through a batch and writes what may be taken.
struct Intake {
  const Admission admission;
  BatchWriter writer;
  uint64_t rejected = 0;
  uint64_t too_fast = 0;  // of these
  std::string reason;
  std::vector<bool> taken;  // by position in the batch, when `remember` is set
  bool remember = false;

  void Refuse(uint64_t count, std::string why) {
    if (rejected == 0) reason = std::move(why);
    rejected += count;
  }

  /// Adds the events of `kind`; `first` is the position of the stream's first event.
  void AddStream(const model::StreamEvents& stream, EventKind kind, size_t first) {
    writer.BeginStream(kind, stream.stream);
    for (size_t i = 0; i < stream.events.size(); ++i) {
      const model::Event& event = stream.events[i];
      if (event.kind != kind) continue;
      if (!admission.Takes(event)) {
        Refuse(1, admission.Refusal(stream.stream, event));
      } else if (!writer.Add(event)) {
        Refuse(1, TooComplex(stream.stream, event));
      } else if (remember) {
        taken[first + i] = true;
      }
    }
  }
};

/// What a batch will take, by one look at each event.
struct BatchSizes {
  /// Bytes of its records, about, without lines that lie in the text it was sent as.
  size_t records = 1024;
  size_t placed = 0;                                          ///< bytes of these lines
  std::vector<std::array<size_t, std::size(kKinds)>> counts;  ///< events by stream and kind
};

BatchSizes SizesOf(const model::EventBatch& batch, std::string_view text) {
  constexpr size_t kEvent = 48, kPair = 8, kOpen = 2;
  BatchSizes sizes;
  sizes.counts.resize(batch.streams.size());
  for (size_t i = 0; i < batch.streams.size(); ++i) {
    const model::StreamEvents& stream = batch.streams[i];
    sizes.records += kEvent + stream.stream.bytes().size();
    const model::KeyValue* last = nullptr;
    size_t keys = 0;
    for (const model::Event& event : stream.events) {
      ++sizes.counts[i][static_cast<size_t>(event.kind)];
      sizes.records += event.kind == EventKind::kSpan ? 2 * kEvent : kEvent;
      (LineLiesIn(event, text) ? sizes.placed : sizes.records) += event.body.text.size();
      if (event.attributes.data() == last) continue;  // shared, or none again
      last = event.attributes.data();
      const bool same_keys = event.attributes.size() == keys;  // likely: then they stand in a set
      keys = event.attributes.size();
      for (const model::KeyValue& kv : event.attributes) {
        sizes.records += kv.value.text.size() + (same_keys ? kOpen : kPair + kv.key.size());
      }
    }
  }
  return sizes;
}

struct Volume {
  uint64_t lines = 0;
  uint64_t bytes = 0;
};
/// What Loki counts of the lines: themselves and their structured metadata. Exemplars are none.
Volume VolumeOf(const model::StreamEvents& stream) {
  Volume out;
  if (stream.stream.Has(store::kExemplarLabel)) return out;
  for (const model::Event& event : stream.events) {
    if (event.kind != EventKind::kLog) continue;
    ++out.lines;
    out.bytes += event.body.text.size();
    for (const model::KeyValue& kv : event.attributes) {
      out.bytes += kv.key.size() + kv.value.text.size();
    }
  }
  return out;
}

/// The text that the batch was sent as, as far as the log may keep what the sender compressed.
std::string_view SentText(const model::EventBatch& batch) {
  if (!batch.sent || batch.sent->text.text.size() > kMaxSentBytes) return {};
  return batch.sent->text.text;
}

}  // namespace

Engine::Counters& Engine::CountersOf(std::string_view tenant, EventKind kind) {
  std::lock_guard lock(state_mutex_);
  std::unique_ptr<Counters>& counters = counters_[Key(tenant, kind)];
  if (!counters) counters = std::make_unique<Counters>();
  return *counters;
}

std::shared_ptr<Memtable> Engine::TableOf(Generation& generation, std::string_view tenant,
                                          EventKind kind) {
  std::lock_guard lock(state_mutex_);
  std::shared_ptr<Memtable>& table = generation.tables[Key(tenant, kind)];
  if (!table) table = std::make_shared<Memtable>(budget_, memory_);
  return table;
}

Admission Engine::CurrentAdmission() const {
  const int64_t now = clock_.NowNs();
  return {now - LongestRetention(EventKind::kLog), now - LongestRetention(EventKind::kSpan),
          now + kMaxFutureNs};
}

Result<void> Engine::Admissible(std::string_view tenant) const {
  if (tenant.size() > kMaxTenantBytes) {
    return Fail(ErrorKind::kBadInput, "tenant ID is too long: max 150 characters");
  }
  if (disk_full_.load(std::memory_order_relaxed)) {
    return Fail(ErrorKind::kFull, "the disk is nearly full; nothing is taken until there is space");
  }
  // Where seals fail, what requests leave between kept ones adds up, and no budget counts it.
  if (memory_.SharedBytes() > budget_.limit_bytes() + 2 * base::LargeMemory::kBlockBytes) {
    return Fail(ErrorKind::kBusy, WhyFull("requests fill the memory budget"));
  }
  return wal_ != nullptr ? wal_->Healthy() : Result<void>();
}

Result<void> Engine::Insert(Generation& generation, std::string_view tenant, const Frame& frame,
                            uint64_t sequence) {
  PHAROS_TRY(const BatchView view, BatchView::Parse(frame.bytes.text));
  for (const EventKind kind : kKinds) {
    uint64_t rows = 0;
    for (const BatchView::Group& group : view.groups) rows += group.kind == kind ? group.rows : 0;
    if (rows == 0) continue;
    PHAROS_TRY_VOID(TableOf(generation, tenant, kind)->Insert(view, kind, frame));
    generation.rows += rows;
    CountersOf(tenant, kind).taken += rows;
  }
  int64_t unborn = 0;
  generation.latest_ns = clock_.NowNs();
  generation.born_ns.compare_exchange_strong(unborn, generation.latest_ns);
  uint64_t none = 0;
  generation.first_sequence.compare_exchange_strong(none, sequence);
  uint64_t last = generation.last_sequence;
  while (last < sequence && !generation.last_sequence.compare_exchange_weak(last, sequence)) {
  }
  return {};
}

base::HeldText Engine::Keep(std::string_view frame) {
  const base::Room memory = memory_.Take(frame.size());
  std::memcpy(memory.bytes.data(), frame.data(), frame.size());
  return {{memory.bytes.data(), frame.size()}, memory.owner};
}

Result<Frame> Engine::ReadFrame(const io::WalFrame& logged) {
  if (logged.codec == kBatchCodec) {
    return Frame{Keep(logged.payload), {}};
  }
  if (logged.codec != kSentBatchCodec) {
    return Fail(ErrorKind::kCorrupt,
                "a WAL frame of events has the unknown codec " + std::to_string(logged.codec));
  }
  PHAROS_TRY(const SentFrame sent, SentFrame::Parse(logged.payload));
  PHAROS_TRY(const size_t room, base::SnappyRoom(sent.compressed, kMaxSentBytes));
  const base::Room memory = memory_.Take(room);
  PHAROS_TRY(const std::string_view text,
             base::SnappyDecompress(sent.compressed, kMaxSentBytes, memory.bytes));
  return Frame{Keep(sent.frame), {text, memory.owner}};
}

Result<void> Engine::Replay(const io::WalFrame& frame) {
  if (frame.sequence <= manifest_.SealedSequence(io::Signal::kEvents)) return {};
  PHAROS_TRY(const Frame kept, ReadFrame(frame));
  PHAROS_TRY_VOID(Insert(*active_, frame.tenant, kept, frame.sequence));
  if (!SealDue()) return {};
  std::lock_guard lock(seal_mutex_);
  Rotate();
  if (const auto sealed = SealAll(); !sealed) {  // a full disk must not keep it from starting
    base::Log(base::LogLevel::kWarn, "replayed events stay in memory until they can be sealed",
              {{"error", sealed.error().message}});
  }
  return {};
}

Result<store::EventAppendResult> Engine::Append(std::string_view tenant,
                                                const model::EventBatch& batch) {
  PHAROS_TRY_VOID(Admissible(tenant));
  if (options_.log_rate.IsSet()) {
    Volume all;
    for (const model::StreamEvents& stream : batch.streams) {
      const Volume volume = VolumeOf(stream);
      all.lines += volume.lines;
      all.bytes += volume.bytes;
    }
    auto refusal = rates_.RefuseBatch(tenant, all.lines, all.bytes, clock_.NowNs());
    if (!refusal.empty()) return Fail(ErrorKind::kLimit, std::move(refusal));
  }
  std::string_view text = SentText(batch);
  BatchSizes sizes = SizesOf(batch, text);
  if (sizes.placed < text.size() / 2) {  // its lines do not make up most of it
    text = {};
    sizes.records += sizes.placed;
  }
  std::string written = base::Spares<std::string>::Take();
  written.reserve(sizes.records);
  Intake intake{.admission = CurrentAdmission(), .writer = BatchWriter(std::move(written), text)};
  intake.remember = tails_.Any();
  if (intake.remember) intake.taken.resize(batch.EventCount());
  const bool allow_new = !budget_.Tight();
  const size_t most = options_.max_streams != 0 ? options_.max_streams : kMaxStreams;
  size_t first = 0;
  uint64_t generation_number = 0;
  {
    std::lock_guard lock(state_mutex_);
    generation_number = active_->number;
  }
  uint64_t kind_rows[2] = {};
  uint64_t exemplars = 0;
  Counters* counters[2] = {};
  for (size_t i = 0; i < batch.streams.size(); ++i) {
    const model::StreamEvents& stream = batch.streams[i];
    for (const EventKind kind : kKinds) {
      const size_t count = sizes.counts[i][static_cast<size_t>(kind)];
      if (count == 0) continue;
      Counters*& of_kind = counters[static_cast<size_t>(kind)];
      if (of_kind == nullptr) of_kind = &CountersOf(tenant, kind);
      if (!of_kind->streams.Admit(stream.stream, generation_number, allow_new, most)) {
        intake.Refuse(count, TooManyStreams(stream.stream, tenant));
        continue;
      }
      if (kind == EventKind::kLog && rates_.limits_streams()) {
        const Volume volume = VolumeOf(stream);
        auto refusal = rates_.RefuseStream(tenant, stream.stream, volume.bytes, clock_.NowNs());
        if (volume.lines > 0 && !refusal.empty()) {
          intake.Refuse(count, std::move(refusal));
          intake.too_fast += count;
          continue;
        }
      }
      const size_t before = intake.writer.rows();
      intake.AddStream(stream, kind, first);
      kind_rows[static_cast<size_t>(kind)] += intake.writer.rows() - before;
      if (kind == EventKind::kLog && stream.stream.Has(store::kExemplarLabel)) {
        exemplars += intake.writer.rows() - before;
      }
    }
    first += stream.events.size();
  }
  store::EventAppendResult result{base::Ack::Durable(), intake.rejected, intake.reason};
  result.too_fast = intake.too_fast == intake.rejected && intake.rejected > 0;
  CountEvents(kind_rows[0] - exemplars, exemplars, kind_rows[1], intake.rejected);
  if (intake.writer.rows() == 0) return result;
  const bool sent = !text.empty();
  written = intake.writer.Finish();
  const size_t bytes = written.size() + text.size();
  if (!budget_.TryReserve(bytes)) {
    return Fail(ErrorKind::kBusy, WhyFull("the memory budget is used up"));
  }
  const Frame frame{Keep(written), sent ? batch.sent->text : base::HeldText()};
  {
    std::shared_lock rotation(rotate_mutex_);
    uint64_t sequence = 0;
    if (wal_ != nullptr) {
      auto appended =
          wal_->Append(io::Signal::kEvents, sent ? kSentBatchCodec : kBatchCodec, tenant, written,
                       sent ? batch.sent->compressed : std::string_view());
      sequence = appended.sequence;
      result.ack = std::move(appended.ack);
    }
    if (wal_ == nullptr || sequence != 0) {  // else the log has not taken it
      const auto inserted = Insert(*active_, tenant, frame, sequence);
      PHAROS_CHECK(inserted.has_value(), "a frame that was just written cannot be read");
    }
  }
  base::Spares<std::string>::Give(std::move(written));
  AskForSeal();
  budget_.Release(bytes);  // the memtable has taken its own by now
  if (intake.remember) OfferToTails(tenant, batch, intake.taken);
  return result;
}

void Engine::OfferToTails(std::string_view tenant, const model::EventBatch& batch,
                          const std::vector<bool>& taken) {
  model::EventBatch accepted;
  size_t at = 0;
  for (const model::StreamEvents& stream : batch.streams) {
    model::StreamEvents out{stream.stream, {}};
    for (const model::Event& event : stream.events) {
      if (taken[at++]) out.events.push_back(event);
    }
    if (!out.events.empty()) accepted.streams.push_back(std::move(out));
  }
  tails_.Offer(tenant, accepted);
}

}  // namespace pharos::events
