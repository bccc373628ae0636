#include "events/value_forms.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "events/hex_digits.h"

namespace pharos::events {
namespace {

constexpr int64_t kTime = 1'795'735'500'123'456'789;

/// Forms of values that a Splitter took apart, one skeleton each.
class Forms {
 public:
  /// Keeps the value's form, which takes two looks at it.
  void Learn(const std::string& value) {
    splitter_.Split(value, kTime);
    Skeleton skeleton;
    ASSERT_TRUE(Skeleton::Parse(texts_.emplace_back(splitter_.skeleton()), &skeleton));
    for (int i = 0; i < 2; ++i) {
      if (Find(value) != ValueForms::kNone) return;
      forms_.Keep(static_cast<uint32_t>(texts_.size() - 1), skeleton, value, kTime, reader_,
                  &budget_);
    }
  }
  int64_t Find(std::string_view value) {
    const int64_t number = forms_.Find(value);
    if (number == ValueForms::kNone) return number;
    const bool fits = forms_.Read(value, kTime, reader_, values_.data());
    if (forms_.only_numbers()) {
      std::array<int64_t, 200> numbers{};
      EXPECT_EQ(forms_.ReadNumbers(value, numbers.data()), fits) << value;
      Skeleton skeleton;
      EXPECT_TRUE(Skeleton::Parse(texts_[static_cast<size_t>(number)], &skeleton));
      EXPECT_GE(forms_.number_room(), skeleton.vars.size());
      for (size_t i = 0; fits && i < skeleton.vars.size(); ++i) {
        EXPECT_EQ(numbers[i], values_[i].number) << value;
      }
    }
    return fits ? number : ValueForms::kNone;
  }
  bool Knows(std::string_view value) { return Find(value) != ValueForms::kNone; }
  /// The text of what Find has found.
  std::string TextOf(int64_t number) {
    Skeleton skeleton;
    EXPECT_TRUE(Skeleton::Parse(texts_[static_cast<size_t>(number)], &skeleton));
    std::string out(skeleton.literals[0]);
    for (size_t i = 0; i < skeleton.vars.size(); ++i) {
      const VarType type = skeleton.vars[i];
      if (type.IsInteger()) {
        AppendInteger(out, type, values_[i].number, kTime);
      } else {
        out.append(values_[i].text, values_[i].size);
      }
      out += skeleton.literals[i + 1];
    }
    return out;
  }

  ValueForms forms_;
  size_t budget_ = 1 << 20;
  std::array<VarValue, 200> values_;

 private:
  Splitter splitter_;
  VarReader reader_;
  std::deque<std::string> texts_;  // of skeletons, by number
};

TEST(ValueForms, OtherDigitsAreTheSameForm) {
  Forms forms;
  EXPECT_FALSE(forms.Knows("user 17 from 10.0.3.4 port 51200 ok"));
  forms.Learn("user 17 from 10.0.3.4 port 51200 ok");
  EXPECT_EQ(forms.Find("user 98 from 77.1.2.9 port 12345 ok"), 0);
  EXPECT_EQ(forms.values_[0].number, 98);
  EXPECT_EQ(forms.values_[1].number, 77);
  EXPECT_EQ(forms.values_[5].number, 12345);
  EXPECT_FALSE(forms.Knows("user 98 from 77.1.2.9 port 12345 no"));
  EXPECT_FALSE(forms.Knows("user 9  from 77.1.2.9 port 12345 ok"));
  EXPECT_FALSE(forms.Knows("user 98 from 77.1.2.9 port 1234 ok"));
}

TEST(ValueForms, DigitsThatSayAnotherVariableAreNotFound) {
  Forms forms;
  forms.Learn("17 of 9223372036854775806");
  EXPECT_TRUE(forms.Knows("99 of 9223372036854775808"));
  EXPECT_TRUE(forms.Knows("99 of 9999999999999999999"));
  EXPECT_FALSE(forms.Knows("07 of 9223372036854775807"));
  EXPECT_FALSE(forms.Knows("99 of 0223372036854775807"));
}

TEST(ValueForms, NoByteIsTakenForADigit) {
  Forms forms;
  forms.Learn("a 5 b");
  for (int c = 0; c < 256; ++c) {
    const std::string value = {'a', ' ', static_cast<char>(c), ' ', 'b'};
    EXPECT_EQ(forms.Knows(value), c >= '0' && c <= '9') << c;
  }
}

TEST(ValueForms, WhatCameOnceIsNotKept) {
  Forms forms;
  forms.Learn("5 once");
  forms.forms_.Forget();
  EXPECT_FALSE(forms.Knows("5 once"));
  forms.Learn("6 of these");
  forms.forms_.Forget(1);
  EXPECT_FALSE(forms.Knows("6 of these"));
  forms.budget_ = 0;
  forms.Learn("7 without memory");
  EXPECT_FALSE(forms.Knows("7 without memory"));
}

TEST(ValueForms, LongValuesAreLeftToOthers) {
  Forms forms;
  for (const size_t size : {size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{511}, size_t{512},
                            size_t{513}, size_t{5000}}) {
    std::string value(size, 'x');
    value.back() = '7';
    if (size > 4) value.replace(1, 3, "-5-");
    forms.Learn(value);
    EXPECT_EQ(forms.Knows(value), size <= 512) << size;
  }
  EXPECT_FALSE(forms.Knows(""));
}

TEST(ValueForms, LettersOfIdsAreLikeDigits) {
  Forms forms;
  forms.Learn("iar 00105eac dear 0245a358 at 0x1b85f080 of d0b6d1a5-4f2e-4c58-9a0e-2f6de47b5a11");
  EXPECT_FALSE(
      forms.Knows("iar a0105eac dear 02453580 at 0x00000000 of "
                  "77777777-4fee-4c58-9a0e-aaaaaaaaaaa1"));  // a number, it may be
  EXPECT_EQ(forms.Find("iar f01a5ea0 dear 0b45a358 at 0x00000000 of "
                       "77777777-4fee-4c58-9a0e-aaaaaaaaaaa1"),
            0);
  EXPECT_EQ(std::string_view(forms.values_[2].text, forms.values_[2].size), "00000000");
  EXPECT_FALSE(
      forms.Knows("iar F01A5EA0 dear 0b45a358 at 0x00000000 of "
                  "77777777-4fee-4c58-9a0e-aaaaaaaaaaa1"));
  EXPECT_FALSE(
      forms.Knows("iar f01a5ea0 dear 0b45a358 at 1x00000000 of "
                  "77777777-4fee-4c58-9a0e-aaaaaaaaaaa1"));
  forms.Learn("at 0xC00045A4");
  EXPECT_TRUE(forms.Knows("at 0x1BADCAFE"));
  EXPECT_FALSE(forms.Knows("at 0x1badcafe"));
}

TEST(ValueForms, WordsThatHoldNoIdAreNotForgotten) {
  Forms forms;
  forms.Learn("id a1b2c3d4 of job abcde 5");
  forms.Learn("id a1b2c3d4 of abcdefabcdef 5");  // letters alone are a word
  EXPECT_EQ(forms.Find("id 00b2c3d4 of job abcde 6"), 0);
  EXPECT_EQ(forms.Find("id 00b2c3d4 of abcdefabcdef 7"), 1);
  EXPECT_FALSE(forms.Knows("id 00b2c3d4 of job abcdf 6"));
  EXPECT_FALSE(forms.Knows("id 00b2c3d4 of abcdefabcdee 7"));
  EXPECT_FALSE(forms.Knows("id a1b2c3d4x of job abcde 5"));
}

TEST(ValueForms, WhatIsFoundIsTheValue) {
  std::mt19937_64 random(8);
  const std::vector<std::string> pieces = {"5",
                                           "05",
                                           "12",
                                           "7654321",
                                           "12345678",
                                           "123456789012345678",
                                           "9007199254740993",
                                           "1.5",
                                           "12.25",
                                           "123456.789",
                                           "12:30:45.123",
                                           "2027-01-15T08:00:00.123Z",
                                           "deadbeef",
                                           "A1B2C3D4",
                                           "01234567-89ab-cdef-0123-456789abcdef",
                                           "a1b2c3d4e5",
                                           "0xc00045a4",
                                           "0x00000290",
                                           "0xABCDEF0123",
                                           "0x1f",
                                           "blk_-",
                                           "x",
                                           " ",
                                           " ",
                                           "-",
                                           "/"};
  size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    Forms forms;
    std::string value;
    for (size_t n = 1 + random() % 8; n > 0; --n) value += pieces[random() % pieces.size()];
    forms.Learn(value);
    for (int i = 0; i < 20; ++i) {
      std::string other = value;
      for (char& c : other) {
        if (c >= '0' && c <= '9' && random() % 2 == 0) {
          c = static_cast<char>('0' + random() % 10);
        } else if (IsHexDigit(c, i % 2 == 0) && random() % 4 == 0) {
          c = "0123456789abcdefABCDEF"[random() % 22];
        }
      }
      const int64_t number = forms.Find(other);
      if (number == ValueForms::kNone) continue;
      ++found;
      EXPECT_EQ(forms.TextOf(number), other);
    }
  }
  EXPECT_GT(found, 1000U);
}

}  // namespace
}  // namespace pharos::events
