#include "api/prometheus/answer_text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "api/prometheus/encode.h"
#include "api/prometheus/limits.h"
#include "query/exec/ordered_work.h"
#include "query/promql/histogram_math.h"
#include "text/go_float.h"
#include "text/json_writer.h"

namespace pharos::api::prometheus {

using query::promql::Grid;
using query::promql::QueryValue;
using query::promql::ResultSeries;
using query::promql::Row;
using query::promql::ValueType;

namespace {

/// What a point and a series take at the most, about: room that is not needed costs nothing.
constexpr size_t kPointBytes = 44, kSeriesBytes = 256;
/// A series and a histogram take about as long to write as so many points.
constexpr size_t kSeriesWeight = 4, kHistogramWeight = 16;
/// Points that one worker writes in one go: some 60 kB, some 50 us.
constexpr size_t kPieceWeight = 2048;
/// Points from which on a second core is worth waking.
constexpr size_t kParallelWeight = 4 * kPieceWeight;
/// Points of a round: some megabyte of text.
constexpr size_t kRoundWeight = 16 * kPieceWeight;

void AppendQuotedValue(std::string& out, double value) {
  out += '"';
  text::AppendSampleValue(out, value);
  out += '"';
}

void AppendHistogram(std::string& out, const model::Histogram& h) {
  out += "{\"count\":";
  AppendQuotedValue(out, h.count);
  out += ",\"sum\":";
  AppendQuotedValue(out, h.sum);
  bool first = true;
  for (const auto& bucket : query::promql::AllBuckets(h)) {
    if (bucket.count == 0) continue;
    out += first ? ",\"buckets\":[" : ",";
    first = false;
    // Which bounds belong to the bucket: 0 the upper, 1 the lower, 3 both.
    out += !bucket.lower_inclusive() ? "[0," : !bucket.upper_inclusive() ? "[1," : "[3,";
    AppendQuotedValue(out, bucket.lower);
    out += ',';
    AppendQuotedValue(out, bucket.upper);
    out += ',';
    AppendQuotedValue(out, bucket.count);
    out += ']';
  }
  if (!first) out += ']';
  out += '}';
}

void AppendPoint(std::string& out, int64_t time_ms, double value) {
  out += '[';
  AppendTimestamp(out, time_ms);
  out += ',';
  AppendQuotedValue(out, value);
  out += ']';
}

void AppendHistogramPoint(std::string& out, const model::HistogramSample& sample) {
  out += '[';
  AppendTimestamp(out, sample.time_ms);
  out += ',';
  AppendHistogram(out, *sample.histogram);
  out += ']';
}

}  // namespace

/// `"],[1435781430.781,"`, what stands between two values, of the points written so far: most
/// series of an answer have the same times. On a cache line of its own: workers that have theirs
/// side by side would wait for each other at every point.
class alignas(64) PointStarts {
 public:
  void NextSeries() { at_ = 0; }
  /// Into memory; returns the end. Writes up to kRoom bytes, more than that text has. Times rise
  /// within a series. The first point begins with its bracket.
  static constexpr size_t kRoom = 40;
  char* Put(char* at, int64_t time_ms, bool first) {
    while (at_ < starts_.size() && starts_[at_].time_ms < time_ms) ++at_;
    if (at_ == starts_.size() && at_ < kMost) starts_.push_back(Make(time_ms));
    const bool known = at_ < starts_.size() && starts_[at_].time_ms == time_ms;
    const Start made = known ? Start{} : Make(time_ms);
    const Start& start = known ? starts_[at_] : made;
    const size_t skip = first ? kBetween : 0;
    std::memcpy(at, start.text + skip, kRoom);
    return at + (start.size - skip);
  }

 private:
  static constexpr size_t kMost = 16 * 1024, kBetween = 3;
  struct Start {
    int64_t time_ms;
    size_t size;
    char text[kRoom + kBetween];
  };
  static Start Make(int64_t time_ms) {
    std::string text = "\"],[";
    AppendTimestamp(text, time_ms);
    text += ",\"";
    Start made{time_ms, text.size(), {}};
    text.copy(made.text, sizeof made.text);
    return made;
  }
  std::vector<Start> starts_;
  size_t at_ = 0;
};

namespace {

/// A series of an answer, whichever way it came: `floats()` places that may have one, then
/// `histograms()` places that may have one.
struct OfRow {
  const Row& row;
  const Grid& grid;
  const model::Labels& labels() const { return row.labels; }
  size_t floats() const { return row.values.size(); }
  size_t histograms() const { return row.histograms.size(); }
  bool HasFloat(size_t i) const { return !query::promql::IsAbsent(row.values[i]); }
  int64_t FloatTime(size_t i) const { return grid.At(i); }
  double Float(size_t i) const { return row.values[i]; }
  bool HasHistogram(size_t i) const { return row.histograms[i] != nullptr && !HasFloat(i); }
  model::HistogramSample Histogram(size_t i) const { return {grid.At(i), row.histograms[i]}; }
};

struct OfSeries {
  const ResultSeries& series;
  const model::Labels& labels() const { return series.labels; }
  size_t floats() const { return series.floats.size(); }
  size_t histograms() const { return series.histograms.size(); }
  static bool HasFloat(size_t /*i*/) { return true; }
  int64_t FloatTime(size_t i) const { return series.floats[i].time_ms; }
  double Float(size_t i) const { return series.floats[i].value; }
  static bool HasHistogram(size_t /*i*/) { return true; }
  const model::HistogramSample& Histogram(size_t i) const { return series.histograms[i]; }
};

template <class F>
auto WithSeries(const QueryValue& value, size_t series, const F& f) {
  if (!value.rows.empty()) return f(OfRow{value.rows[series], value.grid});
  return f(OfSeries{value.series[series]});
}

/// Of an instant query.
template <class Series>
void AppendSample(std::string& out, const Series& series) {
  out += "{\"metric\":";
  AppendLabels(out, series.labels());
  if (series.floats() > 0 && series.HasFloat(0)) {
    out += ",\"value\":";
    AppendPoint(out, series.FloatTime(0), series.Float(0));
  } else if (series.histograms() > 0 && series.HasHistogram(0)) {
    out += ",\"histogram\":";
    AppendHistogramPoint(out, series.Histogram(0));
  }
  out += '}';
}

/// The floats in cells [from, to), at most kChunk of them. True when there are some now or were
/// `before`.
constexpr size_t kChunk = 64;
template <class Series>
bool AppendFloats(std::string& out, const Series& series, size_t from, size_t to, bool before,
                  PointStarts& starts) {
  constexpr std::string_view kBegin = ",\"values\":[";
  std::array<double, kChunk> values;
  std::array<size_t, kChunk> cells;
  size_t count = 0;
  for (size_t i = from; i < to; ++i) {
    values[count] = series.Float(i);
    cells[count] = i;
    count += series.HasFloat(i) ? 1 : 0;
  }
  std::array<text::NumberText, kChunk> numbers;
  text::PutSampleValues(values.data(), count, numbers.data());

  const size_t room = kBegin.size() + count * (PointStarts::kRoom + sizeof(text::NumberText));
  const size_t size = out.size();
  if (out.capacity() - size < room) out.reserve(std::max(size + room, 2 * size));
  out.resize_and_overwrite(size + room, [&](char* text, size_t) {
    char* at = text + size;
    for (size_t i = 0; i < count; ++i) {
      if (!before) at += kBegin.copy(at, kBegin.size());
      at = starts.Put(at, series.FloatTime(cells[i]), !before);
      before = true;
      std::memcpy(at, numbers[i].text, sizeof numbers[i].text);
      at += numbers[i].size;
    }
    return static_cast<size_t>(at - text);
  });
  return before;
}

/// The cells [from, to) of a series: `floats` and `histograms` say whether there were some before.
template <class Series>
void AppendCells(std::string& out, const Series& series, size_t from, size_t to, bool floats,
                 bool histograms, PointStarts& starts) {
  const size_t split = series.floats(), end = split + series.histograms();
  to = std::min(to, end);
  if (from == 0) {
    out += "{\"metric\":";
    AppendLabels(out, series.labels());
  }
  starts.NextSeries();
  for (size_t i = from; i < std::min(to, split); i += kChunk)
    floats = AppendFloats(out, series, i, std::min({i + kChunk, to, split}), floats, starts);
  if (from < split && to >= split && floats) out += "\"]]";
  for (size_t i = std::max(from, split) - split; i + split < to; ++i) {
    if (!series.HasHistogram(i)) continue;
    out += histograms ? "," : ",\"histograms\":[";
    histograms = true;
    AppendHistogramPoint(out, series.Histogram(i));
  }
  if (to < end) return;
  if (histograms) out += ']';
  out += '}';
}

}  // namespace

/// Writes the pieces of a round, each into its slot's text, in order behind each other.
class AnswerText::Round final : public query::exec::OrderedWork {
 public:
  Round(AnswerText& answer, std::string& out, size_t workers)
      : answer_(answer), out_(out), alone_(workers == 1) {
    answer.starts_.resize(std::max(workers, answer.starts_.size()));
    if (!alone_) answer.texts_.resize(query::exec::SlotsFor(workers));
  }
  base::Result<void> Make(size_t item, size_t worker, size_t slot) override {
    std::string& text = alone_ ? out_ : answer_.texts_[slot].text;
    if (!alone_) text.clear();
    const Piece& piece = answer_.pieces_[item];
    const bool points = answer_.value_.type == ValueType::kMatrix;
    for (size_t i = piece.first; i < piece.last; ++i) {
      if (i > 0 && piece.from == 0) text += ',';
      WithSeries(answer_.value_, i, [&](const auto& series) {
        if (points) {
          AppendCells(text, series, piece.from, piece.to, piece.floats_before,
                      piece.histograms_before, answer_.starts_[worker]);
        } else {
          AppendSample(text, series);
        }
      });
    }
    return {};
  }
  base::Result<void> Take(size_t /*item*/, size_t slot) override {
    if (!alone_) out_ += answer_.texts_[slot].text;
    return {};
  }

 private:
  AnswerText& answer_;
  std::string& out_;
  const bool alone_;
};

AnswerText::AnswerText(QueryValue value, std::string tail, query::exec::HeldMemory memory)
    : value_(std::move(value)), tail_(std::move(tail)), memory_(std::move(memory)) {}

AnswerText::~AnswerText() = default;

size_t AnswerText::Count() const {
  const bool list = value_.type == ValueType::kVector || value_.type == ValueType::kMatrix;
  return !list ? 0 : value_.rows.empty() ? value_.series.size() : value_.rows.size();
}

size_t AnswerText::CellsOf(size_t series) const {
  return WithSeries(value_, series, [](const auto& of) { return of.floats() + of.histograms(); });
}

size_t AnswerText::WeightOf(size_t series) const {
  return WithSeries(value_, series, [](const auto& of) {
    return kSeriesWeight + of.floats() + kHistogramWeight * of.histograms();
  });
}

void AnswerText::Begin(std::string& out) {
  size_t bytes = 256 + tail_.size();
  for (size_t i = 0; i < Count() && bytes < kWholeAnswerBytes; ++i)
    bytes += kSeriesBytes + WeightOf(i) * kPointBytes;
  out.reserve(std::min(bytes, kWholeAnswerBytes));
  out.append("{\"status\":\"success\",\"data\":{\"resultType\":\"")
      .append(query::promql::TypeName(value_.type))
      .append("\",\"result\":[");
  if (value_.type == ValueType::kScalar) {
    // Scalars are written by other code of Prometheus than points: never with an exponent.
    const bool rows = !value_.rows.empty();
    const int64_t time_ms = rows ? value_.grid.start_ms : value_.series.at(0).floats.at(0).time_ms;
    const double number =
        rows ? value_.rows[0].values.at(0) : value_.series.at(0).floats.at(0).value;
    text::AppendSampleValue(out, static_cast<double>(time_ms) / 1000);
    out.append(",\"").append(text::GoFloat(number, 'f')).append("\"");
  } else if (value_.type == ValueType::kString) {
    text::AppendSampleValue(out, static_cast<double>(value_.time_ms) / 1000);
    out += ',';
    text::AppendJsonString(out, value_.text, true);
  }
}

/// A series that is more than a piece is cut; of the others several are one.
void AnswerText::Plan() {
  pieces_.clear();
  const size_t count = Count();
  size_t total = 0, here = kPieceWeight;
  while (series_ < count && total < kRoundWeight) {
    const size_t weight = WeightOf(series_);
    if (cell_ > 0 || weight > 2 * kPieceWeight) {
      const size_t cells = std::max<size_t>(1, kPieceWeight * CellsOf(series_) / weight);
      PlanPart(cells);
      total += kPieceWeight;
      here = kPieceWeight;
      continue;
    }
    if (here >= kPieceWeight) {
      pieces_.push_back({.first = series_, .last = series_});
      here = 0;
    }
    pieces_.back().last = ++series_;
    here += weight;
    total += weight;
  }
}

void AnswerText::PlanPart(size_t cells) {
  const size_t end = CellsOf(series_), to = std::min(end, cell_ + cells);
  pieces_.push_back({series_, series_ + 1, cell_, to, floats_seen_, histograms_seen_});
  if (to == end) {
    ++series_;
    cell_ = 0;
    floats_seen_ = histograms_seen_ = false;
    return;
  }
  WithSeries(value_, series_, [&](const auto& of) {
    const size_t split = of.floats();
    for (size_t i = cell_; i < std::min(to, split) && !floats_seen_; ++i)
      floats_seen_ = of.HasFloat(i);
    for (size_t i = std::max(cell_, split); i < to && !histograms_seen_; ++i)
      histograms_seen_ = of.HasHistogram(i - split);
  });
  cell_ = to;
}

/// What was written is needed no more.
void AnswerText::Forget(size_t end) {
  int64_t bytes = 0;
  for (; forgotten_ < end; ++forgotten_) {
    if (value_.rows.empty()) {
      value_.series[forgotten_] = ResultSeries{};
    } else {
      bytes += value_.rows[forgotten_].Bytes();
      value_.rows[forgotten_] = Row{};
    }
  }
  memory_.SetTo(std::max<int64_t>(0, memory_.bytes() - bytes));
}

base::Result<bool> AnswerText::Next(std::string& out) {
  if (!begun_) Begin(out);
  begun_ = true;
  Plan();
  const bool parallel = pieces_.size() >= kParallelWeight / kPieceWeight;
  const size_t workers = parallel ? query::exec::MostWorkers() : 1;
  Round round(*this, out, workers);
  PHAROS_TRY_VOID(query::exec::RunOrdered(pieces_.size(), workers, round));
  if (series_ < Count()) {
    Forget(series_);
    return true;
  }
  out += ']';
  out += tail_;
  return false;
}

net::Response Respond(QueryValue value, std::string tail, query::exec::HeldMemory memory) {
  auto text = std::make_shared<AnswerText>(std::move(value), std::move(tail), std::move(memory));
  net::Response response = net::Response::Json(200, "");
  bool more = true;
  while (more && response.body.size() < kWholeAnswerBytes)
    more = text->Next(response.body).value_or(false);
  if (more) response.rest = std::move(text);
  return response;
}

}  // namespace pharos::api::prometheus
