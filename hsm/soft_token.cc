// Makes a software token. Development only.
#include <cstdlib>
#include <utility>

#include "hsm/keyholder.h"
#include "hsm/module.h"
#include "hsm/session.h"
#include "hsm/token_error.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kLabelSize = 32;

base::Status Check(CK_RV rv, std::string_view attempted) {
  if (rv == CKR_OK) return base::Ok();
  return TokenError(rv, attempted);
}

CK_UTF8CHAR_PTR Input(base::ByteSpan bytes) {
  return const_cast<CK_UTF8CHAR_PTR>(bytes.data());
}

base::Result<CK_SLOT_ID> EmptySlot(const Module& module) {
  ASSIGN_OR_RETURN(const std::vector<CK_SLOT_ID> slots, module.Slots());
  for (const CK_SLOT_ID slot : slots) {
    ASSIGN_OR_RETURN(const CK_TOKEN_INFO info, module.Token(slot));
    if ((info.flags & CKF_TOKEN_INITIALIZED) == 0) return slot;
  }
  return Error{ErrorCode::kUnavailable, "token.absent", "the module has no empty slot"};
}

base::Status SetUserPin(const Module& module, CK_SLOT_ID slot, base::ByteSpan so_pin,
                        base::ByteSpan user_pin) {
  CK_FUNCTION_LIST& functions = module.functions();
  ASSIGN_OR_RETURN(const Session session, Session::Open(functions, slot, SessionMode::kReadWrite));
  RETURN_IF_ERROR(
      Check(functions.C_Login(session.handle(), CKU_SO, Input(so_pin), so_pin.size()), "C_Login"));
  return Check(functions.C_InitPIN(session.handle(), Input(user_pin), user_pin.size()),
               "C_InitPIN");
}

}  // namespace

base::Status InitialiseSoftToken(const KeyholderConfig& config, const base::Secret& so_pin,
                                 const base::Secret& user_pin) {
  if (config.token_label.empty() || config.token_label.size() > kLabelSize)
    return Error{ErrorCode::kInvalidInput, "key.malformed-label",
                 "a token label has 1 to 32 characters"};
  for (const auto& [name, value] : config.environment) ::setenv(name.c_str(), value.c_str(), 1);
  ASSIGN_OR_RETURN(const Module module, Module::Load(config.module));
  if (module.FindToken(config.token_label).ok())
    return Error{ErrorCode::kConflict, "token.exists",
                 "there is a token labelled " + config.token_label};
  ASSIGN_OR_RETURN(const CK_SLOT_ID slot, EmptySlot(module));
  std::string label = config.token_label;
  label.resize(kLabelSize, ' ');
  const base::ByteSpan so = so_pin.Reveal();
  RETURN_IF_ERROR(
      Check(module.functions().C_InitToken(slot, Input(so), so.size(), Input(base::AsBytes(label))),
            "C_InitToken"));
  return SetUserPin(module, slot, so, user_pin.Reveal());
}

}  // namespace hsm
