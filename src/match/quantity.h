// Durations and byte sizes inside log lines and filters, read as Go programs read them and
// with the same error texts, since these texts are shown in `__error_details__`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pharos::match {

/// Go's time.ParseDuration: "1h15m30.9s", "-3ms", "0". Nanoseconds.
base::Result<int64_t> ParseGoDuration(std::string_view text);
/// Prometheus's: "5m", "1d12h", "1y"; whole numbers, units falling. Nanoseconds.
base::Result<int64_t> ParsePromDuration(std::string_view text);
/// Prometheus's first, else Go's: what LogQL's literals and ranges are.
base::Result<int64_t> ParseLogqlDuration(std::string_view text);
/// go-humanize's ParseBytes: "42MB", "1.5 KiB", "3 kB", "10".
base::Result<uint64_t> ParseHumanBytes(std::string_view text);
/// strconv.ParseFloat with Go's error text.
base::Result<double> ParseNumber(std::string_view text);

/// As Go prints a time.Duration: "1m30s", "250ms", "0s".
std::string FormatGoDuration(int64_t ns);
/// As Prometheus prints a duration: "5m", "1d", "1h30m", "1w".
std::string FormatPromDuration(int64_t ns);
/// As go-humanize's Bytes: "42 MB", "83 kB".
std::string FormatHumanBytes(uint64_t bytes);
/// Go's %q for plain text.
std::string GoQuote(std::string_view text);

}  // namespace pharos::match
