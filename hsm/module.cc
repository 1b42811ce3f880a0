#include "hsm/module.h"

#include <dlfcn.h>

#include <utility>

#include "hsm/token_error.h"

namespace hsm {
namespace {

base::Error ModuleMissing(const std::filesystem::path& path, std::string_view why) {
  return {base::ErrorCode::kUnavailable, "token.module-missing",
          path.string() + ": " + std::string(why)};
}

}  // namespace

std::string Unpadded(base::ByteSpan text) {
  std::string result = base::ToString(text);
  result.erase(result.find_last_not_of(' ') + 1);
  return result;
}

base::Result<Module> Module::Load(const std::filesystem::path& path) {
  // NODELETE: see the header. The handle is therefore of no further use.
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return ModuleMissing(path, "cannot be loaded");
  const auto get_list =
      reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get_list == nullptr) return ModuleMissing(path, "is no PKCS#11 module");
  CK_FUNCTION_LIST* functions = nullptr;
  if (const CK_RV rv = get_list(&functions); rv != CKR_OK)
    return TokenError(rv, "C_GetFunctionList");
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV rv = functions->C_Initialize(&arguments);
  if (rv != CKR_OK) return TokenError(rv, "C_Initialize");
  return Module(*functions);
}

Module::~Module() {
  if (functions_ != nullptr) functions_->C_Finalize(nullptr);
}

Module::Module(Module&& other) noexcept : functions_(std::exchange(other.functions_, nullptr)) {}

base::Result<std::vector<CK_SLOT_ID>> Module::Slots() const {
  // Asked for the count first: that is when a module looks for tokens that came or went
  // (PKCS#11 2.40, C_GetSlotList: "if pSlotList is NULL_PTR").
  CK_ULONG count = 0;
  CK_RV rv = functions_->C_GetSlotList(CK_TRUE, nullptr, &count);
  if (rv != CKR_OK) return TokenError(rv, "C_GetSlotList");
  std::vector<CK_SLOT_ID> slots(count);
  rv = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count);
  if (rv != CKR_OK) return TokenError(rv, "C_GetSlotList");
  slots.resize(count);
  return slots;
}

base::Result<CK_TOKEN_INFO> Module::Token(CK_SLOT_ID slot) const {
  CK_TOKEN_INFO info{};
  const CK_RV rv = functions_->C_GetTokenInfo(slot, &info);
  if (rv != CKR_OK) return TokenError(rv, "C_GetTokenInfo");
  return info;
}

base::Result<CK_SLOT_ID> Module::FindToken(std::string_view label) const {
  ASSIGN_OR_RETURN(const std::vector<CK_SLOT_ID> slots, Slots());
  for (const CK_SLOT_ID slot : slots) {
    const auto info = Token(slot);
    if (!info.ok()) continue;  // Another token's trouble is not ours.
    if ((info.value().flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    if (Unpadded(info.value().label) == label) return slot;
  }
  return base::Error{base::ErrorCode::kUnavailable, "token.absent",
                     "no slot holds a token labelled " + std::string(label)};
}

std::string Module::Description() const {
  CK_INFO info{};
  if (functions_->C_GetInfo(&info) != CKR_OK) return "unknown module";
  return Unpadded(info.libraryDescription) + " " + std::to_string(info.libraryVersion.major) + "." +
         std::to_string(info.libraryVersion.minor);
}

}  // namespace hsm
