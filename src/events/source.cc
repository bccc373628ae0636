#include "events/source.h"

#include <algorithm>

#include "events/regex_granules.h"
#include "events/scan_workers.h"
#include "match/label_name.h"
#include "store/reserved_streams.h"

namespace pharos::events {

using base::Result;
using store::EventQuery;

Result<bool> PrepareSource(const EventQuery& query, const CompiledPredicate& predicate,
                           Source* source) {
  if (!source->part) return true;
  const Part& part = *source->part;
  for (const CompiledPredicate::Substring& substring : predicate.substrings()) {
    PHAROS_TRY(auto needle, Needle::Make(part, substring.text));
    if (needle->never() && !substring.negated) return false;
    source->needles.push_back(std::move(needle));
  }
  for (const match::RegexClause& clause : predicate.clauses()) {
    auto& needles = source->clauses.emplace_back();
    for (const match::RegexLiteral& literal : clause) {
      PHAROS_TRY(auto needle, Needle::Make(part, literal.text, literal.fold));
      if (!needle->never()) needles.push_back(std::move(needle));
    }
    if (needles.empty()) return false;
  }
  for (const match::RegexOutline& outline : predicate.outlines()) {
    PHAROS_TRY(GranuleSet granules, GranulesOfRegex(part, outline));
    source->outlines.push_back(std::move(granules));
  }
  if (!query.fields.json) return true;
  std::vector<bool> usable;
  for (const store::FieldFilter& filter : query.fields.filters) {
    const std::string& name = query.fields.names[filter.field];
    bool free = part.meta().origin_first.empty() && !part.meta().many_keys &&
                !MayHaveLabel(part.meta().attribute_keys, name);
    for (size_t i = 0; i < source->streams.size() && free; ++i) {
      free = !source->streams[i] || !part.streams()[i].labels.Has(name);
    }
    usable.push_back(free);
  }
  PHAROS_TRY(source->fields, PartFields::Make(part, query.fields, std::move(usable)));
  return true;
}

bool MayHaveLabel(const std::vector<std::string>& attribute_keys, std::string_view name) {
  for (const std::string& key : attribute_keys) {
    std::string prefix;
    match::AppendLabelName(prefix, key, true);
    if (name == prefix || name.starts_with(prefix + "_")) return true;  // maps are flattened
  }
  return false;
}

Result<void> PrepareSources(const EventQuery& query, const CompiledPredicate& predicate,
                            std::vector<Source>* sources) {
  if (!predicate.TestsLine() && !query.fields.json) return {};
  std::vector<Result<bool>> possible(sources->size(), true);
  ScanWorkers::Process().Run(sources->size(), [&](size_t i) {
    possible[i] = PrepareSource(query, predicate, &(*sources)[i]);
  });
  std::vector<Source> left;
  for (size_t i = 0; i < sources->size(); ++i) {
    if (!possible[i]) return std::unexpected(possible[i].error());
    if (*possible[i]) left.push_back(std::move((*sources)[i]));
  }
  *sources = std::move(left);
  return {};
}

bool MayHold(const Source& source, const CompiledPredicate& predicate, uint32_t granule) {
  for (size_t i = 0; i < source.needles.size(); ++i) {
    if (predicate.substrings()[i].negated) continue;
    if (!source.needles[i]->granules().Has(granule)) return false;
  }
  for (const GranuleSet& outline : source.outlines) {
    if (!outline.Has(granule)) return false;
  }
  for (const auto& clause : source.clauses) {
    if (std::none_of(clause.begin(), clause.end(),
                     [&](const auto& needle) { return needle->granules().Has(granule); })) {
      return false;
    }
  }
  return source.fields == nullptr || source.fields->granules().Has(granule);
}

bool MatchStreams(const std::vector<model::Matcher>& matchers, Source* source) {
  const size_t count = source->part ? source->part->streams().size() : source->memory.sizes.streams;
  source->streams.resize(count);
  bool any = false;
  for (size_t i = 0; i < count; ++i) {
    const model::Labels& labels =
        source->part ? source->part->streams()[i].labels : source->memory.table->stream(i).labels;
    source->streams[i] = store::MatchesStream(matchers, labels);
    any = any || source->streams[i];
  }
  return any;
}

}  // namespace pharos::events
