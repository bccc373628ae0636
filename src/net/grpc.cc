#include "net/grpc.h"

#include <arpa/inet.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "base/log.h"
#include "base/metrics.h"
#include "net/address.h"
#include "net/grpc_message.h"
#include "net/percent.h"

namespace pharos::net {
namespace {

using base::ErrorKind;
using base::Fail;

class Call;

/// What all calls of one server share.
///
/// Owns: the handlers. Threads: any; `mutex` guards `live`. Errors: none.
struct GrpcState {
  GrpcOptions options;
  GrpcHandlers handlers;
  std::atomic<size_t> buffered_bytes{0};
  std::mutex mutex;
  std::condition_variable call_gone;
  std::unordered_set<std::shared_ptr<Call>> live;  // mutex
  bool draining = false;                           // mutex

  void Count(GrpcCode code) const {
    base::GetCounter(
        "pharos_grpc_requests_total", "gRPC calls answered.",
        "listener=\"" + options.name + "\",code=\"" + std::to_string(static_cast<int>(code)) + "\"")
        .Add();
  }
};

class Reactor;

/// One call's answer; outlives the reactor if a handler keeps it.
///
/// Owns: nothing of gRPC. Threads: any. Errors: none. The first Send counts; until it has
/// been made the reactor lives, afterwards it is not touched.
class Call {
 public:
  Call(Reactor* reactor, std::shared_ptr<GrpcState> state)
      : reactor_(reactor), state_(std::move(state)) {}
  void Send(GrpcStatus status, const std::string& response);

  const Cancellation cancelled;

 private:
  Reactor* const reactor_;
  const std::shared_ptr<GrpcState> state_;
  std::atomic<bool> answered_{false};
};

/// What the handler holds; says so when it is dropped without an answer.
class CallResponder final : public GrpcResponder {
 public:
  explicit CallResponder(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  ~CallResponder() override {
    call_->Send({GrpcCode::kInternal, "internal error: the call was not answered", ""}, "");
  }
  void Send(GrpcStatus status, std::string response) override {
    call_->Send(std::move(status), response);
  }

 private:
  const std::shared_ptr<Call> call_;
};

/// gRPC's side of one call: reads one message, hands it to the handler, ends with OnDone.
class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(grpc::GenericCallbackServerContext* context, std::shared_ptr<GrpcState> state)
      : context_(context), state_(std::move(state)), call_(std::make_shared<Call>(this, state_)) {}

  /// Not in the constructor: an answer may destroy this at once.
  void Begin();

  void OnReadDone(bool ok) override;
  void OnCancel() override { call_->cancelled.Cancel(); }
  void OnDone() override;

  void Answer(const GrpcStatus& status, const std::string& response);

 private:
  GrpcRequest MakeRequest(std::string message) const;
  void Run(GrpcRequest request);

  grpc::GenericCallbackServerContext* const context_;
  const std::shared_ptr<GrpcState> state_;
  const std::shared_ptr<Call> call_;
  const GrpcHandler* handler_ = nullptr;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  size_t buffered_bytes_ = 0;
};

void Call::Send(GrpcStatus status, const std::string& response) {
  if (answered_.exchange(true)) return;
  state_->Count(status.code);
  reactor_->Answer(status, response);
}

void Reactor::Begin() {
  const auto call = call_;  // outlives this, should an answer end it
  bool refused = false;
  {
    std::lock_guard lock(state_->mutex);
    refused = state_->draining || state_->live.size() >= state_->options.max_concurrent_calls;
    state_->live.insert(call);
  }
  if (refused) return call->Send({GrpcCode::kUnavailable, "too many calls: try again", ""}, "");
  const auto found = state_->handlers.find(context_->method());
  if (found == state_->handlers.end()) {
    return call->Send({GrpcCode::kUnimplemented, "unknown method " + context_->method(), ""}, "");
  }
  handler_ = &found->second;
  StartRead(&incoming_);
}

void Reactor::OnReadDone(bool ok) {
  const auto call = call_;
  if (!ok) {
    return call->Send({GrpcCode::kInvalidArgument, "the call has no (readable) message", ""}, "");
  }
  auto message = ReadMessage(incoming_, state_->options.max_message_bytes);
  incoming_.Clear();
  if (!message) {
    GrpcStatus status = ToGrpcStatus(message.error());
    if (message.error().kind == ErrorKind::kTooLarge) {
      status.message = "message after decompression is larger than " +
                       std::to_string(state_->options.max_message_bytes) + " bytes";
    }
    return call->Send(std::move(status), "");
  }
  buffered_bytes_ = message->size();
  if ((state_->buffered_bytes += buffered_bytes_) > state_->options.max_buffered_bytes) {
    return call->Send({GrpcCode::kUnavailable, "too many messages in memory: try again", ""}, "");
  }
  Run(MakeRequest(*std::move(message)));
}

GrpcRequest Reactor::MakeRequest(std::string message) const {
  GrpcRequest request;
  request.method = context_->method();
  request.message = std::move(message);
  for (const auto& [name, value] : context_->client_metadata()) {
    request.metadata.Add({name.data(), name.size()}, {value.data(), value.size()});
  }
  // "ipv4:127.0.0.1:4711", "ipv6:%5B::1%5D:4711"
  const std::string peer = PercentDecode(context_->peer(), false);
  request.remote = peer.starts_with("ipv") ? peer.substr(5) : peer;
  request.cancelled = call_->cancelled;
  return request;
}

void Reactor::Run(GrpcRequest request) {
  const auto call = call_;
  const std::string method = request.method;
  std::string what = "unknown exception";
  try {
    (*handler_)(std::move(request), std::make_shared<CallResponder>(call));
    return;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  base::Log(base::LogLevel::kError, "a handler failed", {{"method", method}, {"error", what}});
}

void Reactor::Answer(const GrpcStatus& status, const std::string& response) {
  if (status.code != GrpcCode::kOk) {
    return Finish(
        grpc::Status(static_cast<grpc::StatusCode>(status.code), status.message, status.details));
  }
  outgoing_ = WriteMessage(response);
  StartWriteAndFinish(&outgoing_, grpc::WriteOptions(), grpc::Status::OK);
}

void Reactor::OnDone() {
  state_->buffered_bytes -= buffered_bytes_;
  {
    std::lock_guard lock(state_->mutex);
    state_->live.erase(call_);
  }
  state_->call_gone.notify_all();
  delete this;
}

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(std::shared_ptr<GrpcState> state) : state_(std::move(state)) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    auto* reactor = new Reactor(context, state_);
    reactor->Begin();
    return reactor;
  }

 private:
  const std::shared_ptr<GrpcState> state_;
};

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(std::shared_ptr<GrpcState> state, std::unique_ptr<Service> service,
                 std::unique_ptr<grpc::Server> server, std::string address)
      : state_(std::move(state)),
        service_(std::move(service)),
        server_(std::move(server)),
        address_(std::move(address)) {}
  ~GrpcServerImpl() override { Drain(std::chrono::milliseconds(0)); }

  std::string address() const override { return address_; }

  void Drain(std::chrono::milliseconds grace) override {
    std::lock_guard once(drain_mutex_);
    if (std::exchange(drained_, true)) return;
    std::thread shutdown([&] { server_->Shutdown(std::chrono::system_clock::now() + grace); });
    std::vector<std::shared_ptr<Call>> late;
    {
      std::unique_lock lock(state_->mutex);
      state_->call_gone.wait_for(lock, grace, [&] { return state_->live.empty(); });
      state_->draining = true;
      late.assign(state_->live.begin(), state_->live.end());
    }
    for (const auto& call : late) {
      call->cancelled.Cancel();
      call->Send({GrpcCode::kUnavailable, "the server is shutting down", ""}, "");
    }
    shutdown.join();
  }

 private:
  const std::shared_ptr<GrpcState> state_;
  const std::unique_ptr<Service> service_;
  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
  std::mutex drain_mutex_;
  bool drained_ = false;  // drain_mutex_
};

/// gRPC says only that it could not bind; asks the system why.
base::Error WhyNotBound(const std::string& text, const Address& address) {
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  v6.sin6_family = AF_INET6;
  v4.sin_family = AF_INET;
  v6.sin6_port = v4.sin_port = htons(address.port);
  inet_pton(AF_INET6, address.ip.c_str(), &v6.sin6_addr);
  inet_pton(AF_INET, address.ip.c_str(), &v4.sin_addr);
  const int fd = ::socket(address.v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  const int bound = address.v6 ? ::bind(fd, reinterpret_cast<sockaddr*>(&v6), sizeof v6)
                               : ::bind(fd, reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  const int error = bound == 0 ? 0 : errno;
  ::close(fd);
  const std::string start = "listen on " + text + ": ";
  switch (error) {
    case EADDRINUSE:
      return {ErrorKind::kConflict, start + "the address is taken by another program"};
    case EACCES: return {ErrorKind::kForbidden, start + "permission denied"};
    case EADDRNOTAVAIL:
      return {ErrorKind::kBadInput, start + "this machine does not have that address"};
    default: return {ErrorKind::kIo, start + (error ? std::strerror(error) : "cannot be bound")};
  }
}

/// gRPC's own lines become ours; what it says at INFO is noise.
void SendGrpcLogToOurs() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
    gpr_set_log_function([](gpr_log_func_args* args) {
      base::Log(base::LogLevel::kDebug, "grpc", {{"message", args->message}});
    });
  });
}

void Configure(grpc::ServerBuilder& builder, const GrpcOptions& options) {
  const auto ms = [](std::chrono::seconds s) { return static_cast<int>(s.count() * 1000); };
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);  // see ReadMessage
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ms(options.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ms(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ms(options.min_ping_interval));
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
}

}  // namespace

GrpcStatus ToGrpcStatus(const base::Error& error) {
  const auto code = [&] {
    switch (error.kind) {
      case ErrorKind::kBadInput:
      case ErrorKind::kUnprocessable: return GrpcCode::kInvalidArgument;
      case ErrorKind::kNotFound: return GrpcCode::kNotFound;
      case ErrorKind::kTooLarge:
      case ErrorKind::kLimit: return GrpcCode::kResourceExhausted;
      case ErrorKind::kUnsupported: return GrpcCode::kUnimplemented;
      case ErrorKind::kForbidden: return GrpcCode::kPermissionDenied;
      case ErrorKind::kConflict: return GrpcCode::kFailedPrecondition;
      case ErrorKind::kCancelled: return GrpcCode::kCancelled;
      case ErrorKind::kTimeout: return GrpcCode::kDeadlineExceeded;
      case ErrorKind::kBusy:
      case ErrorKind::kIo:
      case ErrorKind::kFull: return GrpcCode::kUnavailable;
      case ErrorKind::kCorrupt: return GrpcCode::kDataLoss;
    }
    return GrpcCode::kUnknown;
  }();
  return {code, error.message, ""};
}

base::Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const std::string& text,
                                                            GrpcOptions options,
                                                            GrpcHandlers handlers) {
  PHAROS_TRY(const Address address, ParseAddress(text));
  if (options.max_message_bytes > INT32_MAX) {
    return Fail(ErrorKind::kBadInput, "max_message_bytes is beyond 2 GiB");
  }
  SendGrpcLogToOurs();
  auto state = std::make_shared<GrpcState>();
  state->options = std::move(options);
  state->handlers = std::move(handlers);
  auto service = std::make_unique<Service>(state);

  grpc::ServerBuilder builder;
  Configure(builder, state->options);
  int port = 0;
  builder.AddListeningPort(FormatAddress(address.ip, address.port),
                           grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(service.get());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || port == 0) return std::unexpected(WhyNotBound(text, address));
  return std::make_unique<GrpcServerImpl>(std::move(state), std::move(service), std::move(server),
                                          FormatAddress(address.ip, static_cast<uint16_t>(port)));
}

}  // namespace pharos::net
