#include "api/loki/encode.h"

#include <algorithm>
#include <map>

#include "text/go_float.h"

namespace pharos::api::loki {
namespace {

using query::logql::LogResult;
using query::logql::MetricSeries;
using query::logql::Stats;
using text::JsonWriter;

/// Seconds as Prometheus's model.Time prints them: 1.5, 3, 0.001.
void WriteTime(JsonWriter& json, int64_t ms) {
  std::string out = ms < 0 ? "-" : "";
  const uint64_t size = ms < 0 ? ~static_cast<uint64_t>(ms) + 1 : static_cast<uint64_t>(ms);
  out += std::to_string(size / 1000);
  if (const uint64_t rest = size % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    while (digits.back() == '0') digits.pop_back();
    out += '.' + digits;
  }
  json.Raw(out);
}

void WritePoint(JsonWriter& json, const query::logql::Point& point) {
  json.BeginArray();
  WriteTime(json, point.time_ms);
  json.String(text::GoFloat(point.value)).EndArray();
}

void WriteSeries(JsonWriter& json, const std::vector<MetricSeries>& all, bool matrix) {
  json.BeginArray();
  for (const MetricSeries& series : all) {
    json.BeginObject().Key("metric");
    WriteLabels(json, series.labels);
    json.Key(matrix ? "values" : "value");
    if (matrix) {
      json.BeginArray();
      for (const auto& point : series.points) WritePoint(json, point);
      json.EndArray();
    } else {
      WritePoint(json, series.points.front());
    }
    json.EndObject();
  }
  json.EndArray();
}

/// What only Loki's own storage has stands at zero.
void WriteStore(JsonWriter& json) {
  json.Key("store").BeginObject();
  for (const char* name :
       {"chunksDownloadTime", "congestionControlLatency", "totalChunksRef", "totalChunksDownloaded",
        "chunkRefsFetchTime", "pipelineWrapperFilteredLines"}) {
    json.Key(name).Int(0);
  }
  json.Key("queryReferencedStructuredMetadata").Bool(false).Key("queryUsedV2Engine").Bool(false);
  json.Key("chunk").BeginObject();
  for (const char* name :
       {"compressedBytes", "decompressedBytes", "decompressedLines",
        "decompressedStructuredMetadataBytes", "headChunkBytes", "headChunkLines",
        "headChunkStructuredMetadataBytes", "postFilterLines", "totalDuplicates"}) {
    json.Key(name).Int(0);
  }
  json.EndObject().EndObject();
}

void WriteCaches(JsonWriter& json) {
  json.Key("cache").BeginObject();
  for (const char* name : {"chunk", "index", "result", "statsResult", "volumeResult",
                           "seriesResult", "labelResult", "instantMetricResult"}) {
    json.Key(name).BeginObject();
    for (const char* field : {"entriesFound", "entriesRequested", "entriesStored", "bytesReceived",
                              "bytesSent", "requests", "downloadTime", "queryLengthServed"}) {
      json.Key(field).Int(0);
    }
    json.EndObject();
  }
  json.EndObject();
}

void WriteStats(JsonWriter& json, const Stats& stats) {
  const double seconds = static_cast<double>(stats.exec_ns) / 1e9;
  const auto per_second = [&](uint64_t n) {
    return seconds > 0 ? static_cast<uint64_t>(static_cast<double>(n) / seconds) : 0;
  };
  json.BeginObject().Key("summary").BeginObject();
  json.Key("bytesProcessedPerSecond").Int(per_second(stats.bytes));
  json.Key("linesProcessedPerSecond").Int(per_second(stats.lines));
  json.Key("totalBytesProcessed").Int(stats.bytes).Key("totalLinesProcessed").Int(stats.lines);
  json.Key("execTime").Double(seconds).Key("queueTime").Int(0).Key("subqueries").Int(0);
  json.Key("totalEntriesReturned")
      .Int(stats.entries_returned)
      .Key("splits")
      .Int(0)
      .Key("shards")
      .Int(0);
  json.Key("totalPostFilterLines").Int(stats.post_filter_lines);
  json.Key("totalStructuredMetadataBytesProcessed").Int(0).EndObject();
  json.Key("querier").BeginObject();
  WriteStore(json);
  json.EndObject().Key("ingester").BeginObject();
  for (const char* name : {"totalReached", "totalChunksMatched", "totalBatches", "totalLinesSent"})
    json.Key(name).Int(0);
  WriteStore(json);
  json.EndObject();
  WriteCaches(json);
  json.Key("index").BeginObject();
  for (const char* name : {"totalChunks", "postFilterChunks", "shardsDuration", "totalStreams",
                           "bloomFilterTime", "chunkRefsLookupTime"}) {
    json.Key(name).Int(0);
  }
  json.Key("usedBloomFilters").Bool(false).EndObject().EndObject();
}

}  // namespace

void WriteLabels(JsonWriter& json, const model::Labels& labels) {
  json.BeginObject();
  for (const model::LabelView& label : labels) json.Key(label.name).String(label.value);
  json.EndObject();
}

void WriteStreams(JsonWriter& json, const LogResult& log, bool categorize) {
  const auto shown = [&](uint32_t labels) -> const model::Labels& {
    return categorize ? log.labels[labels].stream : log.labels[labels].merged;
  };
  std::map<model::Labels, std::vector<const query::logql::LogEntry*>> streams;
  for (const auto& entry : log.entries) streams[shown(entry.labels)].push_back(&entry);
  json.BeginArray();
  for (const auto& [labels, entries] : streams) {
    json.BeginObject().Key("stream");
    WriteLabels(json, labels);
    json.Key("values").BeginArray();
    for (const auto* entry : entries) {
      json.BeginArray().String(std::to_string(entry->time_ns)).String(entry->line);
      if (categorize) {
        const auto& kinds = log.labels[entry->labels];
        json.BeginObject();
        if (!kinds.metadata.empty()) {
          json.Key("structuredMetadata");
          WriteLabels(json, kinds.metadata);
        }
        if (!kinds.parsed.empty()) {
          json.Key("parsed");
          WriteLabels(json, kinds.parsed);
        }
        json.EndObject();
      }
      json.EndArray();
    }
    json.EndArray().EndObject();
  }
  json.EndArray();
}

std::string EncodeQuery(const query::logql::QueryResult& result, bool categorize) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("status").String("success").Key("data").BeginObject().Key("resultType");
  if (const auto* log = std::get_if<LogResult>(&result.data)) {
    json.String("streams");
    if (categorize) json.Key("encodingFlags").BeginArray().String("categorize-labels").EndArray();
    json.Key("result");
    WriteStreams(json, *log, categorize);
  } else if (const auto* matrix = std::get_if<query::logql::MatrixResult>(&result.data)) {
    json.String("matrix").Key("result");
    WriteSeries(json, matrix->series, true);
  } else if (const auto* vector = std::get_if<query::logql::VectorResult>(&result.data)) {
    json.String("vector").Key("result");
    WriteSeries(json, vector->series, false);
  } else {
    json.String("scalar").Key("result");
    WritePoint(json, std::get<query::logql::ScalarResult>(result.data).point);
  }
  json.Key("stats");
  WriteStats(json, result.stats);
  json.EndObject().EndObject();
  return out;
}

std::string EncodeStrings(const std::vector<std::string>& values) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("status").String("success").Key("data").BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray().EndObject();
  return out;
}

}  // namespace pharos::api::loki
