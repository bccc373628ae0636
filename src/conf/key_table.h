// The schema of a large foreign file whose keys mostly have nothing to act on here: a table of
// all its keys, and a walk that tells, key by key, what Pharos does with a file. loki_config and
// tempo_config stand on it; files that are mostly honoured use MapReader instead.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/yaml.h"

namespace pharos::conf {

/// What may stand in a file. Written as text:
///   `$name{…}` a block, `$root{…}` the file; blocks of one name are merged;
///   `key` a value, `key{…}` a map or a list of maps, `key:name` what the block `name` has;
///   `key*` anything below; `*` as a name: any key;
///   `key@3.0` release 3.0 of the program dropped it.
///
/// Owns: its text's parse. Threads: immutable. Errors: a broken table aborts (it is ours).
class KeyTable {
 public:
  struct Keys;
  struct Key {
    std::string gone;  ///< the release that dropped it, or ""
    bool free = false;
    std::shared_ptr<Keys> below;  ///< null: a value, or free
  };
  struct Keys {
    std::map<std::string, Key, std::less<>> named;
    const Key* Find(std::string_view name) const;
  };

  explicit KeyTable(std::string_view text);
  const Keys& root() const { return *root_; }

 private:
  std::shared_ptr<Keys> root_;
};

/// What to do with a key and all below it; the longest path wins.
struct KeyRule {
  std::string_view path;  ///< "limits_config.retention_stream"; list items have no part in it
  enum class Does : uint8_t { kHonoured, kMoot, kWarn, kNotSupported } does = Does::kMoot;
  std::string_view text;    ///< the reason
  std::string_view unless;  ///< kWarn, kNotSupported: this value is what Pharos does anyway
};

/// Walks the file: a note for each key that a rule names (and each honoured leaf), a warning
/// for each that a later release dropped, a fault for each that is not in the table.
/// `program` is the name for the texts ("Loki"). Cost: linear in the file.
void WalkKeys(const Node& root, const KeyTable& table, const std::vector<KeyRule>& rules,
              std::string_view program, Faults& faults);

/// The value at "a.b.c", or null where a part is missing or null.
const Node* AtPath(const Node& root, std::string_view path);
/// The line of the key at the path, or of the deepest part of it that is there.
int LineAtPath(const Node& root, std::string_view path);

const KeyTable& LokiKeys();
const KeyTable& TempoKeys();

}  // namespace pharos::conf
