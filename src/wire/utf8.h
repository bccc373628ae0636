// UTF-8 checks for label names and values, where Prometheus refuses bytes that are not.
#pragma once

#include <string_view>

namespace pharos::wire {

/// True for well-formed UTF-8 (no surrogates, no overlong forms, up to U+10FFFF).
bool IsUtf8(std::string_view bytes);

}  // namespace pharos::wire
