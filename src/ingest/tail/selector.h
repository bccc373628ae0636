// The selector of the match stage: `{app="x", env=~"prod.*"} |= "text" !~ "regex"`.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "ingest/tail/entry.h"
#include "match/line_matcher.h"
#include "model/matcher.h"

namespace pharos::ingest::tail {

/// Owns: compiled matchers and filters. Threads: immutable. Errors: Parse: kBadInput says at
/// which byte; parsers and label filters, which the match stage does not have, are named.
class Selector {
 public:
  static base::Result<Selector> Parse(std::string_view text);
  bool Matches(const Entry& entry) const;

 private:
  std::vector<model::Matcher> labels_;
  std::vector<match::LineMatcher> lines_;
};

}  // namespace pharos::ingest::tail
