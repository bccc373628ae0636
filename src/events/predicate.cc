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
  return out;
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
