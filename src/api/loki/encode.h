// Query results as Loki's JSON.
#pragma once

#include <string>

#include "query/logql/engine.h"
#include "text/json_writer.h"

namespace pharos::api::loki {

/// `{"status":"success","data":{…}}`. With `categorize` (the encoding flag categorize-labels)
/// the streams carry stream labels alone and each entry a third item with the other kinds.
std::string EncodeQuery(const query::logql::QueryResult& result, bool categorize);

/// `[{"stream":{…},"values":[…]}]`, streams sorted by labels.
void WriteStreams(text::JsonWriter& json, const query::logql::LogResult& log, bool categorize);
void WriteLabels(text::JsonWriter& json, const model::Labels& labels);

/// `{"status":"success","data":[…]}`
std::string EncodeStrings(const std::vector<std::string>& values);

}  // namespace pharos::api::loki
