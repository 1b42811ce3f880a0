// What trust material says, as JSON: for those who store it, compare it and watch its age.
//
// Opens untrusted bytes: call it inside hardening's walls only, after PrepareVerifier().
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "signing/verifier.h"

namespace signing {

// {"snapshot": the id that reports give,
//  "members":  [{"sha256","name","kind": "list" or "certificate"}], by digest, without repetitions,
//  "lists":    [{"territory","listOfLists","sha256","sequence","issued","nextUpdate" or null,
//                "signer": {"subject","sha256"}}], those in use at the time `at`,
//  "certificates": [{"subject","sha256","anchor": whether it is trusted as it is, or for lists}],
//  "services": [{"territory","provider","name","type","identity","status","since"}], as now listed,
//  "findings": [{"code","detail"}]}
// Never fails: a list that does not verify is a finding, as in TrustSnapshot::Read().
base::Json DescribeTrust(const std::vector<NamedBytes>& files, base::Time at);

}  // namespace signing
