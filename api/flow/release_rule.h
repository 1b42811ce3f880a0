// ReleaseRule: what the verifier's report must say before a container of ours leaves.
//
// DESIGN, 4: intact, made by the right certificate, at the level asked, nothing TOTAL-FAILED;
// and, because whoever assembled the container opened bytes from outside, exactly the
// signature value the token gave over exactly the documents that were handed in.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/xades_writer.h"

namespace api {

struct ExpectedContainer {
  std::string format;  // "XAdES-BASELINE-T"
  base::Sha256Digest certificate;
  base::Sha256Digest signature_value;
  std::vector<signing::DocumentDigest> documents;  // All of them, in any order.
  bool has_timestamp = false;
};

// `report` is signing::Verify()'s. kInternal "release.refused" with the first thing that is
// not as expected; what the report does not say is not as expected.
base::Status RequireReleasable(const base::Json& report, const ExpectedContainer& expected);

}  // namespace api
