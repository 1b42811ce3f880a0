// The Cloud Signature Consortium's interface over a fake token: what is asked of it, and what is
// not.
#include <gtest/gtest.h>

#include "api/http/csc_routes.h"
#include "base/base64.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

using base::Json;

class CscTest : public ::testing::Test {
 protected:
  CscTest() {
    auto opened = vault::Ledger::Open(folder_.path() / "vault", {});
    EXPECT_TRUE(opened.ok());
    ledger_ = std::move(opened).value();
    signing_ = std::make_unique<RemoteSigning>(signer_, record_keys_, *ledger_, rules_, clock_);
  }

  Request RequestOf(const Json& body) const {
    Request request;
    request.caller = {"signing-app", CallerRole::kAgency, "vid", {"seal", "remote"}};
    request.body = base::ToBytes(body.Dump());
    return request;
  }
  static Json JsonOf(const base::Result<Response>& response) {
    EXPECT_TRUE(response.ok()) << response.error().message;
    return Json::Parse(base::AsText(response.value().body)).value();
  }
  static Json SignHashBody() {
    return Json()
        .Set("credentialID", "remote")
        .Set("SAD", "a.b.c")
        .Set("hashes", Json(Json::Array{base::Base64Encode(base::Bytes(32, 7))}))
        .Set("hashAlgorithmOID", "2.16.840.1.101.3.4.2.1")
        .Set("signAlgo", "1.2.840.10045.4.3.2");
  }
  std::string Refused(const Json& body) {
    const auto response = CscSignHash(*signing_, RequestOf(body));
    return response.ok() ? "signed" : response.error().reason;
  }

  const tests::TempDir folder_;
  const hsm::SealRules rules_{
      {"seal", {false, "vid", {}, 10}},
      {"remote", {true, "vid", {base::ToBytes("pem")}, 0}},
      {"another", {true, "vid", {base::ToBytes("pem")}, 0}},
  };
  tests::FakeSigner signer_;
  tests::FakeVaultKeys keys_;
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(folder_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  const tests::FixedClock clock_;
  std::unique_ptr<vault::Ledger> ledger_;
  std::unique_ptr<RemoteSigning> signing_;
};

TEST_F(CscTest, InfoNamesWhatIsServed) {
  const Json info = JsonOf(CscInfo({"Test", "LV"}, RequestOf(Json(Json::Object{}))));
  for (const char* name : {"specs", "name", "logo", "region", "lang", "description"})
    EXPECT_TRUE(info.Text(name).has_value()) << name;
  EXPECT_EQ(info.Find("methods")->AsArray()->size(), 4U);
}

TEST_F(CscTest, OnlyRemoteKeysOfTheCallerAreCredentials) {
  const Json list = JsonOf(
      CscList(*signing_, RequestOf(Json().Set("credentialInfo", true).Set("certInfo", true))));
  EXPECT_EQ(*list.Find("credentialIDs"), Json(Json::Array{"remote"}));
  const Json& info = list.Find("credentialInfos")->AsArray()->front();
  EXPECT_EQ(info.Text("credentialID"), "remote");
  EXPECT_EQ(info.Text("SCAL"), "2");
  EXPECT_EQ(info.Find("key")->Text("curve"), "1.2.840.10045.3.1.7");
  EXPECT_EQ(info.Find("key")->Integer("len"), 256);
  EXPECT_TRUE(info.Find("cert")->Text("validFrom").value_or("").ends_with("Z"));
  EXPECT_EQ(CscList(*signing_, RequestOf(Json().Set("userID", "other"))).error().reason,
            "csc.malformed");
  for (const char* id : {"seal", "another", "none"})
    EXPECT_EQ(CscCredential(*signing_, RequestOf(Json().Set("credentialID", id))).error().reason,
              "key.unknown");
}

TEST_F(CscTest, CertificatesAreGivenAsAsked) {
  const auto count = [&](const char* wanted) -> std::size_t {
    const Json info = JsonOf(CscCredential(
        *signing_, RequestOf(Json().Set("credentialID", "remote").Set("certificates", wanted))));
    const Json* list = info.Find("cert")->Find("certificates");
    return list == nullptr ? 0 : list->AsArray()->size();
  };
  EXPECT_EQ(count("none"), 0U);
  EXPECT_EQ(count("single"), 1U);
  EXPECT_EQ(count("chain"), 2U);
}

TEST_F(CscTest, TheApprovalIsTheSad) {
  const Json body =
      Json()
          .Set("credentialID", "remote")
          .Set("numSignatures", 1)
          .Set("hashes", Json(Json::Array{base::Base64Encode(base::Bytes(32, 7))}))
          .Set("authData", Json(Json::Array{Json().Set("id", "approval").Set("value", "a.b.c")}));
  const Json answer = JsonOf(CscAuthorize(*signing_, clock_, RequestOf(body)));
  EXPECT_EQ(answer.Text("SAD"), "a.b.c");
  EXPECT_EQ(answer.Integer("expiresIn"), 3600);
  EXPECT_EQ(signer_.hashes.at(0).mandate.approval, "a.b.c");
  EXPECT_EQ(signer_.hashes.at(0).mandate.agency, "vid");
  Json other = body;
  other.Set("numSignatures", 2);
  EXPECT_EQ(CscAuthorize(*signing_, clock_, RequestOf(other)).error().reason, "csc.malformed");
}

TEST_F(CscTest, AnEntryOfTheLedgerPrecedesTheToken) {
  const Json answer = JsonOf(CscSignHash(*signing_, RequestOf(SignHashBody())));
  EXPECT_EQ(answer.Find("signatures")->AsArray()->size(), 1U);
  EXPECT_EQ(signer_.hashes.back().algorithm, hsm::SignatureAlgorithm::kEcdsaSha256);
  ASSERT_EQ(ledger_->Head().value().size, 1U);
  EXPECT_EQ(ledger_->Read({0}).value().record.kind, vault::RecordKind::kSealing);
}

TEST_F(CscTest, AnEntryHasRoomForAsManyHashesAsACallMayBring) {
  Json body = SignHashBody();
  body.Set("hashes",
           Json(Json::Array(hsm::SealBatch::kMost, Json(base::Base64Encode(base::Bytes(32, 7))))));
  EXPECT_EQ(Refused(body), "signed");
  EXPECT_EQ(ledger_->Head().value().size, 1U);
}

TEST_F(CscTest, WithoutAnEntryNothingIsSigned) {
  keys_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.busy", ""};
  EXPECT_EQ(Refused(SignHashBody()), "token.busy");
  EXPECT_EQ(signer_.hashes.size(), 1U) << "the check alone";
}

TEST_F(CscTest, WhatIsNotApprovedLeavesNoEntry) {
  signer_.next_error = base::Error{base::ErrorCode::kDenied, "approval.other-documents", ""};
  EXPECT_NE(Refused(SignHashBody()), "signed");
  EXPECT_EQ(ledger_->Head().value().size, 0U);
}

// RFC 4055, 3.1: a caller that meant another salt would get what does not verify for it.
TEST_F(CscTest, ParametersAreTheOnesThatAreUsed) {
  const auto with = [&](const char* algorithm, std::string_view parameters) {
    Json body = SignHashBody();
    body.Set("signAlgo", algorithm)
        .Set("signAlgoParams", base::Base64Encode(*base::HexDecode(parameters)));
    return Refused(body);
  };
  const std::string salt_32 =
      "3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402"
      "01"
      "0500a203020120";
  std::string salt_20 = salt_32;
  salt_20.replace(salt_20.size() - 2, 2, "14");
  constexpr const char* kPss = "1.2.840.113549.1.1.10";
  EXPECT_EQ(with(kPss, salt_32), "signed");
  EXPECT_EQ(with(kPss, salt_20), "csc.malformed");
  EXPECT_EQ(with(kPss, "0500"), "csc.malformed");
  EXPECT_EQ(with(kPss, "3000"), "csc.malformed") << "SHA-1, as nothing says otherwise";
  EXPECT_EQ(with("1.2.840.10045.4.3.2", "0500"), "signed");
  EXPECT_EQ(with("1.2.840.10045.4.3.2", salt_32), "csc.malformed");
}

TEST_F(CscTest, RefusesWhatIsNotOfTheSpecification) {
  for (const char* name : {"credentialID", "SAD", "hashes", "signAlgo"}) {
    Json body = SignHashBody();
    body.Set(name, 5);
    EXPECT_EQ(Refused(body), "csc.malformed") << name;
  }
  Json body = SignHashBody();
  EXPECT_EQ(Refused(body.Set("signAlgo", "1.2.3")), "csc.malformed");
  body = SignHashBody();
  EXPECT_EQ(Refused(body.Set("hashAlgorithmOID", "2.16.840.1.101.3.4.2.3")), "csc.malformed");
  body = SignHashBody();
  EXPECT_EQ(Refused(body.Set("operationMode", "A")), "csc.malformed");
  body = SignHashBody();
  EXPECT_EQ(Refused(body.Set("hashes", Json(Json::Array(257, "AAAA")))), "csc.malformed");
  body = SignHashBody();
  EXPECT_EQ(Refused(body.Set("credentialID", "seal")), "key.unknown");
  EXPECT_TRUE(signer_.hashes.empty());
}

TEST_F(CscTest, ErrorsHaveTheConsortiumsForm) {
  const auto status = [](base::ErrorCode code) {
    return CscProblem({code, "approval.expired", "x"}, Request()).status;
  };
  EXPECT_EQ(status(base::ErrorCode::kDenied), 400);
  EXPECT_EQ(status(base::ErrorCode::kUnavailable), 503);
  EXPECT_EQ(status(base::ErrorCode::kInternal), 500);
  const Json problem =
      Json::Parse(
          base::AsText(
              CscProblem({base::ErrorCode::kDenied, "approval.expired", "x"}, Request()).body))
          .value();
  EXPECT_EQ(problem.Text("error"), "invalid_request");
  EXPECT_TRUE(problem.Text("error_description").value_or("").starts_with("approval.expired: "));
}

}  // namespace
}  // namespace api
