// RunKeeper: keeps, while a document is verified, what its facts and its evidence are made of.
#pragma once

#include "signing/container.h"
#include "signing/signature_judge.h"
#include "signing/verify_run.h"

namespace signing {

class RunKeeper {
 public:
  void KeepRecord(const EvidenceRecordFacts& record);
  void KeepSignature(const SignatureFacts& signature, const facts::Document& found,
                     const TrustSnapshot& trust);
  // Digests of the files in the container; fails as reading them does. What a reference has
  // digested is not read again.
  base::Status KeepFiles(AsicContainer& container);
  void KeepDetached(const VerifyRequest& request);

  // Everything of the run but its report. `status`: of the verification.
  VerifyRun Finish(const VerifyRequest& request, std::string_view container,
                   const base::Status& status, const TrustSnapshot& trust) &&;

 private:
  DocumentFacts facts_;
  FoundEvidence evidence_;
};

}  // namespace signing
