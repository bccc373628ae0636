#include "store/reserved_streams.h"

#include <algorithm>

namespace pharos::store {

bool MatchesStream(const std::vector<model::Matcher>& matchers, const model::Labels& stream) {
  if (!model::MatchesAll(matchers, stream)) return false;
  return !stream.Has(kExemplarLabel) ||
         std::any_of(matchers.begin(), matchers.end(), [](const model::Matcher& matcher) {
           return matcher.name() == kExemplarLabel;
         });
}

}  // namespace pharos::store
