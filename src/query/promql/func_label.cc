// label_replace and label_join.
#include <re2/re2.h>

#include "query/promql/evaluator.h"
#include "query/promql/go_quote.h"

namespace pharos::query::promql {
namespace {

const std::string& StringArg(const Call& node, size_t i) {
  return static_cast<const StringLiteral&>(*node.args[i]).value;
}

bool LabelName(const std::string& name) { return !name.empty() && ValidUtf8(name); }

bool WordChar(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Go's Regexp.Expand: $1, $name, ${name}, $$; what is not there is "".
class Template {
 public:
  Template(std::string_view text, const RE2& regex)
      : text_(text), names_(regex.NamedCapturingGroups()) {}

  std::string Expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    for (size_t i = 0; i < text_.size();) {
      if (text_[i] != '$' || i + 1 >= text_.size()) {
        out += text_[i++];
        continue;
      }
      if (text_[i + 1] == '$') {
        out += '$';
        i += 2;
        continue;
      }
      size_t next = 0;
      const std::string name = Name(i + 1, &next);
      if (name.empty()) {
        out += text_[i++];
        continue;
      }
      Append(&out, name, groups);
      i = next;
    }
    return out;
  }

 private:
  std::string Name(size_t at, size_t* next) const {
    const bool braces = text_[at] == '{';
    size_t end = braces ? at + 1 : at;
    const size_t begin = end;
    while (end < text_.size() && WordChar(text_[end])) ++end;
    if (end == begin || (braces && (end >= text_.size() || text_[end] != '}'))) return {};
    *next = end + (braces ? 1 : 0);
    return std::string(text_.substr(begin, end - begin));
  }

  void Append(std::string* out, const std::string& name,
              const std::vector<re2::StringPiece>& groups) const {
    size_t index = groups.size();
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      if (name.size() < 6 && (name.size() == 1 || name[0] != '0')) index = std::stoul(name);
    } else if (const auto found = names_.find(name); found != names_.end()) {
      index = static_cast<size_t>(found->second);
    }
    if (index < groups.size() && groups[index].data() != nullptr)
      out->append(groups[index].data(), groups[index].size());
  }

  std::string_view text_;
  const std::map<std::string, int>& names_;
};

}  // namespace

base::Result<Matrix> Evaluator::EvalLabelReplace(const Call& node) {
  const std::string& target = StringArg(node, 1);
  const std::string& source = StringArg(node, 3);
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const RE2 regex("^(?s:" + StringArg(node, 4) + ")$", options);
  if (!regex.ok())
    return EvalError("invalid regular expression in label_replace(): " + StringArg(node, 4));
  if (!LabelName(target))
    return EvalError("invalid destination label name in label_replace(): " + target);
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  const Template replacement(StringArg(node, 2), regex);
  const int groups = regex.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> match(static_cast<size_t>(groups));
  for (Row& row : matrix.rows) {
    const std::string value(row.labels.Get(source));
    if (!regex.Match(value, 0, value.size(), RE2::UNANCHORED, match.data(), groups)) continue;
    const std::string replaced = replacement.Expand(match);
    model::LabelsBuilder builder(row.labels);
    builder.Set(target, replaced);
    row.labels = builder.Build();
    if (target == model::kMetricName) row.drop_name = false;
  }
  return MergeSameLabels(std::move(matrix));
}

base::Result<Matrix> Evaluator::EvalLabelJoin(const Call& node) {
  const std::string& target = StringArg(node, 1);
  const std::string& separator = StringArg(node, 2);
  for (size_t i = 3; i < node.args.size(); ++i) {
    if (!LabelName(StringArg(node, i)))
      return EvalError("invalid source label name in label_join(): " + StringArg(node, i));
  }
  if (!LabelName(target))
    return EvalError("invalid destination label name in label_join(): " + target);
  PHAROS_TRY(Matrix matrix, Eval(*node.args[0]));
  for (Row& row : matrix.rows) {
    std::string joined;
    for (size_t i = 3; i < node.args.size(); ++i) {
      if (i > 3) joined += separator;
      joined += row.labels.Get(StringArg(node, i));
    }
    model::LabelsBuilder builder(row.labels);
    builder.Set(target, joined);
    row.labels = builder.Build();
    if (target == model::kMetricName) row.drop_name = false;
  }
  return MergeSameLabels(std::move(matrix));
}

}  // namespace pharos::query::promql
