#include "net/smtp.h"

#include <curl/curl.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace pharos::net {
namespace {

using base::ErrorKind;
using base::Fail;

struct Upload {
  std::string_view left;
};

size_t OnRead(char* to, size_t, size_t room, void* upload) {
  auto& left = static_cast<Upload*>(upload)->left;
  const size_t bytes = std::min(room, left.size());
  std::memcpy(to, left.data(), bytes);
  left.remove_prefix(bytes);
  return bytes;
}

size_t OnAnswer(char*, size_t, size_t bytes, void*) { return bytes; }

/// The server's last line, for error sentences.
size_t OnLine(char* data, size_t, size_t bytes, void* to) {
  std::string_view line(data, bytes);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  static_cast<std::string*>(to)->assign(line.substr(0, 300));
  return bytes;
}

int OnProgress(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Cancellation*>(cancelled)->Cancelled() ? 1 : 0;
}

bool Unsafe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0<>", 5)) != std::string_view::npos;
}

base::Result<void> Validate(const Mail& mail) {
  bool unsafe = Unsafe(mail.host) || Unsafe(mail.port) || Unsafe(mail.hello) || Unsafe(mail.from);
  for (const std::string& to : mail.to) unsafe |= Unsafe(to);
  if (unsafe) return Fail(ErrorKind::kBadInput, "a line break or bracket in a name or address");
  if (mail.to.empty()) return Fail(ErrorKind::kBadInput, "a mail without a recipient");
  return {};
}

std::string UrlOf(const Mail& mail) {
  const bool v6 = mail.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + mail.host + "]" : mail.host;
  return (mail.tls == Mail::Tls::kImplicit ? "smtps://" : "smtp://") + host + ":" + mail.port +
         "/" + mail.hello;
}

void SetLogin(CURL* curl, const Mail& mail) {
  if (mail.user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_USERNAME, mail.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, mail.password.c_str());
  if (!mail.identity.empty()) curl_easy_setopt(curl, CURLOPT_SASL_AUTHZID, mail.identity.c_str());
  std::string options;
  for (const std::string& mechanism : mail.mechanisms) {
    if (!options.empty()) options += ';';
    options += "AUTH=" + mechanism;
  }
  if (!options.empty()) curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, options.c_str());
}

void SetTls(CURL* curl, const Mail& mail) {
  const long wanted = mail.tls == Mail::Tls::kNone ? CURLUSESSL_NONE : CURLUSESSL_ALL;
  curl_easy_setopt(curl, CURLOPT_USE_SSL, wanted);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, mail.verify ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, mail.verify ? 2L : 0L);
  if (!mail.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, mail.ca_file.c_str());
  if (!mail.cert_file.empty()) curl_easy_setopt(curl, CURLOPT_SSLCERT, mail.cert_file.c_str());
  if (!mail.key_file.empty()) curl_easy_setopt(curl, CURLOPT_SSLKEY, mail.key_file.c_str());
}

base::Error Explain(CURLcode code, const Mail& mail, const char* detail,
                    const std::string& last_line) {
  const std::string start = "smtp " + mail.host + ":" + mail.port + ": ";
  const std::string said = last_line.empty() ? "" : " (the server said: " + last_line + ")";
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::kTimeout,
              start + "no answer within " + std::to_string(mail.timeout.count()) + " ms"};
    case CURLE_ABORTED_BY_CALLBACK: return {ErrorKind::kCancelled, start + "cancelled"};
    case CURLE_COULDNT_RESOLVE_HOST: return {ErrorKind::kIo, start + "no such host"};
    case CURLE_USE_SSL_FAILED:
      return {ErrorKind::kIo,
              start +
                  "'require_tls' is true (default) but the server does not advertise the "
                  "STARTTLS extension"};
    case CURLE_LOGIN_DENIED:
      return {ErrorKind::kForbidden, start + "the log-in was refused" + said};
    default:
      return {ErrorKind::kIo, start + (detail[0] != 0 ? detail : curl_easy_strerror(code)) + said};
  }
}

}  // namespace

base::Result<void> SendMail(const Mail& mail) {
  PHAROS_TRY_VOID(Validate(mail));
  // One a mail: a kept connection would keep the log-in of another receiver.
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  CURL* curl = handle.get();
  if (curl == nullptr) return Fail(ErrorKind::kBusy, "no memory for an SMTP client");
  curl_slist* list = nullptr;
  for (const std::string& to : mail.to) list = curl_slist_append(list, ("<" + to + ">").c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      list, &curl_slist_free_all);
  const auto set = [curl](CURLoption option, auto value) { curl_easy_setopt(curl, option, value); };
  const std::string url = UrlOf(mail);
  const std::string from = "<" + mail.from + ">";
  Upload upload{mail.message};
  std::string last_line;
  char detail[CURL_ERROR_SIZE] = "";
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(mail.timeout.count())));
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &OnRead);
  set(CURLOPT_READDATA, &upload);
  set(CURLOPT_WRITEFUNCTION, &OnAnswer);
  set(CURLOPT_HEADERFUNCTION, &OnLine);
  set(CURLOPT_HEADERDATA, &last_line);
  set(CURLOPT_ERRORBUFFER, detail);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &OnProgress);
  set(CURLOPT_XFERINFODATA, &mail.cancelled);
  SetTls(curl, mail);
  SetLogin(curl, mail);
  const CURLcode code = curl_easy_perform(curl);
  if (code == CURLE_OK) return {};
  return std::unexpected(Explain(code, mail, detail, last_line));
}

}  // namespace pharos::net
