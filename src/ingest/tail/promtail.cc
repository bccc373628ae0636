#include "ingest/tail/promtail.h"

#include <utility>

#include "base/log.h"
#include "ingest/tail/limits.h"
#include "ingest/tail/pipeline.h"

namespace pharos::ingest::tail {
namespace {

using base::Result;

std::string DirectoryOf(const std::string& file) {
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

Result<conf::PromtailConfig> ParsePromtail(std::string_view text, const std::string& file,
                                           std::vector<conf::KeyNote>* notes) {
  return conf::ParsePromtailConfig(text, file, notes, CheckStages);
}

Result<conf::PromtailConfig> ReadPromtail(const std::string& file,
                                          std::vector<conf::KeyNote>* notes) {
  return conf::ReadPromtailConfig(file, notes, CheckStages);
}

Promtail::Promtail(conf::PromtailConfig config, PromtailOptions options)
    : config_(std::move(config)),
      options_(std::move(options)),
      positions_file_(options_.positions_file.empty() ? config_.positions_file
                                                      : options_.positions_file),
      delivery_(config_.clients, options_.target, options_.is_own) {}

Result<std::unique_ptr<Promtail>> Promtail::Start(conf::PromtailConfig config,
                                                  PromtailOptions options) {
  std::unique_ptr<Promtail> out(new Promtail(std::move(config), std::move(options)));
  PHAROS_TRY_VOID(out->Open());
  out->docker_->Start();
  out->thread_ = std::thread([promtail = out.get()] { promtail->Run(); });
  return out;
}

Promtail::~Promtail() { Stop(); }

Result<void> Promtail::Open() {
  io::Fs& fs = *options_.fs;
  PHAROS_TRY(std::vector<FileTarget> targets, FileTargetsOf(config_));
  PHAROS_TRY_VOID(io::MakeDirsDurably(fs, DirectoryOf(positions_file_)));
  bool existed = false;
  auto positions = ReadPositions(fs, positions_file_, &existed);
  if (!positions && !config_.ignore_invalid_positions) {
    return std::unexpected(std::move(positions).error());
  }
  if (!positions) {
    base::Log(base::LogLevel::kError, "the positions file is not valid and is begun anew",
              {{"error", positions.error().message}});
    positions = PositionMap();
  }
  // An operator who removes positions.yaml wants everything read again: then intents of
  // earlier runs count no more. So the file must be there before the first intent is.
  if (!existed) PHAROS_TRY_VOID(io::WriteFileDurably(fs, positions_file_, PositionsText({})));
  PHAROS_TRY(intents_, IntentFile::Open(fs, positions_file_ + ".intents", !existed));
  const auto deliver = [this](const std::vector<Entry>& entries) {
    return delivery_.Deliver(entries);
  };
  files_ = std::make_unique<FileTargets>(
      std::move(targets), FileTargets::Options{config_.max_line_bytes, config_.truncate_long_lines},
      *positions, *intents_, deliver);
  docker_ = std::make_unique<DockerTargets>(config_, *options_.target.clock, *positions, deliver);
  return {};
}

void Promtail::Run() {
  const base::Clock& clock = *options_.target.clock;
  int64_t scanned_ns = INT64_MIN / 2;
  int64_t saved_ns = clock.MonotonicNs();
  while (true) {
    const int64_t now_ns = clock.MonotonicNs();
    const bool scan = now_ns - scanned_ns >= std::chrono::nanoseconds(kRescan).count();
    if (scan) scanned_ns = now_ns;
    const auto read = files_->Step(clock.NowNs(), scan);
    if (!read) return;  // stopping
    if (now_ns - saved_ns >= config_.positions_sync_ms * 1'000'000) {
      saved_ns = now_ns;
      SavePositions();
    }
    std::unique_lock lock(mutex_);
    if (scan) shown_ = files_->Active();
    if (stopping_) return;
    if (!*read && wake_.wait_for(lock, kPoll, [&] { return stopping_; })) return;
  }
}

/// On the thread, or after it has ended.
void Promtail::SavePositions() {
  PositionMap positions;
  files_->AddPositions(positions);
  docker_->AddPositions(positions);
  std::string text = PositionsText(positions);
  if (text == saved_) return;
  const auto written = io::WriteFileDurably(*options_.fs, positions_file_, text);
  if (written) {
    saved_ = std::move(text);
  } else {
    base::Log(base::LogLevel::kError, "the positions cannot be written",
              {{"error", written.error().message}});
  }
}

void Promtail::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_.notify_all();
  delivery_.Cancel();
  if (docker_ != nullptr) docker_->Stop();
  if (!thread_.joinable()) return;  // was not started
  thread_.join();
  SavePositions();
}

std::vector<FileTargets::Shown> Promtail::Files() const {
  std::lock_guard lock(mutex_);
  return shown_;
}

std::vector<DockerTargets::Shown> Promtail::Containers() const { return docker_->Active(); }

}  // namespace pharos::ingest::tail
