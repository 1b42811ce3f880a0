#include "hsm/session.h"

#include <array>

#include "base/secret.h"
#include "hsm/token_error.h"

namespace hsm {
namespace {

// Larger than any signature or sealed key of ours (RSA-8192 makes 1,024 bytes).
constexpr std::size_t kMaxOutput = 2048;

// The C interface takes inputs without const but only reads them.
CK_BYTE_PTR Input(base::ByteSpan bytes) {
  return const_cast<CK_BYTE_PTR>(bytes.data());
}

}  // namespace

base::Result<Session> Session::Open(const TokenCalls& calls, CK_SLOT_ID slot, SessionMode mode) {
  const CK_FLAGS flags =
      CKF_SERIAL_SESSION | (mode == SessionMode::kReadWrite ? CKF_RW_SESSION : CK_FLAGS{0});
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  const CK_RV rv = calls.Call("C_OpenSession", &CK_FUNCTION_LIST::C_OpenSession, slot, flags,
                              nullptr, nullptr, &handle);
  if (rv != CKR_OK) return TokenError(rv, "C_OpenSession");
  return Session(calls, handle);
}

base::Result<Session> Session::OpenReadWrite() {
  CK_SESSION_INFO info{};
  RETURN_IF_ERROR(Do("C_GetSessionInfo", &CK_FUNCTION_LIST::C_GetSessionInfo, &info));
  return Open(calls_, info.slotID, SessionMode::kReadWrite);
}

Session::~Session() {
  if (handle_ != CK_INVALID_HANDLE)
    calls_.Call("C_CloseSession", &CK_FUNCTION_LIST::C_CloseSession, handle_);
}

Session::Session(Session&& other) noexcept
    : known_keys(std::move(other.known_keys)),
      calls_(other.calls_),
      handle_(std::exchange(other.handle_, CK_INVALID_HANDLE)),
      lost_(other.lost_),
      failed_(other.failed_) {}

base::Status Session::Check(CK_RV rv, std::string_view attempted) {
  if (rv == CKR_OK) return base::Ok();
  failed_ = true;
  // Modules do not agree on what a key answers that a logout has hidden.
  if (MeansTokenLost(rv) || !IsLoggedIn()) lost_ = true;
  return TokenError(rv, attempted);
}

bool Session::IsLoggedIn() const {
  CK_SESSION_INFO info{};
  const CK_RV rv =
      calls_.Call("C_GetSessionInfo", &CK_FUNCTION_LIST::C_GetSessionInfo, handle_, &info);
  return rv == CKR_OK &&
         (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

base::Result<base::Bytes> Session::Finish(CK_RV rv, base::Bytes output, CK_ULONG size,
                                          std::string_view attempted) {
  RETURN_IF_ERROR(Check(rv, attempted));
  output.resize(size);
  return output;
}

base::Result<base::Bytes> Session::Sign(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                        base::ByteSpan data) {
  RETURN_IF_ERROR(Do("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, &mechanism, key));
  base::Bytes value(kMaxOutput);
  CK_ULONG size = value.size();
  const CK_RV rv = calls_.Call("C_Sign", &CK_FUNCTION_LIST::C_Sign, handle_, Input(data),
                               data.size(), value.data(), &size);
  return Finish(rv, std::move(value), size, "C_Sign");
}

base::Result<base::Bytes> Session::Encrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                           base::ByteSpan text) {
  RETURN_IF_ERROR(Do("C_EncryptInit", &CK_FUNCTION_LIST::C_EncryptInit, &mechanism, key));
  base::Bytes sealed(kMaxOutput);
  CK_ULONG size = sealed.size();
  const CK_RV rv = calls_.Call("C_Encrypt", &CK_FUNCTION_LIST::C_Encrypt, handle_, Input(text),
                               text.size(), sealed.data(), &size);
  return Finish(rv, std::move(sealed), size, "C_Encrypt");
}

base::Result<base::Bytes> Session::Decrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                           base::ByteSpan text) {
  RETURN_IF_ERROR(Do("C_DecryptInit", &CK_FUNCTION_LIST::C_DecryptInit, &mechanism, key));
  base::Bytes plain(text.size());
  CK_ULONG size = plain.size();
  const CK_RV rv = calls_.Call("C_Decrypt", &CK_FUNCTION_LIST::C_Decrypt, handle_, Input(text),
                               text.size(), plain.data(), &size);
  if (rv != CKR_OK) base::WipeBytes(plain);
  return Finish(rv, std::move(plain), size, "C_Decrypt");
}

base::Result<base::Bytes> Session::Random(std::size_t count) {
  base::Bytes random(count);
  RETURN_IF_ERROR(
      Do("C_GenerateRandom", &CK_FUNCTION_LIST::C_GenerateRandom, random.data(), count));
  return random;
}

base::Result<std::vector<CK_OBJECT_HANDLE>> Session::Find(Attributes pattern) {
  RETURN_IF_ERROR(Do("C_FindObjectsInit", &CK_FUNCTION_LIST::C_FindObjectsInit, pattern.data(),
                     pattern.size()));
  std::vector<CK_OBJECT_HANDLE> found;
  while (true) {
    std::array<CK_OBJECT_HANDLE, 64> batch{};
    CK_ULONG count = 0;
    RETURN_IF_ERROR(
        Do("C_FindObjects", &CK_FUNCTION_LIST::C_FindObjects, batch.data(), batch.size(), &count));
    if (count == 0) break;
    found.insert(found.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
  RETURN_IF_ERROR(Do("C_FindObjectsFinal", &CK_FUNCTION_LIST::C_FindObjectsFinal));
  if (found.empty() && !IsLoggedIn())
    RETURN_IF_ERROR(Check(CKR_USER_NOT_LOGGED_IN, "C_FindObjects"));
  return found;
}

base::Result<base::Bytes> Session::Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  RETURN_IF_ERROR(
      Do("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue, object, &attribute, 1));
  if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
    return TokenError(CKR_ATTRIBUTE_TYPE_INVALID, "C_GetAttributeValue");
  base::Bytes value(attribute.ulValueLen);
  attribute.pValue = value.data();
  RETURN_IF_ERROR(
      Do("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue, object, &attribute, 1));
  value.resize(attribute.ulValueLen);
  return value;
}

base::Result<CK_OBJECT_HANDLE> Session::GenerateKey(CK_MECHANISM mechanism, Attributes key) {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(Do("C_GenerateKey", &CK_FUNCTION_LIST::C_GenerateKey, &mechanism, key.data(),
                     key.size(), &handle));
  return handle;
}

base::Result<KeyPairHandles> Session::GenerateKeyPair(CK_MECHANISM mechanism, Attributes public_key,
                                                      Attributes private_key) {
  KeyPairHandles pair{CK_INVALID_HANDLE, CK_INVALID_HANDLE};
  RETURN_IF_ERROR(Do("C_GenerateKeyPair", &CK_FUNCTION_LIST::C_GenerateKeyPair, &mechanism,
                     public_key.data(), public_key.size(), private_key.data(), private_key.size(),
                     &pair.public_key, &pair.private_key));
  return pair;
}

base::Result<CK_OBJECT_HANDLE> Session::Create(Attributes object) {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(Do("C_CreateObject", &CK_FUNCTION_LIST::C_CreateObject, object.data(),
                     object.size(), &handle));
  return handle;
}

base::Status Session::Destroy(CK_OBJECT_HANDLE object) {
  return Do("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject, object);
}

}  // namespace hsm
