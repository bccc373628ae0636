// Every fixed limit of the network layer, with its unit and why it is what it is. What an
// operator may want to change is in ServerOptions instead.
#pragma once

#include <chrono>
#include <cstddef>

namespace pharos::net {

/// One read of a socket. Larger reads save system calls for large bodies; one such buffer
/// exists an I/O thread, not a connection.
inline constexpr size_t kReadBytes = 256 << 10;

/// Parameters of one query or form; what follows is dropped. A parameter of two bytes takes
/// thirty times that in memory.
inline constexpr size_t kMaxParams = 65'536;

/// What a connection may send ahead (pipelined requests) while one is being answered;
/// then its socket is not read until the answer is out.
inline constexpr size_t kMaxPipelinedBytes = 64 << 10;

/// A body nobody wants (404, 405, 403) up to this size is read and dropped, so that the
/// connection can be kept; a larger one is answered at once and the connection closed.
inline constexpr size_t kMaxDiscardBytes = 256 << 10;

/// The body of a request that only the fallback handler takes.
inline constexpr size_t kMaxFallbackBodyBytes = 1 << 20;

/// A slow client must deliver (or take) this many bytes within each idle timeout; one byte
/// now and then does not keep a connection alive.
inline constexpr size_t kMinProgressBytes = 1024;

/// After an early answer: how long the rest of the request is read and dropped, so that
/// the client sees the answer and not a reset.
inline constexpr std::chrono::milliseconds kLingerTime{2000};
inline constexpr size_t kMaxLingerBytes = 64 << 20;
/// After so many bytes of it (what a socket holds at most times) the connection rests: 50 MB/s.
inline constexpr size_t kLingerPieceBytes = 256 << 10;
inline constexpr std::chrono::milliseconds kLingerPause{5};

/// How often deadlines are looked at; timeouts are late by at most this.
inline constexpr std::chrono::milliseconds kTick{100};

/// Connections beyond max_connections that still get their 503; more are closed without.
inline constexpr size_t kMaxRefusedConnections = 256;

/// Bytes that one connection may send before the others of its I/O thread have their turn.
inline constexpr size_t kMaxWriteTurnBytes = 512 << 10;

/// Streamed answers: a writer blocks while this much waits for the client.
inline constexpr size_t kStreamBufferBytes = 256 << 10;
/// ... and on an I/O thread, where blocking is not possible, the stream is cut here.
inline constexpr size_t kMaxStreamBacklogBytes = 4 << 20;

/// Threads that make the pieces of long answers: all these answers take turns on them.
inline constexpr int kPatientWorkers = 2;
/// A request that has used this much of a core gives way to those that come after it; much more,
/// and it takes only what nobody else wants. Time in which it waited for a core does not count:
/// where there is much to do, all requests take long.
inline constexpr std::chrono::milliseconds kGiveWayAfter{10}, kGiveAllWayAfter{50};

/// Smaller answers are not worth compressing (they fit one packet).
inline constexpr size_t kMinGzipBytes = 1024;
/// Fastest level: on a local network CPU is dearer than bytes.
inline constexpr int kGzipLevel = 1;

/// What waits for a slow WebSocket client; beyond either the channel is closed.
inline constexpr size_t kMaxWebSocketQueue = 1024;
inline constexpr size_t kMaxWebSocketQueueBytes = 4 << 20;
/// Largest message a WebSocket client may send.
inline constexpr size_t kMaxWebSocketMessageBytes = 1 << 20;
/// A WebSocket that is silent this long is pinged at half of it, then closed.
inline constexpr std::chrono::seconds kWebSocketIdle{60};
/// How long a closing handshake may take.
inline constexpr std::chrono::seconds kWebSocketClose{5};

/// Longest text of a peer that is repeated in an error sentence.
inline constexpr size_t kMaxQuotedBytes = 200;

}  // namespace pharos::net
