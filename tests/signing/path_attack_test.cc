// What an attacker would make a path of.
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

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

tests::Key ExplicitEcKey() {
  const base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  std::string curve = "P-256";
  std::string encoding = "explicit";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_params(context.get(), parameters);
  EVP_PKEY_generate(context.get(), &key);
  return tests::Key{key};
}

// The public half of an RSA key of 2048 bits with this exponent.
tests::Key RsaWithExponent(const BIGNUM* exponent) {
  const tests::Key honest = tests::MakeRsaKey();
  BIGNUM* modulus = nullptr;
  EVP_PKEY_get_bn_param(honest.get(), OSSL_PKEY_PARAM_RSA_N, &modulus);
  const base::CHandle<BIGNUM, BN_free> owner{modulus};
  const base::CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
  const base::CHandle<OSSL_PARAM, OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(build.get())};
  const base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return tests::Key{key};
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
  // A certificate of the root for this key.
  Certificate For(EVP_PKEY* key) {
    return Public(Make({.name = "signer", .issuer = &root_, .key = key}));
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

TEST_F(PathAttackTest, ACaHandedInWhoseKeyIsNotForCertificatesAnchorsNobodyElse) {
  const Identity ca =
      Make({.name = "CA",
            .extensions = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "cRLSign"}}});
  EXPECT_FALSE(Build(Trusting(ca), Make({.name = "signer", .issuer = &ca}), {}).HasAnchor());
}

TEST_F(PathAttackTest, ADocumentFullOfHeapsEndsAllSearches) {
  std::vector<Certificate> others;
  for (int i = 0; i < PathBuilder::kMaxChecks; ++i)
    others.push_back(Public(Make({.name = "CA", .extensions = CaExtensions()})));
  const auto trust = Trusting(root_);
  PathBuilder builder(trust);
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const auto build = [&](const Identity& identity) {
    const Certificate leaf = Public(identity);
    return builder.Build(
        {.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = others});
  };
  for (int i = 0; i < PathBuilder::kMaxFailures / PathBuilder::kMaxChecks; ++i)
    build(Make({.name = "signer", .issuer = &ca}));
  const auto path = build(Make({.name = "signer", .issuer = &root_}));
  EXPECT_TRUE(path.Has(PathProblemKind::kSearchGivenUp));
}

TEST_F(PathAttackTest, ASpentBudgetEndsAllSearchesAndSaysSo) {
  const auto trust = Trusting(root_);
  const Certificate leaf = Public(Make({.name = "signer", .issuer = &root_}));
  WorkBudget budget(0);
  while (budget.Spend(1'000).ok()) continue;
  PathBuilder builder(trust, {.budget = &budget});
  EXPECT_FALSE(
      builder.Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = {}})
          .HasAnchor());
  EXPECT_FALSE(budget.Check().ok());
}

TEST_F(PathAttackTest, AHeapOfHeavyKeysSpendsTheBudget) {
  const tests::Key p521 = tests::MakeEcKey("P-521");
  const auto trust = Trusting(root_);
  WorkBudget budget(0);
  PathBuilder builder(trust, {.budget = &budget});
  const Identity issuer = Make({.name = "CA", .extensions = CaExtensions()});
  const Certificate leaf = Public(Make({.name = "signer", .issuer = &issuer}));
  for (int i = 0; i < 10 && budget.Check().ok(); ++i) {
    std::vector<Certificate> others;
    for (int j = 0; j < PathBuilder::kMaxChecks; ++j)
      others.push_back(
          Public(Make({.name = "CA", .extensions = CaExtensions(), .key = p521.get()})));
    builder.Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = others});
  }
  EXPECT_FALSE(budget.Check().ok());
}

TEST_F(PathAttackTest, ALargeFileBuysNoSignatureChecks) {
  constexpr std::size_t kTenMebibytes = std::size_t{10} << 20U;
  const auto checks = [](std::size_t size, std::size_t signatures) {
    WorkBudget budget(size);
    for (std::size_t i = 0; i < signatures; ++i) budget.AddSignature();
    std::size_t count = 0;
    while (budget.SpendOnKeys(12'000).ok()) ++count;
    return count;
  };
  EXPECT_LT(checks(kTenMebibytes, 20), 350U);
  EXPECT_EQ(checks(kTenMebibytes, 20), checks(2 * kTenMebibytes, 1));
  // What a thousand honest signatures need is there.
  EXPECT_GT(checks(kTenMebibytes, 1000), 12'000U);
}

TEST_F(PathAttackTest, AKeyCostsWhatItsSizeAndExponentSay) {
  const auto cost = [&](EVP_PKEY* key) { return For(key).CostOfCheck(); };
  const tests::Key p256 = tests::MakeEcKey("P-256");
  const tests::Key p521 = tests::MakeEcKey("P-521");
  EXPECT_GT(cost(p521.get()), 5 * cost(p256.get()));
  const base::CHandle<BIGNUM, BN_free> small{BN_new()};
  BN_set_word(small.get(), 65'537);
  const base::CHandle<BIGNUM, BN_free> large{BN_new()};
  BN_set_word(large.get(), 0xFFFF'FFFF'FFFF'FFFFU);
  EXPECT_GT(cost(RsaWithExponent(large.get()).get()), 3 * cost(RsaWithExponent(small.get()).get()));
}

// A SEQUENCE of `content`, in hexadecimal.
std::string Sequence(const std::string& content, const char* tag = "30") {
  const std::size_t size = content.size() / 2;
  const base::Bytes length{static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
  return tag + ("82" + base::HexEncode(length)) + content;
}

// Each name below would be compared with each constraint above, for each pair of certificates.
TEST_F(PathAttackTest, HeapsOfNamesUnderHeapsOfConstraintsAreNotCompared) {
  const auto build = [](int count) {
    std::string names;
    std::string subtrees;
    for (int i = 0; i < count; ++i) {
      names += "820161";         // dNSName "a"
      subtrees += "3003820162";  // That of "b".
    }
    const std::string excluded = Sequence(Sequence(subtrees, "A1"));
    tests::Extensions of_ca = tests::CaExtensions();
    of_ca.emplace_back("2.5.29.30", "DER:" + excluded);
    const Identity root = Make({.name = "Root", .extensions = of_ca});
    const Identity leaf = Make(
        {.name = "Leaf", .issuer = &root, .extensions = {{"2.5.29.17", "DER:" + Sequence(names)}}});
    return Build(Trusting(root), leaf, {});
  };
  EXPECT_TRUE(build(20).problems.empty());
  EXPECT_TRUE(build(500).Has(PathProblemKind::kNameConstraints));
  EXPECT_TRUE(build(5000).Has(PathProblemKind::kMalformedExtension));
}

TEST_F(PathAttackTest, TheKeyThatACertificateNamesIsTriedFirst) {
  std::vector<Certificate> others;
  const auto with_id = [](const Identity* issuer) {
    auto extensions = CaExtensions();
    extensions.emplace_back("subjectKeyIdentifier", "hash");
    return Make({.name = "CA", .issuer = issuer, .extensions = extensions});
  };
  for (int i = 0; i < PathBuilder::kMaxChecks + 1; ++i) others.push_back(Public(with_id(nullptr)));
  const Identity ca = with_id(&root_);
  others.push_back(Public(ca));
  const Certificate leaf = Public(
      Make({.name = "signer", .issuer = &ca, .extensions = {{"authorityKeyIdentifier", "keyid"}}}));
  const auto trust = Trusting(root_);
  EXPECT_TRUE(
      PathBuilder(trust)
          .Build({.leaf = leaf, .purpose = PathPurpose::kSigner, .time = kThen, .others = others})
          .HasAnchor());
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

TEST_F(PathAttackTest, AKeyOnACurveOfItsOwnIsNoKey) {
  const tests::Key key = ExplicitEcKey();
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(For(key.get()).key(), nullptr);
}

TEST_F(PathAttackTest, AKeyOnACurveThatNobodySignsWithIsNoKey) {
  const tests::Key key = tests::MakeEcKey("B-283");
  EXPECT_EQ(For(key.get()).key(), nullptr);
  for (const char* curve : {"P-256", "P-384", "P-521", "brainpoolP256r1"}) {
    const tests::Key usual = tests::MakeEcKey(curve);
    EXPECT_NE(For(usual.get()).key(), nullptr) << curve;
  }
}

TEST_F(PathAttackTest, AnRsaKeyWhoseSignaturesAnybodyCanMakeIsNoKey) {
  const base::CHandle<BIGNUM, BN_free> exponent{BN_new()};
  for (const unsigned long value : {1UL, 2UL, 65536UL}) {
    BN_set_word(exponent.get(), value);
    EXPECT_EQ(For(RsaWithExponent(exponent.get()).get()).key(), nullptr) << value;
  }
  for (const unsigned long value : {3UL, 65537UL}) {
    BN_set_word(exponent.get(), value);
    EXPECT_NE(For(RsaWithExponent(exponent.get()).get()).key(), nullptr) << value;
  }
}

TEST_F(PathAttackTest, AnRsaExponentThatMakesEachCheckSlowIsNoKey) {
  const base::CHandle<BIGNUM, BN_free> exponent{BN_new()};
  BN_set_bit(exponent.get(), 2000);
  BN_add_word(exponent.get(), 1);
  EXPECT_EQ(For(RsaWithExponent(exponent.get()).get()).key(), nullptr);
}

}  // namespace
}  // namespace signing
