#include "signing/report_sentences.h"

#include <algorithm>
#include <array>

namespace signing {
namespace {

using base::Language;

constexpr auto kBlocks = std::to_array<ReportWord>({
    {"", "Paraksta uzbūve un vērtība", "Structure and value of the signature"},
    {"FC", "Formāts", "Format"},
    {"ISC", "Parakstītāja sertifikāta noteikšana", "Identification of the signing certificate"},
    {"VCI", "Paraksta noteikumi", "Signature policy"},
    {"CV", "Kriptogrāfiskā pārbaude", "Cryptographic verification"},
    {"XCV", "Sertifikāti", "Certificates"},
    {"RAC", "Atsaukšanas dati", "Revocation data"},
    {"SAV", "Paraksta pieņemamība", "Acceptance of the signature"},
    {"LTV", "Laika zīmogi un pierādījumi", "Time-stamps and proofs"},
    {"ER", "Arhīva pierādījuma ieraksti", "Evidence records"},
});

constexpr auto kStatuses = std::to_array<ReportWord>({
    {"OK", "Izpildīta", "Passed"},
    {"INFO", "Zināšanai", "For information"},
    {"WARN", "Brīdinājums", "Warning"},
    {"NOT_OK", "Nav izpildīta", "Failed"},
    {"IGNORED", "Nav vērtēta", "Not evaluated"},
    {"NOT_MADE", "Nav veikta", "Not made"},
});

// Why there is neither "passed" nor "failed".
constexpr auto kStatusReasons = std::to_array<ReportWord>({
    {"IGNORED", "Pārbaude netika vērtēta, jo iepriekšējā neizdevās vai politika to neprasa.",
     "The check was not evaluated: an earlier one failed, or the policy does not ask for it."},
    {"NOT_MADE", "Pārbaudi nevarēja veikt: iepriekšējā neizdevās vai tai trūkst datu.",
     "The check could not be made: an earlier one failed, or what it needs is missing."},
});

constexpr auto kProblems = std::to_array<ReportWord>({
    {"no signed property names the signing certificate",
     "neviena parakstīta īpašība nenosauc parakstītāja sertifikātu", ""},
    {"the named certificate is not present", "nosauktais sertifikāts nav pieejams", ""},
    {"the digest is another", "jaucējvērtība ir cita", ""},
    {"not found", "nav atrasts", ""},
    {"several elements have this Id", "vairākiem elementiem ir šāds Id", ""},
    {"the element is not where its type says", "elements nav tur, kur tam pēc veida jābūt", ""},
    {"unsupported transform", "neatbalstīta transformācija", ""},
    {"unsupported digest algorithm", "neatbalstīts jaucējvērtības algoritms", ""},
    {"malformed", "kļūdaini uzbūvēts", ""},
    {"SignatureValue is no base64", "SignatureValue nav base64", ""},
    {"there are no SignedProperties", "nav parakstīto īpašību (SignedProperties)", ""},
    {"QualifyingProperties has another Target", "QualifyingProperties norāda uz citu parakstu", ""},
    {"not exactly one reference of the right Type covers the SignedProperties",
     "parakstītās īpašības neaptver tieši viena pareizā tipa atsauce", ""},
    {"no data is signed", "nav parakstīti nekādi dati", ""},
    {"the policy asks for another qualification of the signature",
     "politika prasa citu paraksta kvalifikāciju", ""},
    {"the policy asks for a timestamp", "politika prasa laika zīmogu", ""},
    {"the policy asks for another qualification of the timestamp",
     "politika prasa citu laika zīmoga kvalifikāciju", ""},
    {"the key is of an unknown kind or too short", "atslēga ir nezināma veida vai par īsu", ""},
    {"keys of this kind and size are no longer relied upon",
     "šāda veida un garuma atslēgām vairs neuzticas", ""},
    {"the digest algorithm is unknown", "jaucējvērtības algoritms nav zināms", ""},
    {"the digest algorithm is no longer relied upon", "jaucējvērtības algoritmam vairs neuzticas",
     ""},
    {"an Id occurs twice", "kāds Id atkārtojas", ""},
    {"too many properties of one kind", "pārāk daudz viena veida īpašību", ""},
    {"several tokens in a time-stamp", "vienā laika zīmogā vairāki marķieri", ""},
    {"a time-stamp token that is no base64", "laika zīmoga marķieris nav base64", ""},
    {"several QualifyingProperties", "vairāki QualifyingProperties", ""},
    {"SignedInfo without its methods", "SignedInfo bez algoritmiem", ""},
    {"SignedInfo without Reference", "SignedInfo bez atsaucēm", ""},
});

template <std::size_t kSize>
std::string_view Say(const std::array<ReportWord, kSize>& table, std::string_view id,
                     Language language) {
  const auto found = std::ranges::find(table, id, &ReportWord::id);
  return found == table.end() ? std::string_view() : found->In(language);
}

const ReportPair* FindCheck(std::string_view check) {
  const std::size_t slash = check.find('/');
  const std::span<const ReportPair> table =
      slash == std::string_view::npos ? StructureTexts() : RuleTexts();
  if (slash != std::string_view::npos) check.remove_prefix(slash + 1);
  const auto found = std::ranges::find(table, check, &ReportPair::id);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

std::string_view DemandOfCheck(std::string_view check, Language language) {
  const ReportPair* row = FindCheck(check);
  return row == nullptr ? std::string_view() : row->first.In(language);
}

std::string_view FailureOfCheck(std::string_view check, Language language) {
  const ReportPair* row = FindCheck(check);
  return row == nullptr ? std::string_view() : row->second.In(language);
}

std::string_view NameOfBlock(std::string_view block, Language language) {
  return Say(kBlocks, block, language);
}

std::string_view NameOfCheckStatus(std::string_view status, Language language) {
  return Say(kStatuses, status, language);
}

std::string_view ReasonOfCheckStatus(std::string_view status, Language language) {
  return Say(kStatusReasons, status, language);
}

std::string_view ProblemText(std::string_view problem, Language language) {
  if (language == Language::kEnglish) return problem;
  const std::string_view known = Say(kProblems, problem, language);
  return known.empty() ? problem : known;
}

}  // namespace signing
