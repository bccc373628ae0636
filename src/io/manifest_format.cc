#include "io/manifest_format.h"

#include <algorithm>

#include "base/hash.h"
#include "io/limits.h"
#include "io/little_endian.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

constexpr std::string_view kMagic = "PHRSMAN1";
constexpr uint32_t kRecordMagic = 0x43455250;  // "PREC"
constexpr size_t kEmptyBodyBytes = 17;         // next part id 8, three counts

void PutString(std::string& out, std::string_view text) {
  PutInt(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

void PutSealed(std::string& out, Signal signal, uint64_t sequence) {
  PutInt(out, static_cast<uint8_t>(signal));
  PutInt(out, sequence);
}

void PutPart(std::string& out, const PartEntry& part) {
  PutInt(out, static_cast<uint8_t>(part.signal));
  PutString(out, part.tenant);
  PutInt(out, part.id);
  PutString(out, part.path);
  PutInt(out, part.min_time);
  PutInt(out, part.max_time);
  PutInt(out, part.bytes);
  PutInt(out, part.items);
}

std::optional<Signal> ReadSignal(ByteReader& reader) {
  const auto signal = reader.Int<uint8_t>();
  if (signal >= kSignalCount) return {};
  return static_cast<Signal>(signal);
}

std::optional<PartEntry> ReadPart(ByteReader& reader) {
  PartEntry part;
  const std::optional<Signal> signal = ReadSignal(reader);
  if (!signal) return {};
  part.signal = *signal;
  part.tenant = reader.Bytes(reader.Int<uint32_t>());
  part.id = reader.Int<uint64_t>();
  part.path = reader.Bytes(reader.Int<uint32_t>());
  part.min_time = reader.Int<int64_t>();
  part.max_time = reader.Int<int64_t>();
  part.bytes = reader.Int<uint64_t>();
  part.items = reader.Int<uint64_t>();
  return part;
}

/// A record's checksum depends on the file and the place, so that no other bytes pass for it.
uint64_t Checksum(std::string_view body, uint32_t salt, uint64_t offset) {
  return base::HashBytes64(body) ^ (offset * 0x9e3779b97f4a7c15u) ^ salt;
}

std::string Frame(std::string_view body, uint32_t salt, uint64_t offset) {
  std::string out;
  PutInt(out, kRecordMagic);
  PutInt(out, static_cast<uint32_t>(body.size()));
  PutInt(out, Checksum(body, salt, offset));
  out.append(body);
  return out;
}

/// The body of the record at `offset`, if a whole one lies there. `hashed` counts work.
std::optional<std::string_view> RecordAt(std::string_view bytes, uint64_t offset, uint32_t salt,
                                         uint64_t* hashed = nullptr) {
  ByteReader reader(bytes.substr(offset));
  if (reader.Int<uint32_t>() != kRecordMagic) return {};
  const auto length = reader.Int<uint32_t>();
  const auto checksum = reader.Int<uint64_t>();
  const std::string_view body = reader.Bytes(length);
  if (!reader.ok() || length > kManifestRecordBytes) return {};
  if (hashed != nullptr) *hashed += length;
  if (Checksum(body, salt, offset) != checksum) return {};
  return body;
}

/// False when the body has a good checksum but cannot be read: a later version wrote it.
bool ApplyBody(std::string_view body, ManifestState& state) {
  ByteReader reader(body);
  const auto next_part_id = reader.Int<uint64_t>();
  for (auto sealed = reader.Int<uint8_t>(); sealed > 0; --sealed) {
    const std::optional<Signal> signal = ReadSignal(reader);
    if (!signal) return false;
    uint64_t& sequence = state.sealed[static_cast<size_t>(*signal)];
    sequence = std::max(sequence, reader.Int<uint64_t>());
  }
  for (auto dropped = reader.Int<uint32_t>(); dropped > 0 && reader.ok(); --dropped) {
    state.parts.erase(reader.Int<uint64_t>());
  }
  for (auto added = reader.Int<uint32_t>(); added > 0 && reader.ok(); --added) {
    std::optional<PartEntry> part = ReadPart(reader);
    if (!part) return false;
    state.next_part_id = std::max(state.next_part_id, part->id + 1);
    state.parts.insert_or_assign(part->id, *std::move(part));
  }
  state.next_part_id = std::max(state.next_part_id, next_part_id);
  return reader.ok() && reader.left() == 0;
}

}  // namespace

void ManifestState::Apply(const ManifestEdit& edit) {
  for (const uint64_t id : edit.drop) parts.erase(id);
  for (const PartEntry& part : edit.add) {
    parts.insert_or_assign(part.id, part);
    next_part_id = std::max(next_part_id, part.id + 1);
  }
  if (edit.sets_sealed) {
    uint64_t& sequence = sealed[static_cast<size_t>(edit.sealed_signal)];
    sequence = std::max(sequence, edit.sealed_sequence);
  }
}

std::string EncodeManifestHeader(uint32_t salt) {
  std::string out(kMagic);
  PutInt(out, salt);
  PutInt(out, base::Crc32c(out));
  return out;
}

std::optional<uint32_t> ParseManifestHeader(std::string_view bytes) {
  if (bytes.size() < kManifestHeaderBytes || !bytes.starts_with(kMagic)) return {};
  ByteReader reader(bytes.substr(kMagic.size()));
  const auto salt = reader.Int<uint32_t>();
  if (reader.Int<uint32_t>() != base::Crc32c(bytes.substr(0, 12))) return {};
  return salt;
}

std::string EncodeRecord(const ManifestEdit& edit, uint64_t next_part_id, uint32_t salt,
                         uint64_t offset) {
  std::string body;
  PutInt(body, next_part_id);
  PutInt(body, static_cast<uint8_t>(edit.sets_sealed));
  if (edit.sets_sealed) PutSealed(body, edit.sealed_signal, edit.sealed_sequence);
  PutInt(body, static_cast<uint32_t>(edit.drop.size()));
  for (const uint64_t id : edit.drop) PutInt(body, id);
  PutInt(body, static_cast<uint32_t>(edit.add.size()));
  for (const PartEntry& part : edit.add) PutPart(body, part);
  return Frame(body, salt, offset);
}

std::string EncodeSnapshot(const ManifestState& state, uint32_t salt) {
  std::string body;
  PutInt(body, state.next_part_id);
  PutInt(body, static_cast<uint8_t>(kSignalCount));
  for (size_t i = 0; i < kSignalCount; ++i) {
    PutSealed(body, static_cast<Signal>(i), state.sealed[i]);
  }
  PutInt(body, uint32_t{0});
  PutInt(body, static_cast<uint32_t>(state.parts.size()));
  for (const auto& [id, part] : state.parts) PutPart(body, part);
  return EncodeManifestHeader(salt) + Frame(body, salt, kManifestHeaderBytes);
}

Result<ParsedManifest> ParseManifest(std::string_view bytes) {
  const std::optional<uint32_t> salt = ParseManifestHeader(bytes);
  if (!salt) return Fail(ErrorKind::kCorrupt, "it does not begin as a manifest");
  ParsedManifest parsed{.salt = *salt, .good_bytes = kManifestHeaderBytes};
  while (parsed.good_bytes < bytes.size()) {
    auto body = RecordAt(bytes, parsed.good_bytes, *salt);
    if (!body) {
      // An empty record is not synced before the next is written, and says nothing of its own.
      const uint64_t behind = parsed.good_bytes + kRecordHeaderBytes + kEmptyBodyBytes;
      if (behind < bytes.size() && parsed.good_bytes > kManifestHeaderBytes) {
        body = RecordAt(bytes, behind, *salt);
      }
      if (!body) break;
      parsed.good_bytes = behind;
    }
    if (!ApplyBody(*body, parsed.state)) {
      return Fail(ErrorKind::kCorrupt, "the record at byte " + std::to_string(parsed.good_bytes) +
                                           " was written by a version that this one cannot read");
    }
    parsed.good_bytes += kRecordHeaderBytes + body->size();
  }
  // A manifest is put in place with its first record. And every record was synced before the
  // next was written: a whole one behind a bad one tells damage from a torn tail.
  const bool has_first = parsed.good_bytes > kManifestHeaderBytes;
  uint64_t hashed = 0;
  for (uint64_t at = parsed.good_bytes + 1; at < bytes.size() && hashed < kManifestMaxBytes; ++at) {
    if (has_first && !RecordAt(bytes, at, *salt, &hashed)) continue;
    return Fail(ErrorKind::kCorrupt,
                "the record at byte " + std::to_string(parsed.good_bytes) + " fails its checksum");
  }
  if (!has_first) return Fail(ErrorKind::kCorrupt, "it ends before its first record");
  return parsed;
}

}  // namespace pharos::io
