// The JSON writer: whatever it is told to write is JSON, texts and numbers come back. The bytes are
// a program (open, close, key and text, number), and doubles.
#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "text/go_float.h"
#include "text/json_writer.h"

namespace {

using pharos::text::JsonWriter;

class Program {
 public:
  Program(std::string_view bytes, bool html) : bytes_(bytes), json_(out_, html) {}

  std::string Run() {
    json_.BeginArray();
    while (!bytes_.empty()) Step();
    for (; !open_.empty(); open_.pop_back()) Close();
    json_.EndArray();
    return out_;
  }

 private:
  std::string_view Take(size_t count) {
    const std::string_view piece = bytes_.substr(0, count);
    bytes_.remove_prefix(piece.size());
    return piece;
  }
  void Close() { open_.back() ? json_.EndObject() : json_.EndArray(); }

  void Step() {
    const auto code = static_cast<uint8_t>(Take(1)[0]);
    if (!open_.empty() && open_.back()) json_.Key(Take(code >> 4));
    switch (code & 7) {
      case 0:
      case 1:
        if (open_.size() < 50) {
          open_.push_back((code & 1) != 0);
          (code & 1) != 0 ? json_.BeginObject() : json_.BeginArray();
          return;
        }
        json_.Null();
        return;
      case 2: json_.Int(static_cast<int64_t>(code) << 40); return;
      case 3: {
        double value = code;
        const std::string_view raw = Take(8);
        if (raw.size() == 8) std::memcpy(&value, raw.data(), 8);
        // Whole numbers beyond 64 bits are JSON, but simdjson does not read them.
        if (value >= 1e19 || value <= -9e18) value = 1 / value;
        json_.Double(value);
        return;
      }
      case 4:
        json_.Bool(code > 100);
        if (!open_.empty()) {
          Close();
          open_.pop_back();
        }
        return;
      default: json_.String(Take(code)); return;
    }
  }

  std::string_view bytes_;
  std::string out_;
  JsonWriter json_;
  std::vector<bool> open_;  ///< true: an object
};

/// Sample values read back as they were, however many are written at once.
void CheckNumbers(std::string_view bytes) {
  std::vector<double> values(bytes.size() / sizeof(double));
  if (values.empty()) return;
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
  std::vector<pharos::text::NumberText> texts(values.size());
  pharos::text::PutSampleValues(values.data(), values.size(), texts.data());
  for (size_t i = 0; i < values.size(); ++i) {
    double back = 0;
    if (!pharos::text::ParseGoFloat({texts[i].text, texts[i].size}, &back)) std::abort();
    if (!std::isnan(values[i]) && std::memcmp(&back, &values[i], sizeof back) != 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  CheckNumbers(bytes);
  static simdjson::dom::parser& parser = *new simdjson::dom::parser;
  for (const bool html : {false, true}) {
    const std::string json = Program(bytes, html).Run();
    simdjson::dom::element root;
    if (parser.parse(simdjson::padded_string(json)).get(root)) std::abort();
    if (html && json.find_first_of("<>&") != std::string::npos) std::abort();
  }
  // Valid UTF-8 comes back as it was.
  std::string quoted = "[";
  pharos::text::AppendJsonString(quoted, bytes);
  quoted += ']';
  std::string_view back;
  if (parser.parse(simdjson::padded_string(quoted)).at(0).get(back)) std::abort();
  if (simdjson::validate_utf8(bytes.data(), bytes.size()) && back != bytes) std::abort();
  return 0;
}
