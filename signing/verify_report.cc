#include "signing/verify_report.h"

#include <utility>

namespace signing {
namespace {

struct CheckText {
  std::string_view id;
  std::string_view clause;
  std::string_view sub_indication;  // When nobody recorded it.
};
constexpr std::array<CheckText, kCheckCount> kTexts{{
    {"format", "EN 319 102-1, 5.2.2", "SIG_CONSTRAINTS_FAILURE"},
    {"signing-certificate", "EN 319 102-1, 5.2.3", "NO_SIGNING_CERTIFICATE_FOUND"},
    {"signed-data-found", "EN 319 102-1, 5.2.7", "SIGNED_DATA_NOT_FOUND"},
    {"signed-data-intact", "EN 319 102-1, 5.2.7", "SIG_CONSTRAINTS_FAILURE"},
    {"signature-value", "EN 319 102-1, 5.2.7", "SIG_CONSTRAINTS_FAILURE"},
    {"signed-properties", "EN 319 102-1, 5.2.8", "SIG_CONSTRAINTS_FAILURE"},
    {"certificate-path", "EN 319 102-1, 5.2.6", "NO_CERTIFICATE_CHAIN_FOUND"},
}};

std::size_t IndexOf(Check check) {
  return static_cast<std::size_t>(check);
}

}  // namespace

VerifyReport::VerifyReport() {
  for (std::size_t i = 0; i < kCheckCount; ++i)
    outcomes_.at(i).sub_indication = kTexts.at(i).sub_indication;
}

void VerifyReport::Pass(Check check) {
  Record(check, Indication::kPassed, {}, {});
}

void VerifyReport::Record(Check check, Indication indication, std::string_view sub_indication,
                          base::Json values) {
  const std::size_t index = IndexOf(check);
  if (recorded_.at(index) && indication <= outcomes_.at(index).indication) return;
  recorded_.at(index) = true;
  outcomes_.at(index) = {indication, sub_indication, std::move(values)};
}

const CheckOutcome& VerifyReport::outcome(Check check) const {
  return outcomes_.at(IndexOf(check));
}

const CheckOutcome& VerifyReport::Conclusion() const {
  constexpr std::array kCryptographic{Check::kDataIntact, Check::kSignatureValue};
  for (std::size_t i = 0; i < kCheckCount; ++i) {
    if (outcomes_.at(i).indication == Indication::kPassed) continue;
    if (i != IndexOf(Check::kDataFound)) return outcomes_.at(i);
    for (const Check check : kCryptographic)
      if (outcome(check).indication == Indication::kFailed) return outcome(check);
    return outcomes_.at(i);
  }
  return outcomes_.back();
}

base::Json VerifyReport::ToJson() const {
  base::Json list{base::Json::Array{}};
  for (std::size_t i = 0; i < kCheckCount; ++i) {
    const CheckOutcome& outcome = outcomes_.at(i);
    const bool passed = outcome.indication == Indication::kPassed;
    base::Json check;
    check.Set("id", kTexts.at(i).id);
    check.Set("status", passed ? "OK" : recorded_.at(i) ? "NOT_OK" : "IGNORED");
    check.Set("clause", kTexts.at(i).clause);
    check.Set("values",
              outcome.values.is_null() ? base::Json(base::Json::Object{}) : outcome.values);
    if (!passed && recorded_.at(i)) check.Set("subIndication", outcome.sub_indication);
    list.Push(std::move(check));
  }
  return list;
}

std::string_view IndicationName(Indication indication) {
  constexpr std::array<std::string_view, 3> kNames{"TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"};
  return kNames.at(static_cast<std::size_t>(indication));
}

}  // namespace signing
