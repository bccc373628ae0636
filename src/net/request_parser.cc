#include "net/request_parser.h"

#include <strings.h>

#include <boost/beast/http/basic_parser.hpp>

#include "net/limits.h"
#include "net/percent.h"

namespace pharos::net {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using View = boost::beast::string_view;

std::string_view Std(View view) { return {view.data(), view.size()}; }

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// Beast's tokenizer of one message, filling a Request instead of Beast's own types.
class Tokenizer final : public http::basic_parser<true> {
 public:
  Tokenizer(Request& request, RequestParser::Head& head) : request_(request), head_(head) {
    body_limit(boost::none);
  }

  std::string target;
  size_t max_body_bytes = SIZE_MAX;
  bool discard = false;
  bool bad_encoding = false;
  bool bad_expect = false;
  int hosts = 0;

 private:
  void on_request_impl(http::verb, View method, View request_target, int version,
                       ErrorCode&) override {
    request_.method = Std(method);
    target = Std(request_target);
    head_.http10 = version == 10;
  }
  void on_response_impl(int, View, int, ErrorCode&) override {}

  void on_field_impl(http::field field, View name, View value, ErrorCode&) override {
    if (in_body_) return;  // a trailer: nothing here uses them
    request_.headers.Add(Std(name), Std(value));
    if (field == http::field::host) {
      ++hosts;
      head_.authority = Std(value);
    } else if (field == http::field::transfer_encoding) {
      bad_encoding |= !SameText(Std(value), "chunked");
    } else if (field == http::field::expect) {
      head_.expects_continue = SameText(Std(value), "100-continue");
      bad_expect |= !head_.expects_continue;
    }
  }
  void on_header_impl(ErrorCode&) override { in_body_ = true; }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    // Announced is not delivered: memory grows with what arrives.
    if (length && !discard) request_.body.reserve(std::min<uint64_t>(*length, kReadBytes));
  }
  size_t on_body_impl(View body, ErrorCode& error) override {
    received_ += body.size();
    if (received_ > max_body_bytes) {
      error = http::error::body_limit;
      return 0;
    }
    if (!discard) request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode&) override {}

  Request& request_;
  RequestParser::Head& head_;
  bool in_body_ = false;
  uint64_t received_ = 0;
};

std::string Sentence(const ErrorCode& error) {
  return "malformed HTTP request: " + error.message();
}

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(size_t max_header_bytes) : max_header_bytes_(max_header_bytes) { Reset(); }

  void Reset() {
    request = Request{};
    head = Head{};
    head_bytes_ = 0;
    tokenizer.emplace(request, head);
    // Beast's limit holds for a part of the head; the exact one is kept here.
    tokenizer->header_limit(static_cast<uint32_t>(max_header_bytes_ + 1));
  }

  Step Feed(std::string_view bytes, size_t& used) {
    used = 0;
    const bool in_head = !tokenizer->is_header_done();
    ErrorCode error;
    while (used < bytes.size()) {
      used += tokenizer->put({bytes.data() + used, bytes.size() - used}, error);
      if (error == http::error::need_more) break;
      if (error) return Failed(error);
      if (in_head && tokenizer->is_header_done()) {
        if (head_bytes_ + used > max_header_bytes_) return HeadTooLarge();
        return FinishHead();
      }
      if (tokenizer->is_done()) return Step::kDone;
    }
    const size_t rest = bytes.size() - used;
    if (in_head) {
      head_bytes_ += used;
      if (head_bytes_ + rest > max_header_bytes_) return HeadTooLarge();
    } else if (rest > max_header_bytes_) {
      return Fail(400, "malformed HTTP request: chunk header too long");
    }
    return Step::kMore;
  }

  Request request;
  Head head;
  std::optional<Tokenizer> tokenizer;
  int status = 0;
  std::string failure;

 private:
  Step Fail(int with, std::string sentence) {
    status = with;
    failure = std::move(sentence);
    return Step::kFailed;
  }
  Step HeadTooLarge() {
    return Fail(431,
                "request header is larger than " + std::to_string(max_header_bytes_) + " bytes");
  }
  Step Failed(const ErrorCode& error) {
    if (error == http::error::header_limit) return HeadTooLarge();
    if (error == http::error::body_limit) {
      return Fail(413, "request body is larger than " + std::to_string(tokenizer->max_body_bytes) +
                           " bytes");
    }
    if (error == http::error::bad_version) {
      return Fail(505, "HTTP version not supported: only HTTP/1.0 and HTTP/1.1");
    }
    return Fail(400, Sentence(error));
  }

  Step FinishHead() {
    tokenizer->eager(true);
    const auto length = tokenizer->content_length();
    head.has_body = tokenizer->chunked() || (length && *length > 0);
    if (length) head.content_length = *length;
    head.keep_alive = tokenizer->keep_alive();
    head.has_host = tokenizer->hosts > 0;
    if (tokenizer->hosts > 1) return Fail(400, "malformed HTTP request: more than one Host");
    if (tokenizer->bad_encoding) return Fail(501, "unsupported transfer encoding: only chunked");
    if (tokenizer->bad_expect) return Fail(417, "unsupported Expect: only 100-continue");
    return SplitTarget();
  }

  /// path?query, http://authority/path?query, or *.
  Step SplitTarget() {
    std::string_view target = tokenizer->target;
    if (const size_t scheme = target.find("://");
        !target.starts_with('/') && scheme != std::string_view::npos) {
      target.remove_prefix(scheme + 3);
      const size_t end = std::min(target.find_first_of("/?"), target.size());
      head.authority = target.substr(0, end);
      head.has_host = true;
      target.remove_prefix(end);
      if (!target.starts_with('/')) request.raw_path = "/";
    }
    const size_t question = std::min(target.find('?'), target.size());
    request.raw_path += target.substr(0, question);
    if (question < target.size()) request.query = target.substr(question + 1);
    if (!request.raw_path.starts_with('/') && request.raw_path != "*") {
      return Fail(400, "malformed HTTP request: the target is not a path");
    }
    if (!ValidPercentEncoding(request.raw_path)) {
      return Fail(400, "malformed HTTP request: invalid URL escape in the path");
    }
    request.path = PercentDecode(request.raw_path, false);
    return Step::kHead;
  }

  const size_t max_header_bytes_;
  size_t head_bytes_ = 0;
};

RequestParser::RequestParser(size_t max_header_bytes)
    : impl_(std::make_unique<Impl>(max_header_bytes)) {}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::Feed(std::string_view bytes, size_t& used) {
  return impl_->Feed(bytes, used);
}
const RequestParser::Head& RequestParser::head() const { return impl_->head; }
void RequestParser::LimitBody(size_t max_bytes) { impl_->tokenizer->max_body_bytes = max_bytes; }
void RequestParser::DiscardBody() { impl_->tokenizer->discard = true; }
Request& RequestParser::request() { return impl_->request; }
int RequestParser::failure_status() const { return impl_->status; }
const std::string& RequestParser::failure() const { return impl_->failure; }
void RequestParser::Reset() { impl_->Reset(); }

}  // namespace pharos::net
