// Every limit of the io folder, with its unit and its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pharos::io {

/// Frames that wait for the disk; beyond it Append blocks. Bounds memory when the disk stalls.
inline constexpr size_t kWalPendingBytes = 64u << 20;
/// How long Append blocks on a stalled disk before it gives up with kBusy.
inline constexpr std::chrono::milliseconds kWalPendingWait{5000};
/// After a failed write, new ones are refused for so long before one may try the disk again: what
/// is refused takes no memory, and a client's retry comes later than that.
inline constexpr std::chrono::milliseconds kWalRefuseFor{500};
/// One payload. A request body is capped far below; a longer length in a file is damage.
inline constexpr size_t kWalPayloadBytes = 256u << 20;
/// A segment's length is kept in 32 bits.
inline constexpr uint64_t kWalSegmentBytes = 1u << 30;
/// A segment is filled with zeros so far ahead of its frames: a sync that need not write the
/// file's length and block map costs half. More would make the one sync longer that writes them.
inline constexpr uint64_t kWalPrepareBytes = 1u << 20;
/// Files of released segments that the next ones are written over: as many as one seal releases in
/// most cases, so that no zeros are written ahead while much comes.
inline constexpr size_t kWalSpares = 4;
/// How long they are kept where nothing comes: disk space.
inline constexpr std::chrono::milliseconds kWalKeepSpares{1000};
/// In `durability: relaxed`, what a power cut may take.
inline constexpr std::chrono::milliseconds kWalRelaxedSync{200};
/// After waits for company that did not come, one after another: the most commits that do not
/// wait; fewer after the first of them. So steady single writers lose the window once in a while
/// only.
inline constexpr size_t kWalLonelyCommits = 8;
/// A segment that nobody needs is replaced by a new one only when it holds more than this.
inline constexpr uint64_t kWalRollBytes = 1u << 20;
/// Bytes hashed in search of a whole frame behind a bad one, before the search is given up:
/// payloads may hold what looks like frames.
inline constexpr uint64_t kWalScanBytes = 1u << 30;
/// What replay holds of a segment at once, besides one frame.
inline constexpr size_t kWalReadBytes = 4u << 20;

/// The manifest is rewritten as a snapshot when it has grown by this much.
inline constexpr uint64_t kManifestSnapshotBytes = 4u << 20;
/// A longer manifest is damage: a million parts fit.
inline constexpr uint64_t kManifestMaxBytes = 512u << 20;
/// Days that are known to be on the disk, of all tenants; past it all are forgotten, and synced
/// once more.
inline constexpr size_t kManifestKnownDays = 4096;
/// One record; a snapshot is one record.
inline constexpr uint32_t kManifestRecordBytes = 256u << 20;

/// One page of a part file, stored or raw.
inline constexpr uint32_t kPageBytes = 512u << 20;
/// The footer of a part file: 25 bytes a page.
inline constexpr uint32_t kFooterBytes = 256u << 20;
/// Length of a section's name.
inline constexpr size_t kSectionNameBytes = 255;
/// Pages are gathered to writes of this size.
inline constexpr size_t kPartWriteBytes = 256u << 10;
/// Pages that lie side by side are read together up to this size; a larger one alone.
inline constexpr size_t kPartReadBytes = 1u << 20;

}  // namespace pharos::io
