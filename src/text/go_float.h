// Floats as Go prints them (strconv.FormatFloat with precision -1): what Prometheus's and
// Loki's answers are made of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "text/shortest_decimal.h"

namespace pharos::text {

/// `format` 'f', 'e' or 'g'. "NaN", "+Inf", "-Inf"; exponents have at least two digits.
/// 'g' takes the exponent form below 1e-4 and from 1e6 on.
void AppendGoFloat(std::string& out, double value, char format);
std::string GoFloat(double value, char format = 'f');

/// A sample value as Prometheus writes it in JSON (without quotes): 'f', but 'e' when the
/// absolute value is below 1e-6 (and not 0) or at least 1e21.
void AppendSampleValue(std::string& out, double value);
/// The same into memory; where it ends. It may write up to kSampleValueRoom bytes.
inline constexpr size_t kSampleValueRoom = 32;
char* PutSampleValue(char* at, double value);
/// The same of many.
void PutSampleValues(const double* values, size_t count, NumberText* out);

/// Reads what Go's strconv.ParseFloat reads: decimal and hex floats, "Inf", "+inf",
/// "infinity", "NaN", underscores not allowed. False for anything else. Values beyond
/// float64 become ±Inf and are false too, as Go's ErrRange.
bool ParseGoFloat(std::string_view text, double* value);

}  // namespace pharos::text
