// Finds which of a column's skeletons a text has. Skeletons lie in a radix tree over their literal
// bytes and variables, so that what many of them have in front is compared once. Those that differ
// in the forms of runs of digits only (`5`, `05`, a run too long for a number) end at one place:
// they are a family.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "events/skeleton.h"
#include "events/var_reader.h"

namespace pharos::events {

/// Owns: copies of the skeletons. Threads: one.
/// Errors: none; a text whose skeleton is not found may have one nevertheless.
/// Cost: Find about a pass over the text, and no more than a few dozen steps aside.
class SkeletonTree {
 public:
  static constexpr int64_t kNone = -1;

  /// Those with a text that only the whole value ends are not found later. Each once.
  void Add(uint32_t number, const Skeleton& skeleton);
  /// The number of a skeleton that the text has, kNone for none. Where there are several, the one
  /// whose variables say most (a time before numbers), and of a family the one that was added last.
  /// values() are its variables until the next call.
  int64_t Find(std::string_view text, int64_t time_ns, VarReader& reader);
  const std::vector<VarValue>& values() const { return values_; }
  /// After a Find of kNone: the last one of a family that the text would belong to but for the
  /// forms of its digits; kNone for none.
  int64_t relative() const { return relative_; }

 private:
  /// A literal and the variable behind it, if there is one.
  struct Step {
    const char* literal = nullptr;
    uint32_t size = 0;
    VarType type;
  };
  /// A place in a skeleton.
  struct Place {
    const Step* step = nullptr;
    uint32_t done = 0;  // bytes of the step's literal
    std::string_view Literal() const { return {step->literal + done, step->size - done}; }
  };
  /// The form that a run of digits has.
  struct Form {
    uint32_t var = 0;
    VarType type;
  };
  struct Member {
    uint32_t number = 0;
    std::span<const Form> forms;
  };
  struct Branch {
    VarType type;
    uint32_t node = 0;
  };
  /// What all skeletons below have in common: `vars` literals with their variables, then `tail`
  /// bytes of a literal.
  struct Node {
    Place from;
    uint32_t vars = 0;
    uint32_t tail = 0;
    std::vector<Member> family;     // of skeletons that end here, the last one first
    std::vector<Branch> branches;   // by variable, those that say most first
    std::vector<uint8_t> firsts;    // by the next byte of the literal
    std::vector<uint32_t> literal;  // likewise
  };
  struct Search {
    const char* end;
    int64_t time_ns;
    VarReader& reader;
    int steps;  // that are left
  };

  const Step* Copy(const Skeleton& skeleton);
  bool ReadVar(VarType type, const char** at, Search& search, VarValue* out);
  /// The member of the node's family that has the text's variables.
  int64_t Choose(const Node& node);
  /// Goes along a node's own part as far as both are the same; where it leaves the node, it is
  /// split. False when the skeleton is at its end.
  bool Follow(uint32_t node, Place* at, const Step* last);
  /// The node's part from `vars` and `tail` on becomes a node below it.
  void SplitNode(uint32_t node, uint32_t vars, uint32_t tail);
  void Hang(uint32_t from, const Place& at, uint32_t to);
  void AddBranch(Node& node, VarType type, uint32_t to);
  int64_t Below(const Node& node, VarType type) const;
  int64_t Below(const Node& node, char first) const;
  /// Enters a node at a place of the text, with `count` variables in front.
  int64_t Descend(int64_t number, const char* at, size_t count, Search& search, int depth);
  /// Takes the node's own part; false where the text has another.
  bool TakeNode(const Node& node, const char** at, size_t* count, Search& search);

  base::Arena arena_;
  std::vector<Node> nodes_;
  std::vector<VarValue> values_;
  int64_t relative_ = kNone;
};

}  // namespace pharos::events
