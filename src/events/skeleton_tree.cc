#include "events/skeleton_tree.h"

#include <algorithm>
#include <array>

#include "events/coding.h"

namespace pharos::events {
namespace {

constexpr int kMostSteps = 64;  // of one search: ways that are tried and given up are rare
constexpr int kMostDepth = 48;  // likewise, as calls lie on the stack

constexpr size_t kMostMembers = 8;  // of a family; more forms of digits are no forms
constexpr size_t kFewFirsts = 8;    // a call costs more than a look

constexpr VarType kRun{VarKind::kNumber, 0};  // of digits, in any form

/// The kinds of ways, those that say most first.
int RankOf(VarType type) {
  switch (type.kind) {
    case VarKind::kTime: return 0;
    case VarKind::kUuid: return 1;
    case VarKind::kHex:
    case VarKind::kUpperHex: return 2;
    case VarKind::kDecimal: return 3;
    case VarKind::kNumber:
    case VarKind::kPadded: return 4;
    case VarKind::kText: return 5;
  }
  return 0;
}

size_t CommonFront(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

}  // namespace

const SkeletonTree::Step* SkeletonTree::Copy(const Skeleton& skeleton) {
  const size_t n = skeleton.literals.size();
  auto* steps = static_cast<Step*>(arena_.Allocate(n * sizeof(Step)));
  for (size_t i = 0; i < n; ++i) {
    const std::string_view literal = arena_.Copy(skeleton.literals[i]);
    steps[i] = {literal.data(), static_cast<uint32_t>(literal.size()),
                i + 1 < n ? WayOf(skeleton.vars[i]) : VarType{}};
  }
  return steps;
}

int64_t SkeletonTree::Below(const Node& node, VarType type) const {
  for (const Branch& branch : node.branches) {
    if (IsSame(branch.type, type)) return branch.node;
  }
  return kNone;
}

int64_t SkeletonTree::Below(const Node& node, char first) const {
  const size_t n = node.firsts.size();
  if (n > kFewFirsts) {
    const void* found = std::memchr(node.firsts.data(), first, n);
    if (found == nullptr) return kNone;
    return node
        .literal[static_cast<size_t>(static_cast<const uint8_t*>(found) - node.firsts.data())];
  }
  for (size_t i = 0; i < n; ++i) {
    if (node.firsts[i] == static_cast<uint8_t>(first)) return node.literal[i];
  }
  return kNone;
}

void SkeletonTree::AddBranch(Node& node, VarType type, uint32_t to) {
  const auto place =
      std::find_if(node.branches.begin(), node.branches.end(),
                   [type](const Branch& branch) { return RankOf(branch.type) > RankOf(type); });
  node.branches.insert(place, {type, to});
}

void SkeletonTree::SplitNode(uint32_t number, uint32_t vars, uint32_t tail) {
  const auto below = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  Node& node = nodes_[number];
  Node& rest = nodes_.back();
  rest = std::move(node);
  node = {.from = rest.from, .vars = vars, .tail = tail};
  rest.vars -= vars;
  if (vars > 0) rest.from = {rest.from.step + vars, 0};
  rest.from.done += tail;
  if (rest.vars == 0) rest.tail -= tail;
  if (!rest.from.Literal().empty()) return Hang(number, rest.from, below);
  // It begins with a variable, of which the branch takes care.
  const VarType type = rest.from.step->type;
  ++rest.from.step;
  rest.from.done = 0;
  --rest.vars;
  AddBranch(node, type, below);
}

/// `to`, which begins with the literal at `at`.
void SkeletonTree::Hang(uint32_t from, const Place& at, uint32_t to) {
  nodes_[from].firsts.push_back(static_cast<uint8_t>(at.Literal()[0]));
  nodes_[from].literal.push_back(to);
}

bool SkeletonTree::Follow(uint32_t number, Place* at, const Step* last) {
  const Node& node = nodes_[number];
  Place own = node.from;
  for (uint32_t v = 0; v <= node.vars; ++v) {
    const bool in_tail = v == node.vars;
    const std::string_view literal = in_tail ? own.Literal().substr(0, node.tail) : own.Literal();
    const size_t same = CommonFront(literal, at->Literal());
    at->done += static_cast<uint32_t>(same);
    const bool leaves = same < literal.size();
    if (leaves || (!in_tail && (!at->Literal().empty() || at->step == last ||
                                !IsSame(at->step->type, own.step->type)))) {
      const auto done = static_cast<uint32_t>(same);
      SplitNode(number, v, done);
      break;
    }
    if (in_tail) break;
    own = {own.step + 1, 0};
    *at = {at->step + 1, 0};
  }
  return at->step != last || !at->Literal().empty();
}

void SkeletonTree::Add(uint32_t number, const Skeleton& skeleton) {
  for (const VarType type : skeleton.vars) {
    if (type.kind == VarKind::kText && type.param == kTextAny) return;
  }
  Place at{Copy(skeleton), 0};
  const Step* last = at.step + skeleton.vars.size();
  if (nodes_.empty()) nodes_.push_back({.from = at});
  uint32_t node = 0;
  while (Follow(node, &at, last)) {
    const bool literal = !at.Literal().empty();
    const VarType type = at.step->type;
    const int64_t next = literal ? Below(nodes_[node], at.Literal()[0]) : Below(nodes_[node], type);
    if (!literal) at = {at.step + 1, 0};
    if (next != kNone) {
      node = static_cast<uint32_t>(next);
      continue;
    }
    const auto leaf = static_cast<uint32_t>(nodes_.size());
    const auto vars = static_cast<uint32_t>(last - at.step);
    nodes_.push_back({.from = at, .vars = vars, .tail = last->size - (vars == 0 ? at.done : 0)});
    if (literal) {
      Hang(node, at, leaf);
    } else {
      AddBranch(nodes_[node], type, leaf);
    }
    node = leaf;
    break;
  }
  std::vector<Member>& family = nodes_[node].family;
  std::vector<Form> forms;
  for (uint32_t i = 0; i < skeleton.vars.size(); ++i) {
    if (IsSame(WayOf(skeleton.vars[i]), kRun)) forms.push_back({i, skeleton.vars[i]});
  }
  family.insert(family.begin(), {number, arena_.CopySpan(std::span<const Form>(forms))});
  if (family.size() > kMostMembers) family.pop_back();
  if (values_.size() < skeleton.vars.size() + 1) values_.resize(skeleton.vars.size() + 1);
}

inline bool SkeletonTree::ReadVar(VarType type, const char** at, Search& search, VarValue* out) {
  if (type.kind == VarKind::kNumber) return VarReader::ReadRun(at, search.end, out);
  return search.reader.Read(type, at, search.end, search.time_ns, out);
}

int64_t SkeletonTree::Choose(const Node& node) {
  for (const Member& member : node.family) {
    const bool fits = std::all_of(member.forms.begin(), member.forms.end(), [&](const Form& form) {
      return VarReader::RunIs(values_[form.var], form.type);
    });
    if (fits) return member.number;
  }
  if (relative_ == kNone && !node.family.empty()) relative_ = node.family[0].number;
  return kNone;
}

inline bool SkeletonTree::TakeNode(const Node& node, const char** at, size_t* count,
                                   Search& search) {
  const char* from = *at;
  const char* end = search.end;
  VarValue* value = &values_[*count];
  Place place = node.from;
  for (uint32_t v = 0; v < node.vars; ++v) {
    const std::string_view literal = place.Literal();
    if (static_cast<size_t>(end - from) < literal.size() ||
        !SameBytes(from, literal.data(), literal.size())) {
      return false;
    }
    from += literal.size();
    if (!ReadVar(place.step->type, &from, search, value++)) return false;
    place = {place.step + 1, 0};
  }
  if (static_cast<size_t>(end - from) < node.tail ||
      !SameBytes(from, place.step->literal + place.done, node.tail)) {
    return false;
  }
  *count += node.vars;
  *at = from + node.tail;
  return true;
}

// Arguments lie in registers: a structure would be written and read back for each node.
int64_t SkeletonTree::Descend(int64_t number, const char* at, size_t count, Search& search,
                              int depth) {
  while (true) {
    const Node& node = nodes_[static_cast<size_t>(number)];
    if (--search.steps < 0 || !TakeNode(node, &at, &count, search)) return kNone;
    if (at == search.end) return Choose(node);
    // Of the ways from here the last one is gone without a call. The others are tried as soon as
    // there is another one.
    int64_t next = kNone;
    const char* to = nullptr;
    size_t taken = 0;
    const auto give_up = [&](int64_t* found) {
      *found = next == kNone || depth == kMostDepth
                   ? kNone
                   : Descend(next, to, count + taken, search, depth + 1);
      return next == kNone || (*found == kNone && depth < kMostDepth);
    };
    int64_t found = kNone;
    for (const Branch& branch : node.branches) {
      const char* end = at;
      VarValue other;
      VarValue* value = next == kNone ? &values_[count] : &other;
      if (!ReadVar(branch.type, &end, search, value)) continue;
      if (!give_up(&found)) return found;
      if (value == &other) values_[count] = other;
      next = branch.node;
      to = end;
      taken = 1;
    }
    const int64_t literal = Below(node, *at);
    if (literal != kNone) {
      if (!give_up(&found)) return found;
      next = literal;
      to = at;
      taken = 0;
    }
    if (next == kNone) return kNone;
    number = next;
    at = to;
    count += taken;
  }
}

int64_t SkeletonTree::Find(std::string_view text, int64_t time_ns, VarReader& reader) {
  relative_ = kNone;
  if (nodes_.empty()) return kNone;
  Search search{text.data() + text.size(), time_ns, reader, kMostSteps};
  return Descend(0, text.data(), 0, search, 0);
}

}  // namespace pharos::events
