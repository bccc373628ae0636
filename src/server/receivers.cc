#include "server/receivers.h"

#include "ingest/receive/otlp_store.h"
#include "server/loki_limits.h"
#include "server/storage.h"

namespace pharos::server {

using base::Result;
using exporting::CollectorListener;

Receivers::Receivers(Storage& storage, const ServeOptions& options)
    : storage_(storage), options_(options) {}

Receivers::~Receivers() = default;

Result<std::unique_ptr<Receivers>> Receivers::Open(Storage& storage, const ServeOptions& options,
                                                   const Configuration& configuration) {
  std::unique_ptr<Receivers> out(new Receivers(storage, options));
  const ingest::receive::Target target = out->target();
  const auto store = std::make_shared<ingest::receive::OtlpStore>(target);
  out->direct_ = std::make_shared<ingest::receive::OtlpService>(store);
  out->otlp_ = out->direct_;
  if (configuration.loki) out->loki_limits_ = PushLimits(*configuration.loki);
  if (!configuration.otelcol) return out;
  exporting::CollectorDeps deps;
  deps.target = target;
  deps.is_self = [&options](std::string_view address) {
    return options.self_names.FaceOf(address).has_value();
  };
  deps.store = store;
  PHAROS_TRY(out->collector_, exporting::Collector::Make(*configuration.otelcol, std::move(deps)));
  out->otlp_ = out->collector_->service();
  return out;
}

const CollectorListener* Receivers::FirstOf(CollectorListener::Kind kind) const {
  if (collector_ == nullptr) return nullptr;
  for (const CollectorListener& listener : collector_->listeners()) {
    if (listener.kind == kind) return &listener;
  }
  return nullptr;
}

Result<void> Receivers::Reload(const Configuration& configuration) {
  if (collector_ == nullptr || !configuration.otelcol) return {};
  return collector_->Reload(*configuration.otelcol, std::chrono::seconds(5));
}

ingest::receive::Target Receivers::target() const {
  return {.samples = &storage_.sample_sink(), .events = &storage_.event_sink()};
}

Result<void> Receivers::Start(const Configuration& configuration) {
  if (!configuration.promtail) return {};
  ingest::tail::PromtailOptions options;
  options.target = target();
  options.is_own = [this](const std::string& url) {
    return options_.self_names.FaceOf(SelfNames::HostPort(url)) == "loki";
  };
  const std::string folder = options_.data_dir + "/promtail";
  PHAROS_TRY_VOID(io::Fs::Real().MakeDirs(folder));
  options.positions_file = folder + "/positions.yaml";
  PHAROS_TRY(promtail_, ingest::tail::Promtail::Start(*configuration.promtail, std::move(options)));
  return {};
}

Result<std::string> Receivers::ListenFluent(const std::string& address) {
  PHAROS_TRY(fluent_, ingest::receive::FluentForward::Listen(
                          {.address = address}, ingest::receive::FluentIntoStore(target())));
  return fluent_->address();
}

void Receivers::StopTaking() {
  if (promtail_) promtail_->Stop();
  if (fluent_) fluent_->Stop();
}

void Receivers::Flush(std::chrono::milliseconds grace) {
  if (collector_) collector_->Stop(grace);
}

}  // namespace pharos::server
