// The shortest decimal that reads back as a given double, as text, fast.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pharos::text {

/// The magnitudes that PutShortest takes: from where on numbers are written without an exponent to
/// where all are whole (2^53).
inline constexpr double kLeastShortest = 1e-6, kShortestBelow = 9007199254740992;
/// How many bytes PutShortest may write; the text has fewer.
inline constexpr size_t kShortestRoom = 32;

/// Of the decimals that read back as `value` the one with the fewest digits, of these the nearest,
/// without an exponent. Returns where it ends. `value` has a magnitude as above. Cost: some 8 ns.
///
/// In this range all is exact in integers: value · 10^n = c · 5^n · 2^(q+n) with n such that the
/// whole part has 16 or 17 digits, and 5^n has at most 52 bits. Which digits do follows as in
/// Raffaello Giulietti's "The Schubfach way to render doubles" (2021).
char* PutShortest(char* at, double value);

struct NumberText {
  char text[31];
  uint8_t size;
};
inline constexpr size_t kShortestLanes = 8;
/// Eight values side by side. Returns a bit for each that is done: those with other magnitudes are
/// not, and without AVX-512 (IFMA) none is. Cost: some 4 ns a value.
unsigned PutShortestOfEight(const double* values, NumberText* out);

}  // namespace pharos::text
