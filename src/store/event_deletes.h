// The door for deletions of events: asked for, listed, taken back while there is time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/matcher.h"
#include "store/events.h"

namespace pharos::store {

struct EventDeletion {
  std::string id;  ///< given by the engine
  model::EventKind kind = model::EventKind::kLog;
  std::string query;  ///< in the user's words
  std::vector<model::Matcher> streams;
  Predicate predicate;  ///< of the line alone; an empty kAnd: all of the streams
  int64_t start_ns = 0;
  int64_t end_ns = 0;      ///< inclusive
  int64_t created_ns = 0;  ///< given by the engine
  bool done = false;       ///< the events are gone from the disk
};

/// Threads: any.
class EventDeletes {
 public:
  virtual ~EventDeletes() = default;
  /// From here on no read shows these events; they leave the disk when the time to take it back
  /// is over. The id of the request, which is on disk. kBadInput for a predicate of more than the
  /// line, kLimit where too many wait.
  virtual base::Result<std::string> AddDeletion(std::string_view tenant,
                                                EventDeletion deletion) = 0;
  /// In the order in which they came, those that are done included.
  virtual std::vector<EventDeletion> Deletions(std::string_view tenant) = 0;
  /// The events are shown again. kNotFound, or kConflict when it is done or under way.
  virtual base::Result<void> CancelDeletion(std::string_view tenant, std::string_view id) = 0;
};

}  // namespace pharos::store
