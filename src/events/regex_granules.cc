#include "events/regex_granules.h"

#include <array>

#include "events/part.h"

namespace pharos::events {
namespace {

using base::Result;
using match::RegexOutline;
using States = RegexOutline::States;
constexpr States kFound = RegexOutline::kFound;

RegexOutline::Bytes BytesOf(std::string_view text) {
  RegexOutline::Bytes out;
  for (const char c : text) out.set(static_cast<uint8_t>(c));
  return out;
}

/// By kind of a variable: places of the regex that may stand in its values.
class KindTakes {
 public:
  explicit KindTakes(const RegexOutline& regex) {
    const auto set = [&](VarKind kind, std::string_view bytes) {
      takes_[static_cast<size_t>(kind)] = regex.Takes(BytesOf(bytes));
    };
    set(VarKind::kNumber, "0123456789");
    set(VarKind::kPadded, "0123456789");
    set(VarKind::kDecimal, "0123456789.");
    set(VarKind::kHex, "0123456789abcdef");
    set(VarKind::kUpperHex, "0123456789ABCDEF");
    set(VarKind::kUuid, "0123456789abcdef-");
    set(VarKind::kTime, "0123456789T :.,-");
    takes_[static_cast<size_t>(VarKind::kText)] = regex.Takes(RegexOutline::Bytes().set());
  }
  States of(VarKind kind) const { return takes_[static_cast<size_t>(kind)]; }

 private:
  std::array<States, static_cast<size_t>(VarKind::kText) + 1> takes_{};
};

/// Runs the automaton over one shape of lines.
class ShapeRun {
 public:
  ShapeRun(const Part& part, const RegexOutline& regex, const KindTakes& takes)
      : part_(part),
        regex_(regex),
        takes_(takes),
        all_(regex.Start()),
        where_(part.granules().size()) {}

  Result<void> Run(const LineShape& shape, const GranuleSet& of_shape, GranuleSet* found) {
    found_ = GranuleSet(part_.granules().size());
    for (size_t i = 0; i < shape.columns.size(); ++i) {
      Literal(shape.literals[i]);
      PHAROS_TRY_VOID(Column(shape.columns[i]));
    }
    Literal(shape.literals.back());
    if (all_ & kFound) found_.AddAll();
    found_.Intersect(of_shape);
    found->Unite(found_);
    return {};
  }

 private:
  void Literal(std::string_view text) {
    const States some = some_ == 0 ? 0 : regex_.Step(all_ | some_, text);
    all_ = regex_.Step(all_, text);
    if (some & ~all_ & kFound) found_.Unite(where_);
    some_ = some & ~all_ & ~kFound;
  }

  States OfWord(const Skeleton& word, States states) const {
    for (size_t i = 0; i < word.vars.size(); ++i) {
      states = regex_.Step(states, word.literals[i]);
      states = regex_.StepAny(states, takes_.of(word.vars[i].kind));
    }
    return regex_.Step(states, word.literals.back());
  }

  Result<void> Column(uint32_t column) {
    PHAROS_TRY(const auto words, part_.Words(column));
    States next = all_ & kFound;  // what a match that has ended is, in any granule
    States reached = 0;
    GranuleSet where(part_.granules().size());
    for (size_t i = 0; i < words->skeletons.size(); ++i) {
      const States alone = OfWord(words->skeletons[i], all_) & ~next;
      const States more =
          some_ == 0 ? 0 : OfWord(words->skeletons[i], all_ | some_) & ~next & ~alone;
      if ((alone | more) == 0) continue;
      GranuleSet of_word(part_.granules().size());
      Reader in(words->granules[i]);
      of_word.Add(in);
      if (alone & kFound) found_.Unite(of_word);
      if (alone & ~kFound) where.Unite(of_word);
      reached |= (alone | more) & ~kFound;
      if (more == 0) continue;
      of_word.Intersect(where_);
      if (more & kFound) found_.Unite(of_word);
      if (more & ~kFound) where.Unite(of_word);
    }
    all_ = next;
    some_ = reached;
    where_ = std::move(where);
    return {};
  }

  const Part& part_;
  const RegexOutline& regex_;
  const KindTakes& takes_;
  States all_;       // reached in every granule
  States some_ = 0;  // reached in some, all of which are in `where_`
  GranuleSet where_;
  GranuleSet found_;
};

}  // namespace

Result<GranuleSet> GranulesOfRegex(const Part& part, const RegexOutline& regex) {
  PHAROS_TRY(const auto shapes, part.Shapes());
  const KindTakes takes(regex);
  GranuleSet found(part.granules().size());
  for (size_t s = 0; s < shapes->shapes.size(); ++s) {
    PHAROS_TRY_VOID(
        ShapeRun(part, regex, takes).Run(shapes->shapes[s], shapes->granules[s], &found));
  }
  return found;
}

}  // namespace pharos::events
