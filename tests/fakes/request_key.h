// RequestKey: an agency's request key, as it holds it and as it registers it.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/secret.h"

namespace tests {

class RequestKey {
 public:
  // "P-256", "P-384", "P-521", "ED25519" or "RSA".
  explicit RequestKey(std::string_view type, std::size_t rsa_bits = 2048)
      : key_(type == "RSA"       ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", rsa_bits)
             : type == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                 : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", type.data())) {}

  base::Bytes Public() const {
    const Bio bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_PUBKEY(bio.get(), key_.get());
    return Content(bio);
  }
  base::Secret Private() const {
    const Bio bio{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return base::Secret(Content(bio));
  }

  // r || s of 64 bytes. REQUIRES: P-256.
  base::Bytes SignEs256(std::string_view input) const {
    const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    base::Bytes der(128);
    std::size_t size = der.size();
    const base::ByteSpan data = base::AsBytes(input);
    EVP_DigestSign(context.get(), der.data(), &size, data.data(), data.size());
    const std::uint8_t* at = der.data();
    const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> signature{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size))};
    base::Bytes value(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), value.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), value.data() + 32, 32);
    return value;
  }

 private:
  using Bio = base::CHandle<BIO, BIO_free_all>;

  static base::Bytes Content(const Bio& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return base::ToBytes(std::string_view(data, static_cast<std::size_t>(size)));
  }

  base::CHandle<EVP_PKEY, EVP_PKEY_free> key_;
};

}  // namespace tests
