// Log queries: the newest (or oldest) entries that pass the pipeline.
#include <algorithm>
#include <unordered_map>

#include "query/logql/pipeline.h"
#include "query/logql/run_context.h"

namespace pharos::query::logql {
namespace {

using base::Result;

class LogRun {
 public:
  LogRun(Pipeline pipeline, RunContext& context)
      : pipeline_(std::move(pipeline)), context_(context) {}

  Result<LogResult> Run(const LogExpr& log) {
    const Params& params = context_.params;
    limit_ = params.limit;
    store::EventQuery query;
    query.tenant = params.tenant;
    query.start_ns = params.start_ns;
    query.end_ns = params.end_ns;
    query.streams = log.matchers;
    query.predicate = pipeline_.pushdown();
    query.direction = params.direction;
    query.fields = pipeline_.fields();
    query.cancelled = params.cancelled;
    if (pipeline_.complete() && params.interval_ns == 0) query.limit = limit_;
    PHAROS_TRY(auto cursor, context_.events.Select(query));
    model::EventBatch page;
    while (!Full()) {
      PHAROS_TRY(const bool more, cursor->Next(&page));
      if (!more) break;
      for (const model::StreamEvents& run : page.streams) {
        const std::vector<model::LabelView> stream = run.stream.ToVector();
        for (const model::Event& event : run.events) {
          if (Full()) break;
          PHAROS_TRY_VOID(context_.Tick());
          One(event, stream);
        }
      }
    }
    return std::move(result_);
  }

 private:
  bool Full() const { return result_.entries.size() >= limit_; }

  void One(const model::Event& event, const std::vector<model::LabelView>& stream) {
    FillEntry(event, stream, &line_, &entry_);
    ++context_.stats.lines;
    context_.stats.bytes += entry_.line.size();
    if (!pipeline_.Process(&entry_)) return;
    ++context_.stats.post_filter_lines;
    const uint32_t labels = LabelsOf(entry_.labels);
    if (context_.params.interval_ns > 0) {
      const auto [last, fresh] = last_.try_emplace(labels, entry_.time_ns);
      if (!fresh) {
        if (std::abs(entry_.time_ns - last->second) < context_.params.interval_ns) return;
        last->second = entry_.time_ns;
      }
    }
    result_.entries.push_back({entry_.time_ns, std::string(entry_.line), labels});
  }

  uint32_t LabelsOf(const EntryLabels& labels) {
    LogLabels made{labels.OfKind(LabelKind::kStream),
                   labels.OfKind(LabelKind::kMetadata),
                   labels.OfKind(LabelKind::kParsed),
                   {}};
    std::string key = made.stream.bytes();
    key += '\0';
    key += made.metadata.bytes();
    key += '\0';
    key += made.parsed.bytes();
    const auto [found, fresh] =
        known_.try_emplace(std::move(key), static_cast<uint32_t>(result_.labels.size()));
    if (fresh) {
      made.merged = labels.Merged();
      result_.labels.push_back(std::move(made));
    }
    return found->second;
  }

  Pipeline pipeline_;
  RunContext& context_;
  size_t limit_ = 0;
  LogResult result_;
  Entry entry_;
  std::string line_;
  std::unordered_map<std::string, uint32_t> known_;
  std::unordered_map<uint32_t, int64_t> last_;
};

}  // namespace

Result<LogResult> RunLog(const LogExpr& log, RunContext& context) {
  PHAROS_TRY(Pipeline pipeline, Pipeline::Compile(log.stages));
  return LogRun(std::move(pipeline), context).Run(log);
}

}  // namespace pharos::query::logql
