#include "events/line_fields.h"

#include <algorithm>
#include <charconv>

#include "events/part.h"
#include "match/json_fields.h"
#include "match/quantity.h"

namespace pharos::events {
namespace {

using base::Result;

constexpr double kTens[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/// A line of the shape whose values tell their own numbers.
std::string Probe(const LineShape& shape) {
  std::string out;
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    out += shape.literals[i];
    out += shape.quoted[i] ? "v" : "1";
    out += std::to_string(100'000 + i);
  }
  return out + shape.literals.back();
}

enum class Verdict : uint8_t { kFails, kPasses, kNoNumber };

Verdict TestText(const store::FieldFilter& filter, std::string_view text, bool absent) {
  bool passes = false;
  if (filter.text) {
    passes = filter.text(absent ? std::string_view() : text);
  } else if (!absent) {
    const auto number = match::ParseNumber(text);
    if (!number) return Verdict::kNoNumber;
    passes = filter.number(*number);
  }
  return passes ? Verdict::kPasses : Verdict::kFails;
}

bool PassesAbsent(const store::FieldFilter& filter) {
  return TestText(filter, {}, true) != Verdict::kFails;
}

}  // namespace

bool IsPlainField(const Skeleton& skeleton, bool quoted) {
  for (const std::string_view literal : skeleton.literals) {
    for (const char c : literal) {
      if (c == '\\' || static_cast<uint8_t>(c) >= 0x80) return false;
    }
  }
  for (const VarType type : skeleton.vars) {
    if (type.kind == VarKind::kText) return false;
  }
  if (quoted) return true;
  const std::string_view text = skeleton.literals[0];
  return !text.starts_with('[') && text != "null";
}

double NumberScale(const Skeleton& skeleton) {
  if (skeleton.vars.size() != 1 || !skeleton.literals[1].empty()) return 0;
  const bool negative = skeleton.literals[0] == "-";
  if (!negative && !skeleton.literals[0].empty()) return 0;
  const VarType type = skeleton.vars[0];
  if (type.kind != VarKind::kNumber && type.kind != VarKind::kDecimal) return 0;
  const double scale = type.kind == VarKind::kNumber ? 1 : kTens[type.param];
  return negative ? -scale : scale;
}

std::string_view FieldText(std::string_view value, bool quoted, std::string* scratch) {
  if (quoted) return match::JsonText({match::JsonType::kString, value}, scratch);
  if (value == "null" || value.starts_with('[')) return {};
  return value;
}

Result<std::shared_ptr<const PartFields>> PartFields::Make(const Part& part,
                                                           const store::FieldRequest& request,
                                                           std::vector<bool> usable) {
  auto out = std::make_shared<PartFields>();
  out->request_ = &request;
  out->usable_ = std::move(usable);
  PHAROS_TRY(const auto shapes, part.Shapes());
  PHAROS_TRY_VOID(out->MapShapes(*shapes));
  PHAROS_TRY_VOID(out->TestWords(part, *shapes));
  return out;
}

Result<void> PartFields::MapShapes(const PartShapes& shapes) {
  for (const LineShape& shape : shapes.shapes) {
    OfShape& of = shapes_.emplace_back();
    if (shape.kind != LineKind::kJson) continue;
    of.known = true;
    of.columns.assign(request_->names.size(), kAbsent);
    of.quoted.assign(request_->names.size(), false);
    const std::string error =
        match::FlattenJson(Probe(shape), [&](std::string_view name, const match::JsonSlice& value) {
          const auto it = std::find(request_->names.begin(), request_->names.end(), name);
          if (it == request_->names.end()) return;
          const auto at = static_cast<size_t>(it - request_->names.begin());
          size_t number = 0;
          std::from_chars(value.text.data() + 1, value.text.data() + value.text.size(), number);
          number -= 100'000;
          // A name that comes twice is left to the reader of whole lines.
          if (of.columns[at] != kAbsent || number >= shape.columns.size()) {
            of.known = false;
          } else {
            of.columns[at] = static_cast<int32_t>(shape.columns[number]);
            of.quoted[at] = shape.quoted[number];
          }
        });
    if (!error.empty()) of.known = false;
  }
  return {};
}

const PartFields::Tested* PartFields::Find(size_t filter, uint32_t column, bool quoted) const {
  for (const Tested& tested : tested_[filter]) {
    if (tested.column == column && tested.quoted == quoted) return &tested;
  }
  return nullptr;
}

Tri PartFields::Test(size_t filter, uint32_t column, bool quoted, uint32_t word) const {
  return Find(filter, column, quoted)->by_word[word];
}

bool PartFields::MayBeNoNumber(size_t filter, uint32_t column, bool quoted) const {
  return Find(filter, column, quoted)->no_number;
}

Result<void> PartFields::TestColumn(const Part& part, size_t filter, uint32_t column, bool quoted) {
  if (Find(filter, column, quoted) != nullptr) return {};
  PHAROS_TRY(const auto words, part.Words(column));
  Tested& tested = tested_[filter].emplace_back();
  tested.column = column;
  tested.quoted = quoted;
  tested.granules = GranuleSet(part.granules().size());
  const store::FieldFilter& test = request_->filters[filter];
  std::string scratch;
  for (size_t i = 0; i < words->skeletons.size(); ++i) {
    const Skeleton& skeleton = words->skeletons[i];
    Tri state = Tri::kMaybe;
    if (skeleton.vars.empty()) {
      const std::string_view text = FieldText(skeleton.literals[0], quoted, &scratch);
      const bool absent = !quoted && text.data() == nullptr;
      const Verdict verdict = TestText(test, text, absent);
      state = verdict == Verdict::kFails ? Tri::kNever : Tri::kAlways;
      tested.no_number = tested.no_number || verdict == Verdict::kNoNumber;
    }
    tested.by_word.push_back(state);
    if (state == Tri::kNever) continue;
    Reader in(words->granules[i]);
    tested.granules.Add(in);
  }
  return {};
}

Result<void> PartFields::TestWords(const Part& part, const PartShapes& shapes) {
  const size_t filters = request_->filters.size();
  tested_.resize(filters);
  granules_ = GranuleSet(part.granules().size());
  for (size_t s = 0; s < shapes_.size(); ++s) {
    const OfShape& of = shapes_[s];
    GranuleSet possible = shapes.granules[s];
    for (size_t f = 0; of.known && f < filters; ++f) {
      if (!usable_[f]) continue;
      const size_t field = request_->filters[f].field;
      if (of.columns[field] == kAbsent) {
        if (!PassesAbsent(request_->filters[f])) {
          possible = GranuleSet(part.granules().size());
        }
        continue;
      }
      const auto column = static_cast<uint32_t>(of.columns[field]);
      PHAROS_TRY_VOID(TestColumn(part, f, column, of.quoted[field]));
      possible.Intersect(Find(f, column, of.quoted[field])->granules);
    }
    granules_.Unite(possible);
  }
  return {};
}

namespace {

/// One filter on the rows of one granule.
class FilterRun {
 public:
  FilterRun(GranuleBodies& bodies, const PartFields& fields, size_t filter,
            const std::vector<int64_t>& times)
      : bodies_(bodies),
        fields_(fields),
        number_(filter),
        filter_(fields.request().filters[filter]),
        times_(times) {}

  Result<void> Prepare() {
    for (const uint32_t shape : bodies_.shapes_here()) {
      Ready& ready = ready_.emplace_back();
      const PartFields::OfShape& of = fields_.of(shape);
      if (!of.known) continue;
      if (of.columns[filter_.field] == PartFields::kAbsent) {
        ready.state = PassesAbsent(filter_) ? Tri::kAlways : Tri::kNever;
        continue;
      }
      ready.state = Tri::kMaybe;
      ready.number = static_cast<uint32_t>(of.columns[filter_.field]);
      ready.quoted = of.quoted[filter_.field];
      exact_ = exact_ && !fields_.MayBeNoNumber(number_, ready.number, ready.quoted);
      PHAROS_TRY(ready.column, bodies_.Column(ready.number));
      if (ready.column->locals().size() > 1) ready.column->DecodeLocals(&ready.locals);
      for (uint32_t i = 0; i < ready.column->locals().size(); ++i) {
        const uint32_t word = ready.column->locals()[i].number;
        ready.by_local.push_back(fields_.Test(number_, ready.number, ready.quoted, word));
        const Skeleton& skeleton = ready.column->skeleton(i);
        ready.number_scale.push_back(filter_.number ? NumberScale(skeleton) : 0);
      }
    }
    return {};
  }

  /// True where one column and its skeletons decide every row: KeepDecided does it all.
  bool Decided() const {
    const auto decided = [&](const Ready& ready) {
      return ready.state == Tri::kMaybe && ready.column == ready_[0].column &&
             ready.quoted == ready_[0].quoted && bodies_.IsEverywhere(ready.number) &&
             std::find(ready.by_local.begin(), ready.by_local.end(), Tri::kMaybe) ==
                 ready.by_local.end();
    };
    return std::all_of(ready_.begin(), ready_.end(), decided);
  }
  void KeepDecided(std::vector<uint32_t>* rows) const {
    const Ready& ready = ready_[0];
    if (ready.locals.empty()) {
      if (ready.by_local[0] == Tri::kNever) rows->clear();
      return;
    }
    std::vector<uint8_t> passes;
    for (const Tri state : ready.by_local) passes.push_back(state == Tri::kAlways ? 1 : 0);
    size_t kept = 0;
    for (const uint32_t row : *rows) {  // without a branch a row
      (*rows)[kept] = row;
      kept += passes[ready.locals[row]];
    }
    rows->resize(kept);
  }

  bool Passes(uint32_t row) {
    const Ready& ready = ready_[bodies_.LocalShapeOf(row)];
    if (ready.state != Tri::kMaybe) return ready.state == Tri::kAlways;
    const size_t place = bodies_.PlaceOf(ready.number, row);
    const uint32_t local = ready.locals.empty() ? 0 : ready.locals[place];
    if (ready.by_local[local] != Tri::kMaybe) return ready.by_local[local] == Tri::kAlways;
    if (ready.number_scale[local] != 0) {
      const auto& numbers = ready.column->locals()[local].variables[0].numbers;
      const int64_t number = numbers.At(ready.column->OrdinalOf(place));
      if (IsExactDouble(number)) {
        return filter_.number(static_cast<double>(number) / ready.number_scale[local]);
      }
    }
    value_.clear();
    ready.column->Append(place, times_[row], value_);
    const std::string_view text = FieldText(value_, ready.quoted, &scratch_);
    const Verdict verdict = TestText(filter_, text, !ready.quoted && text.data() == nullptr);
    exact_ = exact_ && verdict != Verdict::kNoNumber;
    return verdict != Verdict::kFails;
  }
  /// No row was let through because its value is no number.
  bool exact() const { return exact_; }

 private:
  struct Ready {
    Tri state = Tri::kAlways;  // rows of shapes that are not known stay
    uint32_t number = 0;
    bool quoted = false;
    const ValueColumn* column = nullptr;
    std::vector<uint32_t> locals;  // by place, where there is more than one
    std::vector<Tri> by_local;
    std::vector<double> number_scale;  // 0: not a bare number
  };
  GranuleBodies& bodies_;
  const PartFields& fields_;
  const size_t number_;
  const store::FieldFilter& filter_;
  const std::vector<int64_t>& times_;
  std::vector<Ready> ready_;
  bool exact_ = true;
  std::string value_;
  std::string scratch_;
};

}  // namespace

Result<bool> KeepPassing(GranuleBodies& bodies, const PartFields& fields,
                         const std::vector<int64_t>& times, std::vector<uint32_t>* rows) {
  if (bodies.shapes_here().empty()) return true;
  bool exact = true;
  for (size_t f = 0; f < fields.request().filters.size() && !rows->empty(); ++f) {
    if (!fields.usable(f)) {
      exact = false;
      continue;
    }
    FilterRun run(bodies, fields, f, times);
    PHAROS_TRY_VOID(run.Prepare());
    if (run.Decided()) {
      run.KeepDecided(rows);
    } else {
      std::erase_if(*rows, [&](uint32_t row) { return !run.Passes(row); });
    }
    exact = exact && run.exact();
  }
  return exact;
}

}  // namespace pharos::events
