// The inner loops of the numeric codecs, each in a scalar form and in forms for what newer
// processors have. All forms give the same bits; the tests hold them against the scalar one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pharos::codec {

/// Powers of ten that the decimal codec scales by; all are exact doubles.
inline constexpr double kPowersOfTen[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                          1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};

/// What one pass over integers tells. The deltas (wrapping) are those between neighbours.
struct IntegerRange {
  int64_t min = 0, max = 0;
  int64_t delta_min = 0, delta_max = 0;  ///< 0 when there is only one
};

/// What one pass over doubles tells. Where `plain` is false the rest means nothing.
struct ValueRange {
  bool plain = false;  ///< no NaN, no infinity, no −0
  bool same = false;   ///< all have the same bits (known even where not plain)
  double min = 0, max = 0;
  double sum = 0;       ///< in no particular order: only of use where no order rounds
  double drop_sum = 0;  ///< of the values before each drop; as `sum`
  uint32_t drops = 0;   ///< values that are less than the one before
};

/// Decimals as an integer block without patches and factor has them: `count` packed numbers, each
/// with `reference` added; with `deltas` each is added to the one before, the first to `start`,
/// else each to `start`. All over 10^exponent. All sums wrap.
struct PackedDecimals {
  const char* bytes = nullptr;
  size_t size = 0;
  size_t count = 0;
  int width = 0;
  bool deltas = false;
  uint64_t start = 0, reference = 0;
  int exponent = 0;
};

/// One form of all loops. Counts may be 0 unless said otherwise.
struct Kernels {
  const char* name;
  /// `bytes` holds `count` numbers of `width` bits (0 to 64) and nothing beyond `size` is read.
  void (*unpack)(const char* bytes, size_t size, size_t count, int width, uint64_t* out);
  /// Adds `reference` to each.
  void (*add)(uint64_t* values, size_t count, uint64_t reference);
  /// Each becomes `start` and all numbers up to and with it, each with `reference` added.
  void (*prefix_sum)(uint64_t* values, size_t count, uint64_t start, uint64_t reference);
  /// out[i] = in[i] / 10^exponent, correctly rounded (in[i] to double first).
  void (*to_doubles)(const int64_t* in, size_t count, int exponent, double* out);
  /// unpack, then add or prefix_sum, then to_doubles.
  void (*unpack_decimals)(const PackedDecimals& in, double* out);
  /// The other way. Where no integer below 2^53 over 10^exponent gives back the very bits, the
  /// position goes to `odd` and out[i] is anything. Returns how many are odd; stops early, with
  /// more than `most_odd`, when there are more. `odd` has room for `most_odd` + 8.
  size_t (*to_integers)(const double* in, size_t count, int exponent, size_t most_odd, int64_t* out,
                        uint16_t* odd);
  /// count ≥ 1.
  IntegerRange (*integer_range)(const int64_t* in, size_t count);
  /// count ≥ 1.
  ValueRange (*value_range)(const double* in, size_t count);
};

/// The best form that this machine has. Chosen once.
const Kernels& BestKernels();
/// All forms that this machine can run, the scalar one first.
std::span<const Kernels* const> UsableKernels();

/// unpack_decimals in three passes.
void UnpackInPasses(const Kernels& kernels, const PackedDecimals& in, double* out);

// One a file; null where the compiler or processor has none.
const Kernels* ScalarKernels();
const Kernels* Avx2Kernels();
const Kernels* Avx512Kernels();

}  // namespace pharos::codec
