// fmt.Sprintf for the verbs that templates use.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "template/functions.h"
#include "template/limits.h"

namespace pharos::tmpl {
namespace {

constexpr int kMaxWidth = 1000;

struct Verb {
  bool minus = false, plus = false, zero = false, space = false, sharp = false;
  int width = -1;
  int precision = -1;
  char letter = 0;
};

std::string Quote(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (c == '\n' || c == '\t' || c == '\r') {
      (out += '\\') += c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
    } else if (byte < 0x20 || byte == 0x7f) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", byte);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Padded(std::string text, const Verb& verb, bool numeric) {
  const auto width = static_cast<size_t>(std::max(0, verb.width));
  const size_t length = RuneCount(text);
  if (length >= width) return text;
  const size_t missing = width - length;
  if (verb.minus) return text + std::string(missing, ' ');
  if (verb.zero && numeric) {
    const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    return text.insert(sign, missing, '0');
  }
  return std::string(missing, ' ') + text;
}

std::string Whole(int64_t value, const Verb& verb) {
  const uint64_t size =
      value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  std::string digits;
  const unsigned base = verb.letter == 'x' || verb.letter == 'X' ? 16
                        : verb.letter == 'o'                     ? 8
                        : verb.letter == 'b'                     ? 2
                                                                 : 10;
  uint64_t left = size;
  do {
    digits += (verb.letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[left % base];
    left /= base;
  } while (left != 0);
  std::string out = value < 0 ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  if (verb.sharp && base == 16) out += verb.letter == 'X' ? "0X" : "0x";
  return out.append(digits.rbegin(), digits.rend());
}

std::string Real(double value, const Verb& verb) {
  if (std::isnan(value) || std::isinf(value))
    return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (verb.letter == 'g' && verb.precision < 0) return FloatText(value);
  char buffer[400 + kMaxWidth];
  const char format[] = {
      '%', verb.plus ? '+' : '-', '.', '*', verb.letter == 'F' ? 'f' : verb.letter, 0};
  std::snprintf(buffer, sizeof buffer, format, verb.precision < 0 ? 6 : verb.precision, value);
  return buffer;
}

std::string One(const Value& value, const Verb& verb) {
  const auto bad = [&] {
    return "%!" + std::string(1, verb.letter) + "(" + std::string(value.TypeName()) + "=" +
           value.ToString() + ")";
  };
  const auto* whole = value.As<int64_t>();
  const auto* real = value.As<double>();
  switch (verb.letter) {
    case 'v':
      if (whole != nullptr) return Padded(Whole(*whole, verb), verb, true);
      return Padded(value.IsNil() ? "<nil>" : value.ToString(), verb, real != nullptr);
    case 's': {
      if (whole != nullptr || real != nullptr) return bad();
      std::string text = value.IsNil() ? "%!s(<nil>)" : value.ToString();
      if (verb.precision >= 0) text = RuneSlice(text, 0, static_cast<size_t>(verb.precision));
      return Padded(std::move(text), verb, false);
    }
    case 'q': return Padded(Quote(value.ToString()), verb, false);
    case 't': return value.As<bool>() != nullptr ? Padded(value.ToString(), verb, false) : bad();
    case 'd':
    case 'b':
    case 'o': return whole != nullptr ? Padded(Whole(*whole, verb), verb, true) : bad();
    case 'c':
      return whole != nullptr && *whole >= 0 && *whole < 128
                 ? std::string(1, static_cast<char>(*whole))
                 : bad();
    case 'x':
    case 'X': {
      if (whole != nullptr) return Padded(Whole(*whole, verb), verb, true);
      const auto* text = value.As<std::string>();
      if (text == nullptr) return bad();
      std::string out;
      for (const char c : *text) {
        char buffer[4];
        std::snprintf(buffer, sizeof buffer, verb.letter == 'x' ? "%02x" : "%02X",
                      static_cast<unsigned char>(c));
        out += buffer;
      }
      return Padded(std::move(out), verb, false);
    }
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G': return real != nullptr ? Padded(Real(*real, verb), verb, true) : bad();
    case 'T': return std::string(value.TypeName());
    default: return bad();
  }
}

}  // namespace

base::Result<std::string> Printf(std::string_view format, std::span<const Value> arguments) {
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    Verb verb;
    for (++i;
         i < format.size() && std::string_view("-+0 #").find(format[i]) != std::string_view::npos;
         ++i) {
      (format[i] == '-'   ? verb.minus
       : format[i] == '+' ? verb.plus
       : format[i] == '0' ? verb.zero
       : format[i] == ' ' ? verb.space
                          : verb.sharp) = true;
    }
    const auto number = [&](int* to) {
      if (i < format.size() && format[i] == '*') {
        *to = next < arguments.size()
                  ? static_cast<int>(std::clamp<int64_t>(ToInt(arguments[next++]), 0, kMaxWidth))
                  : 0;
        ++i;
        return;
      }
      while (i < format.size() && format[i] >= '0' && format[i] <= '9') {
        *to = std::min(kMaxWidth, std::max(0, *to) * 10 + (format[i++] - '0'));
      }
    };
    number(&verb.width);
    if (i < format.size() && format[i] == '.') {
      ++i;
      verb.precision = 0;
      number(&verb.precision);
    }
    if (i >= format.size()) {
      out += "%!(NOVERB)";
      break;
    }
    verb.letter = format[i];
    if (verb.letter == '%') {
      out += '%';
    } else if (next >= arguments.size()) {
      out += "%!" + std::string(1, verb.letter) + "(MISSING)";
    } else {
      out += One(arguments[next++], verb);
    }
    if (out.size() > kMaxOutputBytes)
      return base::Fail(base::ErrorKind::kLimit, "the text is too long");
  }
  if (next < arguments.size()) {
    out += "%!(EXTRA ";
    for (size_t i = next; i < arguments.size(); ++i) {
      out += (i > next ? ", " : "") + std::string(arguments[i].TypeName()) + "=" +
             arguments[i].ToString();
    }
    out += ')';
  }
  return out;
}

}  // namespace pharos::tmpl
