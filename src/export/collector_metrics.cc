#include "export/collector_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <string_view>
#include <utility>

#include "export/text_page.h"
#include "text/go_float.h"

namespace pharos::exporting {
namespace {

using ingest::process::SizeHistogram;
using ingest::process::Telemetry;
using Family = Telemetry::Family;

/// Names up to the items that they end in.
constexpr std::pair<std::string_view, std::string_view> kHelp[] = {
    {"otelcol_receiver_accepted_", "Number of # successfully pushed into the pipeline."},
    {"otelcol_receiver_refused_", "Number of # that could not be pushed into the pipeline."},
    {"otelcol_processor_accepted_",
     "Number of # successfully pushed into the next component in the pipeline."},
    {"otelcol_processor_refused_",
     "Number of # that were rejected by the next component in the pipeline."},
    {"otelcol_processor_dropped_", "Number of # that were dropped."},
    {"otelcol_exporter_sent_", "Number of # successfully sent to destination."},
    {"otelcol_exporter_send_failed_", "Number of # in failed attempts to send to destination."},
    {"otelcol_exporter_enqueue_failed_", "Number of # failed to be added to the sending queue."},
    {"otelcol_exporter_queue_size", "Current size of the retry queue (in batches)"},
    {"otelcol_exporter_queue_capacity", "Fixed capacity of the retry queue (in batches)"},
    {"otelcol_processor_batch_batch_send_size", "Number of units in the batch"},
    {"otelcol_processor_batch_batch_size_trigger_send",
     "Number of times the batch was sent due to a size trigger"},
    {"otelcol_processor_batch_timeout_trigger_send",
     "Number of times the batch was sent due to a timeout trigger"},
    {"otelcol_processor_batch_metadata_cardinality",
     "Number of distinct metadata value combinations being processed"},
};

std::string HelpOf(std::string_view name) {
  for (const auto& [prefix, help] : kHelp) {
    if (!name.starts_with(prefix)) continue;
    std::string items(name.substr(prefix.size()));
    for (char& c : items) c = c == '_' ? ' ' : c;
    std::string out(help);
    if (const size_t at = out.find('#'); at != out.npos) out.replace(at, 1, items);
    return out;
  }
  return "";
}

std::string Number(double value) {
  const double magnitude = std::fabs(value);
  const bool exponent = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6);
  return text::GoFloat(value, exponent ? 'e' : 'f');
}

class Page {
 public:
  explicit Page(const CollectorIdentity& identity)
      : common_("service_instance_id=\"" + identity.instance_id + "\",service_name=\"" +
                identity.service_name + "\",service_version=\"" + identity.version + "\"") {}

  void Header(const std::string& name, std::string_view help, std::string_view type) {
    out_ += "# HELP " + name + " " + EscapeHelp(help, false) + "\n# TYPE " + name + " ";
    out_ += type;
    out_ += '\n';
  }
  /// Labels are sorted: what is in front of "service_" and `transport` behind it.
  void Line(const std::string& name, const std::string& labels, const std::string& value) {
    std::map<std::string, std::string> sorted;
    Split(labels, &sorted);
    Split(common_, &sorted);
    out_ += name;
    char separator = '{';
    for (const auto& [label, quoted] : sorted) {
      out_ += separator + label + "=" + quoted;
      separator = ',';
    }
    out_ += "} " + value + "\n";
  }
  void One(const std::string& name, std::string_view help, std::string_view type, double value) {
    Header(name, help, type);
    Line(name, "", Number(value));
  }
  std::string Take() { return std::move(out_); }

 private:
  /// `a="x",b="y"`: values hold no quotes, ids cannot.
  static void Split(const std::string& labels, std::map<std::string, std::string>* out) {
    for (size_t at = 0; at < labels.size();) {
      const size_t equals = labels.find("=\"", at);
      if (equals == labels.npos) return;
      const size_t end = labels.find('"', equals + 2);
      if (end == labels.npos) return;
      (*out)[labels.substr(at, equals - at)] = labels.substr(equals + 1, end - equals);
      at = end + 2;
    }
  }

  const std::string common_;
  std::string out_;
};

void Histogram(Page& page, const std::string& name, const Telemetry::Row& row) {
  const auto& bounds = SizeHistogram::Bounds();
  const std::string comma = row.labels.empty() ? "" : ",";
  for (size_t i = 0; i < bounds.size(); ++i) {
    page.Line(name + "_bucket", row.labels + comma + "le=\"" + std::to_string(bounds[i]) + "\"",
              Number(static_cast<double>(row.sizes->cumulative[i])));
  }
  const std::string all = Number(static_cast<double>(row.sizes->cumulative.back()));
  page.Line(name + "_bucket", row.labels + comma + "le=\"+Inf\"", all);
  page.Line(name + "_sum", row.labels, Number(static_cast<double>(row.sizes->sum)));
  page.Line(name + "_count", row.labels, all);
}

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Process(Page& page, const CollectorIdentity& identity, int64_t now_ns) {
  page.One("otelcol_process_cpu_seconds", "Total CPU user and system time in seconds", "counter",
           CpuSeconds());
  page.One("otelcol_process_memory_rss", "Total physical memory (resident set size)", "gauge",
           ResidentBytes());
  page.One("otelcol_process_uptime", "Uptime of the process", "counter",
           static_cast<double>(now_ns - identity.start_ns) / 1e9);
}

}  // namespace

std::string NewInstanceId() {
  std::random_device random;
  std::array<uint8_t, 16> bytes{};
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3F) | 0x80);
  std::string out;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  return out;
}

std::string CollectorMetricsPage(const Telemetry& telemetry, const CollectorIdentity& identity,
                                 int64_t now_ns) {
  Page page(identity);
  bool process_done = false;
  for (const auto& [name, family] : telemetry.Read()) {
    if (!process_done && name > "otelcol_process_") {
      Process(page, identity, now_ns);
      process_done = true;
    }
    const bool histogram = family.kind == Family::Kind::kHistogram;
    page.Header(
        name, HelpOf(name),
        histogram ? "histogram" : (family.kind == Family::Kind::kGauge ? "gauge" : "counter"));
    for (const Telemetry::Row& row : family.rows) {
      if (histogram) {
        Histogram(page, name, row);
      } else {
        page.Line(name, row.labels, Number(row.value));
      }
    }
  }
  if (!process_done) Process(page, identity, now_ns);
  page.One("target_info", "Target metadata", "gauge", 1);
  return page.Take();
}

}  // namespace pharos::exporting
