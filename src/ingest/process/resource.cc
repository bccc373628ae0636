#include "ingest/process/attribute_actions.h"
#include "ingest/process/processors.h"
#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {
namespace {

class Resource final : public receive::OtlpSink {
 public:
  Resource(const conf::OtelcolResource& settings, const ProcessorDeps& deps, SinkPtr next)
      : actions_(settings.actions), held_(*deps.held), next_(std::move(next)) {}

  void Take(receive::OtlpRequest request, receive::OtlpDone done) override {
    auto changed = RewriteResources(*request.body, [&](AttributeList& list, base::Arena& arena) {
      actions_.Apply(list, request.sender, arena);
    });
    if (!changed) return done(std::unexpected(std::move(changed).error()));
    request.body = held_.Hold(*std::move(changed));
    next_->Take(std::move(request), std::move(done));
  }

 private:
  const AttributeActions actions_;
  const HeldBytes& held_;
  const SinkPtr next_;
};

}  // namespace

SinkPtr MakeResource(const conf::OtelcolResource& settings, const ProcessorDeps& deps,
                     SinkPtr next) {
  return std::make_shared<Resource>(settings, deps, std::move(next));
}

}  // namespace pharos::ingest::process
