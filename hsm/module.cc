#include "hsm/module.h"

#include <dlfcn.h>

#include <utility>

#include "hsm/token_error.h"

namespace hsm {
namespace {

// NSS reads its text from where the standard has pReserved, and then one pointer more, which has
// to be null.
struct InitializeArguments {
  CK_C_INITIALIZE_ARGS standard{};
  void* after_text = nullptr;
};

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

base::Result<Module> Module::Load(const std::filesystem::path& path, const std::string& arguments,
                                  CallWatch& watch) {
  // NODELETE: see the header. The handle is therefore of no further use.
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) return ModuleMissing(path, "cannot be loaded");
  const auto get_list =
      reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get_list == nullptr) return ModuleMissing(path, "is no PKCS#11 module");
  CK_FUNCTION_LIST* functions = nullptr;
  if (const CK_RV rv = get_list(&functions); rv != CKR_OK)
    return TokenError(rv, "C_GetFunctionList");
  const TokenCalls calls(*functions, watch);
  InitializeArguments initialize;
  initialize.standard.flags = CKF_OS_LOCKING_OK;
  if (!arguments.empty())
    initialize.standard.pReserved = const_cast<char*>(arguments.c_str());  // Only read.
  const CK_RV rv = calls.Call("C_Initialize", &CK_FUNCTION_LIST::C_Initialize, &initialize);
  if (rv != CKR_OK) return TokenError(rv, "C_Initialize");
  return Module(calls);
}

Module::~Module() {
  if (calls_) calls_->Call("C_Finalize", &CK_FUNCTION_LIST::C_Finalize, nullptr);
}

Module::Module(Module&& other) noexcept : calls_(std::exchange(other.calls_, std::nullopt)) {}

base::Result<std::vector<CK_SLOT_ID>> Module::Slots() const {
  // Asked for the count first: that is when a module looks for tokens that came or went
  // (PKCS#11 2.40, C_GetSlotList: "if pSlotList is NULL_PTR").
  CK_ULONG count = 0;
  CK_RV rv =
      calls_->Call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, CK_TRUE, nullptr, &count);
  if (rv != CKR_OK) return TokenError(rv, "C_GetSlotList");
  std::vector<CK_SLOT_ID> slots(count);
  rv = calls_->Call("C_GetSlotList", &CK_FUNCTION_LIST::C_GetSlotList, CK_TRUE, slots.data(),
                    &count);
  if (rv != CKR_OK) return TokenError(rv, "C_GetSlotList");
  slots.resize(count);
  return slots;
}

base::Result<CK_TOKEN_INFO> Module::Token(CK_SLOT_ID slot) const {
  CK_TOKEN_INFO info{};
  const CK_RV rv = calls_->Call("C_GetTokenInfo", &CK_FUNCTION_LIST::C_GetTokenInfo, slot, &info);
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
  if (calls_->Call("C_GetInfo", &CK_FUNCTION_LIST::C_GetInfo, &info) != CKR_OK)
    return "unknown module";
  return Unpadded(info.libraryDescription) + " " + std::to_string(info.libraryVersion.major) + "." +
         std::to_string(info.libraryVersion.minor);
}

}  // namespace hsm
