// Result<T>: how every function that can fail reports failure.
//
// A Result holds either a value or an Error. Ignoring one does not compile
// ([[nodiscard]] with -Werror), and reading the value of a failed one stops
// the process instead of returning garbage.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace base {

// What the caller should do about a failure. Add a code only when some caller
// would act differently on it; details belong in Error::reason and message.
enum class ErrorCode {
  kInvalidInput,    // The caller's bytes or arguments are wrong. Do not retry.
  kNotFound,        // The named thing does not exist.
  kConflict,        // It exists already, or changed since it was read.
  kDenied,          // The caller is known but may not do this.
  kUnavailable,     // Token, TSA, OCSP or disk cannot serve now. Retry later.
  kOutcomeUnknown,  // It may or may not have happened. Look before answering.
  kCorrupted,       // Stored bytes fail their own check. Stop; call a human.
  kInternal,        // A bug of ours.
};

struct Error {
  ErrorCode code;
  // Stable, for programs: "token.pin-refused". Every reason has its sentence in
  // Latvian and English in base/error_text.cc; a test holds the two together.
  std::string reason;
  std::string message;  // For operators: what was tried, on which id. Never a secret.
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool ok() const { return state_.index() == 0; }

  // REQUIRES: ok(). Otherwise the process aborts.
  const T& value() const& { return Checked(std::get_if<0>(&state_)); }
  T& value() & { return Checked(std::get_if<0>(&state_)); }
  T value() && { return std::move(Checked(std::get_if<0>(&state_))); }

  // REQUIRES: !ok(). Otherwise the process aborts.
  const Error& error() const { return Checked(std::get_if<1>(&state_)); }

 private:
  template <typename U>
  static U& Checked(U* alternative) {
    if (alternative == nullptr) {
      static_cast<void>(std::fputs("base::Result: read the wrong alternative\n", stderr));
      std::abort();
    }
    return *alternative;
  }

  std::variant<T, Error> state_;
};

struct Unit {};
using Status = Result<Unit>;
inline Status Ok() {
  return Unit{};
}

}  // namespace base

// The only control-flow macros in the project.
//   RETURN_IF_ERROR(ledger.Check());
//   ASSIGN_OR_RETURN(const Receipt receipt, ledger.Append(record));
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot be in parentheses.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (auto status_ = (expr); !status_.ok()) return status_.error(); \
  } while (false)

#define ASSIGN_OR_RETURN(decl, expr) \
  ASSIGN_OR_RETURN_IMPL_(RESULT_CONCAT_(result_, __LINE__), decl, expr)
#define ASSIGN_OR_RETURN_IMPL_(result, decl, expr) \
  auto result = (expr);                            \
  if (!result.ok()) return result.error();         \
  decl = std::move(result).value()
#define RESULT_CONCAT_(a, b) RESULT_CONCAT_IMPL_(a, b)
#define RESULT_CONCAT_IMPL_(a, b) a##b
// NOLINTEND(bugprone-macro-parentheses)
