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

base::Result<Session> Session::Open(CK_FUNCTION_LIST& functions, CK_SLOT_ID slot,
                                    SessionMode mode) {
  const CK_FLAGS flags =
      CKF_SERIAL_SESSION | (mode == SessionMode::kReadWrite ? CKF_RW_SESSION : CK_FLAGS{0});
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
  const CK_RV rv = functions.C_OpenSession(slot, flags, nullptr, nullptr, &handle);
  if (rv != CKR_OK) return TokenError(rv, "C_OpenSession");
  return Session(functions, handle);
}

Session::~Session() {
  if (handle_ != CK_INVALID_HANDLE) functions_->C_CloseSession(handle_);
}

Session::Session(Session&& other) noexcept
    : known_keys(std::move(other.known_keys)),
      functions_(other.functions_),
      handle_(std::exchange(other.handle_, CK_INVALID_HANDLE)),
      lost_(other.lost_),
      failed_(other.failed_) {}

base::Status Session::Check(CK_RV rv, std::string_view attempted) {
  if (rv == CKR_OK) return base::Ok();
  failed_ = true;
  if (MeansTokenLost(rv)) lost_ = true;
  return TokenError(rv, attempted);
}

base::Result<base::Bytes> Session::Finish(CK_RV rv, base::Bytes output, CK_ULONG size,
                                          std::string_view attempted) {
  RETURN_IF_ERROR(Check(rv, attempted));
  output.resize(size);
  return output;
}

base::Result<base::Bytes> Session::Sign(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                        base::ByteSpan data) {
  RETURN_IF_ERROR(Check(functions_->C_SignInit(handle_, &mechanism, key), "C_SignInit"));
  base::Bytes value(kMaxOutput);
  CK_ULONG size = value.size();
  const CK_RV rv = functions_->C_Sign(handle_, Input(data), data.size(), value.data(), &size);
  return Finish(rv, std::move(value), size, "C_Sign");
}

base::Result<base::Bytes> Session::Encrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                           base::ByteSpan text) {
  RETURN_IF_ERROR(Check(functions_->C_EncryptInit(handle_, &mechanism, key), "C_EncryptInit"));
  base::Bytes sealed(kMaxOutput);
  CK_ULONG size = sealed.size();
  const CK_RV rv = functions_->C_Encrypt(handle_, Input(text), text.size(), sealed.data(), &size);
  return Finish(rv, std::move(sealed), size, "C_Encrypt");
}

base::Result<base::Bytes> Session::Decrypt(CK_MECHANISM mechanism, CK_OBJECT_HANDLE key,
                                           base::ByteSpan text) {
  RETURN_IF_ERROR(Check(functions_->C_DecryptInit(handle_, &mechanism, key), "C_DecryptInit"));
  base::Bytes plain(text.size());
  CK_ULONG size = plain.size();
  const CK_RV rv = functions_->C_Decrypt(handle_, Input(text), text.size(), plain.data(), &size);
  if (rv != CKR_OK) base::WipeBytes(plain);
  return Finish(rv, std::move(plain), size, "C_Decrypt");
}

base::Result<base::Bytes> Session::Random(std::size_t count) {
  base::Bytes random(count);
  RETURN_IF_ERROR(
      Check(functions_->C_GenerateRandom(handle_, random.data(), count), "C_GenerateRandom"));
  return random;
}

base::Status Session::CheckLoggedIn() {
  CK_SESSION_INFO info{};
  RETURN_IF_ERROR(Check(functions_->C_GetSessionInfo(handle_, &info), "C_GetSessionInfo"));
  const bool user = info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS;
  return Check(user ? CKR_OK : CKR_USER_NOT_LOGGED_IN, "C_FindObjects");
}

base::Result<std::vector<CK_OBJECT_HANDLE>> Session::Find(Attributes pattern) {
  RETURN_IF_ERROR(Check(functions_->C_FindObjectsInit(handle_, pattern.data(), pattern.size()),
                        "C_FindObjectsInit"));
  std::vector<CK_OBJECT_HANDLE> found;
  while (true) {
    std::array<CK_OBJECT_HANDLE, 64> batch{};
    CK_ULONG count = 0;
    RETURN_IF_ERROR(Check(functions_->C_FindObjects(handle_, batch.data(), batch.size(), &count),
                          "C_FindObjects"));
    if (count == 0) break;
    found.insert(found.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count));
  }
  RETURN_IF_ERROR(Check(functions_->C_FindObjectsFinal(handle_), "C_FindObjectsFinal"));
  if (found.empty()) RETURN_IF_ERROR(CheckLoggedIn());
  return found;
}

base::Result<base::Bytes> Session::Attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE attribute{type, nullptr, 0};
  RETURN_IF_ERROR(Check(functions_->C_GetAttributeValue(handle_, object, &attribute, 1),
                        "C_GetAttributeValue"));
  if (attribute.ulValueLen == CK_UNAVAILABLE_INFORMATION)
    return TokenError(CKR_ATTRIBUTE_TYPE_INVALID, "C_GetAttributeValue");
  base::Bytes value(attribute.ulValueLen);
  attribute.pValue = value.data();
  RETURN_IF_ERROR(Check(functions_->C_GetAttributeValue(handle_, object, &attribute, 1),
                        "C_GetAttributeValue"));
  value.resize(attribute.ulValueLen);
  return value;
}

base::Result<CK_OBJECT_HANDLE> Session::GenerateKey(CK_MECHANISM mechanism, Attributes key) {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  RETURN_IF_ERROR(
      Check(functions_->C_GenerateKey(handle_, &mechanism, key.data(), key.size(), &handle),
            "C_GenerateKey"));
  return handle;
}

base::Result<KeyPairHandles> Session::GenerateKeyPair(CK_MECHANISM mechanism, Attributes public_key,
                                                      Attributes private_key) {
  KeyPairHandles pair{CK_INVALID_HANDLE, CK_INVALID_HANDLE};
  RETURN_IF_ERROR(
      Check(functions_->C_GenerateKeyPair(handle_, &mechanism, public_key.data(), public_key.size(),
                                          private_key.data(), private_key.size(), &pair.public_key,
                                          &pair.private_key),
            "C_GenerateKeyPair"));
  return pair;
}

base::Status Session::Create(Attributes object) {
  CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
  return Check(functions_->C_CreateObject(handle_, object.data(), object.size(), &handle),
               "C_CreateObject");
}

base::Status Session::Destroy(CK_OBJECT_HANDLE object) {
  return Check(functions_->C_DestroyObject(handle_, object), "C_DestroyObject");
}

}  // namespace hsm
