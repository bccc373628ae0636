// Every query that was run, a line of JSON each, as Prometheus's global.query_log_file has it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "io/fs.h"
#include "query/exec/context.h"

namespace pharos::query::exec {

struct LoggedQuery {
  std::string_view query;
  int64_t start_ms = 0, end_ms = 0, step_ms = 0;  ///< an instant query: start = end, step 0
  int64_t elapsed_ns = 0;
  QueryStats stats;
  std::string_view error;  ///< "" for none
};

/// Owns: the open file. Threads: any. Errors: SetFile gives kIo and leaves the old file in use;
/// a line that cannot be written is told once a file. Cost: one append a query.
class QueryLog {
 public:
  explicit QueryLog(io::Fs& fs, base::Clock& clock = base::Clock::System())
      : fs_(fs), clock_(clock) {}

  /// From now on into this file, behind what it holds; "" for none.
  base::Result<void> SetFile(const std::string& path);
  void Write(const LoggedQuery& query, const QueryContext& context);

 private:
  io::Fs& fs_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::string path_;                // mutex_
  std::shared_ptr<io::File> file_;  // mutex_
  bool told_ = false;               // mutex_
};

}  // namespace pharos::query::exec
