// Fluent's forward protocol (version 1): the messages of Fluentd and Fluent Bit, in all four
// modes, and the handshake with a shared key.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "model/event.h"

namespace pharos::wire {

struct FluentEvent {
  int64_t time_ns = 0;
  std::span<const model::KeyValue> record;  ///< order and duplicates kept
};

/// One message: records under one tag. Views point into the bytes that were decoded, into
/// `unpacked` and into the arena.
struct FluentMessage {
  base::Arena arena;
  std::unique_ptr<const std::string> unpacked;  ///< of a compressed message
  std::string_view tag;
  std::vector<FluentEvent> events;
  /// The sender wants `{"ack": chunk}` once the events are durable.
  std::optional<std::string_view> chunk;
};

/// A whole object that is not nil (nil is a heartbeat). kBadInput says what is wrong,
/// kTooLarge beyond the limits. `bytes` must outlive the message.
base::Result<FluentMessage> DecodeFluentMessage(std::string_view bytes);

/// `{"ack": chunk}`
std::string EncodeFluentAck(std::string_view chunk);

/// The client's part of the handshake.
struct FluentPing {
  std::string_view hostname, salt, digest, user, password_digest;
};
base::Result<FluentPing> DecodeFluentPing(std::string_view bytes);
/// `["HELO", {"nonce": …, "auth": …, "keepalive": true}]`; `auth` is "" without users.
std::string EncodeFluentHelo(std::string_view nonce, std::string_view auth);
std::string EncodeFluentPong(bool ok, std::string_view reason, std::string_view hostname,
                             std::string_view digest);
/// Hex of SHA-512 over the pieces.
std::string FluentDigest(std::initializer_list<std::string_view> pieces);

}  // namespace pharos::wire
