#include "server/self_names.h"

#include <gtest/gtest.h>

namespace pharos::server {
namespace {

TEST(SelfNames, TheLabsServices) {
  const SelfNames names;
  EXPECT_EQ(names.FaceOf("loki:3100"), "loki");
  EXPECT_EQ(names.FaceOf("Tempo:4317"), "otlp-grpc");
  EXPECT_EQ(names.FaceOf("otel-collector:8888"), "otelcol-metrics");
  EXPECT_EQ(names.FaceOf("otel-collector:8889"), "otelcol-exporter");
  EXPECT_EQ(names.FaceOf("grafana:3000"), "main");
  EXPECT_EQ(names.FaceOf("pushgateway:9091"), "pushgateway");
  EXPECT_EQ(names.FaceOf("blackbox-exporter:9115"), "blackbox");
  EXPECT_EQ(names.FaceOf("loki:3101"), std::nullopt);
  EXPECT_EQ(names.FaceOf("loki.example.com:3100"), std::nullopt);
  EXPECT_EQ(names.FaceOf("api:8000"), std::nullopt);
  EXPECT_EQ(names.FaceOf("loki"), std::nullopt);
}

TEST(SelfNames, LocalhostOnlyAtBoundPorts) {
  SelfNames names;
  EXPECT_EQ(names.FaceOf("localhost:9090"), std::nullopt);
  names.Bind("prometheus", "127.0.0.1:19090");
  names.Bind("host", "[::1]:9100");
  EXPECT_EQ(names.FaceOf("localhost:19090"), "prometheus");
  EXPECT_EQ(names.FaceOf("127.0.0.1:19090"), "prometheus");
  EXPECT_EQ(names.FaceOf("[::1]:9100"), "host");
  EXPECT_EQ(names.FaceOf("localhost:9090"), std::nullopt);
  EXPECT_EQ(names.FaceOf("10.0.0.1:19090"), std::nullopt);
  EXPECT_EQ(names.FaceOf("prometheus:9090"), "prometheus") << "names do not move with the port";
  names.BindClassicPorts();
  EXPECT_EQ(names.FaceOf("localhost:9115"), "blackbox");
}

TEST(SelfNames, Overrides) {
  const auto node = conf::ParseYaml("loki: [logs.internal:80, LOGS:3100]\ntempo: here\nlokki: []\n",
                                    "pharos.yaml");
  ASSERT_TRUE(node);
  conf::Faults faults("pharos.yaml");
  SelfNames names;
  names.ReadOverrides(*node, faults);
  EXPECT_EQ(names.FaceOf("logs.internal:80"), "loki");
  EXPECT_EQ(names.FaceOf("logs:3100"), "loki");
  EXPECT_EQ(names.FaceOf("loki:3100"), std::nullopt) << "an override replaces the defaults";
  EXPECT_EQ(names.FaceOf("prometheus:9090"), "prometheus");
  EXPECT_EQ(faults.Text(),
            "pharos.yaml:2: self_names.tempo: \"here\" is not host:port\n"
            "pharos.yaml:3: field lokki not found in type pharos.self_names");
}

TEST(SelfNames, HostPort) {
  EXPECT_EQ(SelfNames::HostPort("http://loki:3100/loki/api/v1/push"), "loki:3100");
  EXPECT_EQ(SelfNames::HostPort("https://user:pw@loki/push"), "loki:443");
  EXPECT_EQ(SelfNames::HostPort("http://loki"), "loki:80");
  EXPECT_EQ(SelfNames::HostPort("http://[::1]:3100/x"), "[::1]:3100");
  EXPECT_EQ(SelfNames::HostPort("tempo:4317"), "tempo:4317");
}

}  // namespace
}  // namespace pharos::server
