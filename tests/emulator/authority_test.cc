#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <fstream>

#include "emulator/emulator.h"
#include "emulator/openssl_handles.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/temp_dir.h"

namespace emulator {
namespace {

using Store = base::CHandle<X509_STORE, X509_STORE_free>;
using StoreContext = base::CHandle<X509_STORE_CTX, X509_STORE_CTX_free>;
using Stack = base::CHandle<STACK_OF(X509),
                            [](STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }>;

Certificate Read(base::ByteSpan der) {
  return FromDer<Certificate>(der, d2i_X509);
}

// A request of an agency, signed by its key unless it is spoilt.
base::Bytes RequestOf(EVP_PKEY* key) {
  const CertificationRequest request{X509_REQ_new()};
  X509_NAME* const name = X509_REQ_get_subject_name(request.get());
  const auto add = [&](const char* oid, const char* text) {
    const Asn1Object type{OBJ_txt2obj(oid, 1)};
    X509_NAME_add_entry_by_OBJ(name, type.get(), MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(text), -1, -1, 0);
  };
  add("2.5.4.6", "LV");
  add("2.5.4.97", "NTRLV-40000000000");
  add("2.5.4.3", "Test Agency");
  X509_REQ_set_pubkey(request.get(), key);
  X509_REQ_sign(request.get(), key, EVP_sha256());
  return ToDer(request.get(), i2d_X509_REQ);
}

class AuthorityTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    authority_.reset();
    auto opened = TestAuthority::Open({folder_.path() / "ca", "http://127.0.0.1:8/ocsp"}, clock_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    authority_ = std::move(opened).value();
  }

  IssuedSeal Issue() { return authority_->IssueSeal(RequestOf(key_.get())).value(); }

  // X509_V_OK or why not, at the clock's time.
  int Verify(base::ByteSpan leaf, const std::vector<base::Bytes>& between, base::ByteSpan root,
             int purpose = 0) {
    const Store store{X509_STORE_new()};
    X509_STORE_add_cert(store.get(), Read(root).get());
    const Stack chain{sk_X509_new_null()};
    for (const base::Bytes& der : between) sk_X509_push(chain.get(), Read(der).release());
    const StoreContext context{X509_STORE_CTX_new()};
    const Certificate certificate = Read(leaf);
    X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), chain.get());
    X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(parameters, clock_.now.time_since_epoch().count());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
    if (purpose != 0) X509_VERIFY_PARAM_set_purpose(parameters, purpose);
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
  }

  tests::TempDir folder_;
  tests::FixedClock clock_;
  EvpKey key_{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  std::unique_ptr<TestAuthority> authority_;
};

std::string ExtensionHex(base::ByteSpan der, int nid) {
  const Certificate certificate = Read(der);
  X509_EXTENSION* const extension =
      X509_get_ext(certificate.get(), X509_get_ext_by_NID(certificate.get(), nid, -1));
  if (extension == nullptr) return "";
  const ASN1_OCTET_STRING* const value = X509_EXTENSION_get_data(extension);
  return base::HexEncode(
      {ASN1_STRING_get0_data(value), static_cast<std::size_t>(ASN1_STRING_length(value))});
}

TEST_F(AuthorityTest, ASealsChainVerifiesToTheRootAndNowhereElse) {
  const IssuedSeal seal = Issue();
  EXPECT_EQ(Verify(seal.certificate, {seal.chain.at(0)}, authority_->root()), X509_V_OK);
  EXPECT_NE(Verify(seal.certificate, {}, authority_->root()), X509_V_OK);
  const base::CHandle<X509, X509_free> tls = [&] {
    const std::string pem = authority_->tls_root_pem();
    const MemoryBio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  }();
  EXPECT_NE(Verify(seal.certificate, {seal.chain.at(0)}, ToDer(tls.get(), i2d_X509)), X509_V_OK);
}

TEST_F(AuthorityTest, ASealEndsAfterTwoYears) {
  const IssuedSeal seal = Issue();
  clock_.now += std::chrono::years{2} + std::chrono::seconds{1};
  EXPECT_EQ(Verify(seal.certificate, {seal.chain.at(0)}, authority_->root()),
            X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(AuthorityTest, ASealSaysItIsAQualifiedElectronicSeal) {
  const IssuedSeal seal = Issue();
  const std::string statements = ExtensionHex(seal.certificate, NID_qcStatements);
  EXPECT_NE(statements.find("060604008e460101"), std::string::npos);    // QcCompliance
  EXPECT_NE(statements.find("060604008e460104"), std::string::npos);    // QcSSCD
  EXPECT_NE(statements.find("060704008e46010602"), std::string::npos);  // QcType eseal
  EXPECT_EQ(ExtensionHex(seal.certificate, NID_key_usage), "030206c0");
  const Certificate certificate = Read(seal.certificate);
  const std::unique_ptr<STACK_OF(OPENSSL_STRING), void (*)(STACK_OF(OPENSSL_STRING)*)> urls{
      X509_get1_ocsp(certificate.get()), X509_email_free};
  ASSERT_EQ(sk_OPENSSL_STRING_num(urls.get()), 1);
  EXPECT_STREQ(sk_OPENSSL_STRING_value(urls.get(), 0), "http://127.0.0.1:8/ocsp");
}

TEST_F(AuthorityTest, ASealKeepsTheSubjectOfItsRequest) {
  const Certificate certificate = Read(Issue().certificate);
  const Asn1Object type{OBJ_txt2obj("2.5.4.97", 1)};
  std::array<char, 64> text{};
  X509_NAME_get_text_by_OBJ(X509_get_subject_name(certificate.get()), type.get(), text.data(),
                            text.size());
  EXPECT_STREQ(text.data(), "NTRLV-40000000000");
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(certificate.get()), key_.get()), 1);
}

TEST_F(AuthorityTest, ARequestThatWasChangedIsRefused) {
  base::Bytes request = RequestOf(key_.get());
  const base::Bytes name = base::ToBytes("Test Agency");
  *std::ranges::search(request, name).begin() = 'B';
  EXPECT_EQ(authority_->IssueSeal(request).error().reason, "request.bad-signature");
}

TEST_F(AuthorityTest, WhatIsNoRequestOrHasAWeakKeyIsRefused) {
  EXPECT_EQ(authority_->IssueSeal(base::ToBytes("x")).error().reason, "request.malformed");
  EXPECT_EQ(authority_->IssueSeal({}).error().reason, "request.malformed");
  EXPECT_EQ(authority_->IssueSeal(base::Bytes(100'000)).error().reason, "request.malformed");
  base::Bytes longer = RequestOf(key_.get());
  longer.push_back(0);
  EXPECT_EQ(authority_->IssueSeal(longer).error().reason, "request.malformed");
  const EvpKey weak{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})};
  EXPECT_EQ(authority_->IssueSeal(RequestOf(weak.get())).error().reason, "request.malformed");
}

TEST_F(AuthorityTest, TsaAndOcspCertificatesMayDoTheirWorkAndNoOther) {
  const std::vector<base::Bytes> chain{authority_->issuing_ca()};
  const base::Bytes root = authority_->root();
  EXPECT_EQ(Verify(authority_->tsa_certificate(), chain, root, X509_PURPOSE_TIMESTAMP_SIGN),
            X509_V_OK);
  EXPECT_NE(Verify(authority_->ocsp_certificate(), chain, root, X509_PURPOSE_TIMESTAMP_SIGN),
            X509_V_OK);
  EXPECT_EQ(X509_get_extended_key_usage(Read(authority_->ocsp_certificate()).get()),
            static_cast<std::uint32_t>(XKU_OCSP_SIGN));
  EXPECT_FALSE(ExtensionHex(authority_->ocsp_certificate(), NID_id_pkix_OCSP_noCheck).empty());
}

TEST_F(AuthorityTest, KeysAndRevocationsSurviveARestart) {
  const base::Bytes root = authority_->root();
  const std::string serial = SerialOf(Issue().certificate);
  ASSERT_TRUE(authority_->Revoke(serial, clock_.now).ok());
  Open();
  EXPECT_EQ(authority_->root(), root);
  EXPECT_EQ(authority_->StatusOf(serial).state, CertificateState::kRevoked);
  EXPECT_EQ(authority_->StatusOf(serial).revoked_at, clock_.now);
}

TEST_F(AuthorityTest, OnlyIssuedCertificatesAreKnownAndRevoked) {
  EXPECT_EQ(authority_->StatusOf("01").state, CertificateState::kUnknown);
  EXPECT_EQ(authority_->Revoke("01", clock_.now).error().reason, "certificate.unknown");
  const std::string tsa = SerialOf(authority_->tsa_certificate());
  EXPECT_EQ(authority_->StatusOf(tsa).state, CertificateState::kGood);
}

TEST_F(AuthorityTest, PrivateKeysAreForTheirOwnerAlone) {
  struct stat info {};
  for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "ca")) {
    ASSERT_EQ(::stat(file.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077U, 0U) << file.path();
  }
}

TEST_F(AuthorityTest, ADamagedFolderIsReportedAndNotRepaired) {
  authority_.reset();
  std::ofstream(folder_.path() / "ca" / "issuing.key.pem") << "no key";
  const auto opened = TestAuthority::Open({folder_.path() / "ca", ""}, clock_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, base::ErrorCode::kCorrupted);
  EXPECT_EQ(opened.error().reason, "authority.damaged");
}

TEST_F(AuthorityTest, ATlsCertificateServesItsSideAlone) {
  const auto root = authority_->tls_root_pem();
  const MemoryBio root_bio{BIO_new_mem_buf(root.data(), static_cast<int>(root.size()))};
  const Certificate root_certificate{PEM_read_bio_X509(root_bio.get(), nullptr, nullptr, nullptr)};
  const IssuedTls tls =
      authority_->IssueTls({"localhost", true, {"localhost"}, {"127.0.0.1"}}).value();
  const MemoryBio bio{
      BIO_new_mem_buf(tls.certificate_pem.data(), static_cast<int>(tls.certificate_pem.size()))};
  const Certificate certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
  const base::Bytes der = ToDer(certificate.get(), i2d_X509);
  const base::Bytes root_der = ToDer(root_certificate.get(), i2d_X509);
  EXPECT_EQ(Verify(der, {}, root_der, X509_PURPOSE_SSL_SERVER), X509_V_OK);
  EXPECT_NE(Verify(der, {}, root_der, X509_PURPOSE_SSL_CLIENT), X509_V_OK);
  EXPECT_EQ(X509_check_host(certificate.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "127.0.0.1", 0), 1);
  const base::ByteSpan pem = tls.key_pem.Reveal();
  const MemoryBio key_bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const EvpKey key{PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr)};
  EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
}

TEST_F(AuthorityTest, ATlsNameCannotSmuggleAnotherName) {
  EXPECT_FALSE(authority_->IssueTls({"a", true, {"a,DNS:bank.example"}, {}}).ok());
  EXPECT_FALSE(authority_->IssueTls({"a", true, {}, {"1.2.3.4,URI:x"}}).ok());
  EXPECT_FALSE(authority_->IssueTls({"a", true, {}, {"not-an-ip"}}).ok());
  EXPECT_FALSE(authority_->IssueTls({"", true, {}, {}}).ok());
}

}  // namespace
}  // namespace emulator
