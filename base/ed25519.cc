#include "base/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/c_handle.h"

namespace base {

bool VerifyEd25519(ByteSpan public_key, ByteSpan message, ByteSpan signature) {
  if (public_key.size() != kEd25519KeySize || signature.size() != kEd25519SignatureSize)
    return false;
  const CHandle<EVP_PKEY, EVP_PKEY_free> key{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size())};
  const CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  const bool good =
      key && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                       message.size()) == 1;
  if (!good) ERR_clear_error();  // A bad signature is an answer here, not OpenSSL's news.
  return good;
}

}  // namespace base
