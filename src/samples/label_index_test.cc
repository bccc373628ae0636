#include "samples/label_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "model/labels.h"

namespace pharos::samples {
namespace {

using model::Labels;

TEST(LabelIndex, SeriesAreMadeOfNumbers) {
  LabelIndex index;
  const Labels a{{"__name__", "up"}, {"job", "x"}}, b{{"__name__", "up"}, {"job", "y"}};
  std::vector<uint32_t> of_a, of_b;
  EXPECT_GT(index.Add(1, a.bytes(), &of_a), 0u);
  index.Add(2, b.bytes(), &of_b);
  ASSERT_EQ(of_a.size(), 2u);
  EXPECT_EQ(of_a[0], of_b[0]) << "what both have is there once";
  EXPECT_NE(of_a[1], of_b[1]);
  EXPECT_TRUE(index.Same(of_a, a.bytes()));
  EXPECT_FALSE(index.Same(of_a, b.bytes()));
  EXPECT_FALSE(index.Same(std::span(of_a).first(1), a.bytes()));
  EXPECT_FALSE(index.Same(of_a, Labels{{"__name__", "up"}}.bytes()));
  EXPECT_EQ(index.Add(3, a.bytes(), &of_a), 0u) << "nothing in it is new";
}

/// Many come and go; a model of the index says what it must know.
TEST(LabelIndex, ForgetsWhatNobodyHas) {
  std::mt19937_64 random(5);
  LabelIndex index;
  struct Known {
    Labels labels;
    std::vector<uint32_t> pairs;
  };
  std::map<uint32_t, Known> living;
  uint32_t next = 0;
  size_t bytes = 0;
  for (int round = 0; round < 60; ++round) {
    for (auto n = random() % 700; n > 0; --n) {
      const auto number = [&](uint64_t below) { return std::to_string(random() % below); };
      // A label name of few rounds, so that names go too.
      const std::string name = "n" + std::to_string(round / 5), value = number(3000);
      Known one{Labels{{"__name__", "m" + number(5)}, {"id", value}, {name, number(4)}}, {}};
      bytes += index.Add(next, one.labels.bytes(), &one.pairs);
      living.emplace(next++, std::move(one));
    }
    std::vector<uint32_t> gone, touched;
    for (auto at = living.begin(); at != living.end();) {
      if (random() % 3 != 0) {
        ++at;
        continue;
      }
      gone.push_back(at->first);
      touched.insert(touched.end(), at->second.pairs.begin(), at->second.pairs.end());
      at = living.erase(at);
    }
    bytes -= index.Remove(gone, touched);

    std::map<std::string, std::map<std::string, std::vector<uint32_t>>> expected;
    for (const auto& [series, known] : living) {
      ASSERT_TRUE(index.Same(known.pairs, known.labels.bytes())) << series;
      for (const model::LabelView label : known.labels)
        expected[std::string(label.name)][std::string(label.value)].push_back(series);
    }
    std::map<std::string, std::map<std::string, std::vector<uint32_t>>> seen;
    index.ForEachPair(
        [&](std::string_view name, std::string_view value, std::span<const uint32_t> series) {
          seen[std::string(name)][std::string(value)].assign(series.begin(), series.end());
        });
    ASSERT_EQ(seen, expected);
    const auto names = index.Names();
    ASSERT_EQ(names.size(), expected.size());
    for (const std::string& name : names) {
      ASSERT_EQ(index.ValueCount(name), expected[name].size());
      ASSERT_EQ(index.Values(name).size(), expected[name].size());
    }
    const auto& ids = expected["id"];
    for (const auto& [value, series] : ids)
      ASSERT_EQ(index.SeriesCount("id", value), series.size());
    ASSERT_EQ(index.SeriesCount("id", "never"), 0u);
    ASSERT_EQ(index.Select({}).size(), living.size());
    // Regexes with bounds go by the order of values, which is kept from round to round.
    for (const char* regex : {"1.*", "2[0-4].*", "29+", "x.*", "(7|8)[0-9]*"}) {
      const auto matcher = model::Matcher::Make(model::MatchOp::kRegex, "id", regex).value();
      std::vector<uint32_t> matching;
      for (const auto& [series, known] : living) {
        if (matcher.Matches(known.labels.Get("id"))) matching.push_back(series);
      }
      ASSERT_EQ(index.Select({matcher}), matching) << regex;
    }
  }
  std::vector<uint32_t> gone, touched;
  for (const auto& [series, known] : living) {
    gone.push_back(series);
    touched.insert(touched.end(), known.pairs.begin(), known.pairs.end());
  }
  EXPECT_EQ(index.Remove(gone, touched), bytes) << "all that was taken is given back";
  EXPECT_TRUE(index.Names().empty());
}

}  // namespace
}  // namespace pharos::samples
