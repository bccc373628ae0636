// The event engine as a subject of the crash laboratory (io/crash_lab.h). For tests.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "events/engine.h"
#include "events/sent_batch_test.h"
#include "io/crash_lab.h"

namespace pharos::events {

/// Log lines of two streams and spans of a few traces, of today and of yesterday, each with its
/// own text, so that each can be told from all others.
class EventSubject final : public io::CrashSubject {
 public:
  static constexpr int64_t kRetentionNs = 30LL * 3600 * 1'000'000'000;

  io::Signal signal() const override { return io::Signal::kEvents; }

  base::Result<void> Open(io::CrashMachine& machine) override {
    clock_ = &machine.clock;
    EngineOptions options;
    options.merge_fan_in = 2;
    options.log_retention_ns = options.span_retention_ns = kRetentionNs;
    options.seal_age_ns = 15LL * 60 * 1'000'000'000;
    options.min_free_bytes = 0;
    PHAROS_TRY(engine_, Engine::Open(*machine.manifest, machine.clock, machine.budget, options));
    return {};
  }
  base::Result<void> Replay(const io::WalFrame& frame) override { return engine_->Replay(frame); }
  void Attach(io::Wal& wal) override { engine_->AttachWal(wal); }
  void Close() override { engine_ = nullptr; }
  base::Result<void> Tick() override {
    Look();
    return engine_->Tick();
  }
  base::Result<void> Flush() override {
    Look();
    return engine_->Flush();
  }

  bool Write(io::CrashRandom& random) override {
    bool all = true;
    for (const std::vector<Item>& batch : std::exchange(failed_, {})) all = Send(batch) && all;
    for (int i = 0; i < 2; ++i) {
      std::vector<Item> batch;
      for (uint64_t n = 1 + random() % 4; n > 0; --n) {
        Item item;
        item.span = random() % 3 == 0;
        item.stream = random() % 2;
        item.trace = static_cast<uint8_t>(1 + random() % 5);
        item.time_ns = clock_->NowNs() - static_cast<int64_t>(random() % 60'000'000'000);
        if (random() % 4 == 0) item.time_ns -= 24LL * 3600 * 1'000'000'000;
        item.text = std::to_string(sent_.size() + batch.size());
        batch.push_back(item);
      }
      all = Send(batch) && all;
    }
    return all;
  }

  bool Delete(io::CrashRandom&) override { return true; }

  std::string Check() override {
    if (const auto verified = Verify(); !verified) return verified.error().message;
    for (const auto kind : {model::EventKind::kLog, model::EventKind::kSpan}) {
      Seen seen;
      if (std::string wrong = ReadAll(kind, &seen); !wrong.empty()) return wrong;
      if (std::string wrong = Compare(kind, seen, nullptr); !wrong.empty()) return wrong;
    }
    return CheckTraces();
  }

  base::Result<void> Verify() override { return engine_->Verify(); }

  std::string CheckBut(const io::PartEntry& damaged) override {
    for (const auto kind : {model::EventKind::kLog, model::EventKind::kSpan}) {
      const std::string_view folder = kind == model::EventKind::kSpan ? "/spans/" : "/logs/";
      const bool touched =
          damaged.signal == signal() && damaged.path.find(folder) != std::string::npos;
      Seen seen;
      std::string wrong =
          touched ? ReadAll(kind, &seen, 0, damaged.min_time) : ReadAll(kind, &seen);
      if (wrong.empty() && touched) wrong = ReadAll(kind, &seen, damaged.max_time + 1, INT64_MAX);
      if (wrong.empty()) wrong = Compare(kind, seen, touched ? &damaged : nullptr);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

 private:
  using Seen = std::map<std::string, int>;  // text → how often
  struct Item {
    bool span = false;
    uint64_t stream = 0;
    uint8_t trace = 0;
    int64_t time_ns = 0;
    std::string text;
  };
  struct Fact {
    Item item;
    bool acknowledged = false;
  };

  static model::TraceId TraceOf(uint8_t number) {
    model::TraceId id;
    id.bytes.back() = number;
    return id;
  }

  /// Retention goes by the latest time that upkeep has seen.
  void Look() { latest_ns_ = std::max(latest_ns_, clock_->NowNs()); }

  bool Send(const std::vector<Item>& batch) {
    model::EventBatch out;
    std::deque<model::SpanPart> spans;
    for (const Item& item : batch) {
      sent_.try_emplace(item.text, Fact{item, false});
      model::Event event;
      event.kind = item.span ? model::EventKind::kSpan : model::EventKind::kLog;
      event.time_ns = item.time_ns;
      event.trace_id = TraceOf(item.trace);
      if (item.span) {
        event.span_id.bytes.back() = static_cast<uint8_t>(1 + item.time_ns % 200);
        spans.push_back({.name = item.text, .end_ns = item.time_ns + 5});
        event.span = &spans.back();
      } else {
        event.body = model::Value::String(item.text);
      }
      out.streams.push_back({{{"app", std::to_string(item.stream)}}, {event}});
    }
    if (sent_.size() % 2 == 0) out = AsSent(std::move(out));
    const auto result = engine_->Append("default", out);
    if (result && result->rejected != 0) return true;  // a retry that is too late by now
    const bool durable = result && result->ack.Wait().has_value();
    if (!durable) failed_.push_back(batch);
    for (const Item& item : batch) {
      if (durable) sent_[item.text].acknowledged = true;
    }
    return durable;
  }

  static std::string TextOf(const model::Event& event) {
    return std::string(event.span != nullptr ? event.span->name : event.body.text);
  }

  std::string ReadAll(model::EventKind kind, Seen* seen, int64_t start_ns = 0,
                      int64_t end_ns = INT64_MAX) {
    store::EventQuery query;
    query.kind = kind;
    query.start_ns = start_ns;
    query.end_ns = end_ns;
    query.direction = store::Direction::kForward;
    auto cursor = engine_->Select(query);
    if (!cursor) return cursor.error().message;
    for (;;) {
      model::EventBatch page;
      const auto more = (*cursor)->Next(&page);
      if (!more) return more.error().message;
      if (!*more) return "";
      for (const model::StreamEvents& stream : page.streams) {
        for (const model::Event& event : stream.events) ++(*seen)[TextOf(event)];
      }
    }
  }

  /// What is in the range of `damaged` need not be there.
  std::string Compare(model::EventKind kind, const Seen& seen, const io::PartEntry* damaged) const {
    for (const auto& [text, count] : seen) {
      if (!sent_.contains(text)) return "made up: " + text;
      if (count != 1) return "seen twice: " + text;
    }
    for (const auto& [text, fact] : sent_) {
      const int64_t time_ns = fact.item.time_ns;
      const bool excused =
          damaged != nullptr && time_ns >= damaged->min_time && time_ns <= damaged->max_time;
      const bool asked = fact.item.span == (kind == model::EventKind::kSpan);
      if (asked && MustBeThere(fact) && !excused && !seen.contains(text)) return "lost: " + text;
    }
    return "";
  }

  bool MustBeThere(const Fact& fact) const {
    return fact.acknowledged && fact.item.time_ns >= latest_ns_ - kRetentionNs;
  }

  std::string CheckTraces() {
    Seen seen;
    for (uint8_t number = 1; number <= 5; ++number) {
      const auto trace = engine_->TraceById("default", TraceOf(number));
      if (!trace) return trace.error().message;
      for (const model::StreamEvents& stream : trace->streams) {
        for (const model::Event& event : stream.events) ++seen[TextOf(event)];
      }
    }
    for (const auto& [text, fact] : sent_) {
      if (MustBeThere(fact) && seen[text] != 1) {
        return "its trace has it " + std::to_string(seen[text]) + " times: " + text;
      }
    }
    return "";
  }

  io::CrashClock* clock_ = nullptr;
  int64_t latest_ns_ = 0;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, Fact> sent_;  ///< by text
  std::vector<std::vector<Item>> failed_;
};

}  // namespace pharos::events
