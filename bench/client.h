// What the loading programs share: protobuf fields and a connection that posts bodies.
#pragma once
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

inline void PutVarint(std::string& out, uint64_t n) {
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  out += static_cast<char>(n);
}
inline void PutField(std::string& out, int field, std::string_view bytes) {
  out += static_cast<char>(field << 3 | 2);
  PutVarint(out, bytes.size());
  out += bytes;
}
inline void PutNumber(std::string& out, int field, uint64_t n) {
  out += static_cast<char>(field << 3);
  PutVarint(out, n);
}
inline void PutFixed64(std::string& out, int field, uint64_t n) {
  out += static_cast<char>(field << 3 | 1);
  out.append(reinterpret_cast<const char*>(&n), 8);
}

/// Keeps one connection alive; one request at a time.
class Connection {
 public:
  Connection(const char* host, const char* port) : host_(host) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &found) != 0) return;
    fd_ = socket(found->ai_family, SOCK_STREAM, 0);
    if (connect(fd_, found->ai_addr, found->ai_addrlen) != 0) fd_ = -1;
    freeaddrinfo(found);
    const int one = 1;
    if (fd_ >= 0) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }

  /// The answer's status; 0 when the connection failed.
  int Post(const std::string& path, const std::string& headers, const std::string& body) {
    std::string request = "POST " + path + " HTTP/1.1\r\nHost: " + std::string(host_) +
                          "\r\nContent-Type: application/x-protobuf\r\n" + headers +
                          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (size_t sent = 0; sent < request.size();) {
      const ssize_t n = send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return 0;
      sent += static_cast<size_t>(n);
    }
    std::string answer;
    char buffer[4096];
    while (answer.find("\r\n\r\n") == answer.npos) {
      const ssize_t n = recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) return 0;
      answer.append(buffer, static_cast<size_t>(n));
    }
    return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
  }

 private:
  const char* host_;
  int fd_ = -1;
};

}  // namespace bench
