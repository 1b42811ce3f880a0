#include "emulator/emulator.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <openssl/err.h>

#include <thread>

#include "base/random.h"
#include "emulator/openssl_handles.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/temp_dir.h"

namespace emulator {
namespace {

namespace net = Poco::Net;
using TsRequest = base::CHandle<TS_REQ, TS_REQ_free>;
using TsResponse = base::CHandle<TS_RESP, TS_RESP_free>;
using TsVerify = base::CHandle<TS_VERIFY_CTX, TS_VERIFY_CTX_free>;
using OcspRequest = base::CHandle<OCSP_REQUEST, OCSP_REQUEST_free>;
using OcspResponse = base::CHandle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicResponse = base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using CertificateId = base::CHandle<OCSP_CERTID, OCSP_CERTID_free>;

struct Answer {
  int status;
  std::string content_type;
  base::Bytes body;
};

class EmulatorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = TestAuthority::Open({folder_.path(), ""}, clock_);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    authority_ = std::move(opened).value();
    auto started = Emulator::Start(*authority_, 0);
    ASSERT_TRUE(started.ok()) << started.error().message;
    emulator_ = std::move(started).value();
  }

  Answer Post(const std::string& path, const std::string& type, base::ByteSpan body) const {
    net::HTTPClientSession session("127.0.0.1", emulator_->port());
    net::HTTPRequest request("POST", path, "HTTP/1.1");
    request.setContentType(type);
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    const std::string_view text = base::AsText(body);
    session.sendRequest(request).write(text.data(), static_cast<std::streamsize>(text.size()));
    net::HTTPResponse response;
    std::string received;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), received);
    return {response.getStatus(), response.getContentType(), base::ToBytes(received)};
  }
  Answer PostTsa(base::ByteSpan body) const {
    return Post("/tsa", "application/timestamp-query", body);
  }
  Answer PostOcsp(base::ByteSpan body) const {
    return Post("/ocsp", "application/ocsp-request", body);
  }
  int Switch(std::string_view json) const {
    return Post("/switch", "application/json", base::AsBytes(json)).status;
  }

  base::Bytes NewSeal() {
    const EvpKey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    const CertificationRequest request{X509_REQ_new()};
    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request.get()), NID_commonName,
                               MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("A"), -1, -1,
                               0);
    X509_REQ_set_pubkey(request.get(), key.get());
    X509_REQ_sign(request.get(), key.get(), EVP_sha256());
    return authority_->IssueSeal(ToDer(request.get(), i2d_X509_REQ)).value().certificate;
  }

  base::CHandle<X509_STORE, X509_STORE_free> TrustedAt(base::Time time) const {
    base::CHandle<X509_STORE, X509_STORE_free> store{X509_STORE_new()};
    X509_STORE_add_cert(store.get(), FromDer<Certificate>(authority_->root(), d2i_X509).get());
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), time.time_since_epoch().count());
    return store;
  }

  tests::TempDir folder_;
  tests::FixedClock clock_;
  std::unique_ptr<TestAuthority> authority_;
  std::unique_ptr<Emulator> emulator_;
};

class TsaTest : public EmulatorTest {
 protected:
  static TsRequest Request(const EVP_MD* digest) {
    TsRequest request{TS_REQ_new()};
    TS_REQ_set_version(request.get(), 1);
    const base::CHandle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free> imprint{TS_MSG_IMPRINT_new()};
    const base::CHandle<X509_ALGOR, X509_ALGOR_free> algorithm{X509_ALGOR_new()};
    X509_ALGOR_set_md(algorithm.get(), digest);
    TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get());
    base::Bytes value(static_cast<std::size_t>(EVP_MD_get_size(digest)), 9);
    TS_MSG_IMPRINT_set_msg(imprint.get(), value.data(), static_cast<int>(value.size()));
    TS_REQ_set_msg_imprint(request.get(), imprint.get());
    const Asn1Integer nonce{ASN1_INTEGER_new()};
    ASN1_INTEGER_set(nonce.get(), 123456789);
    TS_REQ_set_nonce(request.get(), nonce.get());
    TS_REQ_set_cert_req(request.get(), 1);
    return request;
  }

  TsResponse Ask(TS_REQ* request) const {
    const Answer answer = PostTsa(ToDer(request, i2d_TS_REQ));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/timestamp-reply");
    return FromDer<TsResponse>(answer.body, d2i_TS_RESP);
  }

  // OpenSSL's word: signature, chain, imprint, nonce, policy.
  bool Verifies(TS_REQ* request, TS_RESP* response) const {
    const TsVerify verify{TS_REQ_to_TS_VERIFY_CTX(request, nullptr)};
    TS_VERIFY_CTX_set_store(verify.get(), TrustedAt(clock_.now).release());
    TS_VERIFY_CTX_add_flags(verify.get(), TS_VFY_SIGNATURE);
    const bool good = response != nullptr && TS_RESP_verify_response(verify.get(), response) == 1;
    ERR_clear_error();
    return good;
  }

  static long StatusOf(TS_RESP* response) {
    return ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response)));
  }
};

class TsaDigestTest : public TsaTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(TsaDigestTest, IsStampedAndVerifiesWithOpenSsl) {
  const TsRequest request = Request(EVP_get_digestbyname(GetParam()));
  const TsResponse response = Ask(request.get());
  EXPECT_TRUE(Verifies(request.get(), response.get()));
}

INSTANTIATE_TEST_SUITE_P(Digests, TsaDigestTest, ::testing::Values("SHA256", "SHA384", "SHA512"));

TEST_F(TsaTest, StampsTheClocksTimeUnderTheExamplePolicy) {
  const TsRequest request = Request(EVP_sha256());
  const TsResponse response = Ask(request.get());
  TS_TST_INFO* const info = TS_RESP_get_tst_info(response.get());
  const Asn1Time expected{ASN1_TIME_set(nullptr, clock_.now.time_since_epoch().count())};
  EXPECT_EQ(ASN1_TIME_compare(TS_TST_INFO_get_time(info), expected.get()), 0);
  std::array<char, 32> policy{};
  OBJ_obj2txt(policy.data(), policy.size(), TS_TST_INFO_get_policy_id(info), 1);
  EXPECT_STREQ(policy.data(), "2.999.1.1");
  EXPECT_EQ(ASN1_INTEGER_get(TS_ACCURACY_get_seconds(TS_TST_INFO_get_accuracy(info))), 1);
}

TEST_F(TsaTest, NoTwoTokensShareASerial) {
  const TsRequest request = Request(EVP_sha256());
  const TsResponse one = Ask(request.get());
  const TsResponse two = Ask(request.get());
  EXPECT_NE(ASN1_INTEGER_cmp(TS_TST_INFO_get_serial(TS_RESP_get_tst_info(one.get())),
                             TS_TST_INFO_get_serial(TS_RESP_get_tst_info(two.get()))),
            0);
}

TEST_F(TsaTest, RefusesAWeakDigestInItsAnswer) {
  const TsRequest request = Request(EVP_sha1());
  const TsResponse response = Ask(request.get());
  EXPECT_EQ(StatusOf(response.get()), TS_STATUS_REJECTION);
}

TEST_F(TsaTest, AWrongImprintOrNonceIsSeen) {
  const TsRequest request = Request(EVP_sha256());
  emulator_->set_tsa_mode(TsaMode::kWrongImprint);
  EXPECT_FALSE(Verifies(request.get(), Ask(request.get()).get()));
  emulator_->set_tsa_mode(TsaMode::kWrongNonce);
  EXPECT_FALSE(Verifies(request.get(), Ask(request.get()).get()));
  emulator_->set_tsa_mode(TsaMode::kOk);
  EXPECT_TRUE(Verifies(request.get(), Ask(request.get()).get()));
}

TEST_F(TsaTest, RejectsGarblesOrIsDownOnDemand) {
  const TsRequest request = Request(EVP_sha256());
  emulator_->set_tsa_mode(TsaMode::kRejects);
  EXPECT_EQ(StatusOf(Ask(request.get()).get()), TS_STATUS_REJECTION);
  emulator_->set_tsa_mode(TsaMode::kGarbage);
  EXPECT_EQ(Ask(request.get()), nullptr);
  emulator_->set_tsa_mode(TsaMode::kDown);
  EXPECT_EQ(PostTsa(ToDer(request.get(), i2d_TS_REQ)).status, 503);
}

TEST_F(TsaTest, ASlowAnswerComesWhenTheSwitchIsTurned) {
  const TsRequest request = Request(EVP_sha256());
  emulator_->set_tsa_mode(TsaMode::kSlow);
  net::HTTPClientSession impatient("127.0.0.1", emulator_->port());
  impatient.setTimeout(Poco::Timespan(0, 50'000));
  net::HTTPRequest head("POST", "/tsa", "HTTP/1.1");
  head.setContentType("application/timestamp-query");
  const base::Bytes body = ToDer(request.get(), i2d_TS_REQ);
  head.setContentLength64(static_cast<Poco::Int64>(body.size()));
  const std::string text = base::ToString(body);
  impatient.sendRequest(head).write(text.data(), static_cast<std::streamsize>(text.size()));
  net::HTTPResponse response;
  EXPECT_THROW(impatient.receiveResponse(response), Poco::TimeoutException);
  emulator_->set_tsa_mode(TsaMode::kOk);
  EXPECT_TRUE(Verifies(request.get(), Ask(request.get()).get()));
}

TEST_F(TsaTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(PostTsa(base::ToBytes("x")).status, 400);
  EXPECT_EQ(PostTsa({}).status, 400);
  base::Bytes longer = ToDer(Request(EVP_sha256()).get(), i2d_TS_REQ);
  longer.push_back(0);
  EXPECT_EQ(PostTsa(longer).status, 400);
}

class OcspTest : public EmulatorTest {
 protected:
  struct Question {
    OcspRequest request;
    CertificateId id;
  };

  Question About(base::ByteSpan certificate, base::ByteSpan issuer,
                 const EVP_MD* digest = EVP_sha1()) const {
    const Certificate subject = FromDer<Certificate>(certificate, d2i_X509);
    const Certificate issuing = FromDer<Certificate>(issuer, d2i_X509);
    Question question{OcspRequest(OCSP_REQUEST_new()),
                      CertificateId(OCSP_cert_to_id(digest, subject.get(), issuing.get()))};
    OCSP_request_add0_id(question.request.get(), OCSP_CERTID_dup(question.id.get()));
    OCSP_request_add1_nonce(question.request.get(), nullptr, 16);
    return question;
  }

  OcspResponse Ask(const Question& question) const {
    const Answer answer = PostOcsp(ToDer(question.request.get(), i2d_OCSP_REQUEST));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/ocsp-response");
    return FromDer<OcspResponse>(answer.body, d2i_OCSP_RESPONSE);
  }

  // The status that OpenSSL reads after checking signature, responder and nonce; -1 when
  // these do not hold.
  int VerifiedStatus(const Question& question, ASN1_GENERALIZEDTIME** this_update = nullptr) {
    const OcspResponse response = Ask(question);
    basic_.reset(response ? OCSP_response_get1_basic(response.get()) : nullptr);
    if (!basic_) return -1;
    const auto store = TrustedAt(clock_.now);
    const base::CHandle<STACK_OF(X509), [](STACK_OF(X509) * s) { sk_X509_pop_free(s, X509_free); }>
        extra{sk_X509_new_null()};
    sk_X509_push(extra.get(), FromDer<Certificate>(authority_->issuing_ca(), d2i_X509).release());
    int status = -1;
    ASN1_GENERALIZEDTIME* updated = nullptr;
    ASN1_GENERALIZEDTIME* next = nullptr;
    const bool good = OCSP_basic_verify(basic_.get(), extra.get(), store.get(), 0) == 1 &&
                      OCSP_check_nonce(question.request.get(), basic_.get()) == 1 &&
                      OCSP_resp_find_status(basic_.get(), question.id.get(), &status, nullptr,
                                            &revoked_at_, &updated, &next) == 1;
    ERR_clear_error();
    if (this_update != nullptr) *this_update = updated;
    return good ? status : -1;
  }

  BasicResponse basic_;
  ASN1_GENERALIZEDTIME* revoked_at_ = nullptr;  // Belongs to basic_.
};

TEST_F(OcspTest, AnIssuedCertificateIsGoodUnderAnyHash) {
  const base::Bytes seal = NewSeal();
  EXPECT_EQ(VerifiedStatus(About(seal, authority_->issuing_ca(), EVP_sha1())),
            V_OCSP_CERTSTATUS_GOOD);
  EXPECT_EQ(VerifiedStatus(About(seal, authority_->issuing_ca(), EVP_sha256())),
            V_OCSP_CERTSTATUS_GOOD);
  EXPECT_EQ(VerifiedStatus(About(authority_->tsa_certificate(), authority_->issuing_ca())),
            V_OCSP_CERTSTATUS_GOOD);
}

TEST_F(OcspTest, ARevokedCertificateIsRevokedFromItsTimeOn) {
  const base::Bytes seal = NewSeal();
  const base::Time at = clock_.now - std::chrono::hours{3};
  ASSERT_TRUE(authority_->Revoke(SerialOf(seal), at).ok());
  EXPECT_EQ(VerifiedStatus(About(seal, authority_->issuing_ca())), V_OCSP_CERTSTATUS_REVOKED);
  const Asn1Time expected{ASN1_TIME_set(nullptr, at.time_since_epoch().count())};
  EXPECT_EQ(ASN1_TIME_compare(revoked_at_, expected.get()), 0);
}

TEST_F(OcspTest, ACertificateItNeverIssuedIsUnknown) {
  // The OCSP certificate itself is not in the register.
  EXPECT_EQ(VerifiedStatus(About(authority_->ocsp_certificate(), authority_->issuing_ca())),
            V_OCSP_CERTSTATUS_UNKNOWN);
}

TEST_F(OcspTest, AnotherCasCertificatesAreNotItsBusiness) {
  const base::Bytes other = authority_->list_signer_certificate();  // Issued by itself.
  const OcspResponse response = Ask(About(other, other));
  EXPECT_EQ(OCSP_response_status(response.get()), OCSP_RESPONSE_STATUS_UNAUTHORIZED);
}

TEST_F(OcspTest, TheRootAnswersForTheIssuingCaItself) {
  const OcspResponse response = Ask(About(authority_->issuing_ca(), authority_->root()));
  ASSERT_EQ(OCSP_response_status(response.get()), OCSP_RESPONSE_STATUS_SUCCESSFUL);
  const auto basic =
      base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free>(OCSP_response_get1_basic(response.get()));
  const ASN1_OCTET_STRING* key = nullptr;
  const X509_NAME* name = nullptr;
  OCSP_resp_get0_id(basic.get(), &key, &name);
  const auto root = FromDer<Certificate>(authority_->root(), d2i_X509);
  EXPECT_EQ(X509_NAME_cmp(name, X509_get_subject_name(root.get())), 0);
}

TEST_F(OcspTest, ItsTimesAreTheClocks) {
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASSERT_EQ(VerifiedStatus(About(NewSeal(), authority_->issuing_ca()), &this_update),
            V_OCSP_CERTSTATUS_GOOD);
  const Asn1Time now{ASN1_TIME_set(nullptr, clock_.now.time_since_epoch().count())};
  EXPECT_EQ(ASN1_TIME_compare(this_update, now.get()), 0);
  EXPECT_EQ(ASN1_TIME_compare(OCSP_resp_get0_produced_at(basic_.get()), now.get()), 0);
}

TEST_F(OcspTest, AWrongNonceIsSeen) {
  const Question question = About(NewSeal(), authority_->issuing_ca());
  emulator_->set_ocsp_mode(OcspMode::kWrongNonce);
  EXPECT_EQ(VerifiedStatus(question), -1);
  emulator_->set_ocsp_mode(OcspMode::kOk);
  EXPECT_EQ(VerifiedStatus(question), V_OCSP_CERTSTATUS_GOOD);
}

TEST_F(OcspTest, AStaleAnswerIsAWeekOld) {
  emulator_->set_ocsp_mode(OcspMode::kStale);
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  VerifiedStatus(About(NewSeal(), authority_->issuing_ca()), &this_update);
  const base::Time week_ago = clock_.now - std::chrono::days{7};
  const Asn1Time expected{ASN1_TIME_set(nullptr, week_ago.time_since_epoch().count())};
  ASSERT_NE(this_update, nullptr);
  EXPECT_EQ(ASN1_TIME_compare(this_update, expected.get()), 0);
}

TEST_F(OcspTest, FailsOnDemand) {
  const Question question = About(NewSeal(), authority_->issuing_ca());
  emulator_->set_ocsp_mode(OcspMode::kUnknown);
  EXPECT_EQ(VerifiedStatus(question), V_OCSP_CERTSTATUS_UNKNOWN);
  emulator_->set_ocsp_mode(OcspMode::kTryLater);
  EXPECT_EQ(OCSP_response_status(Ask(question).get()), OCSP_RESPONSE_STATUS_TRYLATER);
  emulator_->set_ocsp_mode(OcspMode::kGarbage);
  EXPECT_EQ(Ask(question), nullptr);
  emulator_->set_ocsp_mode(OcspMode::kDown);
  EXPECT_EQ(PostOcsp(ToDer(question.request.get(), i2d_OCSP_REQUEST)).status, 503);
}

TEST_F(OcspTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(PostOcsp(base::ToBytes("x")).status, 400);
  const OcspRequest empty{OCSP_REQUEST_new()};
  EXPECT_EQ(PostOcsp(ToDer(empty.get(), i2d_OCSP_REQUEST)).status, 400);
}

TEST_F(EmulatorTest, SwitchesAreTurnedOverHttp) {
  EXPECT_EQ(Switch(R"({"tsa":"down"})"), 204);
  EXPECT_EQ(PostTsa(base::ToBytes("x")).status, 503);
  EXPECT_EQ(Switch(R"({"tsa":"ok","ocsp":"down"})"), 204);
  EXPECT_EQ(PostTsa(base::ToBytes("x")).status, 400);
  EXPECT_EQ(PostOcsp(base::ToBytes("x")).status, 503);
}

TEST_F(EmulatorTest, AnUnknownSwitchTurnsNothing) {
  EXPECT_EQ(Switch(R"({"tsa":"down","ocsp":"sideways"})"), 400);
  EXPECT_EQ(Switch(R"({"tsa":"down","door":"open"})"), 400);
  EXPECT_EQ(Switch("{}"), 400);
  EXPECT_EQ(Switch("[]"), 400);
  EXPECT_EQ(PostTsa(base::ToBytes("x")).status, 400);
}

TEST_F(EmulatorTest, KeepsToPathsAndTypes) {
  EXPECT_EQ(Post("/", "text/plain", {}).status, 404);
  EXPECT_EQ(Post("/tsa", "text/plain", {}).status, 415);
}

TEST_F(EmulatorTest, RefusesALongBodyBeforeReadingIt) {
  net::HTTPClientSession session("127.0.0.1", emulator_->port());
  net::HTTPRequest request("POST", "/ocsp", "HTTP/1.1");
  request.setContentType("application/ocsp-request");
  request.setContentLength64(64 * 1024 + 1);
  session.sendRequest(request).flush();
  net::HTTPResponse response;
  session.receiveResponse(response);
  EXPECT_EQ(response.getStatus(), 413);
}

TEST_F(EmulatorTest, ATakenPortIsReported) {
  const auto second = Emulator::Start(*authority_, emulator_->port());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, "emulator.port-taken");
}

TEST_F(EmulatorTest, NamesItsOwnOcspUrlInCertificates) {
  EXPECT_NE(base::ToString(NewSeal()).find(emulator_->ocsp_url()), std::string::npos);
}

}  // namespace
}  // namespace emulator
