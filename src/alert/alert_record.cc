#include "alert/alert_record.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "alert/limits.h"
#include "codec/varint.h"
#include "conf/alert_matcher.h"
#include "text/rfc3339.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;

constexpr uint64_t kFnvBasis = 14695981039346656037u;
constexpr uint64_t kFnvPrime = 1099511628211u;

uint64_t FnvAdd(uint64_t hash, std::string_view bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * kFnvPrime;
  return (hash ^ 0xFF) * kFnvPrime;
}

std::string LabelsFault(const model::Labels& labels) {
  for (const auto [name, value] : labels) {
    if (!conf::ValidAlertLabelName(name)) return "invalid name " + conf::GoQuoted(name);
    if (!conf::ValidUtf8Text(value)) return "invalid value " + conf::GoQuoted(value);
  }
  return "";
}

}  // namespace

uint64_t FingerprintOf(const model::Labels& labels) {
  uint64_t hash = kFnvBasis;
  for (const auto [name, value] : labels) hash = FnvAdd(FnvAdd(hash, name), value);
  return hash;
}

std::string FingerprintText(uint64_t fingerprint) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(fingerprint));
  return text;
}

bool Overlaps(const AlertRecord& older, const AlertRecord& newer) {
  return (newer.ends_at_ns > older.starts_at_ns && newer.ends_at_ns < older.ends_at_ns) ||
         (newer.starts_at_ns > older.starts_at_ns && newer.starts_at_ns < older.ends_at_ns);
}

AlertRecord Merge(const AlertRecord& older, const AlertRecord& newer, int64_t now_ns) {
  if (newer.updated_at_ns < older.updated_at_ns) return Merge(newer, older, now_ns);
  AlertRecord out = newer;
  out.starts_at_ns = std::min(older.starts_at_ns, newer.starts_at_ns);
  // An end that was said stays the latest; one of a timeout gives way to a real one.
  const bool keep_older_end = newer.ResolvedAt(now_ns) ? older.ResolvedAt(now_ns) : !older.timeout;
  if (keep_older_end) out.ends_at_ns = std::max(older.ends_at_ns, newer.ends_at_ns);
  return out;
}

std::string AlertFault(const AlertRecord& alert) {
  if (alert.starts_at_ns == 0) return "start time missing";
  if (alert.ends_at_ns != 0 && alert.ends_at_ns < alert.starts_at_ns)
    return "start time must be before end time";
  if (alert.labels.empty()) return "at least one label pair required";
  if (auto fault = LabelsFault(alert.labels); !fault.empty()) return "invalid label set: " + fault;
  if (auto fault = LabelsFault(alert.annotations); !fault.empty())
    return "invalid annotations: " + fault;
  const size_t bytes =
      alert.labels.bytes().size() + alert.annotations.bytes().size() + alert.generator_url.size();
  if (bytes > kMaxAlertBytes)
    return "the alert has " + std::to_string(bytes) + " bytes, more than " +
           std::to_string(kMaxAlertBytes);
  return "";
}

bool LabelsBefore(const model::Labels& a, const model::Labels& b) {
  if (a.size() != b.size()) return a.size() < b.size();
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    const auto [x_name, x_value] = *x;
    const auto [y_name, y_value] = *y;
    // The set that lacks the smaller name comes first.
    if (x_name != y_name) return x_name > y_name;
    if (x_value != y_value) return x_value < y_value;
  }
  return false;
}

bool AlertBefore(const AlertRecord& a, const AlertRecord& b) {
  for (const std::string_view name : {"job", "instance"}) {
    const std::string_view x = a.labels.Get(name);
    const std::string_view y = b.labels.Get(name);
    if (x == y) continue;
    if (x.empty() || y.empty()) return y.empty();
    return x < y;
  }
  return LabelsBefore(a.labels, b.labels);
}

std::string LabelSetText(const model::Labels& labels) {
  std::string out = "{";
  for (const auto [name, value] : labels) {
    if (out.size() > 1) out += ", ";
    out += name;
    out += '=';
    out += conf::GoQuoted(value);
  }
  return out + "}";
}

std::string TimeText(int64_t ns) {
  return ns == 0 ? "0001-01-01T00:00:00Z" : text::Rfc3339Nano(ns);
}

std::string EncodeAlert(const AlertRecord& alert) {
  std::string out;
  codec::PutBytes(out, alert.labels.bytes());
  codec::PutBytes(out, alert.annotations.bytes());
  codec::PutBytes(out, alert.generator_url);
  codec::PutSigned(out, alert.starts_at_ns);
  codec::PutSigned(out, alert.ends_at_ns);
  codec::PutSigned(out, alert.updated_at_ns);
  out += static_cast<char>(alert.timeout ? 1 : 0);
  return out;
}

base::Result<AlertRecord> DecodeAlert(std::string_view bytes) {
  codec::ByteReader reader(bytes);
  AlertRecord out;
  const std::string_view labels = reader.Bytes();
  const std::string_view annotations = reader.Bytes();
  out.generator_url = reader.Bytes();
  out.starts_at_ns = reader.Signed();
  out.ends_at_ns = reader.Signed();
  out.updated_at_ns = reader.Signed();
  out.timeout = reader.Byte() != 0;
  if (!reader.ok() || !reader.AtEnd()) return Fail(ErrorKind::kCorrupt, "a broken alert record");
  PHAROS_TRY(out.labels, model::Labels::Decode(labels));
  PHAROS_TRY(out.annotations, model::Labels::Decode(annotations));
  out.fingerprint = FingerprintOf(out.labels);
  return out;
}

}  // namespace pharos::alert
