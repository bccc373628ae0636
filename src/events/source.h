// What a query reads from: a part or a memtable, and which of its streams and granules may hold
// rows of the answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
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
  std::shared_ptr<const HiddenRows> hidden{};  ///< by deletions; null: nothing is
};

/// Evaluates the matchers on every stream of the source; false when none matches.
bool MatchStreams(const std::vector<model::Matcher>& matchers, Source* source);

/// True when an attribute with one of the keys may become a label of this name.
bool MayHaveLabel(const std::vector<std::string>& attribute_keys, std::string_view name);
/// Looks up in the part what the query asks of lines; false when no line of it passes. `query` must
/// stay where it is while the source lives.
base::Result<bool> PrepareSource(const store::EventQuery& query, const CompiledPredicate& predicate,
                                 Source* source);
/// Looks up in each part what the query asks of lines; leaves out parts that have none of them.
/// `query` must stay where it is while the sources live.
base::Result<void> PrepareSources(const store::EventQuery& query,
                                  const CompiledPredicate& predicate, std::vector<Source>* sources);
/// False where shapes and skeletons say that no line of the granule passes.
bool MayHold(const Source& source, const CompiledPredicate& predicate, uint32_t granule);

}  // namespace pharos::events
