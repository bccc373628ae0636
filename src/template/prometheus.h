// The functions that Prometheus gives to the templates of alert labels and annotations.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "template/value.h"

namespace pharos::tmpl {

/// What the functions ask of the alert that is being written.
struct PrometheusSurroundings {
  /// An instant query at `now_ms`: a list of maps {Labels, Value}. Null: no queries.
  std::function<base::Result<List>(std::string_view expression)> query;
  int64_t now_ms = 0;
  std::string external_url;
};

/// query, first, label, value, strvalue, sortByLabel, args, match, reReplaceAll, title, toUpper,
/// toLower, graphLink, tableLink, stripPort, stripDomain, humanize…, toTime, toDuration, now,
/// parseDuration, pathPrefix, externalURL, urlQueryEscape, safeHtml, and the built-in ones. As in
/// Prometheus's alerts there is no `tmpl` (that is of its HTML consoles). `surroundings` is
/// borrowed, and may change between runs.
FunctionMap PrometheusFunctions(const PrometheusSurroundings* surroundings);

/// What Prometheus's functions take for a number: numbers, texts that are one, durations (in
/// seconds). kBadInput in Go's words.
base::Result<double> NumberOf(const Value& value);
/// kBadInput for NaN, infinities and what nanoseconds cannot hold.
base::Result<Time> TimeOfSeconds(double seconds);
/// humanize, humanize1024, humanizeDuration, humanizePercentage, humanizeTimestamp.
void AddHumanize(FunctionMap* map);

}  // namespace pharos::tmpl
