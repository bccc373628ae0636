#include "query/logql/regexp_names.h"

#include <re2/re2.h>

#include "match/label_name.h"
#include "match/line_matcher.h"
#include "match/quantity.h"

namespace pharos::query::logql {

base::Result<void> CheckRegexpNames(const std::string& pattern) {
  PHAROS_TRY_VOID(match::CheckRegex(pattern));
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(pattern, options);
  const auto& names = regex.NamedCapturingGroups();
  if (regex.NumberOfCapturingGroups() == 0 || names.empty()) {
    return base::Fail(base::ErrorKind::kBadInput, "at least one named capture must be supplied");
  }
  for (const auto& [name, group] : names) {
    if (!match::IsLabelName(name)) {
      return base::Fail(base::ErrorKind::kBadInput, "invalid extracted label name '" + name + "'");
    }
  }
  return {};
}

}  // namespace pharos::query::logql
