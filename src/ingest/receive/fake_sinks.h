// Engines for the tests of receivers: they keep what they are given, in order.
#pragma once

#include <bit>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ingest/receive/target.h"
#include "net/router.h"

namespace pharos::ingest::receive {

/// Series by label text, with every sample that was appended.
class FakeSamples final : public store::SampleSink {
 public:
  struct Series {
    model::Labels labels;
    std::vector<model::Sample> samples;
    std::vector<model::HistogramSample> histograms;
    std::vector<model::Exemplar> exemplars;
    uint32_t epoch = 0;
    std::vector<int64_t> starts_ms;  ///< of samples whose start was told
  };

  std::unique_ptr<store::SampleAppender> Begin(std::string_view) override {
    return std::make_unique<Appender>(this);
  }
  /// The samples of the series that prints as `text`; null when it is not there.
  const Series* Find(const std::string& text) const {
    for (const Series& s : series) {
      if (model::ToString(s.labels) == text) return &s;
    }
    return nullptr;
  }
  std::vector<std::string> Names() const {
    std::set<std::string> names;
    for (const Series& s : series) names.insert(model::ToString(s.labels));
    return {names.begin(), names.end()};
  }

  std::deque<Series> series;  ///< references stay valid
  std::map<base::Hash128, store::SeriesHandle> remembered;
  std::map<std::string, model::Metadata> metadata;
  size_t max_series = 1'000'000;
  int64_t oldest_ms = INT64_MIN;  ///< older samples are refused as too old
  size_t resolved = 0, commits = 0;
  bool forgets = false;     ///< no series is found by raw bytes
  base::Result<void> fate;  ///< how commits end

 private:
  class Appender final : public store::SampleAppender {
   public:
    explicit Appender(FakeSamples* owner) : owner_(owner) {}
    std::optional<store::SeriesHandle> Lookup(base::Hash128 raw) override {
      const auto found = owner_->remembered.find(raw);
      if (found == owner_->remembered.end()) return std::nullopt;
      return found->second;
    }
    base::Result<store::SeriesHandle> Resolve(const model::Labels& labels) override {
      ++owner_->resolved;
      for (uint32_t i = 0; i < owner_->series.size(); ++i) {
        if (owner_->series[i].labels == labels) {
          return store::SeriesHandle{i, owner_->series[i].epoch};
        }
      }
      if (owner_->series.size() >= owner_->max_series) {
        return base::Fail(base::ErrorKind::kLimit, "too many series");
      }
      owner_->series.push_back({.labels = labels});
      return store::SeriesHandle{static_cast<uint32_t>(owner_->series.size() - 1), 0};
    }
    void Remember(base::Hash128 raw, store::SeriesHandle handle) override {
      if (!owner_->forgets) owner_->remembered[raw] = handle;
    }
    void Append(std::span<const store::SampleWrite> samples,
                std::vector<store::Refused>* refused) override {
      for (size_t i = 0; i < samples.size(); ++i) {
        Series& series = owner_->series[samples[i].series.index];
        if (series.epoch != samples[i].series.epoch) {
          refused->push_back({i, store::SampleRefusal::kStaleHandle});
        } else if (samples[i].time_ms < owner_->oldest_ms) {
          refused->push_back({i, store::SampleRefusal::kTooOld});
        } else if (!series.samples.empty() && series.samples.back().time_ms > samples[i].time_ms) {
          refused->push_back({i, store::SampleRefusal::kOutOfOrder});
        } else if (!series.samples.empty() && series.samples.back().time_ms == samples[i].time_ms) {
          if (std::bit_cast<uint64_t>(series.samples.back().value) !=
              std::bit_cast<uint64_t>(samples[i].value)) {
            refused->push_back({i, store::SampleRefusal::kDuplicateTimestamp});
          }
        } else {
          series.samples.push_back({samples[i].time_ms, samples[i].value});
        }
      }
    }
    void AppendStarted(std::span<const store::SampleWrite> samples,
                       std::span<const int64_t> starts_ms,
                       std::vector<store::Refused>* refused) override {
      for (size_t i = 0; i < samples.size(); ++i) {
        const size_t before = refused->size();
        Append(samples.subspan(i, 1), refused);
        if (refused->size() > before) {
          refused->back().index = i;
        } else if (starts_ms[i] != 0) {
          owner_->series[samples[i].series.index].starts_ms.push_back(starts_ms[i]);
        }
      }
    }
    void AppendHistograms(std::span<const store::HistogramWrite> samples,
                          std::vector<store::Refused>* refused) override {
      for (size_t i = 0; i < samples.size(); ++i) {
        auto& kept = owner_->series[samples[i].series.index].histograms;
        if (!kept.empty() && kept.back().time_ms > samples[i].time_ms) {
          refused->push_back({i, store::SampleRefusal::kOutOfOrder});
          continue;
        }
        kept.push_back({samples[i].time_ms, samples[i].histogram, samples[i].start_ms});
      }
    }
    void AppendExemplars(std::span<const store::ExemplarWrite> exemplars) override {
      for (const auto& e : exemplars) {
        owner_->series[e.series.index].exemplars.push_back(e.exemplar);
      }
    }
    void SetMetadata(std::string_view metric, const model::Metadata& metadata) override {
      owner_->metadata[std::string(metric)] = metadata;
    }
    base::Ack Commit() override {
      ++owner_->commits;
      base::Ack ack;
      ack.Resolve(owner_->fate);
      return ack;
    }

   private:
    FakeSamples* owner_;
  };
};

/// Copies of every event, by stream.
class FakeEvents final : public store::EventSink {
 public:
  base::Result<store::EventAppendResult> Append(std::string_view,
                                                const model::EventBatch& batch) override {
    if (refuse) return std::unexpected(*refuse);
    for (const model::StreamEvents& stream : batch.streams) {
      auto& kept = streams[model::ToString(stream.stream)];
      for (const model::Event& event : stream.events) {
        kept.push_back(model::CopyEvent(event, arena_));
      }
    }
    return store::EventAppendResult{base::Ack::Durable(), 0, ""};
  }

  std::map<std::string, std::vector<model::Event>> streams;
  std::optional<base::Error> refuse;

 private:
  base::Arena arena_;
};

/// Keeps the answer.
class FakeResponder final : public net::Responder {
 public:
  void Send(net::Response response) override {
    ++sent;
    answer = std::move(response);
  }
  void Begin(net::Response) override {}
  bool Write(std::string_view) override { return true; }
  void End() override {}

  net::Response answer;
  int sent = 0;
};

/// Sends a request through the router's handler, as the server would after decompression.
inline net::Response Ask(const net::Router& router, std::string path, std::string body,
                         std::vector<std::pair<std::string, std::string>> headers) {
  const auto match = router.Find("POST", path);
  if (match.route == nullptr) return net::Response::Text(404, "no route");
  net::Request request;
  request.method = "POST";
  request.path = path;
  request.body = std::move(body);
  for (const auto& [name, value] : headers) request.headers.Add(name, value);
  const auto responder = std::make_shared<FakeResponder>();
  match.route->async(std::move(request), responder);
  return responder->sent == 1 ? responder->answer : net::Response::Text(500, "no single answer");
}

}  // namespace pharos::ingest::receive
