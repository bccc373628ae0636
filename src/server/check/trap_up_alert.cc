// Two misreadings of `up{…} == 0`. (1) It fires when a scrape fails; it has no result at all when
// the series is gone (job renamed, target no longer discovered), though the author's words say
// that missing data fires. (2) `up` tells of the program that is scraped: where an application's
// metrics are taken from the Collector's exporter, the job bears the application's name and up
// stays 1 when the application dies.
#include <algorithm>

#include "query/promql/function_table.h"
#include "server/check/label_flow.h"
#include "server/check/traps.h"
#include "server/self_names.h"

namespace pharos::server::check {
namespace {

using namespace query::promql;  // NOLINT: the tree's own words

/// The selector of `up{…} == 0`, or null.
const VectorSelector* UpIsZero(const Expr& node) {
  const auto* binary = As<BinaryExpr>(&node, NodeKind::kBinary);
  if (binary == nullptr || binary->op != Tok::kEqlc) return nullptr;
  const Expr* sides[] = {&Bare(*binary->lhs), &Bare(*binary->rhs)};
  for (int i = 0; i < 2; ++i) {
    const auto* selector = As<VectorSelector>(sides[i], NodeKind::kVector);
    const auto* number = As<NumberLiteral>(sides[1 - i], NodeKind::kNumber);
    if (selector != nullptr && number != nullptr && number->value == 0 &&
        MetricOf(*selector) == "up")
      return selector;
  }
  return nullptr;
}

bool UsesAbsent(const Expr& expr) {
  bool found = false;
  EachNode(expr, [&](const Expr& node) {
    const auto* call = As<Call>(&node, NodeKind::kCall);
    found = found || (call != nullptr && call->function->name.starts_with("absent"));
  });
  return found;
}

/// The words with which somebody says that missing data fires, or "".
std::string ClaimOfAbsence(const StackRule& rule) {
  std::string words = rule.remarks;
  for (const RuleText& text : rule.texts) words += "\n" + text.text;
  std::transform(words.begin(), words.end(), words.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const std::string_view claim :
       {"no data", "nodata", "data is missing", "missing data", "is missing", "is absent",
        "disappeared", "stopped reporting", "not reporting", "vanished"}) {
    if (words.find(claim) != std::string::npos) return std::string(claim);
  }
  return "";
}

/// Is the target the Collector's prometheus exporter, which speaks for others?
bool IsCollectorExporter(const Stack& stack, const std::string& target) {
  if (SelfNames().FaceOf(target) == "otelcol-exporter") return true;
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string host = target.substr(0, colon), port = target.substr(colon + 1);
  const bool exports = std::any_of(stack.exporters.begin(), stack.exporters.end(),
                                   [&](const StackExporter& e) { return e.port == port; });
  if (!exports) return false;
  for (const auto& file : stack.files) {
    const conf::Node* services =
        file->kind == Kind::kCompose ? file->root.Find("services") : nullptr;
    const conf::Node* service = services != nullptr ? services->Find(host) : nullptr;
    if (service != nullptr &&
        TextAt(*service, "image").find("opentelemetry-collector") != std::string::npos)
      return true;
  }
  return false;
}

std::string SelectorText(const VectorSelector& selector) {
  std::string inside;
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.name() == "__name__") continue;
    inside += (inside.empty() ? "" : ", ") + matcher.ToString();
  }
  return inside.empty() ? "up" : "up{" + inside + "}";
}

void WatchesCollector(const Stack& stack, const StackRule& rule, const VectorSelector& up,
                      Findings& out) {
  const auto job_matcher =
      std::find_if(up.matchers.begin(), up.matchers.end(), [](const model::Matcher& matcher) {
        return matcher.name() == "job" && matcher.op() == model::MatchOp::kEqual;
      });
  if (job_matcher == up.matchers.end()) return;
  for (const StackJob& job : stack.jobs) {
    if (job.name != job_matcher->value() || !job.only_static || job.targets.empty()) continue;
    const bool collector = std::all_of(
        job.targets.begin(), job.targets.end(),
        [&](const StackTarget& target) { return IsCollectorExporter(stack, target.address); });
    if (!collector) continue;
    out.push_back({rule.file->path, rule.expr_line, "up-watches-collector",
                   rule.name + ": job " + job.name + " scrapes the Collector (" +
                       job.targets.front().address + ", " + job.file->path + ":" +
                       std::to_string(job.targets.front().line) + "), so " + SelectorText(up) +
                       " stays 1 when the application itself is down. Watch something that the "
                       "application sends, for example absent() of its request counter."});
  }
}

}  // namespace

void FindUpAlerts(const Stack& stack, Findings& out) {
  for (const StackRule& rule : stack.rules) {
    if (!rule.alert || rule.ast == nullptr) continue;
    EachNode(*rule.ast, [&](const Expr& node) {
      const VectorSelector* up = UpIsZero(node);
      if (up == nullptr) return;
      const std::string claim = ClaimOfAbsence(rule);
      if (!claim.empty() && !UsesAbsent(*rule.ast)) {
        const std::string text = SelectorText(*up);
        out.push_back({rule.file->path, rule.expr_line, "up-and-absence",
                       rule.name + ": the words around it say \"" + claim + "\", but " + text +
                           " == 0 has no result when the series is gone, and then nothing fires. "
                           "Add: or absent(" +
                           text + ")"});
      }
      WatchesCollector(stack, rule, *up, out);
    });
  }
}

}  // namespace pharos::server::check
