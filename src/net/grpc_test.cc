#include "net/grpc.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "net/grpc_message.h"

namespace pharos::net {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

struct Outcome {
  grpc::StatusCode code;
  std::string message;
  std::string response;
};

struct CallOptions {
  grpc_compression_algorithm compression = GRPC_COMPRESS_NONE;
  std::chrono::milliseconds deadline{20'000};
};

Outcome CallMethod(const std::string& address, const std::string& method, const std::string& bytes,
                   CallOptions options = {}) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  context.set_compression_algorithm(options.compression);
  context.set_deadline(std::chrono::system_clock::now() + options.deadline);
  context.AddMetadata("x-scope-orgid", "acme");
  grpc::ByteBuffer request = WriteMessage(bytes);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                 [&](grpc::Status status) { done.set_value(std::move(status)); });
  const grpc::Status status = done.get_future().get();
  std::string text;
  if (status.ok()) text = ReadMessage(response, SIZE_MAX).value_or("");
  return {status.error_code(), status.error_message(), text};
}

class GrpcTest : public testing::Test {
 protected:
  GrpcTest() {
    handlers_["/test.Echo/Echo"] = [](GrpcRequest request, GrpcResponderPtr responder) {
      responder->Send({},
                      std::string(request.metadata.Get("x-scope-orgid")) + ":" + request.message);
    };
    handlers_["/test.Echo/Size"] = [](GrpcRequest request, GrpcResponderPtr responder) {
      responder->Send({}, std::to_string(request.message.size()));
    };
    handlers_["/test.Echo/Later"] = [this](GrpcRequest request, GrpcResponderPtr responder) {
      thread_ = std::thread([request, responder] { responder->Send({}, request.remote); });
    };
    handlers_["/test.Echo/Refuse"] = [](GrpcRequest, GrpcResponderPtr responder) {
      responder->Send({GrpcCode::kInvalidArgument, "not like this", ""}, "");
    };
    handlers_["/test.Echo/Throw"] = [](GrpcRequest, GrpcResponderPtr) {
      throw std::runtime_error("x");
    };
    handlers_["/test.Echo/Keep"] = [this](GrpcRequest request, GrpcResponderPtr responder) {
      cancelled_ = request.cancelled;
      kept_ = std::move(responder);
      arrived_.set_value();
    };
  }
  ~GrpcTest() override {
    if (thread_.joinable()) thread_.join();
  }
  std::string Serve(GrpcOptions options = {}) {
    auto server = GrpcServer::Start("127.0.0.1:0", options, handlers_);
    EXPECT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    return server_->address();
  }

  GrpcHandlers handlers_;
  std::unique_ptr<GrpcServer> server_;
  std::thread thread_;
  Cancellation cancelled_;
  GrpcResponderPtr kept_;
  std::promise<void> arrived_;
};

TEST_F(GrpcTest, AnswersAtOnceAndFromOtherThreads) {
  const std::string address = Serve();
  EXPECT_EQ(CallMethod(address, "/test.Echo/Echo", "hello").response, "acme:hello");
  EXPECT_EQ(CallMethod(address, "/test.Echo/Echo", "").response, "acme:");
  EXPECT_THAT(CallMethod(address, "/test.Echo/Later", "").response,
              testing::StartsWith("127.0.0.1:"));
}

TEST_F(GrpcTest, StatusesArrive) {
  const std::string address = Serve();
  const Outcome refused = CallMethod(address, "/test.Echo/Refuse", "x");
  EXPECT_EQ(refused.code, grpc::INVALID_ARGUMENT);
  EXPECT_EQ(refused.message, "not like this");
  EXPECT_EQ(CallMethod(address, "/test.Echo/Throw", "x").code, grpc::INTERNAL);
  const Outcome unknown = CallMethod(address, "/test.Echo/Nothing", "x");
  EXPECT_EQ(unknown.code, grpc::UNIMPLEMENTED);
  EXPECT_THAT(unknown.message, HasSubstr("/test.Echo/Nothing"));
}

TEST_F(GrpcTest, CapsMessagesBeforeAndAfterDecompression) {
  const std::string address = Serve({.max_message_bytes = 100'000});
  EXPECT_EQ(CallMethod(address, "/test.Echo/Size", std::string(90'000, 'x')).response, "90000");
  EXPECT_EQ(CallMethod(address, "/test.Echo/Size", std::string(100'001, 'x')).code,
            grpc::RESOURCE_EXHAUSTED);
  for (const auto compression : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    EXPECT_EQ(
        CallMethod(address, "/test.Echo/Size", std::string(90'000, 'x'), {compression}).response,
        "90000");
    const Outcome bomb =
        CallMethod(address, "/test.Echo/Size", std::string(50 << 20, 'x'), {compression});
    EXPECT_EQ(bomb.code, grpc::RESOURCE_EXHAUSTED);
    EXPECT_THAT(bomb.message, HasSubstr("larger than 100000 bytes"));
  }
  EXPECT_EQ(CallMethod(address, "/test.Echo/Size", "ok").response, "2");
}

TEST_F(GrpcTest, BoundsMessagesInMemory) {
  const std::string address = Serve({.max_buffered_bytes = 150'000});
  std::thread holder([&] { CallMethod(address, "/test.Echo/Keep", std::string(100'000, 'x')); });
  arrived_.get_future().wait();
  EXPECT_EQ(CallMethod(address, "/test.Echo/Size", std::string(100'000, 'x')).code,
            grpc::UNAVAILABLE);
  kept_->Send({}, "");
  holder.join();
  for (int i = 0; i < 1000; ++i) {
    if (CallMethod(address, "/test.Echo/Size", std::string(100'000, 'x')).code == grpc::OK) return;
    std::this_thread::sleep_for(5ms);
  }
  FAIL() << "what the first call took was not given back";
}

TEST_F(GrpcTest, TellsTheHandlerThatTheClientHasGone) {
  const std::string address = Serve();
  EXPECT_EQ(CallMethod(address, "/test.Echo/Keep", "x", {.deadline = 50ms}).code,
            grpc::DEADLINE_EXCEEDED);
  arrived_.get_future().wait();
  for (int i = 0; i < 2000 && !cancelled_.Cancelled(); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(cancelled_.Cancelled());
  kept_->Send({}, "too late");
}

TEST_F(GrpcTest, AnUnansweredCallIsInternal) {
  const std::string address = Serve();
  std::thread dropper([&] {
    arrived_.get_future().wait();
    kept_.reset();
  });
  EXPECT_EQ(CallMethod(address, "/test.Echo/Keep", "x").code, grpc::INTERNAL);
  dropper.join();
}

TEST_F(GrpcTest, DrainWaitsThenAnswers) {
  const std::string address = Serve();
  Outcome outcome{};
  std::thread caller([&] { outcome = CallMethod(address, "/test.Echo/Keep", "x"); });
  arrived_.get_future().wait();
  std::thread drain([&] { server_->Drain(20s); });
  bool refused = false;  // as soon as the drain has begun
  for (int i = 0; i < 1000 && !refused; ++i) {
    refused = CallMethod(address, "/test.Echo/Echo", "x", {.deadline = 300ms}).code != grpc::OK;
  }
  EXPECT_TRUE(refused);
  kept_->Send({}, "finished");
  caller.join();
  drain.join();
  EXPECT_EQ(outcome.response, "finished");
  server_->Drain(0s);
}

TEST_F(GrpcTest, DrainEndsAfterItsGrace) {
  const std::string address = Serve();
  Outcome outcome{};
  std::thread caller([&] { outcome = CallMethod(address, "/test.Echo/Keep", "x"); });
  arrived_.get_future().wait();
  server_->Drain(50ms);
  caller.join();
  EXPECT_NE(outcome.code, grpc::OK);
  server_.reset();
  kept_->Send({}, "after the server has gone");
}

TEST_F(GrpcTest, ListenErrorsNameTheAddress) {
  const std::string address = Serve();
  const auto taken = GrpcServer::Start(address, {}, handlers_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind, base::ErrorKind::kConflict);
  EXPECT_THAT(taken.error().message, HasSubstr(address));
  EXPECT_EQ(GrpcServer::Start("nonsense", {}, {}).error().kind, base::ErrorKind::kBadInput);
}

}  // namespace
}  // namespace pharos::net
