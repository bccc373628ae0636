#include "events/hex_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "events/skeleton.h"

namespace pharos::events {
namespace {

constexpr int64_t kTime = 1'795'735'500'123'456'789;

TEST(HexWords, AreTheIdsThatASplitterFinds) {
  std::mt19937_64 random(9);
  const std::string digits[] = {"0123456789abcdef", "0123456789ABCDEF", "0123456789", "abcdef",
                                "0123456789abcdefABCDEFx"};
  const std::string between = " -:=/,;()xg\xc3";  // a decimal may take the begin of a token
  HexWords words;
  Splitter splitter;
  size_t found = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t n = random() % 8; n > 0; --n) {
      if (random() % 3 != 0) text += between[random() % between.size()];
      if (random() % 6 == 0) text += "01234567-89ab-cdef-0123-456789abcdef";
      if (random() % 6 == 0) text += "0x";
      const std::string& of = digits[random() % std::size(digits)];
      for (size_t left = random() % 5 == 0 ? random() % 70 : 2 * (random() % 9); left > 0; --left) {
        text += of[random() % of.size()];
      }
    }
    if (text.size() > HexWords::kMostBytes) continue;
    splitter.Split(text, kTime);
    std::vector<std::pair<size_t, size_t>> want, got;
    for (const Var& var : splitter.vars()) {
      const size_t from = static_cast<size_t>(var.text.data() - text.data());
      if (var.type.IdBytes() == 0) continue;
      const size_t to = from + var.text.size();
      const auto is_letter = [](char c) { return c > '9' || c == '-'; };
      const bool letters = std::any_of(var.text.begin(), var.text.end(), is_letter);
      const bool behind_0x = from >= 2 && text.compare(from - 2, 2, "0x") == 0 &&
                             (from == 2 || !IsAlnum(text[from - 3])) &&
                             (to == text.size() || !IsAlnum(text[to]));
      if (letters || behind_0x) want.emplace_back(from, to);
    }
    const bool any = words.Find(text);
    for (const HexWords::Word& word : words.words()) got.emplace_back(word.from, word.to);
    ASSERT_EQ(got, want) << text;
    ASSERT_EQ(any, !want.empty()) << text;
    found += got.size();
  }
  EXPECT_GT(found, 10'000u);
}

}  // namespace
}  // namespace pharos::events
