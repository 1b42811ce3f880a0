#include "cli/verify_text.h"

#include <array>
#include <string_view>

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
    {"signature", "Paraksts", "Signature"},
    {"signer", "Parakstītājs", "Signer"},
    {"intact", "neskarts", "intact"},
    {"not-intact", "bojāts", "not intact"},
    {"claimed", "Norādītais laiks", "Claimed time"},
    {"proven", "Pierādītais laiks", "Proven time"},
    {"covers", "Aptver", "Covers"},
    {"note", "Piezīme", "Note"},
    {"finding", "Ievērojiet", "Notice"},
});

std::string_view Say(std::string_view id, Language language) {
  for (const Word& word : kWords)
    if (word.id == id) return language == Language::kLatvian ? word.lv : word.en;
  return id;
}

// A terminal must not be steered by what a document says.
std::string Harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return out;
}

void Line(std::string_view label, std::string_view value, std::string& out) {
  if (!value.empty()) out.append(label).append(": ").append(Harmless(value)).append("\n");
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

void Signature(const Json& signature, Language language, std::string& out) {
  const Json* intact = signature.Find("intact");
  const bool is_intact = intact != nullptr && intact->AsBool() != nullptr && *intact->AsBool();
  std::string head =
      signature.Text("format").value_or("") + ", " + signature.Text("indication").value_or("");
  if (const auto sub = signature.Text("subIndication")) head += " / " + *sub;
  head.append(", ").append(Say(is_intact ? "intact" : "not-intact", language));
  Line(Say("signature", language), head, out);
  const auto label = [&](std::string_view id) {
    return std::string("  ").append(Say(id, language));
  };
  if (const Json* signer = signature.Find("signer"))
    Line(label("signer"), signer->Text("subject").value_or(""), out);
  Line(label("claimed"), signature.Text("claimedSigningTime").value_or(""), out);
  Line(label("proven"), signature.Text("bestSignatureTime").value_or(""), out);
  Line(label("covers"), Scope(signature), out);
  Messages(signature.Find("notes"), Say("note", language), "  ", out);
}

}  // namespace

std::string VerifyReportText(const Json& report, Language language) {
  std::string out;
  if (const Json* document = report.Find("document"))
    Line(Say("document", language), document->Text("name").value_or(""), out);
  Line(Say("verdict", language), Say(report.Text("verdict").value_or(""), language), out);
  if (const Json* refusal = report.Find("refusal"))
    Line(Say("reason", language), refusal->Text("message").value_or(""), out);
  if (const Json* signatures = report.Find("signatures"); signatures->AsArray() != nullptr)
    for (const Json& signature : *signatures->AsArray()) Signature(signature, language, out);
  Messages(report.Find("containerFindings"), Say("finding", language), "", out);
  return out;
}

}  // namespace cli
