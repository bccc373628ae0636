// An alert as it is kept here, and what Alertmanager says about equality, order and merging.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/alert.h"
#include "model/labels.h"

namespace pharos::alert {

struct AlertRecord {
  model::Labels labels;
  model::Labels annotations;
  std::string generator_url;
  int64_t starts_at_ns = 0;  ///< 0 is Go's zero time, as in the fields below
  int64_t ends_at_ns = 0;
  int64_t updated_at_ns = 0;
  bool timeout = false;  ///< ends_at was made of resolve_timeout
  uint64_t fingerprint = 0;

  bool ResolvedAt(int64_t now_ns) const { return ends_at_ns != 0 && ends_at_ns <= now_ns; }
};
using AlertPtr = std::shared_ptr<const AlertRecord>;

/// Alertmanager's fingerprint: FNV-1a over names and values. Shown as 16 hex digits.
uint64_t FingerprintOf(const model::Labels& labels);
std::string FingerprintText(uint64_t fingerprint);

/// What becomes of `older` when `newer` comes for the same labels: the earliest start; the end
/// by Alertmanager's rules. Neither is changed.
AlertRecord Merge(const AlertRecord& older, const AlertRecord& newer, int64_t now_ns);
/// True when the two overlap, so that the newer continues the older.
bool Overlaps(const AlertRecord& older, const AlertRecord& newer);

/// "" or why it is no alert.
std::string AlertFault(const AlertRecord& alert);

/// model.LabelSet's order: fewer labels first, then name by name.
bool LabelsBefore(const model::Labels& a, const model::Labels& b);
/// By `job`, `instance`, then LabelsBefore: the order in notifications.
bool AlertBefore(const AlertRecord& a, const AlertRecord& b);

/// `{a="b", c="d"}`: the end of a group key.
std::string LabelSetText(const model::Labels& labels);
/// "2006-01-02T15:04:05.999Z"; "0001-01-01T00:00:00Z" for 0.
std::string TimeText(int64_t ns);

/// The bytes on disk and back; kCorrupt.
std::string EncodeAlert(const AlertRecord& alert);
base::Result<AlertRecord> DecodeAlert(std::string_view bytes);

}  // namespace pharos::alert
