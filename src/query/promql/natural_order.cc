#include "query/promql/natural_order.h"

#include <cstddef>

namespace pharos::query::promql {
namespace {

bool Digit(char c) { return c >= '0' && c <= '9'; }

/// The run of digits, or of other characters, at the front.
std::string_view TakeRun(std::string_view& text) {
  size_t n = 1;
  while (n < text.size() && Digit(text[n]) == Digit(text[0])) ++n;
  const std::string_view run = text.substr(0, n);
  text.remove_prefix(n);
  return run;
}

std::string_view WithoutZeros(std::string_view digits) {
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view x = TakeRun(a);
    const std::string_view y = TakeRun(b);
    if (x == y) continue;
    if (!Digit(x[0]) || !Digit(y[0])) return x < y;
    const std::string_view p = WithoutZeros(x);
    const std::string_view q = WithoutZeros(y);
    if (p.size() != q.size()) return p.size() < q.size();
    if (p != q) return p < q;
    return x.size() < y.size();
  }
  return a.empty() && !b.empty();
}

}  // namespace pharos::query::promql
