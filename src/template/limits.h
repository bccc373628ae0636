// Every limit of template/, with its unit and the reason for it.
#pragma once

#include <cstddef>

namespace pharos::tmpl {

/// Bytes of a template's text; a longer one is no format of a log line or an alert.
inline constexpr size_t kMaxTextBytes = 256 << 10;
/// Nesting of parentheses and blocks; parser and executor recurse this deep.
inline constexpr int kMaxDepth = 100;
/// Nodes executed in one run: loops over loops end here.
inline constexpr size_t kMaxSteps = 1'000'000;
/// Bytes that one run may write, and that one function may make.
inline constexpr size_t kMaxOutputBytes = 16 << 20;

}  // namespace pharos::tmpl
