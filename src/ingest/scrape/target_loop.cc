#include "ingest/scrape/target_loop.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "ingest/scrape/limits.h"
#include "text/go_float.h"
#include "wire/base64.h"

namespace pharos::ingest::scrape {
namespace {

using conf::ScrapeProtocol;

constexpr const char* kTooLarge = "body size limit exceeded";

std::string_view MediaTypeOf(ScrapeProtocol protocol) {
  switch (protocol) {
    case ScrapeProtocol::kPrometheusProto:
      return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
             "encoding=delimited";
    case ScrapeProtocol::kPrometheusText004: return "text/plain;version=0.0.4";
    case ScrapeProtocol::kPrometheusText100: return "text/plain;version=1.0.0;escaping=allow-utf-8";
    case ScrapeProtocol::kOpenMetricsText001: return "application/openmetrics-text;version=0.0.1";
    case ScrapeProtocol::kOpenMetricsText100:
      return "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8";
  }
  return "";
}

/// As Prometheus weighs them, from 0.6 downwards.
std::string AcceptOf(const std::vector<ScrapeProtocol>& protocols) {
  std::string out;
  int weight = 6;
  for (const ScrapeProtocol protocol : protocols) {
    out += std::string(MediaTypeOf(protocol)) + ";q=0." + std::to_string(weight--) + ",";
  }
  return out + "*/*;q=0." + std::to_string(weight);
}

wire::ExpositionFormat FormatOf(ScrapeProtocol protocol) {
  switch (protocol) {
    case ScrapeProtocol::kPrometheusProto: return wire::ExpositionFormat::kProtobuf;
    case ScrapeProtocol::kOpenMetricsText001:
    case ScrapeProtocol::kOpenMetricsText100: return wire::ExpositionFormat::kOpenMetrics;
    case ScrapeProtocol::kPrometheusText004:
    case ScrapeProtocol::kPrometheusText100: break;
  }
  return wire::ExpositionFormat::kPrometheusText;
}

std::unexpected<base::Error> Bad(std::string what) {
  return base::Fail(base::ErrorKind::kBadInput, std::move(what));
}

std::string_view StatusText(int status) {
  switch (status) {
    case 400: return " Bad Request";
    case 401: return " Unauthorized";
    case 403: return " Forbidden";
    case 404: return " Not Found";
    case 500: return " Internal Server Error";
    case 502: return " Bad Gateway";
    case 503: return " Service Unavailable";
    default: return "";
  }
}

base::Result<wire::ExpositionFormat> FormatOf(std::string_view content_type,
                                              std::optional<ScrapeProtocol> fallback) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  if (type == "application/openmetrics-text") return wire::ExpositionFormat::kOpenMetrics;
  if (type == "text/plain") return wire::ExpositionFormat::kPrometheusText;
  if (type == "application/vnd.google.protobuf") return wire::ExpositionFormat::kProtobuf;
  if (fallback) return FormatOf(*fallback);
  if (type.empty()) {
    return Bad(
        "non-compliant scrape target sending blank Content-Type and no "
        "fallback_scrape_protocol specified for target");
  }
  return Bad("received unsupported Content-Type \"" + std::string(content_type) +
             "\" and no fallback_scrape_protocol specified for target");
}

}  // namespace

TargetLoop::TargetLoop(const conf::ScrapeJob& job, TargetSpec spec, const ScraperOptions& options)
    : job_(job), spec_(std::move(spec)), options_(options), writer_(job, spec_.labels) {
  status_ = {.job = spec_.job,
             .discovered = spec_.discovered,
             .labels = spec_.labels,
             .url = spec_.Url(),
             .last_error = "",
             .interval_ms = spec_.interval_ms,
             .timeout_ms = spec_.timeout_ms};
}

net::ClientRequest TargetLoop::Request() const {
  net::ClientRequest request;
  request.url = spec_.Url();
  request.timeout = std::chrono::milliseconds(spec_.timeout_ms);
  request.follow_redirects = job_.follow_redirects;
  request.max_response_bytes =
      job_.body_size_limit > 0 ? static_cast<size_t>(job_.body_size_limit) : kMaxPageBytes;
  request.headers.Set("Accept", AcceptOf(job_.protocols));
  request.headers.Set("User-Agent", "Pharos/" PHAROS_VERSION);
  request.headers.Set("X-Prometheus-Scrape-Timeout-Seconds",
                      text::GoFloat(static_cast<double>(spec_.timeout_ms) / 1000));
  if (!job_.basic_user.empty() || !job_.basic_password.empty()) {
    std::string credentials = "Basic ";
    wire::AppendBase64(credentials, job_.basic_user + ":" + job_.basic_password);
    request.headers.Set("Authorization", credentials);
  } else if (!job_.authorization_credentials.empty()) {
    const std::string& type = job_.authorization_type;
    request.headers.Set("Authorization",
                        (type.empty() ? "Bearer" : type) + " " + job_.authorization_credentials);
  }
  return request;
}

base::Result<TargetLoop::Page> TargetLoop::Fetch() const {
  std::optional<net::Response> response;
  if (options_.in_process && spec_.scheme == "http") {
    response = options_.in_process(spec_.address, spec_.path, spec_.params);
  }
  if (!response) {
    auto fetched = options_.fetch(Request());
    if (!fetched) {
      if (fetched.error().kind == base::ErrorKind::kTooLarge) return Bad(kTooLarge);
      return Bad("Get \"" + spec_.Url() + "\": " + fetched.error().message);
    }
    response = *std::move(fetched);
  }
  if (response->status != 200) {
    return Bad("server returned HTTP status " + std::to_string(response->status) +
               std::string(StatusText(response->status)));
  }
  PHAROS_TRY(const auto format,
             FormatOf(response->headers.Get("Content-Type"), job_.fallback_protocol));
  return Page{std::move(response->body), format};
}

void TargetLoop::SetRefusal(const std::string& why) {
  std::lock_guard lock(status_mutex_);
  refusal_ = why;
}

base::Result<TargetLoop::Page> TargetLoop::FetchUnlessRefused() const {
  {
    std::lock_guard lock(status_mutex_);
    if (!refusal_.empty()) return Bad(refusal_);
  }
  return Fetch();
}

void TargetLoop::Run(int64_t time_ms) {
  std::lock_guard run_lock(run_mutex_);
  const int64_t start_ns = options_.clock->MonotonicNs();
  const auto page = FetchUnlessRefused();
  ScrapeReport report;
  report.timeout_seconds = static_cast<double>(spec_.timeout_ms) / 1000;
  report.duration_seconds = static_cast<double>(options_.clock->MonotonicNs() - start_ns) / 1e9;
  const auto appender = options_.sink->Begin(options_.tenant);
  std::string error;
  if (page) {
    report.body_bytes = static_cast<int64_t>(page->body.size());
    const auto written = writer_.Write(page->body, page->format, time_ms, *appender, &report);
    if (!written) error = written.error().message;
  } else {
    error = page.error().message;
    if (error == kTooLarge) report.body_bytes = -1;
    writer_.MarkAllStale(time_ms, *appender);
  }
  report.up = error.empty();
  writer_.WriteReport(report, time_ms, *appender);
  appender->Commit().Then([](const base::Result<void>& written) {
    if (!written) {
      base::Log(base::LogLevel::kError, "scraped samples were not stored",
                {{"error", written.error().message}});
    }
  });
  std::lock_guard lock(status_mutex_);
  if (!error.empty() && error != status_.last_error) {
    base::Log(base::LogLevel::kWarn, "scrape failed",
              {{"job", spec_.job}, {"target", status_.url}, {"error", error}});
  }
  status_.last_error = std::move(error);
  status_.last_scrape_ns = time_ms * 1'000'000;
  status_.last_duration_seconds = report.duration_seconds;
  status_.health = report.up ? "up" : "down";
}

void TargetLoop::End(int64_t time_ms) {
  std::lock_guard run_lock(run_mutex_);
  const auto appender = options_.sink->Begin(options_.tenant);
  writer_.MarkAllStale(time_ms, *appender);
  writer_.MarkReportStale(time_ms, *appender);
  appender->Commit();
}

bool TargetLoop::SameJob(const conf::ScrapeJob& job) const {
  const auto same_rule = [](const conf::RelabelRule& a, const conf::RelabelRule& b) {
    return a.source_labels == b.source_labels && a.separator == b.separator && a.regex == b.regex &&
           a.modulus == b.modulus && a.target_label == b.target_label &&
           a.replacement == b.replacement && a.action == b.action;
  };
  return job.honor_labels == job_.honor_labels && job.honor_timestamps == job_.honor_timestamps &&
         job.track_timestamps_staleness == job_.track_timestamps_staleness &&
         job.protocols == job_.protocols && job.fallback_protocol == job_.fallback_protocol &&
         job.scrape_native_histograms == job_.scrape_native_histograms &&
         job.always_scrape_classic_histograms == job_.always_scrape_classic_histograms &&
         job.extra_scrape_metrics == job_.extra_scrape_metrics &&
         job.follow_redirects == job_.follow_redirects && job.sample_limit == job_.sample_limit &&
         job.body_size_limit == job_.body_size_limit && job.label_limit == job_.label_limit &&
         job.label_name_length_limit == job_.label_name_length_limit &&
         job.label_value_length_limit == job_.label_value_length_limit &&
         job.basic_user == job_.basic_user && job.basic_password == job_.basic_password &&
         job.authorization_type == job_.authorization_type &&
         job.authorization_credentials == job_.authorization_credentials &&
         std::ranges::equal(job.metric_relabel, job_.metric_relabel, same_rule);
}

TargetStatus TargetLoop::Status() const {
  std::lock_guard lock(status_mutex_);
  return status_;
}

int64_t TargetLoop::NextTime(int64_t now_ms) const {
  const int64_t interval = spec_.interval_ms;
  const auto offset = static_cast<int64_t>(base::HashBytes64(spec_.labels.bytes() + spec_.Url()) %
                                           static_cast<uint64_t>(interval));
  const int64_t turn = now_ms - now_ms % interval + offset;
  return turn >= now_ms ? turn : turn + interval;
}

}  // namespace pharos::ingest::scrape
