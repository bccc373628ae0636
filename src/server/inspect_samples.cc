// `pharos inspect samples DIR`: what the sample parts hold and cost, as tables or as JSON.
#include <cinttypes>
#include <cstdio>

#include "samples/inspection.h"
#include "samples/part_publisher.h"
#include "server/commands.h"
#include "text/json_writer.h"
#include "text/rfc3339.h"

namespace pharos::server {
namespace {

using samples::Inspection;

std::string TimeOf(int64_t ms) { return text::Rfc3339Nano(ms * 1'000'000); }

double PerSample(uint64_t bytes, uint64_t samples) {
  return samples == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(samples);
}

void PrintParts(const Inspection& found) {
  for (const samples::PartReport& part : found.parts) {
    std::printf("%s: level %u, generations %u to %u, %s to %s\n", part.entry.path.c_str(),
                part.info.level, part.info.generation_min, part.info.generation_max,
                TimeOf(part.entry.min_time).c_str(), TimeOf(part.entry.max_time).c_str());
    std::printf("  %" PRIu64 " series, %" PRIu64 " samples, %" PRIu64 " bytes, %.3f a sample\n",
                part.info.series, part.entry.items, part.entry.bytes,
                PerSample(part.entry.bytes, part.entry.items));
    for (const samples::SectionUse& section : part.sections) {
      std::printf("  %-10s %8" PRIu64 " pages %12" PRIu64 " bytes %12" PRIu64 " unpacked\n",
                  section.name.c_str(), section.pages, section.stored_bytes, section.raw_bytes);
    }
    for (const std::string& fault : part.faults) std::printf("  WRONG: %s\n", fault.c_str());
  }
}

void PrintCodecs(const Inspection& found) {
  std::printf("\n%-28s %12s %14s %14s %10s\n", "CODEC", "BLOCKS", "SAMPLES", "UNPACKED BYTES",
              "A SAMPLE");
  for (const auto& [name, use] : found.codecs) {
    std::printf("%-28s %12" PRIu64 " %14" PRIu64 " %14" PRIu64 " %10.3f\n", name.c_str(),
                use.blocks, use.samples, use.bytes, PerSample(use.bytes, use.samples));
  }
}

void PrintMetrics(const Inspection& found, size_t top) {
  std::printf("\n%-56s %10s %14s %14s %10s\n", "METRIC", "SERIES", "SAMPLES", "BYTES", "A SAMPLE");
  for (size_t i = 0; i < found.metrics.size() && i < top; ++i) {
    const samples::MetricCost& metric = found.metrics[i];
    std::printf("%-56s %10" PRIu64 " %14" PRIu64 " %14" PRIu64 " %10.3f\n",
                metric.name.empty() ? "(no name)" : metric.name.c_str(), metric.series,
                metric.samples, metric.bytes, PerSample(metric.bytes, metric.samples));
  }
  if (found.metrics.size() > top)
    std::printf("… and %zu more; --top %zu shows all\n", found.metrics.size() - top,
                found.metrics.size());
}

void PrintText(const Inspection& found, size_t top) {
  PrintParts(found);
  PrintCodecs(found);
  PrintMetrics(found, top);
  size_t broken = 0;
  for (const samples::PartReport& part : found.parts) broken += part.faults.empty() ? 0 : 1;
  std::printf("\n%zu parts, %" PRIu64 " samples, %" PRIu64 " bytes, %.3f a sample; ",
              found.parts.size(), found.samples, found.bytes,
              PerSample(found.bytes, found.samples));
  std::printf(broken == 0 ? "every page is sound\n" : "%zu parts are broken\n", broken);
}

void WritePart(const samples::PartReport& part, text::JsonWriter& json) {
  json.BeginObject().Key("path").String(part.entry.path);
  json.Key("tenant").String(part.entry.tenant);
  json.Key("day").String(samples::DayName(samples::DayOf(part.entry.min_time)));
  json.Key("level").Int(part.info.level);
  json.Key("generationMin").Int(part.info.generation_min);
  json.Key("generationMax").Int(part.info.generation_max);
  json.Key("minTimeMs").Int(part.entry.min_time).Key("maxTimeMs").Int(part.entry.max_time);
  json.Key("series").Int(part.info.series).Key("samples").Int(part.entry.items);
  json.Key("bytes").Int(part.entry.bytes).Key("sections").BeginArray();
  for (const samples::SectionUse& section : part.sections) {
    json.BeginObject().Key("name").String(section.name).Key("pages").Int(section.pages);
    json.Key("bytes").Int(section.stored_bytes).Key("unpackedBytes").Int(section.raw_bytes);
    json.EndObject();
  }
  json.EndArray().Key("faults").BeginArray();
  for (const std::string& fault : part.faults) json.String(fault);
  json.EndArray().EndObject();
}

void PrintJson(const Inspection& found, size_t top) {
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("parts").BeginArray();
  for (const samples::PartReport& part : found.parts) WritePart(part, json);
  json.EndArray().Key("codecs").BeginArray();
  for (const auto& [name, use] : found.codecs) {
    json.BeginObject().Key("name").String(name).Key("blocks").Int(use.blocks);
    json.Key("samples").Int(use.samples).Key("unpackedBytes").Int(use.bytes).EndObject();
  }
  json.EndArray().Key("metrics").BeginArray();
  for (size_t i = 0; i < found.metrics.size() && i < top; ++i) {
    const samples::MetricCost& metric = found.metrics[i];
    json.BeginObject().Key("name").String(metric.name).Key("series").Int(metric.series);
    json.Key("samples").Int(metric.samples).Key("bytes").Int(metric.bytes).EndObject();
  }
  json.EndArray().Key("metricCount").Int(found.metrics.size());
  json.Key("samples").Int(found.samples).Key("bytes").Int(found.bytes);
  json.Key("sound").Bool(found.sound()).EndObject();
  std::puts(out.c_str());
}

}  // namespace

int InspectSamples(const InspectArguments& arguments) {
  const auto found = samples::Inspect(io::Fs::Real(), arguments.data_dir);
  if (!found) {
    std::fprintf(stderr, "%s\n", found.error().message.c_str());
    return found.error().kind == base::ErrorKind::kCorrupt ? 1 : 2;
  }
  arguments.json ? PrintJson(*found, arguments.top) : PrintText(*found, arguments.top);
  return found->sound() ? 0 : 1;
}

}  // namespace pharos::server
