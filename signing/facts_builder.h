// FactsBuilder: turns what was read from a document, and what is trusted, into the engine's
// facts.
//
// Everything the document brings is looked at: certificates, OCSP responses, CRLs, timestamps.
// Use one for all signatures of a document: it remembers decoded data and checked signatures.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "signing/evidence_record_check.h"
#include "signing/facts.h"
#include "signing/path_builder.h"
#include "signing/revocation.h"
#include "signing/trust_snapshot.h"
#include "signing/verify_report.h"
#include "signing/xml_signature.h"

namespace signing {

class FactsBuilder {
 public:
  // Borrows the snapshot and the means.
  FactsBuilder(const TrustSnapshot& trust, base::Time at, const PathMeans& means = {});

  // What holds of all signatures of the document.
  void SetContainer(facts::Container container) { container_ = std::move(container); }
  // Of the document: it remembers what it has checked.
  PathBuilder& paths() { return paths_; }

  // Facts of this signature and of its counter-signatures, each behind the one it stands in.
  // Time-marks are among them: whether they prove anything is not a fact.
  facts::Document Build(const SignatureFacts& signature);

  // The signers' paths of the last Build(), for qualification: one for each signature of its
  // facts, nullopt where no signer is known.
  const std::vector<std::optional<CertificatePath>>& signer_paths() const { return signer_paths_; }

  // Adds evidence records that cover all of `document`: the facts of Build(), or none.
  void AddRecords(const std::vector<const EvidenceRecordFacts*>& records,
                  facts::Document& document);

 private:
  struct Material;  // Of the signature at hand and those in it.
  // What a path is built for, and as of when.
  struct PathUse {
    PathPurpose purpose;
    base::Time time;
  };

  // What the signature and its counter-signatures bring; `place` as in Material.
  void Collect(const SignatureFacts& signature, std::size_t place, Material& material);
  void AddSignature(const SignatureFacts& signature, const SignatureFacts* parent,
                    std::size_t place, Material& material);

  std::vector<facts::Id> AddPath(const Certificate& leaf, PathPurpose purpose, base::Time time,
                                 Material& material, int depth);
  void AddCertificate(const CertificatePath& path, std::size_t position, PathUse use,
                      Material& material);
  void AddRevocations(const CertificatePath& path, std::size_t position, Material& material,
                      int depth);
  // Who signed it; a spent budget finds nobody. Valid as long as `material`.
  const std::optional<Certificate>& SignerOf(const OcspResponse& response, Material& material);
  bool IsSignedBy(const RevocationList& list, const Certificate& issuer, Material& material);
  void AddOcsp(const OcspResponse& response, std::size_t place, const Certificate& certificate,
               const Certificate& issuer, const CertificatePath& path, Material& material,
               int depth);
  void AddList(const RevocationList& list, std::size_t place, const CertificatePath& path,
               std::size_t position, Material& material);
  // Certificates of OCSP services and those handed in; collected once.
  const std::vector<Certificate>& ListedResponders();
  void AddTimeMarks(const SignatureFacts& signature, facts::Signature& owner, Material& material);
  void AddTimestamps(const SignatureFacts& signature, std::size_t place, facts::Signature& owner,
                     Material& material);
  void AddCoverage(const SignatureFacts& signature, std::size_t place,
                   const facts::Signature& owner, Material& material);

  const TrustSnapshot& trust_;
  base::Time at_;
  WorkBudget* budget_;
  SignatureMemory* memory_;
  PathBuilder paths_;
  std::optional<facts::Container> container_;
  std::vector<std::optional<CertificatePath>> signer_paths_;
  std::optional<std::vector<Certificate>> responders_;
  // By the SHA-256 of their DER; nullopt for what is none.
  std::map<decltype(base::Sha256Digest::bytes), std::optional<RevocationList>> lists_;
};

}  // namespace signing
