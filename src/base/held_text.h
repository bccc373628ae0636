// A text together with what keeps its memory, whatever that is.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace pharos::base {

/// Copies share the memory.
struct HeldText {
  std::string_view text;
  std::shared_ptr<const void> owner;

  HeldText() = default;
  HeldText(std::string_view text_, std::shared_ptr<const void> owner_)
      : text(text_), owner(std::move(owner_)) {}
  HeldText(std::shared_ptr<const std::string> whole)  // NOLINT(google-explicit-constructor)
      : text(whole ? std::string_view(*whole) : std::string_view()), owner(std::move(whole)) {}
};

}  // namespace pharos::base
