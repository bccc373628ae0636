// The door to the event engine: logs and spans, in and out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ack.h"
#include "base/large_memory.h"
#include "base/result.h"
#include "model/event.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "store/samples.h"

namespace pharos::store {

/// What became of a batch: how many events were not taken and a sentence why (the first
/// reason), and the Ack of those that were.
struct EventAppendResult {
  base::Ack ack;
  uint64_t rejected = 0;
  std::string reason;
  bool too_fast = false;  ///< all of them only because of a rate; the sender may try again
};

/// Threads: any. Cost: copies the batch into the memtable and the WAL record; no lock an item.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// All kinds may be mixed. kBusy, kFull, or kLimit for a rate, when nothing was taken (the sender
  /// retries).
  virtual base::Result<EventAppendResult> Append(std::string_view tenant,
                                                 const model::EventBatch& batch) = 0;

  /// Memory for a text that events of a batch will point into (SentBody::text).
  virtual base::Room TakeMemory(size_t bytes) {
    const auto memory = std::make_shared_for_overwrite<char[]>(bytes);
    return {{memory.get(), bytes}, memory};
  }
};

/// A tree of tests over one event. Text tests on logs look at the body as a line.
struct Predicate {
  enum class Op : uint8_t {
    kAnd,
    kOr,
    kNot,              ///< one child
    kLineContains,     ///< `text` is a substring of the line, bytewise
    kLineRegex,        ///< `text` is a Go-dialect regex found somewhere in the line
    kAttributeEquals,  ///< record, scope or resource attribute `name`, as text, equals `text`
    kNameEquals,       ///< a span's name
    kDurationAtLeast,  ///< nanoseconds in `number`
    kDurationAtMost,
    kStatusEquals,  ///< a span's status code in `number`
    kRootOnly,      ///< spans without a parent
  };
  Op op = Op::kAnd;
  std::string name;
  std::string text;
  int64_t number = 0;
  std::vector<Predicate> children;
};

enum class Direction : uint8_t { kForward, kBackward };

/// A test of one field of a line, which every event of the answer passes: a source may leave
/// others out, and need not. Where the stream or the structured metadata has a label of that name
/// it says nothing.
struct FieldFilter {
  size_t field = 0;                            ///< index into FieldRequest::names
  std::function<bool(std::string_view)> text;  ///< of the value, "" where it is absent; or
  std::function<bool(double)> number;          ///< absent fails, what is no number passes
};

/// What a scan's caller needs a field for.
enum class FieldUse : uint8_t {
  kFilter,  ///< its filters alone
  kNumber,  ///< its value as a number
  kText,
};

/// Fields of lines as LogQL's `| json` gives them (names sanitised, nesting joined by '_').
struct FieldRequest {
  bool json = false;  ///< false: no field is wanted
  std::vector<std::string> names;
  std::vector<FieldFilter> filters;
  std::vector<FieldUse> uses;  ///< by name; what is not said is kText

  FieldUse use(size_t name) const { return name < uses.size() ? uses[name] : FieldUse::kText; }
};

struct EventQuery {
  std::string tenant{kDefaultTenant};
  model::EventKind kind = model::EventKind::kLog;
  int64_t start_ns = 0;  ///< inclusive
  int64_t end_ns = 0;    ///< exclusive
  std::vector<model::Matcher> streams;
  Predicate predicate;  ///< an empty kAnd takes all
  Direction direction = Direction::kBackward;
  size_t limit = 0;  ///< 0: none. Applied only when no residual is left.
  FieldRequest fields;
  /// Asked between pages and pieces of work; true ends the query with kCancelled.
  std::function<bool()> cancelled;
};

/// Pages of events in time order over all streams; equal times in the order of stream labels,
/// then of arrival. kBackward gives the reverse of kForward.
class EventCursor {
 public:
  virtual ~EventCursor() = default;
  /// What the source did not test; the caller must. An empty kAnd when nothing is left.
  virtual const Predicate& Residual() const = 0;
  /// Replaces `out` with the next page (never empty) and returns true, or false at the end.
  /// Within a page each run of events of one stream is one StreamEvents, so a stream may
  /// come more than once.
  virtual base::Result<bool> Next(model::EventBatch* out) = 0;
};

/// Values of one field, by row; both empty where nobody needs them.
struct ScanField {
  std::span<const double> numbers;          ///< NaN where `texts` must be asked
  std::span<const std::string_view> texts;  ///< null data() where absent
};

/// Events of one stream in the order of time, reduced to their times and the fields that were
/// asked for. They pass the predicate, have been read without an error, and no label of theirs
/// but the stream's has one of the names.
struct ScanRows {
  std::span<const int64_t> times;
  /// They pass all filters of the request, too; fields for kFilter are left out.
  bool filtered = false;
  std::vector<ScanField> fields;  ///< by name
};

/// Where Scan puts what it finds.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  virtual base::Result<void> Rows(const model::Labels& stream, const ScanRows& rows) = 0;
  /// An event that cannot be reduced so; it passes the predicate.
  virtual base::Result<void> Whole(const model::Labels& stream, const model::Event& event) = 0;
};

struct EventStats {
  uint64_t streams = 0;
  uint64_t events = 0;  ///< taken since the start
  uint64_t parts = 0;
  uint64_t part_bytes = 0;
};

/// Threads: any. Errors: kCorrupt names the part.
class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual base::Result<std::unique_ptr<EventCursor>> Select(const EventQuery& query) = 0;
  /// All events of the query in no order over streams, each once, for counting and the like;
  /// direction and limit are ignored. False, with nothing given out, where the source does not
  /// know how; the caller selects then.
  virtual base::Result<bool> Scan(const EventQuery& query, ScanSink& sink) {
    (void)query, (void)sink;
    return false;
  }
  /// Streams with events in the range, sorted.
  virtual base::Result<std::vector<model::Labels>> Streams(const EventQuery& query) = 0;
  /// Every span and every log record with this trace id, in time order.
  virtual base::Result<model::EventBatch> TraceById(std::string_view tenant,
                                                    const model::TraceId& id) = 0;
  /// Calls back with each batch as it is appended (after the stream matchers), until the
  /// returned token is destroyed. The callback must not block.
  virtual std::shared_ptr<void> Tail(const EventQuery& query,
                                     std::function<void(const model::EventBatch&)> on_batch) = 0;
  virtual EventStats Stats(std::string_view tenant, model::EventKind kind) = 0;
};

/// Tests `event` against the tree. What a source may leave to its caller.
bool Matches(const Predicate& predicate, const model::Event& event);
inline bool IsTrue(const Predicate& p) { return p.op == Predicate::Op::kAnd && p.children.empty(); }

/// What both engines offer to the process that owns them.
class Maintenance {
 public:
  virtual ~Maintenance() = default;
  /// Writes everything to its final form and drops the covered WAL.
  virtual base::Result<void> Flush() = 0;
  /// One round of what is due: seal by age and size, merge, drop by retention. Called
  /// about once a second by the server.
  virtual base::Result<void> Tick() = 0;
  /// The part of Tick that must not wait for a merge: sealing memory, looking at the disk. May
  /// overlap Tick.
  virtual base::Result<void> Urgent() { return {}; }
};

}  // namespace pharos::store
