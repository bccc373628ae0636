// OTLP/JSON ↔ OTLP protobuf, by the tables of otlp_schema.h. There is one decoder for each
// signal (of protobuf); JSON requests pass through here first.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/otlp_schema.h"

namespace pharos::wire {

/// By OTLP's JSON rules: ids in hex, 64-bit numbers as strings or numbers, enums as numbers
/// or names, bytes in base64, unknown fields ignored, null is absence. kBadInput names the
/// field. Cost: a DOM of the body.
base::Result<std::string> OtlpJsonToProtobuf(const PbMessage& message, std::string_view json);

struct OtlpJsonStyle {
  bool base64_ids = false;  ///< Tempo: base64; OTLP: hex
  bool enum_names = false;  ///< Tempo: "SPAN_KIND_SERVER"; OTLP: 2
};

/// Appends the JSON object of a message. Unknown fields are left out; 64-bit numbers become
/// strings. kBadInput for bytes that are not such a message.
base::Result<void> OtlpProtobufToJson(const PbMessage& message, std::string_view protobuf,
                                      OtlpJsonStyle style, std::string& out);

}  // namespace pharos::wire
