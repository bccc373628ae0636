// What lies in the sample parts of a data directory, and whether it can be read: the facts
// behind `pharos inspect samples`. Only reads, takes no lock, and may run beside a server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/manifest.h"
#include "samples/part_format.h"

namespace pharos::samples {

struct SectionUse {
  std::string name;
  uint64_t pages = 0;
  uint64_t stored_bytes = 0;  ///< on disk
  uint64_t raw_bytes = 0;     ///< before compression
};

struct PartReport {
  io::PartEntry entry;
  PartInfo info;  ///< zeros when the part does not open
  std::vector<SectionUse> sections;
  std::vector<std::string> faults;  ///< a sentence for each page or list that is broken
};

struct CodecUse {
  uint64_t blocks = 0, samples = 0;
  uint64_t bytes = 0;  ///< heads and bodies before compression
};

struct MetricCost {
  std::string name;
  uint64_t series = 0, samples = 0;
  uint64_t bytes = 0;  ///< its share of the sections "blocks", "data" and "series" on disk
};

struct Inspection {
  std::vector<PartReport> parts;           ///< by tenant, day, then generation
  std::map<std::string, CodecUse> codecs;  ///< of parts without faults
  std::vector<MetricCost> metrics;         ///< likewise; the most bytes first
  uint64_t samples = 0, bytes = 0;         ///< of all parts
  bool sound() const;
};

/// Reads every page of every live sample part and checks it, then goes through all block heads.
/// Errors: kNotFound, kCorrupt, kIo for the MANIFEST; what is wrong with parts is in the report.
/// A part that a running server drops meanwhile is left out. Cost: reads all once or twice; 16
/// bytes of memory a series.
base::Result<Inspection> Inspect(io::Fs& fs, const std::string& data_dir);

}  // namespace pharos::samples
