// Every limit of the event engine, with its unit and the reason for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pharos::events {

/// Bytes of one log line: Loki's default `max_line_size`.
inline constexpr size_t kMaxLineBytes = 256 << 10;
/// Bytes of one encoded record: a span with all its events must fit in memory many times.
inline constexpr size_t kMaxRecordBytes = 4 << 20;
/// A request that is logged as its sender compressed it is at most so long when it is not.
inline constexpr size_t kMaxSentBytes = 256 << 20;
/// Attributes of one event, span event or link; far above OTLP's default of 128.
inline constexpr size_t kMaxAttributes = 4096;
/// Levels of arrays and maps in one value: recursion must not follow the sender's wish.
inline constexpr int kMaxDepth = 64;
/// Streams with recent events, one tenant and kind.
inline constexpr size_t kMaxStreams = 1'000'000;
/// How far in the future an event may lie: Loki's `creation_grace_period`, 10 min.
inline constexpr int64_t kMaxFutureNs = 600'000'000'000;

/// Tenants or streams whose rate of bytes is remembered; those that rest are forgotten first.
inline constexpr size_t kMaxRateBuckets = 100'000;

/// Rows of a granule: what one page of a column holds and a search decodes at once.
inline constexpr size_t kGranuleRows = 4096;
/// Rows of a granule of spans: who asks for a trace wants a few rows of each.
inline constexpr size_t kSpanGranuleRows = 1024;
/// Raw bytes after which a granule is closed early (long lines).
inline constexpr size_t kGranuleBytes = 4 << 20;
/// Stored bytes of a granule that is full whatever its rows are (long lines).
inline constexpr size_t kFullGranuleBytes = 256 << 10;
/// Times that two parts have in common above which their rows are compared one by one, by a merge
/// that rewrites them: to load them apart would cost more.
inline constexpr size_t kMaxSplicedTimes = 4096;
/// Values of one line that get columns of their own; lines with more are text.
inline constexpr size_t kMaxShapeValues = 200;
/// Shapes of lines of a part, and columns of their values; lines of further ones are text.
inline constexpr size_t kMaxShapes = 4096;
inline constexpr size_t kMaxLineColumns = 1024;
/// Keys of attributes that a part's directory names.
inline constexpr size_t kMaxNamedKeys = 256;
/// Skeletons of one column of a part, and their bytes in all columns; further ones are not
/// taken apart. A reader holds them while it reads the part.
inline constexpr size_t kMaxSkeletons = 32'768;
inline constexpr size_t kMaxSkeletonBytes = 8 << 20;
/// Memory for the forms of values while a part is written.
inline constexpr size_t kMaxFormBytes = 2 << 20;
/// Trace ids of one page of a part's trace table.
inline constexpr size_t kTracePageIds = 256;
/// Span ids after which such a page is closed early.
inline constexpr size_t kTracePageSpans = 8192;
/// Entries of one page of a part's index of trace ids: a look-up decodes half of one, in each part.
inline constexpr size_t kTraceIndexPage = 256;
/// Raw bytes of a page of the dictionary of origins.
inline constexpr size_t kOriginPageBytes = 128 << 10;
/// Pages of one dictionary of a part (trace ids, origins): at their usual size more than a
/// terabyte. A damaged count must not be allocated.
inline constexpr size_t kMaxDirectoryPages = 1 << 22;
/// Bytes that a page may hold once decompressed; more is a corrupt length.
inline constexpr size_t kMaxPageBytes = 256 << 20;

/// Bytes of pages that are kept unpacked for the next query, all parts together: what an hour's
/// dashboard reads again and again.
inline constexpr size_t kSharedPageBytes = 32 << 20;
/// Memory for the filters of trace ids of open parts: those of 26 million traces.
inline constexpr size_t kHeldBytes = 32 << 20;

/// Pages up to this size stay there also for a query that reads very many granules: to read one
/// again costs more than to hold it.
inline constexpr size_t kSmallPageBytes = 2 << 10;

/// Threads that one scan reads granules with, and granules that wait to be taken: what helps on
/// many cores must not hold all memory.
inline constexpr size_t kMaxScanThreads = 8;
inline constexpr size_t kScanLead = 16;

/// A memtable to which nothing comes any more is sealed when it is at least so large; smaller ones
/// would make many tiny parts where events are rare.
inline constexpr size_t kIdleSealBytes = 1 << 20;
/// Rows of one block of a memtable: the unit in which queries sort it.
inline constexpr size_t kMemBlockRows = 4096;
/// Events of a cursor's first page, for callers that need few; each further one has twice as many.
inline constexpr size_t kCursorFirstPage = 128;
/// Events of one page of a cursor, at most.
inline constexpr size_t kCursorPage = 4096;
/// Rows that a cursor keeps decoded before it drops the farther half and decodes it again.
inline constexpr size_t kCursorRows = 131'072;
/// Bytes for the same.
inline constexpr size_t kCursorBytes = 64 << 20;
/// Rows that a cursor decodes of one granule at a time, at most and, where very many granules
/// overlap, at least.
inline constexpr size_t kCursorPieceRows = 1024;
inline constexpr size_t kCursorLeastPiece = 64;
/// Bytes of granules that a cursor keeps open between two pieces; further ones are opened anew.
inline constexpr size_t kOpenGranuleBytes = 48 << 20;
/// Granules that a query reads ahead of their turn, where most of them hold no row of the answer.
inline constexpr size_t kReadAhead = 32;
/// A look-up of a trace is a dozen pages of 10 to 40 us each as long as they are in memory: to wake
/// others for them would take longer. Past this they come from a disk, or are very many.
inline constexpr std::chrono::microseconds kTraceAlone{500};
/// Granules whose pages one query leaves in memory for the next one; a query that reads more is
/// not likely to be asked again, and would drive out all others.
inline constexpr size_t kKeptGranules = 64;
/// Events of one nanosecond above which a query is refused (they cannot be split by time).
inline constexpr size_t kMaxEventsAtOneTime = 4'000'000;
/// Events of one trace above which it is not shown.
inline constexpr size_t kMaxTraceEvents = 1'000'000;
/// Bytes of a compiled line regex.
inline constexpr int64_t kMaxRegexBytes = 8 << 20;

/// Memory that is kept by what memtables have in it, beyond twice the size of that. Requests whose
/// lines are not kept may stand between those that are: then it is time to seal.
inline constexpr size_t kMaxScatteredBytes = 64u << 20;

/// How long an append waits at most for a seal that memory has outgrown: it must not grow with the
/// sender's speed, and one sender must not hold up the others for long.
inline constexpr std::chrono::milliseconds kSealWait{100};

/// Deletions that wait to be carried out: each is held against the streams of every part read.
inline constexpr size_t kMaxDeletions = 1000;

/// How often streams are held against a retention of their own: all streams of all parts.
inline constexpr int64_t kStreamRetentionNs = 60'000'000'000;

/// Until a deletion tries again parts that could not be read.
inline constexpr int64_t kDeleteRetryNs = 600'000'000'000;

/// After a failed seal or merge, the time until Tick tries again: a part is written anew each time.
inline constexpr int64_t kRetryNs = 10'000'000'000;

}  // namespace pharos::events
