// The formats of the timestamp stage: Go's layouts, its named ones, and Unix times.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::ingest::tail {

/// Owns: its layout and the time zone. Threads: immutable. Errors: Make: kBadInput for an
/// unknown location. Cost of Parse: one pass over the text.
class TimeLayout {
 public:
  /// `location` is an IANA name, "" for UTC.
  static base::Result<TimeLayout> Make(std::string_view format, const std::string& location);
  /// Nanoseconds since 1970, or nothing. Layouts without a year take the year of `now_ns`, or
  /// its neighbour around New Year.
  std::optional<int64_t> Parse(const std::string& text, int64_t now_ns) const;

 private:
  struct Zone;
  enum class Kind : uint8_t { kLayout, kUnix, kUnixMs, kUnixUs, kUnixNs };
  std::optional<int64_t> Layout(std::string_view layout, std::string_view text) const;
  std::optional<int64_t> WithoutYear(const std::string& text, int64_t now_ns) const;

  Kind kind_ = Kind::kLayout;
  std::string layout_;
  bool year_ = true;
  bool offset_ = false;  ///< the layout says the offset, so the location does not count
  std::shared_ptr<const Zone> zone_;
};

}  // namespace pharos::ingest::tail
