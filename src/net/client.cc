#include "net/client.h"

#include <curl/curl.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>

namespace pharos::net {
namespace {

using base::ErrorKind;
using base::Fail;

/// What one transfer collects.
struct Transfer {
  Response response;
  size_t max_bytes = 0;
  bool too_large = false;
  CURL* curl = nullptr;
  const StreamSink* sink = nullptr;  ///< null: the body is collected
  bool refused = false;              ///< by the sink
  const Cancellation* cancelled = nullptr;
};

size_t OnBody(char* data, size_t, size_t bytes, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  long status = 0;
  if (transfer.sink) curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status / 100 == 2) {
    transfer.refused = !transfer.sink->on_bytes({data, bytes});
    return transfer.refused ? 0 : bytes;
  }
  if (transfer.response.body.size() + bytes > transfer.max_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t, size_t bytes, void* to) {
  auto& transfer = *static_cast<Transfer*>(to);
  std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) {  // a redirect or 100 Continue came before
    transfer.response = Response{};
    return bytes;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  const std::string_view name = line.substr(0, colon);
  line.remove_prefix(colon + 1);
  const size_t begin = line.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) {
    transfer.response.headers.Add(name, "");
  } else {
    transfer.response.headers.Add(name,
                                  line.substr(begin, line.find_last_not_of(" \t\r\n") + 1 - begin));
  }
  return bytes;
}

int OnProgress(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<const Transfer*>(of);
  if (transfer.sink && transfer.sink->on_idle) transfer.sink->on_idle();
  return transfer.cancelled->Cancelled() ? 1 : 0;
}

/// One handle a thread keeps its connections open between calls.
CURL* ThreadHandle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  thread_local const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                                &curl_easy_cleanup);
  return handle.get();
}

/// "unix:/run/x.sock:http://host/path" → "/run/x.sock", and the URL in `url`.
std::string TakeUnixSocket(std::string& url) {
  if (!url.starts_with("unix:")) return "";
  const size_t end = url.find(":http", 5);
  if (end == std::string::npos) return "";
  std::string path = url.substr(5, end - 5);
  url.erase(0, end + 1);
  return path;
}

/// "127.0.0.1:9090" of the URL, for error sentences; without user and password.
std::string HostOf(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  const auto part = [&](CURLUPart what) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), what, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
      return std::string();
    }
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "";
  return part(CURLUPART_HOST) + ":" + part(CURLUPART_PORT);
}

using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void Append(HeaderList& list, const std::string& line) {
  list.reset(curl_slist_append(list.release(), line.c_str()));
}

HeaderList MakeHeaders(const ClientRequest& request) {
  HeaderList list(nullptr, &curl_slist_free_all);
  Append(list, "Expect:");  // no 100-continue round trip
  // Without this libcurl calls every body a form.
  if (!request.body.empty() && !request.headers.Has("Content-Type")) Append(list, "Content-Type:");
  for (const auto& [name, value] : request.headers) {
    // libcurl takes "Name;" for an empty value, "Name:" for taking the header away.
    Append(list, value.empty() ? name + ";" : name + ": " + value);
  }
  return list;
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

base::Result<void> Validate(const ClientRequest& request) {
  bool broken = HasLineBreak(request.method) || HasLineBreak(request.url);
  for (const auto& [name, value] : request.headers) {
    broken |= HasLineBreak(name) || HasLineBreak(value);
  }
  if (broken) return Fail(ErrorKind::kBadInput, "a line break in a method, URL or header");
  if (request.max_response_bytes == 0) return Fail(ErrorKind::kBadInput, "no room for an answer");
  return {};
}

void SetUp(CURL* curl, const ClientRequest& request, const std::string& url,
           const std::string& socket_path, curl_slist* headers, Transfer& transfer) {
  curl_easy_reset(curl);  // keeps connections
  const auto set = [curl](CURLoption option, auto value) { curl_easy_setopt(curl, option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (!transfer.sink) {
    set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(request.timeout.count())));
  }
  set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(request.timeout.count())));
  set(CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, 10L);
  set(CURLOPT_ACCEPT_ENCODING, transfer.sink ? nullptr : "gzip, zstd");
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_PROXY, "");  // as Prometheus does: only what is configured
  if (!socket_path.empty()) set(CURLOPT_UNIX_SOCKET_PATH, socket_path.c_str());
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    if (request.body.empty() && request.method != "POST" && request.method != "PUT" &&
        request.method != "PATCH") {
      set(CURLOPT_HTTPGET, 1L);
    }
    // A custom method would survive a redirect that turns POST into GET.
    if (request.method != "POST") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_WRITEFUNCTION, &OnBody);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_HEADERFUNCTION, &OnHeader);
  set(CURLOPT_HEADERDATA, &transfer);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &OnProgress);
  set(CURLOPT_XFERINFODATA, &transfer);
}

/// In the words that operators know from Go's programs.
base::Error Explain(CURL* curl, CURLcode code, const char* detail, const ClientRequest& request,
                    const std::string& host, const Transfer& transfer) {
  const std::string start = request.method + " " + host + ": ";
  if (transfer.too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return {ErrorKind::kTooLarge,
            start + "the answer is larger than " + std::to_string(transfer.max_bytes) + " bytes"};
  }
  if (transfer.refused) return {ErrorKind::kCancelled, start + "ended by the reader"};
  long system_error = 0;
  curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &system_error);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::kTimeout,
              start + "no answer within " + std::to_string(request.timeout.count()) + " ms"};
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorKind::kCancelled, start + "cancelled"};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {ErrorKind::kBadInput, "not an http or https URL: \"" + request.url + "\""};
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorKind::kIo, start + "no such host"};
    case CURLE_COULDNT_CONNECT: {
      const std::string why = system_error ? std::strerror(static_cast<int>(system_error)) : detail;
      return {ErrorKind::kIo,
              start + (system_error == ECONNREFUSED ? "connect: connection refused" : why)};
    }
    case CURLE_GOT_NOTHING:
      return {ErrorKind::kIo, start + "EOF: the server closed the connection without an answer"};
    case CURLE_PARTIAL_FILE:
      return {ErrorKind::kIo, start + "unexpected EOF: the answer ended early"};
    case CURLE_TOO_MANY_REDIRECTS: return {ErrorKind::kIo, start + "stopped after 10 redirects"};
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorKind::kIo, start + "the answer's compressed body is corrupt"};
    default: return {ErrorKind::kIo, start + (detail[0] ? detail : curl_easy_strerror(code))};
  }
}

base::Result<Response> Perform(const ClientRequest& request, const StreamSink* sink) {
  PHAROS_TRY_VOID(Validate(request));
  CURL* curl = ThreadHandle();
  if (!curl) return Fail(ErrorKind::kBusy, "no memory for an HTTP client");

  std::string url = request.url;
  const std::string socket_path = TakeUnixSocket(url);
  const HeaderList headers = MakeHeaders(request);
  Transfer transfer;
  transfer.max_bytes = request.max_response_bytes;
  transfer.curl = curl;
  transfer.sink = sink;
  transfer.cancelled = &request.cancelled;
  char detail[CURL_ERROR_SIZE] = "";
  SetUp(curl, request, url, socket_path, headers.get(), transfer);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK) {
    const std::string host = socket_path.empty() ? HostOf(url) : socket_path;
    base::Error error = Explain(curl, code, detail, request, host, transfer);
    curl_easy_reset(curl);
    return std::unexpected(std::move(error));
  }
  curl_easy_reset(curl);  // drops the pointers into this frame
  transfer.response.status = static_cast<int>(status);
  // The body was decompressed: its length and coding on the wire say nothing any more.
  if (transfer.response.headers.Has("Content-Encoding")) {
    transfer.response.headers.Remove("Content-Encoding");
    transfer.response.headers.Remove("Content-Length");
  }
  return std::move(transfer.response);
}

}  // namespace

base::Result<Response> Fetch(const ClientRequest& request) { return Perform(request, nullptr); }

base::Result<Response> FetchStream(const ClientRequest& request, const StreamSink& sink) {
  return Perform(request, &sink);
}

}  // namespace pharos::net
