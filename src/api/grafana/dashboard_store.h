// All dashboards: those of the provisioned folders, which follow their files, and those that people
// saved, which are durable.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/grafana/dashboard.h"
#include "api/grafana/provisioned_files.h"
#include "api/grafana/uploaded_files.h"
#include "base/clock.h"
#include "conf/grafana_config.h"
#include "io/fs.h"

namespace pharos::api::grafana {

struct DashboardStoreOptions {
  io::Fs* fs = &io::Fs::Real();
  base::Clock* clock = &base::Clock::System();
  /// Where saved ones lie; `<data-dir>/dashboards`.
  std::string folder;
  std::vector<conf::GrafanaProvider> providers;
  std::vector<Datasource> sources = OwnDatasources();
};

using DashboardPtr = std::shared_ptr<const Dashboard>;

/// What a client wants to save, as POST /api/dashboards/db has it.
struct SaveRequest {
  ImportedDashboard dashboard;
  std::string folder_uid;
  bool overwrite = false;
};

/// What a save may be refused for, besides what Result's kinds say.
enum class SaveFault : uint8_t { kNone, kProvisioned, kVersion, kNotFound, kFolder, kOther };
struct SaveAnswer {
  DashboardPtr saved;  ///< null when refused
  SaveFault fault = SaveFault::kNone;
  base::Error error{base::ErrorKind::kBadInput, ""};
};

/// Owns: the dashboards, as JSON in memory. Threads: any call from any thread; changes one at a
/// time. Errors: kIo and kFull from the disk (what was there stays), kLimit for too many. Cost:
/// reads are a map look-up; once an update interval a read first looks at the provisioned files.
class DashboardStore {
 public:
  /// Reads everything. Files that are no dashboard are named in the log and left out.
  static base::Result<std::unique_ptr<DashboardStore>> Open(DashboardStoreOptions options);

  /// Null when there is none.
  DashboardPtr Find(std::string_view uid);
  /// All, by title.
  std::vector<DashboardPtr> List();
  /// Durable once it returns.
  SaveAnswer Save(SaveRequest request);
  /// kNotFound; kForbidden for a provisioned one.
  base::Result<DashboardPtr> Remove(const std::string& uid);

  const std::vector<Datasource>& sources() const { return options_.sources; }

 private:
  using Map = std::map<std::string, DashboardPtr, std::less<>>;

  explicit DashboardStore(DashboardStoreOptions options);
  /// Looks at provisioned files when their time has come; one caller at a time, others go on.
  void Refresh();
  /// Reads the folder of one provider again; with change_mutex_ held.
  void ReadProvider(size_t index, uint64_t fingerprint);
  /// Provisioned and saved together; with change_mutex_ held.
  void Publish();
  void Say(const std::string& fault);
  base::Result<void> CheckRoom(const Dashboard& made, const Dashboard* before) const;
  SaveAnswer Refuse(SaveFault fault, base::ErrorKind kind, std::string message) const;
  /// The title of a folder that has this uid; false when there is none.
  bool FolderTitle(const std::string& uid, std::string* title) const;

  struct ProviderState {
    uint64_t fingerprint = 0;
    int64_t next_look_ns = 0;
    std::vector<Dashboard> dashboards;
  };

  const DashboardStoreOptions options_;
  UploadedFiles files_;
  std::mutex change_mutex_;  ///< held while files are read or written
  std::vector<ProviderState> providers_;
  Map saved_;
  std::atomic<int64_t> next_look_ns_ = 0;

  mutable std::mutex mutex_;  ///< guards shown_ alone; never held during I/O
  std::shared_ptr<const Map> shown_;
};

}  // namespace pharos::api::grafana
