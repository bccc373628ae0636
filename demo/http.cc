#include "http.h"

#include <signal.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <thread>

#include "observe/span.h"

namespace demo {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

std::atomic<int> connections{0};

void ServeConnection(tcp::socket socket, const observe::Middleware& observed,
                     const observe::HttpHandler& handler) {
  boost::system::error_code error;
  boost::beast::flat_buffer buffer;
  while (!error) {
    observe::HttpRequest request;
    http::read(socket, buffer, request, error);
    if (error) break;
    const bool keep_alive = request.keep_alive();
    observe::HttpResponse response = observed(request, handler);
    response.keep_alive(keep_alive);
    response.prepare_payload();
    http::write(socket, response, error);
    if (!keep_alive) break;
  }
  socket.shutdown(tcp::socket::shutdown_both, error);
  --connections;
}

}  // namespace

bool Serve(uint16_t port, const observe::Middleware& observed,
           const observe::HttpHandler& handler) {
  boost::asio::io_context io;
  boost::system::error_code error;
  tcp::acceptor acceptor(io);
  const tcp::endpoint endpoint(boost::asio::ip::address_v4::loopback(), port);
  acceptor.open(tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint, error);
  if (error) return false;
  acceptor.listen();
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](auto, int) { io.stop(); });
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](boost::system::error_code failed, tcp::socket socket) {
      if (!failed) {
        socket.set_option(tcp::no_delay(true));
        ++connections;
        std::thread(ServeConnection, std::move(socket), std::cref(observed), std::cref(handler))
            .detach();
      }
      accept();
    });
  };
  accept();
  io.run();
  return true;
}

Answer Call(uint16_t port, const std::string& path) {
  observe::Span span("GET " + path, observe::SpanKind::kClient);
  span.Set("http.request.method", "GET");
  span.Set("server.address", "localhost");
  span.Set("server.port", static_cast<int64_t>(port));
  boost::asio::io_context io;
  tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
  observe::HttpRequest request{http::verb::get, path, 11};
  request.set(http::field::host, "localhost");
  for (const auto& [name, value] : observe::OutgoingHeaders()) request.set(name, value);
  observe::HttpResponse response;
  boost::beast::flat_buffer buffer;
  if (!error) http::write(socket, request, error);
  if (!error) http::read(socket, buffer, response, error);
  if (error) {
    span.Fail("connection", error.message());
    return {0, error.message()};
  }
  span.Set("http.response.status_code", static_cast<int64_t>(response.result_int()));
  return {response.result_int(), response.body()};
}

observe::HttpResponse Json(const observe::HttpRequest& request, unsigned status, std::string body) {
  observe::HttpResponse response{static_cast<http::status>(status), request.version()};
  response.set(http::field::content_type, "application/json");
  response.body() = std::move(body);
  return response;
}

}  // namespace demo
