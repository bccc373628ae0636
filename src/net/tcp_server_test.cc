#include "net/tcp_server.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "net/raw_client.h"

namespace pharos::net {
namespace {

std::string ReadSome(RawClient& client, size_t bytes) {
  std::string out;
  char buffer[4096];
  while (out.size() < bytes) {
    const ssize_t n = ::recv(client.fd(), buffer, std::min(sizeof buffer, bytes - out.size()), 0);
    if (n <= 0) break;
    out.append(buffer, static_cast<size_t>(n));
  }
  return out;
}
bool Ended(RawClient& client) {
  char byte = 0;
  return ::recv(client.fd(), &byte, 1, 0) <= 0;
}

/// Echoes; 'q' ends, 'w' waits until another thread resumes.
class Echo final : public TcpSession {
 public:
  explicit Echo(TcpLinkPtr link) : link_(std::move(link)) {}
  void OnOpen() override { link_->Send("hello\n"); }
  TcpNext OnBytes(std::string_view bytes) override {
    link_->Send(std::string(bytes));
    if (bytes.find('q') != std::string_view::npos) return TcpNext::kClose;
    if (bytes.find('w') == std::string_view::npos) return TcpNext::kMore;
    std::thread([link = link_] { link->Resume(); }).detach();
    return TcpNext::kWait;
  }

 private:
  const TcpLinkPtr link_;
};

std::unique_ptr<TcpServer> Serve(TcpServerOptions options = {}) {
  options.name = "test";
  options.address = "127.0.0.1:0";
  auto server = TcpServer::Listen(
      options, [](TcpLinkPtr link) { return std::make_unique<Echo>(std::move(link)); });
  EXPECT_TRUE(server) << server.error().message;
  return *std::move(server);
}

TEST(TcpServer, SpeaksAndCloses) {
  const auto server = Serve();
  RawClient client(server->address());
  EXPECT_EQ(ReadSome(client, 6), "hello\n");
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(client.Send("w"));
    EXPECT_EQ(ReadSome(client, 1), "w");
  }
  ASSERT_TRUE(client.Send("abcq"));
  EXPECT_EQ(ReadSome(client, 100), "abcq");  // all that was sent, then the end
}

TEST(TcpServer, RefusesBeyondItsConnections) {
  TcpServerOptions options;
  options.max_connections = 1;
  const auto server = Serve(options);
  RawClient first(server->address());
  EXPECT_EQ(ReadSome(first, 6), "hello\n");
  RawClient second(server->address());
  EXPECT_TRUE(Ended(second));
  EXPECT_EQ(server->Connections(), 1u);
}

TEST(TcpServer, ClosesWhatIsIdleAndWhatDoesNotRead) {
  TcpServerOptions options;
  options.idle_timeout = std::chrono::seconds(0);
  const auto server = Serve(options);
  RawClient idle(server->address());
  ReadSome(idle, 6);
  EXPECT_TRUE(Ended(idle));
  options.idle_timeout = std::chrono::seconds(60);
  options.max_send_bytes = 64 << 10;
  const auto other = Serve(options);
  RawClient deaf(other->address());
  const std::string piece(1 << 20, 'x');
  bool open = true;
  for (int i = 0; open && i < 200; ++i) open = deaf.Send(piece);
  EXPECT_FALSE(open);
}

TEST(TcpServer, StopsUnderConnections) {
  auto server = Serve();
  RawClient client(server->address());
  EXPECT_EQ(ReadSome(client, 6), "hello\n");
  server->Stop();
  EXPECT_TRUE(Ended(client));
  server = nullptr;
}

TEST(TcpServer, SaysThatAnAddressIsTaken) {
  const auto server = Serve();
  TcpServerOptions options;
  options.address = server->address();
  const auto second = TcpServer::Listen(options, [](TcpLinkPtr) { return nullptr; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, base::ErrorKind::kConflict);
}

TEST(TcpServer, AnswersHeartbeats) {
  TcpServerOptions options;
  options.udp_heartbeat = true;
  const auto server = Serve(options);
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(
      static_cast<uint16_t>(std::stoi(server->address().substr(server->address().rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 3; ++i) {
    ::sendto(fd, "\0", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
    pollfd waiting{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 10'000), 1);
    char answer[8];
    EXPECT_EQ(::recv(fd, answer, sizeof answer, 0), 1);
    EXPECT_EQ(answer[0], '\0');
  }
  ::close(fd);
}

}  // namespace
}  // namespace pharos::net
