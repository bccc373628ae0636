#include "match/regex_literals.h"

#include <algorithm>

#include "match/regex_scanner.h"

namespace pharos::match {
namespace {

constexpr size_t kMaxTexts = 16;
constexpr size_t kMaxTextBytes = 256;
constexpr int kMaxNesting = 200;
constexpr size_t kMaxClauses = 64;

/// What is known of a piece of the regex.
struct Info {
  bool exact = false;               // it matches `texts` and nothing else
  std::vector<RegexLiteral> texts;  // may hold an empty one
  std::vector<RegexClause> clauses;
};

Info Any() { return {}; }
Info Exactly(std::string text, bool fold = false) { return {true, {{std::move(text), fold}}, {}}; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

RegexLiteral Join(const RegexLiteral& a, const RegexLiteral& b) {
  RegexLiteral out{a.text + b.text, a.fold || b.fold};
  if (out.fold) std::transform(out.text.begin(), out.text.end(), out.text.begin(), Lower);
  return out;
}

size_t ShortestOf(const RegexClause& clause) {
  size_t shortest = SIZE_MAX;
  for (const RegexLiteral& literal : clause) shortest = std::min(shortest, literal.text.size());
  return clause.empty() ? 0 : shortest;
}

void AddClause(const RegexClause& clause, std::vector<RegexClause>* out) {
  if (ShortestOf(clause) > 0 && out->size() < kMaxClauses) out->push_back(clause);
}

/// Pieces that follow each other.
class Sequence {
 public:
  void Add(Info next) {
    if (next.exact && Multiply(next.texts)) return;
    AddClause(texts_, &clauses_);
    exact_ = false;
    if (next.exact) {
      texts_ = std::move(next.texts);
      return;
    }
    for (const RegexClause& clause : next.clauses) AddClause(clause, &clauses_);
    texts_ = {{}};
  }
  Info Finish() && {
    if (exact_) return {true, std::move(texts_), {}};
    AddClause(texts_, &clauses_);
    return {false, {}, std::move(clauses_)};
  }

 private:
  bool Multiply(const std::vector<RegexLiteral>& by) {
    if (texts_.size() * by.size() > kMaxTexts) return false;
    std::vector<RegexLiteral> product;
    for (const RegexLiteral& a : texts_) {
      for (const RegexLiteral& b : by) {
        product.push_back(Join(a, b));
        if (product.back().text.size() > kMaxTextBytes) return false;
      }
    }
    texts_ = std::move(product);
    return true;
  }

  bool exact_ = true;  // nothing came before `texts_`
  std::vector<RegexLiteral> texts_{{}};
  std::vector<RegexClause> clauses_;
};

/// The clause that says most.
RegexClause BestOf(const Info& info) {
  if (info.exact) return info.texts;
  RegexClause best;
  for (const RegexClause& clause : info.clauses) {
    if (ShortestOf(clause) > ShortestOf(best)) best = clause;
  }
  return best;
}

Info OneOf(std::vector<Info> branches) {
  if (branches.size() == 1) return std::move(branches[0]);
  Info out;
  out.exact = true;
  RegexClause all;
  for (const Info& branch : branches) {
    out.exact = out.exact && branch.exact;
    const RegexClause best = BestOf(branch);
    if (best.empty()) return Any();
    all.insert(all.end(), best.begin(), best.end());
  }
  if (all.size() > kMaxTexts) return Any();
  if (out.exact) {
    out.texts = std::move(all);
  } else {
    AddClause(all, &out.clauses);
  }
  return out;
}

Info Repeat(Info once, int min, bool at_most_once) {
  if (min == 0) {
    if (!once.exact || !at_most_once) return Any();
    once.texts.push_back({});
    return once.texts.size() > kMaxTexts ? Any() : once;
  }
  if (at_most_once || !once.exact) return once;
  Info out;
  AddClause(once.texts, &out.clauses);
  return out;
}

/// Walks the regex. Whatever it does not know ends the walk with nothing known.
class Walk : RegexScanner {
 public:
  explicit Walk(std::string_view regex) : RegexScanner(regex) {}

  std::vector<RegexClause> Run() {
    const Info info = Branches(false, 0);
    if (failed_ || at_ != regex_.size()) return {};
    if (!info.exact) return info.clauses;
    std::vector<RegexClause> out;
    AddClause(info.texts, &out);
    return out;
  }

 private:
  Info Fail() {
    failed_ = true;
    at_ = regex_.size();
    return Any();
  }

  Info Branches(bool fold, int depth) {
    if (depth > kMaxNesting) return Fail();
    std::vector<Info> branches;
    Sequence sequence;
    while (!End() && Peek() != ')') {
      if (Take("|")) {
        branches.push_back(std::move(sequence).Finish());
        sequence = {};
        continue;
      }
      if (TakeFlags(&fold)) {
        // A repeat behind it is one of what stands before it: too clever for this.
        if (AtRepeat()) return Fail();
        continue;
      }
      sequence.Add(Repeats(Atom(fold, depth)));
    }
    branches.push_back(std::move(sequence).Finish());
    return OneOf(std::move(branches));
  }

  Info Repeats(Info info) {
    while (!End()) {
      Counts counts;
      if (Take("+")) {
        counts.least = 1;
      } else if (Take("?")) {
        counts.at_most_once = true;
      } else if (!Take("*") && !TakeCounts(&counts)) {
        return info;
      }
      Take("?");  // lazy
      info = Repeat(std::move(info), counts.least, counts.at_most_once);
    }
    return info;
  }

  Info Atom(bool fold, int depth) {
    const char c = Peek();
    if (c == '(') return Group(fold, depth);
    if (c == '[') return Class(fold);
    if (c == '\\') return Escape(fold);
    if (c == '^' || c == '$') {
      ++at_;
      return Exactly("");
    }
    if (c == '.') {
      ++at_;
      return Any();
    }
    return Character(fold);
  }

  Info Group(bool fold, int depth) {
    ++at_;
    if (!TakeGroupHead(&fold)) return Fail();
    Info inside = Branches(fold, depth + 1);
    if (!Take(")")) return Fail();
    return inside;
  }

  /// A character as the flags have it. Some have cases beyond ASCII: nothing is known then.
  static Info Literal(std::string_view bytes, bool fold) {
    const char c = Lower(bytes[0]);
    if (!fold) return Exactly(std::string(bytes));
    if (bytes.size() > 1 || (static_cast<uint8_t>(c) & 0x80) != 0 || c == 'k' || c == 's') {
      return Any();
    }
    return Exactly(std::string(1, c), c >= 'a' && c <= 'z');
  }

  Info Character(bool fold) {
    size_t end = at_ + 1;
    while (end < regex_.size() && (static_cast<uint8_t>(regex_[end]) & 0xC0) == 0x80) ++end;
    const std::string_view bytes = regex_.substr(at_, end - at_);
    at_ = end;
    return Literal(bytes, fold);
  }

  Info Escape(bool fold) {
    ++at_;
    if (End()) return Fail();
    const char c = regex_[at_++];
    const bool alphanumeric = (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
    if (!alphanumeric) return Literal(regex_.substr(at_ - 1, 1), fold);
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S': return Any();
      case 'b':
      case 'B':
      case 'A':
      case 'z': return Exactly("");
      case 't': return Exactly("\t");
      case 'n': return Exactly("\n");
      case 'r': return Exactly("\r");
      default: return Fail();  // codes, properties, quotes
    }
  }

  /// A class of a few characters is exact; any other is any character.
  Info Class(bool fold) {
    ++at_;
    bool few = !Take("^");
    Info out;
    out.exact = true;
    for (bool first = true; !End() && (first || Peek() != ']'); first = false) {
      if (Take("[:")) {
        const size_t end = regex_.find(":]", at_);
        if (end == std::string_view::npos) return Fail();
        at_ = end + 2;
        few = false;
        continue;
      }
      char c = regex_[at_++];
      if (c == '\\') {
        if (End()) return Fail();
        c = regex_[at_++];
        if (Lower(c) != c || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) few = false;
      }
      const bool range = at_ + 1 < regex_.size() && Peek() == '-' && regex_[at_ + 1] != ']';
      if (range) {
        ++at_;
        few = false;
        continue;
      }
      Info one = Literal(std::string_view(&c, 1), fold);
      few =
          few && one.exact && (static_cast<uint8_t>(c) & 0x80) == 0 && out.texts.size() < kMaxTexts;
      if (few) out.texts.push_back(std::move(one.texts[0]));
    }
    if (!Take("]")) return Fail();
    return few ? out : Any();
  }

  bool failed_ = false;
};

}  // namespace

std::vector<RegexClause> RequiredClauses(std::string_view regex) { return Walk(regex).Run(); }

}  // namespace pharos::match
