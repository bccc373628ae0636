#include <simdjson.h>

#include <fstream>
#include <iostream>

#include "query/logql/parser.h"
#include "query/promql/parse_command.h"
#include "server/commands.h"

namespace pharos::server {
namespace {

std::string ParseLogqlLine(const std::string& line) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(line).get(text) != simdjson::SUCCESS)
    return "error: the line is not a JSON string";
  const auto parsed = query::logql::Parse(text);
  return parsed ? "ok" : "error: " + parsed.error().message;
}

}  // namespace

int Parse(const std::string& language, const std::string& file) {
  std::ifstream stream;
  if (!file.empty()) {
    stream.open(file);
    if (!stream) {
      std::cerr << "pharos: " << file << ": cannot be read\n";
      return 2;
    }
  }
  std::istream& in = file.empty() ? std::cin : stream;
  for (std::string line; std::getline(in, line);) {
    std::cout << (language == "promql" ? query::promql::ParseCommandLine(line)
                                       : ParseLogqlLine(line))
              << '\n';
  }
  return 0;
}

}  // namespace pharos::server
