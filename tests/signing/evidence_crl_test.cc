#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "signing/evidence.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/ocsp_maker.h"

namespace signing {
namespace {

using tests::CrlSpec;
using tests::Day;

class EvidenceCrlTest : public ::testing::Test {
 protected:
  static tests::Identity MakeCa(const std::string& name) {
    tests::CertificateSpec spec;
    spec.name = name;
    spec.extensions = tests::CaExtensions();
    return tests::Make(spec);
  }
  static tests::Identity MakeSigner(const tests::Identity& issuer) {
    tests::CertificateSpec spec;
    spec.name = "Signer";
    spec.issuer = &issuer;
    return tests::Make(spec);
  }
  CrlSpec Spec() const {
    CrlSpec spec;
    spec.issuer = &ca_;
    spec.this_update = Day(2024, 1, 10);
    spec.next_update = Day(2024, 1, 20);
    return spec;
  }
  std::string Reason(const base::Bytes& crl, base::Time proven = Day(2024, 1, 5)) const {
    const base::Status read = ReadCrl(crl, {.certificate = signer_.Der(),
                                            .issuer = ca_.Der(),
                                            .proven = proven,
                                            .now = Day(2024, 1, 15)});
    return read.ok() ? "cleared" : read.error().reason;
  }

  const tests::Identity ca_ = MakeCa("CA");
  const tests::Identity signer_ = MakeSigner(ca_);
};

TEST_F(EvidenceCrlTest, AListOfTheIssuerClearsWhatIsNotOnIt) {
  EXPECT_EQ(Reason(MakeCrl(Spec())), "cleared");
  CrlSpec spec = Spec();
  const tests::Identity other = MakeSigner(ca_);
  spec.revoked = {&other};
  EXPECT_EQ(Reason(MakeCrl(spec)), "cleared");
}

TEST_F(EvidenceCrlTest, WhatIsOnItIsRevoked) {
  CrlSpec spec = Spec();
  spec.revoked = {&signer_};
  EXPECT_EQ(Reason(MakeCrl(spec)), "crl.revoked");
}

TEST_F(EvidenceCrlTest, AListOfSomebodyElseClearsNothing) {
  CrlSpec spec = Spec();
  const tests::Identity other = MakeCa("Other CA");
  spec.issuer = &other;
  EXPECT_EQ(Reason(MakeCrl(spec)), "crl.other-issuer");
  const tests::Identity impostor = MakeCa("CA");
  spec.issuer = &impostor;
  EXPECT_EQ(Reason(MakeCrl(spec)), "crl.bad-signature");
}

TEST_F(EvidenceCrlTest, ItsTimesHaveToCoverWhatIsProven) {
  EXPECT_EQ(Reason(MakeCrl(Spec()), Day(2024, 1, 12)), "crl.too-old");
  CrlSpec spec = Spec();
  spec.next_update = Day(2024, 1, 14);
  EXPECT_EQ(Reason(MakeCrl(spec)), "crl.stale");
  spec = Spec();
  spec.this_update = Day(2024, 1, 16);
  EXPECT_EQ(Reason(MakeCrl(spec)), "crl.stale");
}

TEST_F(EvidenceCrlTest, APartOfAListClearsNothing) {
  for (const auto& [name, der] : std::vector<std::pair<std::string, std::string>>{
           {"deltaCRL", "critical,DER:02:01:01"},
           {"deltaCRL", "DER:02:01:01"},
           {"issuingDistributionPoint", "critical,DER:30:03:81:01:FF"},
           {"1.2.3.4", "critical,DER:05:00"}}) {
    CrlSpec spec = Spec();
    spec.extensions = {{name, der}};
    EXPECT_EQ(Reason(MakeCrl(spec)), "crl.partial") << name << der;
  }
}

TEST_F(EvidenceCrlTest, AChangedBitAndOtherBytesAreNoList) {
  base::Bytes crl = MakeCrl(Spec());
  crl.back() ^= 1U;
  EXPECT_NE(Reason(crl), "cleared");
  EXPECT_EQ(Reason({}), "crl.malformed");
  crl = MakeCrl(Spec());
  crl.push_back(0);
  EXPECT_EQ(Reason(crl), "crl.malformed");
}

}  // namespace
}  // namespace signing
