// Durations, times, base64, byte sizes and URLs: any text is read or refused, and what was
// read comes back the same after it was written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/base64.h"
#include "text/bytesize.h"
#include "text/duration.h"
#include "text/rfc3339.h"
#include "text/url.h"

using namespace pharos::text;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto ms = ParsePrometheusDuration(text)) {
    Require(ParsePrometheusDuration(PrometheusDuration(*ms)) == *ms);
  }
  if (auto ns = ParseGoDuration(text)) Require(ParseGoDuration(GoDuration(*ns)) == *ns);
  if (auto ns = ParseRfc3339(text)) Require(ParseRfc3339(Rfc3339Nano(*ns)) == *ns);
  if (auto bytes = Base64Decode(text)) Require(Base64Decode(Base64Encode(*bytes)) == *bytes);
  if (auto bytes = Base64UrlDecode(text)) {
    Require(Base64UrlDecode(Base64UrlEncode(*bytes, false)) == *bytes);
  }
  Require(Base64Decode(Base64Encode(text)) == text);
  (void)ParseHumanBytes(text);
  if (auto bytes = ParseBase2Bytes(text)) (void)Base2Bytes(*bytes);
  Require(QueryUnescape(QueryEscape(text)) == text);
  Require(PathUnescape(PathEscape(text)) == text);
  (void)ParseQuery(text);
  if (auto url = ParseUrl(text)) {
    const auto again = ParseUrl(UrlText(*url));
    Require(again && UrlText(*again) == UrlText(*url));
    (void)RedactedUrlText(*url);
    (void)ResolveUrl(*ParseUrl("http://a/b/c?d"), *url);
  }
  return 0;
}
