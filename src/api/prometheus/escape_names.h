// The ways in which Prometheus brings names that are not of [a-zA-Z0-9_:] to readers that know
// no others.
#pragma once

#include <string>
#include <string_view>

namespace pharos::api::prometheus {

enum class NameEscaping : uint8_t { kNone, kUnderscores, kDots, kValues };

/// "allow-utf-8", "underscores", "dots", "values"; anything else is kUnderscores.
NameEscaping EscapingNamed(std::string_view name);
std::string_view EscapingName(NameEscaping escaping);

/// [a-zA-Z_:][a-zA-Z0-9_:]*
bool LegacyName(std::string_view name);
std::string EscapeName(std::string_view name, NameEscaping escaping);
/// Undoes kValues: `U__a_2e_b` is `a.b`. What is not well escaped stays as it is.
std::string UnescapeValues(std::string_view name);

}  // namespace pharos::api::prometheus
