// Writes nested protobuf messages. protozero drops a submessage that stays empty; here it is
// written, because in OTLP an empty message means something (an empty list, a null in a list).
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>

namespace pharos::wire {

/// Owns: nothing; appends to the string it was given. Threads: one. Errors: none. Cost: a
/// submessage is shifted once when it closes.
class PbWriter {
 public:
  explicit PbWriter(std::string& bytes) : bytes_(bytes), out_(std::in_place, bytes) {}
  /// A submessage; nothing else may be written to `parent` until it is destroyed.
  PbWriter(PbWriter& parent, uint32_t field)
      : bytes_(parent.bytes_),
        parent_(&parent),
        field_(field),
        before_(bytes_.size()),
        out_(std::in_place, *parent.out_, field) {}
  PbWriter(const PbWriter&) = delete;
  PbWriter& operator=(const PbWriter&) = delete;
  ~PbWriter() {
    out_.reset();
    if (parent_ != nullptr && bytes_.size() == before_) (*parent_)->add_message(field_, "", 0);
  }

  protozero::pbf_writer* operator->() { return &*out_; }

 private:
  std::string& bytes_;
  PbWriter* parent_ = nullptr;
  uint32_t field_ = 0;
  size_t before_ = 0;
  std::optional<protozero::pbf_writer> out_;
};

}  // namespace pharos::wire
