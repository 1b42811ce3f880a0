// The oracle's policy XML as a policy of ours.
#include <algorithm>
#include <array>

#include "tests/fakes/diag_data_importer.h"
#include "tests/fakes/oracle_xml.h"

namespace tests {
namespace {

using signing::AlgorithmLimit;
using signing::AlgorithmSuite;
using signing::Constraint;
using signing::Level;
using signing::Part;
using signing::Policy;
using signing::Rule;
using signing::Scope;

struct RuleName {
  std::string_view element;
  Rule rule;
};
constexpr auto kContainer = std::to_array<RuleName>({
    {"ManifestFilePresent", Rule::kContainerManifest},
    {"SignedFilesPresent", Rule::kContainerSignedFiles},
});
constexpr auto kToken = std::to_array<RuleName>({
    {"StructuralValidation", Rule::kStructure},
    {"PolicyAvailable", Rule::kPolicyAvailable},
    {"PolicyHashMatch", Rule::kPolicyDigest},
    {"SignatureDuplicated", Rule::kNotDuplicated},
    {"SignerInformationStore", Rule::kSingleSigner},
    {"ReferenceDataExistence", Rule::kDataFound},
    {"ReferenceDataIntact", Rule::kDataIntact},
    {"ManifestEntryObjectExistence", Rule::kManifestEntryFound},
    {"ManifestEntryObjectIntact", Rule::kManifestEntryIntact},
    {"SignatureIntact", Rule::kValueIntact},
    {"ProspectiveCertificateChain", Rule::kChainFound},
    {"UnicitySigningCertificate", Rule::kSignerReferenceUnique},
    {"SigningCertificatePresent", Rule::kSignerReference},
    {"CertDigestMatch", Rule::kSignerReferenceDigest},
    {"IssuerSerialMatch", Rule::kSignerReferenceIssuer},
    {"SigningTime", Rule::kSigningTime},
    {"SigningTimeInCertRange", Rule::kSigningTimeInRange},
    {"MessageDigestOrSignedPropertiesPresent", Rule::kSignedProperties},
    {"Coherence", Rule::kTimestampOrder},
    {"UnknownStatus", Rule::kStatusKnown},
    {"ThisUpdatePresent", Rule::kThisUpdate},
    {"RevocationIssuerKnown", Rule::kSignerKnown},
    {"RevocationIssuerValidAtProductionTime", Rule::kSignerInTime},
    {"RevocationAfterCertificateIssuance", Rule::kAfterIssuance},
    {"RevocationHasInformationAboutCertificate", Rule::kCoversCertificate},
    {"OCSPResponderIdMatch", Rule::kResponderId},
    {"DataObjectExistence", Rule::kDataFound},
    {"DataObjectIntact", Rule::kDataIntact},
});
constexpr auto kCertificate = std::to_array<RuleName>({
    {"Signature", Rule::kSealIntact},
    {"NotExpired", Rule::kNotExpired},
    {"SunsetDate", Rule::kAnchorInTime},
    {"RevocationDataSkip", Rule::kRevocationSkip},
    {"RevocationDataAvailable", Rule::kRevocationAvailable},
    {"AcceptableRevocationDataFound", Rule::kRevocationAcceptable},
    {"RevocationFreshness", Rule::kRevocationFresh},
    {"KeyUsage", Rule::kKeyUsage},
    {"ExtendedKeyUsage", Rule::kExtendedKeyUsage},
    {"CA", Rule::kAuthorityFlag},
    {"MaxPathLength", Rule::kPathLength},
    {"NameConstraints", Rule::kNameConstraints},
    {"PolicyTree", Rule::kPolicyConstraints},
    {"SupportedCriticalExtensions", Rule::kCriticalExtensions},
    {"ForbiddenExtensions", Rule::kForbiddenExtensions},
    {"NotRevoked", Rule::kNotRevoked},
    {"NotOnHold", Rule::kNotOnHold},
    {"RevocationIssuerNotExpired", Rule::kRevocationSignerInTime},
});

Level LevelOf(const xmlNode* node, Level otherwise) {
  const std::string text = Attribute(node, "Level");
  for (const Level level : {Level::kIgnore, Level::kInform, Level::kWarn, Level::kFail})
    if (text == signing::NameOfLevel(level)) return level;
  return otherwise;
}

void CollectIds(const xmlNode* node, std::vector<std::string>& ids) {
  for (const xmlNode* item : Children(node)) {
    if (signing::NameOf(item) == "Id") ids.push_back(signing::TrimmedText(item));
    CollectIds(item, ids);
  }
}

std::chrono::seconds LimitOf(const xmlNode* node) {
  const std::string unit = Attribute(node, "Unit");
  const long long value = std::stoll(Attribute(node, "Value"));
  const long long seconds = unit == "DAYS" ? 86'400 : unit == "HOURS" ? 3'600 : 1;
  return std::chrono::seconds{value * seconds};
}

// The oracle names purposes in words.
std::string AsWritten(const std::string& value) {
  return value == "timeStamping" ? "1.3.6.1.5.5.7.3.8" : value;
}

Constraint ConstraintOf(const xmlNode* node) {
  Constraint constraint;
  constraint.level = LevelOf(node, Level::kFail);
  CollectIds(node, constraint.values);
  std::ranges::transform(constraint.values, constraint.values.begin(), AsWritten);
  if (!Attribute(node, "Value").empty()) constraint.limit = LimitOf(node);
  return constraint;
}

template <std::size_t N>
void ReadRules(const xmlNode* parent, const std::array<RuleName, N>& names, Scope scope, Part part,
               Policy& policy) {
  for (const xmlNode* node : Children(parent)) {
    const auto found = std::ranges::find(names, signing::NameOf(node), &RuleName::element);
    if (found != names.end()) policy.rules[{scope, part, found->rule}] = ConstraintOf(node);
  }
}

std::optional<base::Time> DayOf(const std::string& text) {
  return text.empty() ? std::nullopt : base::ParseTime(text.substr(0, 10) + "T00:00:00Z");
}

// The sizes that AlgoExpirationDate gives are rows; sizes below the minimum have none.
AlgorithmSuite SuiteOf(const xmlNode* cryptographic) {
  AlgorithmSuite suite;
  const xmlNode* dates = Child(cryptographic, "AlgoExpirationDate");
  suite.issued = DayOf(Attribute(dates, "UpdateDate"));
  suite.level_of_predictions = LevelOf(cryptographic, Level::kFail);
  if (!Attribute(dates, "LevelAfterUpdate").empty())
    for (const Level level : {Level::kIgnore, Level::kInform, Level::kWarn, Level::kFail})
      if (Attribute(dates, "LevelAfterUpdate") == signing::NameOfLevel(level))
        suite.level_of_predictions = level;
  const auto row_of = [&](const std::string& name, std::size_t floor, bool sized) {
    std::vector<AlgorithmLimit> rows;
    for (const xmlNode* item : Children(dates, "Algo")) {
      if (signing::TrimmedText(item) != name) continue;
      const std::string size = Attribute(item, "Size");
      rows.push_back({name, sized && !size.empty() ? std::stoul(size) : floor,
                      DayOf(Attribute(item, "Date"))});
    }
    if (rows.empty()) rows.push_back({name, floor, std::nullopt});
    return rows;
  };
  for (const xmlNode* item : Children(Child(cryptographic, "AcceptableDigestAlgo"), "Algo"))
    for (const AlgorithmLimit& row : row_of(signing::TrimmedText(item), 0, false))
      suite.digests.push_back(row);
  for (const xmlNode* item : Children(Child(cryptographic, "MiniPublicKeySize"), "Algo"))
    for (const AlgorithmLimit& row :
         row_of(signing::TrimmedText(item), std::stoul(Attribute(item, "Size")), true))
      suite.keys.push_back(row);
  return suite;
}

void ReadCrypto(const xmlNode* node, const xmlNode* general, Scope scope, Part part,
                Policy& policy) {
  const xmlNode* own = Child(node, "Cryptographic");
  policy.rules[{scope, part, Rule::kCryptographic}].level =
      own == nullptr ? LevelOf(general, Level::kIgnore)
                     : LevelOf(own, LevelOf(general, Level::kFail));
  if (own != nullptr && Child(own, "AcceptableDigestAlgo") != nullptr)
    policy.own_suites[{scope, part}] = SuiteOf(own);
}

void ReadScope(const xmlNode* block, const xmlNode* general, Scope scope, Policy& policy) {
  if (block == nullptr) return;
  const xmlNode* basic = Child(block, "BasicSignatureConstraints");
  ReadRules(block, kToken, scope, Part::kToken, policy);
  ReadRules(basic, kToken, scope, Part::kToken, policy);
  ReadRules(Child(block, "SignedAttributes"), kToken, scope, Part::kToken, policy);
  ReadRules(Child(basic, "SigningCertificate"), kCertificate, scope, Part::kSigner, policy);
  ReadRules(Child(basic, "CACertificate"), kCertificate, scope, Part::kAuthority, policy);
  ReadCrypto(basic, general, scope, Part::kToken, policy);
  ReadCrypto(Child(basic, "SigningCertificate"), general, scope, Part::kSigner, policy);
  ReadCrypto(Child(basic, "CACertificate"), general, scope, Part::kAuthority, policy);
  policy.rules[{scope, Part::kToken, Rule::kFormat}].level = Level::kFail;
}

}  // namespace

base::Result<Policy> ReadOraclePolicy(const std::filesystem::path& folder,
                                      const std::string& name) {
  const std::string warn = "#crypto-warn";
  const bool crypto_warn = name.ends_with(warn);
  const std::string file = crypto_warn ? name.substr(0, name.size() - warn.size()) : name;
  if (file.find(" + ") != std::string::npos || !std::filesystem::exists(folder / file))
    return base::Error{base::ErrorCode::kNotFound, "", name};
  const std::string text = ReadWhole(folder / file);
  ASSIGN_OR_RETURN(const signing::XmlDocument document,
                   signing::XmlDocument::Parse(base::AsBytes(text)));
  const xmlNode* root = document.root();
  const xmlNode* general = Child(root, "Cryptographic");
  Policy policy;
  policy.id = name;
  ReadRules(Child(root, "ContainerConstraints"), kContainer, Scope::kSignature, Part::kToken,
            policy);
  ReadScope(Child(root, "SignatureConstraints"), general, Scope::kSignature, policy);
  ReadScope(Child(root, "CounterSignatureConstraints"), general, Scope::kCounterSignature, policy);
  ReadScope(Child(root, "Timestamp"), general, Scope::kTimestamp, policy);
  ReadScope(Child(root, "Revocation"), general, Scope::kRevocation, policy);
  ReadScope(Child(root, "EvidenceRecord"), general, Scope::kEvidenceRecord, policy);
  policy.suite = SuiteOf(general);
  if (crypto_warn)
    for (auto& [key, constraint] : policy.rules)
      if (key.rule == Rule::kCryptographic) constraint.level = Level::kWarn;
  return policy;
}

}  // namespace tests
