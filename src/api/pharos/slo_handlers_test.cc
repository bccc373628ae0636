#include "api/pharos/slo_handlers.h"

#include <gtest/gtest.h>

#include "api/testing/call.h"

namespace pharos::api::pharos {
namespace {

TEST(SloApi, HasTheShapeThatThePageReads) {
  rules::SloStatus status{.config = {.name = "a", .service = "s", .objective = 0.995}};
  status.config.metric = "hits_total";
  status.sli = 0.9991;
  status.budget_remaining = 0.82;
  status.burn_rates = {{"5m", 0.4}, {"30m", std::nullopt}};
  status.alerts = {{.alert = rules::SloAlerts(2'592'000'000)[0],
                    .state = rules::AlertState::kFiring,
                    .active_at_ms = 1'700'000'000'000}};
  net::Router router;
  RegisterSloApi(router, "/pharos/api/v1", {.slos = [&] { return std::vector{status}; }});
  const std::string expected =
      R"j({"status":"success","data":[{"name":"a","service":"s","objective":0.995,)j"
      R"j("latencySeconds":null,"windowSeconds":2592000,"sli":0.9991,"budgetRemaining":0.82,)j"
      R"j("burnRates":{"5m":0.4,"30m":null},"alerts":[{"name":"ErrorBudgetBurn1h",)j"
      R"j("severity":"page","longWindow":"1h","shortWindow":"5m","factor":14.4,"state":"firing",)j"
      R"j("activeAt":"2023-11-14T22:13:20Z"}],"error":"","queries":{"errorRatio":)j"
      R"j("clamp_min(1 - (sum(rate(hits_total{job=\"s\",status!~\"5..\"}[5m]) or )j"
      R"j(rate(hits_total{service=\"s\",status!~\"5..\"}[5m])) or 0 * )j"
      R"j(sum(rate(hits_total{job=\"s\"}[5m]) or rate(hits_total{service=\"s\"}[5m]))) / )j"
      R"j((sum(rate(hits_total{job=\"s\"}[5m]) or rate(hits_total{service=\"s\"}[5m])) > 0), 0)",)j"
      R"j("total":"sum(rate(hits_total{job=\"s\"}[5m]) or )j"
      R"j(rate(hits_total{service=\"s\"}[5m]))"}}]})j";
  EXPECT_EQ(testing::Call(router, "GET", "/pharos/api/v1/slos").body, expected);
}

TEST(SloApi, NoSlos) {
  net::Router router;
  RegisterSloApi(router, "/pharos/api/v1", {});
  EXPECT_EQ(testing::Call(router, "GET", "/pharos/api/v1/slos").body,
            R"({"status":"success","data":[]})");
}

}  // namespace
}  // namespace pharos::api::pharos
