// FactsBuilder: turns what was read from a document, and what is trusted, into the engine's
// facts.
//
// Everything the document brings is looked at: certificates, OCSP responses, CRLs, timestamps.
// Use one for all signatures of a document: it remembers decoded data and checked links.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "signing/facts.h"
#include "signing/path_builder.h"
#include "signing/revocation.h"
#include "signing/trust_snapshot.h"
#include "signing/verify_report.h"
#include "signing/xml_signature.h"

namespace signing {

class FactsBuilder {
 public:
  // Borrows the snapshot.
  FactsBuilder(const TrustSnapshot& trust, base::Time at, bool time_marks);

  // Facts of this one signature. `report` holds the checks that were made on its structure.
  facts::Document Build(const SignatureFacts& signature, const VerifyReport& report);

  // The signer's path of the last Build(), for qualification; nullptr without a signer.
  const CertificatePath* signer_path() const { return signer_path_ ? &*signer_path_ : nullptr; }

 private:
  struct Material;  // Of the signature at hand.

  std::vector<facts::Id> AddPath(const Certificate& leaf, PathPurpose purpose, base::Time time,
                                 Material& material, int depth);
  void AddCertificate(const CertificatePath& path, std::size_t position, base::Time time,
                      Material& material);
  void AddRevocations(const CertificatePath& path, std::size_t position, Material& material,
                      int depth);
  void AddOcsp(const OcspResponse& response, const Certificate& certificate,
               const Certificate& issuer, const CertificatePath& path, Material& material,
               int depth);
  void AddList(const RevocationList& list, const CertificatePath& path, std::size_t position,
               Material& material);
  // Certificates of OCSP services and those handed in; collected once.
  const std::vector<Certificate>& ListedResponders();
  void AddTimeMarks(const SignatureFacts& signature, Material& material);
  void AddTimestamps(const SignatureFacts& signature, Material& material);

  const TrustSnapshot& trust_;
  base::Time at_;
  bool time_marks_;
  PathBuilder paths_;
  std::optional<CertificatePath> signer_path_;
  std::optional<std::vector<Certificate>> responders_;
};

}  // namespace signing
