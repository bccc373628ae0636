#include "net/grpc_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "net/grpc_message.h"

namespace pharos::net {
namespace {

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const GrpcClientOptions& options) {
  if (options.plaintext) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.ca_pem;
  return grpc::SslCredentials(tls);
}

/// How often a blocked call looks whether it was cancelled.
constexpr std::chrono::milliseconds kPoll{200};

/// Metadata keys are lower case on the wire; gRPC aborts on others.
std::string KeyOf(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const bool good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') ||
                      lower == '-' || lower == '_' || lower == '.';
    if (!good) return "";
    out += lower;
  }
  return out.starts_with(':') ? "" : out;
}

class Client final : public GrpcClient {
 public:
  explicit Client(GrpcClientOptions options) : options_(std::move(options)) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(static_cast<int>(options_.max_response_bytes));
    if (options_.gzip) arguments.SetCompressionAlgorithm(GRPC_COMPRESS_GZIP);
    channel_ = grpc::CreateCustomChannel(options_.address, CredentialsOf(options_), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }

  GrpcResult Call(const std::string& method, const std::string& message, const Headers& metadata,
                  std::chrono::milliseconds timeout, const Cancellation& cancelled) override {
    grpc::ClientContext context;
    if (timeout.count() > 0) {
      context.set_deadline(std::chrono::system_clock::now() + timeout);
    }
    for (const auto& [name, value] : metadata) {
      const std::string key = KeyOf(name);
      if (!key.empty()) context.AddMetadata(key, value);
    }
    const grpc::ByteBuffer request = WriteMessage(message);
    grpc::ByteBuffer response;
    grpc::Status status;
    grpc::CompletionQueue queue;
    const auto call = stub_->PrepareUnaryCall(&context, method, request, &queue);
    call->StartCall();
    call->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kPoll) ==
           grpc::CompletionQueue::TIMEOUT) {
      if (cancelled.Cancelled()) context.TryCancel();
    }
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) {
    }
    if (!status.ok()) {
      return {{static_cast<GrpcCode>(status.error_code()), status.error_message(),
               status.error_details()},
              ""};
    }
    auto bytes = ReadMessage(response, options_.max_response_bytes);
    if (!bytes) return {{GrpcCode::kInternal, bytes.error().message, ""}, ""};
    return {{}, *std::move(bytes)};
  }

 private:
  const GrpcClientOptions options_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
};

}  // namespace

std::unique_ptr<GrpcClient> GrpcClient::Make(GrpcClientOptions options) {
  return std::make_unique<Client>(std::move(options));
}

}  // namespace pharos::net
