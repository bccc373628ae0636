// Dashboards that people saved, one file each, durable.
#pragma once

#include <string>
#include <vector>

#include "api/grafana/dashboard.h"
#include "io/fs.h"

namespace pharos::api::grafana {

/// `<folder>/<uid>.json`: {"meta": {…}, "dashboard": {…}}.
///
/// Owns: nothing; borrows the Fs. Threads: one at a time. Errors: kIo, kFull; a failed Write leaves
/// the old file. Cost: two syncs a change.
class UploadedFiles {
 public:
  UploadedFiles(io::Fs& fs, std::string folder) : fs_(fs), folder_(std::move(folder)) {}

  struct Loaded {
    std::vector<Dashboard> dashboards;
    std::vector<std::string> faults;  ///< "FILE: why", for files that are damaged
  };
  /// Makes the folder, removes what an interrupted Write left, reads the rest.
  base::Result<Loaded> Load();
  /// Survives a power cut once it returns.
  base::Result<void> Write(const Dashboard& dashboard);
  base::Result<void> Remove(const std::string& uid);

 private:
  std::string PathOf(const std::string& uid) const { return folder_ + "/" + uid + ".json"; }

  io::Fs& fs_;
  std::string folder_;
};

}  // namespace pharos::api::grafana
