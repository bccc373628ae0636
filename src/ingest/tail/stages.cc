#include "ingest/tail/stages.h"

#include <openssl/evp.h>

#include <array>

#include "base/metrics.h"
#include "match/label_name.h"
#include "match/line_matcher.h"
#include "model/go_regex.h"
#include "template/template.h"
#include "text/go_float.h"
#include "wire/utf8.h"

namespace pharos::ingest::tail {
namespace {

base::Result<tmpl::Value> Digest(const EVP_MD* kind, std::span<const tmpl::Value> arguments) {
  const std::string text = arguments[0].ToString() + arguments[1].ToString();
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &length, kind, nullptr) != 1) {
    return base::Fail(base::ErrorKind::kUnsupported, "this OpenSSL has no such hash");
  }
  std::string hex;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned i = 0; i < length; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return tmpl::Value(std::move(hex));
}

}  // namespace

std::optional<std::string> TextOf(const Extracted& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const bool* b = std::get_if<bool>(&value)) return *b ? "true" : "false";
  if (const double* number = std::get_if<double>(&value)) return text::GoFloat(*number, 'f');
  return std::nullopt;
}

std::optional<std::string> ExtractedText(const Entry& entry, std::string_view name) {
  const auto found = entry.extracted.find(name);
  return found == entry.extracted.end() ? std::nullopt : TextOf(found->second);
}

void Source::Read(conf::MapReader& map, std::string_view empty_fault) {
  given_ = map.String("source", &name_);
  if (given_ && name_.empty()) map.faults().Add(map.LineOf("source"), empty_fault);
}

const std::string* Source::Find(const Entry& entry, std::string* scratch) const {
  if (!given_) return &entry.line;
  auto text = ExtractedText(entry, name_);
  if (!text) return nullptr;
  *scratch = *std::move(text);
  return scratch;
}

std::shared_ptr<const RE2> CompileRegex(const std::string& pattern, int line,
                                        std::string_view context, conf::Faults& faults) {
  if (const auto checked = match::CheckRegex(pattern); !checked) {
    faults.Add(line, std::string(context) + checked.error().message);
    return nullptr;
  }
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_shared<const RE2>(model::GoRegexToRe2(pattern), options);
  if (regex->ok()) return regex;
  faults.Add(line, std::string(context) + "error parsing regexp: " + regex->error());
  return nullptr;
}

bool IsLabelName(std::string_view name) { return match::IsLabelName(name); }
bool IsUtf8(std::string_view text) { return wire::IsUtf8(text); }

tmpl::Map TemplateFields(const Entry& entry) {
  tmpl::Map fields;
  for (const auto& [name, value] : entry.extracted) {
    if (auto text = TextOf(value)) fields.insert_or_assign(name, tmpl::Value(*std::move(text)));
  }
  return fields;
}

/// Go's functions on strings do not take a missing value: the template fails, and the stage
/// leaves everything as it was.
void RefuseNil(tmpl::FunctionMap& map) {
  for (const char* name : {"ToLower", "ToUpper", "Replace", "Trim", "TrimLeft", "TrimRight",
                           "TrimPrefix", "TrimSuffix", "TrimSpace", "lower", "upper", "trim",
                           "title", "regexReplaceAll", "regexReplaceAllLiteral"}) {
    const auto found = map.find(name);
    if (found == map.end()) continue;
    found->second.call = [call = found->second.call](
                             std::span<const tmpl::Value> arguments) -> base::Result<tmpl::Value> {
      for (const tmpl::Value& argument : arguments) {
        if (argument.IsNil()) {
          return base::Fail(base::ErrorKind::kBadInput, "invalid value; expected string");
        }
      }
      return call(arguments);
    };
  }
}

const tmpl::FunctionMap& StageFunctions() {
  static const tmpl::FunctionMap* const kFunctions = [] {
    auto* map = new tmpl::FunctionMap(tmpl::TextFunctions());
    RefuseNil(*map);
    (*map)["Hash"] = {[](std::span<const tmpl::Value> a) { return Digest(EVP_sha3_256(), a); }, 2,
                      2};
    (*map)["Sha2Hash"] = {[](std::span<const tmpl::Value> a) { return Digest(EVP_sha256(), a); }, 2,
                          2};
    return map;
  }();
  return *kFunctions;
}

void CountDropped(const std::string& reason) {
  std::string label;
  for (const char c : reason) {
    if (c == '"' || c == '\\') label += '\\';
    label += c == '\n' ? ' ' : c;
  }
  base::GetCounter("logentry_dropped_lines_total",
                   "A count of all log lines dropped as a result of a pipeline stage",
                   "reason=\"" + label + "\"")
      .Add();
}

}  // namespace pharos::ingest::tail
