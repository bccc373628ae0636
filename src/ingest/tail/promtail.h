// Promtail in Pharos: the files and containers of a promtail configuration, from the disk to its
// clients, with positions that survive a crash.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "conf/promtail_config.h"
#include "ingest/receive/target.h"
#include "ingest/tail/delivery.h"
#include "ingest/tail/docker_targets.h"
#include "ingest/tail/file_targets.h"
#include "io/fs.h"

namespace pharos::ingest::tail {

struct PromtailOptions {
  receive::Target target;  ///< where lines for Pharos itself go
  io::Fs* fs = &io::Fs::Real();
  IsOwn is_own;  ///< empty: every client is reached over HTTP
  /// positions.yaml; the intents lie beside it under ".intents". "" takes the configuration's.
  std::string positions_file;
};

/// The configuration with its stages checked: what Promtail would refuse is a fault here too.
base::Result<conf::PromtailConfig> ParsePromtail(std::string_view text, const std::string& file,
                                                 std::vector<conf::KeyNote>* notes = nullptr);
base::Result<conf::PromtailConfig> ReadPromtail(const std::string& file,
                                                std::vector<conf::KeyNote>* notes = nullptr);

/// Owns: its threads (one for all files, one a container). Threads: any. Errors: Start: what
/// cannot work at all (a broken positions file, a directory that cannot be written); later
/// trouble is logged and tried again. Stop loses nothing: what was not acknowledged is read
/// again by the next one.
class Promtail {
 public:
  static base::Result<std::unique_ptr<Promtail>> Start(conf::PromtailConfig config,
                                                       PromtailOptions options);
  ~Promtail();
  /// Ends reading, writes the positions. Idempotent.
  void Stop();

  /// What is followed now, for pages.
  std::vector<FileTargets::Shown> Files() const;
  std::vector<DockerTargets::Shown> Containers() const;

 private:
  Promtail(conf::PromtailConfig config, PromtailOptions options);
  base::Result<void> Open();
  void Run();
  void SavePositions();

  const conf::PromtailConfig config_;
  const PromtailOptions options_;
  std::string positions_file_;
  Delivery delivery_;
  std::unique_ptr<IntentFile> intents_;
  std::unique_ptr<FileTargets> files_;  ///< of the thread
  std::unique_ptr<DockerTargets> docker_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;           ///< mutex_
  bool stopping_ = false;                  ///< mutex_
  std::vector<FileTargets::Shown> shown_;  ///< mutex_
  std::string saved_;                      ///< the positions as they were written last
  std::thread thread_;
};

}  // namespace pharos::ingest::tail
