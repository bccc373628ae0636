#include "wire/fluent_forward.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/compress.h"
#include "wire/msgpack.h"

namespace pharos::wire {
namespace {

const std::string kFolder = "../shared/data/fluent_forward/";

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// The whole messages of a stream; "…" at the end for bytes that wait for more; the error else.
struct Stream {
  std::vector<FluentMessage> messages;
  size_t left = 0;
  std::string error;
};
Stream Split(const std::string& bytes) {
  Stream out;
  MsgpackScanner scanner;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    // Byte by byte, as the worst network delivers it.
    base::Result<size_t> size = size_t{0};
    for (size_t n = 1; n <= rest.size() && size && *size == 0; ++n) {
      size = scanner.Scan(rest.substr(0, n));
    }
    if (!size) {
      out.error = size.error().message;
      return out;
    }
    if (*size == 0) break;
    scanner.Reset();
    const std::string_view one = rest.substr(0, *size);
    rest.remove_prefix(*size);
    if (one == "\xC0") continue;
    auto message = DecodeFluentMessage(one);
    if (!message) {
      out.error = message.error().message;
      return out;
    }
    out.messages.push_back(*std::move(message));
  }
  out.left = rest.size();
  return out;
}

/// Canonical JSON of a value on both sides.
std::string Compact(simdjson::dom::element element) { return simdjson::to_string(element); }

TEST(FluentForward, TheCasesOfTheSpecification) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is missing";
  simdjson::dom::parser parser;
  simdjson::dom::parser other;
  const auto root = parser.load(kFolder + "cases.json");
  size_t seen = 0;
  for (const char* list : {"cases", "real"}) {
    for (const auto one : root[list].get_array()) {
      const std::string file(one["file"].get_string().value());
      SCOPED_TRACE(file);
      if (!std::filesystem::exists(kFolder + file)) continue;
      ++seen;
      const std::string bytes = ReadFile(kFolder + file);
      const Stream got = Split(bytes);
      const bool truncated = file == "bad_truncated.bin";
      if (!one["accept"].get_bool().value() && !truncated) {
        EXPECT_NE(got.error, "");
        continue;
      }
      EXPECT_EQ(got.error, "");
      EXPECT_EQ(got.left > 0, truncated);
      simdjson::dom::array events;
      if (one["events"].get(events) != simdjson::SUCCESS) {
        EXPECT_GE(got.messages.at(0).events.size(), 1u);
        continue;
      }
      std::vector<std::pair<std::string_view, FluentEvent>> flat;
      for (const FluentMessage& message : got.messages) {
        for (const FluentEvent& event : message.events) flat.emplace_back(message.tag, event);
      }
      ASSERT_EQ(flat.size(), events.size());
      size_t i = 0;
      for (const auto event : events) {
        EXPECT_EQ(flat[i].first, event["tag"].get_string().value());
        EXPECT_EQ(flat[i].second.time_ns, event["sec"].get_int64().value() * 1'000'000'000 +
                                              event["nsec"].get_int64().value());
        const std::string record = model::ValueToString(model::Value::Map(flat[i].second.record));
        EXPECT_EQ(Compact(other.parse(record)), Compact(event["record"])) << record;
        ++i;
      }
      simdjson::dom::element ack;
      std::string_view chunk;
      if (one["ack"].get(ack) == simdjson::SUCCESS && ack["ack"].get(chunk) == simdjson::SUCCESS) {
        EXPECT_EQ(got.messages.back().chunk, chunk);
      } else {
        for (const FluentMessage& message : got.messages) EXPECT_FALSE(message.chunk);
      }
    }
  }
  EXPECT_GT(seen, 10u);
}

TEST(FluentForward, TheHandshakeOfTheSpecification) {
  if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is missing";
  simdjson::dom::parser parser;
  const auto facts = parser.load(kFolder + "cases.json")["handshake"];
  const auto text = [&](const char* key) { return std::string(facts[key].get_string().value()); };
  const std::string bytes = ReadFile(kFolder + "handshake_ping.bin");
  const auto ping = DecodeFluentPing(bytes);
  ASSERT_TRUE(ping) << ping.error().message;
  EXPECT_EQ(ping->hostname, text("client_hostname"));
  EXPECT_EQ(ping->digest, text("ping_digest"));
  EXPECT_EQ(FluentDigest({ping->salt, ping->hostname, text("nonce"), text("shared_key")}),
            text("ping_digest"));
  EXPECT_EQ(FluentDigest({text("auth_salt"), text("user"), text("password")}),
            text("password_digest"));
  EXPECT_EQ(ping->password_digest, text("password_digest"));
  EXPECT_EQ(EncodeFluentPong(true, "", text("server_hostname"), text("pong_digest")),
            ReadFile(kFolder + "handshake_pong_ok.bin"));
  EXPECT_EQ(FluentDigest({ping->salt, text("server_hostname"), text("nonce"), text("shared_key")}),
            text("pong_digest"));
}

std::string Bytes(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

TEST(Msgpack, AllKinds) {
  const auto read = [](const std::string& bytes) {
    base::Arena arena;
    MsgpackReader reader(bytes, arena);
    const auto value = reader.Read();
    return value ? model::ValueToString(*value) : value.error().message;
  };
  EXPECT_EQ(read(Bytes({0x7F})), "127");
  EXPECT_EQ(read(Bytes({0xFF})), "-1");
  EXPECT_EQ(read(Bytes({0xCC, 0xFF})), "255");
  EXPECT_EQ(read(Bytes({0xD1, 0x80, 0x00})), "-32768");
  EXPECT_EQ(read(Bytes({0xCE, 0xFF, 0xFF, 0xFF, 0xFF})), "4294967295");
  EXPECT_EQ(read(Bytes({0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0})), "-9223372036854775808");
  EXPECT_EQ(read(Bytes({0xCA, 0x3F, 0xC0, 0, 0})), "1.5");
  EXPECT_EQ(read(Bytes({0xC3})), "true");
  EXPECT_EQ(read(Bytes({0xA2, 'h', 'i'})), "hi");
  EXPECT_EQ(read(Bytes({0xDA, 0, 2, 'h', 'i'})), "hi");
  EXPECT_EQ(read(Bytes({0x82, 0xA1, 'a', 0x92, 1, 0xC0, 7, 0xA1, 'x'})),
            R"({"a":[1,null],"7":"x"})");
  for (const std::string& bad :
       {Bytes({0xC1}), Bytes({0xA5, 'x'}), Bytes({0xDD, 0xFF, 0xFF, 0xFF, 0xFF}),
        Bytes({0xDF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1}), Bytes({}), Bytes({0xCD, 1}),
        Bytes({0x81, 0x81, 1, 1, 1}), std::string(100'000, '\x91')}) {
    EXPECT_TRUE(read(bad).starts_with("msgpack: ")) << read(bad);
  }
}

TEST(Msgpack, ScannerRefusesWhatNeverEnds) {
  MsgpackScanner scanner;
  EXPECT_FALSE(scanner.Scan(std::string(1000, '\x91')));
  scanner.Reset();
  EXPECT_FALSE(scanner.Scan("\x92\xC1"));
  scanner.Reset();
  EXPECT_EQ(*scanner.Scan(std::string("\xDD\xFF\xFF\xFF\xFF", 5)), 0u);  // waits, takes no memory
  scanner.Reset();
  EXPECT_EQ(*scanner.Scan("\x90\x90"), 1u);
}

TEST(FluentForward, RefusesWithAReason) {
  const auto error = [](std::string bytes) {
    const auto message = DecodeFluentMessage(bytes);
    return message ? "" : message.error().message;
  };
  EXPECT_EQ(error("\x91\xA1t"), "fluent forward: a message has two to four elements");
  EXPECT_EQ(error(Bytes({0x93, 0xA1, 't', 1, 0xA1, 'x'})),
            "fluent forward: a record must be a map");
  EXPECT_EQ(error(Bytes({0x93, 0xA1, 't', 1, 0x80, 0x80})),
            "fluent forward: bytes behind the message");
  EXPECT_EQ(error(Bytes({0x92, 0xA1, 't', 1})), "fluent forward: a message without a record");
  // A bomb: 70 MB of zeros.
  std::string packed = base::GzipCompress(std::string(70u << 20, '\0'));
  std::string bomb = Bytes({0x93, 0xA1, 't'});
  AppendMsgpackText(bomb, packed);
  AppendMsgpackMap(bomb, 1);
  AppendMsgpackText(bomb, "compressed");
  AppendMsgpackText(bomb, "gzip");
  EXPECT_NE(error(bomb), "");
}

TEST(FluentForward, MetadataOfFluentBit2) {
  const std::string bytes = Bytes({0x92, 0xA1, 't', 0x91, 0x92, 0x92, 5, 0x80, 0x81, 0xA1, 'a', 1});
  const auto message = DecodeFluentMessage(bytes);
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->events.at(0).time_ns, 5'000'000'000);
}

}  // namespace
}  // namespace pharos::wire
