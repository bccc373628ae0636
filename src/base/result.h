// The one error policy of Pharos. Every call that can fail for a reason outside
// the program (input, network, disk, limits) returns Result; every broken
// invariant of our own aborts through PHAROS_CHECK with its context.
//
// | what went wrong                       | kind            | who acts            |
// |---------------------------------------|-----------------|---------------------|
// | bytes or text that cannot be read     | kBadInput       | the sender          |
// | well-formed, but not allowed here     | kUnprocessable  | the sender          |
// | a thing that is not there             | kNotFound       | the sender          |
// | larger than a limit of bytes          | kTooLarge       | the sender          |
// | a kind we do not take                 | kUnsupported    | the sender          |
// | not allowed to this caller            | kForbidden      | the operator        |
// | more than a limit (series, samples)   | kLimit          | sender or operator  |
// | clash with what exists                | kConflict       | the sender          |
// | try again later (memory, drain)       | kBusy           | the sender, retry   |
// | the caller left or time ran out       | kCancelled, kTimeout | nobody         |
// | the operating system said no          | kIo             | the operator        |
// | the disk is (nearly) full             | kFull           | the operator        |
// | stored bytes that fail their checksum | kCorrupt        | the operator        |
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace pharos::base {

enum class ErrorKind : uint8_t {
  kBadInput,
  kUnprocessable,
  kNotFound,
  kTooLarge,
  kUnsupported,
  kForbidden,
  kLimit,
  kConflict,
  kBusy,
  kCancelled,
  kTimeout,
  kIo,
  kFull,
  kCorrupt,
};

/// A sentence that a user can act on, and the kind that decides the status code.
struct Error {
  ErrorKind kind;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand: `return Fail(ErrorKind::kBadInput, "…");`
[[nodiscard]] inline std::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error{kind, std::move(message)});
}

/// Passes an error on with what was being done in front: "context: message".
[[nodiscard]] inline std::unexpected<Error> Wrap(Error error, std::string_view context) {
  error.message.insert(0, ": ").insert(0, context);
  return std::unexpected<Error>(std::move(error));
}

/// The kind's name in lower case, for logs and metrics ("bad_input", "io").
std::string_view KindName(ErrorKind kind);

/// Prints file, line and message to stderr and aborts. Never returns.
[[noreturn]] void CheckFailed(const char* file, int line, const char* expression,
                              std::string_view context);

}  // namespace pharos::base

/// Aborts with context when an invariant of our own does not hold. Never for input.
#define PHAROS_CHECK(expression, context)                                      \
  do {                                                                         \
    if (!(expression)) [[unlikely]]                                            \
      ::pharos::base::CheckFailed(__FILE__, __LINE__, #expression, (context)); \
  } while (false)

/// `PHAROS_TRY(auto x, Call());` binds the value or returns the error.
#define PHAROS_TRY_CONCAT2(a, b) a##b
#define PHAROS_TRY_CONCAT(a, b) PHAROS_TRY_CONCAT2(a, b)
#define PHAROS_TRY(declaration, call) \
  PHAROS_TRY_IMPL(PHAROS_TRY_CONCAT(try_result_, __LINE__), declaration, call)
#define PHAROS_TRY_IMPL(temporary, declaration, call)     \
  auto temporary = (call);                                \
  if (!temporary) [[unlikely]]                            \
    return std::unexpected(std::move(temporary).error()); \
  declaration = *std::move(temporary)

/// `PHAROS_TRY_VOID(Call());` for Result<void>.
#define PHAROS_TRY_VOID(call)                                 \
  do {                                                        \
    if (auto try_result_ = (call); !try_result_) [[unlikely]] \
      return std::unexpected(std::move(try_result_).error()); \
  } while (false)
