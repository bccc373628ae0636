#include "samples/part_publisher.h"

#include <cstdio>

#include "samples/limits.h"

namespace pharos::samples {

int64_t DayOf(int64_t time_ms) { return time_ms / kDayMs - (time_ms % kDayMs < 0 ? 1 : 0); }

std::string DayName(int64_t day) {
  // Days to civil date, proleptic Gregorian; March-based years.
  const int64_t z = day + 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const int64_t of_era = z - era * 146097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  const int64_t calendar_month = month < 10 ? month + 3 : month - 9;
  const int64_t year = year_of_era + era * 400 + (calendar_month <= 2 ? 1 : 0);
  char name[64];
  std::snprintf(name, sizeof name, "%04lld-%02lld-%02lld", static_cast<long long>(year),
                static_cast<long long>(calendar_month),
                static_cast<long long>(of_year - (153 * month + 2) / 5 + 1));
  return name;
}

std::string TenantDirectory(const std::string& tenant) {
  std::string out;
  for (const char c : tenant) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (plain) {
      out += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X",
                    static_cast<unsigned>(static_cast<uint8_t>(c)));
      out += escaped;
    }
  }
  return out.empty() ? "%" : out;
}

base::Result<std::unique_ptr<PartPublisher>> PartPublisher::Begin(io::Manifest& manifest,
                                                                  const std::string& tenant,
                                                                  int64_t day,
                                                                  const PartInfo& info) {
  std::unique_ptr<PartPublisher> publisher(new PartPublisher(manifest, tenant, day));
  publisher->id_ = manifest.NextPartId();
  PHAROS_TRY(publisher->directory_,
             io::MakeTmpDir(manifest, "samples-" + std::to_string(publisher->id_)));
  PHAROS_TRY(publisher->builder_, PartBuilder::Create(manifest.fs(), publisher->directory_, info));
  return publisher;
}

base::Result<std::shared_ptr<Part>> PartPublisher::Publish(
    const std::vector<std::shared_ptr<Part>>& replaced, PageCache& cache,
    base::MemoryBudget& budget) {
  PHAROS_TRY(const uint64_t bytes, builder_->Finish());
  const PartInfo info = builder_->info();
  io::PartEntry entry;
  entry.signal = io::Signal::kSamples;
  entry.tenant = tenant_;
  entry.id = id_;
  entry.path =
      TenantDirectory(tenant_) + "/samples/" + DayName(day_) + "/part-" + std::to_string(id_);
  entry.min_time = info.min_ms;
  entry.max_time = info.max_ms;
  entry.bytes = bytes;
  entry.items = info.samples;
  io::ManifestEdit edit;
  edit.add.push_back(entry);
  for (const auto& part : replaced) edit.drop.push_back(part->entry().id);
  builder_ = nullptr;
  PHAROS_TRY_VOID(io::PublishPart(manifest_, directory_, edit));
  return Part::Open(manifest_.fs(), manifest_.data_dir(), entry, cache, budget, &info);
}

void PartPublisher::Abandon() {
  builder_ = nullptr;
  (void)manifest_.fs().RemoveAll(directory_);  // a leftover in tmp/ goes at the next start
}

}  // namespace pharos::samples
