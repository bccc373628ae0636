// label_replace(v, "destination", "replacement", "source", "regex").
#include <re2/re2.h>

#include <cctype>

#include "query/logql/run_context.h"

namespace pharos::query::logql {
namespace {

using Groups = std::vector<re2::StringPiece>;

/// The text of `$1`, `$name` or `${name}`; nothing where no such group is.
re2::StringPiece GroupNamed(const RE2& regex, const Groups& groups, const std::string& name) {
  size_t group = groups.size();
  if (name.find_first_not_of("0123456789") == std::string::npos) {
    if (name.size() < 4) group = std::stoul(name);
  } else if (const auto found = regex.NamedCapturingGroups().find(name);
             found != regex.NamedCapturingGroups().end()) {
    group = static_cast<size_t>(found->second);
  }
  return group < groups.size() ? groups[group] : re2::StringPiece();
}

/// Go's Regexp.Expand.
std::string Expand(const RE2& regex, const Groups& groups, const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 >= text.size()) {
      out += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out += text[i++];
      continue;
    }
    const bool braces = text[i + 1] == '{';
    const size_t start = i + 1 + (braces ? 1 : 0);
    size_t end = start;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    if (end == start || (braces && (end >= text.size() || text[end] != '}'))) {
      out += text[i];
      continue;
    }
    const re2::StringPiece value = GroupNamed(regex, groups, text.substr(start, end - start));
    out.append(value.data(), value.size());
    i = end - 1 + (braces ? 1 : 0);
  }
  return out;
}

}  // namespace

base::Result<StepVector> ReplaceLabels(const LabelReplace& call, StepVector input) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const RE2 regex(call.regex, options);
  if (!regex.ok()) {
    return base::Fail(base::ErrorKind::kBadInput,
                      "invalid regex in label_replace: " + regex.error());
  }
  Groups groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  for (StepSeries& series : input.series) {
    const std::string_view source = series.labels.Get(call.source);
    const re2::StringPiece text(source.data(), source.size());
    if (!regex.Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      continue;
    }
    const std::string value = Expand(regex, groups, call.replacement);
    series.labels = model::LabelsBuilder(series.labels).Set(call.destination, value).Build();
  }
  return input;
}

}  // namespace pharos::query::logql
