// The way out: snapshots, queries, traces.
#include <algorithm>

#include "events/duplicates.h"
#include "events/engine.h"
#include "events/limits.h"
#include "events/scan_workers.h"
#include "store/reserved_streams.h"

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;

Result<std::vector<Source>> Engine::Sources(const Key& key, int64_t start_ns, int64_t end_ns,
                                            const model::TraceId* trace) {
  std::vector<Source> sources;
  // Before the parts: one that is carried out in the meantime leaves parts that need it not.
  const auto deletions = deletions_.Active(key.first, key.second);
  {
    std::lock_guard lock(state_mutex_);
    PHAROS_TRY(sources, SourcesLocked(key, start_ns, end_ns, trace));
  }
  for (Source& source : sources) {
    source.hidden = source.part ? HiddenRows::Of(*deletions, *source.part)
                                : HiddenRows::Of(*deletions, source.memory);
  }
  return sources;
}

Result<std::vector<Source>> Engine::SourcesLocked(const Key& key, int64_t start_ns, int64_t end_ns,
                                                  const model::TraceId* trace) const {
  std::vector<Source> sources;
  const uint32_t fingerprint = trace != nullptr ? Fingerprint(*trace) : 0;
  if (const auto it = parts_.find(key); it != parts_.end()) {
    for (const Slot& slot : it->second) {
      if (slot.entry.max_time < start_ns || slot.entry.min_time >= end_ns) continue;
      if (!slot.part) return std::unexpected(slot.error);
      if (trace != nullptr && !slot.part->MayHaveTrace(fingerprint)) continue;
      Source source;
      source.part = slot.part;
      source.min_sequence = slot.part->meta().min_sequence;
      sources.push_back(std::move(source));
    }
  }
  const auto add = [&](const Generation& generation) {
    const auto it = generation.tables.find(key);
    if (it == generation.tables.end()) return;
    Source source;
    source.memory = {it->second, it->second->sizes()};
    source.min_sequence = generation.first_sequence;
    sources.push_back(std::move(source));
  };
  for (const auto& generation : sealing_) add(*generation);
  add(*active_);
  return sources;
}

Result<std::unique_ptr<store::EventCursor>> Engine::Select(const store::EventQuery& query) {
  std::vector<Source> sources;
  if (query.start_ns < query.end_ns) {
    PHAROS_TRY(sources, Sources(Key(query.tenant, query.kind), query.start_ns, query.end_ns));
  }
  std::erase_if(sources, [&](Source& source) { return !MatchStreams(query.streams, &source); });
  return MakeCursor(query, std::move(sources), options_.cursor_rows);
}

Result<std::vector<model::Labels>> Engine::Streams(const store::EventQuery& query) {
  PHAROS_TRY(std::vector<Source> sources,
             Sources(Key(query.tenant, query.kind), query.start_ns, query.end_ns));
  std::vector<model::Labels> out;
  const auto add = [&](const model::Labels& labels, int64_t min, int64_t max) {
    if (max < query.start_ns || min >= query.end_ns) return;
    if (store::MatchesStream(query.streams, labels)) out.push_back(labels);
  };
  for (const Source& source : sources) {
    if (source.part) {
      for (const PartStream& stream : source.part->streams()) {
        add(stream.labels, stream.min_time, stream.max_time);
      }
    } else {
      for (size_t i = 0; i < source.memory.sizes.streams; ++i) {
        const MemStream& stream = source.memory.table->stream(i);
        add(stream.labels, stream.min_time.load(std::memory_order_relaxed),
            stream.max_time.load(std::memory_order_relaxed));
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<void> Engine::TraceFrom(const Key& key, const model::TraceId& id,
                               std::vector<std::shared_ptr<LoadedRows>>* found) {
  PHAROS_TRY(std::vector<Source> sources, Sources(key, std::numeric_limits<int64_t>::min(),
                                                  std::numeric_limits<int64_t>::max(), &id));
  std::stable_sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
    return a.min_sequence < b.min_sequence;
  });
  ScanWorkers& workers = ScanWorkers::Process();
  std::vector<Result<std::vector<int64_t>>> numbers(sources.size());
  const auto find = [&](size_t i) {
    if (sources[i].part) numbers[i] = sources[i].part->FindTrace(id);
  };
  workers.Run(sources.size(), find, kTraceAlone);
  struct Task {
    size_t rank = 0;
    uint32_t granule = 0;
    int64_t number = 0;
    Result<std::shared_ptr<LoadedRows>> rows = nullptr;
  };
  std::vector<Task> tasks;
  for (size_t rank = 0; rank < sources.size(); ++rank) {
    if (!numbers[rank]) return std::unexpected(numbers[rank].error());
    if (!sources[rank].part) tasks.push_back({rank});
    for (const int64_t number : *numbers[rank]) {
      const std::vector<GranuleMeta>& granules = sources[rank].part->granules();
      for (uint32_t i = 0; i < granules.size(); ++i) {
        if (granules[i].MayHaveTrace(number)) tasks.push_back({rank, i, number});
      }
    }
  }
  const auto load = [&](size_t i) {
    Task& task = tasks[i];
    const Source& source = sources[task.rank];
    RowFilter filter;
    filter.trace_id = &id;
    filter.trace_number = task.number;
    filter.keep = Keep::kSmall;  // the system has the others: they cost little more from there
    filter.hidden = source.hidden.get();
    task.rows = source.part ? LoadGranule(source.part, task.granule, task.rank, filter)
                            : LoadTrace(source.memory, task.rank, filter);
  };
  size_t events = 0;
  for (size_t at = 0; at < tasks.size(); at += kReadAhead) {
    const size_t count = std::min(kReadAhead, tasks.size() - at);
    const auto alone = at == 0 ? kTraceAlone : kTraceAlone.zero();
    workers.Run(count, [&](size_t i) { load(at + i); }, alone);
    for (size_t i = at; i < at + count; ++i) {
      PHAROS_TRY(std::shared_ptr<LoadedRows> rows, std::move(tasks[i].rows));
      events += rows->rows.size();
      if (!rows->rows.empty()) found->push_back(std::move(rows));
    }
    if (events > kMaxTraceEvents) {
      return Fail(ErrorKind::kLimit, "the trace has more than " + std::to_string(kMaxTraceEvents) +
                                         " spans and log lines");
    }
  }
  return {};
}

Result<model::EventBatch> Engine::TraceById(std::string_view tenant, const model::TraceId& id) {
  auto found = std::make_shared<std::vector<std::shared_ptr<LoadedRows>>>();
  model::EventBatch out;
  if (id.IsZero()) return out;
  for (const auto kind : {model::EventKind::kLog, model::EventKind::kSpan}) {
    PHAROS_TRY_VOID(TraceFrom(Key(tenant, kind), id, found.get()));
  }
  std::vector<const LoadedRow*> rows;
  for (const auto& loaded : *found) {
    for (const LoadedRow& row : loaded->rows) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(),
            [](const LoadedRow* a, const LoadedRow* b) { return Before(*a, *b); });
  DuplicateFilter duplicates;
  const LoadedRow* previous = nullptr;
  for (const LoadedRow* row : rows) {
    const bool same_stream = previous != nullptr && *previous->stream == *row->stream;
    previous = row;
    if (duplicates.Seen(row->event, same_stream)) continue;
    if (out.streams.empty() || !same_stream) out.streams.push_back({*row->stream, {}});
    out.streams.back().events.push_back(row->event);
  }
  out.keep_alive = std::move(found);
  return out;
}

Result<void> Engine::Verify() {
  std::vector<Slot> slots;
  {
    std::lock_guard lock(state_mutex_);
    for (const auto& [key, of_key] : parts_)
      slots.insert(slots.end(), of_key.begin(), of_key.end());
  }
  for (const Slot& slot : slots) {
    if (!slot.part) return std::unexpected(slot.error);
    PHAROS_TRY_VOID(slot.part->Verify());
  }
  return {};
}

std::shared_ptr<void> Engine::Tail(const store::EventQuery& query,
                                   std::function<void(const model::EventBatch&)> on_batch) {
  return tails_.Add(query, std::move(on_batch));
}

store::EventStats Engine::Stats(std::string_view tenant, model::EventKind kind) {
  const Counters& counters = CountersOf(tenant, kind);
  store::EventStats stats;
  stats.streams = counters.streams.size();
  stats.events = counters.taken;
  std::lock_guard lock(state_mutex_);
  if (const auto it = parts_.find(Key(tenant, kind)); it != parts_.end()) {
    for (const Slot& slot : it->second) {
      ++stats.parts;
      stats.part_bytes += slot.entry.bytes;
    }
  }
  return stats;
}

}  // namespace pharos::events
