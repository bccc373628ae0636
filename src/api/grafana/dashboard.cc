#include "api/grafana/dashboard.h"

#include "api/grafana/limits.h"
#include "base/hash.h"
#include "text/json_writer.h"

namespace pharos::api::grafana {

std::string Dashboard::Slug() const { return Slugify(title); }

std::string Dashboard::Url() const { return "/d/" + uid + "/" + Slug(); }

base::Result<void> CheckUid(std::string_view uid) {
  if (uid.size() > kMaxUidLength) {
    return base::Fail(base::ErrorKind::kBadInput, "uid too long, max 40 characters");
  }
  for (const char c : uid) {
    const bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!is_good) {
      return base::Fail(base::ErrorKind::kBadInput, "uid contains illegal characters");
    }
  }
  return {};
}

std::string MakeUid(std::string_view seed) {
  constexpr char kDigits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  uint64_t hash = base::HashBytes64(seed);
  std::string uid;
  // A letter first: some tools take a uid of digits for a number.
  uid += kDigits[hash % 26];
  hash /= 26;
  for (int i = 0; i < 11; ++i, hash /= 36) uid += kDigits[hash % 36];
  return uid;
}

int64_t IdOfUid(std::string_view uid) {
  return static_cast<int64_t>(base::HashBytes64(uid) & 0x7fff'ffff) | 1;
}

std::string Slugify(std::string_view title) {
  std::string slug;
  for (const char c : title) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (is_word) {
      slug += c;
    } else if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "dashboard" : slug;
}

std::string WithIdentity(std::string_view model, int64_t id, std::string_view uid,
                         int64_t version) {
  std::string json;
  json.reserve(model.size() + uid.size() + 64);
  text::JsonWriter writer(json);
  writer.BeginObject().Key("id").Int(id).Key("uid").String(uid).Key("version").Int(version);
  const std::string_view rest = model.substr(1);  // behind the model's own brace
  if (rest != "}") json += ',';
  json += rest;
  return json;
}

}  // namespace pharos::api::grafana
