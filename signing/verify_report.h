// VerifyReport: the outcome of each check of one signature, and what follows from them.
//
// Fails closed: a check that nobody recorded is indeterminate, so forgetting one can never
// turn into "valid". Nobody sets the indication by hand.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace signing {

// In the order in which EN 319 102-1 (5.3) makes them: the first that fails decides.
enum class Check {
  kFormat,              // 5.2.2
  kSigningCertificate,  // 5.2.3
  kDataFound,           // 5.2.7, step 1
  kDataIntact,          // 5.2.7, step 2
  kSignatureValue,      // 5.2.7, step 3
  kSignedProperties,    // 5.2.8
  kCertificatePath,     // 5.2.6
};
inline constexpr std::size_t kCheckCount = 7;

enum class Indication { kPassed, kIndeterminate, kFailed };

struct CheckOutcome {
  Indication indication = Indication::kIndeterminate;
  std::string_view sub_indication;  // Empty when passed.
  base::Json values;                // What was found, for the auditor.
};

class VerifyReport {
 public:
  VerifyReport();

  // The first bad outcome of a check stands; a later good one does not mend it.
  void Pass(Check check);
  void Record(Check check, Indication indication, std::string_view sub_indication,
              base::Json values);

  const CheckOutcome& outcome(Check check) const;
  bool passed(Check check) const { return outcome(check).indication == Indication::kPassed; }

  // Of the first check that did not pass, in order; kPassed when all did. With one exception:
  // data that is missing does not hide a digest or a value that is proven wrong.
  const CheckOutcome& Conclusion() const;

  // [{"id","status","clause","values"}], all checks in order.
  base::Json ToJson() const;

 private:
  std::array<CheckOutcome, kCheckCount> outcomes_;
  std::array<bool, kCheckCount> recorded_{};
};

std::string_view IndicationName(Indication indication);  // "TOTAL-PASSED", ...

}  // namespace signing
