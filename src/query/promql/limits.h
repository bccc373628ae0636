// Every limit of PromQL in one place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::query::promql {

/// Bytes of one expression. Grafana's longest are some 20 kB; a megabyte is no question.
inline constexpr size_t kMaxExpressionBytes = 1u << 20;
/// Height of the syntax tree: bounds the stack of parser, checker, printer and evaluator
/// (about 1 kB a level; worker threads have 8 MB).
inline constexpr int kMaxDepth = 1000;
/// Bytes of an expression that is broken over lines: a megabyte at kMaxDepth levels of indent could
/// become gigabytes.
inline constexpr size_t kMaxPrettyBytes = 16u << 20;
/// Steps of one range query as the engine takes it (the HTTP API allows 11,000).
inline constexpr int64_t kMaxSteps = 4'000'000;
/// Values of one series description (scripts, rule tests).
inline constexpr uint64_t kMaxSeriesValues = 1'000'000;
/// Buckets and spans of all histograms of one series description: 8 bytes each.
inline constexpr uint64_t kMaxSeriesBuckets = 16'000'000;
/// Lookback where the caller says nothing, in milliseconds.
inline constexpr int64_t kDefaultLookbackMs = 300'000;
/// Dense cells (series × steps, 8 bytes each) a node may hold for one sample it may count:
/// sparse answers are stored dense, so the sample limit alone would not bound memory.
inline constexpr int64_t kCellsPerSample = 4;

/// Series that are made together by one worker, and cells (series × steps, 8 bytes each) that
/// they may take: what fits a core's cache.
inline constexpr size_t kTileSeries = 512;
inline constexpr size_t kTileCells = 16 * 1024;
/// Cells from which on a second core is worth waking (about 50 µs).
inline constexpr double kParallelCells = 100'000;
/// Bytes of window plans that the workers of one selector keep together.
inline constexpr size_t kWindowPlanBytes = 16u << 20;
/// Columns of regular times that share their windows' bounds, by where in a column these lie. One
/// selector's scrapes have a handful; who comes later has its own.
inline constexpr size_t kMostSharedBounds = 64;
/// Bytes of plans that are kept for the next query: those of some hundred targets.
inline constexpr size_t kSparePlanBytes = 6u << 20;

}  // namespace pharos::query::promql
