// SignatureJudge: the verdict on one signature that was read: structure, engine, qualification.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "signing/engine.h"
#include "signing/facts_builder.h"
#include "signing/policy.h"
#include "signing/trust_snapshot.h"
#include "signing/verify_report.h"
#include "signing/xml_signature.h"

namespace signing {

struct Judgement {
  // What all that follows rests on; with those of counter-signatures, which have none themselves.
  facts::Document facts;
  VerifyReport report;       // Its conclusion is the verdict; the engine's is one of its checks.
  SignatureVerdict verdict;  // Of the engine.
  std::string_view qualification;
  // One for each of SignatureFacts::timestamps.
  std::vector<std::string_view> timestamp_qualifications;
  std::vector<bool> timestamp_trusted;  // Its own validation passed, now or with proofs.
  // At genTime alone, which is what policies ask for: a status lost later is shown above and takes
  // no signature down.
  std::vector<std::string_view> timestamp_qualified_then;
  std::vector<base::Time> timestamp_proven_by;  // TimestampVerdict::proven_by
  std::vector<Judgement> counter_signatures;    // One for each of SignatureFacts'.
};

// Borrows all for its life. One for a document; not thread-safe.
class SignatureJudge {
 public:
  SignatureJudge(const TrustSnapshot& trust, const Policy& policy, base::Time at,
                 const PathMeans& means = {});

  const TrustSnapshot& trust() const { return trust_; }

  // What holds of all signatures of the document.
  void SetContainer(facts::Container container) { builder_.SetContainer(std::move(container)); }

  // `records` are evidence records that cover all of it.
  Judgement Judge(const SignatureFacts& signature,
                  const std::vector<const EvidenceRecordFacts*>& records = {});

 private:
  // Of the signature that stands at `number` in the facts; moves it behind what it took.
  Judgement Assemble(const SignatureFacts& signature, const facts::Document& document,
                     Verdicts& verdicts, std::size_t& number);
  void Qualify(const SignatureFacts& signature, std::size_t number, Judgement& judgement);
  std::string_view QualificationProblem(const SignatureFacts& signature,
                                        const Judgement& judgement) const;

  const TrustSnapshot& trust_;
  const Policy& policy_;
  base::Time at_;
  FactsBuilder builder_;
};

}  // namespace signing
