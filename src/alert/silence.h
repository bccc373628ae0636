// Silences: people say which alerts they do not want to hear of, and until when.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/record_log.h"
#include "conf/alert_matcher.h"

namespace pharos::alert {

struct Silence {
  std::string id;
  conf::AlertMatchers matchers;
  int64_t starts_at_ns = 0;
  int64_t ends_at_ns = 0;
  int64_t updated_at_ns = 0;
  std::string created_by;
  std::string comment;
  std::map<std::string, std::string> annotations;
};

enum class SilenceState : uint8_t { kActive, kPending, kExpired };
SilenceState StateOf(const Silence& silence, int64_t now_ns);
std::string_view StateName(SilenceState state);

/// "" or why it cannot be one.
std::string SilenceFault(const Silence& silence);
/// True when changing `from` to `to` leaves untouched what was silenced until now.
bool CanUpdate(const Silence& from, const Silence& to, int64_t now_ns);

/// Owns: the silences and their log. Threads: one at a time. Errors: Set, Expire: kNotFound
/// for an unknown id; kBadInput in Alertmanager's words; kLimit; kIo/kFull, then nothing
/// changed. Cost: Matching looks at every silence that is not expired.
class Silences {
 public:
  static base::Result<std::unique_ptr<Silences>> Open(io::Fs& fs, const std::string& path,
                                                      int64_t retention_ns, int64_t now_ns);

  /// Creates (no id), updates, or, where an update would change the past, expires the old one
  /// and creates another. Gives out the id; durable.
  base::Result<std::string> Set(Silence silence, int64_t now_ns);
  /// From now on it silences nothing; expiring again is no error. Durable.
  base::Result<void> Expire(const std::string& id, int64_t now_ns);

  const Silence* Find(const std::string& id) const;
  /// Active ones that match, by id.
  std::vector<std::string> Matching(const model::Labels& alert, int64_t now_ns) const;
  const std::map<std::string, Silence>& all() const { return silences_; }
  size_t Count(SilenceState state, int64_t now_ns) const;
  /// Drops those that ended longer ago than the retention.
  void Gc(int64_t now_ns);

 private:
  explicit Silences(int64_t retention_ns) : retention_ns_(retention_ns) {}
  base::Result<void> Store(std::vector<Silence> changed);
  void MaybeRewrite();

  const int64_t retention_ns_;
  std::map<std::string, Silence> silences_;
  std::unique_ptr<RecordLog> log_;
};

std::string EncodeSilence(const Silence& silence);
base::Result<Silence> DecodeSilence(std::string_view bytes);

/// A random UUID of version 4.
std::string NewUuid();

}  // namespace pharos::alert
