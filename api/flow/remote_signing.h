// RemoteSigning: hashes that a signing application made, signed by an agency's remote key.
//
// A remote key signs nothing but hashes, and each of them under an approval by the agency's request
// key: the approval is the Signature Activation Data of EN 419241-1, and the keyholder checks it.
#pragma once

#include <string>
#include <vector>

#include "api/caller.h"
#include "api/flow/record_keys.h"
#include "base/clock.h"
#include "base/result.h"
#include "hsm/seal_rule.h"
#include "hsm/signer.h"
#include "vault/ledger.h"

namespace api {

// What a certificate says, in the words of CSC API v2, 11.5.
struct CertificateFacts {
  std::string subject;  // RFC 4514.
  std::string issuer;
  std::string serial;      // Hexadecimal.
  std::string valid_from;  // "YYYYMMDDhhmmssZ".
  std::string valid_to;
  std::string curve;  // OID; empty for RSA.
  int bits = 0;
  bool in_time = false;  // Not expired, and valid already.
};

// Thread-safe. Borrows its parts; they must outlive it.
class RemoteSigning {
 public:
  RemoteSigning(hsm::Signer& signer, RecordKeys& keys, vault::Ledger& ledger,
                const hsm::SealRules& rules, const base::Clock& clock)
      : signer_(signer), keys_(keys), ledger_(ledger), rules_(rules), clock_(clock) {}

  // Labels of the caller's remote keys.
  std::vector<std::string> List(const Caller& caller) const;

  struct Credential {
    hsm::SealingCertificate certificate;
    CertificateFacts facts;
  };
  // kNotFound "key.unknown", also for another's; otherwise those of hsm::Signer::Certificate().
  base::Result<Credential> Find(const Caller& caller, const std::string& key) const;

  struct Order {
    std::string key;
    std::vector<base::Bytes> hashes;
    std::string approval;
  };
  // Until when the approval permits exactly that. Nothing is signed or used up.
  // Errors: as Find(), and those of hsm::Signer::CheckApproval().
  base::Result<base::Time> Check(const Caller& caller, const Order& order) const;

  // The values, as HashBatch gives them. An entry of the ledger precedes them.
  // Errors: as Find(), those of RequireUsable(), RecordSealing() and hsm::Signer::SignHashes().
  base::Result<std::vector<base::Bytes>> Sign(const Caller& caller, const Order& order,
                                              hsm::SignatureAlgorithm algorithm);

 private:
  base::Status RequireRemoteKey(const Caller& caller, const std::string& key) const;

  hsm::Signer& signer_;
  RecordKeys& keys_;
  vault::Ledger& ledger_;
  const hsm::SealRules& rules_;
  const base::Clock& clock_;
};

}  // namespace api
