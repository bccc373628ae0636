// Any bytes as a log of alerts, silences or notifications: an error or a record that encodes
// to the same again, never a crash. The same for what the API takes of a template.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "alert/alert_record.h"
#include "alert/mime.h"
#include "alert/notification_log.h"
#include "alert/record_log.h"
#include "alert/silence.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pharos::alert;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)ReadRecords(bytes, [](std::string_view) -> pharos::base::Result<void> { return {}; });
  if (const auto alert = DecodeAlert(bytes)) {
    if (!DecodeAlert(EncodeAlert(*alert))) std::abort();
  }
  if (const auto silence = DecodeSilence(bytes)) {
    const auto again = DecodeSilence(EncodeSilence(*silence));
    if (!again || again->matchers != silence->matchers) std::abort();
  }
  if (const auto entry = DecodeLogEntry(bytes)) {
    if (!DecodeLogEntry(EncodeLogEntry(entry->first, entry->second))) std::abort();
  }
  (void)EncodeHeader(bytes);
  (void)QuotedPrintable(bytes);
  (void)MailAddresses(bytes);
  return 0;
}
