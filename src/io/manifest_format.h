// The bytes of MANIFEST: its header and its records. docs/format/manifest.md says why each
// field is there. Knows nothing of files.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/manifest.h"

namespace pharos::io {

/// What the records add up to.
struct ManifestState {
  std::map<uint64_t, PartEntry> parts;  ///< by id
  std::array<uint64_t, kSignalCount> sealed{};
  uint64_t next_part_id = 1;

  void Apply(const ManifestEdit& edit);
};

inline constexpr size_t kManifestHeaderBytes = 16;
inline constexpr size_t kRecordHeaderBytes = 16;

std::string EncodeManifestHeader(uint32_t salt);
/// The salt, or nothing when these are not the first bytes of a manifest.
std::optional<uint32_t> ParseManifestHeader(std::string_view bytes);

/// A record's bytes when it lies at byte `offset` of the file; `next_part_id` is kept too.
std::string EncodeRecord(const ManifestEdit& edit, uint64_t next_part_id, uint32_t salt,
                         uint64_t offset);
/// The state as one header and one record.
std::string EncodeSnapshot(const ManifestState& state, uint32_t salt);

/// Reads a whole file. `good_bytes` is where the last whole record ends; what follows was
/// never completed. kCorrupt, with the offset, for damage before that.
struct ParsedManifest {
  ManifestState state;
  uint32_t salt = 0;
  uint64_t good_bytes = 0;
};
base::Result<ParsedManifest> ParseManifest(std::string_view bytes);

}  // namespace pharos::io
