#include "api/flow/sign_document.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "api/flow/release_rule.h"
#include "base/c_handle.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using X509Certificate = base::CHandle<X509, X509_free>;

Error Unusable(const char* reason) {
  return {ErrorCode::kInvalidInput, reason, "the sealing certificate cannot be used"};
}

}  // namespace

base::Status RequireOwnKey(const Caller& caller, const hsm::KeyLabel& key) {
  if (std::ranges::find(caller.keys, key.text) != caller.keys.end()) return base::Ok();
  return Error{ErrorCode::kDenied, "key.not-yours", caller.name + " may not use key " + key.text};
}

// RFC 5280, 4.1.2.5 and 4.2.1.3: a seal is made with digitalSignature or contentCommitment.
base::Status RequireUsable(base::ByteSpan certificate, base::Time now) {
  const unsigned char* at = certificate.data();
  const X509Certificate x509{d2i_X509(nullptr, &at, static_cast<long>(certificate.size()))};
  ERR_clear_error();
  if (!x509) return Unusable("certificate.malformed");
  std::time_t when = std::chrono::system_clock::to_time_t(now);
  if (X509_cmp_time(X509_get0_notAfter(x509.get()), &when) <= 0)
    return Unusable("certificate.expired");
  if (X509_cmp_time(X509_get0_notBefore(x509.get()), &when) > 0)
    return Unusable("certificate.not-yet-valid");
  const std::uint32_t usage = X509_get_key_usage(x509.get());
  if ((usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0 || X509_check_ca(x509.get()) == 1)
    return Unusable("certificate.wrong-purpose");
  return base::Ok();
}

// EN 319 132-1, 6.3: what is needed to validate it later, offline, has to be had at all.
base::Status RequireLasting(EvidenceDesk& desk, const hsm::SealingCertificate& certificate,
                            SignatureLevel level, base::Time now) {
  if (level < SignatureLevel::kLT) return base::Ok();
  if (certificate.chain.empty())
    return Error{ErrorCode::kNotFound, "key.without-issuer",
                 "level LT needs the issuer of the sealing certificate in the token"};
  // What stands in the signature is asked for again, later than its time-stamp.
  const auto status =
      desk.Status(certificate.der, certificate.chain.front(), now - EvidenceDesk::kFresh);
  if (status.ok() || status.error().reason == "ocsp.revoked")
    return status.ok() ? base::Ok() : base::Status(status.error());
  const auto crl = desk.Crl(certificate.der, certificate.chain.front(), base::Time{});
  if (crl.ok()) return base::Ok();
  return crl.error().reason == "crl.revoked" ? crl.error() : status.error();
}

base::Result<SignedDocument> SignDocument::Run(const Caller& caller, const SealOrder& order,
                                               const DocumentsToSeal& input) {
  RETURN_IF_ERROR(RequireOwnKey(caller, order.key));
  if (order.level == SignatureLevel::kLTA && input.document.empty())
    return Error{ErrorCode::kInvalidInput, "sign.needs-documents",
                 "an archive time-stamp covers the documents themselves"};
  const base::Time now = clock_.Now();
  const signing::SigningOrder signing_order{.form = order.form,
                                            .document = input.document,
                                            .digests = input.digests,
                                            .media_type = input.media_type,
                                            .countersigned = order.countersigned,
                                            .claims = order.claims,
                                            .now = now};
  ASSIGN_OR_RETURN(const hsm::SealingCertificate certificate,
                   signer_.Certificate(order.key, caller.agency));
  RETURN_IF_ERROR(RequireUsable(certificate.der, now));
  ASSIGN_OR_RETURN(const signing::SigningPlace place, inspector_.FindSigningPlace(signing_order));
  RETURN_IF_ERROR(RequireLasting(desk_, certificate, order.level, now));

  ASSIGN_OR_RETURN(const signing::PreparedSignature prepared,
                   signing::PrepareSignature({.id = place.signature.id,
                                              .signing_time = now,
                                              .documents = place.documents,
                                              .certificate = certificate.der,
                                              .claims = order.claims}));
  ASSIGN_OR_RETURN(const hsm::Seal seal,
                   signer_.SealReferences({.key = order.key,
                                           .references = prepared.references,
                                           .algorithm = order.algorithm,
                                           .mandate = {.agency = caller.agency,
                                                       .level = std::string(LevelToBe(order)),
                                                       .approval = order.approval,
                                                       .group = 0,
                                                       .items = {ItemDigestOf(place.documents)}}}));
  const bool envelops = order.form == signing::SignatureForm::kEnveloping;
  const std::string xml =
      signing::WriteFor(order.form, {prepared, seal, envelops ? input.document : base::ByteSpan()});
  // Without a document the signature is the whole result: nothing from outside is opened.
  base::Bytes result = base::ToBytes(xml);
  if (!input.document.empty()) {
    ASSIGN_OR_RETURN(result, inspector_.PutSignature(signing_order, place.signature, xml));
  }
  if (order.level != SignatureLevel::kB) {
    ASSIGN_OR_RETURN(result, extend_.Lengthen({.document = result,
                                               .target = place.signature,
                                               .level = order.level,
                                               .issuers = certificate.chain}));
  }

  // A fresh process looks at it, with no memory of how it was made.
  ASSIGN_OR_RETURN(const base::Json report, inspector_.Verify(result, {.name = "to-be-released",
                                                                       .at = clock_.Now(),
                                                                       .digests = input.digests}));
  RETURN_IF_ERROR(RequireReleasable(report, {.format = FormatName(order.level),
                                             .signature = place.signature,
                                             .certificate = base::Sha256(certificate.der),
                                             .signature_value = base::Sha256(seal.value),
                                             .documents = place.documents,
                                             .findings = place.findings}));
  return SignedDocument{
      .bytes = std::move(result), .signature = place.signature, .issuers = certificate.chain};
}

}  // namespace api
