// What a template computes with: Go's untyped values, as far as templates see them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.h"

namespace pharos::tmpl {

class Value;

/// Something with named fields that are looked up when asked for (a log entry's labels, an
/// alert). Borrowed: must outlive the run.
class Fields {
 public:
  virtual ~Fields() = default;
  /// A nil Value where there is no such field.
  virtual Value Field(std::string_view name) const = 0;
};

/// A point in time, in UTC nanoseconds.
struct Time {
  int64_t ns = 0;
  bool operator==(const Time&) const = default;
};

/// A span of time (Go's time.Duration), in nanoseconds.
struct Duration {
  int64_t ns = 0;
  bool operator==(const Duration&) const = default;
};

using List = std::vector<Value>;
struct Map;

/// Owns: its text; lists and maps are shared. Threads: one (shared parts are immutable).
class Value {
 public:
  using Data = std::variant<std::monostate, bool, int64_t, double, std::string, Time,
                            std::shared_ptr<const List>, std::shared_ptr<const Map>, const Fields*,
                            Duration>;

  Value() = default;
  Value(bool v) : data_(v) {}                    // NOLINT: values are meant to convert
  Value(int64_t v) : data_(v) {}                 // NOLINT
  Value(double v) : data_(v) {}                  // NOLINT
  Value(std::string v) : data_(std::move(v)) {}  // NOLINT
  Value(Time v) : data_(v) {}                    // NOLINT
  Value(Duration v) : data_(v) {}                // NOLINT
  Value(const Fields* v) : data_(v) {}           // NOLINT
  static Value Of(std::string_view v) { return Value(std::string(v)); }
  static Value Of(List v) { return Value(Data(std::make_shared<const List>(std::move(v)))); }
  static Value Of(Map v);

  template <class T>
  const T* As() const {
    return std::get_if<T>(&data_);
  }
  const List* list() const {
    const auto* p = As<std::shared_ptr<const List>>();
    return p != nullptr ? p->get() : nullptr;
  }
  const Map* map() const {
    const auto* p = As<std::shared_ptr<const Map>>();
    return p != nullptr ? p->get() : nullptr;
  }
  bool IsNil() const { return As<std::monostate>() != nullptr; }
  /// Go's idea of an empty value: nil, false, 0, "", an empty list or map.
  bool Truth() const;
  /// As fmt.Print shows it; nil is "<no value>".
  std::string ToString() const;
  /// "string", "int64", "float64", … for error texts.
  std::string_view TypeName() const;

 private:
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_;
};

/// Sorted by key.
struct Map : std::map<std::string, Value, std::less<>> {
  using map::map;
  /// Every value is text (Go's map[string]string): a key that is not there is "" instead of nil.
  bool texts = false;
};
inline Value Value::Of(Map v) { return Value(Data(std::make_shared<const Map>(std::move(v)))); }

/// A function of the language. `most` < 0: any number of arguments.
struct Function {
  std::function<base::Result<Value>(std::span<const Value>)> call;
  int least = 0;
  int most = 0;
};
using FunctionMap = std::unordered_map<std::string, Function>;

/// As Go prints a float with %v.
std::string FloatText(double value);

}  // namespace pharos::tmpl
