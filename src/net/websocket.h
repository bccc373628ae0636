// A connection after its upgrade to WebSocket. Private to net/.
#pragma once

#include <memory>

#include "net/io_thread.h"
#include "net/server_state.h"

namespace pharos::net {

/// True when the request asks for version 13 of the protocol, with a key.
bool IsWebSocketUpgrade(const Request& request);

/// Takes the socket over, answers the handshake, then calls the handler on `io`'s thread.
/// To be called on that thread.
void StartWebSocket(Socket socket, Request request, const WebSocketHandler& handler,
                    std::shared_ptr<IoThread> io, std::shared_ptr<const Face> face,
                    ConnectionSlot slot);

}  // namespace pharos::net
