#include "events/deletions.h"

#include <algorithm>
#include <cstdio>

#include "base/hash.h"
#include "base/log.h"
#include "events/limits.h"

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;

namespace {

/// Eight hex digits, as Loki's are.
std::string IdOf(std::string_view tenant, const store::EventDeletion& deletion, size_t attempt) {
  std::string text(tenant);
  text += deletion.query;
  for (const int64_t number : {deletion.start_ns, deletion.end_ns, deletion.created_ns}) {
    text += ' ' + std::to_string(number);
  }
  text += ' ' + std::to_string(attempt);
  char out[9];
  std::snprintf(out, sizeof out, "%08x", static_cast<unsigned>(base::HashBytes64(text)));
  return out;
}

}  // namespace

Result<void> Deletions::Load() {
  io::Fs& fs = manifest_.fs();
  const std::string path = manifest_.data_dir() + "/" + std::string(kDeletionFile);
  if (!fs.Exists(path)) return {};
  PHAROS_TRY(const std::string bytes, io::ReadWholeFile(fs, path));
  auto read = DecodeDeletions(bytes);
  if (!read) {
    base::Log(base::LogLevel::kError,
              "deleted events that are still on disk are visible again: delete them again",
              {{"path", path}, {"error", read.error().message}});
    return fs.Rename(path, path + ".damaged");
  }
  std::lock_guard lock(mutex_);
  all_ = *std::move(read);
  Index();
  return {};
}

void Deletions::Index() {
  std::map<Key, DeletionList> lists;
  for (const auto& one : all_) {
    if (!one->request().done) lists[{one->tenant(), one->request().kind}].push_back(one);
  }
  active_.clear();
  for (auto& [key, list] : lists) {
    active_[key] = std::make_shared<const DeletionList>(std::move(list));
  }
}

std::shared_ptr<const DeletionList> Deletions::Active(std::string_view tenant,
                                                      model::EventKind kind) const {
  static const auto kNone = std::make_shared<const DeletionList>();
  std::lock_guard lock(mutex_);
  if (active_.empty()) return kNone;
  const auto it = active_.find({std::string(tenant), kind});
  return it == active_.end() ? kNone : it->second;
}

DeletionList Deletions::Due(int64_t created_ns) const {
  DeletionList out;
  std::lock_guard lock(mutex_);
  for (const auto& one : all_) {
    if (!one->request().done && one->request().created_ns <= created_ns) out.push_back(one);
  }
  return out;
}

std::vector<store::EventDeletion> Deletions::OfTenant(std::string_view tenant) const {
  std::vector<store::EventDeletion> out;
  std::lock_guard lock(mutex_);
  for (const auto& one : all_) {
    if (one->tenant() == tenant) out.push_back(one->request());
  }
  return out;
}

Result<std::string> Deletions::Add(std::string_view tenant, store::EventDeletion deletion,
                                   int64_t now_ns) {
  deletion.created_ns = now_ns;
  deletion.id.clear();
  deletion.done = false;
  std::lock_guard lock(mutex_);
  DeletionList all = all_;
  const auto wait =
      std::count_if(all.begin(), all.end(), [](const auto& one) { return !one->request().done; });
  if (static_cast<size_t>(wait) >= kMaxDeletions) {
    return Fail(ErrorKind::kLimit, std::to_string(wait) +
                                       " delete requests wait to be processed; that is as many "
                                       "as there may be");
  }
  // Those that are done are kept for who asks; the oldest go.
  while (all.size() >= 2 * kMaxDeletions) {
    all.erase(
        std::find_if(all.begin(), all.end(), [](const auto& one) { return one->request().done; }));
  }
  const auto taken = [&](const std::string& id) {
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& one) { return one->request().id == id; });
  };
  for (size_t attempt = 0; deletion.id.empty() || taken(deletion.id); ++attempt) {
    deletion.id = IdOf(tenant, deletion, attempt);
  }
  const std::string id = deletion.id;
  PHAROS_TRY(auto made, Deletion::Make(std::string(tenant), std::move(deletion)));
  all.push_back(std::move(made));
  PHAROS_TRY_VOID(Change(std::move(all)));
  return id;
}

Result<void> Deletions::Cancel(std::string_view tenant, std::string_view id, int64_t due_ns) {
  std::lock_guard lock(mutex_);
  DeletionList all = all_;
  const auto it = std::find_if(all.begin(), all.end(), [&](const auto& one) {
    return one->tenant() == tenant && one->request().id == id;
  });
  if (it == all.end()) {
    return Fail(ErrorKind::kNotFound, "could not find delete request with given id");
  }
  if ((*it)->request().done || (*it)->request().created_ns <= due_ns) {
    return Fail(ErrorKind::kConflict,
                "deletion of request which is in process or already processed is not allowed");
  }
  all.erase(it);
  return Change(std::move(all));
}

Result<void> Deletions::Finish(const DeletionList& done) {
  std::lock_guard lock(mutex_);
  DeletionList all = all_;
  for (auto& one : all) {
    if (std::find(done.begin(), done.end(), one) == done.end()) continue;
    store::EventDeletion request = one->request();
    request.done = true;
    PHAROS_TRY(one, Deletion::Make(one->tenant(), std::move(request)));
  }
  return Change(std::move(all));
}

/// Under the lock: readers see the new list when it is on disk.
Result<void> Deletions::Change(DeletionList all) {
  io::Fs& fs = manifest_.fs();
  const std::string name(kDeletionFile);
  PHAROS_TRY_VOID(fs.MakeDirs(manifest_.data_dir() + "/tmp"));
  PHAROS_TRY_VOID(io::WriteFileDurably(fs, manifest_.data_dir() + "/" + name, EncodeDeletions(all),
                                       manifest_.data_dir() + "/tmp/" + name));
  all_ = std::move(all);
  Index();
  return {};
}

}  // namespace pharos::events
