// GET /loki/api/v1/tail: lines as they come, over a WebSocket.
#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include "api/loki/encode.h"
#include "api/loki/handlers.h"
#include "api/loki/limits.h"
#include "api/loki/params.h"
#include "query/logql/parser.h"
#include "query/logql/pipeline.h"

namespace pharos::api::loki {
namespace {

using base::Result;
using query::logql::LogExpr;
using query::logql::LogResult;

constexpr uint16_t kPolicyViolation = 1008;
constexpr uint16_t kInternalError = 1011;

std::string Message(const LogResult& log) {
  std::string out;
  text::JsonWriter json(out);
  json.BeginObject().Key("streams");
  WriteStreams(json, log, false);
  json.EndObject();
  return out;
}

/// One tail.
///
/// Owns: its pipeline and the subscription. Threads: Live from appenders, First from its own
/// thread, Close from the socket; `mutex_` guards the pipeline and what was held back.
class Session {
 public:
  Session(net::WebSocketPtr socket, query::logql::ExprPtr expr, query::logql::Pipeline pipeline)
      : socket_(std::move(socket)), expr_(std::move(expr)), pipeline_(std::move(pipeline)) {}

  const LogExpr& log() const { return std::get<LogExpr>(expr_->node); }
  const query::logql::Expr& expr() const { return *expr_; }
  bool closed() const { return closed_.load(); }

  void Subscribe(std::shared_ptr<void> subscription) {
    const std::lock_guard lock(mutex_);
    if (!closed_) subscription_ = std::move(subscription);
  }

  void Live(const model::EventBatch& batch) {
    if (closed_) return;
    LogResult passed;
    const std::lock_guard lock(mutex_);
    for (const model::StreamEvents& run : batch.streams) {
      const std::vector<model::LabelView> stream = run.stream.ToVector();
      for (const model::Event& event : run.events) {
        if (event.kind != model::EventKind::kLog) continue;
        query::logql::FillEntry(event, stream, &line_, &entry_);
        if (!pipeline_.Process(&entry_)) continue;
        query::logql::LogLabels labels;
        labels.merged = entry_.labels.Merged();
        passed.entries.push_back({entry_.time_ns, std::string(entry_.line),
                                  static_cast<uint32_t>(passed.labels.size())});
        passed.labels.push_back(std::move(labels));
      }
    }
    if (passed.entries.empty()) return;
    std::string message = Message(passed);
    if (first_done_) {
      socket_->Send(std::move(message));
    } else if (held_back_.size() < query::logql::kMaxEntries) {
      held_back_.push_back(std::move(message));  // the lines from before come first
    }
  }

  /// Sends what was there before, then what came meanwhile.
  void First(const LogResult& log) {
    const std::lock_guard lock(mutex_);
    if (!log.entries.empty()) socket_->Send(Message(log));
    for (std::string& message : held_back_) socket_->Send(std::move(message));
    held_back_.clear();
    first_done_ = true;
  }

  void Fails(const base::Error& error) {
    socket_->Close(kInternalError, error.message.substr(0, 120));
    Close();
  }

  void Close() {
    closed_ = true;
    std::shared_ptr<void> dropped;  // destroyed outside the lock
    const std::lock_guard lock(mutex_);
    dropped.swap(subscription_);
  }

 private:
  net::WebSocketPtr socket_;
  query::logql::ExprPtr expr_;
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  query::logql::Pipeline pipeline_;
  query::logql::Entry entry_;
  std::string line_;
  std::vector<std::string> held_back_;
  bool first_done_ = false;
  std::shared_ptr<void> subscription_;
};

}  // namespace

struct Tails::Impl {
  Deps deps;
  std::mutex mutex;
  std::atomic<size_t> live{0};
  std::atomic<bool> stopping{false};
  struct Worker {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> done;
  };
  std::list<Worker> workers;

  /// Joins the threads that have done their work.
  void Reap(bool all) {
    for (auto worker = workers.begin(); worker != workers.end();) {
      if (!all && !worker->done->load()) {
        ++worker;
        continue;
      }
      worker->thread.join();
      worker = workers.erase(worker);
    }
  }

  Result<void> Start(const net::Request& request, const net::WebSocketPtr& socket) {
    const net::Params params = request.AllParams();
    PHAROS_TRY(query::logql::Params run, ReadQueryParams(params, deps, true));
    PHAROS_TRY(run.tenant, TenantOf(request, deps));
    PHAROS_TRY(const TimeRange range, ReadRange(params, deps.clock->NowNs(), kDefaultSinceNs));
    PHAROS_TRY(auto expr, query::logql::Parse(params.Get("query")));
    if (!expr->IsLog())
      return base::Fail(base::ErrorKind::kBadInput,
                        "unsupported query: only log queries can be tailed");
    PHAROS_TRY(auto pipeline,
               query::logql::Pipeline::Compile(std::get<LogExpr>(expr->node).stages));
    run.instant = false;
    run.start_ns = range.start_ns;
    run.end_ns = range.end_ns;
    auto session = std::make_shared<Session>(socket, std::move(expr), std::move(pipeline));

    socket->OnClose([this_weak = weak_self, session] {
      session->Close();
      if (const auto self = this_weak.lock()) --self->live;
    });
    store::EventQuery query;
    query.tenant = run.tenant;
    query.streams = session->log().matchers;
    session->Subscribe(
        deps.events->Tail(query, [weak = std::weak_ptr(session)](const model::EventBatch& batch) {
          if (const auto strong = weak.lock()) strong->Live(batch);
        }));
    auto done = std::make_shared<std::atomic<bool>>(false);
    run.cancelled = [this, session] { return session->closed() || stopping.load(); };
    const std::lock_guard lock(mutex);
    Reap(false);
    workers.push_back({std::thread([this, session, run, done] {
                         const auto result = query::logql::Run(session->expr(), run, *deps.events);
                         result ? session->First(std::get<LogResult>(result->data))
                                : session->Fails(result.error());
                         done->store(true);
                       }),
                       done});
    return {};
  }

  std::weak_ptr<Impl> weak_self;
};

Tails::Tails(Deps deps) : impl_(std::make_shared<Impl>()) {
  impl_->deps = std::move(deps);
  impl_->weak_self = impl_;
}

Tails::~Tails() {
  impl_->stopping = true;
  const std::lock_guard lock(impl_->mutex);
  impl_->Reap(true);
}

void Tails::Start(net::Request request, net::WebSocketPtr socket) {
  if (impl_->live.fetch_add(1) >= kMaxTails) {
    --impl_->live;
    socket->Close(kPolicyViolation, "max concurrent tail requests limit exceeded");
    return;
  }
  if (const auto started = impl_->Start(request, socket); !started) {
    --impl_->live;
    socket->Close(kInternalError, started.error().message.substr(0, 120));
  }
}

}  // namespace pharos::api::loki
