#include "conf/key_table.h"

#include <algorithm>

#include "base/result.h"

namespace pharos::conf {
namespace {

/// Reads the notation. Blocks may refer to blocks that come later, so references are kept as
/// shared nodes that the definition fills.
class TableParser {
 public:
  explicit TableParser(std::string_view text) : text_(text) {}

  std::shared_ptr<KeyTable::Keys> Parse() {
    for (Skip(); at_ < text_.size(); Skip()) {
      Expect('$');
      ReadKeys(*Block(std::string(Name())));
    }
    return Block("root");
  }

 private:
  std::shared_ptr<KeyTable::Keys> Block(const std::string& name) {
    auto& block = blocks_[name];
    if (block == nullptr) block = std::make_shared<KeyTable::Keys>();
    return block;
  }
  void Skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  void Expect(char c) {
    PHAROS_CHECK(at_ < text_.size() && text_[at_] == c,
                 "key table: expected " + std::string(1, c) + " before \"" +
                     std::string(text_.substr(at_, 20)) + "\"");
    ++at_;
  }
  std::string_view Name() {
    const size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '*') ++at_;
    while (at_ < text_.size() && text_.find_first_of(" \n{}:*@$", at_) != at_) ++at_;
    PHAROS_CHECK(at_ > begin, "key table: a name is missing");
    return text_.substr(begin, at_ - begin);
  }
  void ReadKeys(KeyTable::Keys& keys) {
    Expect('{');
    for (Skip(); at_ < text_.size() && text_[at_] != '}'; Skip()) ReadKey(keys);
    Expect('}');
  }
  void ReadKey(KeyTable::Keys& keys) {
    KeyTable::Key& key = keys.named[std::string(Name())];
    if (Next('@')) key.gone = Name();
    if (Next('*')) {
      key.free = true;
    } else if (Next(':')) {
      key.below = Block(std::string(Name()));
    } else if (at_ < text_.size() && text_[at_] == '{') {
      // A second mention adds to the first: to a copy, where the first is a shared block.
      key.below = key.below == nullptr ? std::make_shared<KeyTable::Keys>()
                                       : std::make_shared<KeyTable::Keys>(*key.below);
      ReadKeys(*key.below);
    }
  }
  bool Next(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::map<std::string, std::shared_ptr<KeyTable::Keys>> blocks_;
};

class Walker {
 public:
  Walker(const std::vector<KeyRule>& rules, std::string_view program, Faults& faults)
      : rules_(rules), program_(program), faults_(faults) {}

  /// `rule` is what the keys of this map inherit; null: a key above said it for all.
  void Map(const Node& node, const KeyTable::Keys& keys, const std::string& path,
           const KeyRule* rule) {
    if (node.kind == Node::Kind::kSequence) {
      for (const Node& item : node.items) Map(item, keys, path, rule);
      return;
    }
    for (const Field& field : node.fields) One(field, keys, path, rule);
  }

 private:
  void One(const Field& field, const KeyTable::Keys& keys, const std::string& path,
           const KeyRule* inherited) {
    const std::string here = path.empty() ? field.name : path + "." + field.name;
    const KeyRule* own = RuleAt(here);
    const KeyTable::Key* key = keys.Find(field.name);
    if (key == nullptr && own == nullptr) {
      faults_.Add(field.line, "field " + field.name + " not found in " + Owner(path));
      return;
    }
    const KeyRule* rule = own != nullptr ? own : inherited;
    if (rule != nullptr && !RulesBelow(field.value, here)) {
      Apply(*rule, field, here);
      rule = nullptr;
    }
    if (key == nullptr) return;
    if (!key->gone.empty()) {
      faults_.Note({field.line, Verdict::kWarning, here,
                    std::string(program_) + " " + key->gone + " dropped this key"});
    }
    if (key->free) return;
    if (key->below != nullptr) {
      Map(field.value, *key->below, here, rule);
    } else if (field.value.kind == Node::Kind::kMap) {
      for (const Field& below : field.value.fields)
        faults_.Add(below.line, "field " + below.name + " not found in " + Owner(here));
    }
  }

  /// True when a key below `node`, which stands at `path`, has a rule of its own.
  bool RulesBelow(const Node& node, const std::string& path) const {
    for (const KeyRule& rule : rules_) {
      if (rule.path.size() <= path.size() || !rule.path.starts_with(path) ||
          rule.path[path.size()] != '.')
        continue;
      if (Has(node, rule.path.substr(path.size() + 1))) return true;
    }
    return false;
  }
  static bool Has(const Node& node, std::string_view path) {
    for (const Node& item : node.items) {
      if (Has(item, path)) return true;
    }
    const size_t dot = path.find('.');
    const Node* below = node.Find(path.substr(0, dot));
    return below != nullptr && (dot == std::string_view::npos || Has(*below, path.substr(dot + 1)));
  }

  std::string Owner(const std::string& path) const {
    return path.empty() ? std::string(program_) + "'s configuration"
                        : path + " of " + std::string(program_) + "'s configuration";
  }

  const KeyRule* RuleAt(std::string_view path) const {
    for (const KeyRule& rule : rules_) {
      if (rule.path == path) return &rule;
    }
    return nullptr;
  }

  void Apply(const KeyRule& rule, const Field& field, const std::string& here) {
    const bool as_here = !rule.unless.empty() && field.value.scalar == rule.unless;
    switch (as_here ? KeyRule::Does::kHonoured : rule.does) {
      case KeyRule::Does::kHonoured:
        faults_.Note({field.line, Verdict::kHonoured, here, ""});
        break;
      case KeyRule::Does::kMoot:
        faults_.Note({field.line, Verdict::kMoot, here, std::string(rule.text)});
        break;
      case KeyRule::Does::kWarn:
        faults_.Note({field.line, Verdict::kWarning, here, std::string(rule.text)});
        break;
      case KeyRule::Does::kNotSupported:
        faults_.Add(field.line,
                    "field " + here + " is not supported yet: " + std::string(rule.text));
    }
  }

  const std::vector<KeyRule>& rules_;
  const std::string_view program_;
  Faults& faults_;
};

}  // namespace

const KeyTable::Key* KeyTable::Keys::Find(std::string_view name) const {
  auto found = named.find(name);
  if (found == named.end()) found = named.find("*");
  return found == named.end() ? nullptr : &found->second;
}

KeyTable::KeyTable(std::string_view text) : root_(TableParser(text).Parse()) {}

void WalkKeys(const Node& root, const KeyTable& table, const std::vector<KeyRule>& rules,
              std::string_view program, Faults& faults) {
  if (root.kind == Node::Kind::kScalar || root.kind == Node::Kind::kSequence) {
    faults.Add(root.line, std::string(program) + "'s configuration must be a map of keys");
    return;
  }
  Walker(rules, program, faults).Map(root, table.root(), "", nullptr);
}

const Node* AtPath(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (node != nullptr && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    node = node->Find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return node != nullptr && node->kind != Node::Kind::kNull ? node : nullptr;
}

int LineAtPath(const Node& root, std::string_view path) {
  const Node* node = &root;
  int line = root.line;
  while (node != nullptr && !path.empty()) {
    const size_t dot = std::min(path.find('.'), path.size());
    const Node* next = nullptr;
    for (const Field& field : node->fields) {
      if (field.name != path.substr(0, dot)) continue;
      next = &field.value;
      line = field.line;
    }
    node = next;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return line;
}

}  // namespace pharos::conf
