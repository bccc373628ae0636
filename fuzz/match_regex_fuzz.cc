// What is known of a regex without running it holds for every text that it matches.
#include <re2/re2.h>

#include <algorithm>
#include <cstdint>

#include "match/regex_literals.h"
#include "match/regex_outline.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::match;
  if (size < 1) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t cut = std::min<size_t>({data[0], all.size(), 60});
  const std::string pattern(all.substr(0, cut));
  const std::string_view text = all.substr(cut);
  const auto clauses = RequiredClauses(pattern);
  const auto outline = RegexOutline::Make(pattern);
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  const RE2 regex(pattern, options);
  if (!regex.ok() || !RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex)) {
    return 0;
  }
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const RegexClause& clause : clauses) {
    if (std::none_of(clause.begin(), clause.end(), [&](const RegexLiteral& literal) {
          return (literal.fold ? std::string_view(lower) : text).find(literal.text) !=
                 std::string_view::npos;
        })) {
      __builtin_trap();
    }
  }
  if (outline && (outline->Step(outline->Start(), text) & RegexOutline::kFound) == 0) {
    __builtin_trap();
  }
  return 0;
}
