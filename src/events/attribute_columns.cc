#include "events/attribute_columns.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "events/column.h"
#include "events/limits.h"
#include "events/record_codec.h"

namespace pharos::events {
namespace {

using model::KeyValue;
using model::Value;
using Type = model::Value::Type;

bool IsText(Type type) {
  return type == Type::kString || type == Type::kBytes || type == Type::kArray ||
         type == Type::kMap;
}

/// The values of one key and type.
struct Column {
  std::string_view key;
  Type type{};
  std::vector<int64_t> numbers;         // integers and booleans; bits of doubles
  std::vector<std::string_view> texts;  // strings and bytes; arrays and maps: places in `encoded`
  std::string encoded;
  std::vector<size_t> ends;

  Column(const KeyValue& first, size_t rows) : key(first.key), type(first.value.type) {
    if (type == Type::kInt || type == Type::kBool || type == Type::kDouble) numbers.reserve(rows);
    if (IsText(type)) texts.reserve(rows);
  }

  void Add(const Value& value) {
    switch (type) {
      case Type::kNull: break;
      case Type::kInt: numbers.push_back(value.integer); break;
      case Type::kBool: numbers.push_back(value.boolean ? 1 : 0); break;
      case Type::kDouble: numbers.push_back(std::bit_cast<int64_t>(value.real)); break;
      case Type::kString:
      case Type::kBytes: texts.push_back(value.text); break;
      case Type::kArray:
      case Type::kMap:
        PHAROS_CHECK(PutValue(encoded, value), "a value that was stored once is too deep");
        ends.push_back(encoded.size());
        break;
    }
  }

  void Put(std::string& out) {
    if (type == Type::kInt || type == Type::kBool) {
      PutPackedInts(out, numbers);
    } else if (type == Type::kDouble) {
      for (const int64_t bits : numbers) PutFixed(out, bits);
    } else if (IsText(type)) {
      size_t start = 0;
      for (const size_t end : ends) {
        texts.push_back(std::string_view(encoded).substr(start, end - start));
        start = end;
      }
      PutTexts(out, texts);
    }
  }
};

/// Shapes and columns of a granule in the making.
struct Shapes {
  const size_t row_count;
  std::unordered_map<std::string, int64_t, base::StringHasher, std::equal_to<>> shape_numbers;
  std::vector<std::vector<uint32_t>> shapes;  // column numbers in the order of the attributes
  std::unordered_map<std::string, uint32_t> column_numbers;
  std::vector<Column> columns;
  std::vector<int64_t> rows;
  std::span<const KeyValue> last;  // the row before
  std::string scratch;

  explicit Shapes(size_t count) : row_count(count) { rows.reserve(count); }

  void Add(std::span<const KeyValue> attributes) {
    if (rows.empty() || !SameShape(attributes, last)) {
      rows.push_back(NumberOf(attributes));
    } else {
      rows.push_back(rows.back());
    }
    last = attributes;
    const std::vector<uint32_t>& shape = shapes[static_cast<size_t>(rows.back())];
    for (size_t i = 0; i < attributes.size(); ++i) columns[shape[i]].Add(attributes[i].value);
  }

  static bool SameShape(std::span<const KeyValue> a, std::span<const KeyValue> b) {
    if (a.size() == b.size() && a.data() == b.data()) return true;
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const KeyValue& x, const KeyValue& y) {
                        return x.value.type == y.value.type && SameView(x.key, y.key);
                      });
  }

  int64_t NumberOf(std::span<const KeyValue> attributes) {
    scratch.clear();
    for (const KeyValue& kv : attributes) {
      PutText(scratch, kv.key);
      PutByte(scratch, static_cast<uint8_t>(kv.value.type));
    }
    auto it = shape_numbers.find(scratch);
    if (it == shape_numbers.end()) {
      it = shape_numbers.emplace(scratch, static_cast<int64_t>(shapes.size())).first;
      shapes.push_back(MakeShape(attributes));
    }
    return it->second;
  }

  /// Equal keys of one row get columns of their own, so that a column has one value a row.
  std::vector<uint32_t> MakeShape(std::span<const KeyValue> attributes) {
    std::vector<uint32_t> shape;
    std::unordered_map<std::string, uint32_t> seen;
    for (const KeyValue& kv : attributes) {
      std::string name;
      PutText(name, kv.key);
      PutByte(name, static_cast<uint8_t>(kv.value.type));
      PutVarint(name, seen[name]++);
      const auto [it, is_new] =
          column_numbers.try_emplace(name, static_cast<uint32_t>(columns.size()));
      if (is_new) columns.emplace_back(kv, columns.size() < kRoomyColumns ? row_count : 0);
      shape.push_back(it->second);
    }
    return shape;
  }

  /// Columns that get memory for all rows at once; rows of many shapes have few values in each.
  static constexpr size_t kRoomyColumns = 64;
};

/// Sets of texts with the same keys that rows have at the same place in memory: those of most logs,
/// whose only attribute is their level.
class SharedSets {
 public:
  /// False for other rows.
  bool Collect(std::span<const std::span<const KeyValue>> rows) {
    if (rows.size() < kLeastRows) return false;
    of_rows_.reserve(rows.size());
    uint8_t last = 0;
    for (const std::span<const KeyValue> row : rows) {
      if (sets_.empty() || !IsSame(row, sets_[last])) {
        last = 0;
        while (last < sets_.size() && !IsSame(row, sets_[last])) ++last;
        if (last == sets_.size() && !Add(row)) return false;
      }
      of_rows_.push_back(last);
    }
    return true;
  }
  /// The same as without them.
  void Put(std::string& out) const {
    const std::span<const KeyValue> first = sets_[0];
    PutVarint(out, first.size());
    for (const KeyValue& kv : first) {
      PutText(out, kv.key);
      PutByte(out, static_cast<uint8_t>(Type::kString));
    }
    PutVarint(out, 1);  // shape
    PutVarint(out, first.size());
    for (size_t i = 0; i < first.size(); ++i) PutVarint(out, i);
    constexpr int64_t kOneForAll = 0;
    PutPackedInts(out, std::span(&kOneForAll, 1));
    std::vector<std::string_view> texts(sets_.size());
    for (size_t i = 0; i < first.size(); ++i) {
      for (size_t set = 0; set < sets_.size(); ++set) texts[set] = sets_[set][i].value.text;
      PutTextsOf(out, texts, of_rows_);
    }
  }

 private:
  static constexpr size_t kMost = 16, kLeastRows = 2 * kMost;

  static bool IsSame(std::span<const KeyValue> a, std::span<const KeyValue> b) {
    return a.data() == b.data() && a.size() == b.size();
  }
  bool Add(std::span<const KeyValue> set) {
    const auto is_text = [](const KeyValue& kv) { return kv.value.type == Type::kString; };
    if (sets_.size() == kMost || !std::all_of(set.begin(), set.end(), is_text)) return false;
    if (!sets_.empty() && !Shapes::SameShape(set, sets_[0])) return false;
    sets_.push_back(set);
    return true;
  }

  std::vector<std::span<const KeyValue>> sets_;
  std::vector<uint8_t> of_rows_;
};

struct DecodedColumn {
  std::string_view key;
  Type type{};
  size_t size = 0;
  size_t at = 0;
  PackedInts numbers;
  PackedTexts texts;
  std::string_view reals;

  void Decode(Reader& in) {
    if (type == Type::kInt || type == Type::kBool) {
      numbers.Parse(in, size);
    } else if (type == Type::kDouble) {
      reals = in.Bytes(size * sizeof(double));
    } else if (IsText(type)) {
      texts.Parse(in, size);
    }
  }

  /// The value at `at`, which the caller moves on. Not before the whole page is known good.
  Value Get(Reader& in, base::Arena& arena) const {
    switch (type) {
      case Type::kNull: return {};
      case Type::kInt: return Value::Int(numbers.At(at));
      case Type::kBool: return Value::Bool(numbers.At(at) != 0);
      case Type::kDouble: {
        double real;
        std::memcpy(&real, reals.data() + at * sizeof real, sizeof real);
        return Value::Double(real);
      }
      case Type::kString: return Value::String(texts.At(at));
      case Type::kBytes: return Value::Bytes(texts.At(at));
      case Type::kArray:
      case Type::kMap: break;
    }
    Reader nested(texts.At(at));
    const Value value = GetValue(nested, arena);
    if (!nested.ok()) in.Fail();
    return value;
  }
};

}  // namespace

void PutAttributeColumns(std::string& out, std::span<const std::span<const KeyValue>> rows) {
  if (SharedSets shared; shared.Collect(rows)) return shared.Put(out);
  Shapes shapes(rows.size());
  for (const std::span<const KeyValue> row : rows) shapes.Add(row);
  PutVarint(out, shapes.columns.size());
  for (const Column& column : shapes.columns) {
    PutText(out, column.key);
    PutByte(out, static_cast<uint8_t>(column.type));
  }
  PutVarint(out, shapes.shapes.size());
  for (const std::vector<uint32_t>& shape : shapes.shapes) {
    PutVarint(out, shape.size());
    for (const uint32_t column : shape) PutVarint(out, column);
  }
  PutPackedInts(out, shapes.rows);
  for (Column& column : shapes.columns) column.Put(out);
}

void GetAttributeColumns(Reader& in, size_t rows, std::span<const uint32_t> selected,
                         base::Arena& arena, std::span<std::span<const KeyValue>> out) {
  std::vector<DecodedColumn> columns(in.Count(2));
  for (DecodedColumn& column : columns) {
    column.key = in.Text();
    const uint8_t type = in.Byte();
    if (type > static_cast<uint8_t>(Type::kMap)) in.Fail();
    column.type = static_cast<Type>(type);
  }
  std::vector<std::vector<uint32_t>> shapes(in.Count(1));
  for (std::vector<uint32_t>& shape : shapes) {
    shape.resize(in.Count(1));
    for (uint32_t& column : shape) {
      column = static_cast<uint32_t>(in.Varint());
      if (column >= columns.size()) return in.Fail();
    }
  }
  PackedInts packed;
  if (!packed.Parse(in, rows)) return;
  const bool one_shape = packed.constant() && rows > 0;
  std::vector<int64_t> shape_of(1, one_shape ? packed.At(0) : 0);
  if (!one_shape) packed.Decode(&shape_of);
  const size_t times = one_shape ? rows : 1;
  for (const int64_t shape : shape_of) {
    if (static_cast<uint64_t>(shape) >= shapes.size()) return in.Fail();
    for (const uint32_t column : shapes[static_cast<size_t>(shape)]) columns[column].size += times;
  }
  for (DecodedColumn& column : columns) column.Decode(in);
  if (!in.ok()) return;
  if (one_shape) {
    const std::vector<uint32_t>& shape = shapes[static_cast<size_t>(shape_of[0])];
    for (size_t i = 0; i < selected.size(); ++i) {
      auto* items = static_cast<KeyValue*>(
          arena.Allocate(shape.size() * sizeof(KeyValue), alignof(KeyValue)));
      for (size_t k = 0; k < shape.size(); ++k) {
        columns[shape[k]].at = selected[i];
        new (items + k) KeyValue{columns[shape[k]].key, columns[shape[k]].Get(in, arena)};
      }
      out[i] = {items, shape.size()};
    }
    return;
  }
  size_t next = 0;
  for (uint32_t row = 0; row < rows && next < selected.size(); ++row) {
    const std::vector<uint32_t>& shape = shapes[static_cast<size_t>(shape_of[row])];
    if (selected[next] == row) {
      auto* items = static_cast<KeyValue*>(
          arena.Allocate(shape.size() * sizeof(KeyValue), alignof(KeyValue)));
      for (size_t i = 0; i < shape.size(); ++i) {
        DecodedColumn& column = columns[shape[i]];
        new (items + i) KeyValue{column.key, column.Get(in, arena)};
        ++column.at;
      }
      out[next++] = {items, shape.size()};
    } else {
      for (const uint32_t column : shape) ++columns[column].at;
    }
  }
}

}  // namespace pharos::events
