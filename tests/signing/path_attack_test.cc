// What an attacker would make a path of.
#include <gtest/gtest.h>

#include "signing/path_builder.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using tests::CaExtensions;
using tests::Day;
using tests::Identity;
using tests::Make;
using tests::Public;

const base::Time kThen = Day(2023, 3, 1);

constexpr const char* kPolicies = "2.5.29.32";
constexpr const char* kPolicy4 = "DER:3007300506032A0304";      // 1.2.3.4
constexpr const char* kPolicy5 = "DER:3007300506032A0305";      // 1.2.3.5
constexpr const char* kAnyPolicy = "DER:300830060604551D2000";  // 2.5.29.32.0

TrustSnapshot Trusting(const Identity& anchor) {
  const base::Bytes der = anchor.Der();
  return TrustSnapshot::Read({{"anchor", der}}, kThen, nullptr);
}

TrustSnapshot Listing(const tests::ListedService& service) {
  const Identity signer = Make({.name = "Saraksts"});
  tests::TrustListMaker list;
  list.services = {service};
  const std::string xml = list.SignedBy(signer);
  const base::Bytes der = signer.Der();
  return TrustSnapshot::Read({{"list", base::AsBytes(xml)}, {"signer", der}}, kThen, nullptr);
}

CertificatePath Build(const TrustSnapshot& trust, const Identity& leaf,
                      const std::vector<const Identity*>& others,
                      PathPurpose purpose = PathPurpose::kSigner, base::Time at = kThen) {
  std::vector<Certificate> available;
  for (const Identity* other : others) available.push_back(Public(*other));
  const Certificate certificate = Public(leaf);
  return PathBuilder(trust).Build(
      {.leaf = certificate, .purpose = purpose, .time = at, .others = available});
}

class PathAttackTest : public testing::Test {
 protected:
  CertificatePath Through(const tests::Extensions& more, tests::Extensions leaf = {}) {
    auto extensions = CaExtensions();
    extensions.insert(extensions.end(), more.begin(), more.end());
    const Identity ca = Make({.name = "CA", .issuer = &root_, .extensions = extensions});
    const Identity signer = Make({.name = "signer", .issuer = &ca, .extensions = std::move(leaf)});
    return Build(Trusting(root_), signer, {&ca});
  }

  const Identity root_ = Make({.name = "Root", .extensions = CaExtensions()});
};

TEST_F(PathAttackTest, ACertificateHandedInThatIsNoCaAnchorsNobodyElse) {
  const Identity tsa =
      Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
  const Identity forged = Make({.name = "signer", .issuer = &tsa});
  const auto path = Build(Trusting(tsa), forged, {});
  EXPECT_FALSE(path.HasAnchor());
  EXPECT_TRUE(path.Has(PathProblemKind::kNotACa));
}

TEST_F(PathAttackTest, ACopyOfTheResponderThatClaimsToBeACaIsNoAnchor) {
  const Identity tsa = Make({.name = "TSA"});
  const Identity copy = Make({.name = "TSA", .extensions = CaExtensions(), .key = tsa.key.get()});
  const Identity forged = Make({.name = "signer", .issuer = &tsa});
  EXPECT_FALSE(Build(Trusting(tsa), forged, {&copy}).HasAnchor());
}

TEST_F(PathAttackTest, ACopyOfTheAnchorWithoutItsConstraintsDoesNotLiftThem) {
  auto extensions = CaExtensions();
  extensions.emplace_back("nameConstraints", "critical,permitted;DNS:example.lv");
  const Identity anchor = Make({.name = "Bound", .extensions = extensions});
  // Its name and key are public; nobody checks who signed an anchor.
  const Identity copy =
      Make({.name = "Bound", .extensions = CaExtensions(), .key = anchor.key.get()});
  const Identity leaf = Make({.name = "signer",
                              .issuer = &anchor,
                              .extensions = {{"subjectAltName", "DNS:www.example.ee"}}});
  EXPECT_TRUE(Build(Trusting(anchor), leaf, {&copy}).Has(PathProblemKind::kNameConstraints));
}

TEST_F(PathAttackTest, APersonHandedInStampsNoTime) {
  const Identity person = Make({.name = "Persona"});
  EXPECT_TRUE(Build(Trusting(person), person, {}).HasAnchor());
  EXPECT_FALSE(Build(Trusting(person), person, {}, PathPurpose::kTimestamp).HasAnchor());
  const Identity tsa =
      Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
  EXPECT_TRUE(Build(Trusting(tsa), tsa, {}, PathPurpose::kTimestamp).HasAnchor());
}

TEST_F(PathAttackTest, APersonHandedInAnswersForNobody) {
  const Identity person = Make({.name = "Persona"});
  EXPECT_FALSE(Build(Trusting(person), person, {}, PathPurpose::kOcsp).HasAnchor());
}

TEST_F(PathAttackTest, ATimeStampingCertificateThatEndedIsNoAnchorAfterwards) {
  const Identity tsa = Make({.name = "TSA", .to = Day(2022, 1, 1)});
  const auto trust = Listing(
      {.identity = &tsa, .type = "TSA/QTST", .history = {{.from = "2016-07-01T00:00:00Z"}}});
  const auto late = Build(trust, tsa, {}, PathPurpose::kTimestamp);
  EXPECT_FALSE(late.HasAnchor());
  EXPECT_TRUE(late.Has(PathProblemKind::kExpired));
  EXPECT_TRUE(Build(trust, tsa, {}, PathPurpose::kTimestamp, Day(2021, 6, 1)).problems.empty());
}

TEST_F(PathAttackTest, ASelfMadeCertificateDoesNotRenewATimeStampingKey) {
  const Identity tsa = Make({.name = "TSA", .to = Day(2022, 1, 1)});
  const Identity renewed = Make({.name = "TSA", .to = Day(2035, 1, 1), .key = tsa.key.get()});
  const auto trust = Listing(
      {.identity = &tsa, .type = "TSA/QTST", .history = {{.from = "2016-07-01T00:00:00Z"}}});
  EXPECT_FALSE(Build(trust, renewed, {&tsa}, PathPurpose::kTimestamp).HasAnchor());
}

TEST_F(PathAttackTest, ANewCertificateDoesNotHideThatItsServiceIsWithdrawn) {
  const Identity tsa = Make({.name = "TSA", .issuer = &root_, .to = Day(2022, 1, 1)});
  const Identity renewed = Make({.name = "TSA", .issuer = &root_, .key = tsa.key.get()});
  const auto trust = Listing({.identity = &tsa,
                              .type = "TSA/QTST",
                              .history = {{.from = "2021-01-01T00:00:00Z", .status = "withdrawn"},
                                          {.from = "2016-07-01T00:00:00Z"}}});
  EXPECT_TRUE(Build(trust, renewed, {&root_}, PathPurpose::kTimestamp)
                  .Has(PathProblemKind::kServiceNotApproved));
}

TEST_F(PathAttackTest, ACaThatDemandsAPolicyHasNoLeafWithout) {
  const tests::Extensions demand{{kPolicies, kPolicy4},
                                 {"policyConstraints", "critical,requireExplicitPolicy:0"}};
  EXPECT_TRUE(Through(demand).Has(PathProblemKind::kUnknownCritical));
  EXPECT_TRUE(Through(demand, {{kPolicies, kPolicy5}}).Has(PathProblemKind::kUnknownCritical));
  const auto path = Through(demand, {{kPolicies, kPolicy4}});
  EXPECT_TRUE(path.problems.empty()) << path.problems.front().detail;
}

TEST_F(PathAttackTest, AnyPolicyIsNoneWhereItIsInhibited) {
  const tests::Extensions demand{{kPolicies, kPolicy4},
                                 {"policyConstraints", "critical,requireExplicitPolicy:0"},
                                 {"inhibitAnyPolicy", "critical,0"}};
  EXPECT_TRUE(Through(demand, {{kPolicies, kAnyPolicy}}).Has(PathProblemKind::kUnknownCritical));
}

TEST_F(PathAttackTest, CriticalExtensionsThatOnlyTheLibraryKnowsAreRefused) {
  // RFC 3820 proxyCertInfo, RFC 3779 autonomous systems: nobody here acts on them.
  for (const char* oid : {"1.3.6.1.5.5.7.1.14", "1.3.6.1.5.5.7.1.8"})
    EXPECT_TRUE(Through({}, {{oid, "critical,DER:3000"}}).Has(PathProblemKind::kUnknownCritical))
        << oid;
}

TEST_F(PathAttackTest, AnExtensionThatOccursTwiceIsMalformed) {
  EXPECT_TRUE(Through({}, {{kPolicies, kPolicy4}, {kPolicies, kPolicy5}})
                  .Has(PathProblemKind::kMalformedExtension));
  EXPECT_TRUE(Through({}, {{"1.2.3.4", "DER:0500"}, {"1.2.3.4", "DER:0500"}})
                  .Has(PathProblemKind::kMalformedExtension));
}

TEST_F(PathAttackTest, PoliciesThatDoNotDecodeAreMalformed) {
  EXPECT_TRUE(Through({}, {{"2.5.29.32", "DER:0500"}}).Has(PathProblemKind::kMalformedExtension));
  EXPECT_TRUE(Through({{"2.5.29.36", "DER:0500"}}).Has(PathProblemKind::kMalformedExtension));
}

}  // namespace
}  // namespace signing
