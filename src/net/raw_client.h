// For tests: a blocking socket that says exactly what it is told, and reads one HTTP
// answer at a time. Not for use outside of tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace pharos::net {

class RawClient {
 public:
  /// `address` is "127.0.0.1:port" or "[::1]:port".
  explicit RawClient(const std::string& address) {
    const size_t colon = address.rfind(':');
    const auto port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    const bool v6 = address[0] == '[';
    fd_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    sockaddr_in6 a6{};
    a6.sin6_family = AF_INET6;
    a6.sin6_port = port;
    a6.sin6_addr = in6addr_loopback;
    sockaddr_in a4{};
    a4.sin_family = AF_INET;
    a4.sin_port = port;
    a4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = v6 ? ::connect(fd_, reinterpret_cast<sockaddr*>(&a6), sizeof a6) == 0
                    : ::connect(fd_, reinterpret_cast<sockaddr*>(&a4), sizeof a4) == 0;
    const timeval limit{20, 0};  // no test may hang
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  ~RawClient() { Close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void FinishSending() { ::shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  struct Answer {
    int status = 0;  ///< 0: the connection ended or broke before a whole answer
    std::string head;
    std::string body;
    bool reset = false;  ///< it broke
    std::string Header(std::string_view name) const {
      const size_t at = head.find("\r\n" + std::string(name) + ": ");
      if (at == std::string::npos) return "";
      const size_t from = at + 4 + name.size();
      return head.substr(from, head.find("\r\n", from) - from);
    }
  };

  /// Reads one answer: by Content-Length, chunked, or until the end. `no_body` for HEAD.
  Answer Read(bool no_body = false) {
    Answer answer;
    size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill(answer)) return answer;
    }
    answer.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const int status = std::atoi(answer.head.c_str() + 9);
    if (!no_body && status >= 200 && status != 204 && !ReadBody(answer)) return answer;
    answer.status = status;
    return answer;
  }

  /// True when the server ends the connection (and has said nothing more).
  bool AtEnd() {
    Answer answer;
    return buffer_.empty() && !Fill(answer) && !answer.reset;
  }
  std::string Take(size_t bytes) {
    Answer ignored;
    while (buffer_.size() < bytes && Fill(ignored)) {
    }
    std::string taken = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    return taken;
  }

 private:
  bool Fill(Answer& answer) {
    char bytes[65536];
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n < 0) answer.reset = true;
    if (n > 0) buffer_.append(bytes, static_cast<size_t>(n));
    return n > 0;
  }
  bool ReadBody(Answer& answer) {
    if (answer.Header("Transfer-Encoding") == "chunked") return ReadChunks(answer);
    const std::string length = answer.Header("Content-Length");
    if (length.empty()) {
      while (Fill(answer)) {
      }
      answer.body.swap(buffer_);
      return !answer.reset;
    }
    const size_t want = std::stoul(length);
    while (buffer_.size() < want) {
      if (!Fill(answer)) return false;
    }
    answer.body = buffer_.substr(0, want);
    buffer_.erase(0, want);
    return true;
  }
  bool ReadChunks(Answer& answer) {
    while (true) {
      size_t eol;
      while ((eol = buffer_.find("\r\n")) == std::string::npos) {
        if (!Fill(answer)) return false;
      }
      const size_t size = std::stoul(buffer_.substr(0, eol), nullptr, 16);
      while (buffer_.size() < eol + 2 + size + 2) {
        if (!Fill(answer)) return false;
      }
      answer.body += buffer_.substr(eol + 2, size);
      buffer_.erase(0, eol + 2 + size + 2);
      if (size == 0) return true;
    }
  }

  int fd_ = -1;
  bool connected_ = false;
  std::string buffer_;
};

/// The usual request of a test.
inline std::string Get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}
inline std::string Post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

}  // namespace pharos::net
