// Strict YAML: a tree that knows the line of everything, and a reader of maps that refuses
// keys which nobody asked for. All of Pharos's configuration files go through it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pharos::conf {

/// One YAML value with the line (from 1) where it begins. Aliases are expanded, merge keys
/// (`<<`) applied; explicit keys win over merged ones.
struct Field;
struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  int line = 0;
  bool quoted = false;  ///< a scalar in quotes is never a number, bool or null
  std::string scalar;
  std::vector<Node> items;
  std::vector<Field> fields;  ///< in the order of the file

  const Node* Find(std::string_view key) const;
};
struct Field {
  std::string name;
  Node value;
  int line = 0;  ///< of the key
};

/// Parses one document. kBadInput `FILE:LINE: …` for what is not YAML, a key given twice, or a
/// tree beyond the limits (depth 64, a million nodes after aliases).
base::Result<Node> ParseYaml(std::string_view text, const std::string& file);

/// What Pharos does with a key that a file gives. A key that it does not know is a fault.
enum class Verdict : uint8_t {
  kHonoured,
  kMoot,     ///< accepted; there is nothing in Pharos that it could change, `text` says why
  kWarning,  ///< accepted, but `text` is something that the author should know
};
struct KeyNote {
  int line = 0;
  Verdict verdict = Verdict::kHonoured;
  std::string key;
  std::string text;  ///< "" for kHonoured
};

/// Collects what is wrong with a file, so that one run of `pharos check` shows all of it, and
/// what becomes of each key.
class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}
  void Add(int line, std::string_view what);
  void Note(KeyNote note) { notes_.push_back(std::move(note)); }
  bool empty() const { return faults_.empty(); }
  const std::vector<KeyNote>& notes() const { return notes_; }
  const std::vector<std::string>& all() const { return faults_; }
  /// One a line, as `FILE:LINE: what`.
  std::string Text() const;
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<std::string> faults_;
  std::vector<KeyNote> notes_;
};

/// Reads one map: each call takes a key; Done names those that were not taken.
///
/// Owns: nothing; borrows node and faults. Threads: one. Errors: into Faults, with
/// Prometheus's words where it has some; the target then keeps its value.
class MapReader {
 public:
  /// `type` is what the original's messages call this map ("config.ScrapeConfig").
  MapReader(const Node& node, std::string type, Faults& faults);

  /// The value, or null when the key is missing or null. The key counts as known.
  const Node* Take(std::string_view key);
  bool String(std::string_view key, std::string* out);
  bool Bool(std::string_view key, bool* out);
  bool Int(std::string_view key, int64_t* out);
  bool Double(std::string_view key, double* out);
  /// A Prometheus duration, in milliseconds.
  bool DurationMs(std::string_view key, int64_t* out);
  /// "512MB", "1GiB" or plain bytes (units of 1024, as Prometheus reads them).
  bool Bytes(std::string_view key, int64_t* out);
  bool Strings(std::string_view key, std::vector<std::string>* out);
  bool StringMap(std::string_view key, std::map<std::string, std::string>* out);
  /// The items of a list; empty when missing. A fault when it is not a list.
  const std::vector<Node>& List(std::string_view key);
  /// Keys that the original has and Pharos does not do: a fault that says so by name.
  void NotSupported(std::initializer_list<std::string_view> keys);
  /// Keys that have nothing to act on here; whatever stands below them is accepted.
  void Moot(std::initializer_list<std::string_view> keys, std::string_view reason);
  /// A note on a key that is there: it went with a newer release, or it is a trap.
  void Warn(std::string_view key, std::string text);
  /// A fault for every key that nobody took: `field x not found in type T`.
  void Done();

  int line() const { return node_.line; }
  int LineOf(std::string_view key) const;
  Faults& faults() { return faults_; }

 private:
  const Node& node_;
  std::string type_;
  Faults& faults_;
  std::set<std::string, std::less<>> taken_;
};

/// "512MB" → bytes. kBadInput with Prometheus's words.
base::Result<int64_t> ParseBytes(std::string_view text);

}  // namespace pharos::conf
