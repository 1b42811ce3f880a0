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

// ---- Catalogues of ETSI TS 119 322, which replace a policy's cryptographic block. ----

struct Evaluation {
  std::string algorithm;
  std::size_t bits = 0;
  std::optional<base::Time> until;
  std::string usage;  // The last part of its URI; empty: any.
};

std::string LastPart(const std::string& uri) {
  return uri.substr(uri.rfind('/') + 1);
}

std::vector<Evaluation> ReadXmlCatalogue(const std::string& text) {
  std::vector<Evaluation> all;
  const auto document = signing::XmlDocument::Parse(base::AsBytes(text));
  if (!document.ok()) return all;
  for (const xmlNode* algorithm : Children(document.value().root(), "Algorithm"))
    for (const xmlNode* evaluation : Children(algorithm, "Evaluation")) {
      Evaluation row;
      row.algorithm = signing::TrimmedText(Child(Child(algorithm, "AlgorithmIdentifier"), "Name"));
      row.until = DayOf(signing::TrimmedText(Child(Child(evaluation, "Validity"), "End")));
      row.usage =
          LastPart(signing::TrimmedText(Child(Child(evaluation, "MoreDetails"), "AlgorithmUsage")));
      for (const xmlNode* parameter : Children(evaluation, "Parameter"))
        if (Attribute(parameter, "name") != "qlength")
          row.bits = std::stoul(signing::TrimmedText(Child(parameter, "Min")));
      all.push_back(std::move(row));
    }
  return all;
}

std::vector<Evaluation> ReadJsonCatalogue(const std::string& text) {
  std::vector<Evaluation> all;
  const auto json = base::Json::Parse(text);
  if (!json.ok()) return all;
  const base::Json* policy = json.value().Find("SecuritySuitabilityPolicy");
  for (const base::Json& algorithm : *policy->Find("Algorithm")->AsArray())
    for (const base::Json& evaluation : *algorithm.Find("Evaluation")->AsArray()) {
      Evaluation row;
      row.algorithm = algorithm.Find("AlgorithmIdentifier")->Text("Name").value_or("");
      if (const base::Json* validity = evaluation.Find("Validity"))
        row.until = DayOf(validity->Text("End").value_or(""));
      row.usage = LastPart(evaluation.Text("AlgorithmUsage").value_or(""));
      if (const base::Json* parameters = evaluation.Find("Parameter"))
        for (const base::Json& parameter : *parameters->AsArray())
          if (parameter.Text("name") != "qlength")
            row.bits = static_cast<std::size_t>(parameter.Integer("Min").value_or(0));
      all.push_back(std::move(row));
    }
  return all;
}

std::string DigestIn(std::string name) {
  std::erase(name, ' ');
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  if (name.starts_with("SHA-")) name.erase(3, 1);
  return name;
}

// Ours for "sha256WithRSAEncryption", "ECDSA with SHA-256", ...; empty for a digest.
std::string KeyIn(const std::string& name) {
  constexpr std::string_view kRsa = "WithRSAEncryption";
  constexpr std::string_view kRsa3 = "id-rsassa-pkcs1-v1-5-with-";
  constexpr std::string_view kEcdsa = "ECDSA with ";
  if (name.ends_with(kRsa)) return "RSA/" + DigestIn(name.substr(0, name.size() - kRsa.size()));
  if (name.starts_with(kRsa3)) return "RSA/" + DigestIn(name.substr(kRsa3.size()));
  if (name.starts_with(kEcdsa)) return "ECDSA/" + DigestIn(name.substr(kEcdsa.size()));
  if (name == "rsassa-pss") return "RSASSA-PSS";
  if (name == "ECDSA" || name == "DSA") return name;
  return {};
}

// What a usage of the catalogue is about: making signatures of any kind is not our question.
bool Concerns(const std::string& usage, Scope scope, Part part) {
  if (usage == "validate_ocsp") return scope == Scope::kRevocation && part == Part::kToken;
  return usage.empty() || usage == "validate_data";
}

AlgorithmSuite SuiteFrom(const std::vector<Evaluation>& catalogue, Scope scope, Part part) {
  AlgorithmSuite suite;
  suite.level_of_predictions = Level::kFail;
  // What is said of this very usage comes before what is said of all.
  for (const bool special : {true, false})
    for (const Evaluation& row : catalogue) {
      if (row.usage.empty() == special || !Concerns(row.usage, scope, part)) continue;
      const std::string key = KeyIn(row.algorithm);
      auto& rows = key.empty() ? suite.digests : suite.keys;
      const std::string name = key.empty() ? DigestIn(row.algorithm) : key;
      const bool known = std::ranges::any_of(rows, [&](const AlgorithmLimit& limit) {
        return limit.name == name && limit.min_bits == row.bits;
      });
      if (!known) rows.push_back({name, row.bits, row.until});
    }
  return suite;
}

// "FILE for CONTEXT" or "FILE": only there, or everywhere.
bool ApplyCatalogue(const std::filesystem::path& folder, const std::string& name, Policy& policy) {
  const std::size_t mark = name.find(" for ");
  const std::string context = mark == std::string::npos ? "" : name.substr(mark + 5);
  const std::string file = name.substr(0, mark);
  const std::string text = ReadWhole(folder / file);
  const auto catalogue = file.ends_with(".json") ? ReadJsonCatalogue(text) : ReadXmlCatalogue(text);
  for (const Scope scope : {Scope::kSignature, Scope::kCounterSignature, Scope::kTimestamp,
                            Scope::kRevocation, Scope::kEvidenceRecord}) {
    if (context == "REVOCATION" && scope != Scope::kRevocation) continue;
    if (context == "TIMESTAMP" && scope != Scope::kTimestamp) continue;
    for (const Part part : {Part::kToken, Part::kSigner, Part::kAuthority})
      policy.own_suites[{scope, part}] = SuiteFrom(catalogue, scope, part);
  }
  return !catalogue.empty();
}

}  // namespace

base::Result<Policy> ReadOraclePolicy(const std::filesystem::path& folder,
                                      const std::string& name) {
  const std::string warn = "#crypto-warn";
  const bool crypto_warn = name.ends_with(warn);
  const std::string whole = crypto_warn ? name.substr(0, name.size() - warn.size()) : name;
  const std::size_t plus = whole.find(" + ");
  const std::string file = whole.substr(0, plus);
  if (!std::filesystem::exists(folder / file))
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
  if (plus != std::string::npos && !ApplyCatalogue(folder, whole.substr(plus + 3), policy))
    return base::Error{base::ErrorCode::kNotFound, "", name};
  if (crypto_warn)
    for (auto& [key, constraint] : policy.rules)
      if (key.rule == Rule::kCryptographic) constraint.level = Level::kWarn;
  return policy;
}

}  // namespace tests
