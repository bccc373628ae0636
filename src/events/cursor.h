// A query's answer: granules and memtable blocks are opened in the order of time, each
// once, and their rows merged. Holds no lock and little more than the rows that overlap.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "events/loaded_rows.h"
#include "store/events.h"

namespace pharos::events {

/// One thing to read from: a part or a memtable, with the streams that match.
struct Source {
  std::shared_ptr<const Part> part;  ///< or
  MemSnapshot memory;
  uint64_t min_sequence = 0;                             ///< orders sources by arrival
  std::vector<bool> streams;                             ///< by number: matches the query
  std::vector<std::shared_ptr<const Needle>> needles{};  ///< of a part, for the substrings
  std::vector<std::vector<std::shared_ptr<const Needle>>> clauses{};  ///< likewise
  std::vector<GranuleSet> outlines{};          ///< of a part: where a regex may match
  std::shared_ptr<const PartFields> fields{};  ///< of a part, where fields are asked for
};

/// Evaluates the matchers on every stream of the source; false when none matches.
bool MatchStreams(const std::vector<model::Matcher>& matchers, Source* source);

/// True when an attribute with one of the keys may become a label of this name.
bool MayHaveLabel(const std::vector<std::string>& attribute_keys, std::string_view name);
/// Looks up in each part what the query asks of lines; leaves out parts that have none of them.
/// `query` must stay where it is while the sources live.
base::Result<void> PrepareSources(const store::EventQuery& query,
                                  const CompiledPredicate& predicate, std::vector<Source>* sources);
/// False where shapes and skeletons say that no line of the granule passes.
bool MayHold(const Source& source, const CompiledPredicate& predicate, uint32_t granule);

/// kBadInput for a predicate that does not compile. `most_rows` is how many decoded rows are
/// held before the farther half is dropped, to be decoded again when its time comes.
base::Result<std::unique_ptr<store::EventCursor>> MakeCursor(const store::EventQuery& query,
                                                             std::vector<Source> sources,
                                                             size_t most_rows);

}  // namespace pharos::events
