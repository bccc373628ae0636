// A text split into its skeleton and its variables: `user 17 from 10.0.3.4` is the skeleton
// `user ‹number› from ‹number›.‹number›.‹number›.‹number›` with 17, 10, 0, 3, 4. The text
// comes back byte for byte. Skeletons repeat, so a part stores each once; variables become
// columns of numbers and binary ids.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/time_text.h"

namespace pharos::events {

/// What a variable is. In a skeleton it stands as two bytes: the kind, then 32 + parameter.
/// Bytes of a kind's value never stand in the literal parts of a skeleton.
enum class VarKind : uint8_t {
  kNumber = 1,  ///< decimal without leading zeros, of up to kMaxNumberDigits, unsigned
  kPadded,      ///< decimal, zeros in front to `param` digits
  kDecimal,     ///< with `param` digits behind the point, no zeros in front
  kHex,         ///< `param` × 2 lower-case hex digits
  kUpperHex,    ///< likewise upper-case
  kUuid,        ///< 8-4-4-4-12 lower-case hex digits
  kTime,        ///< a date and time of day, as the difference to the event's own; param: TimeForm
  kText,        ///< bytes as they are; param: TextForm
};
/// Where a text ends is told by what is in it, unless it is any text: that is a whole value.
enum TextForm : uint8_t {
  kTextAny,
  kTextDigits,  ///< a run of decimal digits
  kTextToken,   ///< a run of letters and digits
};
inline constexpr char kParamBase = 32;
inline constexpr size_t kMaxDecimalDigits = 18;  // of a number with a point
inline constexpr size_t kLeastIdDigits = 8;      // of a hex id; less are a word like others
/// Whether so many hex digits may be an id.
inline bool IsIdLength(size_t digits) {
  return digits >= kLeastIdDigits && digits <= 64 && digits % 2 == 0;
}

struct VarType {
  VarKind kind{};
  uint8_t param = 0;
  constexpr bool IsInteger() const { return kind <= VarKind::kDecimal || kind == VarKind::kTime; }
  /// Bytes of one value of a binary id; 0 for other kinds.
  size_t IdBytes() const {
    if (kind == VarKind::kUuid) return 16;
    return kind == VarKind::kHex || kind == VarKind::kUpperHex ? param : 0;
  }
};

/// One variable of a text that was taken apart.
struct Var {
  VarType type;
  int64_t number = 0;     ///< integers
  std::string_view text;  ///< where it stands in the text (ids and texts)
};

/// A skeleton that is one kText variable: the whole text.
inline constexpr std::string_view kWholeText("\x08\x20", 2);

struct Skeleton;

inline bool IsSame(VarType a, VarType b) { return a.kind == b.kind && a.param == b.param; }
/// The same for all forms of runs of digits (number, padded, text of digits), and only for these:
/// skeletons that differ in forms alone are a family.
VarType WayOf(VarType type);
/// A skeleton that texts like both may have: that of a text that was split into `vars`, padded
/// where `other` is and the width is the same; `12` may be the `05` of another text. "" where they
/// are of different families.
std::string WidenedSkeleton(const Skeleton& of, std::span<const Var> vars, const Skeleton& other);

/// Takes texts apart. Owns: the result of the last call. Threads: one.
/// Cost: one pass, a few nanoseconds a byte.
class Splitter {
 public:
  /// `time_ns` is the event's time.
  void Split(std::string_view text, int64_t time_ns);
  const std::string& skeleton() const { return skeleton_; }
  std::span<const Var> vars() const { return {vars_.data(), count_}; }

 private:
  size_t Token(std::string_view text, size_t at, int64_t time_ns);
  size_t Digits(std::string_view text, size_t at, size_t end);
  bool Time(std::string_view text, size_t at, int64_t time_ns, size_t* end);
  void Add(VarType type, int64_t number, std::string_view text);
  void Integer(std::string_view digits);
  void LongInteger(std::string_view digits);

  void Push(const Var& var) {
    if (count_ == vars_.size()) vars_.resize(2 * count_ + 8);
    vars_[count_++] = var;
  }

  std::string skeleton_;
  std::vector<Var> vars_;  // the first count_ of them
  size_t count_ = 0;
  size_t clock_end_ = 0;  // behind the last `:SS`, 0 for none
  TimeReader times_;
};

/// A skeleton taken apart: literals[0] vars[0] literals[1] … literals[n].
struct Skeleton {
  std::vector<std::string_view> literals;
  std::vector<VarType> vars;

  /// False for bytes that are none. Views into `text`.
  static bool Parse(std::string_view text, Skeleton* out);
};

/// Appends the text of an integer variable of an event at `time_ns`.
void AppendInteger(std::string& out, VarType type, int64_t number, int64_t time_ns);
/// Appends the text of a binary id.
void AppendId(std::string& out, VarType type, const char* bytes);
/// True for 8-4-4-4-12 lower-case hex digits at `at` that are a token of their own.
bool IsUuid(std::string_view text, size_t at);
/// True for letters and digits of ASCII: what tokens are made of.
bool IsAlnum(char c);
/// Makes the type.IdBytes() bytes of an id from its text.
void IdToBytes(VarType type, const char* text, char* to);
/// Appends them.
void PutId(std::string& out, VarType type, std::string_view text);

}  // namespace pharos::events
