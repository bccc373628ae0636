// The words of the command line besides `serve`. Each returns the exit code: 0 fine, 1 found
// something wrong, 2 could not do it.
#pragma once

#include <string>
#include <vector>

namespace pharos::server {

/// Files and folders of configuration: prints what becomes of their keys and what they do in
/// silence. `keys`: every key, not only those that are moot or of note. 1 when one is wrong.
int Check(const std::vector<std::string>& paths, bool keys = false);

/// Runs files of rule tests as promtool has them; prints SUCCESS or what came out otherwise.
int TestRules(const std::vector<std::string>& files);

struct QueryArguments {
  std::string language;
  std::string expression;
  std::string url = "http://127.0.0.1:3000";
};
/// An instant PromQL query, or the last hour's LogQL; prints a line a series, sample or log line.
int Query(const QueryArguments& arguments);

/// For each line, a JSON string with an expression: prints `ok` or `error: TEXT`.
int Parse(const std::string& language, const std::string& file);

struct InspectArguments {
  std::string data_dir;
  size_t top = 20;  ///< metrics that are shown
  bool json = false;
};
/// Sample parts: sections, codecs, what each metric costs, and every page checked. Reads only,
/// also beside a running server.
int InspectSamples(const InspectArguments& arguments);

/// Event parts: columns, skeletons, bytes a value, and every page checked. Reads only, also beside
/// a running server.
int InspectEvents(const std::string& data_dir);

/// Prints the live parts and reads every page of them.
int Inspect(const std::string& data_dir);

}  // namespace pharos::server
