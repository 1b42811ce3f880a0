#include "base/error_text.h"

#include <algorithm>
#include <array>

namespace base {
namespace {

constexpr auto kTexts = std::to_array<ErrorText>({
    // base
    {"aead.mismatch", "Glabātie dati ir bojāti vai neatbilst savai atslēgai. Izsauciet operatoru.",
     "Stored data is damaged or does not fit its key. Call an operator."},
    {"channel.closed", "Pakalpojums tiek apturēts.", "The service is stopping."},
    {"channel.malformed", "Pakalpojuma iekšēja kļūda. Ziņojiet operatoram.",
     "An internal error of the service. Tell an operator."},
    {"channel.role-down", "Vajadzīgā pakalpojuma daļa tiek restartēta. Mēģiniet vēlreiz pēc brīža.",
     "The part of the service that is needed is restarting. Try again in a moment."},
    {"channel.timeout", "Pakalpojums neatbildēja laikā. Mēģiniet vēlreiz.",
     "The service did not answer in time. Try again."},
    {"channel.too-large", "Pieprasījums ir par lielu.", "The request is too large."},
    {"disk.unwritable", "Failu nevar ierakstīt. Pārbaudiet vietu diskā un tiesības.",
     "The file cannot be written. Check disk space and permissions."},
    {"file.missing", "Tāda faila nav. Pārbaudiet nosaukumu un ceļu.",
     "There is no such file. Check its name and path."},
    {"file.too-large", "Fails ir par lielu.", "The file is too large."},
    {"file.unreadable",
     "Failu nevar nolasīt. Pārbaudiet, vai tas nav katalogs un vai jums ir tiesības.",
     "The file cannot be read. Check that it is no directory and that you may read it."},
    {"json.malformed", "Saturs nav derīgs JSON.", "The content is not valid JSON."},
    {"memory.short", "Pakalpojumam pietrūka atmiņas. Mēģiniet vēlreiz vēlāk.",
     "The service ran short of memory. Try again later."},

    // hardening
    {"walls.crashed", "Dokumenta pārbaude tika negaidīti pārtraukta. Ziņojiet operatoram.",
     "The check of the document ended unexpectedly. Tell an operator."},
    {"walls.forbidden",
     "Dokumenta pārbaude mēģināja darīt to, kas tai liegts, un tika apturēta. Ziņojiet operatoram.",
     "The check of the document tried what it may not do and was stopped. Tell an operator."},
    {"walls.limit-cpu", "Dokumenta pārbaude prasa pārāk daudz laika. Dokuments nav pārbaudīts.",
     "Checking the document takes too much time. It was not checked."},
    {"walls.limit-memory",
     "Dokumenta pārbaude prasa pārāk daudz atmiņas. Dokuments nav pārbaudīts.",
     "Checking the document takes too much memory. It was not checked."},
    {"walls.limit-result", "Pārbaudes rezultāts ir pārāk garš. Dokuments nav pārbaudīts.",
     "The result of the check is too long. The document was not checked."},
    {"walls.no-process", "Serveris ir pārslogots. Mēģiniet vēlreiz vēlāk.",
     "The server is overloaded. Try again later."},
    {"walls.not-built",
     "Sistēma neļauj droši nošķirt dokumenta pārbaudi. Sazinieties ar operatoru.",
     "The system cannot isolate the check of the document. Call an operator."},

    // hsm
    {"call.malformed", "Atslēgu glabātājs nesaprata pieprasījumu. Ziņojiet operatoram.",
     "The keyholder did not understand the request. Tell an operator."},
    {"call.not-allowed",
     "Šo darbību pakalpojums nedrīkst veikt. Atslēgas pārvalda tikai operators.",
     "The service may not do this. Only an operator manages keys."},
    {"certificate.malformed",
     "Fails nav X.509 sertifikāts DER formātā. Pārbaudiet, ko saņēmāt no izdevēja.",
     "The file is not an X.509 certificate in DER. Check what the issuer sent you."},
    {"certificate.not-for-key",
     "Sertifikāts ir izdots citai atslēgai. Importējiet to, kas atbilst šīs atslēgas "
     "pieprasījumam.",
     "The certificate is for another key. Import the one that answers this key's request."},
    {"checkpoint.smaller",
     "Žurnāls ir īsāks vai citāds nekā jau parakstītais. Apturiet darbu un izsauciet operatoru.",
     "The log is shorter or other than what was signed before. Stop and call an operator."},
    {"identifier.malformed", "Klienta identifikators ir tukšs vai pārāk garš. Pārbaudiet to.",
     "The client's identifier is empty or too long. Check it."},
    {"key.ambiguous",
     "Marķierī ir divas vienādi nosauktas atslēgas. Neturpiniet un izsauciet operatoru.",
     "The token holds two keys of one name. Do not go on; call an operator."},
    {"key.exists", "Atslēga ar šādu nosaukumu jau ir. Izvēlieties citu nosaukumu.",
     "There is a key of that name already. Choose another name."},
    {"key.malformed-label",
     "Nosaukums nav derīgs. Lietojiet mazos latīņu burtus, ciparus un defisi, ne vairāk par 64 "
     "zīmēm.",
     "The name is not valid. Use lower-case letters, digits and hyphens, at most 64 characters."},
    {"key.malformed-owner", "Dokumenta identifikatoram nav pareizais garums. Ziņojiet operatoram.",
     "The document's id has the wrong length. Tell an operator."},
    {"key.too-many", "Vienā reizē prasīts pārāk daudz atslēgu. Sadaliet pieprasījumu daļās.",
     "Too many keys were asked for at once. Split the request."},
    {"key.unknown", "Šādas atslēgas marķierī nav. Pārbaudiet nosaukumu.",
     "The token has no such key. Check its name."},
    {"key.unwrap-failed",
     "Dokumenta atslēga ir bojāta vai pieder citam dokumentam. Izsauciet operatoru.",
     "The document's key is damaged or belongs to another document. Call an operator."},
    {"key.without-certificate",
     "Atslēgai vēl nav sertifikāta. Importējiet to, pirms zīmogojat dokumentus.",
     "The key has no certificate yet. Import one before sealing documents."},
    {"origin.malformed",
     "Žurnāla nosaukums nav derīgs. Labojiet konfigurāciju: bez atstarpēm un plus zīmes.",
     "The log's name is not valid. Mend the configuration: no spaces and no plus sign."},
    {"seal.malformed",
     "Zīmogojamo datu saraksts nav derīgs. Pārbaudiet failu nosaukumus un skaitu.",
     "The list of data to seal is not valid. Check the names and the number of files."},
    {"subject.malformed",
     "Sertifikāta pieprasījumā trūkst nosaukuma vai valsts koda, vai tie nav derīgi. Labojiet tos.",
     "The certificate request lacks a name or a country code, or they are not valid. Mend them."},
    {"token.absent",
     "Marķieris nav pieejams. Pārbaudiet, vai tas ir pievienots un pareizi nosaukts.",
     "The token is not there. Check that it is connected and named correctly."},
    {"token.bad-signature",
     "Marķieris izveidoja nederīgu parakstu, un tas netika izdots. Izsauciet operatoru.",
     "The token made a signature that does not verify; it was not released. Call an operator."},
    {"token.busy", "Marķieris pašlaik ir aizņemts. Mēģiniet vēlreiz pēc brīža.",
     "The token is busy just now. Try again in a moment."},
    {"token.exists", "Marķieris ar šādu nosaukumu jau ir. Izmantojiet to vai izvēlieties citu.",
     "There is a token of that name already. Use it or choose another name."},
    {"token.failed",
     "Marķieris neizpildīja darbību. Mēģiniet vēlreiz; ja neizdodas, ziņojiet operatoram.",
     "The token did not do what was asked. Try again; if it fails again, tell an operator."},
    {"token.full", "Marķierim pietrūka atmiņas. Ziņojiet operatoram.",
     "The token ran out of memory. Tell an operator."},
    {"token.locked",
     "Marķieris ir bloķēts pēc nepareiziem PIN. Atbloķējiet to ar administratora PIN.",
     "The token is locked after wrong PINs. Unlock it with the security officer's PIN."},
    {"token.mark-unwritable",
     "Nevar pierakstīt, vai PIN ir noraidīts, tāpēc tas netiek mēģināts. Pārbaudiet disku un "
     "tiesības.",
     "It cannot be noted whether the PIN is refused, so it is not tried. Check disk and "
     "permissions."},
    {"token.module-missing",
     "PKCS#11 moduli nevar ielādēt. Pārbaudiet ceļu konfigurācijā un vai modulis ir uzstādīts.",
     "The PKCS#11 module cannot be loaded. Check its path in the configuration and that it is "
     "there."},
    {"token.pin-expired",
     "Marķiera PIN ir jāiestata vai jānomaina. Nomainiet to un atjauniniet PIN failu.",
     "The token's PIN must be set or changed. Change it and update the PIN file."},
    {"token.pin-refused",
     "Marķieris noraidīja PIN, un tas vairs netiek mēģināts. Ierakstiet pareizo PIN PIN failā.",
     "The token refused the PIN, and it is not tried again. Write the right PIN into the PIN "
     "file."},
    {"token.pin-unreadable",
     "PIN failu nevar nolasīt, vai tas ir tukšs. Pārbaudiet failu un tiesības.",
     "The PIN file cannot be read or is empty. Check the file and its permissions."},
    {"token.session-lost", "Savienojums ar marķieri tika zaudēts. Mēģiniet vēlreiz pēc brīža.",
     "The connection to the token was lost. Try again in a moment."},
    {"token.unsupported",
     "Marķieris šo darbību neatbalsta. Pārbaudiet, vai modelis ir atbalstīto sarakstā.",
     "The token does not support this. Check that its model is among those supported."},

    // vault

    // signing

    // api

    // cli
});

}  // namespace

std::span<const ErrorText> ErrorTexts() {
  return kTexts;
}

std::string_view TextOf(std::string_view reason, Language language) {
  const auto found = std::ranges::find(kTexts, reason, &ErrorText::reason);
  if (found != kTexts.end()) return language == Language::kLatvian ? found->lv : found->en;
  return language == Language::kLatvian ? "Neparedzēta kļūda. Ziņojiet operatoram."
                                        : "An unexpected error. Tell an operator.";
}

}  // namespace base
