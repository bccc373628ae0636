// A trace id has 16 bytes: 32 hex digits (16 where the high half is zero and was left away). A
// query for one of another length was copied badly and finds nothing in the original programs.
#include <re2/re2.h>

#include "server/check/traps.h"

namespace pharos::server::check {

void FindTraceIds(const Stack& stack, Findings& out) {
  static const RE2 kComparison(R"re((?i)trace[_:]?id\s*(?:=|==|=~)\s*["`]([0-9a-f]{8,})["`])re");
  for (const StackQuery& query : stack.queries) {
    re2::StringPiece rest(query.text);
    std::string id;
    while (RE2::FindAndConsume(&rest, kComparison, &id)) {
      if (id.size() == 16 || id.size() == 32) continue;
      out.push_back({query.file->path, query.line, "trace-id",
                     "trace id " + id + " has " + std::to_string(id.size()) +
                         " hex digits; a trace id has 32 (or 16). Copy it again; what is "
                         "compared as text finds nothing."});
    }
  }
}

}  // namespace pharos::server::check
