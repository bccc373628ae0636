// One deletion, and what deletions hide of a part or a memtable. Format of the file:
// docs/format/events.md, "Deletions".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "events/predicate.h"
#include "store/event_deletes.h"

namespace pharos::events {

struct MemSnapshot;
class Part;

inline constexpr std::string_view kDeletionFile = "EVENT_DELETIONS";

/// Immutable.
class Deletion {
 public:
  /// kBadInput for a predicate that does not compile, or asks for more than the line.
  static base::Result<std::shared_ptr<const Deletion>> Make(std::string tenant,
                                                            store::EventDeletion request);
  const std::string& tenant() const { return tenant_; }
  const store::EventDeletion& request() const { return request_; }
  bool TestsLine() const { return predicate_.TestsLine(); }
  bool TestLine(std::string_view line) const { return predicate_.TestLine(line); }
  bool Overlaps(int64_t min_ns, int64_t max_ns) const {
    return min_ns <= request_.end_ns && max_ns >= request_.start_ns;
  }
  bool Covers(int64_t time_ns) const { return Overlaps(time_ns, time_ns); }

 private:
  Deletion(std::string tenant, store::EventDeletion request, CompiledPredicate predicate)
      : tenant_(std::move(tenant)),
        request_(std::move(request)),
        predicate_(std::move(predicate)) {}
  const std::string tenant_;
  const store::EventDeletion request_;
  const CompiledPredicate predicate_;
};

using DeletionList = std::vector<std::shared_ptr<const Deletion>>;

/// The deletions that may hide events of one source. Immutable.
class HiddenRows {
 public:
  struct One {
    std::shared_ptr<const Deletion> deletion;
    std::vector<bool> streams;  ///< by number in the source

    bool Covers(uint32_t stream, int64_t time_ns) const {
      return stream < streams.size() && streams[stream] && deletion->Covers(time_ns);
    }
  };
  /// Null where none of the deletions concerns it.
  static std::shared_ptr<const HiddenRows> Of(const DeletionList& deletions, const Part& part);
  static std::shared_ptr<const HiddenRows> Of(const DeletionList& deletions,
                                              const MemSnapshot& memory);
  const std::vector<One>& all() const { return all_; }

 private:
  std::vector<One> all_;
};

std::string EncodeDeletions(const DeletionList& deletions);
/// kCorrupt when the bytes are no such file.
base::Result<DeletionList> DecodeDeletions(std::string_view bytes);

}  // namespace pharos::events
