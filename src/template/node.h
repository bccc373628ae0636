// The syntax tree of a template. Internal to template/.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "template/value.h"

namespace pharos::tmpl {

struct Node;
using NodePtr = std::unique_ptr<Node>;
using NodeList = std::vector<NodePtr>;

struct Node {
  enum class Kind : uint8_t {
    // what stands between the text
    kText,
    kAction,
    kIf,
    kRange,
    kWith,
    kTemplate,
    kBreak,
    kContinue,
    // inside an action
    kPipeline,
    kCommand,
    kDot,
    kConstant,
    kField,
    kVariable,
    kFunction,
    kChain,
  };
  Kind kind = Kind::kText;
  size_t position = 0;  ///< offset in the source
  std::string text;     ///< the text; the name; what an error shows
  Value constant;
  std::vector<std::string> names;  ///< fields; a pipeline's declared variables
  bool assigns = false;            ///< `$x = …` instead of `:=`
  NodePtr pipeline;                ///< of a block, an action, a template call; a chain's head
  NodeList children;               ///< commands; arguments; the body of a block
  NodeList otherwise;              ///< else
};

/// What a source text holds.
struct Parsed {
  NodeList root;
  std::map<std::string, NodeList> defined;
};

/// A text and what was parsed from it; the nodes' positions are in this text.
struct Source {
  std::string name;
  std::string text;
  Parsed parsed;
};

base::Result<Parsed> ParseTemplate(const std::string& name, const std::string& text,
                                   const FunctionMap& functions);
/// 1-based line, 0-based column, as Go's errors count.
std::string PlaceOf(const std::string& text, size_t position);

}  // namespace pharos::tmpl
