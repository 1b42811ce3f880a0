// The release rule: nothing of ours leaves unless our own verifier agrees with what we meant to
// make.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/extender.h"
#include "signing/xades_writer.h"

namespace api {

struct ExpectedSignature {
  std::string format;  // "XAdES-BASELINE-T"
  signing::SignatureSelector signature;
  base::Sha256Digest certificate;
  base::Sha256Digest signature_value;
  std::vector<signing::DocumentDigest> documents;  // All that it covers, in any order.
  std::vector<std::string> findings;               // Codes that the rehearsal met, sorted.
};

// `report` is signing::Verify()'s. kInternal "release.refused" with the first thing that is
// not as expected; what the report does not say is not as expected.
base::Status RequireReleasable(const base::Json& report, const ExpectedSignature& expected);

// The same for a signature that was extended: `before` is the report on what it was.
base::Status RequireExtended(const base::Json& before, const base::Json& after,
                             const signing::SignatureSelector& target, const std::string& format);

// The one signature of a report that is meant, among counter-signatures too; both members empty:
// the only one. Borrowed. kInvalidInput "extend.no-such-signature" for none or several.
base::Result<const base::Json*> FindSignature(const base::Json& report,
                                              const signing::SignatureSelector& target);

bool IsIntact(const base::Json& signature);

}  // namespace api
