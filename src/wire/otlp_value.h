// What traces, logs and metrics of OTLP share: attributes, values, resource and scope,
// decoded into views on the body with child arrays in an arena.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "model/event.h"
#include "wire/protobuf.h"

namespace pharos::wire {

/// Decodes repeated KeyValue fields. Usage: Mark; Add each; Take.
///
/// Owns: a stack of unfinished lists, in the arena. Threads: one. Errors: sticky, see error().
/// Cost: lists that are not inside of another stay where they were made; others are copied once.
class AttributeReader {
 public:
  explicit AttributeReader(base::Arena* arena) : arena_(arena) {}

  /// Where a new list starts; give it to Take.
  size_t Mark() const { return static_cast<size_t>(top_ - base_); }
  /// Adds one KeyValue message to the list that was marked last; false on an error.
  bool Add(std::string_view key_value_message);
  /// The list since `mark`, in the arena.
  std::span<const model::KeyValue> Take(size_t mark);
  /// One AnyValue message.
  bool ReadValue(std::string_view message, model::Value* value) { return Any(message, value, 0); }

  /// Resource and InstrumentationScope messages into the parts of an origin.
  bool ReadResource(std::string_view message, model::Origin* origin);
  bool ReadScope(std::string_view message, model::Origin* origin);

  base::Arena& arena() { return *arena_; }
  const char* error() const { return error_; }
  /// True when the request has more children than are allowed (not malformed, too large).
  bool too_many() const { return too_many_; }

 private:
  bool Pair(std::string_view message, int depth);
  void GrowPairs();
  bool Any(std::string_view message, model::Value* value, int depth);
  bool Array(std::string_view message, model::Value* value, int depth);
  bool Map(std::string_view message, model::Value* value, int depth);
  bool Fail(const char* why) {
    error_ = why;
    return false;
  }

  base::Arena* arena_;
  // Unfinished lists: [base_, top_) of memory up to limit_.
  model::KeyValue* base_ = nullptr;
  model::KeyValue* top_ = nullptr;
  model::KeyValue* limit_ = nullptr;
  size_t room_ = 0;  // of the memory that was taken last
  std::vector<model::Value> values_;
  size_t children_ = 0;
  bool too_many_ = false;
  const char* error_ = "";
};

}  // namespace pharos::wire
