// One log entry on its way through a pipeline: its line and its labels, in Loki's three
// kinds: of the stream, structured metadata, parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/event.h"
#include "model/labels.h"

namespace pharos::query::logql {

enum class LabelKind : uint8_t { kStream, kMetadata, kParsed };

inline constexpr std::string_view kErrorLabel = "__error__";
/// What a parsed label's name gets where stream or metadata have it.
inline constexpr std::string_view kExtractedSuffix = "_extracted";
inline constexpr std::string_view kErrorDetailsLabel = "__error_details__";

struct EntryLabel {
  std::string_view name;
  std::string_view value;
  LabelKind kind = LabelKind::kStream;
};

/// Bytes that live as long as one entry; blocks are used again for the next.
class Scratch {
 public:
  std::string_view Copy(std::string_view bytes);
  void Reset() { block_ = used_ = 0; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

/// Owns: copies of what Set was given; stream labels are borrowed until the next Reset.
/// Threads: one. Cost: look-ups are linear (entries have tens of labels; kMaxLabels bounds).
class EntryLabels {
 public:
  void Reset(const std::vector<model::LabelView>& stream);
  /// Structured metadata; name and value must live as long as the entry. Where the stream
  /// has the name, it goes to `name_extracted`.
  void AddMetadata(std::string_view name, std::string_view value);
  bool StreamHas(std::string_view name) const;
  /// What a parser found: under `name_extracted` where stream or metadata have the name.
  /// With `keep_first`, a parsed label that is there stays.
  void Extract(std::string_view name, std::string_view value, bool keep_first = false);
  /// Sets a parsed label, replacing one of any kind.
  void Set(std::string_view name, std::string_view value);
  void Delete(std::string_view name);
  /// Null when it is not there. Knows __error__ and __error_details__ where they are set.
  const std::string_view* Find(std::string_view name) const;
  std::string_view Get(std::string_view name) const;

  void SetError(std::string_view error, std::string_view details);
  bool HasError() const { return !error_.empty(); }
  std::string_view error() const { return error_; }
  std::string_view error_details() const { return details_; }
  void ClearError() { error_ = {}; }
  void ClearErrorDetails() { details_ = {}; }

  const std::vector<EntryLabel>& all() const { return labels_; }
  std::vector<EntryLabel>& all() { return labels_; }
  /// All labels as one set, with the error's two where there is an error.
  model::Labels Merged() const;
  /// Only those of one kind; the error counts as parsed.
  model::Labels OfKind(LabelKind kind) const;
  std::string_view Keep(std::string_view bytes) { return scratch_.Copy(bytes); }

 private:
  EntryLabel* At(std::string_view name);
  std::vector<EntryLabel> labels_;
  std::string_view error_;
  std::string_view details_;
  Scratch scratch_;
};

struct Entry {
  int64_t time_ns = 0;
  std::string_view line;
  EntryLabels labels;
};

/// Prepares an entry from a stored record: its line, the stream's labels, and what Loki
/// would call its structured metadata (for OTLP records: also resource, scope, trace ids).
/// `line` is the scratch for bodies that are not text.
void FillEntry(const model::Event& event, const std::vector<model::LabelView>& stream,
               std::string* line, Entry* entry);

}  // namespace pharos::query::logql
