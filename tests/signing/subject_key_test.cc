// The two shapes of keys that we make ourselves give what OpenSSL's decoders give.
#include "signing/subject_key.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/c_handle.h"
#include "signing/certificate.h"
#include "signing/certificate_store.h"
#include "signing/openssl_handles.h"
#include "tests/fakes/certificate_maker.h"

namespace signing {
namespace {

using Info = base::CHandle<X509_PUBKEY, X509_PUBKEY_free>;
using Key = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

base::Bytes InfoOf(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  const base::Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::shared_ptr<EVP_PKEY> Read(const base::Bytes& der) {
  X509_PUBKEY* decoded = X509_PUBKEY_new_ex(KeylessContext(), nullptr);
  const unsigned char* at = der.data();
  d2i_X509_PUBKEY(&decoded, &at, static_cast<long>(der.size()));
  const Info info{decoded};
  return info ? SubjectKeyOf(info.get()) : nullptr;
}

Key EcKey(const char* curve, const char* point_format, const char* encoding) {
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  EVP_PKEY_keygen_init(context.get());
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string("group", const_cast<char*>(curve), 0),
      OSSL_PARAM_construct_utf8_string("point-format", const_cast<char*>(point_format), 0),
      OSSL_PARAM_construct_utf8_string("encoding", const_cast<char*>(encoding), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX_set_params(context.get(), parameters.data());
  EVP_PKEY* key = nullptr;
  EVP_PKEY_generate(context.get(), &key);
  return Key{key};
}

Key RsaKey(std::uint64_t exponent) {
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  EVP_PKEY_keygen_init(context.get());
  std::size_t bits = 2048;
  const std::array parameters{OSSL_PARAM_construct_size_t("bits", &bits),
                              OSSL_PARAM_construct_uint64("e", &exponent),
                              OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX_set_params(context.get(), parameters.data());
  EVP_PKEY* key = nullptr;
  EVP_PKEY_generate(context.get(), &key);
  return Key{key};
}

TEST(SubjectKeyTest, EveryCurveAndPointFormatGivesTheSameKey) {
  for (const char* curve : {"P-256", "P-384", "P-521", "P-224", "P-192", "secp256k1",
                            "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}) {
    for (const char* format : {"uncompressed", "compressed", "hybrid"}) {
      const Key key = EcKey(curve, format, "named_curve");
      if (!key) continue;  // Not every build of OpenSSL has every curve.
      const auto read = Read(InfoOf(key.get()));
      ASSERT_TRUE(read) << curve << format;
      EXPECT_EQ(EVP_PKEY_eq(read.get(), key.get()), 1) << curve << format;
      EXPECT_EQ(EVP_PKEY_get_bits(read.get()), EVP_PKEY_get_bits(key.get())) << curve;
    }
  }
}

TEST(SubjectKeyTest, RsaAndTheRestGiveTheSameKey) {
  for (const std::uint64_t exponent : {3ULL, 65537ULL, 4294967297ULL}) {
    const Key key = RsaKey(exponent);
    const auto read = Read(InfoOf(key.get()));
    ASSERT_TRUE(read) << exponent;
    EXPECT_EQ(EVP_PKEY_eq(read.get(), key.get()), 1) << exponent;
  }
  const Key edwards{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  const auto read = Read(InfoOf(edwards.get()));
  ASSERT_TRUE(read);
  EXPECT_EQ(EVP_PKEY_eq(read.get(), edwards.get()), 1);
}

TEST(SubjectKeyTest, ACurveThatIsSpelledOutIsRefused) {
  EXPECT_FALSE(Read(InfoOf(EcKey("P-256", "uncompressed", "explicit").get())));
}

TEST(SubjectKeyTest, ACurveThatNobodySignsWithIsRefused) {
  const Key key = EcKey("sect283k1", "uncompressed", "named_curve");
  if (!key) GTEST_SKIP() << "this OpenSSL has no binary curves";
  EXPECT_FALSE(Read(InfoOf(key.get())));
}

// What OpenSSL's decoders refuse we refuse, and no turned bit gives another key than theirs.
TEST(SubjectKeyTest, EveryTurnedBitGivesWhatTheDecodersGiveOrNothing) {
  for (const Key& key : {EcKey("P-256", "uncompressed", "named_curve"), RsaKey(65537)}) {
    const base::Bytes der = InfoOf(key.get());
    for (std::size_t i = 0; i < der.size() * 8; ++i) {
      base::Bytes forged = der;
      forged[i / 8] = static_cast<std::uint8_t>(forged[i / 8] ^ (1U << (i % 8)));
      const auto read = Read(forged);
      if (!read) continue;
      const unsigned char* at = forged.data();
      const Key theirs{d2i_PUBKEY(nullptr, &at, static_cast<long>(forged.size()))};
      ASSERT_TRUE(theirs) << i;
      EXPECT_EQ(EVP_PKEY_eq(read.get(), theirs.get()), 1) << i;
    }
  }
}

TEST(SubjectKeyTest, ExponentsThatProveNothingOrCostTooMuchAreRefused) {
  const base::Bytes good = InfoOf(RsaKey(65537).get());
  for (const unsigned last : {0U, 2U, 4U}) {  // 65536, 65538, 65540
    base::Bytes der = good;
    der.back() = static_cast<std::uint8_t>(last);
    EXPECT_FALSE(Read(der)) << last;
  }
  base::Bytes one = good;
  one[one.size() - 3] = 0;
  EXPECT_FALSE(Read(one));
}

TEST(SubjectKeyTest, CertificatesOfTheKeylessContextHaveNoKeyButAllElse) {
  const tests::Identity ca = tests::Make({.name = "CA", .extensions = tests::CaExtensions()});
  const auto certificate = Certificate::Parse(ca.Der());
  ASSERT_TRUE(certificate);
  ASSERT_NE(KeylessContext(), nullptr);
  EXPECT_EQ(X509_get0_pubkey(certificate->x509()), nullptr);
  EXPECT_EQ(EVP_PKEY_eq(certificate->key(), X509_get0_pubkey(ca.certificate.get())), 1);
  // These need a digest of the certificate.
  EXPECT_NE(X509_get_extension_flags(certificate->x509()) & EXFLAG_CA, 0U);
  EXPECT_NE(X509_get_key_usage(certificate->x509()) & KU_KEY_CERT_SIGN, 0U);
}

TEST(SubjectKeyTest, WhatIsKeptIsDecodedOnce) {
  const tests::Identity ca = tests::Make({.name = "CA", .extensions = tests::CaExtensions()});
  const auto first = Certificate::Parse(ca.Der());
  ASSERT_TRUE(first);
  EXPECT_NE(Certificate::Parse(ca.Der())->x509(), first->x509());
  {
    const auto kept = Keep({*first});
    EXPECT_EQ(Certificate::Parse(ca.Der())->x509(), first->x509());
    EXPECT_EQ(Certificate::Share(ca.certificate.get())->x509(), first->x509());
    base::Bytes other = ca.Der();
    other.back() ^= 1U;
    EXPECT_NE(Certificate::Parse(other)->x509(), first->x509());
  }
  EXPECT_EQ(FindKept(ca.Der()), nullptr);
}

TEST(SubjectKeyTest, WhatIsDecodedMeanwhileIsKeptAsLongAsSomebodyAsksForIt) {
  const tests::Identity ca = tests::Make({.name = "CA", .extensions = tests::CaExtensions()});
  {
    const KeepDecoded keep;
    const auto first = Certificate::Parse(ca.Der());
    ASSERT_TRUE(first);
    EXPECT_EQ(Certificate::Parse(ca.Der())->x509(), first->x509());
    EXPECT_EQ(first->Sha256(), base::Sha256(ca.Der()));
    base::Bytes other = ca.Der();  // All but the signature's last octet alike.
    other.back() ^= 1U;
    EXPECT_NE(Certificate::Parse(other)->x509(), first->x509());
    EXPECT_EQ(Certificate::Parse(other)->Sha256(), base::Sha256(other));
  }
  EXPECT_EQ(FindKept(ca.Der()), nullptr);
}

TEST(SubjectKeyTest, OnlySoManyAreKeptMeanwhile) {
  const KeepDecoded keep;
  base::Bytes der = tests::Make({.name = "CA", .extensions = tests::CaExtensions()}).Der();
  for (std::size_t i = 0; i <= KeepDecoded::kMost; ++i) {
    der.back() = static_cast<std::uint8_t>(i);
    ASSERT_TRUE(Certificate::Parse(der));
    EXPECT_EQ(FindKept(der) != nullptr, i < KeepDecoded::kMost) << i;
  }
}

}  // namespace
}  // namespace signing
