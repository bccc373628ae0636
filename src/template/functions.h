// How functions read their arguments. Internal to template/.
#pragma once

#include <string>

#include "template/value.h"

namespace pharos::tmpl {

/// Sprig's conversions: they never fail, what cannot be read is 0.
int64_t ToInt(const Value& value);
double ToDouble(const Value& value);

/// Runes of a UTF-8 text [from, to), counted as Go counts them.
std::string RuneSlice(const std::string& text, size_t from, size_t to);
size_t RuneCount(std::string_view text);

void AddBuiltins(FunctionMap* map);
void AddStrings(FunctionMap* map);
void AddNumbers(FunctionMap* map);
void AddTimes(FunctionMap* map);
void AddRegex(FunctionMap* map);

/// `%d %s %v %q %5.2f …`
base::Result<std::string> Printf(std::string_view format, std::span<const Value> arguments);

}  // namespace pharos::tmpl
