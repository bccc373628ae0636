// Limits and sizes of the sample engine, each with its unit and reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::samples {

/// Bytes of one piece of a series' stream in memory, two cache lines: 20 to 30 samples of most
/// series. Smaller pieces pay more in headers, larger ones leave more empty.
inline constexpr size_t kMemChunkBytes = 128;

/// Most samples in one block of a part: long enough to carry its header, short enough that a
/// short range does not decode much more than it needs.
inline constexpr size_t kBlockSamples = 1024;

/// A merge copies blocks from this many samples on as they are; smaller ones are decoded and
/// encoded anew together with their neighbours. Histograms are dear to encode and gain less.
inline constexpr size_t kFullBlock = 240;
inline constexpr size_t kFullHistogramBlock = 60;

/// Bytes of a data or time page before compression: what one look-up reads.
inline constexpr size_t kPageBytes = 64 * 1024;

/// Bytes of a page of the label index or of metadata before compression.
inline constexpr size_t kIndexPageBytes = 256 * 1024;

/// Bytes of one series' blocks in one page; a longer series goes on in the next page.
inline constexpr size_t kSeriesPageBytes = 256 * 1024;

/// Time columns in one page; a column's number is page × this + slot.
inline constexpr size_t kTimeSlots = 4096;

/// Time columns remembered for sharing while a part is written (24 bytes each).
inline constexpr size_t kSharedTimeColumns = 256 * 1024;

/// Bits of a handle's epoch. A slot is reused at most once a seal, so they do not run out.
inline constexpr int kEpochBits = 24;

/// Times of decoded columns that a reader of one part keeps (8 bytes each): those of a few
/// hundred targets, which the series of a metric go through again and again.
inline constexpr size_t kReaderTimes = 512 * 1024;

/// What a new series costs beside its labels: registry slot, look-ups, caches (bytes); and for
/// each label, its number and the series' place on its list. Labels that are new are counted
/// apart, since fleets share nearly all.
inline constexpr size_t kSeriesOverheadBytes = 192;
inline constexpr size_t kSeriesLabelBytes = 12;

/// Labels of one series, canonical bytes. A label set beyond that is an attack or a mistake.
inline constexpr size_t kMaxLabelBytes = 256 * 1024;

/// Bytes of metadata a tenant (they are in every seal's newest part), and of a help text,
/// unit or family's name.
inline constexpr size_t kMaxMetadataBytes = 16u << 20;
inline constexpr size_t kMaxMetadataText = 4 * 1024;

/// Buckets of one native histogram that a stored one may have (bounds a hostile header).
inline constexpr size_t kMaxHistogramBuckets = 1 << 16;

/// Numbers in one run of histograms that are stored by column (bounds what a hostile block can
/// make a reader allocate: 8 MiB), and the shortest run for which columns pay.
inline constexpr size_t kMaxHistogramColumns = 1 << 20;
inline constexpr size_t kHistogramColumnRun = 8;

/// How far ahead of the clock a sample may be (ms).
inline constexpr int64_t kMaxFutureMs = 10 * 60 * 1000;

/// Days that one seal writes to at the same time; more days take more rounds.
inline constexpr size_t kMaxOpenDays = 64;

/// Decompressed pages kept for the next query (bytes, one engine).
inline constexpr size_t kPageCacheBytes = 64u << 20;

/// Times of series that are kept for the next query (bytes, one engine): some thousand targets.
inline constexpr size_t kTimeRunBytes = 16u << 20;

/// Label indexes of parts kept in memory (bytes, one engine); the least used go first.
inline constexpr size_t kIndexCacheBytes = 256u << 20;

/// How far back (ms) parts are asked for a new series' newest sample, so that order and
/// duplicates are judged across a restart. Older samples can only be backfill.
inline constexpr int64_t kSeedHorizonMs = 3LL * 3600 * 1000;

/// After a failed seal or merge, how long until the next try (ns).
inline constexpr int64_t kRetryNs = 10'000'000'000;

/// Parts of one level that are merged into one of the next (30 min → 2 h → 8 h → day).
inline constexpr size_t kMergeWidth = 4;
/// Of parts that together have less than kFullBlock samples a series.
inline constexpr size_t kMergeMostWidth = 8;
inline constexpr uint32_t kDayLevel = 3;

/// Deletions a tenant that are not carried out on disk yet: each costs a look at every part.
inline constexpr size_t kMaxTombstones = 10'000;

/// How long (ms) after the last deletion the parts are rewritten without what was deleted:
/// deletions come in groups, and one rewrite serves all.
inline constexpr int64_t kTombstoneRestMs = 10 * 60 * 1000;

/// Part ids that a tombstone may be ahead of the manifest after a crash.
inline constexpr uint64_t kMaxSkippedPartIds = 1'000'000;

/// Series whose order is judged by the parts anew after a deletion (a look-up each).
inline constexpr size_t kMaxRewound = 10'000;

/// Time (ns) without samples to speak of after which memory is sealed and parts merged as if
/// the day were over.
inline constexpr int64_t kQuietNs = 2LL * 60 * 1'000'000'000;

/// A quiet memtable of fewer samples waits for its age: a small part would gain nothing.
inline constexpr uint64_t kQuietSealSamples = 50'000;

/// Samples a series at which a memtable is dense enough for good blocks (an hour at 15 s); from
/// kDenseSealAgeNs on it is sealed then, when the log holds more than kDenseSealWalBytes.
inline constexpr uint64_t kDenseSamples = 240;
inline constexpr int64_t kDenseSealAgeNs = 3LL * 60 * 1'000'000'000;
inline constexpr uint64_t kDenseSealWalBytes = 16u << 20;

/// Bytes of memtables at which they are sealed: so many a series, which is two full pieces of each
/// stream with some 50 samples, and so many in all, below which a part would be small. More would
/// save little on disk, where parts are merged anyway, and a fleet's memory is mostly this.
inline constexpr size_t kSealBytesASeries = 288;
inline constexpr size_t kSealBytesAtLeast = 48u << 20;

/// Series that a merge copies between two rests, and the share of one core that it takes in all.
inline constexpr uint64_t kMergeSliceSeries = 1024;
inline constexpr double kMergeDuty = 0.5;

inline constexpr int64_t kDayMs = 24 * 3600 * 1000;

}  // namespace pharos::samples
