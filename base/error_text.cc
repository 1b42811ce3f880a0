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

    // hsm

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
