// The shortest decimal that reads back as a given double, fast.
#pragma once

#include <cstdint>

namespace pharos::text {

/// digits · 10^exponent.
struct ShortestDecimal {
  uint64_t digits = 0;
  int exponent = 0;
};

/// Of a positive finite double: of the decimals that read back as `value` one with the fewest
/// digits, of these the nearest. No trailing zeros unless the exponent is 0. Raffaello
/// Giulietti's "Schubfach" with powers of ten of 128 bits. Cost: some 10 ns.
ShortestDecimal ShortestOf(double value);

}  // namespace pharos::text
