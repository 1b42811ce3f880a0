// What the engine's notes say, and what would change a verdict.
#include <algorithm>
#include <array>

#include "signing/report_sentences.h"

namespace signing {
namespace {

using base::Json;
using base::Language;

// "{name}" stands for the value of that name. A part in brackets is said only where all of its
// values are known.
constexpr auto kNotes = std::to_array<ReportWord>({
    {"revocation-predates-timestamp",
     "Jaunākie atsaukšanas dati par parakstītāja sertifikātu[ (thisUpdate {thisUpdate})] tapa"
     "[ {seconds} s] pirms paraksta pierādītā laika[ ({bestSignatureTime})].",
     "The newest revocation data about the signer's certificate[ (thisUpdate {thisUpdate})] was "
     "made[ {seconds} s] before the proven time of the signature[ ({bestSignatureTime})]."},
    {"stands-by-proof-of-existence",
     "Pārbaudes laikā viena pārbaude vairs neizdodas[: {failure}] Paraksts tomēr ir derīgs, jo ir "
     "pierādīts, ka "
     "tas pastāvēja[ ne vēlāk kā {atOrBefore}].",
     "One check fails at the time of validation[: {failure}] The signature stands because it is "
     "proven to have "
     "existed[ at or before {atOrBefore}]."},
});

constexpr auto kRemedies = std::to_array<ReportWord>({
    {"signed-data", "Parakstītie dati, kas nav atrasti; norādiet tos ar --data vai --digests.",
     "The signed data that was not found; hand it in with --data or --digests."},
    {"other-policy", "Politika, kas to neprasa: dokumentā pašā tas vairs nav maināms.",
     "A policy that does not ask for this: in the document itself it cannot be changed any more."},
    {"signing-certificate", "Parakstītāja sertifikāts, ko paraksts nosauc.",
     "The signer's certificate that the signature names."},
    {"trust-anchor",
     "Uzticamības saraksts vai sertifikāts, līdz kuram ved ķēde[ no sertifikāta ar numuru "
     "{certificateSerialNumber}][, ko izdevis {certificateIssuer}]; norādiet to ar --trust.",
     "A trusted list or certificate that the chain[ of the certificate with serial number "
     "{certificateSerialNumber}][, issued by {certificateIssuer},] leads to; hand it in with "
     "--trust."},
    {"proof-of-existence",
     "Pierādījums (laika zīmogs vai arhīva pierādījuma ieraksts), ka paraksts pastāvēja[ ne vēlāk "
     "kā {atOrBefore}].",
     "A proof (time-stamp or evidence record) that the signature existed[ at or before "
     "{atOrBefore}]."},
    {"revocation-data",
     "OCSP atbilde vai atsaukto sertifikātu saraksts (CRL)[ par sertifikātu ar numuru "
     "{certificateSerialNumber}][, ko izdevis {certificateIssuer}][, ar thisUpdate ne agrāk kā "
     "{thisUpdateFrom}].",
     "An OCSP response or certificate revocation list (CRL)[ for serial number "
     "{certificateSerialNumber}][ issued by {certificateIssuer}][ with thisUpdate at or after "
     "{thisUpdateFrom}]."},
    {"newer-revocation-data",
     "Jaunāka OCSP atbilde vai atsaukto sertifikātu saraksts (CRL)[ par sertifikātu ar numuru "
     "{certificateSerialNumber}][, ko izdevis {certificateIssuer}][, ar thisUpdate ne agrāk kā "
     "{thisUpdateFrom}].",
     "A newer OCSP response or certificate revocation list (CRL)[ for serial number "
     "{certificateSerialNumber}][ issued by {certificateIssuer}][ with thisUpdate at or after "
     "{thisUpdateFrom}]."},
    {"signature-policy", "Paraksta noteikumi, ko paraksts nosauc.",
     "The signature policy that the signature names."},
});

std::string ValueOf(const Json& values, std::string_view name, Language language) {
  if (name == "failure")
    return std::string(FailureOfCheck("/" + values.Text("rule").value_or(""), language));
  if (const auto number = values.Integer(name)) return std::to_string(*number);
  return values.Text(name).value_or("");
}

// Fills one piece of a template. False when a value is not known.
bool Fill(std::string_view piece, const Json& values, Language language, std::string& out) {
  while (!piece.empty()) {
    const std::size_t open = piece.find('{');
    out.append(piece.substr(0, open));
    if (open == std::string_view::npos) return true;
    const std::size_t close = piece.find('}', open);
    const std::string value = ValueOf(values, piece.substr(open + 1, close - open - 1), language);
    if (value.empty()) return false;
    out.append(value);
    piece.remove_prefix(close + 1);
  }
  return true;
}

// The templates are ours: brackets and braces in them are balanced, those in values not looked at.
std::string FillAll(std::string_view text, const Json& values, Language language) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    static_cast<void>(Fill(text.substr(0, open), values, language, out));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find(']', open);
    std::string part;
    if (Fill(text.substr(open + 1, close - open - 1), values, language, part)) out += part;
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string Message(std::span<const ReportWord> table, std::string_view code, const Json& values,
                    Language language) {
  const auto found = std::ranges::find(table, code, &ReportWord::id);
  return found == table.end() ? std::string() : FillAll(found->In(language), values, language);
}

}  // namespace

std::span<const ReportWord> NoteTexts() {
  return kNotes;
}

std::span<const ReportWord> RemedyTexts() {
  return kRemedies;
}

std::string MessageOfNote(std::string_view code, const Json& values, Language language) {
  return Message(kNotes, code, values, language);
}

std::string MessageOfRemedy(std::string_view code, const Json& values, Language language) {
  return Message(kRemedies, code, values, language);
}

}  // namespace signing
