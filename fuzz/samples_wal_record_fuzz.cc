// Any bytes as a samples WAL record: every entry that is read can be written again.
#include <cstdlib>

#include "samples/wal_record.h"

namespace {

using namespace pharos;

/// Writes again what it is told.
struct Echo final : samples::RecordVisitor {
  samples::RecordWriter writer;
  base::Result<void> OnSeries(uint32_t ref, model::Labels labels) override {
    writer.DeclareSeries(ref, labels.bytes());
    return {};
  }
  base::Result<void> OnSample(uint32_t ref, int64_t time_ms, double value,
                              int64_t start_ms) override {
    writer.AddSample(ref, time_ms, value, start_ms);
    return {};
  }
  base::Result<void> OnHistogram(uint32_t ref, model::HistogramSample sample) override {
    writer.AddHistogram(ref, sample.time_ms, sample.start_ms, *sample.histogram);
    return {};
  }
  base::Result<void> OnMetadata(std::string_view metric, model::Metadata metadata) override {
    writer.AddMetadata(metric, metadata);
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Echo first;
  if (!samples::ReadRecord({reinterpret_cast<const char*>(data), size}, first)) return 0;
  const std::string written = first.writer.Finish();
  Echo second;
  if (!samples::ReadRecord(written, second)) std::abort();
  if (second.writer.Finish() != written) std::abort();
  return 0;
}
