// The policies that ship with edocvault (DESIGN, "Policies shipped").
#include <algorithm>
#include <array>
#include <initializer_list>

#include "signing/policy.h"

namespace signing {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year;

base::Time Date(int y, unsigned m, unsigned d) {
  return std::chrono::sys_days{year{y} / std::chrono::month{m} / std::chrono::day{d}};
}

// ETSI TS 119 312 V1.5.1 (2024-10): ends of use; SHA-1 and the short keys by its history.
AlgorithmSuite EuropeanSuite() {
  AlgorithmSuite suite;
  suite.digests = {
      {"SHA1", 0, Date(2012, 8, 1)}, {"SHA224", 0, Date(2029, 1, 1)}, {"SHA256", 0, std::nullopt},
      {"SHA384", 0, std::nullopt},   {"SHA512", 0, std::nullopt},     {"SHA3-256", 0, std::nullopt},
      {"SHA3-384", 0, std::nullopt}, {"SHA3-512", 0, std::nullopt},
  };
  for (const char* rsa : {"RSA", "RSASSA-PSS"}) {
    suite.keys.push_back({rsa, 786, Date(2010, 8, 1)});
    suite.keys.push_back({rsa, 1024, Date(2019, 10, 1)});
    // 1900 and not 2048: real cards have moduli of 2047 bits.
    suite.keys.push_back({rsa, 1900, Date(2029, 1, 1)});
    suite.keys.push_back({rsa, 3000, std::nullopt});
  }
  suite.keys.push_back({"ECDSA", 160, Date(2012, 8, 1)});
  suite.keys.push_back({"ECDSA", 224, Date(2021, 10, 1)});
  suite.keys.push_back({"ECDSA", 256, std::nullopt});
  suite.issued = Date(2024, 10, 13);
  suite.level_of_predictions = Level::kWarn;
  return suite;
}

constexpr auto kF = Level::kFail;
constexpr auto kW = Level::kWarn;
constexpr auto kI = Level::kInform;
constexpr auto kN = Level::kIgnore;

// Levels by scope: signature, counter-signature, timestamp, revocation, evidence record.
struct Row {
  Part part;
  Rule rule;
  std::array<Level, 5> levels;
};

constexpr auto kT = Part::kToken;
constexpr auto kS = Part::kSigner;
constexpr auto kA = Part::kAuthority;

constexpr auto kRows = std::to_array<Row>({
    {kT, Rule::kContainerManifest, {kF, kN, kN, kN, kN}},
    {kT, Rule::kContainerSignedFiles, {kF, kN, kN, kN, kN}},
    {kT, Rule::kFormat, {kF, kF, kF, kF, kF}},
    {kT, Rule::kSingleSigner, {kF, kF, kF, kF, kN}},
    {kT, Rule::kNotDuplicated, {kF, kF, kN, kN, kN}},
    {kT, Rule::kStructure, {kW, kW, kW, kN, kW}},
    {kT, Rule::kSignerReference, {kF, kF, kW, kN, kN}},
    {kT, Rule::kSignerReferenceUnique, {kW, kW, kN, kN, kN}},
    {kT, Rule::kSignerReferenceDigest, {kF, kF, kF, kN, kN}},
    {kT, Rule::kSignerReferenceIssuer, {kW, kW, kW, kN, kN}},
    {kT, Rule::kPolicyAvailable, {kI, kI, kN, kN, kN}},
    {kT, Rule::kPolicyDigest, {kW, kW, kN, kN, kN}},
    {kT, Rule::kDataFound, {kF, kF, kF, kF, kF}},
    {kT, Rule::kDataIntact, {kF, kF, kF, kF, kF}},
    {kT, Rule::kManifestEntryFound, {kW, kW, kW, kN, kN}},
    {kT, Rule::kManifestEntryIntact, {kF, kF, kF, kN, kN}},
    {kT, Rule::kValueIntact, {kF, kF, kF, kF, kN}},
    {kT, Rule::kSigningTime, {kF, kF, kN, kN, kN}},
    {kT, Rule::kSigningTimeInRange, {kW, kW, kN, kN, kN}},
    {kT, Rule::kSignedProperties, {kF, kF, kN, kN, kN}},
    {kT, Rule::kChainFound, {kF, kF, kF, kF, kN}},
    {kT, Rule::kCryptographic, {kF, kF, kF, kF, kF}},
    {kT, Rule::kTimestampOrder, {kF, kF, kN, kN, kN}},
    {kT, Rule::kRevokedAfterSigning, {kF, kF, kF, kN, kN}},
    {kT, Rule::kSignedBeforeExpiry, {kF, kF, kF, kN, kN}},
    {kT, Rule::kTimestampAfterContent, {kF, kF, kN, kN, kN}},
    {kT, Rule::kStatusKnown, {kN, kN, kN, kF, kN}},
    {kT, Rule::kThisUpdate, {kN, kN, kN, kF, kN}},
    {kT, Rule::kSignerKnown, {kN, kN, kN, kF, kN}},
    {kT, Rule::kSignerInTime, {kN, kN, kN, kF, kN}},
    {kT, Rule::kAfterIssuance, {kN, kN, kN, kF, kN}},
    {kT, Rule::kCoversCertificate, {kN, kN, kN, kF, kN}},
    {kT, Rule::kResponderId, {kN, kN, kN, kF, kN}},
    {kS, Rule::kSealIntact, {kF, kF, kF, kF, kN}},
    {kS, Rule::kNotExpired, {kF, kF, kF, kF, kN}},
    {kS, Rule::kAnchorInTime, {kF, kF, kF, kF, kN}},
    {kS, Rule::kKeyUsage, {kF, kF, kN, kN, kN}},
    {kS, Rule::kExtendedKeyUsage, {kN, kN, kF, kN, kN}},
    {kS, Rule::kNameConstraints, {kF, kF, kF, kF, kN}},
    {kS, Rule::kPolicyConstraints, {kW, kW, kW, kW, kN}},
    {kS, Rule::kForbiddenExtensions, {kF, kF, kF, kN, kN}},
    {kS, Rule::kCriticalExtensions, {kF, kF, kF, kF, kN}},
    {kS, Rule::kRevocationSkip, {kI, kI, kI, kI, kN}},
    {kS, Rule::kRevocationAvailable, {kF, kF, kF, kF, kN}},
    {kS, Rule::kRevocationAcceptable, {kF, kF, kF, kF, kN}},
    {kS, Rule::kRevocationFresh, {kF, kF, kN, kN, kN}},
    {kS, Rule::kRevocationSignerInTime, {kN, kN, kN, kN, kN}},
    {kS, Rule::kNotRevoked, {kF, kF, kF, kF, kN}},
    {kS, Rule::kNotOnHold, {kF, kF, kF, kF, kN}},
    {kS, Rule::kCryptographic, {kF, kF, kF, kF, kN}},
    {kA, Rule::kSealIntact, {kF, kF, kF, kF, kN}},
    {kA, Rule::kNotExpired, {kF, kF, kF, kF, kN}},
    {kA, Rule::kAnchorInTime, {kF, kF, kF, kF, kN}},
    {kA, Rule::kKeyUsage, {kF, kF, kF, kF, kN}},
    {kA, Rule::kAuthorityFlag, {kF, kF, kF, kF, kN}},
    {kA, Rule::kPathLength, {kF, kF, kF, kF, kN}},
    {kA, Rule::kNameConstraints, {kF, kF, kF, kF, kN}},
    {kA, Rule::kPolicyConstraints, {kW, kW, kW, kW, kN}},
    {kA, Rule::kForbiddenExtensions, {kF, kF, kF, kF, kN}},
    {kA, Rule::kCriticalExtensions, {kF, kF, kF, kF, kN}},
    {kA, Rule::kRevocationAvailable, {kF, kF, kW, kW, kN}},
    {kA, Rule::kRevocationAcceptable, {kF, kF, kW, kW, kN}},
    {kA, Rule::kNotRevoked, {kF, kF, kF, kF, kN}},
    {kA, Rule::kNotOnHold, {kF, kF, kF, kF, kN}},
    {kA, Rule::kCryptographic, {kF, kF, kF, kF, kN}},
});

constexpr std::array kScopes{Scope::kSignature, Scope::kCounterSignature, Scope::kTimestamp,
                             Scope::kRevocation, Scope::kEvidenceRecord};

constexpr std::string_view kOcspNoCheck = "1.3.6.1.5.5.7.48.1.5";
constexpr std::string_view kNoRevocationAvailable = "2.5.29.56";    // RFC 9608
constexpr std::string_view kShortTermAssured = "0.4.0.194121.2.1";  // EN 319 412-1, 5.2
constexpr std::string_view kTimeStamping = "1.3.6.1.5.5.7.3.8";     // RFC 3161, 2.3

void SetValues(Policy& policy, Part part, Rule rule, std::vector<std::string> values,
               std::initializer_list<Scope> scopes) {
  for (const Scope scope : scopes) policy.rules[{scope, part, rule}].values = values;
}

void SetCertificateValues(Policy& policy) {
  using enum Scope;
  const std::string no_check(kOcspNoCheck);
  const std::string none_available(kNoRevocationAvailable);
  const std::string assured(kShortTermAssured);
  SetValues(policy, kS, Rule::kKeyUsage, {"nonRepudiation", "digitalSignature"},
            {kSignature, kCounterSignature});
  SetValues(policy, kS, Rule::kExtendedKeyUsage, {std::string(kTimeStamping)}, {kTimestamp});
  SetValues(policy, kS, Rule::kForbiddenExtensions, {no_check},
            {kSignature, kCounterSignature, kTimestamp});
  SetValues(policy, kS, Rule::kRevocationSkip, {assured, none_available},
            {kSignature, kCounterSignature, kTimestamp});
  // RFC 6960, 4.2.2.2.1: a CA may say that a responder "can be trusted for its lifetime".
  SetValues(policy, kS, Rule::kRevocationSkip, {no_check, assured, none_available}, {kRevocation});
  SetValues(policy, kA, Rule::kKeyUsage, {"keyCertSign"},
            {kSignature, kCounterSignature, kTimestamp, kRevocation});
  SetValues(policy, kA, Rule::kForbiddenExtensions, {no_check, none_available},
            {kSignature, kCounterSignature, kTimestamp, kRevocation});
  // RFC 5280, 4.2: "A certificate-using system MUST reject the certificate if it encounters a
  // critical extension it does not recognize or [...] cannot process."
  const std::vector<std::string> known{"2.5.29.15", "2.5.29.17", "2.5.29.18",         "2.5.29.19",
                                       "2.5.29.30", "2.5.29.31", "2.5.29.32",         "2.5.29.36",
                                       "2.5.29.37", "2.5.29.54", "1.3.6.1.5.5.7.1.3", no_check};
  for (const Part part : {kS, kA})
    SetValues(policy, part, Rule::kCriticalExtensions, known,
              {kSignature, kCounterSignature, kTimestamp, kRevocation});
}

Policy European() {
  Policy policy;
  policy.id = "eu-ades";
  policy.suite = EuropeanSuite();
  for (const Row& row : kRows)
    for (std::size_t i = 0; i < kScopes.size(); ++i)
      if (row.levels.at(i) != kN)
        policy.rules[{kScopes.at(i), row.part, row.rule}].level = row.levels.at(i);
  SetCertificateValues(policy);
  for (const Scope scope : {Scope::kSignature, Scope::kCounterSignature})
    // Revocation data is fresh in its own validity; what is older than the signature's best
    // time is noted in the report.
    policy.rules[{scope, kS, Rule::kRevocationFresh}] = {kF, {"next-update"}, seconds{0}};
  return policy;
}

void SetGrace(Policy& policy, seconds grace) {
  for (const Scope scope : {Scope::kSignature, Scope::kCounterSignature})
    policy.rules[{scope, kS, Rule::kRevocationFresh}].limit = grace;
}

Policy EuropeanQualified() {
  Policy policy = European();
  policy.id = "eu-qes";
  policy.signature_qualifications = {"QESig", "QESeal"};
  policy.timestamp_qualifications = {"QTSA"};
  return policy;
}

// Electronic Documents Law, 3 (5): towards institutions a secure signature and a timestamp.
Policy LatvianPublicSector() {
  Policy policy = EuropeanQualified();
  policy.id = "lv-public-sector";
  policy.timestamp_needed = true;
  SetGrace(policy, minutes{15});
  return policy;
}

// For the archive of 2007-2018: the algorithms of their time, the timestamps that Latvia
// recognised, and revocation data that eParaksts took just before the timestamp.
Policy LatvianNationalLegacy() {
  Policy policy = LatvianPublicSector();
  policy.id = "lv-national-legacy";
  policy.timestamp_qualifications = {"QTSA", "TSA-national"};
  for (AlgorithmLimit& digest : policy.suite.digests)
    if (digest.name == "SHA1") digest.until = Date(2018, 7, 1);
  return policy;
}

// The rules of the Baltic container libraries: revocation data older than the timestamp is an
// error there, and so is what others only warn of.
Policy BalticContainer() {
  Policy policy = European();
  policy.id = "baltic-bdoc";
  for (AlgorithmLimit& digest : policy.suite.digests)
    if (digest.name == "SHA1") digest.until = Date(2018, 7, 1);
  for (const Scope scope : {Scope::kSignature, Scope::kCounterSignature}) {
    policy.rules[{scope, kT, Rule::kSigningTimeInRange}].level = kF;
    policy.rules[{scope, kT, Rule::kSignerReferenceIssuer}].level = kF;
    policy.rules[{scope, kS, Rule::kKeyUsage}].values = {"nonRepudiation"};
    policy.rules[{scope, kS, Rule::kRevocationFresh}].values.clear();
  }
  // The algorithms of certificates and of revocation data are not looked at there.
  for (auto& [key, constraint] : policy.rules)
    if (key.rule == Rule::kCryptographic && (key.part != kT || key.scope == Scope::kRevocation))
      constraint.level = kW;
  policy.timestamp_needed = true;
  policy.timestamp_qualifications = {"QTSA", "TSA"};
  policy.time_marks = true;
  policy.fatal_findings = {"container.unsigned-file", "container.manifest-lists-absent",
                           "container.manifest-omits", "container.media-type-differs"};
  policy.refused_findings = {"container.mimetype-missing"};
  return policy;
}

struct Maker {
  std::string_view id;
  Policy (*make)();
};
constexpr auto kMakers = std::to_array<Maker>({{"eu-ades", European},
                                               {"eu-qes", EuropeanQualified},
                                               {"lv-public-sector", LatvianPublicSector},
                                               {"lv-national-legacy", LatvianNationalLegacy},
                                               {"baltic-bdoc", BalticContainer}});

}  // namespace

std::optional<Policy> ShippedPolicy(std::string_view id) {
  const auto found = std::ranges::find(kMakers, id, &Maker::id);
  if (found == kMakers.end()) return std::nullopt;
  return found->make();
}

}  // namespace signing
