// The state behind SimFs: a tree of nodes that each know what of them is in the page cache
// and what is on the disk, and the directory changes that are not on the disk yet.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pharos::io::sim {

using Random = std::mt19937_64;

struct Node;
using NodePtr = std::shared_ptr<Node>;

/// A file or a directory.
struct Node {
  bool is_directory = false;

  // A file.
  std::string cached;  ///< as a process reads it
  std::string stored;  ///< as it is on the disk
  uint64_t clean = 0;  ///< bytes at the front that need no write
  bool dirty = false;  ///< a Sync would change `stored`
  bool linked = true;  ///< has a name in the cached tree

  // A directory.
  std::map<std::string, NodePtr> entries;
  std::map<std::string, NodePtr> stored_entries;

  /// Bytes between the end and `at` become zeros.
  void Write(uint64_t at, std::string_view bytes);
  void Truncate(uint64_t size);
  void Sync();
  /// What could not be written counts as clean; on the disk lie zeros.
  void FailSync();
  /// What a power cut may leave of the file.
  std::string AfterPowerCut(Random& random) const;
};

/// One entry of one directory gets a node, or none.
struct EntryChange {
  NodePtr directory;
  std::string name;
  NodePtr node;
};
/// Changes that reach the disk together or not at all: one, or the two of a rename.
using DirectoryOp = std::vector<EntryChange>;

/// Directory changes that are not on the disk yet, in order.
class DirectoryJournal {
 public:
  /// Does it in the cache and notes that it is not stored.
  void Do(DirectoryOp op);
  /// Stores all that concern the directory, and what they build on.
  void Sync(const NodePtr& directory);
  /// Stores some, forgets the others.
  void CutPower(Random& random);

 private:
  static void Store(const DirectoryOp& op);
  std::vector<DirectoryOp> ops_;
};

/// Makes the cache of the whole tree what the disk holds after a cut. Returns the bytes of
/// all files.
uint64_t DropCache(Node& directory, Random& random);

}  // namespace pharos::io::sim
