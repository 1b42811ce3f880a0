#include "signing/verifier.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "signing/certificate.h"
#include "signing/certificate_store.h"
#include "signing/container.h"
#include "signing/detached_files.h"
#include "signing/digest_algorithm.h"
#include "signing/evidence_record_files.h"
#include "signing/evidence_record_json.h"
#include "signing/member_name.h"
#include "signing/nested_documents.h"
#include "signing/policy.h"
#include "signing/qualification.h"
#include "signing/report_json.h"
#include "signing/run_keeper.h"
#include "signing/signature_judge.h"
#include "signing/signature_structure.h"
#include "signing/trust_snapshot.h"
#include "signing/work_budget.h"
#include "signing/workload.h"
#include "signing/xml_gate.h"
#include "signing/xml_signature.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::array<std::string_view, 4> kVerdicts{"valid", "invalid", "indeterminate", "refused"};
constexpr std::size_t kMaxListed = 100;

// What has been found in a document so far.
struct Harvest {
  std::shared_ptr<WorkBudget> budget;  // For all of it.
  SignatureMemory* memory = nullptr;   // As in the request.
  std::string_view container;
  base::Json::Array signatures;
  std::vector<EvidenceRecordFacts> records;
  // Numbers of the intact records by what they cover.
  std::map<std::string, std::vector<std::size_t>, std::less<>> covering;
  Findings findings;
  std::set<std::string, std::less<>> referenced;                // Files that some signature names.
  std::map<std::string, std::string, std::less<>> media_types;  // As signed, by file.
  RunKeeper* keeper = nullptr;  // nullptr: the report alone is wanted.
  std::size_t depth = 0;        // Containers around this one.
  std::vector<NestedDocument> nested;
  std::string producer;  // As the archive says, where nobody signs it.
};

bool UsesSha1(const SignatureFacts& facts) {
  const auto weak = [](const Reference& reference) {
    return reference.algorithm != nullptr && reference.algorithm->name == "SHA1";
  };
  return (facts.method != nullptr && facts.method->digest == "SHA1") ||
         std::ranges::any_of(facts.references, weak);
}

void NoteFiles(const SignatureFacts& facts, Harvest& harvest) {
  for (const auto* list : {&facts.references, &facts.manifest_references})
    for (const Reference& reference : *list)
      if (!reference.covered.file.empty()) harvest.referenced.insert(reference.covered.file);
  if (!facts.xades) return;
  for (const DataObjectFormat& format : facts.xades->formats)
    for (const Reference& reference : facts.references)
      if (!reference.id.empty() && reference.id == format.reference &&
          !reference.covered.file.empty())
        harvest.media_types[reference.covered.file] = format.media_type;
}

void NoteFindings(const SignatureFacts& facts, const VerifyReport& report, Harvest& harvest) {
  const std::string name = facts.file.empty() ? facts.id : facts.file;
  const auto add = [&](bool applies, std::string_view code, std::string detail) {
    if (applies)
      harvest.findings.push_back({code, FindingSeverity::kWarning, PrintableText(detail)});
  };
  add(UsesSha1(facts), "signature.weak-digest", name);
  add(!facts.problems.empty(), "signature.malformed",
      name + ": " + (facts.problems.empty() ? "" : facts.problems.front()));
  // A reader that shows the first certificate shows somebody else.
  add(facts.signer && !facts.key_info_certificates.empty() &&
          facts.key_info_certificates.front().Sha256() != facts.signer->Sha256(),
      "signature.signer-not-first", name);
  add(facts.value == ValueState::kUnsupportedAlgorithm, "signature.unsupported-algorithm",
      facts.method_uri);
  add(CoversPartOnly(facts), "signature.part-only", name);
  add(!report.passed(Check::kSignedProperties), "signature.properties-not-covered", name);
}

// What was checked as a counter-signature is reported with its parent and not once more.
void NoteCounterSignatures(const SignatureFacts& facts, std::set<const xmlNode*>& reported) {
  for (const SignatureFacts& counter : facts.counter_signatures) {
    reported.insert(counter.node);
    NoteCounterSignatures(counter, reported);
  }
}

// The records that cover the signature file, or the document that it stands in. What the engine
// makes of their time-stamps again for each signature is paid for.
base::Result<std::vector<const EvidenceRecordFacts*>> RecordsOver(const std::string& file,
                                                                  const Harvest& harvest) {
  std::set<std::size_t> numbers;
  for (const std::string& name : {std::string(kWholeDocument), file}) {
    const auto found = harvest.covering.find(name);
    if (found != harvest.covering.end()) numbers.insert(found->second.begin(), found->second.end());
  }
  std::vector<const EvidenceRecordFacts*> records;
  for (const std::size_t number : numbers) {
    records.push_back(&harvest.records[number]);
    RETURN_IF_ERROR(
        harvest.budget->Spend(kCostOfToken * harvest.records[number].timestamps.size()));
  }
  return records;
}

void NoteRecord(const EvidenceRecordFacts& record, Harvest& harvest) {
  const auto add = [&](bool applies, std::string_view code) {
    if (applies)
      harvest.findings.push_back({code, FindingSeverity::kWarning, PrintableText(record.file)});
  };
  add(record.outcome == EvidenceOutcome::kBroken || record.outcome == EvidenceOutcome::kRefused,
      "evidence-record.broken");
  add(record.outcome == EvidenceOutcome::kNotEvaluated &&
          record.source != EvidenceSource::kEmbedded,
      "container.evidence-record-not-checked");
}

// Of what is beside, the document alone counts: data may have the name of a file in it.
void NoteCoverage(const EvidenceRecordFacts& record, Harvest& harvest) {
  if (record.outcome != EvidenceOutcome::kIntact) return;
  const bool beside = record.source == EvidenceSource::kBeside;
  for (const EvidenceObjectFact& object : record.objects)
    if (object.coverage == EvidenceCoverage::kCovered && (!beside || object.name == kWholeDocument))
      harvest.covering[object.name].push_back(harvest.records.size());
}

void KeepRecords(std::vector<EvidenceRecordFacts> records, Harvest& harvest) {
  for (EvidenceRecordFacts& record : records) {
    if (harvest.keeper != nullptr) harvest.keeper->KeepRecord(record);
    NoteRecord(record, harvest);
    NoteCoverage(record, harvest);
    harvest.records.push_back(std::move(record));
  }
}

ReportStyle StyleOf(const VerifyRequest& request) {
  return {request.language, request.explained};
}

// Checks the signatures of one document tree and adds them to the harvest.
base::Status CollectSignatures(const XmlDocument& document, const std::string& file,
                               SignedFiles& files, const ReportStyle& style,
                               const std::vector<std::string>& container_problems,
                               SignatureJudge& judge, Harvest& harvest) {
  std::set<const xmlNode*> reported;
  std::vector<EvidenceRecordFacts> embedded;
  for (const xmlNode* node : FindSignatures(document)) {
    if (reported.contains(node)) continue;
    RETURN_IF_ERROR(
        CheckLimit(harvest.budget->limits(), &Limits::signatures, harvest.signatures.size() + 1));
    ASSIGN_OR_RETURN(SignatureFacts facts,
                     CheckSignature(document, node, file, files, harvest.memory));
    NoteCounterSignatures(facts, reported);
    std::ranges::copy(container_problems, std::back_inserter(facts.problems));
    ASSIGN_OR_RETURN(const auto records, RecordsOver(file, harvest));
    const Judgement judgement = judge.Judge(facts, records);
    // Paths and revocation data that were not looked at are no basis for any verdict.
    RETURN_IF_ERROR(harvest.budget->Check());
    if (facts.xades)
      std::ranges::move(DescribeEmbeddedRecords(*facts.xades, file.empty() ? facts.id : file),
                        std::back_inserter(embedded));
    NoteFiles(facts, harvest);
    NoteFindings(facts, judgement.report, harvest);
    if (harvest.keeper != nullptr)
      harvest.keeper->KeepSignature(facts, judgement.facts, judge.trust());
    harvest.signatures.push_back(SignatureToJson(facts, judgement, style));
  }
  KeepRecords(std::move(embedded), harvest);
  return base::Ok();
}

void CompareFiles(const AsicContainer& container, Harvest& harvest) {
  std::size_t listed = 0;
  for (const std::string& name : container.data_files())
    if (!harvest.referenced.contains(name) && ++listed <= kMaxListed)
      harvest.findings.push_back(
          {"container.unsigned-file", FindingSeverity::kWarning, PrintableText(name)});
  if (!container.manifest()) return;
  for (const ManifestEntry& entry : container.manifest()->entries) {
    const auto signed_type = harvest.media_types.find(entry.path);
    if (signed_type != harvest.media_types.end() && signed_type->second != entry.media_type)
      harvest.findings.push_back(
          {"container.media-type-differs", FindingSeverity::kWarning, PrintableText(entry.path)});
  }
}

// Counts before it works: nothing is parsed before all are known to fit.
base::Result<std::vector<XmlDocument>> ReadSignatureFiles(AsicContainer& container,
                                                          Workload& workload, Harvest& harvest) {
  struct Text {
    base::Bytes bytes;
    XmlCensus census;
  };
  std::vector<Text> texts;
  for (const std::string& file : container.signature_files()) {
    ASSIGN_OR_RETURN(base::Bytes bytes, container.ReadSignatureFile(file));
    ASSIGN_OR_RETURN(const XmlCensus census, workload.AddText(bytes));
    texts.push_back({std::move(bytes), census});
  }
  for (const std::string& file : container.evidence_records()) {
    ASSIGN_OR_RETURN(const base::Bytes record, container.ReadEvidenceFile(file));
    RETURN_IF_ERROR(workload.AddRecord(record));
  }
  for (std::size_t i = 0; i < workload.signatures(); ++i) harvest.budget->AddSignature();
  std::vector<XmlDocument> documents;
  for (Text& text : texts) {
    ASSIGN_OR_RETURN(XmlDocument document,
                     XmlDocument::Parse(text.bytes, text.census, harvest.budget));
    text.bytes = {};
    RETURN_IF_ERROR(workload.AddTree(document, container));
    documents.push_back(std::move(document));
  }
  return documents;
}

base::Status VerifyArchive(const VerifyRequest& request, SignatureJudge& judge, Harvest& harvest) {
  ASSIGN_OR_RETURN(AsicContainer container,
                   AsicContainer::Open(request.name, request.document, harvest.budget));
  harvest.container = ContainerName(container.kind());
  judge.SetContainer({.type = std::string(harvest.container),
                      .manifest_present = container.HasManifest(),
                      .manifest_needed = container.kind() == ContainerKind::kAsicE,
                      .signed_files_present = !container.data_files().empty()});
  Workload workload(harvest.budget);
  ASSIGN_OR_RETURN(const std::vector<XmlDocument> documents,
                   ReadSignatureFiles(container, workload, harvest));
  RETURN_IF_ERROR(workload.Check(container, container.data_files()));
  RETURN_IF_ERROR(container.ReadDataFiles(workload.digests()));
  ASSIGN_OR_RETURN(auto records, CheckContainerRecords(container, harvest.budget));
  KeepRecords(std::move(records), harvest);
  for (std::size_t i = 0; i < documents.size(); ++i)
    RETURN_IF_ERROR(CollectSignatures(documents[i], container.signature_files()[i], container,
                                      StyleOf(request), container.problems(), judge, harvest));
  // Before the rest is read, which then need not be read again.
  if (harvest.keeper != nullptr) RETURN_IF_ERROR(harvest.keeper->KeepFiles(container));
  RETURN_IF_ERROR(container.CheckRemainingMembers());
  CompareFiles(container, harvest);
  ASSIGN_OR_RETURN(harvest.nested, FindNested(container, harvest.depth, *harvest.budget));
  harvest.producer = container.producer();
  std::ranges::move(container.findings(), std::back_inserter(harvest.findings));
  return base::Ok();
}

base::Status VerifyXml(const VerifyRequest& request, SignatureJudge& judge, Harvest& harvest) {
  Workload workload(harvest.budget);
  ASSIGN_OR_RETURN(const XmlCensus census, workload.AddText(request.document));
  for (std::size_t i = 0; i < workload.signatures(); ++i) harvest.budget->AddSignature();
  ASSIGN_OR_RETURN(const XmlDocument document,
                   XmlDocument::Parse(request.document, census, harvest.budget));
  harvest.container = ContainerName(ContainerKind::kXml);
  if (NameOf(document.root()) == "SignedDoc")
    return Error{ErrorCode::kInvalidInput, "container.ddoc", "a DDOC document"};
  DetachedFiles files(request);
  RETURN_IF_ERROR(workload.AddTree(document, files));
  std::vector<std::string> names;
  for (const NamedBytes& file : request.data) names.push_back(file.name);
  RETURN_IF_ERROR(workload.Check(files, names));
  return CollectSignatures(document, "", files, StyleOf(request), {}, judge, harvest);
}

std::size_t InputSize(const VerifyRequest& request) {
  std::size_t size = request.document.size();
  for (const auto* list : {&request.data, &request.evidence_records})
    for (const NamedBytes& file : *list) size += file.bytes.size();
  return size;
}

base::Status VerifyDocument(const VerifyRequest& request, SignatureJudge& judge, Harvest& harvest) {
  ASSIGN_OR_RETURN(const ByteFormat format, RecognizeBytes(request.document));
  ASSIGN_OR_RETURN(auto beside, CheckRecordsBeside(request, harvest.budget));
  KeepRecords(std::move(beside), harvest);
  if (harvest.keeper != nullptr) harvest.keeper->KeepDetached(request);
  if (format == ByteFormat::kZip) {
    RETURN_IF_ERROR(VerifyArchive(request, judge, harvest));
  } else {
    RETURN_IF_ERROR(VerifyXml(request, judge, harvest));
  }
  const bool records_only =
      std::ranges::any_of(harvest.records, [](const EvidenceRecordFacts& record) {
        return record.source == EvidenceSource::kContainer;
      });
  if (harvest.signatures.empty() && records_only)
    return Error{ErrorCode::kInvalidInput, "container.evidence-record-only", "evidence record"};
  if (harvest.signatures.empty())
    return Error{ErrorCode::kInvalidInput, "container.no-signatures", "no ds:Signature"};
  return base::Ok();
}

// EN 319 102-1, 5.2.2: where the policy holds the container's form against its signatures, a
// signature that would have passed has a format failure.
void ApplyContainerRules(const Policy& policy, Harvest& harvest) {
  const bool broken = std::ranges::any_of(harvest.findings, [&](const Finding& finding) {
    return std::ranges::find(policy.fatal_findings, finding.code) != policy.fatal_findings.end();
  });
  if (!broken) return;
  for (base::Json& signature : harvest.signatures) {
    if (signature.Text("indication") != "TOTAL-PASSED") continue;
    signature.Set("indication", IndicationName(Indication::kFailed));
    signature.Set("subIndication", NameOfSubIndication(SubIndication::kFormatFailure));
    signature.Set("qualification", QualificationName(SignatureQualification::kNotAdes));
  }
}

// L21: shown, never trusted.
void SetProducer(const std::string& producer, base::Json& report) {
  base::Json shown;
  shown.Set("text", producer);
  shown.Set("signed", false);
  base::Json document = *report.Find("document");
  document.Set("producer", std::move(shown));
  report.Set("document", std::move(document));
}

// What a policy takes for no container of its kind.
base::Status CheckAcceptance(const Policy& policy, const Findings& findings) {
  for (const Finding& finding : findings)
    if (std::ranges::find(policy.refused_findings, finding.code) != policy.refused_findings.end())
      return Error{ErrorCode::kInvalidInput, std::string(finding.code), finding.detail};
  return base::Ok();
}

base::Json FindingsToJson(const Findings& findings, base::Language language) {
  base::Json list{base::Json::Array{}};
  for (const Finding& finding : findings) list.Push(FindingToJson(finding, language));
  return list;
}

// Where there are any. A document that is not believed at all has none worth telling of.
void ReportRecords(const base::Status& status, const VerifyRequest& request, const Harvest& harvest,
                   const EvidenceRecordJudge& judge, base::Json& report) {
  if (!status.ok() && status.error().reason != "container.evidence-record-only") return;
  if (harvest.records.empty()) return;
  base::Json list{base::Json::Array{}};
  for (const EvidenceRecordFacts& record : harvest.records)
    list.Push(EvidenceRecordToJson(record, judge.Judge(record), request.language));
  report.Set("evidenceRecords", std::move(list));
}

struct NamedPolicy {
  Policy policy;
  base::Sha256Digest digest;
};

// Made once in a process, or in the one it was forked from.
const NamedPolicy* FindShippedPolicy(std::string_view name) {
  static const auto kShipped = [] {
    std::map<std::string, NamedPolicy, std::less<>> all;
    for (const std::string_view id : kShippedPolicies) {
      Policy policy = *ShippedPolicy(id);
      const base::Sha256Digest digest = PolicyDigest(policy);
      all.emplace(id, NamedPolicy{std::move(policy), digest});
    }
    return all;
  }();
  const auto found = kShipped.find(name);
  return found == kShipped.end() ? nullptr : &found->second;
}

// Borrowed from the shipped ones, or from `own`.
base::Result<const NamedPolicy*> PolicyOf(const VerifyRequest& request, NamedPolicy& own) {
  if (request.whole_policy != nullptr) {
    own = {*request.whole_policy, PolicyDigest(*request.whole_policy)};
    return &own;
  }
  if (request.policy_text.empty()) {
    const NamedPolicy* shipped = FindShippedPolicy(request.policy);
    if (shipped == nullptr)
      return Error{ErrorCode::kInvalidInput, "policy.unknown", request.policy};
    return shipped;
  }
  // A report names the policy so: the name of a shipped one is that one's alone.
  if (IsShippedPolicy(request.policy))
    return Error{ErrorCode::kInvalidInput, "policy.malformed", request.policy};
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(request.policy_text));
  ASSIGN_OR_RETURN(own.policy, PolicyFromJson(json));
  own.digest = PolicyDigest(own.policy);
  return &own;
}

}  // namespace

struct PreparedTrust::Content {
  TrustSnapshot snapshot;
  Findings findings;
  std::vector<KeptCertificate> kept;  // What documents bring of it is not decoded again.
};

PreparedTrust PreparedTrust::Read(const std::vector<NamedBytes>& trust, base::Time at) {
  auto content = std::make_shared<Content>();
  content->snapshot = TrustSnapshot::Read(trust, at, &content->findings);
  std::vector<Certificate> trusted = content->snapshot.anchors();
  for (const TrustService& service : content->snapshot.services())
    std::ranges::copy(service.certificates, std::back_inserter(trusted));
  content->kept = Keep(trusted);
  PreparedTrust prepared;
  prepared.content_ = std::move(content);
  return prepared;
}

const TrustSnapshot& PreparedTrust::snapshot() const {
  return content_->snapshot;
}

namespace {

// Of the whole run: a document inside is verified at the expense of the one around it.
struct RunMeans {
  std::shared_ptr<WorkBudget> budget;
  std::size_t depth = 0;
  VerifyRun* kept = nullptr;  // If any, gets everything but the report.
};

base::Json ReportOn(const VerifyRequest& request, const NamedPolicy& named, const RunMeans& means);

// L27: a tree of reports. What is beside the outer document is not about the inner ones.
base::Json ReportOnNested(const VerifyRequest& outer, const PreparedTrust& trust,
                          const NamedPolicy& named, const RunMeans& means,
                          const std::vector<NestedDocument>& documents) {
  base::Json reports{base::Json::Array{}};
  for (const NestedDocument& document : documents) {
    VerifyRequest request = outer;
    request.name = document.name;
    request.document = document.bytes;
    request.trust.clear();
    request.prepared_trust = std::make_shared<const PreparedTrust>(trust);
    request.data.clear();
    request.digests.clear();
    request.evidence_records.clear();
    reports.Push(ReportOn(request, named, {means.budget, means.depth + 1, nullptr}));
  }
  return reports;
}

base::Json ReportOn(const VerifyRequest& request, const NamedPolicy& named, const RunMeans& means) {
  const Policy& policy = named.policy;
  Harvest harvest;
  RunKeeper keeper;
  harvest.budget = means.budget;
  harvest.memory = request.memory;
  harvest.depth = means.depth;
  if (means.kept != nullptr) harvest.keeper = &keeper;
  const PreparedTrust read = request.prepared_trust != nullptr
                                 ? *request.prepared_trust
                                 : PreparedTrust::Read(request.trust, request.at);
  const TrustSnapshot& trust = read.content().snapshot;
  harvest.findings = read.content().findings;
  SignatureJudge judge(trust, policy, request.at,
                       {.memory = request.memory, .budget = harvest.budget.get()});
  base::Status status = VerifyDocument(request, judge, harvest);
  if (status.ok()) status = CheckAcceptance(policy, harvest.findings);
  base::Json report = ReportFrame(request, harvest.container, &named.digest);
  report.Set("trust", TrustToJson(trust));
  ReportRecords(status, request, harvest, {trust, policy, request.at}, report);
  if (means.kept != nullptr)
    *means.kept = std::move(keeper).Finish(request, harvest.container, status, trust);
  if (!status.ok()) {
    report.Set("refusal", RefusalToJson(status.error(), request.language));
    return report;
  }
  ApplyContainerRules(policy, harvest);
  report.Set("verdict", VerdictOf(harvest.signatures));
  report.Set("signatures", std::move(harvest.signatures));
  report.Set("containerFindings", FindingsToJson(harvest.findings, request.language));
  if (!harvest.producer.empty()) SetProducer(harvest.producer, report);
  if (!harvest.nested.empty())
    report.Set("nested", ReportOnNested(request, read, named, means, harvest.nested));
  return report;
}

std::shared_ptr<WorkBudget> BudgetFor(const VerifyRequest& request, const Policy& policy) {
  return std::make_shared<WorkBudget>(InputSize(request), policy.limits);
}

}  // namespace

base::Json Verify(const VerifyRequest& request) {
  NamedPolicy own;
  const base::Result<const NamedPolicy*> named = PolicyOf(request, own);
  if (!named.ok()) return RefusedReport(request, named.error());
  return ReportOn(request, *named.value(), {BudgetFor(request, named.value()->policy)});
}

void VerifyEach(const std::vector<VerifyRequest>& requests,
                const std::function<void(std::size_t, const base::Json&)>& take) {
  const KeepDecoded keep;
  for (std::size_t i = 0; i < requests.size(); ++i) take(i, Verify(requests[i]));
}

base::Result<VerifyRun> RunVerification(const VerifyRequest& request) {
  NamedPolicy own;
  ASSIGN_OR_RETURN(const NamedPolicy* named, PolicyOf(request, own));
  VerifyRun run;
  base::Json report = ReportOn(request, *named, {BudgetFor(request, named->policy), 0, &run});
  run.report = std::move(report);
  run.policy = named->policy;
  return run;
}

base::Json RefusedReport(const VerifyRequest& request, const base::Error& error) {
  base::Json report = ReportFrame(request, "", nullptr);
  report.Set("refusal", RefusalToJson(error, request.language));
  return report;
}

int ExitCodeOf(const base::Json& report) {
  const auto found = std::ranges::find(kVerdicts, report.Text("verdict").value_or("refused"));
  return static_cast<int>(found - kVerdicts.begin());
}

bool IsShippedPolicy(std::string_view name) {
  return FindShippedPolicy(name) != nullptr;
}

namespace {

// glibc's qsort asks the kernel for the size of memory at its first longer array and remembers
// it; behind the walls that question is forbidden. OpenSSL sorts revocation lists with it.
void WarmUpSorting() {
  std::array<int, 1024> numbers{};
  std::qsort(numbers.data(), numbers.size(), sizeof(int), [](const void* a, const void* b) {
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
}

}  // namespace

void PrepareVerifier() {
  WarmUpSorting();
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, nullptr);
  for (const std::string_view name : {"SHA1", "SHA256", "SHA384", "SHA512"})
    static_cast<void>(HashOf(*FindDigestByName(name), {}));
  static_cast<void>(FindShippedPolicy(""));
  PrepareXml();
}

}  // namespace signing
