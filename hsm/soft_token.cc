// Makes a software token through libp11. Development only.
//
// libp11 finalises the module when it is done, so this runs where no session pool is open.
#include <libp11.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <cstdlib>
#include <span>
#include <string>
#include <utility>

#include "base/c_handle.h"
#include "hsm/keyholder.h"
#include "hsm/token_error.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using Context = base::CHandle<PKCS11_CTX, PKCS11_CTX_free>;

constexpr std::size_t kLabelSize = 32;

// libp11 puts the module's code into OpenSSL's error queue as the reason.
Error LibP11Error(std::string_view attempted) {
  const auto rv = static_cast<CK_RV>(ERR_GET_REASON(ERR_peek_error()));
  ERR_clear_error();
  return TokenError(rv == CKR_OK ? CKR_GENERAL_ERROR : rv, attempted);
}

// A PIN as the C string that libp11 wants; wiped when it dies.
class PinText {
 public:
  explicit PinText(const base::Secret& pin) : text_(base::AsText(pin.Reveal())) {}
  ~PinText() { OPENSSL_cleanse(text_.data(), text_.size()); }
  PinText(const PinText&) = delete;
  PinText& operator=(const PinText&) = delete;
  const char* get() const { return text_.c_str(); }

 private:
  std::string text_;
};

// The module with its slots. Unloads, which finalises the module, when destroyed.
class LoadedModule {
 public:
  LoadedModule() : context_(PKCS11_CTX_new()) {}
  ~LoadedModule() {
    if (slots_ != nullptr) PKCS11_release_all_slots(context_.get(), slots_, count_);
    if (is_loaded_) PKCS11_CTX_unload(context_.get());
  }
  LoadedModule(const LoadedModule&) = delete;
  LoadedModule& operator=(const LoadedModule&) = delete;

  base::Status Load(const std::filesystem::path& path) {
    if (!context_ || PKCS11_CTX_load(context_.get(), path.c_str()) != 0) {
      ERR_clear_error();
      return Error{ErrorCode::kUnavailable, "token.module-missing",
                   path.string() + ": cannot be loaded"};
    }
    is_loaded_ = true;
    if (PKCS11_enumerate_slots(context_.get(), &slots_, &count_) == 0) return base::Ok();
    return LibP11Error("PKCS11_enumerate_slots");
  }

  std::span<PKCS11_SLOT> slots() { return {slots_, count_}; }

 private:
  Context context_;
  bool is_loaded_ = false;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned count_ = 0;
};

bool HoldsToken(const PKCS11_SLOT& slot) {
  return slot.token != nullptr && slot.token->initialized != 0;
}

base::Result<PKCS11_SLOT*> EmptySlot(LoadedModule& module, std::string_view label) {
  PKCS11_SLOT* empty = nullptr;
  for (PKCS11_SLOT& slot : module.slots()) {
    if (HoldsToken(slot) && slot.token->label != nullptr && slot.token->label == label)
      return Error{ErrorCode::kConflict, "token.exists",
                   "there is a token labelled " + std::string(label)};
    if (slot.token != nullptr && !HoldsToken(slot)) empty = &slot;
  }
  if (empty != nullptr) return empty;
  return Error{ErrorCode::kUnavailable, "token.absent", "the module has no empty slot"};
}

}  // namespace

base::Status InitialiseSoftToken(const KeyholderConfig& config, const base::Secret& so_pin,
                                 const base::Secret& user_pin) {
  std::string label = config.token_label;
  if (label.empty() || label.size() > kLabelSize)
    return Error{ErrorCode::kInvalidInput, "token.malformed-label",
                 "a token label has 1 to 32 characters"};
  for (const auto& [name, value] : config.environment) ::setenv(name.c_str(), value.c_str(), 1);
  LoadedModule module;
  RETURN_IF_ERROR(module.Load(config.module));
  ASSIGN_OR_RETURN(PKCS11_SLOT* const slot, EmptySlot(module, label));
  const PinText so(so_pin);
  const PinText user(user_pin);
  // libp11 hands the label on as it is; C_InitToken reads 32 characters of it.
  label.resize(kLabelSize, ' ');
  if (PKCS11_init_token(slot->token, so.get(), label.c_str()) != 0)
    return LibP11Error("PKCS11_init_token");
  if (PKCS11_login(slot, 1, so.get()) != 0) return LibP11Error("PKCS11_login");
  if (PKCS11_init_pin(slot->token, user.get()) != 0) return LibP11Error("PKCS11_init_pin");
  return base::Ok();
}

}  // namespace hsm
