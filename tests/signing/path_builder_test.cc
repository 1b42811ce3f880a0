#include "signing/path_builder.h"

#include <gtest/gtest.h>

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

TrustSnapshot Trusting(const std::vector<const Identity*>& anchors) {
  std::vector<base::Bytes> files;
  for (const Identity* anchor : anchors) files.push_back(anchor->Der());
  std::vector<NamedBytes> inputs;
  for (const base::Bytes& file : files) inputs.push_back({"anchor", file});
  return TrustSnapshot::Read(inputs, kThen, nullptr);
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

class PathBuilderTest : public testing::Test {
 protected:
  // A path root, CA, leaf through a CA with these extensions.
  CertificatePath Through(const tests::Extensions& ca_extensions, tests::Extensions leaf = {}) {
    const Identity ca = Make({.name = "CA", .issuer = &root_, .extensions = ca_extensions});
    const Identity signer = Make({.name = "signer", .issuer = &ca, .extensions = std::move(leaf)});
    return Build(Trusting({&root_}), signer, {&ca});
  }

  const Identity root_ = Make({.name = "Root", .extensions = CaExtensions()});
  const Identity ca_ = Make({.name = "CA", .issuer = &root_, .extensions = CaExtensions()});
  const Identity leaf_ = Make({.name = "signer", .issuer = &ca_});
};

TEST_F(PathBuilderTest, ALeafComesToTheAnchorThroughItsCa) {
  const auto path = Build(Trusting({&root_}), leaf_, {&ca_});
  EXPECT_EQ(path.anchor, AnchorKind::kCertificate);
  EXPECT_EQ(path.certificates.size(), 3U);
  EXPECT_TRUE(path.problems.empty());
  ASSERT_EQ(path.links.size(), 2U);
  EXPECT_EQ(path.links[0].digest, "SHA256");
  EXPECT_EQ(path.links[0].key_bits, 256);
  EXPECT_EQ(path.Issuer()->der(), ca_.Der());
}

TEST_F(PathBuilderTest, TheIssuerItselfMayBeTheAnchor) {
  const auto path = Build(Trusting({&ca_}), leaf_, {});
  EXPECT_TRUE(path.HasAnchor());
  EXPECT_TRUE(path.problems.empty());
}

TEST_F(PathBuilderTest, WithoutAnAnchorThereIsNoChain) {
  const auto path = Build(Trusting({}), leaf_, {&ca_, &root_});
  EXPECT_FALSE(path.HasAnchor());
  EXPECT_EQ(path.certificates.size(), 3U);
  ASSERT_TRUE(path.Has(PathProblemKind::kNoAnchor));
  EXPECT_EQ(path.problems[0].SubIndication(), "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(PathBuilderTest, ACaOfTheSameNameWithAnotherKeyIsNoIssuer) {
  const Identity fake = Make({.name = "CA", .issuer = &root_, .extensions = CaExtensions()});
  const Identity forged = Make({.name = "signer", .issuer = &fake});
  EXPECT_FALSE(Build(Trusting({&ca_}), forged, {}).HasAnchor());
}

TEST_F(PathBuilderTest, ARootOfTheSameNameWithAnotherKeyIsNoAnchor) {
  const Identity fake_root = Make({.name = "Root", .extensions = CaExtensions()});
  const Identity fake_ca = Make({.name = "CA", .issuer = &fake_root, .extensions = CaExtensions()});
  const Identity forged = Make({.name = "signer", .issuer = &fake_ca});
  EXPECT_FALSE(Build(Trusting({&root_}), forged, {&fake_ca, &fake_root}).HasAnchor());
}

TEST_F(PathBuilderTest, SeveralCandidatesOfOneNameAreTried) {
  const Identity other = Make({.name = "CA", .issuer = &root_, .extensions = CaExtensions()});
  EXPECT_TRUE(Build(Trusting({&root_}), leaf_, {&other, &ca_}).problems.empty());
}

TEST_F(PathBuilderTest, ACrossCertificateLeadsToTheAnchorThatIsTrusted) {
  const Identity other_root = Make({.name = "Other", .extensions = CaExtensions()});
  const Identity cross = Make(
      {.name = "CA", .issuer = &other_root, .extensions = CaExtensions(), .key = ca_.key.get()});
  EXPECT_TRUE(Build(Trusting({&other_root}), leaf_, {&ca_, &cross}).HasAnchor());
}

TEST_F(PathBuilderTest, TwoCasThatCertifyEachOtherEndTheSearch) {
  const Identity a = Make({.name = "A", .extensions = CaExtensions()});
  const Identity b = Make({.name = "B", .issuer = &a, .extensions = CaExtensions()});
  const Identity back =
      Make({.name = "A", .issuer = &b, .extensions = CaExtensions(), .key = a.key.get()});
  const Identity leaf = Make({.name = "leaf", .issuer = &b});
  EXPECT_TRUE(Build(Trusting({}), leaf, {&a, &b, &back}).Has(PathProblemKind::kNoAnchor));
}

TEST_F(PathBuilderTest, AHeapOfCandidatesEndsTheSearch) {
  std::vector<Identity> heap;
  for (int i = 0; i < PathBuilder::kMaxChecks + 1; ++i)
    heap.push_back(Make({.name = "CA", .extensions = CaExtensions()}));
  std::vector<const Identity*> others;
  for (const Identity& identity : heap) others.push_back(&identity);
  EXPECT_TRUE(Build(Trusting({&root_}), leaf_, others).Has(PathProblemKind::kSearchGivenUp));
}

TEST_F(PathBuilderTest, ALeafCannotIssueCertificates) {
  EXPECT_TRUE(Through({}).Has(PathProblemKind::kNotACa));
  EXPECT_TRUE(Through({{"basicConstraints", "CA:FALSE"}}).Has(PathProblemKind::kNotACa));
}

TEST_F(PathBuilderTest, AnAnchorThatIsNoCaCannotIssueCertificates) {
  const Identity responder = Make({.name = "Responder"});
  const Identity forged = Make({.name = "signer", .issuer = &responder});
  EXPECT_TRUE(Build(Trusting({&responder}), forged, {}).Has(PathProblemKind::kNotACa));
}

TEST_F(PathBuilderTest, AnIssuerNeedsKeyCertSign) {
  const auto path =
      Through({{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "digitalSignature"}});
  ASSERT_TRUE(path.Has(PathProblemKind::kKeyUsage));
  EXPECT_EQ(path.problems[0].SubIndication(), "CHAIN_CONSTRAINTS_FAILURE");
}

TEST_F(PathBuilderTest, ThePathLengthOfACaBinds) {
  const Identity first =
      Make({.name = "First", .issuer = &root_, .extensions = CaExtensions(",pathlen:0")});
  const Identity direct = Make({.name = "leaf", .issuer = &first});
  EXPECT_TRUE(Build(Trusting({&root_}), direct, {&first}).problems.empty());
  const Identity second = Make({.name = "Second", .issuer = &first, .extensions = CaExtensions()});
  const Identity leaf = Make({.name = "leaf", .issuer = &second});
  EXPECT_TRUE(Build(Trusting({&root_}), leaf, {&first, &second}).Has(PathProblemKind::kPathLength));
}

TEST_F(PathBuilderTest, NameConstraintsBindWhatIsBelow) {
  auto extensions = CaExtensions();
  extensions.emplace_back("nameConstraints", "critical,permitted;DNS:example.lv");
  EXPECT_TRUE(Through(extensions, {{"subjectAltName", "DNS:www.example.lv"}}).problems.empty());
  EXPECT_TRUE(Through(extensions, {{"subjectAltName", "DNS:www.example.ee"}})
                  .Has(PathProblemKind::kNameConstraints));
}

TEST_F(PathBuilderTest, AnUnknownCriticalExtensionIsAProblem) {
  EXPECT_TRUE(Through(CaExtensions(), {{"1.2.3.4", "critical,DER:0500"}})
                  .Has(PathProblemKind::kUnknownCritical));
  EXPECT_TRUE(Through(CaExtensions(), {{"1.2.3.4", "DER:0500"}}).problems.empty());
}

TEST_F(PathBuilderTest, ValidityIsReportedWithItsBound) {
  const auto trust = Trusting({&root_});
  const auto late = Build(trust, leaf_, {&ca_}, PathPurpose::kSigner, Day(2040, 1, 1));
  ASSERT_TRUE(late.Has(PathProblemKind::kExpired));
  EXPECT_EQ(late.problems[0].detail, "2035-01-01T00:00:00Z");
  const auto early = Build(trust, leaf_, {&ca_}, PathPurpose::kSigner, Day(2010, 1, 1));
  EXPECT_TRUE(early.Has(PathProblemKind::kNotYetValid));
}

TEST_F(PathBuilderTest, AServiceOfAListIsAnAnchor) {
  const auto trust = Listing({.identity = &ca_, .history = {{.from = "2016-07-01T00:00:00Z"}}});
  const auto path = Build(trust, leaf_, {});
  EXPECT_EQ(path.anchor, AnchorKind::kService);
  ASSERT_NE(path.status, nullptr);
  EXPECT_TRUE(path.problems.empty());
}

TEST_F(PathBuilderTest, AWithdrawnServiceIsAProblemFromThatDayOn) {
  const auto trust = Listing({.identity = &ca_,
                              .history = {{.from = "2022-01-01T00:00:00Z", .status = "withdrawn"},
                                          {.from = "2016-07-01T00:00:00Z"}}});
  EXPECT_TRUE(Build(trust, leaf_, {}).Has(PathProblemKind::kServiceNotApproved));
  EXPECT_TRUE(Build(trust, leaf_, {}, PathPurpose::kSigner, Day(2021, 6, 1)).problems.empty());
}

TEST_F(PathBuilderTest, ATimeStampingServiceCertifiesNoSigner) {
  const auto trust = Listing(
      {.identity = &ca_, .type = "TSA/QTST", .history = {{.from = "2016-07-01T00:00:00Z"}}});
  EXPECT_FALSE(Build(trust, leaf_, {}).HasAnchor());
  EXPECT_FALSE(Build(trust, ca_, {}).HasAnchor());
}

TEST_F(PathBuilderTest, ATimeStampingServiceIsItsOwnAnchor) {
  const auto trust = Listing(
      {.identity = &leaf_, .type = "TSA/QTST", .history = {{.from = "2016-07-01T00:00:00Z"}}});
  const auto path = Build(trust, leaf_, {}, PathPurpose::kTimestamp);
  EXPECT_EQ(path.anchor, AnchorKind::kService);
  EXPECT_EQ(path.certificates.size(), 1U);
  EXPECT_TRUE(path.problems.empty());
}

TEST_F(PathBuilderTest, TheSignerOfAListIsNoTrustedSignerOfDocuments) {
  const Identity signer = Make({.name = "Saraksts"});
  const std::string xml = tests::TrustListMaker().SignedBy(signer);
  const base::Bytes der = signer.Der();
  const auto trust =
      TrustSnapshot::Read({{"list", base::AsBytes(xml)}, {"signer", der}}, kThen, nullptr);
  EXPECT_FALSE(Build(trust, signer, {}).HasAnchor());
}

}  // namespace
}  // namespace signing
