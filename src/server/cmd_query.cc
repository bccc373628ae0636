#include <simdjson.h>

#include <cstdio>

#include "net/client.h"
#include "server/commands.h"
#include "text/json_writer.h"

namespace pharos::server {
namespace {

std::string Encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("-_.~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      ((out += '%') += kHex[static_cast<unsigned char>(c) >> 4]) += kHex[c & 15];
    }
  }
  return out;
}

/// `{name="value", …}` of a JSON object of text.
std::string LabelsText(simdjson::dom::element object) {
  std::string name, inside;
  for (const auto& [key, value] : simdjson::dom::object(object)) {
    if (key == "__name__") {
      name = std::string_view(value);
      continue;
    }
    if (!inside.empty()) inside += ", ";
    inside.append(key).append("=");
    text::AppendJsonString(inside, std::string_view(value));
  }
  return inside.empty() && !name.empty() ? name : name + "{" + inside + "}";
}

void PrintResult(simdjson::dom::element data) {
  const std::string_view type = data["resultType"];
  if (type == "scalar" || type == "string") {
    std::printf("%s\n", std::string(std::string_view(data["result"].at(1))).c_str());
    return;
  }
  for (simdjson::dom::element one : simdjson::dom::array(data["result"])) {
    if (type == "streams") {
      for (simdjson::dom::element line : simdjson::dom::array(one["values"])) {
        std::printf("%s %s\n", std::string(std::string_view(line.at(0))).c_str(),
                    std::string(std::string_view(line.at(1))).c_str());
      }
      continue;
    }
    const std::string labels = LabelsText(one["metric"]);
    simdjson::dom::element value;
    if (one["value"].get(value) == simdjson::SUCCESS) {
      std::printf("%s => %s\n", labels.c_str(), std::string(std::string_view(value.at(1))).c_str());
    } else if (one["values"].get(value) == simdjson::SUCCESS) {
      for (simdjson::dom::element point : simdjson::dom::array(value)) {
        std::printf("%s => %s @[%.3f]\n", labels.c_str(),
                    std::string(std::string_view(point.at(1))).c_str(), double(point.at(0)));
      }
    }
  }
}

}  // namespace

int Query(const QueryArguments& arguments) {
  const bool promql = arguments.language == "promql";
  net::ClientRequest request;
  request.url = arguments.url +
                (promql ? "/api/v1/query?query=" : "/loki/api/v1/query_range?query=") +
                Encode(arguments.expression);
  request.timeout = std::chrono::milliseconds(120'000);
  const auto response = net::Fetch(request);
  if (!response) {
    std::fprintf(stderr, "pharos: %s\n", response.error().message.c_str());
    return 2;
  }
  if (response->status != 200) {
    std::fprintf(stderr, "pharos: %d %s\n", response->status, response->body.c_str());
    return 1;
  }
  try {
    simdjson::dom::parser parser;
    PrintResult(parser.parse(response->body)["data"]);
  } catch (const simdjson::simdjson_error& error) {
    std::fprintf(stderr, "pharos: the answer of %s is not what a query returns: %s\n",
                 arguments.url.c_str(), error.what());
    return 2;
  }
  return 0;
}

}  // namespace pharos::server
