// What a template computes with: Go's untyped values, as far as templates see them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

class Object;

/// A point in time, in UTC nanoseconds, and the zone that it is shown in.
struct Time {
  int64_t ns = 0;  ///< kZeroTimeNs is Go's zero time: 0001-01-01 00:00:00 UTC
  int32_t offset_s = 0;
  std::string_view zone = "UTC";  ///< lives for ever
  bool operator==(const Time&) const = default;
};
inline constexpr int64_t kZeroTimeNs = INT64_MIN;

/// A span of time (Go's time.Duration), in nanoseconds.
struct Duration {
  int64_t ns = 0;
  bool operator==(const Duration&) const = default;
};

/// Text that an HTML template takes as it is (Go's template.HTML, template.URL).
struct Marked {
  enum class Kind : uint8_t { kHtml, kUrl };
  Kind kind = Kind::kHtml;
  std::string text;
};

using List = std::vector<Value>;
using Map = std::map<std::string, Value, std::less<>>;

/// Owns: its text; lists and maps are shared. Threads: one (shared parts are immutable).
class Value {
 public:
  using Data = std::variant<std::monostate, bool, int64_t, double, std::string, Time,
                            std::shared_ptr<const List>, std::shared_ptr<const Map>, const Fields*,
                            Marked, std::shared_ptr<const Object>, Duration>;

  Value() = default;
  Value(bool v) : data_(v) {}                    // NOLINT: values are meant to convert
  Value(int64_t v) : data_(v) {}                 // NOLINT
  Value(double v) : data_(v) {}                  // NOLINT
  Value(std::string v) : data_(std::move(v)) {}  // NOLINT
  Value(Time v) : data_(v) {}                    // NOLINT
  Value(const Fields* v) : data_(v) {}           // NOLINT
  Value(Marked v) : data_(std::move(v)) {}       // NOLINT
  Value(Duration v) : data_(v) {}                // NOLINT
  static Value Of(std::string_view v) { return Value(std::string(v)); }
  static Value Of(std::shared_ptr<const Object> v) { return Value(Data(std::move(v))); }
  static Value Of(List v) { return Value(Data(std::make_shared<const List>(std::move(v)))); }
  static Value Of(Map v) { return Value(Data(std::make_shared<const Map>(std::move(v)))); }

  template <class T>
  const T* As() const {
    return std::get_if<T>(&data_);
  }
  /// An object gives the list or map that it is.
  const List* list() const;
  const Map* map() const;
  const Object* object() const {
    const auto* p = As<std::shared_ptr<const Object>>();
    return p != nullptr ? p->get() : nullptr;
  }
  /// What a map gives for a key that it does not have.
  Value Absent() const;
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

/// What Go's named types and structs are to a template: a list, a map or a set of fields
/// (`Plain`), with methods. Threads: immutable.
class Object {
 public:
  virtual ~Object() = default;
  virtual const Value& Plain() const = 0;
  /// Nothing when there is no such method.
  virtual std::optional<base::Result<Value>> Call(std::string_view method,
                                                  std::span<const Value> arguments) const {
    (void)method, (void)arguments;
    return std::nullopt;
  }
  /// What a missing key gives (the zero value of a map); nothing: it is an error.
  virtual std::optional<Value> Absent() const { return std::nullopt; }
  virtual std::string Text() const { return Plain().ToString(); }
  virtual std::string_view TypeName() const { return "struct"; }
};

/// A Go map[string]string: a key that is not there gives "".
Value TextMap(Map map);

/// The methods of time.Time: Format, Add, Unix, UTC, Year …; nothing when there is no such method.
std::optional<base::Result<Value>> CallTimeMethod(Time time, std::string_view method,
                                                  std::span<const Value> arguments);
/// Those of time.Duration: String, Hours, Minutes, Seconds, Milliseconds ….
std::optional<base::Result<Value>> CallDurationMethod(Duration duration, std::string_view method,
                                                      std::span<const Value> arguments);

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
