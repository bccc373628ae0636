// A granule of a part, for a reader: streams and times, then ids or lines, then the rest of
// the rows that are left.
#include <algorithm>
#include <numeric>

#include "events/event_maker.h"
#include "events/open_granule.h"

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;

class OpenGranule::Impl {
 public:
  Impl(std::shared_ptr<const Part> part, uint32_t granule, uint64_t rank, const RowFilter& filter)
      : part_(std::move(part)),
        granule_(granule),
        filter_(filter),
        meta_(part_->granules()[granule]),
        maker_(*part_, granule, rank) {}

  Result<std::shared_ptr<LoadedRows>> Load() {
    PHAROS_TRY_VOID(SelectAll());
    return Make(std::move(selected_));
  }

  Result<void> Select() {
    PHAROS_TRY_VOID(SelectAll());
    end_ = selected_.size();
    in_order_ = std::is_sorted(selected_.begin(), selected_.end(), Sooner{this});
    return {};
  }
  bool AtEnd() const { return begin_ == end_; }
  int64_t next_time(bool backward) const {
    if (in_order_) return TimeAt(backward ? end_ - 1 : begin_);
    const auto [first, last] =
        std::minmax_element(selected_.begin(), selected_.end(), Sooner{this});
    return keys_.times[backward ? *last : *first];
  }

  Result<std::shared_ptr<LoadedRows>> Next(size_t most, bool backward) {
    if (!in_order_) {
      // Most granules are asked once, for a few rows; those that are asked again are sorted.
      if (begin_ == 0 && end_ == selected_.size() && !asked_ && most < end_ / 2) {
        asked_ = true;
        return Make(TakeNearest(most, backward));
      }
      std::stable_sort(selected_.begin(), selected_.end(), Sooner{this});
      in_order_ = true;
    }
    size_t from = begin_, to = end_;
    if (backward) {
      from = end_ - std::min(most, end_ - begin_);
      while (from > begin_ && TimeAt(from - 1) == TimeAt(from)) --from;
      end_ = from;
    } else {
      to = begin_ + std::min(most, end_ - begin_);
      while (to < end_ && TimeAt(to) == TimeAt(to - 1)) ++to;
      begin_ = to;
    }
    std::vector<uint32_t> rows(selected_.begin() + static_cast<ptrdiff_t>(from),
                               selected_.begin() + static_cast<ptrdiff_t>(to));
    std::sort(rows.begin(), rows.end());
    return Make(std::move(rows));
  }

  size_t Bytes() const {
    const size_t numbers = keys_.times.capacity() + ids_.traces.capacity() + ids_.spans.capacity() +
                           ids_.parents.capacity();
    size_t bytes = numbers * sizeof(int64_t) +
                   (keys_.streams.capacity() + selected_.capacity()) * sizeof(uint32_t);
    if (bodies_) bytes += bodies_->Bytes();
    if (pages_.rest) bytes += pages_.rest->capacity();
    return bytes;
  }

  /// All but the events.
  Result<std::unique_ptr<GranuleRows>> Select(bool needs_bodies) {
    PHAROS_TRY_VOID(SelectAll());
    if (!selected_.empty() && needs_bodies) PHAROS_TRY_VOID(ReadBodies());
    auto out = std::make_unique<GranuleRows>();
    if (bodies_) bodies_->SetTimes(&out->times);
    out->times = std::move(keys_.times);
    out->streams = std::move(keys_.streams);
    out->selected = std::move(selected_);
    out->bodies = std::move(bodies_);
    out->filtered = filtered_;
    return out;
  }

  Result<std::shared_ptr<LoadedRows>> LoadThese(std::vector<uint32_t> rows) {
    PHAROS_TRY_VOID(ReadKeys());
    return Make(std::move(rows));
  }

 private:
  /// The cheapest tests first: columns that say no spare the reading of all others.
  Result<void> SelectAll() {
    const bool lines = TestsLine();
    if (filter_.trace_id != nullptr) {
      // Where one of them is damaged, each is read when it is needed: a trace that is elsewhere
      // needs only ids.
      if (auto pages = part_->SharedRowPages(granule_, filter_.keep)) pages_ = *std::move(pages);
      PHAROS_TRY(const bool there, HasTrace());
      if (!there) return {};
    }
    if (lines) {
      PHAROS_TRY(const bool possible, TestColumns());
      if (!possible) return {};
    }
    PHAROS_TRY_VOID(SelectByKey());
    if (!selected_.empty()) PHAROS_TRY_VOID(SelectByTrace());
    if (!selected_.empty() && lines) PHAROS_TRY_VOID(SelectByLine());
    if (!selected_.empty() && filter_.fields != nullptr) PHAROS_TRY_VOID(SelectByFields());
    if (!selected_.empty() && filter_.hidden != nullptr) PHAROS_TRY_VOID(TakeOutHidden());
    return {};
  }

  /// Rows that were deleted.
  Result<void> TakeOutHidden() {
    for (const HiddenRows::One& one : filter_.hidden->all()) {
      if (!one.deletion->Overlaps(meta_.min_time, meta_.max_time)) continue;
      std::vector<uint32_t> covered;
      for (const uint32_t row : selected_) {
        if (one.Covers(keys_.streams[row], keys_.times[row])) covered.push_back(row);
      }
      if (one.deletion->TestsLine() && !covered.empty()) {
        PHAROS_TRY_VOID(ReadBodies());
        const auto test = [&](std::string_view line) { return one.deletion->TestLine(line); };
        PHAROS_TRY_VOID(KeepLines(test, &covered));
      }
      std::vector<uint32_t> left;
      std::set_difference(selected_.begin(), selected_.end(), covered.begin(), covered.end(),
                          std::back_inserter(left));
      selected_ = std::move(left);
    }
    return {};
  }

  struct Sooner {
    const Impl* impl;
    bool operator()(uint32_t a, uint32_t b) const {
      return impl->keys_.times[a] < impl->keys_.times[b];
    }
  };
  int64_t TimeAt(size_t i) const { return keys_.times[selected_[i]]; }

  /// Takes the nearest rows, and those at the same time as the last of them, out of selected_.
  std::vector<uint32_t> TakeNearest(size_t most, bool backward) {
    std::vector<int64_t> times;
    times.reserve(selected_.size());
    for (const uint32_t row : selected_) times.push_back(keys_.times[row]);
    const auto nth = times.begin() + static_cast<ptrdiff_t>(most - 1);
    if (backward) {
      std::nth_element(times.begin(), nth, times.end(), std::greater<>());
    } else {
      std::nth_element(times.begin(), nth, times.end());
    }
    std::vector<uint32_t> taken;
    std::erase_if(selected_, [&](uint32_t row) {
      const int64_t time = keys_.times[row];
      if (backward ? time < *nth : time > *nth) return false;
      taken.push_back(row);
      return true;
    });
    end_ = selected_.size();
    return taken;
  }

  /// The events of some rows, which rise.
  Result<std::shared_ptr<LoadedRows>> Make(std::vector<uint32_t> rows) {
    auto out = std::make_shared<LoadedRows>();
    if (!rows.empty()) PHAROS_TRY_VOID(Materialise(rows, *out));
    if (out->rows.size() * 4 < meta_.rows) EventMaker::Compact(*out);
    if (!out->rows.empty()) out->keep.push_back(part_);
    std::sort(out->rows.begin(), out->rows.end(), Before);
    return out;
  }

  Result<void> Materialise(const std::vector<uint32_t>& rows, LoadedRows& out) {
    if (filter_.bodies) {
      PHAROS_TRY_VOID(ReadBodies());
      if (auto opened = bodies_->OpenFor(rows); !opened) return Named(std::move(opened).error());
    }
    PHAROS_TRY_VOID(ReadIds());
    PHAROS_TRY_VOID(Read("rest", &pages_.rest));
    const EventMaker::Pages pages{keys_, ids_, bodies_.get(), pages_.rest};
    return maker_.Make(pages, filter_, rows, out);
  }

  bool TestsLine() const { return filter_.predicate != nullptr && filter_.predicate->TestsLine(); }

  std::unexpected<base::Error> Named(base::Error error) const {
    return base::Wrap(std::move(error), "part " + part_->entry().path);
  }

  /// A page, where it is not there yet.
  Result<void> Read(std::string_view section, PageBytes* page) {
    if (*page) return {};
    PHAROS_TRY(*page, part_->SharedPage(section, granule_, filter_.keep));
    return {};
  }

  Result<void> ReadKeys() {
    PHAROS_TRY_VOID(Read("key", &pages_.key));
    auto keys = GranuleKeys::Decode(*pages_.key, meta_);
    pages_.key.reset();
    if (!keys) return Named(std::move(keys).error());
    keys_ = *std::move(keys);
    return {};
  }

  Result<void> SelectByFields() {
    PHAROS_TRY_VOID(ReadBodies());
    auto kept = KeepPassing(*bodies_, *filter_.fields, keys_.times, &selected_);
    if (!kept) return Named(std::move(kept).error());
    filtered_ = *kept;
    return {};
  }

  Result<void> SelectByKey() {
    PHAROS_TRY_VOID(ReadKeys());
    if (AllWanted()) {
      selected_.resize(meta_.rows);
      std::iota(selected_.begin(), selected_.end(), 0U);
      return {};
    }
    for (uint32_t i = 0; i < meta_.rows; ++i) {
      if (keys_.times[i] < filter_.start_ns || keys_.times[i] >= filter_.end_ns) continue;
      if (filter_.streams != nullptr && !(*filter_.streams)[keys_.streams[i]]) continue;
      selected_.push_back(i);
    }
    return {};
  }

  bool AllWanted() const {
    if (meta_.min_time < filter_.start_ns || meta_.max_time >= filter_.end_ns) return false;
    if (filter_.streams == nullptr) return true;
    const auto first = filter_.streams->begin();
    return std::find(first + meta_.first_stream, first + meta_.last_stream + 1, false) ==
           first + meta_.last_stream + 1;
  }

  Result<bool> HasTrace() {
    PHAROS_TRY_VOID(ReadIds());
    return std::ranges::find(ids_.traces, filter_.trace_number) != ids_.traces.end();
  }

  Result<void> SelectByTrace() {
    if (filter_.trace_id == nullptr) return {};
    PHAROS_TRY_VOID(ReadIds());
    std::erase_if(selected_, [&](uint32_t i) { return ids_.traces[i] != filter_.trace_number; });
    return {};
  }

  Result<void> ReadIds() {
    if (!ids_.traces.empty()) return {};
    if (meta_.max_trace == 0) return {};
    PHAROS_TRY_VOID(Read("ids", &pages_.ids));
    auto ids = GranuleIds::Decode(*pages_.ids, meta_);
    pages_.ids.reset();
    if (!ids) return Named(std::move(ids).error());
    ids_ = *std::move(ids);
    return {};
  }

  Result<void> ReadBodies() {
    if (bodies_) return {};
    auto bodies = GranuleBodies::Open(*part_, granule_, meta_.rows, &keys_.times, filter_.keep,
                                      std::move(pages_.body));
    if (!bodies) return Named(std::move(bodies).error());
    bodies_ = *std::move(bodies);
    return {};
  }

  /// Tests the columns in which the substrings can stand; false where one stands in no row.
  Result<bool> TestColumns() {
    PHAROS_TRY_VOID(ReadBodies());
    if (!bodies_->AllLines()) return true;
    const auto& substrings = filter_.predicate->substrings();
    for (size_t i = 0; i < substrings.size(); ++i) {
      PHAROS_TRY(const auto needle, NeedleOf(i));
      PHAROS_TRY(auto test, TestOf(*needle));
      if (test->never() && !substrings[i].negated) return false;
      needles_.push_back(needle);
      tests_.push_back(std::move(test));
    }
    if (filter_.clauses == nullptr) return true;
    for (const auto& clause : *filter_.clauses) {
      bool possible = false;
      std::vector<std::unique_ptr<NeedleTest>>& of_clause = clause_tests_.emplace_back();
      for (const auto& needle : clause) {
        PHAROS_TRY(auto test, TestOf(*needle));
        if (test->never()) continue;
        possible = true;
        of_clause.push_back(std::move(test));
      }
      if (!possible) return false;
    }
    return true;
  }

  Result<std::unique_ptr<NeedleTest>> TestOf(const Needle& needle) {
    auto test = NeedleTest::Make(*bodies_, needle);
    if (!test) return Named(std::move(test).error());
    return test;
  }

  Result<void> Keep(NeedleTest& test, bool negated, std::vector<uint32_t>* rows) {
    auto kept = test.Keep(negated, rows);
    if (!kept) return Named(std::move(kept).error());
    return {};
  }

  /// Lines against substrings by what shapes and columns say, then, where the predicate has
  /// more to it, each line that is left.
  Result<void> SelectByLine() {
    PHAROS_TRY_VOID(ReadBodies());
    const CompiledPredicate& predicate = *filter_.predicate;
    if (!bodies_->AllLines()) return SelectEachLine();
    for (size_t i = 0; i < tests_.size() && !selected_.empty(); ++i) {
      PHAROS_TRY_VOID(Keep(*tests_[i], predicate.substrings()[i].negated, &selected_));
    }
    if (predicate.substrings_are_all() || selected_.empty()) return {};
    for (const auto& clause : clause_tests_) PHAROS_TRY_VOID(SelectByClause(clause));
    return selected_.empty() ? Result<void>() : SelectEachLine();
  }

  /// Rows that hold one of the literals.
  Result<void> SelectByClause(const std::vector<std::unique_ptr<NeedleTest>>& clause) {
    std::vector<uint32_t> left = std::move(selected_), kept;
    for (const auto& test : clause) {
      std::vector<uint32_t> found = left;
      PHAROS_TRY_VOID(Keep(*test, false, &found));
      std::vector<uint32_t> all;
      std::merge(kept.begin(), kept.end(), found.begin(), found.end(), std::back_inserter(all));
      kept = std::move(all);
      std::vector<uint32_t> rest;
      std::set_difference(left.begin(), left.end(), found.begin(), found.end(),
                          std::back_inserter(rest));
      left = std::move(rest);
    }
    selected_ = std::move(kept);
    return {};
  }

  Result<std::shared_ptr<const Needle>> NeedleOf(size_t i) {
    if (filter_.needles != nullptr) return (*filter_.needles)[i];
    return Needle::Make(*part_, filter_.predicate->substrings()[i].text);
  }

  Result<void> SelectEachLine() {
    const auto test = [&](std::string_view line) { return filter_.predicate->TestLine(line); };
    return KeepLines(test, &selected_);
  }

  /// Puts each line together and keeps the rows whose lines pass.
  template <class Test>
  Result<void> KeepLines(const Test& test, std::vector<uint32_t>* rows) {
    auto opened = bodies_->OpenFor(*rows);
    if (!opened) return Named(std::move(opened).error());
    bool readable = true;
    std::string line;
    std::erase_if(*rows, [&](uint32_t i) {
      line.clear();
      if (bodies_->IsLine(i)) {
        bodies_->Append(i, line);
        return !test(line);
      }
      base::Arena arena;
      model::Value body;
      readable = bodies_->Get(i, arena, &body) && readable;
      return !test(model::ValueToString(body));
    });
    if (!readable) {
      return Fail(ErrorKind::kCorrupt, "part " + part_->entry().path + ": a body is damaged");
    }
    return {};
  }

  const std::shared_ptr<const Part> part_;
  const uint32_t granule_;
  const RowFilter filter_;
  const GranuleMeta& meta_;
  GranuleKeys keys_;
  std::vector<uint32_t> selected_;  // rows that passed so far
  size_t begin_ = 0;                // of those, once they are in order: what is left
  size_t end_ = 0;
  bool in_order_ = false;  // of time, not of rows
  bool asked_ = false;
  bool filtered_ = false;
  GranuleIds ids_;
  std::unique_ptr<GranuleBodies> bodies_;
  std::vector<std::shared_ptr<const Needle>> needles_;
  std::vector<std::unique_ptr<NeedleTest>> tests_;  // by substring
  std::vector<std::vector<std::unique_ptr<NeedleTest>>> clause_tests_;
  Part::RowPages pages_;  // read and not decoded yet; all rows' fields are of `rest`
  EventMaker maker_;
};

OpenGranule::OpenGranule(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpenGranule::~OpenGranule() = default;

Result<std::unique_ptr<OpenGranule>> OpenGranule::Open(std::shared_ptr<const Part> part,
                                                       uint32_t granule, uint64_t rank,
                                                       const RowFilter& filter) {
  auto impl = std::make_unique<Impl>(std::move(part), granule, rank, filter);
  PHAROS_TRY_VOID(impl->Select());
  return std::unique_ptr<OpenGranule>(new OpenGranule(std::move(impl)));
}
bool OpenGranule::AtEnd() const { return impl_->AtEnd(); }
int64_t OpenGranule::next_time(bool backward) const { return impl_->next_time(backward); }
Result<std::shared_ptr<LoadedRows>> OpenGranule::Next(size_t most, bool backward) {
  return impl_->Next(most, backward);
}
size_t OpenGranule::Bytes() const { return impl_->Bytes(); }

Result<std::shared_ptr<LoadedRows>> LoadGranule(const std::shared_ptr<const Part>& part,
                                                uint32_t granule, uint64_t rank,
                                                const RowFilter& filter) {
  return OpenGranule::Impl(part, granule, rank, filter).Load();
}

Result<std::unique_ptr<GranuleRows>> SelectRows(const std::shared_ptr<const Part>& part,
                                                uint32_t granule, const RowFilter& filter,
                                                bool needs_bodies) {
  return OpenGranule::Impl(part, granule, 0, filter).Select(needs_bodies);
}

Result<std::shared_ptr<LoadedRows>> LoadRows(const std::shared_ptr<const Part>& part,
                                             uint32_t granule, uint64_t rank,
                                             const RowFilter& filter, std::vector<uint32_t> rows) {
  return OpenGranule::Impl(part, granule, rank, filter).LoadThese(std::move(rows));
}

}  // namespace pharos::events
