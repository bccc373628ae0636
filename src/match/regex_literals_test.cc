#include "match/regex_literals.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <random>

#include "match/regex_outline.h"

namespace pharos::match {
namespace {

std::string Shown(std::string_view regex) {
  std::string out;
  for (const RegexClause& clause : RequiredClauses(regex)) {
    if (!out.empty()) out += " & ";
    for (size_t i = 0; i < clause.size(); ++i) {
      out += (i > 0 ? "|" : "") + clause[i].text + (clause[i].fold ? "~" : "");
    }
  }
  return out;
}

TEST(RegexLiterals, WhatAMatchMustHold) {
  EXPECT_EQ(Shown("error"), "error");
  EXPECT_EQ(Shown("zyxw-[a-z]+-needle"), "zyxw- & -needle");
  EXPECT_EQ(Shown("time(out|limit) of [0-9]+ms"), "timeout of |timelimit of  & ms");
  EXPECT_EQ(Shown("colou?r"), "colour|color");
  EXPECT_EQ(Shown("(?i)TimeOut"), "timeout~");
  EXPECT_EQ(Shown("(?i)disk full"), "di~ &  full~") << "k and s have a third case each";
  EXPECT_EQ(Shown("a|b.*c"), "a|b");
  EXPECT_EQ(Shown("(ab)+c{2,}d*"), "ab & c");
  EXPECT_EQ(Shown("x(|y)z"), "xz|xyz");
  EXPECT_EQ(Shown("[ab]c"), "ac|bc");
  EXPECT_EQ(Shown("[^]a]b"), "b");
  EXPECT_EQ(Shown("(?P<name>foo)(?:bar)"), "foobar");
  EXPECT_EQ(Shown("\\bGET\\s+/api"), "GET & /api");
  EXPECT_EQ(Shown("a{2"), "a{2");
  EXPECT_EQ(Shown("ü+x"), "ü & x");
  for (const char* nothing :
       {".*", "[a-z]+", "(a|.)", "x*", "\\pL", "\\x41", "a|", "(?i)k", "r(?i)?"}) {
    EXPECT_EQ(Shown(nothing), "") << nothing;
  }
}

std::string RandomRegex(std::mt19937& random, int depth) {
  const auto pick = [&](unsigned n) { return random() % n; };
  std::string out;
  for (unsigned n = 1 + pick(4); n > 0; --n) {
    std::string atom;
    switch (pick(depth > 0 ? 9 : 6)) {
      case 0: atom = "[ab]"; break;
      case 1: atom = "."; break;
      case 2: atom = "[^a]"; break;
      case 3: atom = pick(2) ? "K" : "S"; break;
      case 6: atom = "(" + RandomRegex(random, depth - 1) + ")"; break;
      case 7:
        atom = "(?:" + RandomRegex(random, depth - 1) + "|" + RandomRegex(random, depth - 1) + ")";
        break;
      case 8: atom = "(?i:" + RandomRegex(random, depth - 1) + ")"; break;
      default: atom = std::string(1, "abcksBC1"[pick(8)]);
    }
    static constexpr const char* kRepeats[] = {"",  "",  "",    "",      "*",
                                               "+", "?", "{2}", "{0,2}", "{1}"};
    out += atom + kRepeats[pick(10)];
  }
  return out;
}

TEST(RegexLiterals, HoldForEveryMatch) {
  std::mt19937 random(5);
  size_t matches = 0, clauses = 0;
  for (int round = 0; round < 4'000; ++round) {
    const std::string pattern = RandomRegex(random, 2);
    const RE2 regex(pattern, RE2::Quiet);
    if (!regex.ok()) continue;
    const auto required = RequiredClauses(pattern);
    clauses += required.size();
    for (int n = 0; n < 30; ++n) {
      std::string text;
      for (unsigned i = random() % 8; i > 0; --i) {
        static constexpr const char* kPieces[] = {"a", "b", "c",      "k",      "s", "A",
                                                  "B", "C", "\u212a", "\u017f", "1", "K"};
        text += kPieces[random() % 12];
      }
      if (!RE2::PartialMatch(text, regex)) continue;
      ++matches;
      std::string lower = text;
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      for (const RegexClause& clause : required) {
        const bool holds =
            std::any_of(clause.begin(), clause.end(), [&](const RegexLiteral& literal) {
              return (literal.fold ? lower : text).find(literal.text) != std::string::npos;
            });
        ASSERT_TRUE(holds) << pattern << " matches " << text;
      }
    }
  }
  EXPECT_GT(matches, 1'000u);
  EXPECT_GT(clauses, 1'000u);
}

TEST(RegexOutline, TakesWhateverTheRegexTakes) {
  std::mt19937 random(6);
  size_t matches = 0, refused = 0;
  for (int round = 0; round < 4'000; ++round) {
    const std::string pattern = RandomRegex(random, 2);
    const RE2 regex(pattern, RE2::Quiet);
    const auto outline = RegexOutline::Make(pattern);
    if (!regex.ok() || !outline) continue;
    for (int n = 0; n < 30; ++n) {
      std::string text;
      for (unsigned i = random() % 8; i > 0; --i) {
        static constexpr const char* kPieces[] = {"a", "b", "c",      "k",      "s", "A",
                                                  "B", "C", "\u212a", "\u017f", "1", "K"};
        text += kPieces[random() % 12];
      }
      // The text in two pieces, or its end as any letters and digits.
      const size_t cut = text.empty() ? 0 : random() % text.size();
      const std::string_view front = std::string_view(text).substr(0, cut);
      const RegexOutline::States half = outline->Step(outline->Start(), front);
      const RegexOutline::States whole = outline->Step(half, text.substr(cut));
      const RegexOutline::States any =
          outline->StepAny(half, outline->Takes(RegexOutline::Bytes().set()));
      if ((whole & RegexOutline::kFound) == 0) ++refused;
      if (!RE2::PartialMatch(text, regex)) continue;
      ++matches;
      ASSERT_NE(whole & RegexOutline::kFound, 0u) << pattern << " matches " << text;
      ASSERT_NE(any & RegexOutline::kFound, 0u) << pattern << " matches " << text;
    }
  }
  EXPECT_GT(matches, 1'000u);
  EXPECT_GT(refused, 1'000u);
}

}  // namespace
}  // namespace pharos::match
