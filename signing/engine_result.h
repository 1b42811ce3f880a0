// What the verdict engine records: checks, failures, and the conclusion that follows.
//
// Nobody sets a conclusion by hand. A block states at the start which checks it will make; it
// has passed only when each of them was recorded and none failed, so a check that is
// forgotten is INDETERMINATE.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "signing/policy.h"
#include "signing/verify_report.h"

namespace signing {

// EN 319 102-1, tables 5 and 6.
enum class SubIndication {
  kNone,
  kFormatFailure,
  kHashFailure,
  kSigCryptoFailure,
  kRevoked,
  kExpired,
  kNotYetValid,
  kSigConstraintsFailure,
  kChainConstraintsFailure,
  kCertificateChainGeneralFailure,
  kCryptoConstraintsFailure,
  kCryptoConstraintsFailureNoPoe,
  kPolicyProcessingError,
  kSignaturePolicyNotAvailable,
  kTimestampOrderFailure,
  kNoSigningCertificateFound,
  kNoCertificateChainFound,
  kNoCertificateChainFoundNoPoe,
  kRevokedNoPoe,
  kRevokedCaNoPoe,
  kOutOfBoundsNotRevoked,
  kOutOfBoundsNoPoe,
  kRevocationOutOfBoundsNoPoe,
  kNoPoe,
  kTryLater,
  kSignedDataNotFound,
};

std::string_view NameOfSubIndication(SubIndication sub);  // "HASH_FAILURE"; kNone: empty.
// The main indication that EN 319 102-1 gives each sub-indication.
Indication IndicationOf(SubIndication sub);

struct Conclusion {
  Indication indication = Indication::kIndeterminate;
  SubIndication sub = SubIndication::kNone;

  bool passed() const { return indication == Indication::kPassed; }
  friend bool operator==(const Conclusion&, const Conclusion&) = default;
};

// A check of level FAIL that did not hold.
struct Failure {
  SubIndication sub = SubIndication::kNone;
  Rule rule = Rule::kFormat;
  std::string object;  // Id of what failed.
  // The failure vanishes if the object existed at or before this moment: the last second of
  // the certificate, the last before its revocation, the last of the algorithm. nullopt: no
  // proof of existence helps.
  std::optional<base::Time> until;
  std::optional<base::Time> from;  // And, for a certificate, not before this one.
};

enum class CheckStatus { kOk, kInform, kWarn, kFailed, kIgnored, kNotMade };

struct CheckRecord {
  std::string block;  // "CV", "XCV", ...
  Rule rule = Rule::kFormat;
  std::string object;
  CheckStatus status = CheckStatus::kNotMade;
  SubIndication sub = SubIndication::kNone;
  base::Json values;
};

std::string_view NameOfStatus(CheckStatus status);
// The clause of the standard that asks for the check; empty when only the policy does.
std::string_view ClauseOf(std::string_view block, Rule rule);

// The checks of one building block on one object.
class Block {
 public:
  Block(std::string name, std::string object, std::vector<Rule> expected);

  // Records a check. False when it failed and its level is FAIL.
  bool Check(Rule rule, Level level, bool holds, Failure failure, base::Json values = {});
  // The same for a failure that no proof of existence mends.
  bool Check(Rule rule, Level level, bool holds, SubIndication sub, base::Json values = {});
  // Checks of parts (another block) count as checks of this one.
  void Absorb(Block part);
  // The rest of the expected checks cannot be made; they stay "not made".
  void Stop() { stopped_ = true; }

  const std::vector<CheckRecord>& records() const { return records_; }
  const std::vector<Failure>& failures() const { return failures_; }
  Conclusion conclusion() const;

  // With those of the checks that were expected and never made, as such.
  std::vector<CheckRecord> AllRecords() &&;

 private:
  std::vector<Rule> Missing() const;

  std::string name_;
  std::string object_;
  std::vector<Rule> expected_;
  std::vector<CheckRecord> records_;
  std::vector<Failure> failures_;
  bool stopped_ = false;
  bool part_open_ = false;  // An absorbed block is without conclusion.
};

// The conclusion that failures lead to: the first of them decides, unless one proves the
// signature wrong.
Conclusion ConclusionOf(const std::vector<Failure>& failures);

}  // namespace signing
