#include "events/predicate.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>

#include "events/limits.h"
#include "model/go_regex.h"

namespace pharos::events {

using base::ErrorKind;
using base::Fail;
using base::Result;
using store::Predicate;
using Op = Predicate::Op;

namespace {

constexpr int kMaxPredicateDepth = 128;
/// A literal of fewer bytes is nearly everywhere.
constexpr size_t kShortLiteral = 3;
constexpr size_t kMaxClauses = 3;

size_t ShortestOf(const match::RegexClause& clause) {
  size_t shortest = SIZE_MAX;
  for (const match::RegexLiteral& literal : clause) {
    shortest = std::min(shortest, literal.text.size());
  }
  return shortest;
}

bool Contains(std::string_view text, std::string_view needle) {
  if (needle.size() > text.size()) return false;
  return needle.empty() ||
         memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr;
}

}  // namespace

struct CompiledPredicate::Node {
  Predicate self;  // without children; a leaf that is no line test goes to store::Matches
  std::unique_ptr<RE2> regex;
  std::vector<std::unique_ptr<Node>> children;
  bool line_only = true;

  bool Test(std::string_view line, const model::Event* event) const {
    const auto child = [&](const auto& c) { return c->Test(line, event); };
    switch (self.op) {
      case Op::kAnd: return std::all_of(children.begin(), children.end(), child);
      case Op::kOr: return std::any_of(children.begin(), children.end(), child);
      case Op::kNot: return !child(children.front());
      case Op::kLineContains: return Contains(line, self.text);
      case Op::kLineRegex:
        return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *regex);
      default: return store::Matches(self, *event);
    }
  }
};

CompiledPredicate::CompiledPredicate() = default;
CompiledPredicate::CompiledPredicate(CompiledPredicate&&) noexcept = default;
CompiledPredicate::~CompiledPredicate() = default;

Result<std::unique_ptr<CompiledPredicate::Node>> CompiledPredicate::Compile(const Predicate& p,
                                                                            int depth) {
  if (depth > kMaxPredicateDepth) {
    return Fail(ErrorKind::kBadInput, "the filter is nested too deeply");
  }
  auto node = std::make_unique<Node>();
  node->self.op = p.op;
  node->self.name = p.name;
  node->self.text = p.text;
  node->self.number = p.number;
  if (p.op == Op::kNot && p.children.size() != 1) {
    return Fail(ErrorKind::kBadInput, "a negated filter takes exactly one filter");
  }
  if (p.op == Op::kLineRegex) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxRegexBytes);
    node->regex = std::make_unique<RE2>(model::GoRegexToRe2(p.text), options);
    if (!node->regex->ok()) {
      return Fail(ErrorKind::kBadInput, "error parsing regexp: " + node->regex->error());
    }
  }
  const bool inner = p.op == Op::kAnd || p.op == Op::kOr || p.op == Op::kNot;
  node->line_only = inner || p.op == Op::kLineContains || p.op == Op::kLineRegex;
  if (!inner) return node;
  for (const Predicate& child : p.children) {
    PHAROS_TRY(auto compiled, Compile(child, depth + 1));
    node->line_only = node->line_only && compiled->line_only;
    node->children.push_back(std::move(compiled));
  }
  return node;
}

Result<void> CompiledPredicate::Split(const Predicate& p, int depth) {
  if (p.op == Op::kAnd && depth <= kMaxPredicateDepth) {
    for (const Predicate& child : p.children) PHAROS_TRY_VOID(Split(child, depth + 1));
    return {};
  }
  PHAROS_TRY(auto node, Compile(p, depth));
  auto& tests = node->line_only ? line_tests_ : event_tests_;
  tests.push_back(std::move(node));
  return {};
}

Result<CompiledPredicate> CompiledPredicate::Make(const Predicate& predicate) {
  CompiledPredicate out;
  PHAROS_TRY_VOID(out.Split(predicate, 0));
  // The cheap tests first: plain substrings before regexes.
  std::stable_partition(out.line_tests_.begin(), out.line_tests_.end(),
                        [](const auto& node) { return node->self.op == Op::kLineContains; });
  for (const auto& node : out.line_tests_) {
    const bool negated = node->self.op == Op::kNot;
    const Node& leaf = negated ? *node->children.front() : *node;
    if (leaf.self.op == Op::kLineContains) {
      out.substrings_.push_back({leaf.self.text, negated});
    } else {
      out.substrings_are_all_ = false;
    }
  }
  out.ChooseClauses();
  return out;
}

std::vector<match::RegexClause> CompiledPredicate::ClausesOf(const Node& node) {
  std::vector<match::RegexClause> out;
  switch (node.self.op) {
    case Op::kLineContains:
      if (!node.self.text.empty()) out.push_back({{node.self.text, false}});
      break;
    case Op::kLineRegex: return match::RequiredClauses(model::GoRegexToRe2(node.self.text));
    case Op::kAnd:
      for (const auto& child : node.children) {
        for (auto& clause : ClausesOf(*child)) out.push_back(std::move(clause));
      }
      break;
    case Op::kOr: {
      match::RegexClause any;
      for (const auto& child : node.children) {
        const auto of_child = ClausesOf(*child);
        const auto best = std::max_element(
            of_child.begin(), of_child.end(),
            [](const auto& a, const auto& b) { return ShortestOf(a) < ShortestOf(b); });
        if (best == of_child.end()) return {};
        any.insert(any.end(), best->begin(), best->end());
      }
      if (!any.empty()) out.push_back(std::move(any));
      break;
    }
    default: break;
  }
  return out;
}

void CompiledPredicate::ChooseClauses() {
  for (const auto& node : line_tests_) {
    if (node->self.op == Op::kLineContains) continue;  // one of the substrings
    bool any = false;
    for (auto& clause : ClausesOf(*node)) {
      if (ShortestOf(clause) < kShortLiteral) continue;
      clauses_.push_back(std::move(clause));
      any = true;
    }
    if (any || node->self.op != Op::kLineRegex) continue;
    auto outline = match::RegexOutline::Make(model::GoRegexToRe2(node->self.text));
    if (outline && outline->Start() == 0) outlines_.push_back(*std::move(outline));
  }
  std::stable_sort(clauses_.begin(), clauses_.end(),
                   [](const auto& a, const auto& b) { return ShortestOf(a) > ShortestOf(b); });
  if (clauses_.size() > kMaxClauses) clauses_.resize(kMaxClauses);
}

bool CompiledPredicate::TestLine(std::string_view line) const {
  return std::all_of(line_tests_.begin(), line_tests_.end(),
                     [&](const auto& node) { return node->Test(line, nullptr); });
}

bool CompiledPredicate::TestEvent(const model::Event& event) const {
  return std::all_of(event_tests_.begin(), event_tests_.end(),
                     [&](const auto& node) { return node->Test(event.body.text, &event); });
}

}  // namespace pharos::events
