// Loki's push requests (protobuf logproto.PushRequest and JSON) → log events. Stream labels
// stay text: the receiver keeps the parsed sets by that text.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/held_text.h"
#include "base/result.h"
#include "model/event.h"

namespace pharos::wire {

struct LokiStream {
  std::string_view labels;  ///< `{a="b"}`, unchecked
  /// Body kString, structured metadata as attributes. Of protobuf: of the thread's Spares.
  std::vector<model::Event> events;
};

/// Views point into `arena` or into what `keep_alive` holds.
struct LokiPush {
  base::Arena arena;
  std::shared_ptr<const void> keep_alive;
  std::vector<LokiStream> streams;
  std::optional<model::SentBody> sent;  ///< what lines lie in, where that is so
};

/// The decompressed protobuf body. kBadInput as protobuf says, kTooLarge beyond the limits.
base::Result<LokiPush> DecodeLokiPush(base::HeldText body);
/// `{"streams":[{"stream":{…},"values":[["<ns>","line",{metadata}]]}]}`, and the legacy form
/// `{"streams":[{"labels":"{…}","entries":[{"ts":"RFC3339","line":"…"}]}]}`.
base::Result<LokiPush> DecodeLokiPushJson(std::string_view body);

}  // namespace pharos::wire
