// Which queries are running, in a file: after a crash the next start tells which ones were, since
// one of them may be the cause. As Prometheus's queries.active.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "io/fs.h"

namespace pharos::query::exec {

struct ActiveQuery {
  uint64_t number = 0;
  int64_t began_ms = 0;
  std::string query;  ///< its first kMaxActiveQueryBytes
};

/// A log of begins and ends, started anew now and then when nothing runs.
///
/// Owns: the file. Borrows the clock. Threads: any. Errors: Open gives kIo; later ones are
/// logged once and end the writing, never a query. Cost: two short appends a query, not synced:
/// they outlive the process, not the machine.
class ActiveQueries {
 public:
  static base::Result<std::unique_ptr<ActiveQueries>> Open(
      io::Fs& fs, const std::string& path, base::Clock& clock = base::Clock::System());

  /// What was running when the last process ended.
  const std::vector<ActiveQuery>& unfinished() const { return unfinished_; }
  size_t running() const;

  /// Notes a query while it lives.
  class Running {
   public:
    Running(ActiveQueries* queries, std::string_view query);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    ActiveQueries* const queries_;  // null: nothing is noted
    uint64_t number_ = 0;
  };

 private:
  ActiveQueries(io::Fs& fs, std::string path, base::Clock& clock)
      : fs_(fs), path_(std::move(path)), clock_(clock) {}
  base::Result<void> Recover();
  uint64_t Begin(std::string_view query);
  void End(uint64_t number);
  void Write(std::string_view line);

  io::Fs& fs_;
  const std::string path_;
  base::Clock& clock_;
  std::vector<ActiveQuery> unfinished_;
  mutable std::mutex mutex_;
  std::unique_ptr<io::File> file_;  // mutex_; null after an error
  uint64_t next_ = 1;               // mutex_
  size_t running_ = 0;              // mutex_
  size_t bytes_ = 0;                // mutex_; in the file
};

}  // namespace pharos::query::exec
