#include "ingest/receive/fluent_forward.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ingest/receive/fake_sinks.h"
#include "net/raw_client.h"
#include "wire/msgpack.h"

namespace pharos::ingest::receive {
namespace {

constexpr int64_t kTime = 1'441'588'984;

/// A sink whose acknowledgements the test gives.
class SlowEvents final : public store::EventSink {
 public:
  base::Result<store::EventAppendResult> Append(std::string_view,
                                                const model::EventBatch& batch) override {
    std::lock_guard lock(mutex_);
    if (refuse) return std::unexpected(*refuse);
    for (const auto& stream : batch.streams) {
      for (const auto& event : stream.events) lines_.emplace_back(event.body.text);
    }
    acks_.emplace_back();
    return store::EventAppendResult{acks_.back(), 0, ""};
  }
  bool Resolve(base::Result<void> fate) {
    for (int i = 0; i < 1000; ++i) {
      {
        std::lock_guard lock(mutex_);
        if (resolved_ < acks_.size()) {
          acks_[resolved_++].Resolve(fate);
          return true;
        }
      }
      ::usleep(5000);
    }
    return false;
  }
  std::vector<std::string> lines() {
    std::lock_guard lock(mutex_);
    return lines_;
  }
  std::optional<base::Error> refuse;

 private:
  std::mutex mutex_;
  std::vector<base::Ack> acks_;
  size_t resolved_ = 0;
  std::vector<std::string> lines_;
};

std::string Message(std::string_view log, std::string_view chunk) {
  std::string out;
  wire::AppendMsgpackArray(out, chunk.empty() ? 3 : 4);
  wire::AppendMsgpackText(out, "app");
  for (const int byte : {0xCE, 0x55, 0xEC, 0xE6, 0xF8}) out += static_cast<char>(byte);
  wire::AppendMsgpackMap(out, 1);
  wire::AppendMsgpackText(out, "log");
  wire::AppendMsgpackText(out, log);
  if (chunk.empty()) return out;
  wire::AppendMsgpackMap(out, 1);
  wire::AppendMsgpackText(out, "chunk");
  wire::AppendMsgpackText(out, chunk);
  return out;
}

std::string ReadSome(net::RawClient& client, size_t bytes) {
  std::string out(bytes, '\0');
  size_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::recv(client.fd(), out.data() + done, bytes - done, 0);
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  out.resize(done);
  return out;
}
bool Silent(net::RawClient& client) {
  pollfd waiting{client.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 50) == 0;
}

class Fluent : public ::testing::Test {
 protected:
  void Serve(store::EventSink& events, FluentOptions options = {}) {
    target_.events = &events;
    target_.clock = &clock_;
    options.address = "127.0.0.1:0";
    auto server = FluentForward::Listen(std::move(options), FluentIntoStore(target_));
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  base::FakeClock clock_{kTime * 1'000'000'000 + 5};
  Target target_;
  std::unique_ptr<FluentForward> server_;
};

TEST_F(Fluent, AcknowledgesOnlyWhatIsDurable) {
  SlowEvents events;
  Serve(events);
  net::RawClient client(server_->address());
  ASSERT_TRUE(client.Send(Message("one", "c1") + Message("two", "")));
  EXPECT_TRUE(Silent(client));
  ASSERT_TRUE(events.Resolve({}));
  const std::string ack = wire::EncodeFluentAck("c1");
  EXPECT_EQ(ReadSome(client, ack.size()), ack);
  ASSERT_TRUE(events.Resolve({}));
  ASSERT_TRUE(client.Send(Message("three", "c2")));
  ASSERT_TRUE(events.Resolve(base::Fail(base::ErrorKind::kIo, "disk")));
  EXPECT_EQ(ReadSome(client, 1), "");  // closed without an acknowledgement
  server_ = nullptr;                   // before the sink that it borrows
  EXPECT_EQ(events.lines(), (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(Fluent, ClosesWhenTheStoreIsBusyOrTheBytesAreWrong) {
  SlowEvents events;
  events.refuse = base::Error{base::ErrorKind::kBusy, "memory"};
  Serve(events);
  net::RawClient client(server_->address());
  ASSERT_TRUE(client.Send(Message("one", "c1")));
  EXPECT_EQ(ReadSome(client, 1), "");
  net::RawClient wrong(server_->address());
  ASSERT_TRUE(wrong.Send("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(ReadSome(wrong, 1), "");
  server_ = nullptr;  // before the sink that it borrows
}

TEST_F(Fluent, RecordsBecomeEntries) {
  FakeEvents events;
  Serve(events);
  const std::string folder = "../shared/data/fluent_forward/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is missing";
  net::RawClient client(server_->address());
  std::string bytes = "\xC0";  // a heartbeat in front
  for (const char* file : {"message_eventtime.bin", "message_chunk_ack.bin"}) {
    std::stringstream text;
    text << std::ifstream(folder + file, std::ios::binary).rdbuf();
    bytes += text.str();
  }
  // A record without a line field, and one of Docker's log driver.
  wire::AppendMsgpackArray(bytes, 3);
  wire::AppendMsgpackText(bytes, "x");
  bytes += std::string("\xCE\x55\xEC\xE6\xF8\x81", 6);
  wire::AppendMsgpackText(bytes, "a");
  bytes += '\x01';
  for (const char c : bytes) ASSERT_TRUE(client.Send(std::string(1, c)));
  const std::string ack = wire::EncodeFluentAck("p8n9gmxTQVC8/nh2wlKKeQ==");
  ASSERT_EQ(ReadSome(client, ack.size()), ack);
  ASSERT_TRUE(client.Send(Message("end", "last")));
  ReadSome(client, wire::EncodeFluentAck("last").size());
  server_ = nullptr;
  const auto& stream =
      events.streams.at(R"({fluent_tag="tag.name", service_name="unknown_service"})");
  ASSERT_EQ(stream.size(), 2u);
  EXPECT_EQ(stream[0].body.text, "hello");
  EXPECT_EQ(stream[0].time_ns, kTime * 1'000'000'000 + 123'456'789);
  EXPECT_EQ(model::FindAttribute(stream[0].attributes, "stream")->text, "stdout");
  EXPECT_EQ(model::FindAttribute(stream[0].attributes, "n")->integer, 7);
  EXPECT_EQ(model::FindAttribute(stream[0].attributes, "log"), nullptr);
  EXPECT_EQ(stream[1].body.text, "\xD0\xB2\xD1\x82\xD0\xBE\xD1\x80\xD0\xBE\xD0\xB5");
  EXPECT_EQ(model::FindAttribute(stream[1].attributes, "detected_level")->text, "warn");
  EXPECT_EQ(events.streams.at(R"({fluent_tag="x", service_name="unknown_service"})")[0].body.text,
            R"({"a":1})");
}

TEST_F(Fluent, SharedKey) {
  FakeEvents events;
  FluentOptions options;
  options.shared_key = "secret";
  options.users = {{"alice", "pa55"}};
  Serve(events, options);
  const auto shake = [&](std::string_view key, std::string_view password) {
    net::RawClient client(server_->address());
    const std::string helo =
        ReadSome(client, wire::EncodeFluentHelo(std::string(32, '0'), std::string(32, '0')).size());
    base::Arena arena;
    wire::MsgpackReader reader(helo, arena);
    const auto said = reader.Read();
    const model::Value& facts = said->array()[1];
    const std::string nonce(model::FindAttribute(facts.map(), "nonce")->text);
    const std::string auth(model::FindAttribute(facts.map(), "auth")->text);
    std::string ping;
    wire::AppendMsgpackArray(ping, 6);
    for (const std::string& text :
         {std::string("PING"), std::string("client"), std::string("salt"),
          wire::FluentDigest({"salt", "client", nonce, key}), std::string("alice"),
          wire::FluentDigest({auth, "alice", password})}) {
      wire::AppendMsgpackText(ping, text);
    }
    client.Send(ping + Message("line", "c"));
    const std::string good = wire::EncodeFluentPong(
        true, "", "pharos", wire::FluentDigest({"salt", "pharos", nonce, key}));
    return ReadSome(client, good.size()) == good &&
           ReadSome(client, 1).size() == 1;  // and the acknowledgement
  };
  EXPECT_FALSE(shake("wrong", "pa55"));
  EXPECT_FALSE(shake("secret", "wrong"));
  EXPECT_TRUE(events.streams.empty());
  EXPECT_TRUE(shake("secret", "pa55"));
  server_ = nullptr;
  EXPECT_EQ(events.streams.size(), 1u);
}

}  // namespace
}  // namespace pharos::ingest::receive
