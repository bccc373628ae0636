#include "wire/exposition_protobuf.h"

#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>
#include <set>

namespace pharos::wire {
namespace {

using protozero::pbf_writer;

/// A family with its length in front; `metric` writes each Metric's own fields.
template <class Write>
std::string Family(const std::string& name, uint32_t type, Write metric,
                   const std::string& unit = "") {
  std::string message;
  pbf_writer family(message);
  family.add_string(1, name);
  family.add_string(2, "Help.");
  family.add_enum(3, static_cast<int32_t>(type));
  {
    pbf_writer one(family, 4);
    metric(one);
  }
  if (!unit.empty()) family.add_string(5, unit);
  std::string out;
  for (size_t n = message.size(); true; n >>= 7) {
    if (n < 0x80) {
      out += static_cast<char>(n);
      break;
    }
    out += static_cast<char>(n | 0x80);
  }
  return out + message;
}

void AddLabel(pbf_writer& to, const std::string& name, const std::string& value) {
  pbf_writer label(to, 1);
  label.add_string(1, name);
  label.add_string(2, value);
}

void AddTime(pbf_writer& to, uint32_t field, int64_t ms) {
  pbf_writer time(to, field);
  time.add_int64(1, ms / 1000);
  time.add_int32(2, static_cast<int32_t>(ms % 1000 * 1'000'000));
}

void AddExemplar(pbf_writer& to, uint32_t field, const std::string& trace, double value,
                 int64_t time_ms) {
  pbf_writer exemplar(to, field);
  AddLabel(exemplar, "trace_id", trace);
  exemplar.add_double(2, value);
  if (time_ms != 0) AddTime(exemplar, 3, time_ms);
}

std::string ToText(const model::Histogram& h) {
  std::string out = "schema " + std::to_string(h.schema) + (h.float_counts ? " float" : "") +
                    " count " + std::to_string(h.count) + " zero " + std::to_string(h.zero_count);
  for (const double c : h.negative_counts) out += " -" + std::to_string(c);
  for (const double c : h.positive_counts) out += " +" + std::to_string(c);
  return out;
}

/// All that a page says, a line an entry.
std::string Read(const std::string& page, ProtobufHistograms histograms = {}) {
  ProtobufExposition in(page, histograms);
  std::string out;
  while (true) {
    const auto entry = in.Next();
    if (!entry) return out + "error " + entry.error().message;
    if (*entry == ProtobufExposition::Entry::kEnd) return out;
    if (*entry == ProtobufExposition::Entry::kFamily) {
      out += "# " + std::string(in.family()) + " " + std::string(model::MetricTypeName(in.type())) +
             " " + std::string(in.help()) + std::string(in.unit()) + "\n";
      continue;
    }
    const auto labels = in.Labels();
    if (!labels) return out + "error " + labels.error().message;
    for (const auto& [name, value] : *labels) out += name + "=" + value + " ";
    out += *entry == ProtobufExposition::Entry::kHistogram ? ToText(*in.histogram())
                                                           : std::to_string(in.value());
    if (in.has_time()) out += " @" + std::to_string(in.time_ms());
    if (in.start_ms() != 0) out += " since " + std::to_string(in.start_ms());
    const auto exemplars = in.Exemplars();
    if (!exemplars) return out + "error " + exemplars.error().message;
    for (const model::Exemplar& e : *exemplars) {
      out += " # " + model::ToString(e.labels) + " " + std::to_string(e.value);
      if (e.has_time) out += " @" + std::to_string(e.time_ms);
    }
    out += "\n";
  }
}

TEST(ExpositionProtobuf, SimpleKinds) {
  const std::string page =
      Family("hits_total", 0,
             [](pbf_writer& metric) {
               AddLabel(metric, "path", "/ü");
               pbf_writer counter(metric, 3);
               counter.add_double(1, 5);
               AddExemplar(counter, 2, "ab", 1, 1'625'851'151'233);
               AddTime(counter, 3, 1'600'000'000'500);
             }) +
      Family(
          "temperature_celsius", 1,
          [](pbf_writer& metric) {
            pbf_writer(metric, 2).add_double(1, -3.5);
            metric.add_int64(6, 1234567);
          },
          "celsius") +
      Family("x", 3, [](pbf_writer& metric) { pbf_writer(metric, 5).add_double(1, 42); });
  EXPECT_EQ(Read(page),
            "# hits_total counter Help.\n"
            "__name__=hits_total path=/ü 5.000000 since 1600000000500 "
            "# {trace_id=\"ab\"} 1.000000 @1625851151233\n"
            "# temperature_celsius gauge Help.celsius\n"
            "__name__=temperature_celsius -3.500000 @1234567\n"
            "# x unknown Help.\n"
            "__name__=x 42.000000\n");
}

TEST(ExpositionProtobuf, Summary) {
  EXPECT_EQ(Read(Family("rpc", 2,
                        [](pbf_writer& metric) {
                          pbf_writer summary(metric, 4);
                          summary.add_uint64(1, 10);
                          summary.add_double(2, 2.5);
                          for (const double q : {0.5, 1.0}) {
                            pbf_writer quantile(summary, 3);
                            quantile.add_double(1, q);
                            quantile.add_double(2, 2 * q);
                          }
                          AddTime(summary, 4, 1000);
                        })),
            "# rpc summary Help.\n"
            "__name__=rpc_count 10.000000 since 1000\n"
            "__name__=rpc_sum 2.500000 since 1000\n"
            "__name__=rpc quantile=0.5 1.000000 since 1000\n"
            "__name__=rpc quantile=1.0 2.000000 since 1000\n");
}

/// Both kinds of buckets, exemplars of both.
std::string BothHistograms(bool native, bool floats = false, bool own_exemplars = false) {
  return Family("h", 4, [&](pbf_writer& metric) {
    pbf_writer h(metric, 7);
    if (floats) {
      h.add_double(4, 6.5);
    } else {
      h.add_uint64(1, 6);
    }
    h.add_double(2, 12);
    for (const double bound : {1.0, 2.5}) {
      pbf_writer bucket(h, 3);
      bucket.add_uint64(1, static_cast<uint64_t>(2 * bound));
      bucket.add_double(2, bound);
      AddExemplar(bucket, 3, "b" + std::to_string(static_cast<int>(bound)), bound,
                  bound > 1 ? 0 : 7000);
    }
    if (!native) return;
    h.add_sint32(5, 3);
    h.add_double(6, 0.001);
    if (floats) {
      h.add_double(8, 1.5);
    } else {
      h.add_uint64(7, 1);
    }
    {
      pbf_writer span(h, 12);
      span.add_sint32(1, -2);
      span.add_uint32(2, 2);
    }
    {
      pbf_writer span(h, 9);
      span.add_sint32(1, 0);
      span.add_uint32(2, 1);
    }
    if (floats) {
      for (const double c : {2.0, 2.5}) h.add_double(14, c);  // not packed
      h.add_double(11, 0.5);
    } else {
      const int64_t deltas[] = {1, 1};
      h.add_packed_sint64(13, std::begin(deltas), std::end(deltas));
      h.add_sint64(10, 2);
    }
    AddTime(h, 15, 500);
    if (!own_exemplars) return;
    AddExemplar(h, 16, "late", 2, 9000);
    AddExemplar(h, 16, "none", 2, 0);
    AddExemplar(h, 16, "early", 2, 8000);
  });
}

TEST(ExpositionProtobuf, ClassicHistogram) {
  EXPECT_EQ(Read(BothHistograms(false)),
            "# h histogram Help.\n"
            "__name__=h_count 6.000000\n"
            "__name__=h_sum 12.000000\n"
            "__name__=h_bucket le=1.0 2.000000 # {trace_id=\"b1\"} 1.000000 @7000\n"
            "__name__=h_bucket le=2.5 5.000000 # {trace_id=\"b2\"} 2.500000\n"
            "__name__=h_bucket le=+Inf 6.000000\n");
  EXPECT_EQ(Read(BothHistograms(true), {.native = false}),
            "# h histogram Help.\n"
            "__name__=h_count 6.000000 since 500\n"
            "__name__=h_sum 12.000000 since 500\n"
            "__name__=h_bucket le=1.0 2.000000 since 500 # {trace_id=\"b1\"} 1.000000 @7000\n"
            "__name__=h_bucket le=2.5 5.000000 since 500 # {trace_id=\"b2\"} 2.500000\n"
            "__name__=h_bucket le=+Inf 6.000000 since 500\n");
}

TEST(ExpositionProtobuf, NativeHistogram) {
  const std::string native =
      "# h histogram Help.\n"
      "__name__=h schema 3 count 6.000000 zero 1.000000 -2.000000 +1.000000 +2.000000 since 500";
  EXPECT_EQ(Read(BothHistograms(true)), native + " # {trace_id=\"b1\"} 1.000000 @7000\n");
  EXPECT_EQ(
      Read(BothHistograms(true, false, true)),
      native + " # {trace_id=\"early\"} 2.000000 @8000 # {trace_id=\"late\"} 2.000000 @9000\n");
  EXPECT_EQ(Read(BothHistograms(true, true)),
            "# h histogram Help.\n"
            "__name__=h schema 3 float count 6.500000 zero 1.500000 -0.500000 +2.000000 "
            "+2.500000 since 500 # {trace_id=\"b1\"} 1.000000 @7000\n");
  const std::string both = Read(BothHistograms(true), {.classic = true});
  EXPECT_TRUE(both.starts_with(native)) << both;
  EXPECT_TRUE(both.ends_with("__name__=h_bucket le=+Inf 6.000000 since 500\n")) << both;
}

TEST(ExpositionProtobuf, KeysAreOfSeries) {
  const auto keys = [](const std::string& page) {
    ProtobufExposition in(page, {});
    std::vector<base::Hash128> out;
    while (true) {
      const auto entry = in.Next();
      if (!entry || *entry == ProtobufExposition::Entry::kEnd) return out;
      if (*entry != ProtobufExposition::Entry::kFamily) out.push_back(in.key());
    }
  };
  const auto first = keys(BothHistograms(false) + BothHistograms(true));
  const auto again = keys(BothHistograms(false) + BothHistograms(true));
  EXPECT_EQ(first, again);
  EXPECT_EQ(std::set(first.begin(), first.end()).size(), first.size());
}

TEST(ExpositionProtobuf, RefusesWhatPrometheusRefuses) {
  const auto gauge = [](pbf_writer& metric) { pbf_writer(metric, 2).add_double(1, 1); };
  const std::pair<std::string, std::string> cases[] = {
      {Family("", 1, gauge), "error invalid metric name: "},
      {Family("a\xff", 1, gauge), "error invalid metric name: a\xff"},
      {Family("a", 9, gauge), "error unknown metric type for metric \"a\": 9"},
      {Family("a", 1, gauge, "s"), "error unit \"s\" not a suffix of metric \"a\""},
      {Family("s", 1, gauge, "s"), "error unit \"s\" not a suffix of metric \"s\""},
      {Family("a_total", 0, gauge, "s"), "error unit \"s\" not a suffix of counter \"a_total\""},
      {Family("a", 1, gauge).substr(0, 8), "error protobuf: unexpected end of page"},
      {"\x80", "error protobuf: unexpected end of page"},
      {std::string("\x02\x0a\x05", 3), "error unexpected EOF"}};
  for (const auto& [page, expected] : cases) EXPECT_EQ(Read(page), expected);
  EXPECT_EQ(Read(Family(
                "a_s_total", 0, [](pbf_writer& m) { pbf_writer(m, 3).add_double(1, 1); }, "s")),
            "# a_s_total counter Help.s\n__name__=a_s_total 1.000000\n");
  EXPECT_EQ(Read(Family("a", 1,
                        [](pbf_writer& metric) {
                          AddLabel(metric, "x", "\xff");
                          pbf_writer(metric, 2).add_double(1, 1);
                        })),
            "# a gauge Help.\nerror invalid label value: \xff");
  // Counts that do not add up.
  const std::string bad = Read(Family("h", 4, [](pbf_writer& metric) {
    pbf_writer h(metric, 7);
    h.add_uint64(1, 6);
    h.add_uint64(7, 1);
  }));
  EXPECT_NE(bad.find("observation count should equal"), bad.npos) << bad;
}

TEST(ExpositionProtobuf, EveryCutIsAnErrorOrAShorterPage) {
  const std::string page = BothHistograms(true, false, true) + BothHistograms(false);
  for (size_t cut = 1; cut < page.size(); ++cut) (void)Read(page.substr(0, cut), {.classic = true});
  EXPECT_EQ(Read(""), "");
}

}  // namespace
}  // namespace pharos::wire
