#include "events/number_places.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "events/digit_run.h"

namespace pharos::events {
namespace {

/// A text of some numbers between other bytes, and what they are.
struct Numbers {
  std::string text;
  std::vector<uint64_t> values;
  NumberPlaces places;
};

Numbers Draw(std::mt19937_64& random) {
  struct Place {
    size_t at, digits;
  };
  Numbers out;
  std::vector<Place> all;
  for (size_t n = random() % 9; n > 0; --n) {
    out.text.append(random() % 4, "x /:"[random() % 4]);
    const size_t digits = 1 + random() % (random() % 4 == 0 ? kMaxNumberDigits : 4);
    all.push_back({out.text.size(), digits});
    uint64_t value = 0;
    for (size_t i = 0; i < digits; ++i) {
      const uint64_t digit = i == 0 && digits > 1 ? 1 + random() % 9 : random() % 10;
      value = 10 * value + digit;
      out.text += static_cast<char>('0' + digit);
    }
    out.values.push_back(value);
    out.text += '.';
  }
  out.text.append(random() % 20, '-');
  out.places.Begin(out.text.size());
  for (const Place& place : all) out.places.Add(place.at, place.digits, place.digits > 1);
  return out;
}

/// What Read gives, nothing where it says that these are none.
std::vector<uint64_t> ReadAll(const NumberPlaces& places, std::string text) {
  std::vector<uint16_t> memory(places.Bytes() / sizeof(uint16_t) + 1);
  const PlacedNumbers numbers = places.Put(reinterpret_cast<char*>(memory.data()));
  if (text.size() < kShortText) text.resize(kShortText + kLoadedDigits);
  std::vector<int64_t> out(numbers.Room());
  if (!numbers.Read(text.data(), out.data())) return {};
  return {out.begin(), out.begin() + numbers.numbers};
}

TEST(NumberPlaces, NumbersOfEveryLengthAreRead) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    const Numbers numbers = Draw(random);
    EXPECT_EQ(ReadAll(numbers.places, numbers.text), numbers.values) << numbers.text;
  }
}

TEST(NumberPlaces, AZeroInFrontIsRefusedWhereItMustNotBe) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 5000; ++i) {
    Numbers numbers = Draw(random);
    if (numbers.values.empty()) continue;
    const std::string digits = std::to_string(numbers.values.back());
    numbers.text[numbers.text.rfind('.') - digits.size()] = '0';
    const bool single = digits.size() == 1;
    EXPECT_EQ(ReadAll(numbers.places, numbers.text).empty(), !single) << numbers.text;
  }
}

TEST(NumberPlaces, PartsOfADecimalAreOneNumber) {
  const std::string text = "took 123456789.004 s of 0.5";
  NumberPlaces places;
  places.Begin(text.size());
  places.Add(5, 9, true);
  places.AddMore(15, 3);
  places.Add(24, 1, false);
  places.AddMore(26, 1);
  EXPECT_EQ(ReadAll(places, text), (std::vector<uint64_t>{123'456'789'004, 5}));
}

}  // namespace
}  // namespace pharos::events
