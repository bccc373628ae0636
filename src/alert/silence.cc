#include "alert/silence.h"

#include <algorithm>
#include <random>

#include "alert/limits.h"
#include "base/log.h"

namespace pharos::alert {

using base::ErrorKind;
using base::Fail;
using base::Result;

SilenceState StateOf(const Silence& silence, int64_t now_ns) {
  if (now_ns < silence.starts_at_ns) return SilenceState::kPending;
  return now_ns < silence.ends_at_ns ? SilenceState::kActive : SilenceState::kExpired;
}

std::string_view StateName(SilenceState state) {
  switch (state) {
    case SilenceState::kActive: return "active";
    case SilenceState::kPending: return "pending";
    case SilenceState::kExpired: return "expired";
  }
  return "";
}

std::string SilenceFault(const Silence& silence) {
  if (silence.matchers.empty()) return "at least one matcher required";
  bool all_match_empty = true;
  for (size_t i = 0; i < silence.matchers.size(); ++i) {
    const conf::AlertMatcher& matcher = silence.matchers[i];
    const std::string where = "invalid label matcher " + std::to_string(i) + ": ";
    if (!conf::ValidAlertLabelName(matcher.name()))
      return where + "invalid label name " + conf::GoQuoted(matcher.name());
    if (!matcher.IsRegex() && !conf::ValidUtf8Text(matcher.value()))
      return where + "invalid label value " + conf::GoQuoted(matcher.value());
    all_match_empty &= matcher.IsEqual() && matcher.Matches("");
  }
  if (all_match_empty) return "at least one matcher must not match the empty string";
  if (silence.starts_at_ns == 0) return "invalid zero start timestamp";
  if (silence.ends_at_ns == 0) return "invalid zero end timestamp";
  if (silence.ends_at_ns < silence.starts_at_ns) return "end time must not be before start time";
  return "";
}

bool CanUpdate(const Silence& from, const Silence& to, int64_t now_ns) {
  if (from.matchers != to.matchers) return false;
  switch (StateOf(from, now_ns)) {
    case SilenceState::kActive:
      return from.starts_at_ns / kSecond == to.starts_at_ns / kSecond && to.ends_at_ns >= now_ns;
    case SilenceState::kPending: return to.starts_at_ns >= now_ns;
    case SilenceState::kExpired: return false;
  }
  return false;
}

std::string NewUuid() {
  constexpr char kHex[] = "0123456789abcdef";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 32; ++i) {
    unsigned nibble = random() & 15;
    if (i == 12) nibble = 4;
    if (i == 16) nibble = 8 | (nibble & 3);
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += kHex[nibble];
  }
  return out;
}

Result<std::unique_ptr<Silences>> Silences::Open(io::Fs& fs, const std::string& path,
                                                 int64_t retention_ns, int64_t now_ns) {
  std::unique_ptr<Silences> out(new Silences(retention_ns));
  PHAROS_TRY(out->log_, RecordLog::Open(fs, path, [&](std::string_view record) -> Result<void> {
               PHAROS_TRY(Silence silence, DecodeSilence(record));
               std::string id = silence.id;
               out->silences_.insert_or_assign(std::move(id), std::move(silence));
               return {};
             }));
  out->Gc(now_ns);
  return out;
}

Result<void> Silences::Store(std::vector<Silence> changed) {
  std::vector<std::string> records;
  for (const Silence& silence : changed) {
    records.push_back(EncodeSilence(silence));
    if (records.back().size() > kMaxSilenceBytes)
      return Fail(ErrorKind::kBadInput,
                  "silence exceeded maximum size: " + std::to_string(records.back().size()) +
                      " bytes (limit: " + std::to_string(kMaxSilenceBytes) + " bytes)");
  }
  if (log_->broken()) MaybeRewrite();
  PHAROS_TRY_VOID(log_->Append(records, true));
  for (Silence& silence : changed) {
    std::string id = silence.id;
    silences_.insert_or_assign(std::move(id), std::move(silence));
  }
  MaybeRewrite();
  return {};
}

Result<std::string> Silences::Set(Silence silence, int64_t now_ns) {
  if (silence.starts_at_ns == 0) silence.starts_at_ns = now_ns;
  if (const std::string fault = SilenceFault(silence); !fault.empty())
    return Fail(ErrorKind::kBadInput, "invalid silence: " + fault);
  const Silence* previous = Find(silence.id);
  if (!silence.id.empty() && previous == nullptr)
    return Fail(ErrorKind::kNotFound, "silence not found");
  silence.updated_at_ns = now_ns;
  if (previous != nullptr && CanUpdate(*previous, silence, now_ns)) {
    PHAROS_TRY_VOID(Store({silence}));
    return silence.id;
  }
  if (silences_.size() >= kMaxSilences)
    return Fail(ErrorKind::kBadInput,
                "exceeded maximum number of silences: " + std::to_string(silences_.size()) +
                    " (limit: " + std::to_string(kMaxSilences) + ")");
  std::vector<Silence> changed;
  if (previous != nullptr && StateOf(*previous, now_ns) != SilenceState::kExpired) {
    changed.push_back(*previous);
    changed.back().starts_at_ns = std::min(previous->starts_at_ns, now_ns);
    changed.back().ends_at_ns = now_ns;
    changed.back().updated_at_ns = now_ns;
  }
  silence.id = NewUuid();
  silence.starts_at_ns = std::max(silence.starts_at_ns, now_ns);
  changed.push_back(silence);
  PHAROS_TRY_VOID(Store(std::move(changed)));
  return silence.id;
}

Result<void> Silences::Expire(const std::string& id, int64_t now_ns) {
  const Silence* found = Find(id);
  if (found == nullptr) return Fail(ErrorKind::kNotFound, "silence not found");
  if (StateOf(*found, now_ns) == SilenceState::kExpired) return {};
  Silence ended = *found;
  ended.starts_at_ns = std::min(ended.starts_at_ns, now_ns);
  ended.ends_at_ns = now_ns;
  ended.updated_at_ns = now_ns;
  return Store({std::move(ended)});
}

const Silence* Silences::Find(const std::string& id) const {
  const auto found = silences_.find(id);
  return found != silences_.end() ? &found->second : nullptr;
}

std::vector<std::string> Silences::Matching(const model::Labels& alert, int64_t now_ns) const {
  std::vector<std::string> ids;
  for (const auto& [id, silence] : silences_) {
    if (StateOf(silence, now_ns) == SilenceState::kActive &&
        conf::MatchesAll(silence.matchers, alert))
      ids.push_back(id);
  }
  return ids;
}

size_t Silences::Count(SilenceState state, int64_t now_ns) const {
  return static_cast<size_t>(
      std::count_if(silences_.begin(), silences_.end(),
                    [&](const auto& item) { return StateOf(item.second, now_ns) == state; }));
}

void Silences::Gc(int64_t now_ns) {
  std::erase_if(silences_,
                [&](const auto& item) { return item.second.ends_at_ns <= now_ns - retention_ns_; });
  MaybeRewrite();
}

void Silences::MaybeRewrite() {
  std::vector<std::string> records;
  size_t live = 0;
  for (const auto& [id, silence] : silences_) {
    records.push_back(EncodeSilence(silence));
    live += records.back().size();
  }
  if (!log_->Bloated(live) && !log_->broken()) return;
  if (const auto done = log_->Rewrite(records); !done)
    base::Log(base::LogLevel::kWarn, "the log of silences could not be rewritten",
              {{"err", done.error().message}});
}

}  // namespace pharos::alert
