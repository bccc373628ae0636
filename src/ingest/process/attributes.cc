#include <optional>

#include "ingest/process/attribute_actions.h"
#include "ingest/process/attribute_match.h"
#include "ingest/process/processors.h"
#include "ingest/process/rewrite.h"

namespace pharos::ingest::process {
namespace {

class Attributes final : public receive::OtlpSink {
 public:
  Attributes(const conf::OtelcolAttributes& settings, const ProcessorDeps& deps, SinkPtr next)
      : actions_(settings.actions), held_(*deps.held), next_(std::move(next)) {
    if (settings.include) include_.emplace(*settings.include);
    if (settings.exclude) exclude_.emplace(*settings.exclude);
  }

  void Take(receive::OtlpRequest request, receive::OtlpDone done) override {
    auto changed =
        RewriteItems(request.signal, *request.body,
                     [&](const ItemContext& item, AttributeList& list, base::Arena& arena) {
                       if (include_ && !include_->Matches(request.signal, item, list)) return false;
                       if (exclude_ && exclude_->Matches(request.signal, item, list)) return false;
                       actions_.Apply(list, request.sender, arena);
                       return true;
                     });
    if (!changed) return done(std::unexpected(std::move(changed).error()));
    request.body = held_.Hold(*std::move(changed));
    next_->Take(std::move(request), std::move(done));
  }

 private:
  const AttributeActions actions_;
  std::optional<AttributeMatch> include_, exclude_;
  const HeldBytes& held_;
  const SinkPtr next_;
};

}  // namespace

SinkPtr MakeAttributes(const conf::OtelcolAttributes& settings, const ProcessorDeps& deps,
                       SinkPtr next) {
  return std::make_shared<Attributes>(settings, deps, std::move(next));
}

}  // namespace pharos::ingest::process
