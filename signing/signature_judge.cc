#include "signing/signature_judge.h"

#include <algorithm>

#include "signing/qualification.h"
#include "signing/signature_structure.h"

namespace signing {
namespace {

bool Accepts(const std::vector<std::string>& accepted, std::string_view qualification) {
  return accepted.empty() || std::ranges::find(accepted, qualification) != accepted.end();
}

base::Json Problem(std::string_view text) {
  base::Json json;
  json.Set("problem", text);
  return json;
}

// The engine's conclusion becomes the last check of the report.
void RecordVerdict(const SignatureVerdict& verdict, VerifyReport& report) {
  const Conclusion& conclusion = verdict.archival;
  if (conclusion.passed()) return report.Pass(Check::kCertificatePath);
  // Broken in form: whatever else was found comes after it.
  if (conclusion.sub == SubIndication::kFormatFailure)
    report.Record(Check::kFormat, conclusion.indication, NameOfSubIndication(conclusion.sub), {});
  report.Record(Check::kCertificatePath, conclusion.indication, NameOfSubIndication(conclusion.sub),
                {});
}

}  // namespace

SignatureJudge::SignatureJudge(const TrustSnapshot& trust, const Policy& policy, base::Time at,
                               const PathMeans& means)
    : trust_(trust), policy_(policy), at_(at), builder_(trust, at, means) {}

Judgement SignatureJudge::Judge(const SignatureFacts& signature,
                                const std::vector<const EvidenceRecordFacts*>& records) {
  facts::Document found = builder_.Build(signature);
  builder_.AddRecords(records, found);
  std::optional<facts::Document> without;
  if (!policy_.time_marks && facts::HasTimeMarks(found)) without = facts::WithoutTimeMarks(found);
  const facts::Document& document = without ? *without : found;
  Verdicts verdicts = JudgeDocument(document, policy_, at_);
  std::size_t number = 0;
  Judgement judgement = Assemble(signature, document, verdicts, number);
  judgement.facts = std::move(found);
  return judgement;
}

Judgement SignatureJudge::Assemble(const SignatureFacts& signature, const facts::Document& document,
                                   Verdicts& verdicts, std::size_t& number) {
  const std::size_t own = number++;
  Judgement judgement;
  judgement.report = CheckStructure(signature);
  judgement.verdict = std::move(verdicts.signatures[own]);
  for (const facts::Id& id : document.signatures[own].timestamps) {
    const auto found = verdicts.timestamps.find(id);
    judgement.timestamp_trusted.push_back(
        found != verdicts.timestamps.end() &&
        (found->second.basic.passed() || found->second.archival.passed()));
    judgement.timestamp_proven_by.push_back(
        found == verdicts.timestamps.end() ? at_ : found->second.proven_by);
  }
  RecordVerdict(judgement.verdict, judgement.report);
  Qualify(signature, own, judgement);
  const std::string_view problem = QualificationProblem(signature, judgement);
  if (!problem.empty() && judgement.report.passed(Check::kCertificatePath)) {
    judgement.report.Record(Check::kCertificatePath, Indication::kIndeterminate,
                            "SIG_CONSTRAINTS_FAILURE", Problem(problem));
    judgement.verdict.what_would_change_it.push_back({"other-policy", Problem(problem)});
  }
  for (const SignatureFacts& counter : signature.counter_signatures)
    judgement.counter_signatures.push_back(Assemble(counter, document, verdicts, number));
  return judgement;
}

void SignatureJudge::Qualify(const SignatureFacts& signature, std::size_t number,
                             Judgement& judgement) {
  judgement.qualification = QualificationName(SignatureQualification::kNotApplicable);
  if (const auto& path = builder_.signer_paths().at(number))
    judgement.qualification =
        QualificationName(QualifySignature({judgement.report.Conclusion().indication, *path,
                                            judgement.verdict.best_signature_time})
                              .qualification);
  for (std::size_t i = 0; i < signature.timestamps.size(); ++i) {
    const TimestampFact& fact = signature.timestamps[i];
    TimestampQualification shown = TimestampQualification::kNotApplicable;
    TimestampQualification then = shown;
    if (fact.token && fact.token->signer && fact.token->signature_ok) {
      const base::Time time = fact.token->time;
      const CertificatePath path = builder_.paths().Build(
          {*fact.token->signer, PathPurpose::kTimestamp, time, fact.token->certificates});
      shown = QualifyTimestamp(path, {time, judgement.timestamp_proven_by.at(i)});
      then = QualifyTimestamp(path, {time, time});
    }
    judgement.timestamp_qualifications.push_back(QualificationName(shown));
    judgement.timestamp_qualified_then.push_back(QualificationName(then));
  }
}

std::string_view SignatureJudge::QualificationProblem(const SignatureFacts& signature,
                                                      const Judgement& judgement) const {
  if (!Accepts(policy_.signature_qualifications, judgement.qualification))
    return "the policy asks for another qualification of the signature";
  if (policy_.timestamp_needed && !judgement.verdict.time_proven)
    return "the policy asks for a timestamp";
  if (policy_.timestamp_qualifications.empty() || !judgement.verdict.time_proven) return {};
  // A time-mark is no timestamp: no service of that kind stands behind it.
  if (policy_.time_marks && signature.timestamps.empty()) return {};
  for (std::size_t i = 0; i < signature.timestamps.size(); ++i)
    if (signature.timestamps[i].kind != TimestampKind::kContent &&
        (signature.timestamps[i].kind == TimestampKind::kSignature || !policy_.timestamp_needed) &&
        judgement.timestamp_trusted.at(i) &&
        Accepts(policy_.timestamp_qualifications, judgement.timestamp_qualified_then[i]))
      return {};
  return "the policy asks for another qualification of the timestamp";
}

}  // namespace signing
