#include "alert/alert_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>

#include "alert/limits.h"
#include "alert/record_log.h"
#include "alert/world_test.h"
#include "text/duration.h"

namespace pharos::alert {
namespace {

using Json = simdjson::dom::element;

/// now, now.Add("-2m") or now.Add(-time.Minute), as the table has Go's expressions.
int64_t TimeOf(Json item, const char* key) {
  Json time;
  if (item[key].get(time) != simdjson::SUCCESS) return 0;
  Json args;
  if (time["args"].get(args) != simdjson::SUCCESS) return kStartNs;
  std::string_view text;
  if (args.at(0).get(text) == simdjson::SUCCESS)
    return kStartNs + text::ParseGoDuration(text).value();
  text = args.at(0)["_src"].get_string().value();
  return kStartNs + (text == "-time.Minute" ? -kMinute : kMinute);
}

AlertRecord Record(Json item) {
  AlertRecord out;
  out.labels = {{"a", "b"}};
  Json alert;
  if (item["Alert"].get(alert) == simdjson::SUCCESS) {
    out.starts_at_ns = TimeOf(alert, "StartsAt");
    out.ends_at_ns = TimeOf(alert, "EndsAt");
  }
  out.updated_at_ns = TimeOf(item, "UpdatedAt");
  bool timeout = false;
  out.timeout = item["Timeout"].get(timeout) == simdjson::SUCCESS && timeout;
  return out;
}

TEST(AlertRecord, MergeTableOfTheOriginal) {
  if (!std::filesystem::exists(kData)) GTEST_SKIP() << "no " << kData;
  simdjson::dom::parser parser;
  size_t checked = 0;
  for (const Json table :
       parser.load(std::string(kData) + "unit/alert.json")["tables"].get_array()) {
    if (table["test"].get_string().value() != "TestAlertMerge") continue;
    for (const Json item : table["cases"].get_array()) {
      SCOPED_TRACE(simdjson::minify(item));
      const AlertRecord want = Record(item["Res"]);
      for (const AlertRecord& got : {Merge(Record(item["A"]), Record(item["B"]), kStartNs),
                                     Merge(Record(item["B"]), Record(item["A"]), kStartNs)}) {
        EXPECT_EQ(got.starts_at_ns, want.starts_at_ns);
        EXPECT_EQ(got.ends_at_ns, want.ends_at_ns);
        EXPECT_EQ(got.updated_at_ns, want.updated_at_ns);
        EXPECT_EQ(got.timeout, want.timeout);
      }
      ++checked;
    }
  }
  EXPECT_EQ(checked, 8u);
}

TEST(AlertRecord, FingerprintOrderAndText) {
  // Seen at the original.
  EXPECT_EQ(FingerprintText(FingerprintOf({{"alertname", "b"}})), "d256efc389800170");
  EXPECT_EQ(LabelSetText({{"b", "x\"y"}, {"a", "1"}}), "{a=\"1\", b=\"x\\\"y\"}");
  EXPECT_EQ(TimeText(0), "0001-01-01T00:00:00Z");
  AlertRecord a, b;
  a.labels = {{"job", "a"}, {"instance", "2"}};
  b.labels = {{"job", "a"}, {"instance", "1"}, {"x", "y"}};
  EXPECT_TRUE(AlertBefore(b, a));
  a.labels = {{"x", "1"}};
  EXPECT_TRUE(AlertBefore(b, a));  // with a job before those without
  EXPECT_TRUE(LabelsBefore({{"z", "1"}}, {{"a", "1"}, {"b", "1"}}));
  EXPECT_TRUE(LabelsBefore({{"b", "1"}}, {{"a", "1"}}));
  EXPECT_FALSE(LabelsBefore({{"a", "1"}}, {{"a", "1"}}));
}

TEST(AlertRecord, Faults) {
  AlertRecord alert;
  EXPECT_EQ(AlertFault(alert), "start time missing");
  alert.starts_at_ns = 10;
  EXPECT_EQ(AlertFault(alert), "at least one label pair required");
  alert.labels = {{"a", "\xFF"}};
  EXPECT_EQ(AlertFault(alert), "invalid label set: invalid value \"\\xff\"");
  alert.labels = {{"a", "b"}};
  alert.ends_at_ns = 5;
  EXPECT_EQ(AlertFault(alert), "start time must be before end time");
  alert.ends_at_ns = 0;
  EXPECT_EQ(AlertFault(alert), "");
  const std::string huge(kMaxAlertBytes, 'x');
  alert.annotations = {{"a", huge}};
  EXPECT_THAT(AlertFault(alert), testing::HasSubstr("bytes, more than"));
}

TEST(RecordLog, TornEndsAndForeignFiles) {
  io::SimFs fs;
  ASSERT_TRUE(fs.MakeDirs("d"));
  std::vector<std::string> seen;
  const auto open = [&] {
    seen.clear();
    return RecordLog::Open(fs, "d/log", [&](std::string_view record) -> base::Result<void> {
      seen.emplace_back(record);
      return {};
    });
  };
  {
    auto log = *open();
    const std::string records[] = {"one", "", "three"};
    ASSERT_TRUE(log->Append(records, true));
  }
  {
    auto file = *fs.OpenAppend("d/log");
    ASSERT_TRUE(file->Append(std::string("\x05\0\0\0torn", 8)));
  }
  auto log = *open();
  EXPECT_THAT(seen, testing::ElementsAre("one", "", "three"));
  const std::string more[] = {"four"};
  ASSERT_TRUE(log->Append(more, true));
  log = *open();
  EXPECT_THAT(seen, testing::ElementsAre("one", "", "three", "four"));
  // A disk that is full loses nothing that was there, and takes more when there is room.
  fs.SetCapacity(fs.UsedBytes() + 5);
  const std::string big[] = {std::string(100, 'x')};
  EXPECT_FALSE(log->Append(big, true));
  fs.SetCapacity(UINT64_MAX);
  ASSERT_TRUE(log->Append(more, true));
  log = *open();
  EXPECT_EQ(seen.size(), 5u);

  auto foreign = *fs.Create("d/log");
  ASSERT_TRUE(foreign->Append("some other file"));
  EXPECT_EQ(open().error().kind, base::ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pharos::alert
