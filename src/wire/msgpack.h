// MessagePack: where an object ends in a stream of bytes, what it holds, and how it is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "model/event.h"

namespace pharos::wire {

/// Finds the end of the object at the front of a growing buffer. Keeps its place between calls,
/// so a message that arrives in many reads is looked at once.
///
/// Owns: a stack of what is open (bounded depth). Threads: one. Errors: kBadInput for the byte
/// 0xC1 or nesting beyond the limit. Cost: constant for texts and blobs, whatever their size.
class MsgpackScanner {
 public:
  /// The object's size once all of it is in `bytes` (which starts where it started at the
  /// first call); 0 while more is needed.
  base::Result<size_t> Scan(std::string_view bytes);
  /// For the next object.
  void Reset();

 private:
  size_t at_ = 0;
  std::vector<uint64_t> open_;  ///< objects still to come, a level
};

/// Reads one object after the other. Text and blobs are views into the bytes; arrays and maps lie
/// in the arena. Extension types come as kBytes, with the type in `ext_type`.
///
/// Owns: nothing. Threads: one. Errors: kBadInput; kTooLarge beyond the limits of values and
/// depth. Keys of maps that are numbers come as text;
/// lists and maps as keys are refused.
class MsgpackReader {
 public:
  MsgpackReader(std::string_view bytes, base::Arena& arena) : bytes_(bytes), arena_(arena) {}

  bool AtEnd() const { return at_ == bytes_.size(); }
  size_t at() const { return at_; }
  /// The kind of the next object without reading it.
  enum class Kind : uint8_t { kNil, kBool, kInt, kDouble, kText, kBlob, kArray, kMap, kExt, kEnd };
  Kind Peek() const;
  base::Result<model::Value> Read();
  /// An array's head: its length; its items are read one by one.
  base::Result<uint32_t> BeginArray();
  /// Text or blob.
  base::Result<std::string_view> ReadText();
  /// An extension: type and bytes.
  base::Result<std::string_view> ReadExt(int8_t* type);

 private:
  base::Result<model::Value> ReadAt(int depth);
  base::Result<model::Value> ReadItems(uint32_t count, bool map, int depth);
  base::Result<uint64_t> Big(size_t bytes);
  base::Result<std::string_view> Take(uint64_t length);
  base::Result<uint32_t> Length(uint8_t head, Kind kind);

  const std::string_view bytes_;
  base::Arena& arena_;
  size_t at_ = 0;
  size_t values_ = 0;
};

void AppendMsgpackText(std::string& out, std::string_view text);
void AppendMsgpackBool(std::string& out, bool value);
/// Heads for up to 15 items, which is all that we write.
void AppendMsgpackArray(std::string& out, uint8_t count);
void AppendMsgpackMap(std::string& out, uint8_t count);

}  // namespace pharos::wire
