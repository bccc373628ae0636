#include "io/sim_disk.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pharos::io::sim {
namespace {

constexpr uint64_t kSector = 512;

uint64_t Below(Random& random, uint64_t bound) { return bound == 0 ? 0 : random() % bound; }

/// A sector of the range that was not synced: new, old, zero or garbage.
void MangleSector(std::string& out, uint64_t begin, uint64_t end, std::string_view fresh,
                  std::string_view old, Random& random) {
  const uint64_t kind = Below(random, 8);
  for (uint64_t i = begin; i < end; ++i) {
    char c = 0;
    if (kind < 4) {
      c = i < fresh.size() ? fresh[i] : '\0';
    } else if (kind == 4) {
      c = i < old.size() ? old[i] : '\0';
    } else if (kind == 5) {
      c = static_cast<char>(random());
    }
    out[i] = c;
  }
}

}  // namespace

void Node::Write(uint64_t at, std::string_view bytes) {
  if (cached.size() < at) cached.resize(at);
  cached.replace(at, std::min<uint64_t>(bytes.size(), cached.size() - at), bytes);
  clean = std::min(clean, at);
  dirty = true;
}

void Node::Truncate(uint64_t size) {
  cached.resize(size);
  clean = std::min(clean, size);
  dirty = true;
}

void Node::Sync() {
  if (!dirty) return;
  stored.resize(clean);
  stored.append(cached, clean);
  clean = cached.size();
  dirty = false;
}

void Node::FailSync() {
  if (!dirty) return;
  stored.resize(clean);
  stored.resize(cached.size());
  clean = cached.size();
  dirty = false;
}

std::string Node::AfterPowerCut(Random& random) const {
  const uint64_t mode = Below(random, 5);
  if (!dirty || mode == 0) return stored;
  std::string fresh = stored.substr(0, clean) + cached.substr(clean);
  if (mode == 1) return fresh;
  if (mode == 2) return fresh.substr(0, clean + Below(random, fresh.size() - clean + 1));
  const uint64_t most = std::max(stored.size(), fresh.size());
  uint64_t size = clean + Below(random, most - clean + 1);
  if (Below(random, 2) == 0) size = fresh.size();
  std::string out = stored.substr(0, clean);
  out.resize(size);
  for (uint64_t begin = clean; begin < size;) {
    const uint64_t end = std::min(size, (begin / kSector + 1) * kSector);
    MangleSector(out, begin, end, fresh, stored, random);
    begin = end;
  }
  return out;
}

void DirectoryJournal::Do(DirectoryOp op) {
  for (const EntryChange& change : op) {
    if (change.node) {
      change.directory->entries[change.name] = change.node;
    } else {
      change.directory->entries.erase(change.name);
    }
  }
  ops_.push_back(std::move(op));
}

void DirectoryJournal::Store(const DirectoryOp& op) {
  for (const EntryChange& change : op) {
    if (change.node) {
      change.directory->stored_entries[change.name] = change.node;
    } else {
      change.directory->stored_entries.erase(change.name);
    }
  }
}

void DirectoryJournal::Sync(const NodePtr& directory) {
  using Key = std::pair<const Node*, std::string_view>;
  std::set<Key> needed;
  std::vector<bool> chosen(ops_.size());
  for (size_t i = ops_.size(); i-- > 0;) {
    for (const EntryChange& change : ops_[i]) {
      if (change.directory == directory || needed.contains({change.directory.get(), change.name})) {
        chosen[i] = true;
      }
    }
    if (!chosen[i]) continue;
    for (const EntryChange& change : ops_[i]) {
      needed.emplace(change.directory.get(), change.name);
    }
  }
  std::vector<DirectoryOp> left;
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (chosen[i]) {
      Store(ops_[i]);
    } else {
      left.push_back(std::move(ops_[i]));
    }
  }
  ops_ = std::move(left);
}

void DirectoryJournal::CutPower(Random& random) {
  const uint64_t kept_of_four = Below(random, 5);
  std::set<std::pair<const Node*, std::string>> lost;
  for (const DirectoryOp& op : ops_) {
    bool keep = Below(random, 4) < kept_of_four;
    for (const EntryChange& change : op) {
      keep = keep && !lost.contains({change.directory.get(), change.name});
    }
    if (keep) {
      Store(op);
      continue;
    }
    for (const EntryChange& change : op) lost.emplace(change.directory.get(), change.name);
  }
  ops_.clear();
}

uint64_t DropCache(Node& directory, Random& random) {
  uint64_t bytes = 0;
  directory.entries = directory.stored_entries;
  for (auto& [name, node] : directory.entries) {
    node->linked = true;
    if (node->is_directory) {
      bytes += DropCache(*node, random);
      continue;
    }
    node->cached = node->stored = node->AfterPowerCut(random);
    node->clean = node->cached.size();
    node->dirty = false;
    bytes += node->cached.size();
  }
  return bytes;
}

}  // namespace pharos::io::sim
