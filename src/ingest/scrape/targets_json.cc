#include "ingest/scrape/scraper.h"
#include "text/duration.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::ingest::scrape {
namespace {

void WriteLabels(text::JsonWriter& json, std::string_view key, const model::Labels& labels) {
  json.Key(key).BeginObject();
  for (const model::LabelView label : labels) json.Key(label.name).String(label.value);
  json.EndObject();
}

void WriteActive(text::JsonWriter& json, const TargetStatus& target) {
  json.BeginObject();
  WriteLabels(json, "discoveredLabels", target.discovered);
  WriteLabels(json, "labels", target.labels);
  json.Key("scrapePool").String(target.job);
  json.Key("scrapeUrl").String(target.url);
  json.Key("globalUrl").String(target.url);
  json.Key("lastError").String(target.last_error);
  json.Key("lastScrape")
      .String(target.last_scrape_ns == 0 ? "0001-01-01T00:00:00Z"
                                         : text::Rfc3339Nano(target.last_scrape_ns));
  json.Key("lastScrapeDuration").Double(target.last_duration_seconds);
  json.Key("health").String(target.health);
  json.Key("scrapeInterval").String(text::PrometheusDuration(target.interval_ms));
  json.Key("scrapeTimeout").String(text::PrometheusDuration(target.timeout_ms));
  json.EndObject();
}

}  // namespace

std::string TargetsJson(const ScrapeStatus& status, std::string_view state, std::string_view pool) {
  const bool all = state.empty() || state == "any";
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("activeTargets").BeginArray();
  for (const TargetStatus& target : status.active) {
    if ((all || state == "active") && (pool.empty() || pool == target.job))
      WriteActive(json, target);
  }
  json.EndArray().Key("droppedTargets").BeginArray();
  for (const DroppedTarget& target : status.dropped) {
    if ((!all && state != "dropped") || (!pool.empty() && pool != target.job)) continue;
    json.BeginObject();
    WriteLabels(json, "discoveredLabels", target.discovered);
    json.Key("scrapePool").String(target.job).EndObject();
  }
  json.EndArray().Key("droppedTargetCounts").BeginObject();
  for (const auto& [job, count] : status.dropped_counts) {
    if (all || state == "dropped") json.Key(job).Int(count);
  }
  json.EndObject().EndObject();
  return out;
}

}  // namespace pharos::ingest::scrape
