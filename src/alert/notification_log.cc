#include "alert/notification_log.h"

#include <algorithm>

#include "base/log.h"
#include "codec/varint.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

bool Subset(const std::set<uint64_t>& part, const std::vector<uint64_t>& whole) {
  const std::set<uint64_t> all(whole.begin(), whole.end());
  return std::includes(all.begin(), all.end(), part.begin(), part.end());
}

void PutHashes(std::string& out, const std::vector<uint64_t>& hashes) {
  codec::PutVarint(out, hashes.size());
  for (const uint64_t hash : hashes) codec::PutFixed64(out, hash);
}

std::vector<uint64_t> TakeHashes(codec::ByteReader& reader) {
  std::vector<uint64_t> out;
  for (size_t left = reader.Count(); left > 0 && reader.ok(); --left)
    out.push_back(reader.Fixed64());
  return out;
}

}  // namespace

std::string_view ReasonText(NotifyReason reason) {
  switch (reason) {
    case NotifyReason::kNone: return "none";
    case NotifyReason::kFirst: return "first notification";
    case NotifyReason::kNewAlerts: return "new alerts added";
    case NotifyReason::kNewResolved: return "some alerts resolved";
    case NotifyReason::kAllResolved: return "all alerts resolved";
    case NotifyReason::kRepeat: return "repeat interval elapsed";
  }
  return "unknown";
}

NotifyReason NeedsUpdate(const LogEntry* entry, const std::set<uint64_t>& firing,
                         const std::set<uint64_t>& resolved, bool send_resolved, int64_t repeat_ns,
                         int64_t now_ns) {
  if (entry == nullptr) return firing.empty() ? NotifyReason::kNone : NotifyReason::kFirst;
  if (!Subset(firing, entry->firing))
    return entry->firing.empty() ? NotifyReason::kFirst : NotifyReason::kNewAlerts;
  // That all is over is logged even for receivers that are not told.
  if (firing.empty())
    return entry->firing.empty() ? NotifyReason::kNone : NotifyReason::kAllResolved;
  if (send_resolved && !Subset(resolved, entry->resolved)) return NotifyReason::kNewResolved;
  return entry->timestamp_ns < now_ns - repeat_ns ? NotifyReason::kRepeat : NotifyReason::kNone;
}

std::string NotificationLog::KeyOf(const std::string& group_key, const std::string& receiver,
                                   const std::string& integration, int index) {
  return group_key + ":" + receiver + "/" + integration + "/" + std::to_string(index);
}

Result<std::unique_ptr<NotificationLog>> NotificationLog::Open(io::Fs& fs,
                                                               const std::string& path) {
  std::unique_ptr<NotificationLog> out(new NotificationLog());
  PHAROS_TRY(out->log_, RecordLog::Open(fs, path, [&](std::string_view record) -> Result<void> {
               PHAROS_TRY(auto entry, DecodeLogEntry(record));
               out->entries_[std::move(entry.first)] = std::move(entry.second);
               return {};
             }));
  // Nothing is dropped before the groups have met again: the word that all is over may be due.
  return out;
}

const LogEntry* NotificationLog::Find(const std::string& key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() ? &found->second : nullptr;
}

Result<void> NotificationLog::Put(const std::string& key, LogEntry entry) {
  const std::string record = EncodeLogEntry(key, entry);
  entries_[key] = std::move(entry);
  if (log_->broken()) MaybeRewrite();
  const auto stored = log_->Append(std::span(&record, 1), true);
  MaybeRewrite();
  return stored;
}

void NotificationLog::Gc(int64_t now_ns) {
  std::erase_if(entries_, [&](const auto& item) { return item.second.expires_at_ns <= now_ns; });
  MaybeRewrite();
}

void NotificationLog::MaybeRewrite() {
  size_t live = 0;
  for (const auto& [key, entry] : entries_)
    live += key.size() + 8 * (entry.firing.size() + entry.resolved.size()) + 32;
  if (!log_->Bloated(live) && !log_->broken()) return;
  std::vector<std::string> records;
  for (const auto& [key, entry] : entries_) records.push_back(EncodeLogEntry(key, entry));
  if (const auto done = log_->Rewrite(records); !done)
    base::Log(base::LogLevel::kWarn, "the notification log could not be rewritten",
              {{"err", done.error().message}});
}

std::string EncodeLogEntry(const std::string& key, const LogEntry& entry) {
  std::string out(1, 'N');
  codec::PutBytes(out, key);
  codec::PutSigned(out, entry.timestamp_ns);
  codec::PutSigned(out, entry.expires_at_ns);
  PutHashes(out, entry.firing);
  PutHashes(out, entry.resolved);
  codec::PutVarint(out, entry.data.size());
  for (const auto& [name, value] : entry.data) {
    codec::PutBytes(out, name);
    codec::PutBytes(out, value);
  }
  return out;
}

Result<std::pair<std::string, LogEntry>> DecodeLogEntry(std::string_view bytes) {
  codec::ByteReader reader(bytes);
  std::pair<std::string, LogEntry> out;
  if (reader.Byte() != 'N')
    return Fail(ErrorKind::kCorrupt, "an unknown record of the notification log");
  out.first = reader.Bytes();
  out.second.timestamp_ns = reader.Signed();
  out.second.expires_at_ns = reader.Signed();
  out.second.firing = TakeHashes(reader);
  out.second.resolved = TakeHashes(reader);
  for (size_t left = reader.Count(); left > 0 && reader.ok(); --left) {
    std::string name(reader.Bytes());
    out.second.data[std::move(name)] = reader.Bytes();
  }
  if (!reader.ok() || !reader.AtEnd())
    return Fail(ErrorKind::kCorrupt, "a broken record of the notification log");
  return out;
}

}  // namespace pharos::alert
