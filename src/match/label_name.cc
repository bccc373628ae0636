#include "match/label_name.h"

namespace pharos::match {
namespace {

bool Letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool Digit(char c) { return c >= '0' && c <= '9'; }
bool Space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

void AppendLabelName(std::string& out, std::string_view key, bool leading) {
  while (!key.empty() && Space(key.front())) key.remove_prefix(1);
  while (!key.empty() && Space(key.back())) key.remove_suffix(1);
  if (key.empty()) return;
  if (leading && Digit(key.front())) out += '_';
  for (const char c : key) {
    if (Letter(c) || Digit(c)) {
      out += c;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {  // not a continuation byte
      out += '_';
    }
  }
}

std::string SanitizeLabelName(std::string_view key) {
  std::string out;
  AppendLabelName(out, key, true);
  return out;
}

bool IsLabelName(std::string_view name) {
  if (name.empty() || !Letter(name.front())) return false;
  for (const char c : name) {
    if (!Letter(c) && !Digit(c)) return false;
  }
  return true;
}

}  // namespace pharos::match
