// TokenCalls: the module's functions, each call under watch.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string_view>
#include <type_traits>

#include "hsm/call_watch.h"

namespace hsm {

// Copyable; borrows both. Nothing else calls a function of the module once it is loaded.
class TokenCalls {
 public:
  TokenCalls(CK_FUNCTION_LIST& functions, CallWatch& watch)
      : functions_(&functions), watch_(&watch) {}

  template <typename... Arguments>
  CK_RV Call(std::string_view name, CK_RV (*CK_FUNCTION_LIST::*function)(Arguments...),
             std::type_identity_t<Arguments>... arguments) const {
    const CallWatch::Inside inside(*watch_, name);
    return (functions_->*function)(arguments...);
  }

 private:
  CK_FUNCTION_LIST* functions_;
  CallWatch* watch_;
};

}  // namespace hsm
