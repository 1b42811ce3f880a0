#include "base/aead.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/c_handle.h"

namespace base {
namespace {

using CipherContext = CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

void Require(bool condition) {
  if (!condition) std::abort();
}

// Looked up once: by name it costs as much as sealing a short text.
const EVP_CIPHER* Aes256Gcm() {
  static const CHandle<EVP_CIPHER, EVP_CIPHER_free> kCipher{
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  Require(kCipher != nullptr);
  return kCipher.get();
}
EVP_KDF* Hkdf() {
  static const CHandle<EVP_KDF, EVP_KDF_free> kKdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  Require(kKdf != nullptr);
  return kKdf.get();
}

CipherContext Start(const Secret& key, ByteSpan nonce, bool encrypt) {
  Require(key.Reveal().size() == kAeadKeySize && nonce.size() == kAeadNonceSize);
  CipherContext context{EVP_CIPHER_CTX_new()};
  Require(context != nullptr);
  Require(EVP_CipherInit_ex(context.get(), Aes256Gcm(), nullptr, key.Reveal().data(), nonce.data(),
                            encrypt ? 1 : 0) == 1);
  return context;
}

void AddAssociated(EVP_CIPHER_CTX* context, ByteSpan associated) {
  int length = 0;
  Require(associated.empty() || EVP_CipherUpdate(context, nullptr, &length, associated.data(),
                                                 static_cast<int>(associated.size())) == 1);
}

}  // namespace

Bytes AeadSeal(const Secret& key, ByteSpan nonce, ByteSpan associated, ByteSpan plaintext) {
  const CipherContext context = Start(key, nonce, true);
  AddAssociated(context.get(), associated);
  Bytes out(plaintext.size() + kAeadTagSize);
  int length = 0;
  Require(plaintext.empty() ||
          EVP_CipherUpdate(context.get(), out.data(), &length, plaintext.data(),
                           static_cast<int>(plaintext.size())) == 1);
  int rest = 0;
  Require(EVP_CipherFinal_ex(context.get(), out.data() + length, &rest) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagSize,
                              out.data() + plaintext.size()) == 1);
  return out;
}

Result<Bytes> AeadOpen(const Secret& key, ByteSpan nonce, ByteSpan associated, ByteSpan sealed) {
  const Error mismatch{ErrorCode::kCorrupted, "aead.mismatch",
                       "sealed bytes do not fit their key, nonce or context"};
  if (sealed.size() < kAeadTagSize || nonce.size() != kAeadNonceSize) return mismatch;
  const ByteSpan text = sealed.first(sealed.size() - kAeadTagSize);
  Bytes tag = {sealed.end() - kAeadTagSize, sealed.end()};

  const CipherContext context = Start(key, nonce, false);
  AddAssociated(context.get(), associated);
  Bytes out(text.size());
  int length = 0;
  Require(text.empty() || EVP_CipherUpdate(context.get(), out.data(), &length, text.data(),
                                           static_cast<int>(text.size())) == 1);
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) == 1);
  int rest = 0;
  if (EVP_CipherFinal_ex(context.get(), out.data() + length, &rest) != 1) {
    WipeBytes(out);
    return mismatch;
  }
  return out;
}

Secret DeriveKey(const Secret& key, std::string_view label) {
  const CHandle<EVP_KDF_CTX, EVP_KDF_CTX_free> context{EVP_KDF_CTX_new(Hkdf())};
  Require(context != nullptr);
  // OSSL_PARAM has no const; the library only reads these.
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  std::string digest = "SHA256";
  std::string info(label);
  const ByteSpan input = key.Reveal();
  const std::array parameters{
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(input.data()),
                                        input.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  Bytes derived(kAeadKeySize);
  Require(EVP_KDF_derive(context.get(), derived.data(), derived.size(), parameters.data()) == 1);
  return Secret(std::move(derived));
}

}  // namespace base
