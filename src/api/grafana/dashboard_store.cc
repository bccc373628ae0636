#include "api/grafana/dashboard_store.h"

#include <algorithm>

#include "api/grafana/limits.h"
#include "base/log.h"

namespace pharos::api::grafana {

using base::ErrorKind;
using base::Fail;
using base::Result;

DashboardStore::DashboardStore(DashboardStoreOptions options)
    : options_(std::move(options)),
      files_(*options_.fs, options_.folder),
      providers_(options_.providers.size()),
      shown_(std::make_shared<const Map>()) {}

Result<std::unique_ptr<DashboardStore>> DashboardStore::Open(DashboardStoreOptions options) {
  std::unique_ptr<DashboardStore> store(new DashboardStore(std::move(options)));
  PHAROS_TRY(UploadedFiles::Loaded loaded, store->files_.Load());
  for (const std::string& fault : loaded.faults) store->Say(fault);
  for (Dashboard& dashboard : loaded.dashboards) {
    std::string uid = dashboard.uid;
    store->saved_.emplace(std::move(uid), std::make_shared<const Dashboard>(std::move(dashboard)));
  }
  {
    const std::lock_guard lock(store->change_mutex_);
    store->Publish();
  }
  store->Refresh();
  return store;
}

void DashboardStore::Say(const std::string& fault) {
  base::Log(base::LogLevel::kWarn, "a dashboard is left out", {{"reason", fault}});
}

void DashboardStore::Refresh() {
  const int64_t now = options_.clock->MonotonicNs();
  if (providers_.empty() || now < next_look_ns_.load()) return;
  const std::unique_lock lock(change_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // somebody else looks, or saves
  bool is_changed = false;
  int64_t next = INT64_MAX;
  for (size_t i = 0; i < providers_.size(); ++i) {
    ProviderState& state = providers_[i];
    if (now >= state.next_look_ns) {
      const uint64_t fingerprint = FolderFingerprint(*options_.fs, options_.providers[i].path);
      if (fingerprint != state.fingerprint) {
        ReadProvider(i, fingerprint);
        is_changed = true;
      }
      state.next_look_ns = now + options_.providers[i].update_interval_ms * 1'000'000;
    }
    next = std::min(next, state.next_look_ns);
  }
  if (is_changed) Publish();
  next_look_ns_ = next;
}

void DashboardStore::ReadProvider(size_t index, uint64_t fingerprint) {
  ProviderState& state = providers_[index];
  ProvisionedFolder read =
      ReadProvisionedFolder(*options_.fs, options_.providers[index], options_.sources);
  for (const std::string& fault : read.faults) Say(fault);
  const int64_t now = options_.clock->NowNs();
  for (Dashboard& dashboard : read.dashboards) {
    dashboard.created_ns = dashboard.updated_ns = now;
    for (const Dashboard& before : state.dashboards) {
      if (before.uid != dashboard.uid) continue;
      dashboard.created_ns = before.created_ns;
      if (before.provisioned_hash == dashboard.provisioned_hash) {
        dashboard.updated_ns = before.updated_ns;
      }
    }
  }
  state.dashboards = std::move(read.dashboards);
  state.fingerprint = fingerprint;
}

void DashboardStore::Publish() {
  auto map = std::make_shared<Map>();
  size_t bytes = 0;
  const auto add = [&](const Dashboard& dashboard) {
    if (map->size() >= kMaxDashboards || bytes + dashboard.json.size() > kMaxTotalBytes) {
      Say(dashboard.file + ": there are more dashboards than Pharos keeps");
      return;
    }
    if (map->emplace(dashboard.uid, std::make_shared<const Dashboard>(dashboard)).second) {
      bytes += dashboard.json.size();
    } else {
      Say(dashboard.file + ": another dashboard has the uid " + dashboard.uid);
    }
  };
  for (const ProviderState& provider : providers_) {
    for (const Dashboard& dashboard : provider.dashboards) add(dashboard);
  }
  for (const auto& [uid, dashboard] : saved_) {
    const auto found = map->find(uid);
    if (found == map->end()) {
      add(*dashboard);
    } else if (found->second->may_save &&
               found->second->provisioned_hash == dashboard->provisioned_hash) {
      // Saved over its file, which has not changed since.
      auto both = std::make_shared<Dashboard>(*dashboard);
      both->provisioned = true;
      both->file = found->second->file;
      found->second = std::move(both);
    }
  }
  const std::lock_guard lock(mutex_);
  shown_ = std::move(map);
}

DashboardPtr DashboardStore::Find(std::string_view uid) {
  Refresh();
  const std::lock_guard lock(mutex_);
  const auto found = shown_->find(uid);
  return found == shown_->end() ? nullptr : found->second;
}

std::vector<DashboardPtr> DashboardStore::List() {
  Refresh();
  std::shared_ptr<const Map> map;
  {
    const std::lock_guard lock(mutex_);
    map = shown_;
  }
  std::vector<DashboardPtr> all;
  all.reserve(map->size());
  for (const auto& [uid, dashboard] : *map) all.push_back(dashboard);
  std::ranges::stable_sort(
      all, {}, [](const DashboardPtr& one) -> const std::string& { return one->title; });
  return all;
}

SaveAnswer DashboardStore::Refuse(SaveFault fault, ErrorKind kind, std::string message) const {
  return {nullptr, fault, {kind, std::move(message)}};
}

bool DashboardStore::FolderTitle(const std::string& uid, std::string* title) const {
  title->clear();
  if (uid.empty() || uid == "general") return true;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, dashboard] : *shown_) {
    if (dashboard->folder_uid != uid) continue;
    *title = dashboard->folder;
    return true;
  }
  return false;
}

Result<void> DashboardStore::CheckRoom(const Dashboard& made, const Dashboard* before) const {
  const std::lock_guard lock(mutex_);
  size_t bytes = made.json.size();
  for (const auto& [uid, dashboard] : *shown_) bytes += dashboard->json.size();
  if (before != nullptr) bytes -= before->json.size();
  if (before == nullptr && shown_->size() >= kMaxDashboards) {
    return Fail(ErrorKind::kLimit, "there are 5,000 dashboards already; delete some first");
  }
  if (bytes > kMaxTotalBytes) {
    return Fail(ErrorKind::kLimit, "all dashboards together would be larger than 256 MiB");
  }
  return {};
}

SaveAnswer DashboardStore::Save(SaveRequest request) {
  Refresh();
  const std::lock_guard change(change_mutex_);
  ImportedDashboard& model = request.dashboard;
  const int64_t now = options_.clock->NowNs();
  Dashboard made;
  DashboardPtr before;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [uid, dashboard] : *shown_) {
      const bool is_same =
          model.uid.empty() ? model.id != 0 && dashboard->id == model.id : uid == model.uid;
      if (is_same) before = dashboard;
    }
  }
  // An id without a uid asks for an existing one; with a uid it may come from another Grafana.
  if (!before && model.uid.empty() && model.id != 0) {
    return Refuse(SaveFault::kNotFound, ErrorKind::kNotFound, "Dashboard not found");
  }
  if (before && !before->may_save) {
    return Refuse(SaveFault::kProvisioned, ErrorKind::kBadInput,
                  "Cannot save provisioned dashboard");
  }
  if (before && !request.overwrite && before->version != model.version) {
    return Refuse(SaveFault::kVersion, ErrorKind::kConflict,
                  "The dashboard has been changed by someone else");
  }
  if (!FolderTitle(request.folder_uid, &made.folder)) {
    return Refuse(SaveFault::kFolder, ErrorKind::kBadInput, "folder not found");
  }
  made.folder_uid = request.folder_uid == "general" ? "" : request.folder_uid;
  made.uid = before ? before->uid : model.uid;
  if (made.uid.empty()) made.uid = MakeUid(model.title + "\n" + std::to_string(now));
  made.title = std::move(model.title);
  made.tags = std::move(model.tags);
  made.id = IdOfUid(made.uid);
  made.version = before ? before->version + 1 : 1;
  made.provisioned_hash = before ? before->provisioned_hash : 0;
  made.created_ns = before ? before->created_ns : now;
  made.updated_ns = now;
  made.json = WithIdentity(model.model, made.id, made.uid, made.version);
  auto done = CheckRoom(made, before.get());
  if (done) done = files_.Write(made);
  if (!done) return Refuse(SaveFault::kOther, done.error().kind, done.error().message);
  auto saved = std::make_shared<const Dashboard>(std::move(made));
  saved_[saved->uid] = saved;
  Publish();
  return {saved, SaveFault::kNone, {}};
}

Result<DashboardPtr> DashboardStore::Remove(const std::string& uid) {
  Refresh();
  const std::lock_guard change(change_mutex_);
  DashboardPtr before;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = shown_->find(uid); found != shown_->end()) before = found->second;
  }
  if (!before) return Fail(ErrorKind::kNotFound, "Dashboard not found");
  if (before->provisioned) {
    return Fail(ErrorKind::kForbidden, "provisioned dashboard cannot be deleted");
  }
  PHAROS_TRY_VOID(files_.Remove(uid));
  saved_.erase(uid);
  Publish();
  return before;
}

}  // namespace pharos::api::grafana
