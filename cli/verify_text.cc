#include "cli/verify_text.h"

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/utf8.h"
#include "signing/report_pages.h"

namespace cli {
namespace {

using base::Json;
using base::Language;

struct Word {
  std::string_view id;
  std::string_view lv;
  std::string_view en;
};
constexpr auto kWords = std::to_array<Word>({
    {"valid", "DERĪGS", "VALID"},
    {"invalid", "NEDERĪGS", "INVALID"},
    {"indeterminate", "NAV NOSAKĀMS", "INDETERMINATE"},
    {"refused", "NEPIEŅEMTS", "REFUSED"},
    {"document", "Dokuments", "Document"},
    {"verdict", "Slēdziens", "Verdict"},
    {"reason", "Iemesls", "Reason"},
    {"policy", "Politika", "Policy"},
    {"trust", "Uzticamības kopa", "Trust snapshot"},
    {"issued", "izdota", "issued"},
    {"age", "vecums dienās", "age in days"},
    {"undated", "tikai sertifikāti, bez datuma", "certificates alone, without a date"},
    {"no-trust", "nav; neviens nav uzticams (--trust, --trust-snapshot)",
     "none; nobody is trusted (--trust, --trust-snapshot)"},
    {"as-of", "Pārbaudes laiks", "Verified as of"},
    {"signature", "Paraksts", "Signature"},
    {"seal", "Zīmogs", "Seal"},
    {"meaning", "Nozīmē", "Meaning"},
    {"signer", "Parakstītājs", "Signer"},
    {"intact", "neskarts", "intact"},
    {"not-intact", "bojāts", "not intact"},
    {"claimed", "Norādītais laiks", "Claimed time"},
    {"proven", "Pierādītais laiks", "Proven time"},
    {"qualification", "Kvalifikācija", "Qualification"},
    {"would-change", "Kas varētu mainīt slēdzienu", "What would change the verdict"},
    {"untrusted-timestamp", "Laika zīmogs (vēl nav uzticams)", "Time-stamp (not yet trusted)"},
    {"covers", "Aptver", "Covers"},
    {"note", "Piezīme", "Note"},
    {"finding", "Ievērojiet", "Notice"},
    {"evidence-record", "Arhīva pierādījuma ieraksts", "Evidence record"},
    {"not-covered", "neaptver doto", "does not cover what was given"},
    {"broken", "bojāts", "broken"},
    {"not-evaluated", "nav pārbaudīts", "not evaluated"},
});

std::string_view Say(std::string_view id, Language language) {
  for (const Word& word : kWords)
    if (word.id == id) return language == Language::kLatvian ? word.lv : word.en;
  return id;
}

// A terminal must not be steered by what a document says.
void Line(std::string_view label, std::string_view value, std::string& out) {
  if (!value.empty())
    out.append(label).append(": ").append(base::WithoutSteering(value)).append("\n");
}

void Messages(const Json* list, std::string_view label, std::string_view indent, std::string& out) {
  if (list == nullptr || list->AsArray() == nullptr) return;
  for (const Json& item : *list->AsArray())
    Line(std::string(indent).append(label), item.Text("message").value_or(""), out);
}

std::string Scope(const Json& signature) {
  std::string text;
  const Json* scope = signature.Find("scope");
  if (scope == nullptr || scope->AsArray() == nullptr) return text;
  for (const Json& name : *scope->AsArray())
    if (name.AsString() != nullptr) text += (text.empty() ? "" : ", ") + *name.AsString();
  return text;
}

bool IsTrue(const Json& object, std::string_view name) {
  const Json* value = object.Find(name);
  return value != nullptr && value->AsBool() != nullptr && *value->AsBool();
}

// A time-stamp that fits the signature but that nobody vouches for is shown as just that.
void UntrustedTimestamps(const Json& signature, std::string_view label, std::string& out) {
  const Json* list = signature.Find("timestamps");
  if (list == nullptr || list->AsArray() == nullptr) return;
  for (const Json& timestamp : *list->AsArray())
    if (!IsTrue(timestamp, "trusted") && IsTrue(timestamp, "imprintOk") &&
        IsTrue(timestamp, "signatureOk"))
      Line(label, timestamp.Text("time").value_or(""), out);
}

// Nothing when no trusted list says anything.
std::string Qualification(const Json& signature) {
  const std::string qualification = signature.Text("qualification").value_or("");
  return qualification == "N/A" ? std::string() : qualification;
}

void Signature(const Json& signature, Language language, std::string& out) {
  std::string head =
      signature.Text("format").value_or("") + ", " + signature.Text("indication").value_or("");
  if (const auto sub = signature.Text("subIndication")) head += " / " + *sub;
  head.append(", ").append(Say(IsTrue(signature, "intact") ? "intact" : "not-intact", language));
  Line(Say(signing::IsSeal(signature) ? "seal" : "signature", language), head, out);
  const auto label = [&](std::string_view id) {
    return std::string("  ").append(Say(id, language));
  };
  Line(label("meaning"), signing::MeaningOf(signature, language), out);
  if (const Json* signer = signature.Find("signer"))
    Line(label("signer"), signer->Text("subject").value_or(""), out);
  Line(label("claimed"), signature.Text("claimedSigningTime").value_or(""), out);
  Line(label("proven"), signature.Text("bestSignatureTime").value_or(""), out);
  Line(label("qualification"), Qualification(signature), out);
  UntrustedTimestamps(signature, label("untrusted-timestamp"), out);
  Line(label("covers"), Scope(signature), out);
  Messages(signature.Find("notes"), Say("note", language), "  ", out);
  Messages(signature.Find("whatWouldChangeIt"), Say("would-change", language), "  ", out);
}

void EvidenceRecords(const Json& report, Language language, std::string& out) {
  const Json* list = report.Find("evidenceRecords");
  if (list == nullptr || list->AsArray() == nullptr) return;
  for (const Json& record : *list->AsArray()) {
    std::string head = record.Text("file").value_or("");
    head += ", " + record.Text("format").value_or("");
    head.append(", ").append(Say(record.Text("outcome").value_or(""), language));
    if (const auto indication = record.Text("indication")) head += ", " + *indication;
    if (const auto sub = record.Text("subIndication")) head += " / " + *sub;
    Line(Say("evidence-record", language), head, out);
    Line(std::string("  ").append(Say("meaning", language)), signing::MeaningOf(record, language),
         out);
    Line(std::string("  ").append(Say("proven", language)), record.Text("provenTime").value_or(""),
         out);
  }
}

// Which trust, and how old its newest list was at the time asked about.
std::string Trust(const Json& trust, const std::optional<base::Time>& at, Language language) {
  const auto snapshot = trust.Text("snapshot");
  if (!snapshot) return std::string(Say("no-trust", language));
  std::string text = *snapshot + ", ";
  const std::string issued = trust.Text("issued").value_or("");
  const auto time = base::ParseTime(issued);
  if (!time) return text.append(Say("undated", language));
  text.append(Say("issued", language)).append(" ").append(issued);
  if (!at) return text;
  const auto days = std::chrono::floor<std::chrono::days>(*at - *time).count();
  return text.append(", ").append(Say("age", language)).append(": ").append(std::to_string(days));
}

// What the verdict follows from, beside the document.
void Method(const Json& report, Language language, std::string& out) {
  const std::string at = report.Text("validationTime").value_or("");
  if (const Json* policy = report.Find("policy")) {
    std::string text = policy->Text("id").value_or("");
    if (const auto digest = policy->Text("sha256")) text += ", SHA-256 " + *digest;
    Line(Say("policy", language), text, out);
  }
  if (const Json* trust = report.Find("trust"))
    Line(Say("trust", language), Trust(*trust, base::ParseTime(at), language), out);
  const Json* engine = report.Find("engine");
  const std::string version = engine == nullptr ? "" : engine->Text("version").value_or("");
  Line(Say("as-of", language), version.empty() ? at : at + ", edocvault " + version, out);
}

std::string Body(const Json& report, Language language, bool with_method);

// Each after the container that it lies in, whose verdict says nothing of it.
void NestedDocuments(const Json& report, Language language, std::string& out) {
  const Json* list = report.Find("nested");
  if (list == nullptr || list->AsArray() == nullptr) return;
  for (const Json& inner : *list->AsArray()) out += "\n" + Body(inner, language, false);
}

std::string Body(const Json& report, Language language, bool with_method) {
  std::string out;
  if (const Json* document = report.Find("document"))
    Line(Say("document", language), document->Text("name").value_or(""), out);
  Line(Say("verdict", language), Say(report.Text("verdict").value_or(""), language), out);
  if (const Json* refusal = report.Find("refusal"))
    Line(Say("reason", language), refusal->Text("message").value_or(""), out);
  if (with_method) Method(report, language, out);
  if (const Json* signatures = report.Find("signatures"); signatures->AsArray() != nullptr)
    for (const Json& signature : *signatures->AsArray()) Signature(signature, language, out);
  EvidenceRecords(report, language, out);
  Messages(report.Find("containerFindings"), Say("finding", language), "", out);
  NestedDocuments(report, language, out);
  return out;
}

}  // namespace

std::string VerifyReportText(const Json& report, Language language) {
  return Body(report, language, true);
}

}  // namespace cli
