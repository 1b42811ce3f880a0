// TrustInputs: what the files handed in as trust are: lists, certificates, or neither.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "signing/certificate.h"
#include "signing/certificate_store.h"
#include "signing/finding.h"
#include "signing/trust_list.h"
#include "signing/verifier.h"

namespace signing {

// A file that looks like a trusted list; not yet parsed.
struct TrustListFile {
  std::string name;
  base::ByteSpan bytes;  // Borrowed from the input.
  base::Sha256Digest digest;
  // What its first bytes seem to say: enough to order files, never to believe them.
  TrustListHeader glance;
};

struct TrustInputs {
  std::vector<TrustListFile> lists;         // Without repetitions.
  std::vector<Certificate> certificates;    // Without repetitions.
  std::vector<base::Sha256Digest> digests;  // Of all of these, sorted.
};

// Files that are neither are skipped with a finding "trust.skipped". The order of `inputs` does
// not matter: all is in that of their digests.
TrustInputs SortTrustInputs(const std::vector<NamedBytes>& inputs, CertificateStore& store,
                            Findings& findings);

}  // namespace signing
