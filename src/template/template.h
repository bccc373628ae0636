// Go's text/template: what `line_format`, annotations and notifications are written in.
// One parser and one executor; each user brings the functions that its original had.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "template/value.h"

namespace pharos::tmpl {

struct Source;
struct Node;

/// Templates that others call by name: the default ones and those of an operator's files.
///
/// Owns: the parsed texts; borrows the functions. Threads: immutable after the last Add.
/// Errors: kBadInput as Template::Parse. Cost: parsing; Find is a map lookup.
class TemplateSet {
 public:
  explicit TemplateSet(const FunctionMap& functions) : functions_(&functions) {}
  /// What `text` defines replaces earlier definitions of the same names; the text outside of
  /// definitions is known by `name`.
  base::Result<void> Add(std::string name, std::string text);
  struct Found {
    const Source* source = nullptr;
    const std::vector<std::unique_ptr<Node>>* body = nullptr;
  };
  /// Nulls when nobody defined it.
  Found Find(std::string_view name) const;

 private:
  const FunctionMap* functions_;
  std::vector<std::shared_ptr<const Source>> sources_;
  std::map<std::string, Found, std::less<>> named_;
};

/// Sees everything that a run writes and may change what actions print (HTML escaping).
class OutputEscaper {
 public:
  virtual ~OutputEscaper() = default;
  virtual void Text(std::string_view text) = 0;
  /// `last_function` is the last of the pipeline, "" for none ("urlquery": escaped already).
  virtual std::string Escape(const Value& value, std::string_view last_function) = 0;
};

struct RunOptions {
  std::string_view missing = "<no value>";  ///< what a nil value prints
  const TemplateSet* set = nullptr;         ///< for {{template}} names that the text lacks
  OutputEscaper* escaper = nullptr;
};

/// and, or, not, eq, ne, lt, le, gt, ge, len, index, slice, print, printf, println, html, js,
/// urlquery: what every template has.
const FunctionMap& BuiltinFunctions();
/// The string, number and date functions of Sprig that Loki and Grafana offer, under both
/// spellings (`upper`, `ToUpper`), and the built-in ones.
const FunctionMap& TextFunctions();

/// Owns: the parsed tree and a copy of the functions' map pointer (the map must outlive it).
/// Threads: immutable; runs may overlap. Errors: kBadInput worded as Go does:
/// `template: name:1:5: executing "name" at <.x>: …`. Cost: a walk over the tree; bounded by
/// limits.h.
class Template {
 public:
  static base::Result<Template> Parse(std::string name, std::string text,
                                      const FunctionMap& functions);
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;
  ~Template();

  /// Adds what the template writes to `out`; after an error `out` holds what came before it.
  /// A missing field of a map or of Fields is nil; printed, it is `missing`.
  base::Result<void> Run(const Value& dot, std::string* out,
                         std::string_view missing = "<no value>") const;
  base::Result<void> Run(const Value& dot, std::string* out, const RunOptions& options) const;

 private:
  struct Body;
  explicit Template(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace pharos::tmpl
