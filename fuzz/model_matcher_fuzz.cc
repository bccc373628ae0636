// Label matchers of any pattern against any value, and canonical label bytes: what decodes
// is in order and encodes to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::model;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto labels = Labels::Decode(text)) {
    if (Labels::FromPairs(labels->ToVector()) != *labels) std::abort();
    (void)ToString(*labels);
  }
  const size_t end = std::min(text.find('\n'), text.size());
  if (end > 256) return 0;
  const std::string pattern(text.substr(0, end));
  const std::string_view value = end < size ? text.substr(end + 1) : "";
  const auto yes = Matcher::Make(MatchOp::kRegex, "a", pattern);
  const auto no = Matcher::Make(MatchOp::kNotRegex, "a", pattern);
  if (yes.has_value() != no.has_value()) std::abort();
  if (!yes) return 0;
  if (yes->Matches(value) == no->Matches(value)) std::abort();
  if (yes->Matches("") != yes->MatchesEmpty()) std::abort();
  for (const std::string& literal : yes->literals()) {
    if (!yes->Matches(literal)) std::abort();
  }
  return 0;
}
