// The set algebra on indexes of some size, so that bitmaps, look-ups by doubling steps and the
// one-by-one filter are all taken.
#include "samples/postings.h"

#include <gtest/gtest.h>

#include <random>

#include "io/sim_fs.h"
#include "samples/label_index.h"
#include "samples/part.h"
#include "samples/part_builder.h"

namespace pharos::samples {
namespace {

using model::Labels;
using model::Matcher;
using model::MatchOp;

TEST(Postings, AgreeWithTheMatchersOnManySeries) {
  std::mt19937_64 random(51);
  std::vector<Labels> all;
  for (int i = 0; i < 6000; ++i) {
    const auto number = [&](uint64_t below) { return std::to_string(random() % below); };
    all.push_back(Labels{{"__name__", "m" + number(3)},
                         {"id", std::to_string(100'000 + i)},
                         {"instance", i % 7 == 0 ? "" : "host-" + number(400)},
                         {"zone", number(2)}});
  }
  std::sort(all.begin(), all.end());
  io::SimFs fs;
  base::MemoryBudget budget(1u << 30);
  PageCache cache(1u << 20, budget);
  ASSERT_TRUE(fs.MakeDirs("data/part").has_value());
  auto builder = PartBuilder::Create(fs, "data/part", {}).value();
  LabelIndex head;
  std::vector<uint32_t> pairs;
  for (uint32_t i = 0; i < all.size(); ++i) {
    head.Add(i, all[i].bytes(), &pairs);
    ASSERT_TRUE(builder->AddSeries(all[i].bytes(), {.times_ms = {1}, .values = {1}}).has_value());
  }
  ASSERT_TRUE(builder->Finish().has_value());
  io::PartEntry entry;
  entry.path = "part";
  const auto part = Part::Open(fs, "data", entry, cache, budget);
  const auto index = part->Index().value();

  const auto pick = [&](std::initializer_list<Matcher> from) {
    return std::data(from)[random() % from.size()];
  };
  const auto make = [](MatchOp op, const char* name, const char* value) {
    return Matcher::Make(op, name, value).value();
  };
  for (int round = 0; round < 400; ++round) {
    std::vector<Matcher> matchers;
    for (auto n = 1 + random() % 3; n > 0; --n) {
      matchers.push_back(
          pick({make(MatchOp::kEqual, "__name__", "m1"), make(MatchOp::kRegex, "__name__", "m[01]"),
                make(MatchOp::kEqual, "zone", "1"), make(MatchOp::kRegex, "id", "1020.*"),
                make(MatchOp::kRegex, "id", ".*7"),
                make(MatchOp::kRegex, "id", "100007|100100|104711|nothing"),
                make(MatchOp::kEqual, "id", "100123"), make(MatchOp::kNotRegex, "id", "10[0-4].*"),
                make(MatchOp::kRegex, "instance", "host-1.*"),
                make(MatchOp::kRegex, "instance", "(host-2.*)?"),
                make(MatchOp::kNotEqual, "instance", ""), make(MatchOp::kEqual, "instance", ""),
                make(MatchOp::kNotRegex, "instance", "host-(7|8|9).*"),
                make(MatchOp::kNotEqual, "zone", "0")}));
    }
    std::vector<uint32_t> expected;
    std::string shown;
    for (const Matcher& matcher : matchers) shown += matcher.ToString() + " ";
    for (uint32_t i = 0; i < all.size(); ++i) {
      if (model::MatchesAll(matchers, all[i])) expected.push_back(i);
    }
    ASSERT_EQ(index->Select(matchers), expected) << shown;
    ASSERT_EQ(head.Select(matchers), expected) << shown;
  }
}

}  // namespace
}  // namespace pharos::samples
