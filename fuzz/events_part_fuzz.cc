// Every page of a part: the first byte chooses which one the rest is read as.
#include "events/granule.h"
#include "events/part.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos;
  if (size < 2) return 0;
  const std::string_view page(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t rows = 1 + data[1];
  const events::GranuleMeta meta{
      .rows = static_cast<uint32_t>(rows), .first_stream = 1, .last_stream = 9, .min_trace = 3};
  switch (data[0] % 11) {
    case 0:
      (void)events::GranuleKeys::Decode(page, meta);
      (void)events::RenumberKeys(page, meta, {0, 1, 1, 3, 4, 5, 6, 7, 8, 90});
      break;
    case 1:
      if (auto words = events::PartWords::Decode(std::string("\2\x09"
                                                             "a\1\x20"
                                                             "b\2\x23"
                                                             "c\4\x22"
                                                             "\0\2\x08\x20\0",
                                                             16),
                                                 5)) {
        if (const auto column =
                events::ValueColumn::Parse(std::make_shared<const std::string>(page), *words,
                                           std::vector<events::ColumnWord>{{0, 3}, {2, 2}})) {
          std::string text;
          for (size_t i = 0; i < (*column)->size(); ++i) (*column)->Append(i, 0, text);
        }
      }
      (void)events::PartWords::Decode(std::string(page), 5);
      (void)events::PartShapes::Decode(page, 5);
      break;
    case 2: (void)events::GranuleIds::Decode(page, meta); break;
    case 3: {
      std::vector<uint32_t> selected;
      for (uint32_t i = 0; i < rows; i += 2) selected.push_back(i);
      std::vector<model::Event> found(selected.size());
      for (model::Event& event : found)
        event.kind = static_cast<model::EventKind>(page.empty() || page[0] == 0 ? 0 : 1);
      std::vector<int64_t> origins(selected.size());
      base::Arena arena;
      (void)events::DecodeGranuleRest(page, meta, selected, arena, found, origins);
      break;
    }
    case 4: (void)events::TracePage::Decode(page); break;
    case 5: (void)events::FindInTraceIndex(page, 0x8000'0000); break;
    case 6: (void)events::PartMeta::Decode(page); break;
    case 7: (void)events::DecodeStreams(page); break;
    case 8: (void)events::IdFilter::Decode(page, rows); break;
    case 9:
      if (auto filter = events::TraceFilter::Decode(std::string(page))) {
        (void)filter->MayHave(static_cast<uint32_t>(rows) << 24 | data[0]);
      }
      break;
    default: (void)events::DecodeGranuleMetas(page); break;
  }
  return 0;
}
