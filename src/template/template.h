// Go's text/template: what `line_format`, annotations and notifications are written in.
// One parser and one executor; each user brings the functions that its original had.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "template/value.h"

namespace pharos::tmpl {

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

 private:
  struct Body;
  explicit Template(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace pharos::tmpl
