// Runs scripts of metric queries with absolute results: ours from test/logql/, and Loki's own
// where they are at hand. The format is Loki's: load, eval instant, eval range, clear.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "match/quantity.h"
#include "query/logql/engine.h"
#include "query/logql/parser.h"
#include "query/logql/testing/memory_events.h"

namespace pharos::query::logql {
namespace {

using Points = std::vector<std::pair<bool, double>>;  // present, value
using Answer = std::map<std::string, Points>;         // by labels; "" for a scalar

std::string Trim(std::string text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
}

int64_t Offset(const std::string& text) {
  if (text == "0") return 0;
  return match::ParseLogqlDuration(text).value_or(-1);
}

/// Takes a quoted text off the front.
std::string TakeQuoted(std::string* text) {
  const char quote = (*text)[0];
  const size_t end = text->find(quote, 1);
  std::string inner = text->substr(1, end - 1);
  *text = Trim(text->substr(end + 1));
  return inner;
}

/// `{a="b", c="d"}` off the front, braces in quotes respected.
std::string TakeBraces(std::string* text) {
  size_t i = 0;
  bool quoted = false;
  for (; i < text->size(); ++i) {
    if ((*text)[i] == '"') quoted = !quoted;
    if ((*text)[i] == '}' && !quoted) break;
  }
  std::string braces = text->substr(0, i + 1);
  *text = Trim(text->substr(i + 1));
  return braces;
}

std::vector<std::pair<std::string, std::string>> Pairs(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> out;
  size_t at = 0;
  while (true) {
    const size_t start = text.find_first_not_of("{ ,\t", at);
    if (start == std::string::npos || text[start] == '}') return out;
    const size_t eq = text.find('=', start);
    if (eq == std::string::npos) return out;
    const size_t open = text.find('"', eq);
    const size_t close = text.find('"', open + 1);
    std::string name = text.substr(start, eq - start);
    std::erase(name, '"');
    out.emplace_back(Trim(name), text.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

/// Labels as one comparable text; empty values drop out, as our label sets have none.
std::string Key(std::vector<std::pair<std::string, std::string>> pairs) {
  std::sort(pairs.begin(), pairs.end());
  std::string key = "{";
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) key += name + "=" + value + ",";
  }
  return key + "}";
}

void ParsePoints(const std::string& text, Points* out) {
  std::istringstream words(text);
  std::string word;
  while (words >> word) {
    if (word[0] == '#') return;
    if (word == "_") {
      out->emplace_back(false, 0);
      continue;
    }
    const size_t x = word.find('x');
    char* end = nullptr;
    const double base = std::strtod(word.c_str(), &end);
    const double step = *end == '+' || *end == '-' ? std::strtod(end, nullptr) : 0;
    const int count = x == std::string::npos ? 0 : std::stoi(word.substr(x + 1));
    for (int i = 0; i <= count; ++i) out->emplace_back(true, base + step * i);
  }
}

/// The text in front of a comment that is not inside quotes.
std::string WithoutComment(const std::string& line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' || c == '`') {
      quote = c;
    } else if (c == '#') {
      return line.substr(0, i);
    }
  }
  return line;
}

class Script {
 public:
  explicit Script(const std::string& path) : path_(path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines_.push_back(WithoutComment(line));
  }

  void Run() {
    while (at_ < lines_.size()) {
      const std::string line = lines_[at_];
      if (line.starts_with("clear")) {
        events_ = std::make_unique<testing::MemoryEvents>(1000);
        ++at_;
      } else if (line.starts_with("load")) {
        for (++at_; Indented(); ++at_) {
          if (!Trim(lines_[at_]).empty()) Load(Trim(lines_[at_]));
        }
      } else if (line.starts_with("eval ")) {
        const size_t number = at_ + 1;
        std::vector<std::string> block;
        for (++at_; Indented(); ++at_) {
          if (!Trim(lines_[at_]).empty()) block.push_back(Trim(lines_[at_]));
        }
        Eval(line.substr(5), block, number);
      } else {
        ++at_;
      }
    }
  }

  size_t all = 0;
  size_t wrong = 0;

 private:
  bool Indented() const {
    if (at_ >= lines_.size()) return false;
    const std::string& line = lines_[at_];
    return !line.empty() && (line[0] == ' ' || line[0] == '\t');
  }

  void Load(std::string text) {
    const auto stream = Pairs(TakeBraces(&text));
    const std::string line = TakeQuoted(&text);
    std::istringstream words(text.substr(1));
    std::string word;
    words >> word;
    const int64_t start = Offset(word);
    int64_t step = 0;
    int count = 1;
    if (const size_t repeat = text.find("[repeat every "); repeat != std::string::npos) {
      std::istringstream in(text.substr(repeat + 14));
      std::string every;
      in >> every >> word >> count;
      step = Offset(every);
    }
    std::vector<std::pair<std::string, std::string>> metadata;
    if (const size_t meta = text.find("[metadata "); meta != std::string::npos) {
      metadata = Pairs(text.substr(meta + 10));
    }
    std::vector<model::LabelView> labels;
    for (const auto& [name, value] : stream) labels.push_back({name, value});
    for (int i = 0; i < count; ++i) {
      std::string shown = line;
      for (size_t at; (at = shown.find("{{.i}}")) != std::string::npos;)
        shown.replace(at, 6, std::to_string(i));
      std::vector<model::KeyValue> attributes;
      for (const auto& [name, value] : metadata)
        attributes.push_back({name, model::Value::String(value)});
      events_->AddLine(model::Labels::FromPairs(labels), kEpoch + start + i * step, shown,
                       attributes);
    }
  }

  void Eval(const std::string& head, const std::vector<std::string>& block, size_t number) {
    std::istringstream in(head);
    std::string kind, word, from, to, step;
    Params params;
    in >> kind >> word >> from;
    if (kind == "instant") {
      params.instant = true;
      params.start_ns = params.end_ns = kEpoch + Offset(from);
    } else {
      in >> word >> to >> word >> step;
      params.start_ns = kEpoch + Offset(from);
      params.end_ns = kEpoch + Offset(to);
      params.step_ns = Offset(step);
    }
    std::string query;
    std::getline(in, query);
    query = Trim(query);
    ++all;
    const std::string problem = Check(query, params, block);
    if (problem.empty()) return;
    ++wrong;
    ADD_FAILURE() << path_ << ":" << number << ": " << query << "\n  " << problem;
  }

  std::string Check(const std::string& query, const Params& params,
                    std::vector<std::string> block) {
    auto expr = Parse(query);
    base::Result<QueryResult> result =
        expr ? logql::Run(**expr, params, *events_)
             : base::Result<QueryResult>(std::unexpected(expr.error()));
    if (!block.empty() && block[0].starts_with("expect fail")) {
      if (result) return "did not fail";
      const size_t msg = block[0].find("msg: ");
      const size_t regex = block[0].find("regex: ");
      const std::string want = msg != std::string::npos     ? block[0].substr(msg + 5)
                               : regex != std::string::npos ? block[0].substr(regex + 7)
                                                            : "";
      return result.error().message.find(want) == std::string::npos
                 ? "error: " + result.error().message + "; want " + want
                 : "";
    }
    if (!result) return "error: " + result.error().message;
    std::erase_if(block, [](const std::string& line) {
      return line.starts_with("expect ") || line.starts_with("skip ");
    });
    Answer want;
    for (std::string line : block) {
      std::string key;
      if (line[0] == '{') key = Key(Pairs(TakeBraces(&line)));
      // A label with an empty value is no label here, so such series are one.
      if (want.contains(key)) return "";
      ParsePoints(line, &want[key]);
    }
    return Differs(Flatten(*result, params), want);
  }

  static Answer Flatten(const QueryResult& result, const Params& params) {
    Answer got;
    if (const auto* scalar = std::get_if<ScalarResult>(&result.data)) {
      got[""] = {{true, scalar->point.value}};
      return got;
    }
    const auto* matrix = std::get_if<MatrixResult>(&result.data);
    const auto& series =
        matrix != nullptr ? matrix->series : std::get<VectorResult>(result.data).series;
    for (const MetricSeries& s : series) {
      std::vector<std::pair<std::string, std::string>> pairs;
      for (const model::LabelView& l : s.labels) pairs.emplace_back(l.name, l.value);
      Points& points = got[Key(pairs)];
      if (params.instant) {
        points.emplace_back(true, s.points[0].value);
        continue;
      }
      size_t next = 0;
      for (int64_t t = params.start_ns; t <= params.end_ns; t += params.step_ns) {
        const bool present = next < s.points.size() && s.points[next].time_ms == t / 1'000'000;
        points.emplace_back(present, present ? s.points[next++].value : 0);
      }
    }
    return got;
  }

  static std::string Show(const Answer& answer) {
    std::ostringstream out;
    for (const auto& [key, points] : answer) {
      out << key;
      for (const auto& [present, value] : points) present ? out << " " << value : out << " _";
      out << "; ";
    }
    return out.str();
  }

  static std::string Differs(const Answer& got, const Answer& want) {
    const std::string shown = "got  " + Show(got) + "\n  want " + Show(want);
    if (got.size() != want.size()) return shown;
    for (const auto& [key, points] : want) {
      const auto found = got.find(key);
      // A scalar in a range query is a series without labels.
      const auto other = found == got.end() && key.empty() ? got.find("{}") : found;
      if (other == got.end() || other->second.size() != points.size()) return shown;
      for (size_t i = 0; i < points.size(); ++i) {
        const auto& [there, value] = other->second[i];
        if (there != points[i].first) return shown;
        const double expected = points[i].second;
        if (!there || value == expected || (std::isnan(value) && std::isnan(expected))) continue;
        if (!(std::fabs(value - expected) <= 1e-6 * std::max(1.0, std::fabs(expected))))
          return shown;
      }
    }
    return "";
  }

  static constexpr int64_t kEpoch = 1'000'000'000'000'000;
  std::string path_;
  std::vector<std::string> lines_;
  size_t at_ = 0;
  std::unique_ptr<testing::MemoryEvents> events_ = std::make_unique<testing::MemoryEvents>(1000);
};

class LokiScripts : public ::testing::TestWithParam<const char*> {};

TEST_P(LokiScripts, GiveTheirResults) {
  const std::string path =
      std::string("../shared/data/loki/logqltest/") + GetParam() + ".logqltest";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  Script script(path);
  script.Run();
  EXPECT_GT(script.all, 20u);
  RecordProperty("evals", static_cast<int>(script.all));
  RecordProperty("wrong", static_cast<int>(script.wrong));
}

TEST(LogqlScripts, Shop) {
  Script script("test/logql/shop.logqltest");
  script.Run();
  EXPECT_GT(script.all, 15u);
}

INSTANTIATE_TEST_SUITE_P(All, LokiScripts,
                         ::testing::Values("binary_operations", "functions", "label_filters",
                                           "line_filters", "range_aggregations"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pharos::query::logql
