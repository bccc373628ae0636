// A template sees the labels of the expression's result, not those of the series behind it.
// After `sum()` without `by` there are none, so {{ $labels.job }} renders empty in every message
// that the alert ever sends. Which labels a result can carry is inferred from the tree
// (label_flow.h); only a label that can never be there is told about.
#include <set>

#include "server/check/label_flow.h"
#include "server/check/traps.h"

namespace pharos::server::check {
namespace {

bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void AddWord(std::string_view text, size_t at, std::set<std::string>& out) {
  size_t end = at;
  while (end < text.size() && IsWord(text[end])) ++end;
  if (end > at) out.emplace(text.substr(at, end - at));
}

/// Labels that an action prints: `$labels.x`, `.Labels.x`, `index $labels "x"`. Conditions
/// (`if`, `with`, `else if`) test for them, which is no fault.
void LabelsInAction(std::string_view action, std::set<std::string>& out) {
  size_t at = action.find_first_not_of(" \t\n-");
  if (at == std::string_view::npos) return;
  const std::string_view word = action.substr(at);
  if (word.starts_with("if ") || word.starts_with("with ") || word.starts_with("else")) return;
  for (const std::string_view map : {"$labels", ".Labels"}) {
    for (at = 0; (at = action.find(map, at)) != std::string_view::npos;) {
      at += map.size();
      if (at < action.size() && action[at] == '.') {
        AddWord(action, at + 1, out);
        continue;
      }
      const size_t next = action.find_first_not_of(' ', at);
      if (next == std::string_view::npos || next == at || action[next] != '"') continue;
      const size_t end = action.find('"', next + 1);
      if (end != std::string_view::npos) out.emplace(action.substr(next + 1, end - next - 1));
    }
  }
}

std::set<std::string> LabelsInTemplate(std::string_view text) {
  std::set<std::string> out;
  for (size_t at = 0; (at = text.find("{{", at)) != std::string_view::npos;) {
    const size_t end = text.find("}}", at);
    if (end == std::string_view::npos) break;
    LabelsInAction(text.substr(at + 2, end - at - 2), out);
    at = end + 2;
  }
  return out;
}

}  // namespace

void FindEmptyTemplateLabels(const Stack& stack, Findings& out) {
  for (const StackRule& rule : stack.rules) {
    if (!rule.alert || rule.ast == nullptr) continue;
    const LabelFlow flow = LabelsOf(*rule.ast);
    for (const RuleText& text : rule.texts) {
      for (const std::string& label : LabelsInTemplate(text.text)) {
        if (flow.May(label)) continue;
        out.push_back({rule.file->path, text.line, "empty-label",
                       rule.name + ": {{ $labels." + label + " }} is always empty: the result of " +
                           "the expression cannot carry the label " + label + ". Aggregate by (" +
                           label + "), or say it without the label."});
      }
    }
  }
}

}  // namespace pharos::server::check
