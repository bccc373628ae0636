#include "samples/postings.h"

#include <algorithm>
#include <iterator>

namespace pharos::samples {
namespace {

using model::Matcher;
using model::MatchOp;
using List = std::vector<uint32_t>;

void Add(List& list, std::span<const uint32_t> more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// The series that have one of the values for which `want` holds.
template <class Want>
List UnionOf(const PostingSource& source, const std::string& name, Want want) {
  List out;
  size_t lists = 0;
  source.ForEachValue(name, [&](std::string_view value, std::span<const uint32_t> series) {
    if (!want(value)) return;
    Add(out, series);
    ++lists;
  });
  if (lists > 1) std::sort(out.begin(), out.end());
  return out;
}

/// For a matcher that "" does not satisfy: the series whose value it takes.
List Including(const PostingSource& source, const Matcher& matcher) {
  List out;
  if (matcher.op() == MatchOp::kEqual) {
    Add(out, source.Find(matcher.name(), matcher.value()));
    return out;
  }
  if (matcher.op() == MatchOp::kRegex && !matcher.literals().empty()) {
    std::vector<std::string> literals = matcher.literals();
    std::sort(literals.begin(), literals.end());
    literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
    for (const std::string& literal : literals) Add(out, source.Find(matcher.name(), literal));
    std::sort(out.begin(), out.end());
    return out;
  }
  return UnionOf(source, matcher.name(), [&](std::string_view v) { return matcher.Matches(v); });
}

/// For a matcher that "" satisfies: the series whose value it does not take.
List Excluding(const PostingSource& source, const Matcher& matcher) {
  if (matcher.op() == MatchOp::kNotEqual) {
    List out;
    Add(out, source.Find(matcher.name(), matcher.value()));
    return out;
  }
  return UnionOf(source, matcher.name(), [&](std::string_view v) { return !matcher.Matches(v); });
}

List Intersect(const List& a, const List& b) {
  List out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace

std::vector<uint32_t> SelectSeries(const PostingSource& source,
                                   const std::vector<Matcher>& matchers) {
  List result;
  bool started = false;
  for (const Matcher& matcher : matchers) {
    if (matcher.MatchesEmpty()) continue;
    List list = Including(source, matcher);
    result = started ? Intersect(result, list) : std::move(list);
    started = true;
    if (result.empty()) return result;
  }
  if (!started) result = source.All();
  for (const Matcher& matcher : matchers) {
    if (!matcher.MatchesEmpty() || result.empty()) continue;
    const List without = Excluding(source, matcher);
    if (without.empty()) continue;
    List left;
    std::set_difference(result.begin(), result.end(), without.begin(), without.end(),
                        std::back_inserter(left));
    result = std::move(left);
  }
  return result;
}

}  // namespace pharos::samples
