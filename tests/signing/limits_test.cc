#include "signing/limits.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error_text.h"
#include "signing/policy.h"
#include "signing/verifier.h"
#include "signing/work_budget.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/rule_case.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Base64Encode;
using tests::Identity;
using tests::Make;
using tests::SignatureMaker;

base::Result<Policy> PolicyWith(const std::string& limits) {
  const auto json = base::Json::Parse(
      R"({"schema":"edocvault.policy/1","id":"own","base":"eu-ades","limits":)" + limits + "}");
  return PolicyFromJson(json.value());
}

std::string ReasonOf(const std::string& limits) {
  const auto policy = PolicyWith(limits);
  return policy.ok() ? "" : policy.error().reason;
}

TEST(LimitsTest, APolicyFileMayLowerALimit) {
  EXPECT_EQ(PolicyWith(R"({"signatures":3})").value().limits.signatures, 3U);
}

TEST(LimitsTest, WhatAPolicyFileDoesNotNameStaysAsShipped) {
  EXPECT_EQ(PolicyWith(R"({"signatures":3})").value().limits.timestamps, Limits().timestamps);
}

TEST(LimitsTest, ALimitMayBeRaisedToItsHardMaximum) {
  EXPECT_EQ(PolicyWith(R"({"workMilliseconds":2000})").value().limits.work_milliseconds, 2'000U);
}

TEST(LimitsTest, NoPolicyFilePassesAHardMaximum) {
  EXPECT_EQ(ReasonOf(R"({"workMilliseconds":2001})"), "policy.limit");
}

TEST(LimitsTest, ALimitOfNothingIsRefused) {
  EXPECT_EQ(ReasonOf(R"({"signatures":0})"), "policy.limit");
  EXPECT_EQ(ReasonOf(R"({"signatures":-1})"), "policy.limit");
}

TEST(LimitsTest, ALimitThatIsNoNumberIsRefused) {
  EXPECT_EQ(ReasonOf(R"({"signatures":"many"})"), "policy.limit");
}

TEST(LimitsTest, AMisspeltLimitIsRefused) {
  EXPECT_EQ(ReasonOf(R"({"signature":5})"), "policy.malformed");
  EXPECT_EQ(ReasonOf("7"), "policy.malformed");
}

TEST(LimitsTest, TheShippedPoliciesSayTheirLimits) {
  for (const std::string_view id : kShippedPolicies) {
    const base::Json json = PolicyToJson(*ShippedPolicy(id));
    ASSERT_NE(json.Find("limits"), nullptr) << id;
    EXPECT_EQ(json.Find("limits")->Integer("signatures"), 5'000) << id;
  }
}

TEST(LimitsTest, ChangedLimitsAreAnotherPolicy) {
  EXPECT_NE(PolicyDigest(PolicyWith(R"({"signatures":3})").value()),
            PolicyDigest(PolicyWith(R"({"signatures":4})").value()));
}

TEST(LimitsTest, EveryDefaultIsWithinItsHardMaximum) {
  for (const LimitRow& row : kLimitRows)
    EXPECT_LE(Limits().*row.value, row.hard_maximum) << row.name;
}

TEST(LimitsTest, EveryRefusalHasItsSentence) {
  for (const LimitRow& row : kLimitRows)
    for (const auto language : {base::Language::kLatvian, base::Language::kEnglish})
      EXPECT_NE(base::TextOf(row.reason, language), row.reason) << row.name;
}

TEST(WorkBudgetTest, WorkOfExactlyTheLimitFits) {
  const WorkBudget budget(0, {.work_milliseconds = 10});
  EXPECT_TRUE(budget.CheckFits(10 * kUnitsInMillisecond, 0, 1).ok());
  EXPECT_EQ(budget.CheckFits(11 * kUnitsInMillisecond, 0, 1).error().message,
            "workMilliseconds: 11, limit 10");
}

TEST(WorkBudgetTest, KeysOfExactlyTheLimitFit) {
  const WorkBudget budget(0, {.key_milliseconds = 10});
  EXPECT_TRUE(budget.CheckFits(0, 10 * kUnitsInMillisecond, 1).ok());
  EXPECT_EQ(budget.CheckFits(0, 11 * kUnitsInMillisecond, 1).error().reason, "limit.public-keys");
}

TEST(WorkBudgetTest, TenMebibytesBuyNothing) {
  const std::size_t units = Limits().work_milliseconds * kUnitsInMillisecond;
  EXPECT_FALSE(WorkBudget(std::size_t{10} << 20U).CheckFits(units + 1, 0, 20).ok());
  EXPECT_TRUE(WorkBudget(std::size_t{20} << 20U).CheckFits(2 * units, 0, 20).ok());
}

// Fifty responses of a thousand answers in seven megabytes, each asked about each certificate.
TEST(WorkBudgetTest, AHeapOfAnswersIsTooCostly) {
  const tests::RuleCase twin;
  tests::OcspSpec spec = twin.Answer(twin.user);
  spec.copies = 999;
  const auto reason = [&](std::size_t responses) {
    SignatureMaker maker = twin.Maker();
    maker.long_term = tests::RuleCase::RevocationValues(
        {}, std::vector<base::Bytes>(responses, tests::MakeOcsp(spec)));
    return twin.Outcome(maker);
  };
  EXPECT_EQ(reason(5), "valid");
  EXPECT_EQ(reason(50), "refused xml.too-costly");
}

TEST(WorkBudgetTest, TheTwentyFirstSignatureBringsWhatItNeeds) {
  const WorkBudget budget(0);
  const std::size_t units = Limits().work_milliseconds * kUnitsInMillisecond;
  EXPECT_FALSE(budget.CheckFits(units + 200'000, 0, 20).ok());
  EXPECT_TRUE(budget.CheckFits(units + 200'000, 0, 21).ok());
}

// A document that has so much of what the limit counts.
struct Counted {
  const char* limit;
  std::uint64_t number;
};
void PrintTo(const Counted& counted, std::ostream* out) {
  *out << counted.limit;
}

class DocumentLimitTest : public testing::TestWithParam<Counted> {
 protected:
  static base::Bytes Document() {
    const Identity ca = Make({.name = "CA", .extensions = tests::CaExtensions()});
    const Identity signer = Make({.name = "signer", .issuer = &ca});
    const Identity tsa = tests::MakeTsa();
    SignatureMaker maker(signer);
    maker.exclusive = true;
    maker.files = {{"a.txt", "a"}, {"b.txt", std::string(5'000, 'b')}};
    maker.tsa = &tsa;
    const auto value = [](const std::string& name, const base::Bytes& der) {
      return "<xades:Encapsulated" + name + ">" + Base64Encode(der) + "</xades:Encapsulated" +
             name + ">";
    };
    maker.long_term =
        "<xades:CertificateValues>" + value("X509Certificate", ca.Der()) +
        "</xades:CertificateValues><xades:RevocationValues><xades:OCSPValues>" +
        value("OCSPValue",
              tests::MakeOcsp({.responder = &ca, .certificate = &signer, .issuer = &ca})) +
        "</xades:OCSPValues><xades:CRLValues>" +
        value("CRLValue", tests::MakeCrl({.issuer = &ca, .others = 10})) +
        "</xades:CRLValues></xades:RevocationValues>";
    std::string xml = maker.open;
    for (const char* id : {"S1", "S2"}) {
      maker.id = id;
      maker.target = "#" + maker.id;
      const std::string one = maker.Xml();
      xml += one.substr(maker.open.size(), one.size() - maker.open.size() - maker.close.size());
    }
    tests::ZipMaker zip = maker.Container();
    zip.last().content = xml + maker.close;
    const base::Bytes record =
        tests::EvidenceRecordMaker(tsa).Start("a", tests::Day(2023, 3, 1)).Make();
    for (const char* name : {"META-INF/evidencerecord1.ers", "META-INF/evidencerecord2.ers"})
      zip.Add(name, base::ToString(record));
    return zip.Make();
  }

  // The refusal's code and message when the limit has this value; empty when it is none.
  static std::pair<std::string, std::string> RefusalAt(std::uint64_t limit) {
    const std::string policy =
        R"({"schema":"edocvault.policy/1","id":"own","base":"eu-ades","limits":{")" +
        std::string(GetParam().limit) + "\":" + std::to_string(limit) + "}}";
    const base::Bytes document = Document();
    VerifyRequest request;
    request.name = "a.asice";
    request.document = document;
    request.policy = "own";
    request.policy_text = policy;
    request.at = tests::Day(2023, 3, 1);
    const base::Json report = Verify(request);
    const base::Json* refusal = report.Find("refusal");
    if (refusal == nullptr || refusal->is_null()) return {};
    return {refusal->Text("code").value_or(""), refusal->Text("message").value_or("")};
  }
};

TEST_P(DocumentLimitTest, AsMuchAsTheLimitIsJudged) {
  EXPECT_EQ(RefusalAt(GetParam().number).first, "");
}

TEST_P(DocumentLimitTest, OneMoreIsRefusedWithNumberAndLimit) {
  const auto [code, message] = RefusalAt(GetParam().number - 1);
  const auto row = std::ranges::find(kLimitRows, GetParam().limit, &LimitRow::name);
  EXPECT_EQ(code, row->reason);
  EXPECT_NE(message.find(std::string(GetParam().limit) + ": "), std::string::npos) << message;
  EXPECT_NE(message.find("limit " + std::to_string(GetParam().number - 1)), std::string::npos)
      << message;
}

INSTANTIATE_TEST_SUITE_P(Limits, DocumentLimitTest,
                         testing::Values(Counted{"members", 7}, Counted{"signatures", 2},
                                         Counted{"references", 3}, Counted{"certificates", 4},
                                         Counted{"ocspResponses", 2}, Counted{"crls", 2},
                                         Counted{"crlEntries", 20}, Counted{"timestamps", 4},
                                         Counted{"evidenceRecords", 2}),
                         [](const auto& tested) { return tested.param.limit; });

}  // namespace
}  // namespace signing
