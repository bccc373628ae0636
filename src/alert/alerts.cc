#include "alert/alerts.h"

#include "alert/limits.h"
#include "base/log.h"
#include "codec/varint.h"

namespace pharos::alert {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

// The first byte of a record.
constexpr char kPut = 'A';
constexpr char kRemoved = 'R';

std::string PutRecord(const AlertRecord& alert) { return kPut + EncodeAlert(alert); }

std::string RemovedRecord(uint64_t fingerprint) {
  std::string out(1, kRemoved);
  codec::PutFixed64(out, fingerprint);
  return out;
}

Result<void> Replay(std::string_view record, std::map<uint64_t, AlertPtr>* alerts) {
  if (record.starts_with(kPut)) {
    PHAROS_TRY(AlertRecord alert, DecodeAlert(record.substr(1)));
    const uint64_t fingerprint = alert.fingerprint;
    (*alerts)[fingerprint] = std::make_shared<const AlertRecord>(std::move(alert));
    return {};
  }
  codec::ByteReader reader(record);
  if (reader.Byte() != kRemoved) return Fail(ErrorKind::kCorrupt, "an unknown record of alerts");
  alerts->erase(reader.Fixed64());
  return {};
}

}  // namespace

Result<std::unique_ptr<Alerts>> Alerts::Open(io::Fs& fs, const std::string& path, int64_t now_ns) {
  std::unique_ptr<Alerts> out(new Alerts());
  PHAROS_TRY(out->log_, RecordLog::Open(fs, path, [&](std::string_view record) {
               return Replay(record, &out->alerts_);
             }));
  // What ended long ago and was never settled concerns nobody any more.
  std::erase_if(out->alerts_,
                [&](const auto& item) { return item.second->ResolvedAt(now_ns - kRetention); });
  out->MaybeRewrite();
  return out;
}

Result<std::vector<AlertPtr>> Alerts::Put(std::vector<AlertRecord> alerts, int64_t now_ns) {
  std::map<uint64_t, AlertPtr> changed;
  std::vector<AlertPtr> out;
  std::vector<std::string> records;
  for (AlertRecord& alert : alerts) {
    alert.fingerprint = FingerprintOf(alert.labels);
    AlertPtr older;
    if (const auto now = changed.find(alert.fingerprint); now != changed.end()) {
      older = now->second;
    } else if (const auto known = alerts_.find(alert.fingerprint); known != alerts_.end()) {
      older = known->second;
    } else if (alerts_.size() + changed.size() >= kMaxAlerts) {
      return Fail(ErrorKind::kLimit, "more than " + std::to_string(kMaxAlerts) + " alerts");
    }
    if (older != nullptr && Overlaps(*older, alert)) alert = Merge(*older, alert, now_ns);
    auto kept = std::make_shared<const AlertRecord>(std::move(alert));
    changed[kept->fingerprint] = kept;
    records.push_back(PutRecord(*kept));
    out.push_back(std::move(kept));
  }
  if (log_->broken()) MaybeRewrite();
  PHAROS_TRY_VOID(log_->Append(records, true));
  for (const auto& [fingerprint, alert] : changed) alerts_[fingerprint] = alert;
  MaybeRewrite();
  return out;
}

void Alerts::Settle(const AlertRecord& alert) {
  const auto known = alerts_.find(alert.fingerprint);
  if (known == alerts_.end() || known->second->updated_at_ns != alert.updated_at_ns) return;
  // Not synced: at worst it comes back resolved, and the notification log knows that.
  const std::string record = RemovedRecord(alert.fingerprint);
  (void)log_->Append(std::span(&record, 1), false);
}

size_t Alerts::Gc(int64_t now_ns) {
  const size_t dropped =
      std::erase_if(alerts_, [&](const auto& item) { return item.second->ResolvedAt(now_ns); });
  MaybeRewrite();
  return dropped;
}

void Alerts::MaybeRewrite() {
  std::vector<std::string> records;
  size_t live = 0;
  for (const auto& [fingerprint, alert] : alerts_)
    live += alert->labels.bytes().size() + alert->annotations.bytes().size() + 64;
  if (!log_->Bloated(live) && !log_->broken()) return;
  for (const auto& [fingerprint, alert] : alerts_) records.push_back(PutRecord(*alert));
  if (const auto done = log_->Rewrite(records); !done)
    base::Log(base::LogLevel::kWarn, "the log of alerts could not be rewritten",
              {{"err", done.error().message}});
}

}  // namespace pharos::alert
