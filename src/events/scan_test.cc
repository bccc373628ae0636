// Scans give the events that a cursor gives, with the fields that a reader of whole lines finds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "events/world_test.h"
#include "match/json_fields.h"
#include "text/go_float.h"

namespace pharos::events {
namespace {

using Row = std::tuple<int64_t, std::string, std::map<std::string, std::string>>;

/// What is asked of a line, by a reader of whole lines.
std::map<std::string, std::string> FieldsOf(std::string_view line,
                                            const std::vector<std::string>& names) {
  std::map<std::string, std::string> out;
  std::string scratch;
  (void)match::FlattenJson(line, [&](std::string_view name, const match::JsonSlice& value) {
    if (std::find(names.begin(), names.end(), name) == names.end()) return;
    out[std::string(name)] = match::JsonText(value, &scratch);
  });
  return out;
}

class Collector final : public store::ScanSink {
 public:
  explicit Collector(const std::vector<std::string>& names) : names_(names) {}

  base::Result<void> Rows(const model::Labels& stream, const store::ScanRows& scanned) override {
    const auto& times = scanned.times;
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    for (size_t i = 0; i < times.size(); ++i) {
      std::map<std::string, std::string> found;
      for (size_t f = 0; f < scanned.fields.size(); ++f) {
        const store::ScanField& field = scanned.fields[f];
        if (!field.numbers.empty() && !std::isnan(field.numbers[i])) {
          found[names_[f]] = text::GoFloat(field.numbers[i]);
          ++numbers;
        } else if (!field.texts.empty() && field.texts[i].data() != nullptr) {
          found[names_[f]] = field.texts[i];
        }
      }
      rows.emplace_back(times[i], stream.bytes(), std::move(found));
      ++reduced;
      if (scanned.filtered) ++filtered;
    }
    return {};
  }
  base::Result<void> Whole(const model::Labels& stream, const model::Event& event) override {
    rows.emplace_back(event.time_ns, stream.bytes(), FieldsOf(event.body.text, names_));
    return {};
  }
  std::vector<Row> rows;
  size_t reduced = 0;
  size_t filtered = 0;
  size_t numbers = 0;

 private:
  const std::vector<std::string>& names_;
};

class Scan : public ::testing::Test {
 protected:
  std::string RandomLine() {
    const auto word = [&] {
      static constexpr const char* kWords[] = {"info",    "error", "warn", "a\\\"b",
                                               "\\u00e9", "ü\xff", ""};
      return std::string(kWords[random_() % 7]);
    };
    const auto number = [&] {
      switch (random_() % 5) {
        case 0: return std::string("null");
        case 1: return std::string("true");
        case 2: return std::to_string(random_() % 1000) + "." + std::to_string(random_() % 100);
        case 3: return "-" + std::to_string(random_() % 1000);
        default: return std::to_string(random_() % 1000);
      }
    };
    switch (random_() % 6) {
      case 0: return "level=" + word() + " n=" + number();
      case 1: return R"({"level":")" + word() + R"(","n":[1,2],"x":{"y":")" + word() + "\"}}";
      case 2: return R"({"n":)" + number() + R"(,"level":")" + word() + R"(","n":7})";
      case 3: return R"({"level":)" + number() + "} and more";
      default:
        return R"({"level":")" + word() + R"(","n":)" + number() + R"(,"x":{"y":)" + number() +
               "}}";
    }
  }
  void Append(size_t count, int64_t from) {
    model::EventBatch batch;
    for (int pod = 0; pod < 2; ++pod) {
      model::StreamEvents stream{model::Labels{{"pod", std::to_string(pod)}}, {}};
      for (size_t i = 0; i < count; ++i) {
        stream.events.push_back(
            Line(from + static_cast<int64_t>(i) * 1000, batch.arena.Copy(RandomLine())));
      }
      batch.streams.push_back(std::move(stream));
    }
    ASSERT_TRUE(world_.engine->Append("default", batch));
    ASSERT_TRUE(world_.engine->Append("default", batch));  // the sender tries again
  }
  std::mt19937_64 random_{3};
  World world_;
};

TEST_F(Scan, GivesWhatACursorGives) {
  ASSERT_TRUE(world_.Start());
  const int64_t start = kNow - kHour;
  Append(6000, start);
  ASSERT_TRUE(world_.engine->Flush());
  Append(500, start + 5'900'000);  // late ones overlap what is sealed
  for (const bool json : {true, false}) {
    for (const char* level : {"error", "a\"b", "", "none"}) {
      store::EventQuery query = All();
      query.end_ns = start + 6'200'000;
      query.fields.json = json;
      if (json) query.fields.names = {"level", "x_y", "n"};
      const auto passes = [&](std::string_view value) { return value == level; };
      if (json) query.fields.filters.push_back({0, passes, {}});
      if (json) query.fields.filters.push_back({2, {}, [](double n) { return n >= 500; }});
      Collector scanned(query.fields.names);
      const auto done = world_.engine->Scan(query, scanned);
      ASSERT_TRUE(done.has_value() && *done);
      // No line has "none": where fields are read, the dictionaries alone tell.
      if (!json || level != std::string_view("none")) {
        EXPECT_GT(scanned.reduced, 0u) << level;
      }
      store::EventQuery plain = query;
      plain.fields = {};
      std::vector<model::EventBatch> keep;
      const auto found = Collect(*world_.engine, plain, keep);
      ASSERT_TRUE(found.has_value());
      std::vector<Row> want;
      for (const Found& f : *found) {
        want.emplace_back(f.event.time_ns, f.stream.bytes(),
                          FieldsOf(f.event.body.text, query.fields.names));
      }
      const auto fails = [&](const Row& row) {
        if (!json) return false;
        const auto& fields = std::get<2>(row);
        const auto n = fields.find("n");
        const auto of_level = fields.find("level");
        if ((of_level == fields.end() ? "" : of_level->second) != level) return true;
        if (n == fields.end()) return true;
        const bool number = n->second.find_first_not_of("-0123456789.") == std::string::npos;
        return number && std::stod(n->second) < 500;
      };
      std::erase_if(want, fails);
      std::erase_if(scanned.rows, fails);
      std::sort(want.begin(), want.end());
      std::sort(scanned.rows.begin(), scanned.rows.end());
      ASSERT_EQ(scanned.rows.size(), want.size()) << level;
      EXPECT_TRUE(scanned.rows == want) << level;
    }
  }
}

TEST_F(Scan, NumbersAreThoseThatTheTextsSay) {
  ASSERT_TRUE(world_.Start());
  const int64_t start = kNow - kHour;
  Append(6000, start);
  ASSERT_TRUE(world_.engine->Flush());
  store::EventQuery query = All();
  query.fields.json = true;
  query.fields.names = {"n", "level"};
  Collector texts(query.fields.names);
  ASSERT_TRUE(world_.engine->Scan(query, texts));
  query.fields.uses = {store::FieldUse::kNumber};
  Collector numbers(query.fields.names);
  ASSERT_TRUE(world_.engine->Scan(query, numbers));
  EXPECT_EQ(texts.numbers, 0U);
  EXPECT_GT(numbers.numbers, 1000U);
  ASSERT_EQ(texts.rows.size(), numbers.rows.size());
  for (size_t i = 0; i < texts.rows.size(); ++i) {
    auto want = std::get<2>(texts.rows[i]), got = std::get<2>(numbers.rows[i]);
    ASSERT_EQ(want.count("n"), got.count("n")) << i;
    double a = 0, b = 0;
    if (want.count("n") > 0 && text::ParseGoFloat(want["n"], &a)) {
      ASSERT_TRUE(text::ParseGoFloat(got["n"], &b));
      ASSERT_EQ(a, b) << want["n"];
      want.erase("n");
      got.erase("n");
    }
    ASSERT_EQ(want, got) << i;
  }
}

TEST_F(Scan, RowsThatPassedAllFiltersSaySo) {
  ASSERT_TRUE(world_.Start());
  Append(6000, kNow - kHour);
  ASSERT_TRUE(world_.engine->Flush());
  store::EventQuery query = All();
  query.fields.json = true;
  query.fields.names = {"level", "n"};
  query.fields.uses = {store::FieldUse::kFilter, store::FieldUse::kText};
  query.fields.filters.push_back({0, [](std::string_view v) { return v == "error"; }, {}});
  Collector all(query.fields.names);
  ASSERT_TRUE(world_.engine->Scan(query, all));
  EXPECT_GT(all.filtered, 100U);
  EXPECT_EQ(all.filtered, all.reduced);
  // Values that are no numbers pass a test of numbers: the caller must say what they are.
  query.fields.filters = {{1, {}, [](double n) { return n >= 500; }}};
  Collector some(query.fields.names);
  ASSERT_TRUE(world_.engine->Scan(query, some));
  EXPECT_GT(some.reduced, 100U);
  EXPECT_EQ(some.filtered, 0U);
}

}  // namespace
}  // namespace pharos::events
