// An event source in memory for tests: everything is sorted on Select, nothing is fast.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "store/events.h"

namespace pharos::query::logql::testing {

/// Owns: copies of all events. Threads: any. Serves pages of `page_size` events.
class MemoryEvents final : public store::EventSource {
 public:
  explicit MemoryEvents(size_t page_size = 3) : page_size_(page_size) {}

  void Add(const model::Labels& stream, const model::Event& event) {
    const std::lock_guard lock(mutex_);
    rows_.push_back({stream, model::CopyEvent(event, arena_)});
    model::EventBatch batch;
    batch.streams.push_back({stream, {rows_.back().event}});
    for (const auto& [id, tail] : tails_) {
      if (model::MatchesAll(tail.query.streams, stream)) tail.callback(batch);
    }
  }
  /// A line with structured metadata.
  void AddLine(const model::Labels& stream, int64_t time_ns, std::string_view line,
               std::vector<model::KeyValue> metadata = {}) {
    model::Event event;
    event.time_ns = time_ns;
    event.body = model::Value::String(line);
    event.attributes = metadata;
    Add(stream, event);
  }
  void Clear() { rows_.clear(); }

  base::Result<std::unique_ptr<store::EventCursor>> Select(
      const store::EventQuery& query) override {
    const std::lock_guard lock(mutex_);
    auto cursor = std::make_unique<Cursor>();
    for (const Row& row : rows_) {
      if (Wanted(row, query) && store::Matches(query.predicate, row.event))
        cursor->rows.push_back(&row);
    }
    const bool forward = query.direction == store::Direction::kForward;
    std::stable_sort(cursor->rows.begin(), cursor->rows.end(), [&](const Row* a, const Row* b) {
      if (a->event.time_ns != b->event.time_ns) {
        return forward ? a->event.time_ns < b->event.time_ns : a->event.time_ns > b->event.time_ns;
      }
      return a->stream < b->stream;
    });
    if (query.limit != 0 && cursor->rows.size() > query.limit) cursor->rows.resize(query.limit);
    cursor->page_size = page_size_;
    return cursor;
  }

  base::Result<std::vector<model::Labels>> Streams(const store::EventQuery& query) override {
    const std::lock_guard lock(mutex_);
    std::set<model::Labels> streams;
    for (const Row& row : rows_) {
      if (Wanted(row, query)) streams.insert(row.stream);
    }
    return std::vector<model::Labels>(streams.begin(), streams.end());
  }

  base::Result<model::EventBatch> TraceById(std::string_view, const model::TraceId& id) override {
    const std::lock_guard lock(mutex_);
    std::vector<const Row*> rows;
    for (const Row& row : rows_) {
      if (row.event.trace_id == id) rows.push_back(&row);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Row* a, const Row* b) {
      return a->event.time_ns < b->event.time_ns;
    });
    model::EventBatch batch;
    for (const Row* row : rows) batch.streams.push_back({row->stream, {row->event}});
    return batch;
  }

  std::shared_ptr<void> Tail(const store::EventQuery& query,
                             std::function<void(const model::EventBatch&)> on_batch) override {
    const std::lock_guard lock(mutex_);
    const int id = next_tail_++;
    tails_[id] = {query, std::move(on_batch)};
    return {nullptr, [this, id](void*) {
              const std::lock_guard inner(mutex_);
              tails_.erase(id);
            }};
  }

  store::EventStats Stats(std::string_view, model::EventKind) override {
    return {0, rows_.size(), 0, 0};
  }

 private:
  struct Row {
    model::Labels stream;
    model::Event event;
  };
  struct TailEntry {
    store::EventQuery query;
    std::function<void(const model::EventBatch&)> callback;
  };
  struct Cursor final : store::EventCursor {
    std::vector<const Row*> rows;
    size_t at = 0;
    size_t page_size = 1;
    store::Predicate nothing;
    const store::Predicate& Residual() const override { return nothing; }
    base::Result<bool> Next(model::EventBatch* out) override {
      *out = model::EventBatch();
      for (size_t n = 0; n < page_size && at < rows.size(); ++n, ++at) {
        if (out->streams.empty() || !(out->streams.back().stream == rows[at]->stream)) {
          out->streams.push_back({rows[at]->stream, {}});
        }
        out->streams.back().events.push_back(rows[at]->event);
      }
      return !out->streams.empty();
    }
  };

  static bool Wanted(const Row& row, const store::EventQuery& query) {
    return row.event.kind == query.kind && row.event.time_ns >= query.start_ns &&
           row.event.time_ns < query.end_ns && model::MatchesAll(query.streams, row.stream);
  }

  const size_t page_size_;
  std::mutex mutex_;
  base::Arena arena_;
  std::vector<Row> rows_;
  std::map<int, TailEntry> tails_;
  int next_tail_ = 0;
};

}  // namespace pharos::query::logql::testing
