#include "conf/json_tree.h"

#include <charconv>

#include "conf/limits.h"

namespace pharos::conf {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

void AppendUtf8(uint32_t rune, std::string& out) {
  if (rune < 0x80) {
    out += static_cast<char>(rune);
  } else if (rune < 0x800) {
    out += static_cast<char>(0xC0 | (rune >> 6));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    out += static_cast<char>(0xE0 | (rune >> 12));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (rune >> 18));
    out += static_cast<char>(0x80 | ((rune >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((rune >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (rune & 0x3F));
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<Node> Document() {
    PHAROS_TRY(Node root, Value(0));
    Skip();
    if (at_ < text_.size()) return Fault("more text after the end");
    return root;
  }

 private:
  std::unexpected<base::Error> Fault(std::string_view what) {
    return Fail(ErrorKind::kBadInput,
                file_ + ":" + std::to_string(line_) + ": not JSON: " + std::string(what));
  }
  void Skip() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
      } else if (text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\r') {
        return;
      }
    }
  }
  bool Next(char c) {
    Skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<Node> Value(int depth) {
    if (depth > kMaxYamlDepth) return Fault("nested too deeply");
    Skip();
    Node node;
    node.line = line_;
    if (at_ >= text_.size()) return Fault("a value is missing");
    if (Next('{')) return Map(std::move(node), depth);
    if (Next('[')) return List(std::move(node), depth);
    if (text_[at_] == '"') {
      node.kind = Node::Kind::kScalar;
      node.quoted = true;
      PHAROS_TRY(node.scalar, String());
      return node;
    }
    const size_t end = std::min(text_.find_first_of(" \t\r\n,]}", at_), text_.size());
    node.scalar = text_.substr(at_, end - at_);
    at_ = end;
    if (node.scalar == "null") {
      node.scalar.clear();
      return node;
    }
    node.kind = Node::Kind::kScalar;
    if (node.scalar == "true" || node.scalar == "false") return node;
    double number = 0;
    const char* last = node.scalar.data() + node.scalar.size();
    const auto read = std::from_chars(node.scalar.data(), last, number);
    if (node.scalar.empty() || read.ptr != last || read.ec == std::errc::invalid_argument)
      return Fault("\"" + node.scalar.substr(0, 30) + "\" is no value");
    return node;
  }

  Result<Node> Map(Node node, int depth) {
    node.kind = Node::Kind::kMap;
    if (Next('}')) return node;
    do {
      Skip();
      const int line = line_;
      if (at_ >= text_.size() || text_[at_] != '"') return Fault("a key must be a string");
      PHAROS_TRY(std::string key, String());
      if (!Next(':')) return Fault("a colon is missing after \"" + key.substr(0, 30) + "\"");
      PHAROS_TRY(Node value, Value(depth + 1));
      node.fields.push_back({std::move(key), std::move(value), line});
    } while (Next(','));
    if (!Next('}')) return Fault("a comma or } is missing");
    return node;
  }

  Result<Node> List(Node node, int depth) {
    node.kind = Node::Kind::kSequence;
    if (Next(']')) return node;
    do {
      PHAROS_TRY(Node value, Value(depth + 1));
      node.items.push_back(std::move(value));
    } while (Next(','));
    if (!Next(']')) return Fault("a comma or ] is missing");
    return node;
  }

  Result<std::string> String() {
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      const char c = text_[at_];
      if (c == '\n') return Fault("a string does not end on its line");
      if (c != '\\') {
        out += c;
        continue;
      }
      if (++at_ >= text_.size()) break;
      static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
      if (text_[at_] == 'u') {
        uint32_t rune = 0;
        if (!Hex(&rune)) return Fault("\\u needs four hex digits");
        AppendUtf8(rune, out);
      } else if (const size_t known = kFrom.find(text_[at_]); known != std::string_view::npos) {
        out += kTo[known];
      } else {
        return Fault("an unknown escape");
      }
    }
    if (at_ >= text_.size()) return Fault("a string has no end");
    ++at_;
    return out;
  }

  /// At the `u`; takes both halves of a surrogate pair. A lone half becomes U+FFFD.
  bool Hex(uint32_t* rune) {
    if (!Four(rune)) return false;
    if (*rune < 0xD800 || *rune > 0xDFFF) return true;
    uint32_t low = 0;
    const size_t back = at_;
    if (*rune < 0xDC00 && text_.substr(at_ + 1, 2) == "\\u") {
      at_ += 2;
      if (Four(&low) && low >= 0xDC00 && low <= 0xDFFF) {
        *rune = 0x10000 + ((*rune - 0xD800) << 10) + (low - 0xDC00);
        return true;
      }
    }
    at_ = back;
    *rune = 0xFFFD;
    return true;
  }
  bool Four(uint32_t* rune) {
    if (text_.size() - at_ < 5) return false;
    const char* first = text_.data() + at_ + 1;
    const auto read = std::from_chars(first, first + 4, *rune, 16);
    at_ += 4;
    return read.ptr == first + 4 && read.ec == std::errc();
  }

  const std::string_view text_;
  const std::string& file_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

Result<Node> ParseJsonTree(std::string_view text, const std::string& file) {
  if (text.size() > kMaxFileBytes) return Fail(ErrorKind::kTooLarge, file + ": larger than 16 MiB");
  return JsonReader(text, file).Document();
}

}  // namespace pharos::conf
