// Any bytes into every block decoder; what decodes must survive a round trip.
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "codec/time_block.h"
#include "codec/value_block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::codec;
  if (size < 2) return 0;
  const size_t count = 1 + (data[0] | data[1] << 8) % 1024;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<double> values(count), values_back(count);
  ByteReader in(bytes);
  if (DecodeValues(in, values)) {
    std::string again;
    EncodeValues(values, again);
    ByteReader reader(again);
    if (!DecodeValues(reader, values_back)) std::abort();
    if (std::memcmp(values.data(), values_back.data(), count * 8) != 0) std::abort();
  }
  // As a part has them: the first value is known from elsewhere.
  ByteReader known_in(bytes);
  const double first = static_cast<double>(data[0]) / 4;
  if (DecodeValues(known_in, values, &first)) {
    std::string again;
    EncodeValues(values, again, nullptr, &first);
    ByteReader reader(again);
    if (!DecodeValues(reader, values_back, &first)) std::abort();
    if (std::memcmp(values.data(), values_back.data(), count * 8) != 0) std::abort();
  }
  std::vector<int64_t> times(count), times_back(count);
  ByteReader time_in(bytes);
  if (DecodeTimes(time_in, times)) {
    std::string again;
    EncodeTimes(times, again);
    ByteReader reader(again);
    if (!DecodeTimes(reader, times_back) || times != times_back) std::abort();
  }
  return 0;
}
