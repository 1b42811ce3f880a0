// ValidationConstraintsEvaluationReport: the policy, and every check with its outcome.
#include "base/base64.h"
#include "signing/engine_result.h"
#include "signing/report_etsi_parts.h"

namespace signing {
namespace {

using base::Json;

// EN 319 102-1, tables 5 and 6: what proves a signature wrong and not only unproven.
bool IsProvenWrong(std::string_view name) {
  const auto last = static_cast<int>(SubIndication::kSignedDataNotFound);
  for (int i = 0; i <= last; ++i) {
    const auto sub = static_cast<SubIndication>(i);
    if (NameOfSubIndication(sub) == name) return IndicationOf(sub) == Indication::kFailed;
  }
  return false;
}

// A status that a check has in our report, as the block of EN 319 102-1 that it is.
void WriteConstraintStatus(const Json& check, MarkupWriter& out) {
  const std::string status = check.Text("status").value_or("");
  const bool made = status != "NOT_MADE" && status != "IGNORED";
  out.Open("ConstraintStatus");
  out.Leaf("Status", made ? "urn:etsi:019102:constraintStatus:applied"
                          : "urn:etsi:019102:constraintStatus:disabled");
  out.Close();
  if (!made) return;
  out.Open("ValidationStatus");
  if (status != "NOT_OK") {
    out.Leaf("MainIndication", EtsiIndication("PASSED")).Close();
    return;
  }
  const auto sub = check.Text("subIndication");
  const bool failed = sub && IsProvenWrong(*sub);
  out.Leaf("MainIndication", EtsiIndication(failed ? "FAILED" : "INDETERMINATE"));
  if (sub) out.Leaf("SubIndication", EtsiSubIndication(*sub));
  out.Close();
}

std::string TextOfValue(const Json& value) {
  const std::string* text = value.AsString();
  return text != nullptr ? *text : value.Dump();
}

void WriteConstraint(const Json& check, MarkupWriter& out) {
  const std::string id = check.Text("id").value_or("");
  out.Open("ValidationConstraint");
  out.Leaf("ValidationConstraintIdentifier", "urn:edocvault:check:" + id);
  if (const Json::Object* values = MemberOf(check, "values").AsObject())
    for (const auto& [name, value] : *values) {
      if (value.is_null()) continue;
      out.Open("ValidationConstraintParameter").Leaf("Type", "urn:edocvault:value:" + name);
      out.Leaf("Value", TextOfValue(value)).Close();
    }
  WriteConstraintStatus(check, out);
  const std::string status = check.Text("status").value_or("");
  const bool remarkable = status == "WARN" || status == "INFO" || status == "NOT_OK";
  if (remarkable) out.Leaf("Indications", FailureOfCheck(id, base::Language::kEnglish));
  out.Close();
}

}  // namespace

void WriteEtsiConstraints(const EtsiSubject& subject, MarkupWriter& out) {
  const Json& policy = MemberOf(subject.report, "policy");
  out.Open("ValidationConstraintsEvaluationReport").Open("SignatureValidationPolicy");
  out.Open("SignaturePolicyIdentifier").Open("xades:SignaturePolicyId").Open("xades:SigPolicyId");
  out.Leaf("xades:Identifier",
           "urn:edocvault:policy:sha256:" + policy.Text("sha256").value_or("unknown"));
  out.Close().Open("xades:SigPolicyHash");
  out.Empty("ds:DigestMethod", {{"Algorithm", kSha256Uri}});
  const auto digest = base::HexDecode(policy.Text("sha256").value_or(""));
  out.Leaf("ds:DigestValue", base::Base64Encode(digest.value_or(base::Bytes())));
  out.Close().Close().Close();
  out.Leaf("PolicyName", policy.Text("id").value_or("")).Close();
  for (const Json& check : ListIn(subject.signature, "checks")) WriteConstraint(check, out);
  out.Close();
}

}  // namespace signing
