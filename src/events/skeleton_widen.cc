// Skeletons that more texts have than the one that they were made from.
#include "events/skeleton.h"

namespace pharos::events {
namespace {

size_t DigitsOf(const Var& var) {
  return var.type.kind == VarKind::kPadded ? var.type.param : std::to_string(var.number).size();
}

}  // namespace

VarType WayOf(VarType type) {
  const bool digits =
      type.kind == VarKind::kPadded || (type.kind == VarKind::kText && type.param == kTextDigits);
  return digits ? VarType{VarKind::kNumber, 0} : type;
}

std::string WidenedSkeleton(const Skeleton& of, std::span<const Var> vars, const Skeleton& other) {
  if (of.literals != other.literals) return {};
  std::string out;
  for (size_t i = 0; i < vars.size(); ++i) {
    VarType type = vars[i].type;
    const VarType others = other.vars[i];
    if (!IsSame(WayOf(type), WayOf(others))) return {};
    if (others.kind == VarKind::kPadded && type.kind == VarKind::kNumber &&
        DigitsOf(vars[i]) == others.param) {
      type = others;
    }
    out += of.literals[i];
    out += static_cast<char>(type.kind);
    out += static_cast<char>(kParamBase + type.param);
  }
  return out += of.literals.back();
}

}  // namespace pharos::events
