#include "io/sim_fs.h"

#include <algorithm>
#include <mutex>

#include "io/sim_disk.h"

namespace pharos::io {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;
using sim::Node;
using sim::NodePtr;

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    if (!name.empty() && name != ".") names.emplace_back(name);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return names;
}

std::unexpected<base::Error> Missing(std::string_view action, const std::string& path) {
  return Fail(ErrorKind::kNotFound,
              std::string(action) + " " + path + ": No such file or directory");
}

}  // namespace

struct SimFs::Disk {
  /// Where a path leads: a directory that exists, a name in it, and the node if there is one.
  struct Place {
    NodePtr directory;
    std::string name;
    NodePtr node;
  };

  explicit Disk(SimFsOptions wanted) : options(wanted), root(std::make_shared<Node>()) {
    root->is_directory = true;
  }

  /// Before each operation: counts, lets the hook speak, and takes the lock. With an error,
  /// `lock` is held too, so that the caller can do a failed operation's partial work.
  Result<void> Begin(std::string_view name, const std::string& path, uint64_t opened_in,
                     std::unique_lock<std::mutex>& lock) {
    lock = std::unique_lock(mutex);
    if (Dead(opened_in)) return DeadError(path);
    ++operations;
    Result<void> outcome;
    if (operations == fail_at) outcome = Fail(fail_kind, "injected failure of " + path);
    if (const Hook called = hook; called) {
      lock.unlock();
      auto verdict = called(SimOp{name, path});
      lock.lock();
      if (!verdict) outcome = verdict;
    }
    if (Dead(opened_in)) return DeadError(path);
    return outcome;
  }

  /// In place of a life, for operations on the file system itself.
  static constexpr uint64_t kNoFile = UINT64_MAX;
  bool Dead(uint64_t opened_in) const {
    return halted || (opened_in != kNoFile && opened_in != life);
  }
  static std::unexpected<base::Error> DeadError(const std::string& path) {
    return Fail(ErrorKind::kIo, "cannot use " + path + ": the simulated process is dead");
  }

  Result<Place> Find(const std::string& path) const {
    std::vector<std::string> names = Split(path);
    if (names.empty()) return Place{root, "", root};
    Place place{root, names.back(), nullptr};
    names.pop_back();
    for (const std::string& name : names) {
      const auto it = place.directory->entries.find(name);
      if (it == place.directory->entries.end() || !it->second->is_directory) {
        return Missing("cannot find", path);
      }
      place.directory = it->second;
    }
    const auto it = place.directory->entries.find(place.name);
    if (it != place.directory->entries.end()) place.node = it->second;
    return place;
  }

  Result<NodePtr> FindDirectory(const std::string& path) const {
    PHAROS_TRY(const Place place, Find(path));
    if (!place.node || !place.node->is_directory) return Missing("cannot open directory", path);
    return place.node;
  }

  /// One by one from the leaves, as rm -r does; `most` of them, then it was stopped.
  void RemoveTree(const NodePtr& directory, const std::string& name, uint64_t& most) {
    const NodePtr node = directory->entries.at(name);
    while (!node->entries.empty() && most > 0) {
      RemoveTree(node, node->entries.begin()->first, most);
    }
    if (most == 0) return;
    --most;
    Unlink(*node);
    journal.Do({{directory, name, nullptr}});
  }

  /// A file without a name takes no space that counts.
  void Unlink(Node& node) {
    used -= node.cached.size();
    node.linked = false;
  }
  void Resized(const Node& node, uint64_t before) {
    if (node.linked) used += node.cached.size() - before;
  }

  std::mutex mutex;  ///< guards all below and the tree
  SimFsOptions options;
  NodePtr root;
  sim::DirectoryJournal journal;
  sim::Random random{1};
  Hook hook;
  bool halted = false;
  uint64_t life = 0;  ///< files that were opened in an earlier one are dead
  uint64_t operations = 0;
  uint64_t fail_at = 0;
  ErrorKind fail_kind{};
  uint64_t used = 0;
};

class SimFs::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<Disk> disk, NodePtr node, std::string path)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(disk_->life),
        end_(node_->cached.size()) {}
  OpenFile(std::shared_ptr<Disk> disk, NodePtr node, std::string path, uint64_t end)
      : OpenFile(std::move(disk), std::move(node), std::move(path)) {
    end_ = end;
  }

  Result<void> Append(std::string_view bytes) override {
    std::unique_lock<std::mutex> lock;
    const bool alive = !DeadNow();
    Result<void> outcome = disk_->Begin("Append", path_, life_, lock);
    if (!alive || disk_->life != life_) return outcome;
    if (!outcome) bytes = bytes.substr(0, disk_->random() % (bytes.size() + 1));
    WriteAt(end_, bytes, &outcome);
    return outcome;
  }

  Result<void> Prepare(uint64_t bytes) override {
    std::unique_lock<std::mutex> lock;
    PHAROS_TRY_VOID(disk_->Begin("Prepare", path_, life_, lock));
    Result<void> outcome;
    uint64_t at = end_;
    WriteAt(at, std::string(bytes, '\0'), &outcome);
    end_ = at;
    return outcome;
  }

  Result<std::string> ReadAt(uint64_t offset, size_t length) const override {
    std::unique_lock<std::mutex> lock;
    PHAROS_TRY_VOID(disk_->Begin("ReadAt", path_, life_, lock));
    const std::string& bytes = node_->cached;
    if (offset > bytes.size() || length > bytes.size() - offset) {
      return Fail(ErrorKind::kCorrupt, path_ + " ends before what is needed");
    }
    return bytes.substr(offset, length);
  }

  Result<void> Sync() override {
    std::unique_lock<std::mutex> lock;
    const bool alive = !DeadNow();
    auto begun = disk_->Begin("Sync", path_, life_, lock);
    if (!begun) {
      if (alive && !disk_->Dead(life_)) node_->FailSync();
      return begun;
    }
    if (!disk_->options.ignore_sync) node_->Sync();
    return {};
  }

  Result<uint64_t> Size() const override {
    std::lock_guard lock(disk_->mutex);
    if (disk_->Dead(life_)) return Disk::DeadError(path_);
    return node_->cached.size();
  }

  Result<void> Truncate(uint64_t size) override {
    std::unique_lock<std::mutex> lock;
    PHAROS_TRY_VOID(disk_->Begin("Truncate", path_, life_, lock));
    const uint64_t before = node_->cached.size();
    node_->Truncate(size);
    end_ = size;
    disk_->Resized(*node_, before);
    return {};
  }

 private:
  bool DeadNow() const {
    std::lock_guard lock(disk_->mutex);
    return disk_->Dead(life_);
  }

  /// What fits of the bytes; moves end_ behind them.
  void WriteAt(uint64_t at, std::string_view bytes, Result<void>* outcome) {
    const uint64_t before = node_->cached.size();
    const uint64_t capacity = disk_->options.capacity_bytes;
    const uint64_t room =
        (capacity > disk_->used ? capacity - disk_->used : 0) + (before > at ? before - at : 0);
    if (bytes.size() > room) {
      bytes = bytes.substr(0, room);
      if (*outcome) {
        *outcome = Fail(ErrorKind::kFull, "cannot write " + path_ + ": No space left on device");
      }
    }
    node_->Write(at, bytes);
    end_ = at + bytes.size();
    disk_->Resized(*node_, before);
  }

  const std::shared_ptr<Disk> disk_;
  const NodePtr node_;
  const std::string path_;
  const uint64_t life_;
  uint64_t end_;  ///< where the next Append writes
};

SimFs::SimFs(SimFsOptions options) : disk_(std::make_shared<Disk>(options)) {}
SimFs::~SimFs() = default;

void SimFs::SetHook(Hook hook) {
  std::lock_guard lock(disk_->mutex);
  disk_->hook = std::move(hook);
}

void SimFs::Halt() {
  std::lock_guard lock(disk_->mutex);
  disk_->halted = true;
}

void SimFs::Restart() {
  std::lock_guard lock(disk_->mutex);
  disk_->halted = false;
  ++disk_->life;
}

void SimFs::CutPower(uint64_t seed) {
  std::lock_guard lock(disk_->mutex);
  sim::Random random(seed);
  disk_->journal.CutPower(random);
  disk_->used = sim::DropCache(*disk_->root, random);
  disk_->halted = false;
  ++disk_->life;
}

void SimFs::FailOperation(uint64_t n, ErrorKind kind) {
  std::lock_guard lock(disk_->mutex);
  disk_->fail_at = disk_->operations + n;
  disk_->fail_kind = kind;
}

void SimFs::SetCapacity(uint64_t bytes) {
  std::lock_guard lock(disk_->mutex);
  disk_->options.capacity_bytes = bytes;
}

uint64_t SimFs::Operations() const {
  std::lock_guard lock(disk_->mutex);
  return disk_->operations;
}

uint64_t SimFs::UsedBytes() const {
  std::lock_guard lock(disk_->mutex);
  return disk_->used;
}

Result<void> SimFs::FlipBit(const std::string& path, uint64_t byte, int bit) {
  std::lock_guard lock(disk_->mutex);
  PHAROS_TRY(const Disk::Place place, disk_->Find(path));
  if (!place.node || place.node->is_directory || byte >= place.node->cached.size()) {
    return Missing("cannot flip a bit of", path);
  }
  for (std::string* bytes : {&place.node->cached, &place.node->stored}) {
    if (byte < bytes->size()) (*bytes)[byte] = static_cast<char>((*bytes)[byte] ^ (1 << bit));
  }
  return {};
}

Result<std::unique_ptr<File>> SimFs::Create(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("Create", path, Disk::kNoFile, lock));
  PHAROS_TRY(Disk::Place place, disk_->Find(path));
  if (!place.node) {
    place.node = std::make_shared<Node>();
    disk_->journal.Do({{place.directory, place.name, place.node}});
  } else if (place.node->is_directory) {
    return Fail(ErrorKind::kIo, "cannot create " + path + ": Is a directory");
  } else {
    const uint64_t before = place.node->cached.size();
    place.node->Truncate(0);
    disk_->Resized(*place.node, before);
  }
  return std::make_unique<OpenFile>(disk_, place.node, path);
}

Result<std::unique_ptr<File>> SimFs::ReuseLog(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("ReuseLog", path, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place place, disk_->Find(path));
  if (!place.node || place.node->is_directory) return Missing("cannot open", path);
  return std::make_unique<OpenFile>(disk_, place.node, path, 0);
}

Result<std::unique_ptr<File>> SimFs::OpenAppend(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("OpenAppend", path, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place place, disk_->Find(path));
  if (!place.node || place.node->is_directory) return Missing("cannot open", path);
  return std::make_unique<OpenFile>(disk_, place.node, path);
}

Result<std::unique_ptr<File>> SimFs::OpenRead(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("OpenRead", path, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place place, disk_->Find(path));
  if (!place.node || place.node->is_directory) return Missing("cannot open", path);
  return std::make_unique<OpenFile>(disk_, place.node, path);
}

Result<bool> SimFs::MakeDirs(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("MakeDirs", path, Disk::kNoFile, lock));
  NodePtr at = disk_->root;
  bool made = false;
  for (const std::string& name : Split(path)) {
    const auto it = at->entries.find(name);
    NodePtr next = it == at->entries.end() ? nullptr : it->second;
    if (!next) {
      made = true;
      next = std::make_shared<Node>();
      next->is_directory = true;
      disk_->journal.Do({{at, name, next}});
    } else if (!next->is_directory) {
      return Fail(ErrorKind::kIo, "cannot make directory " + path + ": Not a directory");
    }
    at = next;
  }
  return made;
}

Result<void> SimFs::Rename(const std::string& from, const std::string& to) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("Rename", from, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place source, disk_->Find(from));
  PHAROS_TRY(const Disk::Place target, disk_->Find(to));
  if (!source.node) return Missing("cannot rename", from);
  if (source.node == target.node) return {};
  if (target.node) {
    const bool fits =
        target.node->is_directory == source.node->is_directory && target.node->entries.empty();
    if (!fits) return Fail(ErrorKind::kIo, "cannot rename " + from + " to " + to + ": it exists");
    disk_->Unlink(*target.node);
  }
  disk_->journal.Do(
      {{source.directory, source.name, nullptr}, {target.directory, target.name, source.node}});
  return {};
}

Result<void> SimFs::Link(const std::string& from, const std::string& to) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("Link", from, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place source, disk_->Find(from));
  PHAROS_TRY(const Disk::Place target, disk_->Find(to));
  if (!source.node || source.node->is_directory) return Missing("cannot link", from);
  if (target.node) return Fail(ErrorKind::kIo, "cannot link " + from + " as " + to + ": it exists");
  const auto copy = std::make_shared<Node>(*source.node);
  copy->linked = true;
  disk_->used += copy->cached.size();
  disk_->journal.Do({{target.directory, target.name, copy}});
  return {};
}

Result<void> SimFs::Remove(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("Remove", path, Disk::kNoFile, lock));
  PHAROS_TRY(const Disk::Place place, disk_->Find(path));
  if (!place.node) return Missing("cannot remove", path);
  if (!place.node->entries.empty()) {
    return Fail(ErrorKind::kIo, "cannot remove " + path + ": Directory not empty");
  }
  uint64_t one = 1;
  disk_->RemoveTree(place.directory, place.name, one);
  return {};
}

Result<void> SimFs::RemoveAll(const std::string& path) {
  std::unique_lock<std::mutex> lock(disk_->mutex);
  const bool alive = !disk_->Dead(Disk::kNoFile);
  lock.unlock();
  const Result<void> begun = disk_->Begin("RemoveAll", path, Disk::kNoFile, lock);
  if (!begun && !alive) return begun;
  const auto place = disk_->Find(path);
  if (place && place->node && place->node != disk_->root) {
    uint64_t most = begun ? UINT64_MAX : disk_->random() % 4;
    disk_->RemoveTree(place->directory, place->name, most);
  }
  return begun;
}

Result<void> SimFs::SyncDir(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("SyncDir", path, Disk::kNoFile, lock));
  PHAROS_TRY(const NodePtr directory, disk_->FindDirectory(path));
  if (!disk_->options.ignore_sync) disk_->journal.Sync(directory);
  return {};
}

Result<std::vector<std::string>> SimFs::List(const std::string& path) {
  std::unique_lock<std::mutex> lock;
  PHAROS_TRY_VOID(disk_->Begin("List", path, Disk::kNoFile, lock));
  PHAROS_TRY(const NodePtr directory, disk_->FindDirectory(path));
  std::vector<std::string> names;
  for (const auto& [name, node] : directory->entries) names.push_back(name);
  return names;
}

bool SimFs::Exists(const std::string& path) {
  std::lock_guard lock(disk_->mutex);
  const auto place = disk_->Find(path);
  return place && place->node;
}

Result<uint64_t> SimFs::FreeBytes(const std::string&) {
  std::lock_guard lock(disk_->mutex);
  const uint64_t capacity = disk_->options.capacity_bytes;
  return capacity > disk_->used ? capacity - disk_->used : 0;
}

}  // namespace pharos::io
