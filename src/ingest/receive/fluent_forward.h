// Fluent's forward protocol on its port (24224): records of Fluentd and Fluent Bit become log
// events, and a message is acknowledged only when its events are durable.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/ack.h"
#include "base/result.h"
#include "ingest/receive/target.h"
#include "net/tcp_server.h"
#include "wire/fluent_forward.h"

namespace pharos::ingest::receive {

/// Takes a message's events. kBusy, kFull and kIo: the connection ends without an
/// acknowledgement, so that the sender tries again; the Ack's failure does the same.
using FluentSink = std::function<base::Result<base::Ack>(wire::FluentMessage message)>;

/// As log streams of Pharos: stream labels fluent_tag and, where the record has it as text,
/// container_name; service_name and detected_level as Loki finds them; the line is the field
/// `log` or `message`, else the record as JSON; other fields are structured metadata.
FluentSink FluentIntoStore(const Target& target);

struct FluentOptions {
  std::string address = "127.0.0.1:24224";
  /// Not empty: clients must know it (the HELO, PING, PONG handshake).
  std::string shared_key;
  std::string hostname = "pharos";           ///< told in the handshake
  std::map<std::string, std::string> users;  ///< name → password; empty: none asked for
};

/// Owns: the listener (TCP, and UDP for heartbeats). Threads: any. Errors: Listen: of the
/// address. Cost: one message a connection in memory (bounded, in all as well).
class FluentForward {
 public:
  static base::Result<std::unique_ptr<FluentForward>> Listen(FluentOptions options,
                                                             FluentSink sink);
  const std::string& address() const { return server_->address(); }
  void Stop() { server_->Stop(); }

 private:
  explicit FluentForward(std::unique_ptr<net::TcpServer> server) : server_(std::move(server)) {}
  std::unique_ptr<net::TcpServer> server_;
};

}  // namespace pharos::ingest::receive
