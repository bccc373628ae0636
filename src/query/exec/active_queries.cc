#include "query/exec/active_queries.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "query/exec/limits.h"

namespace pharos::query::exec {
namespace {

/// The next number of a line's front; false when there is none.
bool TakeNumber(std::string_view& line, int64_t* number) {
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), *number);
  if (error != std::errc()) return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()));
  if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return true;
}

/// Lines "+number time query" and "-number"; one that is not whole is passed over.
std::vector<ActiveQuery> ReadUnfinished(std::string_view text) {
  std::vector<ActiveQuery> open;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) continue;
    const bool begins = line.front() == '+';
    line.remove_prefix(1);
    int64_t number = 0, began_ms = 0;
    if (!TakeNumber(line, &number)) continue;
    std::erase_if(open,
                  [&](const ActiveQuery& q) { return q.number == static_cast<uint64_t>(number); });
    if (begins && TakeNumber(line, &began_ms) && open.size() < kMaxActiveQueries)
      open.push_back({static_cast<uint64_t>(number), began_ms, std::string(line)});
  }
  return open;
}

}  // namespace

base::Result<std::unique_ptr<ActiveQueries>> ActiveQueries::Open(io::Fs& fs,
                                                                 const std::string& path,
                                                                 base::Clock& clock) {
  std::unique_ptr<ActiveQueries> queries(new ActiveQueries(fs, path, clock));
  PHAROS_TRY_VOID(queries->Recover());
  return queries;
}

base::Result<void> ActiveQueries::Recover() {
  if (fs_.Exists(path_)) {
    PHAROS_TRY(const auto old, fs_.OpenRead(path_));
    PHAROS_TRY(const uint64_t size, old->Size());
    PHAROS_TRY(const std::string text,
               old->ReadAt(0, std::min<uint64_t>(size, kMaxActiveFileBytes)));
    unfinished_ = ReadUnfinished(text);
  }
  for (const ActiveQuery& query : unfinished_) {
    base::Log(base::LogLevel::kWarn, "a query did not finish in the last run",
              {{"query", query.query}, {"began_ms", std::to_string(query.began_ms)}});
  }
  PHAROS_TRY(file_, fs_.Create(path_));
  return {};
}

size_t ActiveQueries::running() const {
  std::lock_guard lock(mutex_);
  return running_;
}

void ActiveQueries::Write(std::string_view line) {
  if (file_ == nullptr) return;
  const auto written = file_->Append(line);
  bytes_ += line.size();
  if (written) return;
  base::Log(base::LogLevel::kError, "running queries are no longer noted",
            {{"path", path_}, {"error", written.error().message}});
  file_ = nullptr;
}

uint64_t ActiveQueries::Begin(std::string_view query) {
  std::string text(query.substr(0, kMaxActiveQueryBytes));
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::lock_guard lock(mutex_);
  const uint64_t number = next_++;
  ++running_;
  Write("+" + std::to_string(number) + " " + std::to_string(clock_.NowNs() / 1'000'000) + " " +
        text + "\n");
  return number;
}

void ActiveQueries::End(uint64_t number) {
  std::lock_guard lock(mutex_);
  --running_;
  if (running_ == 0 && bytes_ > kMaxActiveFileBytes / 4 && file_ != nullptr && file_->Truncate(0)) {
    bytes_ = 0;
    return;
  }
  Write("-" + std::to_string(number) + "\n");
}

ActiveQueries::Running::Running(ActiveQueries* queries, std::string_view query)
    : queries_(queries) {
  if (queries_ != nullptr) number_ = queries_->Begin(query);
}

ActiveQueries::Running::~Running() {
  if (queries_ != nullptr) queries_->End(number_);
}

}  // namespace pharos::query::exec
