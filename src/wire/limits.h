// What the decoders refuse, with unit and reason. Bodies are bounded by the receivers;
// these bound what a body of allowed size can grow to in memory or on the stack.
#pragma once

#include <cstddef>

namespace pharos::wire {

/// Levels of AnyValue (array in map in array …). A stack frame a level; SDKs send ≤ 5.
inline constexpr int kMaxValueDepth = 64;
/// Levels of JSON in one request: an AnyValue level is up to four JSON levels.
inline constexpr int kMaxJsonDepth = 4 * kMaxValueDepth + 32;
/// Records (spans, log records, lines, data points) a request. A record takes about 300
/// bytes in memory and can be 2 bytes in the body.
inline constexpr size_t kMaxRecords = 1'000'000;
/// Attributes and other child values a request; 80 bytes each in memory, 2 in the body.
inline constexpr size_t kMaxChildren = 4'000'000;
/// OTLP data points a request; 250 bytes each in memory, 2 in the body.
inline constexpr size_t kMaxPoints = 400'000;
/// Buckets of one histogram, and spans of one native histogram: what Prometheus's own
/// formats reach is 160 and 400.
inline constexpr size_t kMaxBuckets = 65'536;
/// Index of a native histogram's bucket, either way: at the finest schema all doubles lie
/// within ±275,000. Sums of two stay within 32 bits.
inline constexpr int64_t kMaxBucketIndex = 1 << 28;
/// Symbols of one remote write 2.0 request: 32 bytes each in memory, 2 in the body. Prometheus
/// sends some thousands.
inline constexpr size_t kMaxSymbols = 1'000'000;
/// Bytes of one stream's label text (`{a="b"}`), as Loki.
inline constexpr size_t kMaxStreamLabelBytes = 1 << 24;

/// MessagePack: nesting (real records stay below 10; the reader recurses), and values of one
/// message: at 48 bytes each they bound its memory to 100 MB.
inline constexpr int kMaxMsgpackDepth = 64;
inline constexpr size_t kMaxMsgpackValues = 2'000'000;
/// Events of one Fluent message, and its bytes after decompression. Fluentd's chunks are 8 MB
/// by default, Fluent Bit's 2 MB.
inline constexpr size_t kMaxFluentEvents = 500'000;
inline constexpr size_t kMaxFluentUnpackedBytes = 64u << 20;

}  // namespace pharos::wire
