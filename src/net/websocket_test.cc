#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/raw_client.h"
#include "net/server.h"

namespace pharos::net {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A client's frame, masked with a fixed key.
std::string Frame(int opcode, std::string_view payload) {
  std::string out;
  out += static_cast<char>(0x80 | opcode);
  out += static_cast<char>(0x80 | payload.size());  // short ones only
  const char mask[4] = {1, 2, 3, 4};
  out.append(mask, 4);
  for (size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

struct ServerFrame {
  int opcode = -1;
  std::string payload;
};

ServerFrame ReadFrame(RawClient& client) {
  const std::string head = client.Take(2);
  if (head.size() < 2) return {};
  size_t length = static_cast<unsigned char>(head[1]) & 0x7f;
  const size_t wide = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (wide > 0) {
    length = 0;
    for (const char c : client.Take(wide)) length = length << 8 | static_cast<unsigned char>(c);
  }
  return {head[0] & 0x0f, client.Take(length)};
}

int CloseCode(const ServerFrame& frame) {
  if (frame.opcode != 8 || frame.payload.size() < 2) return -1;
  return static_cast<unsigned char>(frame.payload[0]) << 8 |
         static_cast<unsigned char>(frame.payload[1]);
}

class WebSocketTest : public testing::Test {
 protected:
  WebSocketTest() {
    router_->AddWebSocket("/echo/{name}", [this](Request request, WebSocketPtr socket) {
      socket->Send("hello " + std::string(request.PathParam("name")));
      socket->OnMessage([socket](std::string text) {
        if (text == "throw") throw std::runtime_error("y");
        if (text == "bye") {
          socket->Close(1000, "as you wish");
        } else {
          socket->Send("echo " + text);
        }
      });
      socket->OnClose([this] { closed_ = true; });
      socket_ = std::move(socket);
    });
    router_->AddWebSocket("/throw", [](Request, WebSocketPtr) { throw std::runtime_error("x"); });
    server_ = Server::Make({.allowed_hosts = {}});
    address_ = server_->Listen({.name = "ws", .address = "127.0.0.1:0", .router = router_}).value();
  }
  ~WebSocketTest() override { server_.reset(); }

  void Open(RawClient& client) {
    client.Send(Get("/echo/you?x=1", kUpgrade));
    EXPECT_THAT(client.Take(12), HasSubstr("101"));
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const std::string byte = client.Take(1);
      if (byte.empty()) break;
      head += byte;
    }
    EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    EXPECT_EQ(ReadFrame(client).payload, "hello you");
  }

  std::atomic<bool> closed_{false};
  WebSocketPtr socket_;
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
  std::string address_;
};

TEST_F(WebSocketTest, EchoesPingsAndCloses) {
  RawClient client(address_);
  Open(client);
  client.Send(Frame(1, "one") + Frame(9, "ping!") + Frame(1, "two"));
  std::string text;
  std::string pong;
  for (int i = 0; i < 3; ++i) {  // the pong may overtake the echoes
    const ServerFrame frame = ReadFrame(client);
    (frame.opcode == 10 ? pong : text) += frame.payload + ";";
  }
  EXPECT_EQ(text, "echo one;echo two;");
  EXPECT_EQ(pong, "ping!;");
  client.Send(Frame(1, "bye"));
  const ServerFrame close = ReadFrame(client);
  EXPECT_EQ(CloseCode(close), 1000);
  EXPECT_EQ(close.payload.substr(2), "as you wish");
  client.Send(Frame(8, close.payload));
  EXPECT_TRUE(client.AtEnd());
  client.Close();
  while (!closed_) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(socket_->Send("too late"));
  bool called = false;
  socket_->OnClose([&] { called = true; });
  EXPECT_TRUE(called);
}

TEST_F(WebSocketTest, LargeMessagesFromAnyThread) {
  RawClient client(address_);
  Open(client);
  std::thread sender([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(socket_->Send(std::string(100'000, 'a' + i)));
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(ReadFrame(client).payload == std::string(100'000, 'a' + i)) << i;
  }
  sender.join();
}

TEST_F(WebSocketTest, ASlowClientIsClosed) {
  RawClient client(address_);
  Open(client);
  int sent = 0;
  while (sent < 1000 && socket_->Send(std::string(100'000, 'x'))) ++sent;
  EXPECT_LT(sent, 500) << "the queue is bounded";
  EXPECT_FALSE(socket_->Send("more"));
}

TEST_F(WebSocketTest, BadFramesEndTheChannel) {
  RawClient client(address_);
  Open(client);
  client.Send(std::string(20, '\xff'));
  EXPECT_EQ(CloseCode(ReadFrame(client)), 1002);
  client.Close();
  while (!closed_) std::this_thread::sleep_for(1ms);
  RawClient binary(address_);
  closed_ = false;
  Open(binary);
  binary.Send(Frame(1, "\xc3\x28"));  // not UTF-8
  EXPECT_EQ(CloseCode(ReadFrame(binary)), 1007);
}

TEST_F(WebSocketTest, DrainSaysGoingAway) {
  RawClient client(address_);
  Open(client);
  std::thread drain([&] { server_->Drain(5s); });
  const ServerFrame close = ReadFrame(client);
  EXPECT_EQ(CloseCode(close), 1001);
  client.Send(Frame(8, close.payload));
  client.Close();
  drain.join();
  EXPECT_TRUE(closed_);
}

TEST_F(WebSocketTest, RefusesWhatIsNoUpgrade) {
  RawClient client(address_);
  client.Send(Get("/echo/you"));
  EXPECT_EQ(client.Read().status, 400);
  client.Send("POST /echo/you HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read().status, 405);
  client.Send(Get("/echo/you", "Origin: http://evil.org\r\n" + std::string(kUpgrade)));
  EXPECT_EQ(client.Read().status, 403);
}

TEST_F(WebSocketTest, AHandlerThatFailsClosesWith1011) {
  RawClient client(address_);
  client.Send(Get("/throw", kUpgrade));
  EXPECT_THAT(client.Read(true).head, HasSubstr("101 Switching"));
  EXPECT_EQ(CloseCode(ReadFrame(client)), 1011);
  RawClient later(address_);
  Open(later);
  later.Send(Frame(1, "throw"));
  EXPECT_EQ(CloseCode(ReadFrame(later)), 1011);
}

}  // namespace
}  // namespace pharos::net
