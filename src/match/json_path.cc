#include "match/json_fields.h"
#include "match/label_name.h"
#include "match/quantity.h"

namespace pharos::match {
namespace {

using base::ErrorKind;
using base::Fail;

std::unexpected<base::Error> Bad(std::string_view text, std::string_view what) {
  return Fail(ErrorKind::kBadInput, "cannot parse expression [" + std::string(text) +
                                        "]: syntax error: " + std::string(what));
}

}  // namespace

base::Result<JsonPath> ParseJsonPath(std::string_view text) {
  JsonPath path;
  size_t at = 0;
  const auto more = [&] { return at < text.size(); };
  if (text.empty()) return Bad(text, "unexpected $end, expecting LSB or FIELD");
  bool dot = false;
  while (more()) {
    if (text[at] == '[') {
      if (dot) return Bad(text, "unexpected LSB, expecting FIELD");
      ++at;
      if (more() && text[at] == '"') {
        const size_t start = ++at;
        while (more() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
        if (!more()) return Bad(text, "the string does not end");
        std::string name;
        if (!UnescapeJson(text.substr(start, at - start), &name))
          return Bad(text, "bad escape in string");
        ++at;
        path.emplace_back(std::move(name));
      } else {
        size_t index = 0;
        const size_t start = at;
        for (; more() && text[at] >= '0' && text[at] <= '9'; ++at) {
          index = index * 10 + static_cast<size_t>(text[at] - '0');
          if (index > 1'000'000'000) return Bad(text, "the index is too large");
        }
        if (at == start) return Bad(text, "unexpected FIELD, expecting STRING or INDEX");
        path.emplace_back(index);
      }
      if (!more() || text[at] != ']')
        return Bad(text,
                   more() ? "unexpected STRING, expecting RSB" : "unexpected $end, expecting RSB");
      ++at;
    } else {
      if (!path.empty() && !dot) return Bad(text, "unexpected FIELD");
      const size_t start = at;
      while (more() && text[at] != '.' && text[at] != '[') ++at;
      const std::string_view name = text.substr(start, at - start);
      if (name.empty()) return Bad(text, "unexpected DOT, expecting FIELD");
      if (!IsLabelName(name)) return Bad(text, "unexpected " + GoQuote(name) + ", expecting FIELD");
      path.emplace_back(std::string(name));
    }
    dot = more() && text[at] == '.';
    if (dot && ++at >= text.size()) return Bad(text, "unexpected $end, expecting FIELD");
  }
  return path;
}

}  // namespace pharos::match
