#include "samples/postings.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace pharos::samples {
namespace {

using model::Matcher;
using model::MatchOp;
using List = std::vector<uint32_t>;
using View = std::span<const uint32_t>;

/// From this many items on a union goes by way of a bitmap.
constexpr size_t kBitmapItems = 512;

/// Where one list is so many times as long as the other, the short one looks things up in it.
constexpr size_t kGallop = 16;

/// A list that is borrowed from the source, or made here.
struct Lists {
  List owned;
  View view;
};

/// The first at or after `from` that is not below `value`: steps that double, then a search.
const uint32_t* Gallop(const uint32_t* from, const uint32_t* end, uint32_t value) {
  size_t step = 1;
  while (static_cast<size_t>(end - from) > step && from[step] < value) from += step, step *= 2;
  return std::lower_bound(from, from + std::min(step + 1, static_cast<size_t>(end - from)), value);
}

/// Calls `on_item(item, whether it is in other)` for each item of `list`.
template <class OnItem>
void Compare(View list, View other, OnItem on_item) {
  const uint32_t *at = other.data(), *end = at + other.size();
  const bool gallop = other.size() / kGallop > list.size();
  for (const uint32_t item : list) {
    if (gallop) {
      at = Gallop(at, end, item);
    } else {
      while (at != end && *at < item) ++at;
    }
    on_item(item, at != end && *at == item);
  }
}

List Intersect(View a, View b) {
  if (a.size() > b.size()) std::swap(a, b);
  List out;
  Compare(a, b, [&](uint32_t item, bool both) {
    if (both) out.push_back(item);
  });
  return out;
}

List Without(View list, View without) {
  List out;
  Compare(list, without, [&](uint32_t item, bool both) {
    if (!both) out.push_back(item);
  });
  return out;
}

List Union(const std::vector<View>& lists) {
  size_t total = 0;
  uint32_t highest = 0;
  for (const View list : lists) {
    total += list.size();
    if (!list.empty()) highest = std::max(highest, list.back());
  }
  List out;
  out.reserve(total);
  if (lists.size() < 2 || total < kBitmapItems) {
    for (const View list : lists) out.insert(out.end(), list.begin(), list.end());
    if (lists.size() > 1) std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<uint64_t> bits(highest / 64 + 1);
  for (const View list : lists) {
    for (const uint32_t item : list) bits[item / 64] |= uint64_t{1} << item % 64;
  }
  for (size_t word = 0; word < bits.size(); ++word) {
    for (uint64_t left = bits[word]; left != 0; left &= left - 1)
      out.push_back(static_cast<uint32_t>(word * 64) +
                    static_cast<uint32_t>(std::countr_zero(left)));
  }
  return out;
}

bool IsLookup(const Matcher& matcher) {
  return matcher.op() == MatchOp::kEqual ||
         (matcher.op() == MatchOp::kRegex && !matcher.literals().empty());
}

/// The series whose value an equality or an alternation of literals takes.
Lists LookUp(const PostingSource& source, const Matcher& matcher) {
  Lists out;
  if (matcher.op() == MatchOp::kEqual) {
    out.view = source.Find(matcher.name(), matcher.value());
    return out;
  }
  std::vector<std::string> literals = matcher.literals();
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  std::vector<View> lists;
  for (const std::string& literal : literals) lists.push_back(source.Find(matcher.name(), literal));
  out.owned = Union(lists);
  out.view = out.owned;
  return out;
}

/// The series that have one of the values that the matcher takes (or, not `matching`, does not
/// take).
List Scan(const PostingSource& source, const Matcher& matcher, bool matching) {
  std::string from, to;
  const bool bounded = matching && matcher.Bounds(&from, &to);
  if (!bounded) from = {}, to = kEndOfValues;
  std::vector<View> lists;
  source.ForEachValue(matcher.name(), from, to, [&](std::string_view value, View series) {
    if (bounded && (value < from || value > to)) return;
    if (matcher.Matches(value) == matching) lists.push_back(series);
  });
  return Union(lists);
}

/// Keeps the series that the matcher matches, one after the other.
void Filter(const PostingSource& source, const Matcher& matcher, List& series) {
  std::string_view last;
  bool matches = matcher.MatchesEmpty();
  std::erase_if(series, [&](uint32_t s) {
    const std::string_view value = source.ValueOf(s, matcher.name());
    if (value.data() != last.data() || value.size() != last.size()) {
      matches = matcher.Matches(value);
      last = value;
    }
    return !matches;
  });
}

bool FilterIsCheaper(const PostingSource& source, const Matcher& matcher, size_t series) {
  return source.KnowsValues() && series < source.ValueCount(matcher.name());
}

/// Takes out what a matcher that "" satisfies does not match.
void Exclude(const PostingSource& source, const Matcher& matcher, List& series) {
  if (matcher.op() == MatchOp::kNotEqual) {
    const View without = source.Find(matcher.name(), matcher.value());
    if (!without.empty()) series = Without(series, without);
  } else if (FilterIsCheaper(source, matcher, series.size())) {
    Filter(source, matcher, series);
  } else if (const List without = Scan(source, matcher, false); !without.empty()) {
    series = Without(series, without);
  }
}

/// What all look-ups have in common; false when there is no look-up.
bool IntersectLookups(const PostingSource& source, const std::vector<Matcher>& matchers,
                      List* result) {
  std::vector<Lists> lists;
  for (const Matcher& matcher : matchers) {
    if (!matcher.MatchesEmpty() && IsLookup(matcher)) lists.push_back(LookUp(source, matcher));
  }
  if (lists.empty()) return false;
  std::ranges::sort(lists, {}, [](const Lists& list) { return list.view.size(); });
  result->assign(lists[0].view.begin(), lists[0].view.end());
  for (size_t i = 1; i < lists.size() && !result->empty(); ++i)
    *result = Intersect(*result, lists[i].view);
  return true;
}

}  // namespace

std::vector<uint32_t> SelectSeries(const PostingSource& source,
                                   const std::vector<Matcher>& matchers) {
  List result;
  bool started = IntersectLookups(source, matchers, &result);
  for (const Matcher& matcher : matchers) {
    if (matcher.MatchesEmpty() || IsLookup(matcher)) continue;
    if (started && result.empty()) return result;
    if (started && FilterIsCheaper(source, matcher, result.size())) {
      Filter(source, matcher, result);
    } else {
      List list = Scan(source, matcher, true);
      result = started ? Intersect(result, list) : std::move(list);
      started = true;
    }
  }
  if (!started) result = source.All();
  for (const Matcher& matcher : matchers) {
    if (matcher.MatchesEmpty() && !result.empty()) Exclude(source, matcher, result);
  }
  return result;
}

}  // namespace pharos::samples
