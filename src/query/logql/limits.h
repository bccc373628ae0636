// Every limit of logql/, with its unit and the reason for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::query::logql {

/// Bytes of a query's text; Loki refuses longer ones too ("input size too long").
inline constexpr size_t kMaxQueryBytes = 128 << 10;
/// Nesting of parentheses and operators; the parser and the evaluator recurse this deep.
inline constexpr int kMaxDepth = 200;
/// Nodes of an expression, so that long flat chains stay cheap to walk.
inline constexpr size_t kMaxNodes = 10'000;

/// Operators in one expression: chains make the tree as deep as they are long.
inline constexpr size_t kMaxOperators = 500;
/// Combinations that one `distinct` remembers; behind that all count as seen.
inline constexpr size_t kMaxDistinct = 1'000'000;

/// Entries that a log query may ask for (Loki's max_entries_limit_per_query).
inline constexpr size_t kMaxEntries = 5'000;
/// Entries when none is asked for.
inline constexpr size_t kDefaultEntries = 100;
/// Series of one range aggregation or answer (Loki's max_query_series).
inline constexpr size_t kMaxSeries = 500;
/// Series inside a query, below an aggregation that makes fewer of them. Memory: a few
/// hundred bytes each.
inline constexpr size_t kMaxInnerSeries = 200'000;
/// Steps of a range query, as Prometheus and Loki bound them.
inline constexpr int64_t kMaxSteps = 11'000;
/// Unwrapped values that one query may hold: 16 bytes each, 400 MB would be too many.
inline constexpr size_t kMaxHeldSamples = 10'000'000;
/// Points of an answer (series × steps): 16 bytes each.
inline constexpr size_t kMaxPoints = 10'000'000;
/// Labels of one entry after parsing; a line of a thousand keys is hostile.
inline constexpr size_t kMaxLabels = 2'000;
/// Times of a query in nanoseconds, 1951 to 2116. With the bound on durations any sum of a
/// time, an offset, a range and a step fits into 64 bits.
inline constexpr int64_t kMinTimeNs = -(int64_t{1} << 59);
inline constexpr int64_t kMaxTimeNs = int64_t{1} << 62;
/// Range, offset (either way) and step, in nanoseconds: 36 years.
inline constexpr int64_t kMaxDurationNs = int64_t{1} << 60;
/// Events between two looks at the clock and the client.
inline constexpr size_t kCheckEvery = 1'024;

}  // namespace pharos::query::logql
