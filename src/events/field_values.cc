#include "events/field_values.h"

#include <limits>
#include <string>

namespace pharos::events {
namespace {

using base::Result;

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

class FieldReader {
 public:
  FieldReader(GranuleBodies& bodies, const PartFields& fields, size_t name,
              const std::vector<int64_t>& times, base::Arena& arena)
      : bodies_(bodies), fields_(fields), name_(name), times_(times), arena_(arena) {}

  Result<void> Prepare() {
    for (const uint32_t shape : bodies_.shapes_here()) {
      Ready& ready = ready_.emplace_back();
      const PartFields::OfShape& of = fields_.of(shape);
      if (!of.known || of.columns[name_] == PartFields::kAbsent) continue;
      ready.number = static_cast<uint32_t>(of.columns[name_]);
      ready.quoted = of.quoted[name_];
      PHAROS_TRY(ready.column, bodies_.Column(ready.number));
      for (uint32_t local = 0; local < ready.column->locals().size(); ++local) {
        const Skeleton& skeleton = ready.column->skeleton(local);
        ready.plain.push_back(IsPlainField(skeleton, ready.quoted));
        ready.scale.push_back(NumberScale(skeleton));
        ready.constants.push_back({});
        if (!ready.plain.back() || !ready.column->locals()[local].variables.empty()) continue;
        ready.constants.back() = Present(skeleton.literals[0]);
      }
    }
    // Most granules have one shape, and all rows of it the field.
    simple_ =
        ready_.size() == 1 && ready_[0].column != nullptr && bodies_.IsEverywhere(ready_[0].number);
    if (simple_ && ready_[0].column->locals().size() > 1) {
      ready_[0].column->DecodeLocals(&locals_);
    }
    return {};
  }

  FieldValues Texts(const std::vector<uint32_t>& rows) {
    FieldValues out;
    out.texts.reserve(rows.size());
    for (const uint32_t row : rows) {
      if (simple_) {
        const std::string_view constant = ready_[0].constants[LocalOf(row)];
        out.texts.push_back(constant.data() != nullptr ? constant : Text(row));
      } else {
        out.texts.push_back(Text(row));
      }
    }
    return out;
  }

  /// Texts only where some value is no number.
  FieldValues Numbers(const std::vector<uint32_t>& rows) {
    FieldValues out;
    out.numbers.reserve(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      const double number = Number(rows[i]);
      out.numbers.push_back(number);
      if (number == number) continue;
      out.texts.resize(rows.size());
      out.texts[i] = Text(rows[i]);
    }
    return out;
  }

 private:
  struct Ready {
    const ValueColumn* column = nullptr;  // null: no field
    uint32_t number = 0;
    bool quoted = false;
    std::vector<bool> plain;                  // by local
    std::vector<double> scale;                // likewise
    std::vector<std::string_view> constants;  // likewise: the text of all values; null: not one
  };

  uint32_t LocalOf(uint32_t row) const { return locals_.empty() ? 0 : locals_[row]; }

  double Number(uint32_t row) const {
    const Ready& of = ready_[simple_ ? 0 : bodies_.LocalShapeOf(row)];
    if (of.column == nullptr) return kNoNumber;
    const size_t place = simple_ ? row : bodies_.PlaceOf(of.number, row);
    const uint32_t local = simple_ ? LocalOf(row) : of.column->LocalOf(place);
    if (of.scale[local] == 0) return kNoNumber;
    const PackedInts& numbers = of.column->locals()[local].variables[0].numbers;
    const int64_t number = numbers.At(of.column->OrdinalOf(place));
    return IsExactDouble(number) ? static_cast<double>(number) / of.scale[local] : kNoNumber;
  }

  /// Null data() where there is no field.
  std::string_view Text(uint32_t row) {
    const Ready& of = ready_[bodies_.LocalShapeOf(row)];
    if (of.column == nullptr) return {};
    const size_t place = bodies_.PlaceOf(of.number, row);
    const uint32_t local = of.column->LocalOf(place);
    if (of.constants[local].data() != nullptr) return of.constants[local];
    value_.clear();
    of.column->Append(place, times_[row], value_);
    if (of.plain[local]) return Present(arena_.Copy(value_));
    const std::string_view text = FieldText(value_, of.quoted, &scratch_);
    if (text.data() == nullptr && !of.quoted) return {};
    return Present(arena_.Copy(text));
  }

  static std::string_view Present(std::string_view text) {
    return text.data() == nullptr ? std::string_view("") : text;
  }

  GranuleBodies& bodies_;
  const PartFields& fields_;
  const size_t name_;
  const std::vector<int64_t>& times_;
  base::Arena& arena_;
  std::vector<Ready> ready_;  // by local shape
  bool simple_ = false;
  std::vector<uint32_t> locals_;  // by row where it is simple; empty where there is one
  std::string value_;
  std::string scratch_;
};

}  // namespace

Result<FieldValues> ReadField(GranuleBodies& bodies, const PartFields& fields, size_t name,
                              const std::vector<int64_t>& times, const std::vector<uint32_t>& rows,
                              base::Arena& arena) {
  FieldReader reader(bodies, fields, name, times, arena);
  PHAROS_TRY_VOID(reader.Prepare());
  const bool numbers = fields.request().use(name) == store::FieldUse::kNumber;
  return numbers ? reader.Numbers(rows) : reader.Texts(rows);
}

}  // namespace pharos::events
