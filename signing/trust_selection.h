// Which of the lists handed in are used: signed by whom they must be, and the newest of each
// territory at a given time.
#pragma once

#include <vector>

#include "signing/trust_input.h"

namespace signing {

// A list whose signature was checked and whose signer was allowed to make it.
struct VerifiedList {
  std::string name;
  base::Sha256Digest digest;
  TrustListHeader header;
  Certificate signer;
  std::vector<TrustPointer> pointers;  // Of a list of lists.
  std::vector<TrustService> services;  // Of any other.
};

struct TrustSelection {
  std::vector<VerifiedList> lists;  // At most one of a territory and kind.
  // Whom a verified list of lists names as signer of lists, and who signed one.
  std::vector<Certificate> list_signers;
};

// Rules (TS 119 612, TS 119 615 4.1 to 4.3):
// - A list of lists is verified by a certificate handed in, or by one that the verified edition
//   before it names for itself (the chain of pivots). One that an edition signed with or named,
//   and that a later one does not name, is out of use from there on, handed in or not.
// - Any other list is verified by a certificate handed in that no list of lists has taken out of
//   use, or by one that the list of lists in force names for its territory.
// - Of several editions the newest issued at or before `at` counts; the sequence number
//   decides between equal dates. Lists that are not verified count for nothing.
// - A list past its NextUpdate is used with a finding: the caller's policy decides.
TrustSelection SelectLists(const TrustInputs& inputs, base::Time at, CertificateStore& store,
                           Findings& findings);

}  // namespace signing
