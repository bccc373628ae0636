#include "api/pharos/exemplar_handlers.h"

#include <gtest/gtest.h>

#include "api/testing/call.h"

namespace pharos::api::pharos {
namespace {

using model::Labels;

/// Knows one trace.
class Store final : public store::ExemplarStore {
 public:
  base::Ack Append(std::string_view, std::span<const store::SeriesExemplar>) override {
    return base::Ack::Durable();
  }
  base::Result<std::vector<store::SeriesExemplars>> Select(const store::SampleQuery&) override {
    return std::vector<store::SeriesExemplars>();
  }
  base::Result<std::vector<store::SeriesExemplars>> OfTrace(std::string_view,
                                                            const model::TraceId& id) override {
    if (model::ToHex(id) != "000000000000000000000000000000ab")
      return std::vector<store::SeriesExemplars>();
    return std::vector<store::SeriesExemplars>{
        {Labels{{"__name__", "latency"}, {"le", "1.0"}},
         {{Labels{{"trace_id", "ab"}}, 0.5, 1'700'000'000'250}}}};
  }
};

TEST(ExemplarApi, FindsByTrace) {
  Store store;
  net::Router router;
  RegisterExemplarApi(router, "/pharos/api/v1", {.exemplars = &store});
  const std::string path = "/pharos/api/v1/exemplars";
  EXPECT_EQ(
      testing::Call(router, "GET", path + "?trace_id=ab").body,
      R"({"status":"success","data":[{"seriesLabels":{"__name__":"latency","le":"1.0"},)"
      R"("exemplars":[{"labels":{"trace_id":"ab"},"value":"0.5","timestamp":1700000000.250}]}]})");
  EXPECT_EQ(testing::Call(router, "GET", path + "?trace_id=cd").body,
            R"({"status":"success","data":[]})");
  EXPECT_EQ(testing::Call(router, "GET", path + "?trace_id=xyz").status, 400);
  EXPECT_EQ(testing::Call(router, "GET", path).status, 400);
}

}  // namespace
}  // namespace pharos::api::pharos
