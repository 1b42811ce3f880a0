// Module: the PKCS#11 library, loaded and initialised.
//
// The library's code stays in the process once loaded: modules register exit handlers and
// threads, so unmapping one is not safe. Being initialised is what Module owns.
#pragma once

#include <p11-kit/pkcs11.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "hsm/token_calls.h"

namespace hsm {

// Movable. Thread-safe once made. At most one in a process for one library.
class Module {
 public:
  // dlopen, C_GetFunctionList, C_Initialize with CKF_OS_LOCKING_OK. `arguments` is text that some
  // modules ask for there; empty for all others. Borrows `watch`.
  //
  // Errors:
  //   kUnavailable "token.module-missing"  no such library, or it is no PKCS#11 module
  //   kUnavailable "token.*"               it refused to start
  static base::Result<Module> Load(const std::filesystem::path& path, const std::string& arguments,
                                   CallWatch& watch);

  // C_Finalize: every session and login of this process ends.
  ~Module();
  Module(Module&& other) noexcept;
  Module& operator=(Module&&) = delete;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  // Valid while this lives.
  const TokenCalls& calls() const { return *calls_; }

  // The slots that hold a token.
  base::Result<std::vector<CK_SLOT_ID>> Slots() const;

  base::Result<CK_TOKEN_INFO> Token(CK_SLOT_ID slot) const;

  // The slot whose initialised token has this label.
  // kUnavailable "token.absent" when none has.
  base::Result<CK_SLOT_ID> FindToken(std::string_view label) const;

  // "description version" as the module says.
  std::string Description() const;

 private:
  explicit Module(const TokenCalls& calls) : calls_(calls) {}

  std::optional<TokenCalls> calls_;  // nullopt: moved away.
};

// PKCS#11 pads texts with blanks instead of ending them.
std::string Unpadded(base::ByteSpan text);

}  // namespace hsm
