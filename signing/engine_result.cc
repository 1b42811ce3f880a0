#include "signing/engine_result.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace signing {
namespace {

struct SubName {
  SubIndication sub;
  std::string_view name;
};
constexpr auto kSubNames = std::to_array<SubName>({
    {SubIndication::kNone, ""},
    {SubIndication::kFormatFailure, "FORMAT_FAILURE"},
    {SubIndication::kHashFailure, "HASH_FAILURE"},
    {SubIndication::kSigCryptoFailure, "SIG_CRYPTO_FAILURE"},
    {SubIndication::kRevoked, "REVOKED"},
    {SubIndication::kExpired, "EXPIRED"},
    {SubIndication::kNotYetValid, "NOT_YET_VALID"},
    {SubIndication::kSigConstraintsFailure, "SIG_CONSTRAINTS_FAILURE"},
    {SubIndication::kChainConstraintsFailure, "CHAIN_CONSTRAINTS_FAILURE"},
    {SubIndication::kCertificateChainGeneralFailure, "CERTIFICATE_CHAIN_GENERAL_FAILURE"},
    {SubIndication::kCryptoConstraintsFailure, "CRYPTO_CONSTRAINTS_FAILURE"},
    {SubIndication::kCryptoConstraintsFailureNoPoe, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"},
    {SubIndication::kPolicyProcessingError, "POLICY_PROCESSING_ERROR"},
    {SubIndication::kSignaturePolicyNotAvailable, "SIGNATURE_POLICY_NOT_AVAILABLE"},
    {SubIndication::kTimestampOrderFailure, "TIMESTAMP_ORDER_FAILURE"},
    {SubIndication::kNoSigningCertificateFound, "NO_SIGNING_CERTIFICATE_FOUND"},
    {SubIndication::kNoCertificateChainFound, "NO_CERTIFICATE_CHAIN_FOUND"},
    {SubIndication::kNoCertificateChainFoundNoPoe, "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"},
    {SubIndication::kRevokedNoPoe, "REVOKED_NO_POE"},
    {SubIndication::kRevokedCaNoPoe, "REVOKED_CA_NO_POE"},
    {SubIndication::kOutOfBoundsNotRevoked, "OUT_OF_BOUNDS_NOT_REVOKED"},
    {SubIndication::kOutOfBoundsNoPoe, "OUT_OF_BOUNDS_NO_POE"},
    {SubIndication::kRevocationOutOfBoundsNoPoe, "REVOCATION_OUT_OF_BOUNDS_NO_POE"},
    {SubIndication::kNoPoe, "NO_POE"},
    {SubIndication::kTryLater, "TRY_LATER"},
    {SubIndication::kSignedDataNotFound, "SIGNED_DATA_NOT_FOUND"},
});

struct RuleClause {
  Rule rule;
  std::string_view clause;
};
constexpr auto kClauses = std::to_array<RuleClause>({
    {Rule::kContainerManifest, "EN 319 162-1, 4.4.3"},
    {Rule::kContainerSignedFiles, "EN 319 162-1, 4.4.3"},
    {Rule::kFormat, "EN 319 102-1, 5.2.2"},
    {Rule::kSingleSigner, "EN 319 102-1, 5.2.2"},
    {Rule::kNotDuplicated, "EN 319 102-1, 5.2.2"},
    {Rule::kStructure, "EN 319 102-1, 5.2.8"},
    {Rule::kSignerReference, "EN 319 102-1, 5.2.3"},
    {Rule::kSignerReferenceUnique, "EN 319 102-1, 5.2.8.4"},
    {Rule::kSignerReferenceDigest, "EN 319 102-1, 5.2.3"},
    {Rule::kSignerReferenceIssuer, "EN 319 102-1, 5.2.3"},
    {Rule::kPolicyAvailable, "EN 319 102-1, 5.2.4"},
    {Rule::kPolicyDigest, "EN 319 102-1, 5.2.4"},
    {Rule::kDataFound, "EN 319 102-1, 5.2.7"},
    {Rule::kDataIntact, "EN 319 102-1, 5.2.7"},
    {Rule::kManifestEntryFound, "EN 319 102-1, 5.2.7"},
    {Rule::kManifestEntryIntact, "EN 319 102-1, 5.2.7"},
    {Rule::kValueIntact, "EN 319 102-1, 5.2.7"},
    {Rule::kSigningTime, "EN 319 102-1, 5.2.8.4"},
    {Rule::kSigningTimeInRange, "EN 319 102-1, 5.2.8.4"},
    {Rule::kSignedProperties, "EN 319 102-1, 5.2.8"},
    {Rule::kChainFound, "EN 319 102-1, 5.2.6"},
    {Rule::kSealIntact, "RFC 5280, 6.1.3"},
    {Rule::kNotExpired, "RFC 5280, 6.1.3"},
    {Rule::kAnchorInTime, "EN 319 102-1, 5.2.6"},
    {Rule::kKeyUsage, "RFC 5280, 4.2.1.3"},
    {Rule::kExtendedKeyUsage, "RFC 5280, 4.2.1.12"},
    {Rule::kAuthorityFlag, "RFC 5280, 4.2.1.9"},
    {Rule::kPathLength, "RFC 5280, 4.2.1.9"},
    {Rule::kNameConstraints, "RFC 5280, 4.2.1.10"},
    {Rule::kPolicyConstraints, "RFC 5280, 4.2.1.11"},
    {Rule::kForbiddenExtensions, "EN 319 102-1, 5.2.6"},
    {Rule::kCriticalExtensions, "RFC 5280, 4.2"},
    {Rule::kRevocationSkip, "EN 319 102-1, 5.2.6"},
    {Rule::kRevocationAvailable, "EN 319 102-1, 5.2.6"},
    {Rule::kRevocationAcceptable, "EN 319 102-1, 5.2.6"},
    {Rule::kRevocationFresh, "EN 319 102-1, 5.2.5"},
    {Rule::kRevocationSignerInTime, "EN 319 102-1, 5.2.6"},
    {Rule::kNotRevoked, "EN 319 102-1, 5.2.6"},
    {Rule::kNotOnHold, "EN 319 102-1, 5.2.6"},
    {Rule::kStatusKnown, "RFC 6960, 2.2"},
    {Rule::kThisUpdate, "RFC 6960, 2.4"},
    {Rule::kSignerKnown, "RFC 6960, 4.2.2.2"},
    {Rule::kSignerInTime, "RFC 6960, 4.2.2.2"},
    {Rule::kAfterIssuance, "EN 319 102-1, 5.2.6"},
    {Rule::kCoversCertificate, "EN 319 102-1, 5.2.6"},
    {Rule::kResponderId, "RFC 6960, 4.2.2.3"},
    {Rule::kCryptographic, "ETSI TS 119 312"},
    {Rule::kTimestampOrder, "EN 319 102-1, 5.5.4"},
    {Rule::kRevokedAfterSigning, "EN 319 102-1, 5.5.4"},
    {Rule::kSignedBeforeExpiry, "EN 319 102-1, 5.5.4"},
    {Rule::kTimestampAfterContent, "EN 319 102-1, 5.5.4"},
});

// The same rule is asked of a signer by one standard and of a responder or a record by another.
struct BlockClause {
  std::string_view block;
  Rule rule;
  std::string_view clause;
};
constexpr auto kClausesOfBlocks = std::to_array<BlockClause>({
    {"ISC", Rule::kSignerKnown, "EN 319 102-1, 5.2.3"},
    {"ER", Rule::kFormat, "RFC 4998, 4.1"},
    {"ER", Rule::kDataFound, "RFC 4998, 4.3"},
    {"ER", Rule::kDataIntact, "RFC 4998, 4.3"},
});

// What is proven wrong stays wrong, whatever else is missing.
constexpr std::array kProvenWrong{SubIndication::kFormatFailure, SubIndication::kHashFailure,
                                  SubIndication::kSigCryptoFailure};

CheckStatus StatusOf(Level level, bool holds) {
  if (level == Level::kIgnore) return CheckStatus::kIgnored;
  if (holds) return CheckStatus::kOk;
  if (level == Level::kInform) return CheckStatus::kInform;
  return level == Level::kWarn ? CheckStatus::kWarn : CheckStatus::kFailed;
}

}  // namespace

std::string_view NameOfSubIndication(SubIndication sub) {
  return std::ranges::find(kSubNames, sub, &SubName::sub)->name;
}

Indication IndicationOf(SubIndication sub) {
  constexpr std::array kFailed{SubIndication::kFormatFailure,    SubIndication::kHashFailure,
                               SubIndication::kSigCryptoFailure, SubIndication::kRevoked,
                               SubIndication::kExpired,          SubIndication::kNotYetValid};
  const bool failed = std::ranges::find(kFailed, sub) != kFailed.end();
  return failed ? Indication::kFailed : Indication::kIndeterminate;
}

std::string_view NameOfStatus(CheckStatus status) {
  constexpr std::array<std::string_view, 6> kNames{"OK",     "INFO",    "WARN",
                                                   "NOT_OK", "IGNORED", "NOT_MADE"};
  return kNames.at(static_cast<std::size_t>(status));
}

std::string_view ClauseOf(std::string_view block, Rule rule) {
  for (const BlockClause& row : kClausesOfBlocks)
    if (row.block == block && row.rule == rule) return row.clause;
  const auto found = std::ranges::find(kClauses, rule, &RuleClause::rule);
  return found == kClauses.end() ? std::string_view() : found->clause;
}

Conclusion ConclusionOf(const std::vector<Failure>& failures) {
  if (failures.empty()) return {Indication::kPassed, SubIndication::kNone};
  const auto wrong = std::ranges::find_if(failures, [](const Failure& failure) {
    return std::ranges::find(kProvenWrong, failure.sub) != kProvenWrong.end();
  });
  const SubIndication sub = wrong == failures.end() ? failures.front().sub : wrong->sub;
  return {IndicationOf(sub), sub};
}

Block::Block(std::string name, std::string object, std::vector<Rule> expected)
    : name_(std::move(name)), object_(std::move(object)), expected_(std::move(expected)) {}

bool Block::Check(Rule rule, Level level, bool holds, Failure failure, base::Json values) {
  const CheckStatus status = StatusOf(level, holds);
  if (failure.object.empty()) failure.object = object_;
  failure.rule = rule;
  const bool failed = status == CheckStatus::kFailed;
  records_.push_back({name_, rule, failure.object, status,
                      failed ? failure.sub : SubIndication::kNone, std::move(values)});
  if (failed) failures_.push_back(std::move(failure));
  return !failed;
}

bool Block::Check(Rule rule, Level level, bool holds, SubIndication sub, base::Json values) {
  Failure failure;
  failure.sub = sub;
  return Check(rule, level, holds, std::move(failure), std::move(values));
}

void Block::Absorb(Block part) {
  failures_.insert(failures_.end(), part.failures_.begin(), part.failures_.end());
  part_open_ = part_open_ || (part.failures_.empty() && !part.conclusion().passed());
  std::ranges::move(std::move(part).AllRecords(), std::back_inserter(records_));
}

std::vector<Rule> Block::Missing() const {
  std::vector<Rule> missing;
  for (const Rule rule : expected_) {
    const auto made = [&](const CheckRecord& record) {
      return record.rule == rule && record.block == name_;
    };
    if (std::ranges::none_of(records_, made)) missing.push_back(rule);
  }
  return missing;
}

std::vector<CheckRecord> Block::AllRecords() && {
  for (const Rule rule : Missing())
    records_.push_back({name_, rule, object_, CheckStatus::kNotMade, SubIndication::kNone, {}});
  return std::move(records_);
}

Conclusion Block::conclusion() const {
  if (!failures_.empty()) return ConclusionOf(failures_);
  if (stopped_ || part_open_ || !Missing().empty()) return {};
  return {Indication::kPassed, SubIndication::kNone};
}

}  // namespace signing
