#include <re2/re2.h>

#include <algorithm>

#include "model/go_regex.h"
#include "store/events.h"

namespace pharos::store {
namespace {

using model::Event;

bool HasAttribute(const Event& event, const Predicate& predicate) {
  const auto found = [&](std::span<const model::KeyValue> attributes) {
    const model::Value* value = model::FindAttribute(attributes, predicate.name);
    return value != nullptr && model::ValueToString(*value) == predicate.text;
  };
  if (found(event.attributes)) return true;
  return event.origin != nullptr &&
         (found(event.origin->scope_attributes) || found(event.origin->resource));
}

/// The line that text tests look at: a log's body as text, whatever its type.
bool LineHolds(const Event& event, const auto& test) {
  if (event.body.type == model::Value::Type::kString) return test(event.body.text);
  return test(std::string_view(model::ValueToString(event.body)));
}

}  // namespace

bool Matches(const Predicate& p, const Event& event) {
  using Op = Predicate::Op;
  const auto child = [&](const Predicate& c) { return Matches(c, event); };
  const model::SpanPart* span = event.span;
  switch (p.op) {
    case Op::kAnd: return std::all_of(p.children.begin(), p.children.end(), child);
    case Op::kOr: return std::any_of(p.children.begin(), p.children.end(), child);
    case Op::kNot: return !Matches(p.children.front(), event);
    case Op::kLineContains:
      return LineHolds(event, [&](std::string_view line) {
        return line.find(p.text) != std::string_view::npos;
      });
    case Op::kLineRegex: {
      RE2::Options options;
      options.set_log_errors(false);
      const RE2 regex(model::GoRegexToRe2(p.text), options);
      return LineHolds(event, [&](std::string_view line) {
        return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), regex);
      });
    }
    case Op::kAttributeEquals: return HasAttribute(event, p);
    case Op::kNameEquals: return span != nullptr && span->name == p.text;
    case Op::kDurationAtLeast: return span != nullptr && event.duration_ns() >= p.number;
    case Op::kDurationAtMost: return span != nullptr && event.duration_ns() <= p.number;
    case Op::kStatusEquals: return span != nullptr && span->status_code == p.number;
    case Op::kRootOnly: return span != nullptr && span->parent_id.IsZero();
  }
  return false;
}

}  // namespace pharos::store
