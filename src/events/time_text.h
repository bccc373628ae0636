// Dates with a time of day as they stand in lines, and what they are stored as.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pharos::events {

/// Takes `YYYY-MM-DDThh:mm:ss` with a fraction from texts. The parameter of a time: digits of the
/// fraction, 10 more for ',' instead of '.', 20 more for ' ' instead of 'T'.
/// Owns: the minute that was read last: times of neighbours are alike. Threads: one.
class TimeReader {
 public:
  static constexpr uint8_t kComma = 10, kSpace = 20;

  /// Reads a time into its parameter and its units of 10^-digits s; false for none.
  bool Read(const char* at, const char* end, uint8_t* param, int64_t* units, const char** to);

 private:
  static constexpr size_t kMinuteBytes = 16;  // YYYY-MM-DDThh:mm
  std::array<char, kMinuteBytes> minute_{};
  int64_t minute_seconds_ = 0;
};

/// The difference between a time in units of its parameter and the event's, as kTime has it.
int64_t TimeOffset(uint8_t param, int64_t units, int64_t time_ns);
/// Appends the text of a time that is `offset` from the event's.
void AppendTimeAt(std::string& out, uint8_t param, int64_t offset, int64_t time_ns);

/// Appends the last `width` decimal digits of `v`, at most 20, with zeros in front.
void AppendPadded(std::string& out, uint64_t v, size_t width);

}  // namespace pharos::events
