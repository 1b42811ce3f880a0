#include "signing/key_work.h"

#include <gtest/gtest.h>

#include "signing/certificate.h"
#include "signing/work_budget.h"
#include "signing/xml_census.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/token_maker.h"

namespace signing {
namespace {

using tests::CaExtensions;
using tests::Identity;
using tests::Make;

SeenCertificate Seen(const base::Bytes& der) {
  const auto found = FindCertificates(der, 10);
  return found.size() == 1 ? found.front() : SeenCertificate{};
}

std::size_t CostSeenOf(const char* curve) {
  const tests::Key key = tests::MakeEcKey(curve);
  return Seen(Make({.name = "x", .key = key.get()}).Der()).cost;
}

TEST(KeyWorkTest, ACertificateIsSeenWithTheCostOfItsKey) {
  const Identity identity = Make({.name = "x"});
  EXPECT_EQ(Seen(identity.Der()).cost, Certificate::Parse(identity.Der())->CostOfCheck());
}

TEST(KeyWorkTest, HeavierCurvesCostMore) {
  EXPECT_EQ(CostSeenOf("P-256"), kCostOfFastKey);
  EXPECT_EQ(CostSeenOf("P-384"), CostOfEcKey(384));
  EXPECT_GE(CostSeenOf("P-521"), CostOfEcKey(521));
}

TEST(KeyWorkTest, CertificatesInAnOcspResponseAreSeen) {
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity leaf = Make({.name = "leaf", .issuer = &ca});
  const Identity responder = Make({.name = "OCSP", .issuer = &ca});
  const auto der = tests::MakeOcsp({.responder = &responder, .certificate = &leaf, .issuer = &ca});
  EXPECT_EQ(FindCertificates(der, 10).size(), 1U);
}

TEST(KeyWorkTest, CertificatesInATokenAreSeen) {
  const Identity tsa =
      Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
  EXPECT_EQ(FindCertificates(tests::MakeToken(tsa, {}), 10).size(), 1U);
}

TEST(KeyWorkTest, TheSearchForCertificatesEndsAtItsMaximum) {
  const base::Bytes one = Make({.name = "x"}).Der();
  base::Bytes many;
  for (int i = 0; i < 20; ++i) base::Append(one, many);
  EXPECT_EQ(FindCertificates(many, 10).size(), 10U);
}

TEST(KeyWorkTest, BytesThatAreNoDerHoldNothing) {
  EXPECT_TRUE(FindCertificates(base::ToBytes("no certificate at all"), 10).empty());
  EXPECT_EQ(CountCrlEntries(base::ToBytes("no list")), 0U);
  EXPECT_EQ(CountOcspAnswers(base::ToBytes("no answer")), 0U);
}

TEST(KeyWorkTest, EntriesOfACrlAreCounted) {
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  EXPECT_EQ(CountCrlEntries(tests::MakeCrl({.issuer = &ca, .others = 100})), 100U);
}

TEST(KeyWorkTest, AnswersOfAResponseAreCounted) {
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const tests::OcspSpec spec{.responder = &ca, .certificate = &ca, .issuer = &ca, .copies = 100};
  EXPECT_EQ(CountOcspAnswers(tests::MakeOcsp(spec)), 101U);
}

// The length of the outermost element is not said (X.690, 8.1.3.6), and OpenSSL reads that.
base::Bytes WithoutLength(base::Bytes der) {
  constexpr std::size_t kHeader = 4;  // Of a SEQUENCE with two octets of length.
  der.erase(der.begin(), der.begin() + kHeader);
  der.insert(der.begin(), {0x30, 0x80});
  der.insert(der.end(), {0, 0});
  return der;
}

TEST(KeyWorkTest, WhatIsNotDerMayHoldAsManyAsItsBytesCan) {
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const tests::OcspSpec spec{.responder = &ca, .certificate = &ca, .issuer = &ca, .copies = 100};
  EXPECT_GE(CountOcspAnswers(WithoutLength(tests::MakeOcsp(spec))), 101U);
  EXPECT_GE(CountCrlEntries(WithoutLength(tests::MakeCrl({.issuer = &ca, .others = 100}))), 100U);
}

// 40 certificates that could all have issued each other.
TEST(KeyWorkTest, PossibleIssuersMultiply) {
  const Identity issuer = Make({.name = "Heap", .extensions = CaExtensions()});
  KeyMaterial few{.signatures = 1};
  for (int i = 0; i < 40; ++i)
    few.certificates.push_back(
        Seen(Make({.name = "Heap", .issuer = &issuer, .extensions = CaExtensions()}).Der()));
  KeyWork work;
  work.Add(few);
  EXPECT_GE(work.Cost(), 64 * kCostOfFastKey);
}

TEST(KeyWorkTest, TheSameCertificateManyTimesMultipliesNothing) {
  const Identity issuer = Make({.name = "Heap", .extensions = CaExtensions()});
  const SeenCertificate same = Seen(issuer.Der());
  KeyWork once;
  once.Add({.certificates = {same}, .signatures = 1});
  KeyWork often;
  often.Add({.certificates = std::vector<SeenCertificate>(40, same), .signatures = 1});
  EXPECT_EQ(once.Cost(), often.Cost());
}

TEST(XmlCensusTest, CountsByLocalNameWhateverThePrefix) {
  const XmlCensus census =
      CountXml(base::AsBytes("<a:Signature><Signature/><x>Signature</x></a:Signature>"));
  EXPECT_EQ(census.signatures, 2U);
  EXPECT_EQ(census.tags, 5U);
}

TEST(XmlCensusTest, CounterSignaturesAreCountedApart) {
  const XmlCensus census = CountXml(base::AsBytes(
      "<Signature><x:CounterSignature><Signature/></x:CounterSignature></Signature>"));
  EXPECT_EQ(census.signatures, 2U);
  EXPECT_EQ(census.counter_signatures, 1U);
}

TEST(XmlCensusTest, AGreaterThanSignInAValueHidesNoAttributes) {
  EXPECT_EQ(CountXml(base::AsBytes("<a b='>' c='' d=''/>")).attributes, 3U);
}

TEST(XmlCensusTest, NewNamesCostMoreThanOldOnes) {
  std::string same;
  std::string other;
  for (int i = 1000; i < 2000; ++i) {
    same += "<n1000/>";
    other += "<n" + std::to_string(i) + "/>";
  }
  EXPECT_GT(CostOfGate(CountXml(base::AsBytes(other))), CostOfGate(CountXml(base::AsBytes(same))));
}

}  // namespace
}  // namespace signing
