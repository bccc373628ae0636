// What the receivers take from one request, with unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::ingest::receive {

/// Bytes of a body as sent. Prometheus sends ≤ 1 MiB, SDKs and Promtail ≤ 4 MiB.
inline constexpr size_t kMaxBodyBytes = 32u << 20;
/// Bytes of a body after decompression; also bounds a decompression bomb.
inline constexpr size_t kMaxDecompressedBytes = 100u << 20;

/// Loki's defaults (limits_config), which its clients are tuned for.
inline constexpr int64_t kLokiMaxAgeNs = 7LL * 24 * 3600 * 1'000'000'000;
inline constexpr int64_t kLokiGraceNs = 600LL * 1'000'000'000;
inline constexpr size_t kLokiMaxLineBytes = 256u << 10;
inline constexpr size_t kLokiMaxLabelNames = 15;
inline constexpr size_t kLokiMaxLabelNameBytes = 1024;
inline constexpr size_t kLokiMaxLabelValueBytes = 2048;
inline constexpr size_t kLokiMaxMetadataBytes = 64u << 10;
inline constexpr size_t kLokiMaxMetadataCount = 128;

/// Levels of a JSON line that are searched for a level field, as Loki.
inline constexpr int kLevelJsonDepth = 2;
/// Parsed label texts kept, and the longest text that is (≈ 20 MB in all at worst-usual sizes).
inline constexpr size_t kMaxCachedStreams = 50'000;
inline constexpr size_t kMaxCachedStreamBytes = 2048;
/// Different errors told in one answer; more are summed up.
inline constexpr size_t kMaxErrorKinds = 10;

/// Series of delta temporality whose running totals are kept (≈ 200 bytes each, histograms
/// with their buckets), and after how long without a point a total may be forgotten.
inline constexpr size_t kMaxDeltaSeries = 500'000;
inline constexpr int64_t kDeltaIdleNs = 3600LL * 1'000'000'000;
/// Characters of an exemplar's labels, as OpenMetrics.
inline constexpr size_t kMaxExemplarRunes = 128;

/// Sentences of one answer to remote write 2.0, which has one a refused sample, and their bytes.
inline constexpr size_t kMaxRemoteWriteSentences = 1000;
inline constexpr size_t kMaxRemoteWriteSentenceBytes = 64u << 10;
/// Metric families whose last metadata a receiver remembers (≈ 50 bytes each).
inline constexpr size_t kMaxMetadataMemo = 200'000;

/// Bytes of one Fluent message (Fluentd's chunks are 8 MB by default), of unfinished messages
/// of all connections together, and what each connection may hold all the same.
inline constexpr size_t kMaxFluentMessageBytes = 32u << 20;
inline constexpr size_t kMaxFluentBufferedBytes = 256u << 20;
inline constexpr size_t kMaxFluentSmallBytes = 64u << 10;

}  // namespace pharos::ingest::receive
