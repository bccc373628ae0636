#include "query/promql/parse_command.h"

#include <simdjson.h>

#include "query/promql/parser.h"

namespace pharos::query::promql {

std::string ParseCommandLine(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  std::string_view text;
  if (parser.parse(line.data(), line.size()).get(document) != simdjson::SUCCESS ||
      document.get(text) != simdjson::SUCCESS) {
    return "error: the line is not a JSON string";
  }
  const auto expr = ParseExpr(text);
  return expr ? "ok" : "error: " + expr.error().message;
}

}  // namespace pharos::query::promql
