// The words of the command line besides `serve`. Each returns the exit code: 0 fine, 1 found
// something wrong, 2 could not do it.
#pragma once

#include <string>
#include <vector>

namespace pharos::server {

/// Reads prometheus.yml files (with the rule files that they name) and rule files; prints a
/// line a file, or file, line and what is wrong.
int Check(const std::vector<std::string>& files);

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

/// Prints the live parts and reads every page of them.
int Inspect(const std::string& data_dir);

}  // namespace pharos::server
