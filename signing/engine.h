// Engine: the verdict of ETSI EN 319 102-1 on the signatures of one document.
//
// A pure function of facts, policy and time: the same bytes on any machine. The processes of
// the standard build on each other: basic signatures (5.3), time-stamps (5.4), signatures with
// time (5.5), archival data (5.6). All three answers are kept; the last one is the verdict.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "signing/engine_result.h"
#include "signing/facts.h"
#include "signing/policy.h"

namespace signing {

// Machine-readable remark that does not change the verdict.
struct Note {
  std::string code;
  base::Json values;
};

struct TimestampVerdict {
  Conclusion basic;     // As of the validation time (5.4).
  Conclusion archival;  // With all proofs of existence (5.6).
  // When it existed by others' word: the oldest token over it that proves, else the time asked
  // about.
  base::Time proven_by{};
  std::vector<CheckRecord> checks;
};

struct SignatureVerdict {
  std::string id;
  Conclusion basic;
  Conclusion with_time;
  Conclusion archival;               // The verdict.
  base::Time best_signature_time{};  // The validation time when nothing proves an earlier one.
  bool time_proven = false;
  std::vector<CheckRecord> checks;
  std::vector<Note> notes;
  std::vector<Note> what_would_change_it;  // Empty when passed.
};

struct Verdicts {
  std::vector<SignatureVerdict> signatures;  // In the order of the facts.
  std::map<std::string, TimestampVerdict> timestamps;
  std::map<std::string, Conclusion> evidence_records;
};

Verdicts JudgeDocument(const facts::Document& document, const Policy& policy, base::Time at);

}  // namespace signing
