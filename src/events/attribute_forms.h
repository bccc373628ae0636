// Finds out which attributes the records of a batch have in common: most spans of a service have
// the same keys in the same order, and the same values of many of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "events/record_codec.h"
#include "model/event.h"

namespace pharos::events {

/// Makes the attribute sets of a batch (record_codec.h) as its events come.
/// Owns: the sets' bytes; keeps views of the events' attributes. Threads: one. Cost: a comparison
/// of each attribute with that of an event before.
class AttributeForms {
 public:
  /// The set that the attributes are; none at the first event of its kind, and where they are too
  /// many, nested or too large.
  SetRef Find(std::span<const model::KeyValue> attributes);
  /// Sets that events have in the same words at the same place in memory.
  SetRef FindShared(std::span<const model::KeyValue> attributes);

  uint64_t count() const { return count_; }
  const std::string& bytes() const { return bytes_; }  ///< a text for each

 private:
  /// Events with these keys and types.
  struct Form {
    std::vector<model::KeyValue> values;  // of its first event
    SetRef set;                           // its newest; number 0 until a second event comes
  };
  /// Attributes that an event had.
  struct Seen {
    const model::KeyValue* data = nullptr;
    size_t size = 0;
    uint64_t number = 0;  // of the set; 0 until a second event has it
  };
  SetRef Refer(Form& form, std::span<const model::KeyValue> attributes);
  /// Where attributes at that address are noted, or others that they may take the place of.
  Seen& SeenAt(const model::KeyValue* data);
  /// 0 when the set is too large.
  uint64_t Put(const AttributeSet& set);

  std::vector<Form> forms_;
  size_t last_ = 0;            // form that was found last
  size_t next_ = 0;            // to be given up for another
  std::array<Seen, 16> seen_;  // by address
  std::string bytes_;
  uint64_t count_ = 0;
};

}  // namespace pharos::events
