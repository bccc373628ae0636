// Loki's stream labels as text: `{app="shop", env="prod"}`, read as Loki reads them and
// refused in its words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/labels.h"

namespace pharos::wire {

/// Labels without empty values. A bare or leading metric name is `__name__`, as there.
/// kBadInput with Loki's text: "1:4: parse error: unterminated quoted string".
base::Result<model::Labels> ParseStreamLabels(std::string_view text);

/// The text of a set, as Loki prints it: `{app="shop", env="prod"}`, values Go-quoted.
std::string StreamLabelsText(const model::Labels& labels);

}  // namespace pharos::wire
