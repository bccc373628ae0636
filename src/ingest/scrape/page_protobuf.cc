// Pages in protobuf.
#include "ingest/scrape/page.h"
#include "wire/exposition_protobuf.h"

namespace pharos::ingest::scrape {
namespace {

using Entry = wire::ProtobufExposition::Entry;

wire::ProtobufHistograms HistogramsOf(const conf::ScrapeJob& job) {
  return {.native = job.scrape_native_histograms, .classic = job.always_scrape_classic_histograms};
}

}  // namespace

base::Result<void> PageWriter::ReadProtobuf(std::string_view page, int64_t time_ms,
                                            store::SampleAppender& appender, ScrapeReport* report) {
  lines_.clear();  // there are none
  wire::ProtobufExposition parser(page, HistogramsOf(job_));
  while (true) {
    PHAROS_TRY(const Entry entry, parser.Next());
    if (entry == Entry::kEnd) return {};
    if (entry == Entry::kFamily) {
      NoteMetadata(std::string(parser.family()),
                   {parser.type(), std::string(parser.help()), std::string(parser.unit())});
      continue;
    }
    PHAROS_TRY(const uint32_t place,
               FindOrMake(parser.key(), [&] { return parser.Labels(); }, appender, report));
    Reading reading{.has_time = parser.has_time(),
                    .time_ms = parser.time_ms(),
                    .value = parser.value(),
                    .start_ms = parser.start_ms()};
    if (entry == Entry::kHistogram) reading.histogram = parser.histogram();
    AddSample(place, reading, time_ms, report);
    if (!parser.has_exemplars() || !series_[place].kept) continue;
    PHAROS_TRY(std::vector<model::Exemplar> exemplars, parser.Exemplars());
    for (model::Exemplar& exemplar : exemplars) {
      if (!exemplar.has_time) exemplar.time_ms = samples_.back().time_ms;
      exemplars_.emplace_back(place, std::move(exemplar));
    }
  }
}

void PageWriter::EachOfProtobuf(
    std::string_view page,
    const std::function<void(const base::Hash128&, const ReadPairs&)>& each) {
  wire::ProtobufExposition parser(page, HistogramsOf(job_));
  while (true) {
    const auto entry = parser.Next();
    if (!entry || *entry == Entry::kEnd) return;
    if (*entry != Entry::kFamily) each(parser.key(), [&] { return parser.Labels(); });
  }
}

}  // namespace pharos::ingest::scrape
