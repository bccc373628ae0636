#include "match/regex_outline.h"

#include <bit>

#include "match/regex_scanner.h"

namespace pharos::match {
namespace {

constexpr size_t kMaxPlaces = 60;
constexpr int kMaxNesting = 100;
constexpr size_t kMaxAtoms = 4096;  // also of those that are read again for a count

using Bytes = RegexOutline::Bytes;
using States = RegexOutline::States;

Bytes Range(unsigned from, unsigned to) {
  Bytes out;
  for (unsigned b = from; b <= to; ++b) out.set(b);
  return out;
}
Bytes HighBytes() { return Range(0x80, 0xff); }
Bytes Digits() { return Range('0', '9'); }
Bytes WordBytes() { return Range('0', '9') | Range('a', 'z') | Range('A', 'Z') | Range('_', '_'); }
Bytes Spaces() {
  Bytes out;
  for (const char c : {' ', '\t', '\n', '\f', '\r'}) out.set(static_cast<uint8_t>(c));
  return out;
}

/// A piece of the regex.
struct Fragment {
  bool nullable = true;
  States first = 0;
  States last = 0;
};

}  // namespace

/// Parses and builds at once. What fails gives no outline.
class RegexOutline::Maker : RegexScanner {
 public:
  Maker(std::string_view regex, RegexOutline& out) : RegexScanner(regex), out_(out) {}

  bool Run() {
    const Fragment all = Branches(false, 0);
    if (failed_ || at_ != regex_.size()) return false;
    out_.nullable_ = all.nullable;
    out_.first_ = all.first;
    out_.last_ = all.last;
    for (size_t place = 0; place < out_.bytes_.size(); ++place) {
      for (size_t b = 0; b < 256; ++b) {
        if (out_.bytes_[place][b]) out_.takes_[b] |= States{1} << place;
      }
    }
    return true;
  }

 private:
  Fragment Fail() {
    failed_ = true;
    at_ = regex_.size();
    return {};
  }

  void Link(States from, States to) {
    for (; from != 0; from &= from - 1) {
      out_.follow_[static_cast<size_t>(std::countr_zero(from))] |= to;
    }
  }
  Fragment Place(const Bytes& bytes) {
    if (out_.bytes_.size() == kMaxPlaces) return Fail();
    const States bit = States{1} << out_.bytes_.size();
    out_.bytes_.push_back(bytes);
    out_.follow_.push_back(0);
    return {false, bit, bit};
  }
  /// One character: of ASCII one of `bytes`, and where that is asked for any other.
  Fragment Character(Bytes bytes, bool beyond_ascii) {
    if (!beyond_ascii) return Place(bytes);
    const Fragment out = Place(bytes | HighBytes());
    const Fragment rest = Place(HighBytes());
    if (failed_) return {};
    Link(out.last | rest.last, rest.first);
    return {false, out.first, out.last | rest.last};
  }
  Fragment Join(const Fragment& a, const Fragment& b) {
    Link(a.last, b.first);
    return {a.nullable && b.nullable, a.first | (a.nullable ? b.first : 0),
            b.last | (b.nullable ? a.last : 0)};
  }

  Fragment Branches(bool fold, int depth) {
    if (depth > kMaxNesting) return Fail();
    Fragment all{false, 0, 0}, sequence;
    const auto add = [&] {
      all = {all.nullable || sequence.nullable, all.first | sequence.first,
             all.last | sequence.last};
    };
    while (!End() && regex_[at_] != ')') {
      if (Take("|")) {
        add();
        sequence = {};
        continue;
      }
      if (TakeFlags(&fold)) {
        // A repeat behind it is one of what stands before it: too clever for this.
        if (AtRepeat()) return Fail();
        continue;
      }
      sequence = Join(sequence, Repeated(fold, depth));
    }
    add();
    return all;
  }

  Fragment Repeated(bool fold, int depth) {
    const size_t begin = at_;
    Fragment out = Atom(fold, depth);
    const size_t end = at_;
    while (!End() && !failed_) {
      if (Take("*")) {
        Link(out.last, out.first);
        out.nullable = true;
      } else if (Take("+")) {
        Link(out.last, out.first);
      } else if (Take("?")) {
        out.nullable = true;
      } else if (Counts counts; TakeCounts(&counts)) {
        // Two of them, then as many as there are: at least two bytes are asked for.
        const size_t behind = at_;
        if (counts.least >= 2) {
          at_ = begin;
          const Fragment second = Atom(fold, depth);
          if (at_ != end) return Fail();
          Link(second.last, second.first);
          out = Join(out, second);
          at_ = behind;
        } else {
          Link(out.last, out.first);
          out.nullable = out.nullable || counts.least == 0;
        }
      } else {
        break;
      }
      Take("?");
    }
    return out;
  }

  Fragment Atom(bool fold, int depth) {
    if (++work_ > kMaxAtoms) return Fail();
    if (failed_ || End()) return Fail();
    const char c = regex_[at_];
    if (c == '(') return Group(fold, depth);
    if (c == '[') return Class(fold);
    if (c == '\\') return Escape(fold);
    ++at_;
    if (c == '^' || c == '$') return {};
    if (c == '.') return Character(Range(0, 0x7f), true);
    return Literal(static_cast<uint8_t>(c), fold);
  }

  Fragment Group(bool fold, int depth) {
    ++at_;
    if (!TakeGroupHead(&fold)) return Fail();
    const Fragment inside = Branches(fold, depth + 1);
    return Take(")") ? inside : Fail();
  }

  /// A byte of a literal; letters of either case, and what lies beyond ASCII, with `fold`.
  Fragment Literal(uint8_t byte, bool fold) {
    if (!fold) {
      // A character of several bytes is one atom: a repeat stands behind all of it.
      Fragment out = Place(Range(byte, byte));
      while (byte >= 0x80 && !End() && (static_cast<uint8_t>(regex_[at_]) & 0xC0) == 0x80) {
        const auto next = static_cast<uint8_t>(regex_[at_++]);
        out = Join(out, Place(Range(next, next)));
      }
      return out;
    }
    if (byte >= 0x80) {
      while (!End() && (static_cast<uint8_t>(regex_[at_]) & 0xC0) == 0x80) ++at_;
      return Character(Range(0, 0x7f), true);
    }
    return Character(Folded(Range(byte, byte)), true);
  }
  static Bytes Folded(Bytes bytes) {
    for (unsigned c = 'a'; c <= 'z'; ++c) {
      if (bytes[c] || bytes[c - 32]) {
        bytes.set(c);
        bytes.set(c - 32);
      }
    }
    return bytes;
  }

  static bool IsAlphanumeric(char c) { return WordBytes()[static_cast<uint8_t>(c)] && c != '_'; }

  /// `\d` and its like; false for others.
  static bool Named(char c, Bytes* bytes, bool* beyond) {
    *beyond = c == 'D' || c == 'W' || c == 'S';
    switch (c) {
      case 'd':
      case 'D': *bytes = Digits(); break;
      case 'w':
      case 'W': *bytes = WordBytes(); break;
      case 's':
      case 'S': *bytes = Spaces(); break;
      default: return false;
    }
    if (*beyond) *bytes = Range(0, 0x7f) & ~*bytes;
    return true;
  }

  Fragment Escape(bool fold) {
    ++at_;
    if (End()) return Fail();
    const char c = regex_[at_++];
    if (!IsAlphanumeric(c)) return Literal(static_cast<uint8_t>(c), fold);
    Bytes bytes;
    bool beyond = false;
    if (Named(c, &bytes, &beyond)) return Character(bytes, beyond);
    switch (c) {
      case 'b':
      case 'B':
      case 'A':
      case 'z': return {};
      case 't': return Place(Range('\t', '\t'));
      case 'n': return Place(Range('\n', '\n'));
      case 'r': return Place(Range('\r', '\r'));
      default: return Fail();
    }
  }

  Fragment Class(bool fold) {
    ++at_;
    const bool negated = Take("^");
    Bytes all;
    bool beyond = fold;
    for (bool first = true; !End() && (first || regex_[at_] != ']'); first = false) {
      if (regex_.substr(at_).starts_with("[:")) return Fail();
      auto c = static_cast<uint8_t>(regex_[at_++]);
      if (c == '\\') {
        if (End()) return Fail();
        c = static_cast<uint8_t>(regex_[at_++]);
        Bytes named;
        bool named_beyond = false;
        if (Named(static_cast<char>(c), &named, &named_beyond)) {
          all |= named;
          beyond = beyond || named_beyond;
          continue;
        }
        if (c == 't') {
          c = '\t';
        } else if (c == 'n') {
          c = '\n';
        } else if (IsAlphanumeric(static_cast<char>(c))) {
          return Fail();
        }
      }
      if (c >= 0x80) {
        if (negated) continue;
        beyond = true;
        continue;
      }
      if (at_ + 1 < regex_.size() && regex_[at_] == '-' && regex_[at_ + 1] != ']') {
        const auto to = static_cast<uint8_t>(regex_[at_ + 1]);
        if (to == '\\' || to < c) return Fail();
        at_ += 2;
        if (to >= 0x80) beyond = true;
        all |= Range(c, std::min<uint8_t>(to, 0x7f));
        continue;
      }
      all.set(c);
    }
    if (!Take("]")) return Fail();
    if (fold) all = Folded(all);
    if (negated) return Character(Range(0, 0x7f) & ~all, true);
    return Character(all, beyond);
  }

  RegexOutline& out_;
  size_t work_ = 0;
  bool failed_ = false;
};

std::optional<RegexOutline> RegexOutline::Make(std::string_view regex) {
  std::optional<RegexOutline> out(std::in_place);
  if (!Maker(regex, *out).Run()) out.reset();
  return out;
}

States RegexOutline::After(States states) const {
  States next = first_;
  for (states &= ~kFound; states != 0; states &= states - 1) {
    next |= follow_[static_cast<size_t>(std::countr_zero(states))];
  }
  return next;
}

States RegexOutline::Step(States states, std::string_view text) const {
  States found = states & kFound;
  for (const char c : text) {
    states = After(states) & takes_[static_cast<uint8_t>(c)];
    if ((states & last_) != 0) found = kFound;
  }
  return (states & ~kFound) | found;
}

States RegexOutline::Takes(const Bytes& bytes) const {
  States takes = 0;
  for (size_t b = 0; b < 256; ++b) {
    if (bytes[b]) takes |= takes_[b];
  }
  return takes;
}

States RegexOutline::StepAny(States states, States takes) const {
  while (true) {
    States next = states | (After(states) & takes);
    if ((next & ~states & last_) != 0) next |= kFound;
    if (next == states) return states;
    states = next;
  }
}

}  // namespace pharos::match
