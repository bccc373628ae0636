#include "query/promql/script_starts.h"

#include <re2/re2.h>

#include <sstream>

#include "query/promql/go_duration.h"
#include "query/promql/go_quote.h"
#include "query/promql/limits.h"
#include "query/promql/series_description.h"

namespace pharos::query::promql {
namespace {

constexpr std::string_view kMark = "@st";

size_t MetricEnd(std::string_view line) { return std::min(line.find_first_of(" \t"), line.size()); }

/// "-30s", "1ms", "0"; false for anything else.
bool OffsetMs(std::string text, int64_t* ms) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.erase(0, 1);
  if (text == "0") text = "0s";
  const auto ns = ParseGoDuration(text);
  if (!ns) return false;
  *ms = (negative ? -*ns : *ns) / kNsPerMs;
  return true;
}

/// `_`, `_x3`, `-30s`, `-30sx3`, `-30s-1mx3`.
bool AddItem(const std::string& item, std::vector<std::optional<int64_t>>* out) {
  static const RE2 blank(R"(_(?:x(\d+))?)");
  static const RE2 offset(R"(([+-]?\d+[a-wyz]*)(?:([+-])([+-]?\d+[a-wyz]*))?(?:x(\d+))?)");
  std::string first, sign, step, repeat;
  uint64_t count = 0;
  const auto counted = [&](uint64_t otherwise) {
    count = otherwise;
    return (repeat.empty() || RE2::FullMatch(repeat, R"((\d+))", &count)) &&
           count < kMaxSeriesValues && out->size() + count < kMaxSeriesValues;
  };
  if (RE2::FullMatch(item, blank, &repeat)) {
    if (!counted(1)) return false;
    out->resize(out->size() + count);
    return true;
  }
  int64_t at = 0, delta = 0;
  if (!RE2::FullMatch(item, offset, &first, &sign, &step, &repeat) || !OffsetMs(first, &at) ||
      !counted(0) || (!step.empty() && (!OffsetMs(step, &delta) || repeat.empty()))) {
    return false;
  }
  if (sign == "-") delta = -delta;
  for (uint64_t i = 0; i <= count; ++i, at += delta) out->push_back(at);
  return true;
}

}  // namespace

bool IsStartsLine(std::string_view line) {
  return line.substr(0, MetricEnd(line)).ends_with(kMark);
}

base::Result<StartsLine> ParseStartsLine(const std::string& line) {
  const size_t end = MetricEnd(line);
  PHAROS_TRY(auto series, ParseSeriesDescription(line.substr(0, end - kMark.size())));
  StartsLine out;
  out.labels = std::move(series.labels);
  std::istringstream items(line.substr(end));
  for (std::string item; items >> item;) {
    if (!AddItem(item, &out.offsets_ms))
      return base::Fail(base::ErrorKind::kBadInput, "invalid start time item " + GoQuote(item));
  }
  return out;
}

}  // namespace pharos::query::promql
