// One signature in the HTML report: outcome, who, when, what, and the proofs.
#include "signing/report_html_page.h"
#include "signing/report_pages.h"

namespace signing {
namespace {

using base::Json;

// What proves the best signature time; the proofs are listed by the report, not by us.
HtmlWord ProofOf(const Json& signature, const Json& report) {
  const auto time = signature.Text("bestSignatureTime");
  for (const Json& timestamp : ListIn(signature, "timestamps")) {
    if (!IsTrue(timestamp, "trusted") || timestamp.Text("time") != time) continue;
    const std::string kind = timestamp.Text("kind").value_or("");
    if (kind == "signature-timestamp") return "by-signature-timestamp";
    if (kind == "archive-timestamp") return "by-archive-timestamp";
    if (kind == "references-timestamp") return "by-references-timestamp";
    if (kind == "references-only-timestamp") return "by-references-only-timestamp";
  }
  for (const Json& record : ListIn(report, "evidenceRecords"))
    if (record.Text("provenTime") == time) return "by-evidence-record";
  return "by-other";
}

void WriteOutcome(const Json& signature, HtmlPage& page) {
  MarkupWriter& out = page.out();
  const std::string indication = signature.Text("indication").value_or("");
  const auto sub = signature.Text("subIndication");
  const std::string look(LookOf(indication));
  out.Open("div", {{"class", "outcome " + look}}).Open("div");
  out.Leaf("span", page.WordOf(indication), {{"class", "word " + look}}).Text(" ");
  WriteGloss(signature, page);
  out.Close();
  if (sub) out.Leaf("p", AdviceOnSubIndication(*sub, page.language()));
  out.Leaf("p", IsTrue(signature, "intact") ? page.Say("intact") : page.Say("not-intact"));
  out.Close();
}

// A seal speaks for an organisation, and its common name may be a mere placeholder. Certificates
// of persons may name a scheme as their organisation; they have no organizationIdentifier.
bool IsOrganization(const Json& signer) {
  return signer.Text("organization") && signer.Text("organizationIdentifier");
}

void WriteSigner(const Json& signer, HtmlPage& page) {
  const bool organization = IsOrganization(signer);
  if (!organization) page.Fact("common-name", signer.Text("commonName"));
  page.Fact("organization", signer.Text("organization"));
  page.CodeFact("organization-identifier", signer.Text("organizationIdentifier"));
  if (organization) page.Fact("common-name", signer.Text("commonName"));
  page.Fact("country", signer.Text("country"));
}

void WriteTimes(const Json& signature, const Json& report, HtmlPage& page) {
  MarkupWriter& out = page.out();
  page.OpenFact("when");
  if (const auto proven = signature.Text("bestSignatureTime")) {
    out.Leaf("strong", *proven).Text(" (").Text(page.Say(ProofOf(signature, report))).Text(")");
  } else {
    out.Text(page.Say("not-proven"));
  }
  page.CloseFact();
  const auto claimed = signature.Text("claimedSigningTime");
  if (!claimed) return;
  page.OpenFact("claimed-time");
  page.Foreign(*claimed);
  out.Text(" ").Leaf("span", "(" + std::string(page.Say("only-claimed")) + ")",
                     {{"class", "claim"}});
  page.CloseFact();
}

void WriteQualification(const Json& signature, HtmlPage& page) {
  const std::string word = signature.Text("qualification").value_or("N/A");
  page.OpenFact("qualification");
  page.out().Leaf("strong", word).Text(" — ").Text(MeaningOfQualification(word, page.language()));
  page.CloseFact();
}

void WriteCertificate(const Json& signer, HtmlPage& page) {
  page.Fact("subject", signer.Text("subject"));
  page.Fact("issuer", signer.Text("issuer"));
  page.CodeFact("serial", signer.Text("serialNumber"));
  const std::string from = signer.Text("notBefore").value_or("?");
  page.Fact("validity", from + " – " + signer.Text("notAfter").value_or("?"));
  page.CodeFact("certificate-sha256", signer.Text("certificateSha256"));
}

void WriteScope(const Json& signature, int level, HtmlPage& page) {
  MarkupWriter& out = page.out();
  page.Heading(level, IsSeal(signature) ? page.Say("seal-covers") : page.Say("covers"));
  const Json::Array& scope = ListIn(signature, "scope");
  if (scope.empty()) out.Leaf("p", page.Say("covers-nothing"));
  if (!scope.empty()) out.Open("ul");
  for (const Json& name : scope) {
    const std::string* text = name.AsString();
    out.Open("li");
    page.Foreign(text == nullptr || text->empty() ? page.Say("whole-document") : *text);
    out.Close();
  }
  if (!scope.empty()) out.Close();
  if (ListIn(signature, "signedFiles").empty()) return;
  page.OpenTable(page.Say("signed-files"), {"file", "file-sha256"});
  for (const Json& file : ListIn(signature, "signedFiles")) {
    out.Open("tr");
    page.ForeignCell(file.Text("name"));
    page.CodeCell(file.Text("sha256"));
    out.Close();
  }
  page.CloseTable();
}

std::string_view StateOf(const Json& timestamp, const HtmlPage& page) {
  if (!IsTrue(timestamp, "readable")) return page.Say("unreadable");
  const bool* imprint = MemberOf(timestamp, "imprintOk").AsBool();
  if (!IsTrue(timestamp, "signatureOk") || (imprint != nullptr && !*imprint))
    return page.Say("broken-timestamp");
  return IsTrue(timestamp, "trusted") ? page.Say("trusted") : page.Say("not-trusted");
}

void WriteTimestamps(const Json& owner, HtmlPage& page) {
  if (ListIn(owner, "timestamps").empty()) return;
  MarkupWriter& out = page.out();
  page.OpenTable(page.Say("timestamps"), {"kind", "time", "tsa", "qualification", "state"});
  for (const Json& timestamp : ListIn(owner, "timestamps")) {
    const std::string word = timestamp.Text("qualification").value_or("N/A");
    out.Open("tr");
    page.Cell(page.WordOf(timestamp.Text("kind").value_or("archive-timestamp")));
    page.Cell(timestamp.Text("time").value_or(""));
    page.ForeignCell(timestamp.Text("tsa"));
    out.Open("td").Leaf("strong", word).Text(" — ");
    out.Text(MeaningOfQualification(word, page.language())).Close();
    page.Cell(StateOf(timestamp, page));
    out.Close();
  }
  page.CloseTable();
}

void WriteRevocation(const Json& signature, HtmlPage& page) {
  if (ListIn(signature, "revocation").empty()) return;
  MarkupWriter& out = page.out();
  page.OpenTable(page.Say("revocation-data"),
                 {"revocation-type", "issuer", "produced-at", "this-update", "next-update"});
  for (const Json& data : ListIn(signature, "revocation")) {
    out.Open("tr");
    page.Cell(data.Text("type").value_or(""));
    page.ForeignCell(IsTrue(data, "readable") ? data.Text("issuer")
                                              : std::string(page.Say("unreadable")));
    page.Cell(data.Text("producedAt").value_or(""));
    page.Cell(data.Text("thisUpdate").value_or(""));
    page.Cell(data.Text("nextUpdate").value_or(""));
    out.Close();
  }
  page.CloseTable();
}

void WriteMessages(const Json& signature, std::string_view list, HtmlWord heading, int level,
                   HtmlPage& page) {
  if (ListIn(signature, list).empty()) return;
  page.Heading(level, page.Say(heading));
  page.Messages(ListIn(signature, list));
}

void WriteFacts(const Json& signature, const Json& report, HtmlPage& page) {
  const Json& signer = MemberOf(signature, "signer");
  page.OpenFacts();
  WriteSigner(signer, page);
  WriteTimes(signature, report, page);
  WriteQualification(signature, page);
  if (MemberOf(signature, "coversParent").AsBool() != nullptr)
    page.Fact("right-place",
              std::string(IsTrue(signature, "coversParent") ? page.Say("yes") : page.Say("no")));
  page.Fact("format", signature.Text("format"));
  page.CodeFact("algorithm", signature.Text("signatureAlgorithm"));
  page.Fact("signature-file", signature.Text("file"));
  page.CodeFact("identifier", signature.Text("id"));
  page.CodeFact("signature-policy", signature.Text("policyId"));
  if (!signer.is_null()) WriteCertificate(signer, page);
  page.CodeFact("value-sha256", signature.Text("signatureValueSha256"));
  page.CloseFacts();
}

HtmlWord KindOf(const Json& signature) {
  const bool counter = MemberOf(signature, "coversParent").AsBool() != nullptr;
  if (IsSeal(signature)) return counter ? HtmlWord("counter-seal") : HtmlWord("seal");
  return counter ? HtmlWord("counter-signature") : HtmlWord("signature");
}

}  // namespace

bool IsSeal(const Json& signature) {
  const std::string word = signature.Text("qualification").value_or("");
  if (word.ends_with("ESeal") || word.ends_with("ESeal-QC")) return true;
  if (word.ends_with("ESig") || word.ends_with("ESig-QC")) return false;
  return MemberOf(signature, "signer").Text("use") == "eseal";
}

std::string_view MeaningOf(const Json& outcome, base::Language language) {
  return MeaningOfSubIndication(outcome.Text("subIndication").value_or(""), language);
}

void WriteGloss(const Json& outcome, HtmlPage& page) {
  const std::string indication = outcome.Text("indication").value_or("");
  const auto sub = outcome.Text("subIndication");
  page.out().Leaf("code", indication + (sub ? " / " + *sub : ""));
  for (const std::string_view meaning :
       {MeaningOfIndication(indication, page.language()), MeaningOf(outcome, page.language())})
    if (!meaning.empty()) page.out().Leaf("div", meaning, {{"class", "gloss"}});
}

std::string SignerName(const Json& signature, const HtmlPage& page) {
  const Json& signer = MemberOf(signature, "signer");
  if (IsOrganization(signer))
    return *signer.Text("organization") + " (" + *signer.Text("organizationIdentifier") + ")";
  for (const std::string_view name : {"commonName", "organization", "subject"})
    if (const auto text = signer.Text(name); text && !text->empty()) return *text;
  return std::string(page.Say("unknown-signer"));
}

void WriteSignature(const Json& signature, const Json& report, const std::string& number, int level,
                    HtmlPage& page) {
  MarkupWriter& out = page.out();
  out.Open("article").Open("h" + std::to_string(std::min(level, 6)));
  out.Text(page.Say(KindOf(signature))).Text(" " + number + ": ");
  page.Foreign(SignerName(signature, page));
  out.Close();
  WriteOutcome(signature, page);
  WriteFacts(signature, report, page);
  WriteScope(signature, level + 1, page);
  WriteTimestamps(signature, page);
  WriteRevocation(signature, page);
  WriteMessages(signature, "notes", "notes", level + 1, page);
  WriteMessages(signature, "whatWouldChangeIt", "would-change", level + 1, page);
  WriteChecks(signature, level + 1, page);
  std::size_t inner = 0;
  for (const Json& counter_signature : ListIn(signature, "counterSignatures"))
    WriteSignature(counter_signature, report, number + "." + std::to_string(++inner), level + 1,
                   page);
  out.Close();
}

void WriteEvidenceRecords(const Json& report, HtmlPage& page) {
  MarkupWriter& out = page.out();
  for (const Json& record : ListIn(report, "evidenceRecords")) {
    out.Open("section").Open("h2").Text(page.Say("evidence-record")).Text(": ");
    page.Foreign(record.Text("file").value_or(""));
    out.Close();
    if (record.Text("indication")) WriteOutcome(record, page);
    page.OpenFacts();
    page.Fact("format", record.Text("format"));
    page.Fact("source", std::string(page.WordOf(record.Text("source").value_or(""))));
    page.Fact("state", std::string(page.WordOf(record.Text("outcome").value_or(""))));
    page.Fact("when", record.Text("provenTime").value_or(std::string(page.Say("not-proven"))));
    page.Fact("message", MemberOf(record, "error").Text("message"));
    page.CloseFacts();
    if (!ListIn(record, "objects").empty()) {
      page.OpenTable(page.Say("objects"), {"file", "coverage"});
      for (const Json& object : ListIn(record, "objects")) {
        out.Open("tr");
        page.ForeignCell(object.Text("name"));
        page.Cell(page.WordOf(object.Text("coverage").value_or("")));
        out.Close();
      }
      page.CloseTable();
    }
    WriteTimestamps(record, page);
    out.Close();
  }
}

}  // namespace signing
