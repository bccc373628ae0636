// Skeletons that more texts have than the one that they were made from.
#include "events/skeleton.h"

namespace pharos::events {
namespace {

bool IsMarker(char c) {
  return c >= static_cast<char>(VarKind::kNumber) && c <= static_cast<char>(VarKind::kText);
}

/// Whether a number may stand as this type as well.
bool FitsAs(const Var& var, VarType type) {
  if (var.type.kind != VarKind::kNumber && var.type.kind != VarKind::kPadded) return false;
  const size_t digits =
      var.type.kind == VarKind::kPadded ? var.type.param : std::to_string(var.number).size();
  if (type.kind == VarKind::kPadded) return digits == type.param;
  const bool hex = type.kind == VarKind::kHex || type.kind == VarKind::kUpperHex;
  return hex && digits == 2u * type.param;
}

}  // namespace

std::string LooseSkeleton(std::string_view skeleton) {
  std::string out(skeleton);
  for (size_t i = 0; i < out.size(); ++i) {
    if (!IsMarker(out[i])) continue;
    if (out[i] == static_cast<char>(VarKind::kText)) return {};
    out[i] = static_cast<char>(VarKind::kNumber);
    if (++i < out.size()) out[i] = kParamBase;
  }
  return out;
}

std::string WidenedSkeleton(const Skeleton& of, std::span<const Var> vars, const Skeleton& other) {
  std::string out;
  for (size_t i = 0; i < vars.size(); ++i) {
    VarType type = vars[i].type;
    if (FitsAs(vars[i], other.vars[i])) type = other.vars[i];
    out += of.literals[i];
    out += static_cast<char>(type.kind);
    out += static_cast<char>(kParamBase + type.param);
  }
  return out += of.literals.back();
}

}  // namespace pharos::events
