#include "ingest/receive/loki_push.h"

#include <gtest/gtest.h>

#include <random>

#include "base/compress.h"
#include "ingest/receive/detected_level.h"
#include "ingest/receive/fake_sinks.h"
#include "ingest/receive/level_word.h"
#include "ingest/receive/service_name.h"

namespace pharos::ingest::receive {
namespace {

constexpr int64_t kNow = 1'700'000'000'000'000'000;

class LokiPushTest : public testing::Test {
 protected:
  LokiPushTest() : clock_(kNow) {
    RegisterLokiPush(router_, {.events = &events_, .clock = &clock_});
  }
  net::Response Json(std::string body, std::string path = "/loki/api/v1/push") {
    return Ask(router_, std::move(path), std::move(body), {{"Content-Type", "application/json"}});
  }
  static std::string Stream(std::string labels, std::string values) {
    return R"({"streams":[{"stream":)" + labels + R"(,"values":[)" + values + "]}]}";
  }
  base::FakeClock clock_;
  FakeEvents events_;
  net::Router router_;
};

TEST_F(LokiPushTest, StoresWithServiceNameAndLevel) {
  EXPECT_EQ(Json(Stream(R"({"app":"shop"})", R"(["1700000000000000000","{\"lvl\":\"WRN\"}"],
      ["1700000000000000001","level=error msg=x",{"trace_id":"t"}])"))
                .status,
            204);
  const auto& kept = events_.streams.at(R"({app="shop", service_name="shop"})");
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(model::FindAttribute(kept[0].attributes, kDetectedLevel)->text, "warn");
  EXPECT_EQ(model::FindAttribute(kept[1].attributes, kDetectedLevel)->text, "error");
  EXPECT_EQ(model::FindAttribute(kept[1].attributes, "trace_id")->text, "t");
}

TEST_F(LokiPushTest, EachStreamOfAPushHasItsOwnLevel) {
  std::string streams;
  for (const char* level : {"info", "warn", "info", "error", "fatal", "trace"}) {
    streams += streams.empty() ? "" : ",";
    streams += std::string(R"({"stream":{"app":"shop","level":")") + level +
               R"("},"values":[["1700000000000000000","a line"]]})";
  }
  EXPECT_EQ(Json(R"({"streams":[)" + streams + "]}").status, 204);
  ASSERT_EQ(events_.streams.size(), 5u);
  for (const auto& [stream, kept] : events_.streams) {
    const std::string level(model::FindAttribute(kept[0].attributes, kDetectedLevel)->text);
    EXPECT_NE(stream.find("level=\"" + level + "\""), std::string::npos) << stream << level;
  }
}

TEST_F(LokiPushTest, RefusesInLokisWords) {
  EXPECT_EQ(Json("").status, 400);
  auto answer = Json(R"({"streams":[]})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.body, "error at least one valid stream is required for ingestion\n");
  answer = Json(R"({"streams":[{"labels":"{ab\"","entries":[]}]})", "/api/prom/push");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "couldn't parse labels: 1:4: parse error: unterminated quoted string\n");
  answer = Json(Stream(R"({"app":"a"})", R"(["1","x"],["1600000000000000000","y"])"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            "1 errors like: entry for stream '{app=\"a\", service_name=\"a\"}' has timestamp too "
            "old: 1970-01-01T00:00:00Z, oldest acceptable timestamp is: 2023-11-07T22:13:20Z; "
            "1 errors like: entry for stream '{app=\"a\", service_name=\"a\"}' has timestamp too "
            "old: 2020-09-13T12:26:40Z, oldest acceptable timestamp is: 2023-11-07T22:13:20Z\n");
  answer =
      Json(Stream(R"({"app":"a"})", R"(["4102444800000000000","x"],["1700000000000000000","ok"])"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            "entry for stream '{app=\"a\", service_name=\"a\"}' has timestamp too new: "
            "2100-01-01T00:00:00Z\n");
  EXPECT_EQ(events_.streams.at(R"({app="a", service_name="a"})").size(), 1u);
  answer = Json(
      Stream(R"({"app":"a"})", R"(["1700000000000000000",")" + std::string(300'000, 'x') + "\"]"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("max entry size '262144' bytes exceeded"), std::string::npos);
}

TEST_F(LokiPushTest, LimitsOfAFileCount) {
  net::Router router;
  RegisterLokiPush(router, {.events = &events_, .clock = &clock_},
                   {.reject_old = false, .max_line_bytes = 3, .max_label_names = 1});
  const auto ask = [&](std::string labels, std::string values) {
    return Ask(router, "/loki/api/v1/push", Stream(std::move(labels), std::move(values)),
               {{"Content-Type", "application/json"}});
  };
  EXPECT_EQ(ask(R"({"app":"a"})", R"(["1600000000000000000","old"])").status, 204);
  EXPECT_NE(ask(R"({"app":"a"})", R"(["1700000000000000000","long"])").body.find("'3' bytes"),
            std::string::npos);
  EXPECT_NE(ask(R"({"app":"a","b":"c"})", R"(["1700000000000000000","x"])").body.find("limit 1"),
            std::string::npos);
}

TEST_F(LokiPushTest, StreamsOfExemplarsAreReserved) {
  const auto answer = Json(Stream(R"({"__exemplars__":"up"})", R"(["1700000000000000000","x"])"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("has the label '__exemplars__', which is reserved"), std::string::npos)
      << answer.body;
  EXPECT_TRUE(events_.streams.empty());
}

TEST_F(LokiPushTest, ChecksTypeAndEncoding) {
  const auto with = [&](std::string type, std::string encoding, std::string body) {
    return Ask(router_, "/loki/api/v1/push", std::move(body),
               {{"Content-Type", type}, {"Content-Encoding", encoding}});
  };
  const std::string body = Stream(R"({"app":"a"})", R"(["1700000000000000000","x"])");
  EXPECT_EQ(with("application/json; charset=utf-8", "gzip", base::GzipCompress(body)).status, 204);
  EXPECT_EQ(with("application/json", "br", body).body, "Content-Encoding \"br\" not supported\n");
  EXPECT_EQ(with("", "", body).body, "mime: no media type\n");
  EXPECT_EQ(with("application/x-protobuf", "", "junk").body, "snappy: corrupt input\n");
  EXPECT_EQ(with("application/json", "gzip", "junk").status, 400);
}

TEST_F(LokiPushTest, EngineBusyIsToldToRetry) {
  events_.refuse = base::Error{base::ErrorKind::kBusy, "memory budget is used up"};
  const auto answer = Json(Stream(R"({"app":"a"})", R"(["1700000000000000000","x"])"));
  EXPECT_EQ(answer.status, 503);
}

TEST(DetectedLevel, FindsWhatLokiFinds) {
  for (const auto& [line, want] : std::vector<std::pair<std::string, std::string>>{
           {R"({"level":"Info"})", "info"},
           {R"({"a":{"severity":"CRITICAL"}})", "critical"},
           {R"({"a":{"b":{"level":"dbg"}}})", "unknown"},
           {R"({"a":{"b":{"level":"error"}}})", "error"},  // by its word
           {R"({"msg":"x","level":30})", "unknown"},
           {R"({"level":"strange","m":" error "})", "error"},
           {"ts=1 Level=WARNING msg=\"error happened\"", "warn"},
           {"lvl=debug level=error", "error"},
           {"[ERROR] broken", "error"},
           {"debug: x", "debug"},
           {"misc:error", "unknown"},
           {"terror", "unknown"},
           {"warning and error", "warn"},
           {"", "unknown"},
           {"nothing here", "unknown"}}) {
    EXPECT_EQ(LevelOfLine(line), want) << line;
  }
}

TEST(DetectedLevel, FindsAWordWhereverItStands) {
  const std::vector<std::pair<std::string, std::string>> words = {
      {"Trace", "trace"},       {"DEBUG", "debug"},  {"fatal", "fatal"},
      {"Critical", "critical"}, {"error", "error"},  {"ERR", "error"},
      {"warn", "warn"},         {"warning", "warn"}, {"info", "info"}};
  for (const auto& [word, want] : words) {
    for (size_t before = 0; before < 40; ++before) {
      for (size_t behind = 0; behind < 20; ++behind) {
        // Beginnings of such words, and one in the midst of another.
        const std::string front =
            std::string("defaced tracer warned-info ").append(before, 'x').append(before % 2, ' ');
        const bool apart = before == 0 || before % 2 == 1;
        const std::string line = front + word + ' ' + std::string(behind, 'y');
        EXPECT_EQ(LevelOfLine(line), apart ? want : "unknown") << line;
      }
    }
  }
}

TEST(DetectedLevel, FindsAFieldWhereverItStands) {
  for (const std::string field : {"level", "LEVEL", "Level", "log.level", "severity", "SEVERITY",
                                  "SeverityText", "lvl", "Lvl", "lVL", "severity_TEXT"}) {
    for (size_t before = 0; before < 40; ++before) {
      for (size_t behind = 0; behind < 20; ++behind) {
        // No word of its own: only the field says it.
        const std::string front = before == 0 ? "" : std::string(before, 'x') + "=1 a=el ";
        const std::string line = front + field + "=wrn " + std::string(behind, 'y');
        EXPECT_EQ(LevelOfLine(line), "warn") << line;
        EXPECT_EQ(LevelOfLine(front + field + " =wrn"), "unknown") << line;
        EXPECT_EQ(LevelOfLine(front + "my" + field + "=wrn"), "unknown") << line;
      }
    }
  }
}

/// What LevelOfLine says of a line that is no JSON and has no '=': place by place.
std::string PlainLevelWord(const std::string& line) {
  const std::pair<std::string, std::string> words[] = {
      {"trace", "trace"},       {"debug", "debug"}, {"fatal", "fatal"},
      {"critical", "critical"}, {"error", "error"}, {"err", "error"},
      {"warning", "warn"},      {"warn", "warn"},   {"info", "info"}};
  std::string lower;
  for (const char c : line) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (size_t at = 0; at < line.size(); ++at) {
    if (at > 0 && std::string(" \t\n[({\"'|").find(line[at - 1]) == std::string::npos) continue;
    for (const auto& [word, level] : words) {
      if (lower.compare(at, word.size(), word) != 0) continue;
      const size_t end = at + word.size();
      if (end == line.size() ||
          std::string(" \t\n[](){}:,!\"'|").find(line[end]) != std::string::npos) {
        return level;
      }
    }
  }
  return "unknown";
}

TEST(DetectedLevel, AgreesWithALookAtEachPlace) {
  const std::string pieces[] = {"trace",   "Debug", "fatal", "critical", "error",    "err",
                                "warning", "warn",  "INFO",  "er",       "in",       "tr",
                                "wa",      "cr",    "de",    "x",        "\xc3\xa9", "\xe5\xf4",
                                "]",       ":",     "!",     ","};
  const std::string between = " \t\n[({\"'|";
  std::mt19937_64 random(5);
  size_t found = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string line;
    for (size_t n = random() % 9; n > 0; --n) {
      if (random() % 3 != 0) line += between[random() % between.size()];
      line += pieces[random() % std::size(pieces)];
      line.append(random() % 4 == 0 ? random() % 20 : 0, '.');
    }
    ASSERT_EQ(LevelOfLine(line), PlainLevelWord(line)) << line;
    ASSERT_EQ(FindLevelWordBy16(line).level, PlainLevelWord(line)) << line;
    if (CanFindLevelWordBy32()) {
      const LevelWord word = FindLevelWordBy32(line);
      ASSERT_EQ(word.level, PlainLevelWord(line)) << line;
      ASSERT_FALSE(word.may_have_fields) << line;
      ASSERT_TRUE(FindLevelWordBy32(line + ".=wrn").may_have_fields) << line;
      ASSERT_TRUE(FindLevelWordBy32("a=wrn " + line).may_have_fields) << line;
    }
    if (PlainLevelWord(line) != "unknown") ++found;
  }
  EXPECT_GT(found, 10'000u);
}

TEST(DetectedLevel, PrefersLabelsThenFieldsThenSeverity) {
  model::Event event;
  event.severity_number = 17;
  EXPECT_EQ(DetectLevel("", event, "info"), "error");
  EXPECT_EQ(DetectLevel(LevelOfStream({{"level", "DBG"}}), event, "info"), "debug");
  const model::KeyValue field{"severity", model::Value::String("Warn")};
  event.attributes = {&field, 1};
  EXPECT_EQ(DetectLevel("", event, "info"), "warn");
}

TEST(ServiceName, TakesTheFirstCandidate) {
  EXPECT_EQ(WithServiceName({{"job", "j"}, {"container", "c"}}).Get("service_name"), "c");
  EXPECT_EQ(WithServiceName({{"x", "1"}}).Get("service_name"), "unknown_service");
  EXPECT_EQ(WithServiceName({{"app", "a"}, {"service_name", "s"}}).Get("service_name"), "s");
}

}  // namespace
}  // namespace pharos::ingest::receive
