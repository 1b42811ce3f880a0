// What a sub-indication and a qualification mean, and what can be done.
#include <algorithm>
#include <array>

#include "signing/report_sentences.h"

namespace signing {
namespace {

using base::Language;

constexpr ReportPair Row(std::string_view id, std::string_view lv, std::string_view en,
                         std::string_view advice_lv, std::string_view advice_en) {
  return {id, {id, lv, en}, {id, advice_lv, advice_en}};
}

// EN 319 102-1, table 4; of an evidence record the same without "TOTAL".
constexpr std::string_view kPassedLv = "Visas politikas prasītās pārbaudes ir izturētas.";
constexpr std::string_view kPassedEn = "Every check that the policy demands has passed.";
constexpr std::string_view kFailedLv = "Ir pierādīts, ka tas nav derīgs.";
constexpr std::string_view kFailedEn = "It is proven not to be valid.";

constexpr auto kIndications = std::to_array<ReportWord>({
    {"TOTAL-PASSED", kPassedLv, kPassedEn},
    {"PASSED", kPassedLv, kPassedEn},
    {"TOTAL-FAILED", kFailedLv, kFailedEn},
    {"FAILED", kFailedLv, kFailedEn},
    {"INDETERMINATE", "Pieejamās ziņas neļauj pateikt, vai tas ir derīgs.",
     "What is at hand does not suffice to say whether it is valid."},
});

constexpr std::string_view kProofLv =
    "Iesniedziet agrāku pierādījumu: laika zīmogu vai arhīva pierādījuma ierakstu.";
constexpr std::string_view kProofEn =
    "Bring an earlier proof: a time-stamp or an evidence record over the document.";
constexpr std::string_view kAgainLv = "Lūdziet parakstītāju parakstīt vēlreiz.";
constexpr std::string_view kAgainEn = "Ask the signer to sign again.";

constexpr auto kSubs = std::to_array<ReportPair>({
    Row("FORMAT_FAILURE", "Paraksta vai konteinera uzbūve neatbilst standartam.",
        "The structure of the signature or of its container breaks the standard.",
        "Iegūstiet oriģinālo failu no sūtītāja vai lūdziet parakstīt vēlreiz.",
        "Get the original file from its sender, or ask for a new signature."),
    Row("HASH_FAILURE", "Dati pēc parakstīšanas ir mainīti.",
        "The data was changed after it was signed.",
        "Neuzticieties saturam. Iegūstiet nemainītu failu no parakstītāja.",
        "Do not rely on the content. Get the unchanged file from the signer."),
    Row("SIG_CRYPTO_FAILURE", "Paraksta vērtība neatbilst parakstītāja atslēgai.",
        "The signature value does not fit the signer's key.",
        "Neuzticieties parakstam. Iegūstiet nemainītu failu no parakstītāja.",
        "Do not rely on the signature. Get the unchanged file from the signer."),
    Row("REVOKED", "Sertifikāts bija atsaukts, pirms paraksts tapa.",
        "The certificate was revoked before the signature was made.",
        "Neuzticieties parakstam. Sazinieties ar parakstītāju.",
        "Do not rely on the signature. Contact the signer."),
    Row("EXPIRED", "Paraksts tapa pēc sertifikāta derīguma termiņa beigām.",
        "The signature was made after the certificate had expired.", kAgainLv, kAgainEn),
    Row("NOT_YET_VALID", "Paraksts tapa pirms sertifikāta derīguma termiņa sākuma.",
        "The signature was made before the certificate became valid.", kAgainLv, kAgainEn),
    Row("SIG_CONSTRAINTS_FAILURE", "Paraksts neatbilst kādai politikas prasībai.",
        "The signature does not meet a demand of the policy.",
        "Aplūkojiet neizdevušos pārbaudi; vajadzības gadījumā lūdziet parakstīt vēlreiz.",
        "Look at the check that failed; ask for a new signature if need be."),
    Row("CHAIN_CONSTRAINTS_FAILURE", "Sertifikāts vai tā ķēde neatbilst kādai politikas prasībai.",
        "The certificate or its chain does not meet a demand of the policy.",
        "Lūdziet parakstīt ar sertifikātu, kas paredzēts šim nolūkam.",
        "Ask for a signature with a certificate that is meant for this."),
    Row("CERTIFICATE_CHAIN_GENERAL_FAILURE",
        "Sertifikātu ķēdi nevarēja pārbaudīt līdz galam; parasti trūkst atsaukšanas datu.",
        "The certificate chain could not be checked to the end; mostly revocation data is missing.",
        "Iegūstiet atsaukšanas datus (OCSP atbildi vai CRL) un pārbaudiet vēlreiz.",
        "Get revocation data (an OCSP response or a CRL) and verify again."),
    Row("CRYPTO_CONSTRAINTS_FAILURE",
        "Izmantots algoritms vai atslēga, kam vairs nevar uzticēties.",
        "An algorithm or key was used that can no longer be relied upon.", kAgainLv, kAgainEn),
    Row("CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        "Algoritmam vairs nevar uzticēties, un nav pierādīts, ka paraksts tapa agrāk.",
        "The algorithm can no longer be relied upon, and nothing proves that the signature is "
        "older.",
        kProofLv, kProofEn),
    Row("POLICY_PROCESSING_ERROR", "Paraksta nosauktos noteikumus nevar apstrādāt.",
        "The signature policy that is named cannot be processed.",
        "Lūdziet parakstītājam derīgus paraksta noteikumus.",
        "Ask the signer for the right signature policy."),
    Row("SIGNATURE_POLICY_NOT_AVAILABLE", "Paraksta nosauktie noteikumi nav pieejami.",
        "The signature policy that is named is not at hand.",
        "Lūdziet parakstītājam paraksta noteikumus.", "Ask the signer for the signature policy."),
    Row("TIMESTAMP_ORDER_FAILURE", "Laika zīmogu laiki ir pretrunā ar to secību.",
        "The times of the time-stamps contradict their order.",
        "Neuzticieties laikiem. Sazinieties ar laika zīmogu izdevēju.",
        "Do not rely on the times. Contact who issued the time-stamps."),
    Row("NO_SIGNING_CERTIFICATE_FOUND", "Parakstītāja sertifikāts nav atrasts.",
        "The signer's certificate was not found.",
        "Lūdziet parakstītājam viņa sertifikātu vai jaunu parakstu.",
        "Ask the signer for the certificate or for a new signature."),
    Row("NO_CERTIFICATE_CHAIN_FOUND",
        "Nav ķēdes no parakstītāja sertifikāta līdz uzticamam izdevējam.",
        "No chain leads from the signer's certificate to a trusted issuer.",
        "Norādiet ar --trust uzticamības sarakstu, kurā ir izdevējs.",
        "Hand in with --trust the trusted list that has the issuer."),
    Row("NO_CERTIFICATE_CHAIN_FOUND_NO_POE",
        "Izdevējam šobrīd neuzticas, un nav pierādīts, ka paraksts tapa agrāk.",
        "The issuer is not trusted now, and nothing proves that the signature is older.", kProofLv,
        kProofEn),
    Row("REVOKED_NO_POE", "Sertifikāts ir atsaukts, un nav pierādīts, ka paraksts tapa pirms tam.",
        "The certificate is revoked, and nothing proves that the signature is older.", kProofLv,
        kProofEn),
    Row("REVOKED_CA_NO_POE",
        "Izdevēja sertifikāts ir atsaukts, un nav pierādīts, ka paraksts tapa pirms tam.",
        "An issuer's certificate is revoked, and nothing proves that the signature is older.",
        kProofLv, kProofEn),
    Row("OUT_OF_BOUNDS_NOT_REVOKED",
        "Sertifikāta termiņš ir beidzies; tas nav atsaukts, bet paraksta laiks nav pierādīts.",
        "The certificate has expired; it is not revoked, but the time of the signature is not "
        "proven.",
        kProofLv, kProofEn),
    Row("OUT_OF_BOUNDS_NO_POE",
        "Sertifikāta termiņš ir beidzies, un nav pierādīts, ka paraksts tapa pirms tam.",
        "The certificate has expired, and nothing proves that the signature is older.", kProofLv,
        kProofEn),
    Row("REVOCATION_OUT_OF_BOUNDS_NO_POE",
        "Atsaukšanas datu parakstītāja sertifikāta termiņš ir beidzies bez agrāka pierādījuma.",
        "The certificate behind the revocation data has expired without an earlier proof.",
        kProofLv, kProofEn),
    Row("NO_POE", "Trūkst pierādījuma, ka kaut kas pastāvēja vajadzīgajā laikā.",
        "A proof is missing that something existed at the time that matters.", kProofLv, kProofEn),
    Row("TRY_LATER", "Vēl nav pietiekami svaigu atsaukšanas datu.",
        "There is no revocation data yet that is fresh enough.",
        "Pārbaudiet vēlreiz vēlāk vai ar jaunākiem atsaukšanas datiem.",
        "Verify again later, or with newer revocation data."),
    Row("SIGNED_DATA_NOT_FOUND", "Parakstītie dati nav atrasti.", "The signed data was not found.",
        "Norādiet parakstītos failus ar --data.", "Hand in the signed files with --data."),
});

constexpr auto kQualifications = std::to_array<ReportWord>({
    {"QESig", "Kvalificēts elektroniskais paraksts (eIDAS 3. panta 12. punkts).",
     "A qualified electronic signature (eIDAS, article 3, point 12)."},
    {"QESeal", "Kvalificēts elektroniskais zīmogs (eIDAS 3. panta 27. punkts).",
     "A qualified electronic seal (eIDAS, article 3, point 27)."},
    {"Unknown-QC-QSCD",
     "Kvalificēts sertifikāts un ierīce; nav zināms, vai tas ir paraksts vai zīmogs.",
     "Qualified certificate and device; it is not known whether signature or seal."},
    {"AdESig-QC", "Uzlabots elektroniskais paraksts ar kvalificētu sertifikātu.",
     "An advanced electronic signature with a qualified certificate."},
    {"AdESeal-QC", "Uzlabots elektroniskais zīmogs ar kvalificētu sertifikātu.",
     "An advanced electronic seal with a qualified certificate."},
    {"Unknown-QC", "Kvalificēts sertifikāts; nav zināms, vai tas ir paraksts vai zīmogs.",
     "Qualified certificate; it is not known whether signature or seal."},
    {"AdESig", "Uzlabots elektroniskais paraksts bez kvalificēta sertifikāta.",
     "An advanced electronic signature without a qualified certificate."},
    {"AdESeal", "Uzlabots elektroniskais zīmogs bez kvalificēta sertifikāta.",
     "An advanced electronic seal without a qualified certificate."},
    {"Unknown", "Uzlabots paraksts vai zīmogs; tā veids nav zināms.",
     "An advanced signature or seal; which of them is not known."},
    {"Not-AdES-QC-QSCD", "Nav derīgs paraksts, kaut gan sertifikāts un ierīce ir kvalificēti.",
     "No valid signature, although certificate and device are qualified."},
    {"Not-AdES-QC", "Nav derīgs paraksts, kaut gan sertifikāts ir kvalificēts.",
     "No valid signature, although the certificate is qualified."},
    {"Not-AdES", "Nav derīgs uzlabots paraksts vai zīmogs.",
     "No valid advanced signature or seal."},
    {"QTSA", "Kvalificēts elektroniskais laika zīmogs (eIDAS 3. panta 34. punkts).",
     "A qualified electronic time-stamp (eIDAS, article 3, point 34)."},
    {"TSA-national",
     "Laika zīmogs, ko izdevis pakalpojums, kuru saraksts atzīst pēc valsts tiesību aktiem.",
     "A time-stamp of a service that its list recognises by national law."},
    {"TSA", "Laika zīmogs, ko izdevis uzticams, bet nekvalificēts pakalpojums.",
     "A time-stamp of a trusted service that is not qualified."},
    {"N/A", "Neviens uzticamības saraksts par to neko nesaka.",
     "No trusted list says anything about it."},
});

constexpr std::string_view kIndeterminate = "Indeterminate-";

const ReportPair* Find(std::string_view sub) {
  const auto found = std::ranges::find(kSubs, sub, &ReportPair::id);
  return found == kSubs.end() ? nullptr : &*found;
}

}  // namespace

std::string_view MeaningOfIndication(std::string_view indication, Language language) {
  const auto found = std::ranges::find(kIndications, indication, &ReportWord::id);
  return found == kIndications.end() ? std::string_view() : found->In(language);
}

std::string_view MeaningOfSubIndication(std::string_view sub, Language language) {
  const ReportPair* row = Find(sub);
  return row == nullptr ? std::string_view() : row->first.In(language);
}

std::string_view AdviceOnSubIndication(std::string_view sub, Language language) {
  const ReportPair* row = Find(sub);
  return row == nullptr ? std::string_view() : row->second.In(language);
}

std::string MeaningOfQualification(std::string_view qualification, Language language) {
  const bool open = qualification.starts_with(kIndeterminate);
  if (open) qualification.remove_prefix(kIndeterminate.size());
  const auto found = std::ranges::find(kQualifications, qualification, &ReportWord::id);
  if (found == kQualifications.end()) return {};
  const std::string meaning(found->In(language));
  if (!open) return meaning;
  return (language == Language::kLatvian ? "Derīgums nav nosakāms; ja tas apstiprinātos: "
                                         : "Its validity is undecided; if it were confirmed: ") +
         meaning;
}

}  // namespace signing
