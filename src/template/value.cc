#include "template/value.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "template/go_time.h"
#include "text/duration.h"

namespace pharos::tmpl {

std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[40];
  const auto written =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string text(buffer, static_cast<size_t>(written.ptr - buffer));
  const int power = std::atoi(text.c_str() + text.find('e') + 1);
  // Go's %v takes the exponent form below 1e-4 and from the seventh digit on.
  if (value != 0 && (power < -4 || power >= 6)) {
    return text;
  }
  char plain[64];
  return {plain, std::to_chars(plain, plain + sizeof plain, value, std::chars_format::fixed).ptr};
}

const List* Value::list() const {
  if (const Object* o = object()) return o->Plain().list();
  const auto* p = As<std::shared_ptr<const List>>();
  return p != nullptr ? p->get() : nullptr;
}

const Map* Value::map() const {
  if (const Object* o = object()) return o->Plain().map();
  const auto* p = As<std::shared_ptr<const Map>>();
  return p != nullptr ? p->get() : nullptr;
}

Value Value::Absent() const {
  const Object* o = object();
  return o != nullptr ? o->Absent().value_or(Value()) : Value();
}

bool Value::Truth() const {
  if (const auto* v = As<bool>()) return *v;
  if (const auto* v = As<int64_t>()) return *v != 0;
  if (const auto* v = As<double>()) return *v != 0;
  if (const auto* v = As<std::string>()) return !v->empty();
  if (const auto* v = As<Marked>()) return !v->text.empty();
  if (const auto* v = As<Duration>()) return v->ns != 0;
  if (list() != nullptr) return !list()->empty();
  if (map() != nullptr) return !map()->empty();
  return !IsNil();
}

std::string Value::ToString() const {
  if (const auto* v = As<bool>()) return *v ? "true" : "false";
  if (const auto* v = As<int64_t>()) return std::to_string(*v);
  if (const auto* v = As<double>()) return FloatText(*v);
  if (const auto* v = As<std::string>()) return *v;
  if (const auto* v = As<Marked>()) return v->text;
  if (const Object* o = object()) return o->Text();
  if (const auto* v = As<Duration>()) return text::GoDuration(v->ns);
  if (const auto* v = As<Time>()) return FormatTime("2006-01-02 15:04:05.999999999 -0700 MST", *v);
  if (const List* items = list()) {
    std::string out = "[";
    for (const Value& item : *items) {
      if (out.size() > 1) out += ' ';
      out += item.ToString();
    }
    return out + "]";
  }
  if (const Map* items = map()) {
    std::string out = "map[";
    for (const auto& [name, value] : *items) {
      if (out.size() > 4) out += ' ';
      out += name + ":" + value.ToString();
    }
    return out + "]";
  }
  return IsNil() ? "<no value>" : "{}";
}

std::string_view Value::TypeName() const {
  if (const Object* o = object()) return o->TypeName();
  constexpr std::string_view kNames[] = {
      "nil",    "bool",          "int64",          "float64",
      "string", "time.Time",     "[]interface {}", "map[string]interface {}",
      "struct", "template.HTML", "object",         "time.Duration"};
  return kNames[data_.index()];
}

namespace {

class TextMapObject final : public Object {
 public:
  explicit TextMapObject(Map map) : plain_(Value::Of(std::move(map))) {}
  const Value& Plain() const override { return plain_; }
  std::optional<Value> Absent() const override { return Value::Of(""); }
  std::string_view TypeName() const override { return "map[string]string"; }

 private:
  const Value plain_;
};

}  // namespace

Value TextMap(Map map) {
  return Value::Of(std::shared_ptr<const Object>(std::make_shared<TextMapObject>(std::move(map))));
}

}  // namespace pharos::tmpl
