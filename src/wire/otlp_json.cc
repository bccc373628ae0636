#include "wire/otlp_json.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "text/go_float.h"
#include "text/json_writer.h"
#include "wire/base64.h"
#include "wire/limits.h"
#include "wire/pb_writer.h"
#include "wire/protobuf.h"

namespace pharos::wire {
namespace {

namespace dom = simdjson::dom;

const PbField* FindByName(const PbMessage& message, std::string_view name) {
  for (const PbField& field : message.fields) {
    if (field.json == name || field.proto == name) return &field;
  }
  return nullptr;
}

/// JSON → protobuf. Errors name the message and the field.
class Encoder {
 public:
  base::Result<void> Message(const PbMessage& message, dom::element element, PbWriter& out) {
    dom::object object;
    if (element.get(object)) return Bad(message, nullptr, "expects an object");
    for (const auto [key, value] : object) {
      const PbField* field = FindByName(message, key);
      if (field == nullptr || value.is_null()) continue;
      if (!field->repeated) {
        PHAROS_TRY_VOID(One(message, *field, value, out));
        continue;
      }
      dom::array items;
      if (value.get(items)) return Bad(message, field, "expects an array");
      for (const dom::element item : items) PHAROS_TRY_VOID(One(message, *field, item, out));
    }
    return {};
  }

 private:
  base::Result<void> One(const PbMessage& message, const PbField& field, dom::element value,
                         PbWriter& out) {
    switch (field.kind) {
      case PbKind::kMessage: {
        PbWriter child(out, field.number);
        return Message(*field.message, value, child);
      }
      case PbKind::kString: {
        std::string_view text;
        if (value.get(text)) return Bad(message, &field, "expects a string");
        out->add_string(field.number, text.data(), text.size());
        return {};
      }
      case PbKind::kBytes:
      case PbKind::kId: return Binary(message, field, value, out);
      case PbKind::kBool: {
        bool flag = false;
        std::string_view text;
        if (value.get(flag)) {
          if (value.get(text) || (text != "true" && text != "false")) {
            return Bad(message, &field, "expects true or false");
          }
          flag = text == "true";
        }
        out->add_bool(field.number, flag);
        return {};
      }
      case PbKind::kDouble: {
        double number = 0;
        if (!Real(value, &number)) return Bad(message, &field, "expects a number");
        out->add_double(field.number, number);
        return {};
      }
      case PbKind::kEnum: return Enum(message, field, value, out);
      default: return Integer(message, field, value, out);
    }
  }

  base::Result<void> Binary(const PbMessage& message, const PbField& field, dom::element value,
                            PbWriter& out) {
    std::string_view text;
    std::string bytes;
    if (value.get(text)) return Bad(message, &field, "expects a string");
    if (field.kind == PbKind::kId) {
      if (!DecodeHex(text, &bytes)) return Bad(message, &field, "expects hex digits");
    } else if (!DecodeBase64(text, &bytes)) {
      return Bad(message, &field, "expects base64");
    }
    out->add_bytes(field.number, bytes);
    return {};
  }

  base::Result<void> Enum(const PbMessage& message, const PbField& field, dom::element value,
                          PbWriter& out) {
    int64_t number = 0;
    std::string_view text;
    if (value.get(number)) {
      if (value.get(text)) return Bad(message, &field, "expects a number or a name");
      const auto found = std::find_if(field.names.begin(), field.names.end(),
                                      [&](const PbEnumName& n) { return n.name == text; });
      if (found != field.names.end()) {
        number = found->value;
      } else if (!WholeNumber(text, &number)) {
        return Bad(message, &field, "has an unknown name");
      }
    }
    out->add_enum(field.number, static_cast<int32_t>(number));
    return {};
  }

  base::Result<void> Integer(const PbMessage& message, const PbField& field, dom::element value,
                             PbWriter& out) {
    uint64_t bits = 0;
    if (!IntegerBits(field.kind, value, &bits)) {
      return Bad(message, &field, "expects a whole number in range");
    }
    switch (field.kind) {
      case PbKind::kInt32: out->add_int32(field.number, static_cast<int32_t>(bits)); break;
      case PbKind::kUint32: out->add_uint32(field.number, static_cast<uint32_t>(bits)); break;
      case PbKind::kSint32: out->add_sint32(field.number, static_cast<int32_t>(bits)); break;
      case PbKind::kInt64: out->add_int64(field.number, static_cast<int64_t>(bits)); break;
      case PbKind::kUint64: out->add_uint64(field.number, bits); break;
      case PbKind::kFixed32: out->add_fixed32(field.number, static_cast<uint32_t>(bits)); break;
      default: out->add_fixed64(field.number, bits); break;
    }
    return {};
  }

  static bool WholeNumber(std::string_view text, int64_t* number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty();
  }

  /// The value as 64 bits, two's complement for signed kinds, after its range check.
  static bool IntegerBits(PbKind kind, dom::element value, uint64_t* bits) {
    int64_t number = 0;
    uint64_t large = 0;
    double real = 0;
    std::string_view text;
    const bool is_unsigned = kind == PbKind::kUint64 || kind == PbKind::kFixed64;
    if (!value.get(text)) {
      if (!WholeNumber(text, &number)) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), large);
        if (!is_unsigned || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
          return false;
        }
        *bits = large;
        return true;
      }
    } else if (value.is_uint64() && !value.get(large)) {
      if (large > static_cast<uint64_t>(INT64_MAX)) {
        *bits = large;
        return is_unsigned;
      }
      number = static_cast<int64_t>(large);
    } else if (value.get(number)) {
      if (value.get(real) || real != std::floor(real) || std::abs(real) > 9.2e18) return false;
      number = static_cast<int64_t>(real);
    }
    *bits = static_cast<uint64_t>(number);
    switch (kind) {
      case PbKind::kInt32:
      case PbKind::kSint32: return number >= INT32_MIN && number <= INT32_MAX;
      case PbKind::kUint32:
      case PbKind::kFixed32: return number >= 0 && number <= UINT32_MAX;
      default: return !is_unsigned || number >= 0;
    }
  }

  static bool Real(dom::element value, double* number) {
    if (!value.get(*number)) return true;
    std::string_view text;
    if (value.get(text)) return false;
    if (text == "Infinity") {
      *number = std::numeric_limits<double>::infinity();
      return true;
    }
    if (text == "-Infinity") {
      *number = -std::numeric_limits<double>::infinity();
      return true;
    }
    return text::ParseGoFloat(text, number);
  }

  static std::unexpected<base::Error> Bad(const PbMessage& message, const PbField* field,
                                          std::string_view what) {
    std::string text(message.name);
    if (field != nullptr) (text += '.') += field->json;
    (text += ": ") += what;
    return base::Fail(base::ErrorKind::kBadInput, std::move(text));
  }
};

/// Protobuf → JSON. Fields come out in the order of the table, repeated ones together.
class Printer {
 public:
  Printer(OtlpJsonStyle style, std::string& out) : style_(style), out_(out) {}

  base::Result<void> Message(const PbMessage& message, std::string_view bytes, int depth) {
    if (depth > kMaxJsonDepth) {
      return base::Fail(base::ErrorKind::kBadInput, "message is nested too deeply");
    }
    std::vector<Item> items;
    PbReader in(bytes);
    while (in.Next()) {
      if (const PbField* field = FindByNumber(message, in.field())) Gather(*field, in, items);
    }
    PHAROS_TRY_VOID(in.Status());
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.field < b.field; });
    out_ += '{';
    for (size_t i = 0; i < items.size(); ++i) {
      const PbField& field = *items[i].field;
      const bool last = i + 1 == items.size() || items[i + 1].field != &field;
      if (!field.repeated && !last) continue;  // the last of equal fields counts
      const bool first = i == 0 || items[i - 1].field != &field || !field.repeated;
      if (first) {
        if (out_.back() != '{') out_ += ',';
        text::AppendJsonString(out_, field.json);
        out_ += field.repeated ? ":[" : ":";
      } else {
        out_ += ',';
      }
      PHAROS_TRY_VOID(Value(items[i], depth));
      if (field.repeated && last) out_ += ']';
    }
    out_ += '}';
    return {};
  }

 private:
  struct Item {
    const PbField* field;
    uint64_t number = 0;
    std::string_view bytes;
  };

  static const PbField* FindByNumber(const PbMessage& message, uint32_t number) {
    for (const PbField& field : message.fields) {
      if (field.number == number) return &field;
    }
    return nullptr;
  }

  static void Gather(const PbField& field, PbReader& in, std::vector<Item>& items) {
    switch (field.kind) {
      case PbKind::kMessage:
      case PbKind::kString:
      case PbKind::kBytes:
      case PbKind::kId: items.push_back({&field, 0, in.Bytes()}); break;
      case PbKind::kFixed32: items.push_back({&field, in.Fixed32(), {}}); break;
      case PbKind::kFixed64:
      case PbKind::kSfixed64:
      case PbKind::kDouble:
        in.EachFixed64([&](uint64_t v) { items.push_back({&field, v, {}}); });
        break;
      default: in.EachVarint([&](uint64_t v) { items.push_back({&field, v, {}}); }); break;
    }
  }

  base::Result<void> Value(const Item& item, int depth) {
    const auto number = static_cast<int64_t>(item.number);
    switch (item.field->kind) {
      case PbKind::kMessage: return Message(*item.field->message, item.bytes, depth + 1);
      case PbKind::kString: text::AppendJsonString(out_, item.bytes); break;
      case PbKind::kId:
        out_ += '"';
        style_.base64_ids ? AppendBase64(out_, item.bytes) : AppendHex(out_, item.bytes);
        out_ += '"';
        break;
      case PbKind::kBytes:
        out_ += '"';
        AppendBase64(out_, item.bytes);
        out_ += '"';
        break;
      case PbKind::kBool: out_ += item.number != 0 ? "true" : "false"; break;
      case PbKind::kInt32: out_ += std::to_string(static_cast<int32_t>(number)); break;
      case PbKind::kSint32: {
        const auto zigzag = static_cast<uint32_t>(item.number);
        out_ += std::to_string(static_cast<int32_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1)));
        break;
      }
      case PbKind::kUint32:
      case PbKind::kFixed32: out_ += std::to_string(static_cast<uint32_t>(item.number)); break;
      case PbKind::kInt64:
      case PbKind::kSfixed64: Quoted(std::to_string(number)); break;
      case PbKind::kUint64:
      case PbKind::kFixed64: Quoted(std::to_string(item.number)); break;
      case PbKind::kDouble: Double(std::bit_cast<double>(item.number)); break;
      case PbKind::kEnum: Enum(*item.field, static_cast<int32_t>(number)); break;
    }
    return {};
  }

  void Quoted(std::string_view text) { ((out_ += '"') += text) += '"'; }

  void Double(double value) {
    if (std::isnan(value)) return Quoted("NaN");
    if (std::isinf(value)) return Quoted(value > 0 ? "Infinity" : "-Infinity");
    text::JsonWriter(out_).Double(value);
  }

  void Enum(const PbField& field, int32_t value) {
    const auto found = std::find_if(field.names.begin(), field.names.end(),
                                    [&](const PbEnumName& n) { return n.value == value; });
    if (style_.enum_names && found != field.names.end()) return Quoted(found->name);
    out_ += std::to_string(value);
  }

  OtlpJsonStyle style_;
  std::string& out_;
};

}  // namespace

base::Result<std::string> OtlpJsonToProtobuf(const PbMessage& message, std::string_view json) {
  dom::parser parser;
  if (parser.allocate(json.size(), kMaxJsonDepth)) {
    return base::Fail(base::ErrorKind::kTooLarge, "body is too large to be parsed");
  }
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size(), true).get(root)) {
    return base::Fail(base::ErrorKind::kBadInput,
                      std::string("invalid JSON: ") + simdjson::error_message(error));
  }
  std::string out;
  {
    PbWriter writer(out);
    PHAROS_TRY_VOID(Encoder().Message(message, root, writer));
  }
  return out;
}

base::Result<void> OtlpProtobufToJson(const PbMessage& message, std::string_view protobuf,
                                      OtlpJsonStyle style, std::string& out) {
  return Printer(style, out).Message(message, protobuf, 0);
}

}  // namespace pharos::wire
