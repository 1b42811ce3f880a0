// DocumentFacts: "edocvault.facts/1", all that was found in one document before anybody judged it.
//
// No policy, no verdict, no sentence in any language (docs/formats/facts.md). A function of the
// document and what lies beside it, the trust and the time; file names of these are not in it.
#pragma once

#include <string>

#include "base/digest.h"
#include "base/json.h"
#include "signing/evidence_record_check.h"
#include "signing/facts.h"
#include "signing/trust_snapshot.h"
#include "signing/verifier.h"
#include "signing/xml_signature.h"

namespace signing {

class DocumentFacts {
 public:
  void SetContainer(std::string_view name) { container_ = name; }
  // `role`: "data", "signature" or "evidence-record" in a container; "detached" or, known by its
  // digest alone, "detached-digest" beside it.
  void AddFile(std::string_view role, const std::string& name, const base::Sha256Digest& digest);
  // `found` are the engine's facts about it and its counter-signatures.
  void AddSignature(const SignatureFacts& signature, const facts::Document& found);
  void AddRecord(const EvidenceRecordFacts& record);
  // The document was not looked at to the end; what had been found counts for nothing.
  void Refuse(const base::Error& error);

  base::Json ToJson(const VerifyRequest& request, const TrustSnapshot& trust) const;

 private:
  std::string container_;
  base::Json::Array files_;
  base::Json::Array signatures_;
  base::Json::Array records_;
  base::Json refusal_;
};

}  // namespace signing
