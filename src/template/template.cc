#include "template/template.h"

#include <optional>
#include <utility>

#include "template/limits.h"
#include "template/node.h"

namespace pharos::tmpl {

using base::ErrorKind;
using base::Fail;
using base::Result;

struct Template::Body {
  Source source;
  const FunctionMap* functions = nullptr;
};

namespace {

/// How a list of nodes ended.
enum class Flow : uint8_t { kOn, kBreak, kContinue };

class Runner {
 public:
  Runner(const Source& source, const FunctionMap& functions, std::string* out,
         const RunOptions& options)
      : main_(source),
        source_(&source),
        functions_(functions),
        out_(out),
        start_(out->size()),
        options_(options) {}

  Result<void> Run(const Value& dot) {
    variables_.emplace_back("$", dot);
    PHAROS_TRY(const Flow flow, List(source_->parsed.root, dot));
    (void)flow;
    return {};
  }

 private:
  std::unexpected<base::Error> Bad(const Node& at, std::string_view why) const {
    std::string shown = at.text.size() > 20 ? at.text.substr(0, 20) + "..." : at.text;
    return Fail(ErrorKind::kBadInput, "template: " + source_->name + ":" +
                                          PlaceOf(source_->text, at.position) + ": executing \"" +
                                          executing_.value_or(source_->name) + "\" at <" + shown +
                                          ">: " + std::string(why));
  }

  Result<void> Step(const Node& node) {
    if (++steps_ > kMaxSteps) return Bad(node, "the template takes too many steps");
    if (out_->size() - start_ > kMaxOutputBytes) return Bad(node, "the template writes too much");
    return {};
  }

  Result<Flow> List(const NodeList& list, const Value& dot) {
    for (const NodePtr& node : list) {
      PHAROS_TRY(const Flow flow, One(*node, dot));
      if (flow != Flow::kOn) return flow;
    }
    return Flow::kOn;
  }

  Result<Flow> One(const Node& node, const Value& dot) {
    PHAROS_TRY_VOID(Step(node));
    switch (node.kind) {
      case Node::Kind::kText:
        *out_ += node.text;
        if (options_.escaper != nullptr) options_.escaper->Text(node.text);
        return Flow::kOn;
      case Node::Kind::kBreak: return Flow::kBreak;
      case Node::Kind::kContinue: return Flow::kContinue;
      case Node::Kind::kRange: return Range(node, dot);
      case Node::Kind::kTemplate: return Call(node, dot);
      case Node::Kind::kIf:
      case Node::Kind::kWith: {
        const size_t scope = variables_.size();
        PHAROS_TRY(const Value value, Pipeline(*node.pipeline, dot));
        const Value& inner = node.kind == Node::Kind::kWith && value.Truth() ? value : dot;
        PHAROS_TRY(const Flow flow, List(value.Truth() ? node.children : node.otherwise, inner));
        variables_.resize(scope);
        return flow;
      }
      default: {
        PHAROS_TRY(const Value value, Pipeline(*node.pipeline, dot));
        if (node.pipeline->names.empty()) Print(*node.pipeline, value);
        return Flow::kOn;
      }
    }
  }

  void Print(const Node& pipeline, const Value& value) {
    if (options_.escaper == nullptr) {
      *out_ += value.IsNil() ? std::string(options_.missing) : value.ToString();
      return;
    }
    const Node& last = *pipeline.children.back()->children[0];
    const bool called = last.kind == Node::Kind::kFunction;
    *out_ += options_.escaper->Escape(value.IsNil() ? Value::Of(options_.missing) : value,
                                      called ? *last.constant.As<std::string>() : "");
  }

  Result<Flow> Range(const Node& node, const Value& dot) {
    const size_t scope = variables_.size();
    PHAROS_TRY(const Value over, Pipeline(*node.pipeline, dot, false));
    bool any = false;
    const auto body = [&](Value key, const Value& item) -> Result<bool> {
      any = true;
      variables_.resize(scope);
      const auto& names = node.pipeline->names;
      if (names.size() == 1) SetVariable(names[0], item, node.pipeline->assigns);
      if (names.size() == 2) {
        SetVariable(names[0], std::move(key), node.pipeline->assigns);
        SetVariable(names[1], item, node.pipeline->assigns);
      }
      PHAROS_TRY(const Flow flow, List(node.children, item));
      return flow != Flow::kBreak;
    };
    if (const List_* list = over.list()) {
      for (size_t i = 0; i < list->size(); ++i) {
        PHAROS_TRY(const bool more, body(static_cast<int64_t>(i), (*list)[i]));
        if (!more) break;
      }
    } else if (const Map* map = over.map()) {
      for (const auto& [key, item] : *map) {
        PHAROS_TRY(const bool more, body(Value(key), item));
        if (!more) break;
      }
    } else if (const auto* count = over.As<int64_t>()) {
      for (int64_t i = 0; i < *count; ++i) {
        PHAROS_TRY_VOID(Step(node));
        PHAROS_TRY(const bool more, body(i, Value(i)));
        if (!more) break;
      }
    } else if (!over.IsNil()) {
      return Bad(*node.pipeline, "range can't iterate over " + over.ToString());
    }
    variables_.resize(scope);
    if (any) return Flow::kOn;
    return List(node.otherwise, dot);
  }

  Result<Flow> Call(const Node& node, const Value& dot) {
    TemplateSet::Found callee;
    // One space of names, as in Go: the text that runs may replace what the set defines.
    if (const auto own = main_.parsed.defined.find(node.text); own != main_.parsed.defined.end()) {
      callee = {&main_, &own->second};
    } else if (options_.set != nullptr) {
      callee = options_.set->Find(node.text);
    }
    if (callee.body == nullptr) return Bad(node, "template \"" + node.text + "\" not defined");
    if (++calls_ > kMaxDepth)
      return Bad(node, "exceeded maximum template depth (" + std::to_string(kMaxDepth) + ")");
    Value inner;
    if (node.pipeline != nullptr) {
      PHAROS_TRY(inner, Pipeline(*node.pipeline, dot));
    }
    auto outer = std::move(variables_);
    auto outer_name = std::move(executing_);
    variables_.clear();
    variables_.emplace_back("$", inner);
    executing_ = node.text;
    const Source* caller = std::exchange(source_, callee.source);
    PHAROS_TRY(const Flow flow, List(*callee.body, inner));
    source_ = caller;
    variables_ = std::move(outer);
    executing_ = std::move(outer_name);
    --calls_;
    return flow;
  }

  void SetVariable(const std::string& name, Value value, bool assigns) {
    if (assigns) {
      for (auto v = variables_.rbegin(); v != variables_.rend(); ++v) {
        if (v->first != name) continue;
        v->second = std::move(value);
        return;
      }
    }
    variables_.emplace_back(name, std::move(value));
  }

  Result<Value> Pipeline(const Node& node, const Value& dot, bool declare = true) {
    PHAROS_TRY_VOID(Step(node));
    Value value;
    for (size_t i = 0; i < node.children.size(); ++i) {
      PHAROS_TRY(value, Command(*node.children[i], dot, i > 0 ? &value : nullptr));
    }
    if (declare) {
      for (const std::string& name : node.names) SetVariable(name, value, node.assigns);
    }
    return value;
  }

  /// `last` is what the pipe brings, to be the last argument.
  Result<Value> Command(const Node& node, const Value& dot, const Value* last) {
    const Node& first = *node.children[0];
    if (first.kind == Node::Kind::kFunction) return CallFunction(node, first, dot, last);
    if (node.children.size() > 1 || last != nullptr) {
      if (first.names.empty()) {
        return first.kind == Node::Kind::kVariable
                   ? Bad(first, first.text + " is not a method but has arguments")
                   : Bad(first, "can't give argument to non-function " + first.text);
      }
      // Arguments are looked at only where there is a method to take them.
      PHAROS_TRY(const Value receiver, Operand(first, dot, 1));
      if (receiver.object() == nullptr && receiver.As<Time>() == nullptr)
        return Bad(first, first.names.back() + " is not a method but has arguments");
      std::vector<Value> arguments;
      for (size_t i = 1; i < node.children.size(); ++i) {
        PHAROS_TRY(Value argument, Operand(*node.children[i], dot));
        arguments.push_back(std::move(argument));
      }
      if (last != nullptr) arguments.push_back(*last);
      return FieldOf(first, receiver, first.names.back(), arguments);
    }
    return Operand(first, dot);
  }

  Result<Value> CallFunction(const Node& command, const Node& first, const Value& dot,
                             const Value* last) {
    const std::string& name = *first.constant.As<std::string>();
    const Function& function = functions_.find(name)->second;
    const auto given = static_cast<int>(command.children.size()) - 1 + (last != nullptr ? 1 : 0);
    if (given < function.least || (function.most >= 0 && given > function.most)) {
      const std::string want = function.most < 0 ? "at least " + std::to_string(function.least)
                                                 : std::to_string(function.least);
      return Bad(first, "wrong number of args for " + name + ": want " + want + " got " +
                            std::to_string(given));
    }
    std::vector<Value> arguments;
    for (size_t i = 1; i < command.children.size(); ++i) {
      PHAROS_TRY(Value argument, Operand(*command.children[i], dot));
      // and/or stop at the first answer
      const bool decides =
          (name == "and" && !argument.Truth()) || (name == "or" && argument.Truth());
      if (decides) return argument;
      arguments.push_back(std::move(argument));
    }
    if (last != nullptr) arguments.push_back(*last);
    auto made = function.call(arguments);
    if (!made) return Bad(command, "error calling " + name + ": " + made.error().message);
    return made;
  }

  /// Leaves out the last `without` of the node's names.
  Result<Value> Operand(const Node& node, const Value& dot, size_t without = 0) {
    PHAROS_TRY_VOID(Step(node));
    switch (node.kind) {
      case Node::Kind::kDot: return dot;
      case Node::Kind::kConstant: return node.constant;
      case Node::Kind::kField: return FieldsOf(node, dot, without);
      case Node::Kind::kPipeline: return Pipeline(node, dot);
      case Node::Kind::kFunction: {
        Node command;
        command.text = node.text;
        command.position = node.position;
        command.children.push_back(nullptr);
        return CallFunction(command, node, dot, nullptr);
      }
      case Node::Kind::kChain: {
        PHAROS_TRY(const Value head, Operand(*node.pipeline, dot));
        return FieldsOf(node, head, without);
      }
      case Node::Kind::kVariable: {
        const std::string& name = *node.constant.As<std::string>();
        for (auto v = variables_.rbegin(); v != variables_.rend(); ++v) {
          if (v->first == name) return FieldsOf(node, v->second, without);
        }
        return Bad(node, "undefined variable: " + name);
      }
      default: return Bad(node, "can't evaluate this");
    }
  }

  Result<Value> FieldsOf(const Node& node, Value value, size_t without) {
    for (size_t i = 0; i + without < node.names.size(); ++i) {
      PHAROS_TRY(value, FieldOf(node, value, node.names[i], {}));
    }
    return value;
  }

  Result<Value> FieldOf(const Node& node, const Value& value, const std::string& name,
                        std::span<const Value> arguments) {
    const Object* object = value.object();
    std::optional<Result<Value>> called;
    if (object != nullptr) called = object->Call(name, arguments);
    if (const auto* time = value.As<Time>()) called = CallTimeMethod(*time, name, arguments);
    if (called) {
      if (*called) return *std::move(called);
      return Bad(node, "error calling " + name + ": " + called->error().message);
    }
    if (!arguments.empty()) return Bad(node, name + " is not a method but has arguments");
    if (const auto* fields = value.As<const Fields*>()) return (*fields)->Field(name);
    if (const Map* map = value.map()) {
      const auto found = map->find(name);
      if (found != map->end()) return found->second;
      if (object == nullptr || object->Absent()) return value.Absent();
    } else if (value.IsNil()) {
      return Bad(node, "nil data; no entry for key \"" + name + "\"");
    }
    return Bad(node, "can't evaluate field " + name + " in type " + std::string(value.TypeName()));
  }

  using List_ = tmpl::List;
  const Source& main_;
  const Source* source_;  ///< of the nodes that run now
  const FunctionMap& functions_;
  std::string* out_;
  const size_t start_;
  const RunOptions options_;
  std::optional<std::string> executing_;
  std::vector<std::pair<std::string, Value>> variables_;
  size_t steps_ = 0;
  int calls_ = 0;
};

}  // namespace

Template::Template(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;
Template::~Template() = default;

Result<Template> Template::Parse(std::string name, std::string text, const FunctionMap& functions) {
  auto body = std::make_unique<Body>();
  body->source.name = std::move(name);
  body->source.text = std::move(text);
  body->functions = &functions;
  PHAROS_TRY(body->source.parsed, ParseTemplate(body->source.name, body->source.text, functions));
  return Template(std::move(body));
}

Result<void> Template::Run(const Value& dot, std::string* out, std::string_view missing) const {
  return Run(dot, out, RunOptions{.missing = missing});
}

Result<void> Template::Run(const Value& dot, std::string* out, const RunOptions& options) const {
  return Runner(body_->source, *body_->functions, out, options).Run(dot);
}

Result<void> TemplateSet::Add(std::string name, std::string text) {
  auto source = std::make_shared<Source>();
  source->name = std::move(name);
  source->text = std::move(text);
  PHAROS_TRY(source->parsed, ParseTemplate(source->name, source->text, *functions_));
  for (const auto& [defined, body] : source->parsed.defined) {
    named_[defined] = {source.get(), &body};
  }
  named_[source->name] = {source.get(), &source->parsed.root};
  sources_.push_back(std::move(source));
  return {};
}

TemplateSet::Found TemplateSet::Find(std::string_view name) const {
  const auto found = named_.find(name);
  return found != named_.end() ? found->second : Found{};
}

}  // namespace pharos::tmpl
