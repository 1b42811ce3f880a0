#include "api/flow/sign_document.h"

#include <algorithm>

#include "api/flow/release_rule.h"
#include "base/random.h"
#include "signing/evidence.h"
#include "signing/xades_writer.h"

namespace api {
namespace {

constexpr std::size_t kOcspNonceSize = 32;  // RFC 9654, 2.1.

std::string_view FormatName(SignatureLevel level) {
  switch (level) {
    case SignatureLevel::kB: return "XAdES-BASELINE-B";
    case SignatureLevel::kT: return "XAdES-BASELINE-T";
    case SignatureLevel::kLT: return "XAdES-BASELINE-LT";
  }
  return "";
}

// Eight bytes that are a positive INTEGER of exactly that length.
base::Bytes NewNonce() {
  base::Bytes nonce = base::RandomBytes(8);
  nonce[0] = static_cast<std::uint8_t>((nonce[0] & 0x3FU) | 0x40U);
  return nonce;
}

void AddOnce(const std::vector<base::Bytes>& from, std::vector<base::Bytes>& to) {
  for (const base::Bytes& item : from) {
    if (std::ranges::find(to, item) == to.end()) to.push_back(item);
  }
}

}  // namespace

base::Status RequireOwnKey(const Caller& caller, const hsm::KeyLabel& key) {
  if (std::ranges::find(caller.keys, key.text) != caller.keys.end()) return base::Ok();
  return base::Error{base::ErrorCode::kDenied, "key.not-yours",
                     caller.name + " may not use key " + key.text};
}

base::Result<base::Bytes> SignDocument::Run(const Caller& caller, const SealOrder& order,
                                            const DocumentsToSeal& input) {
  RETURN_IF_ERROR(RequireOwnKey(caller, order.key));
  std::vector<signing::DocumentDigest> documents = input.documents;
  if (documents.empty()) {
    ASSIGN_OR_RETURN(documents, inspector_.ListDocuments(input.container));
  }
  ASSIGN_OR_RETURN(const hsm::SealingCertificate certificate, signer_.Certificate(order.key));

  const base::Time now = clock_.Now();
  ASSIGN_OR_RETURN(
      const signing::PreparedSignature prepared,
      signing::PrepareSignature(
          {.signing_time = now, .documents = documents, .certificate = certificate.der}));
  ASSIGN_OR_RETURN(const hsm::Seal seal, signer_.SealReferences({.key = order.key,
                                                                 .references = prepared.references,
                                                                 .algorithm = order.algorithm}));
  ASSIGN_OR_RETURN(const signing::Evidence evidence,
                   Prove(prepared, seal, order.level, certificate));
  ASSIGN_OR_RETURN(base::Bytes container,
                   inspector_.AddSignature(input.container,
                                           signing::WriteSignature(prepared, seal, evidence), now));

  // A fresh process looks at it, with no memory of how it was made.
  ASSIGN_OR_RETURN(const base::Json report,
                   inspector_.Verify(container, {.name = "release.edoc", .at = clock_.Now()}));
  RETURN_IF_ERROR(RequireReleasable(report, {.format = std::string(FormatName(order.level)),
                                             .certificate = base::Sha256(certificate.der),
                                             .signature_value = base::Sha256(seal.value),
                                             .documents = documents,
                                             .has_timestamp = order.level != SignatureLevel::kB}));
  return container;
}

base::Result<signing::Evidence> SignDocument::Prove(const signing::PreparedSignature& prepared,
                                                    const hsm::Seal& seal, SignatureLevel level,
                                                    const hsm::SealingCertificate& certificate) {
  signing::Evidence evidence;
  if (level == SignatureLevel::kB) return evidence;
  ASSIGN_OR_RETURN(const signing::TimestampAnswer timestamp,
                   Timestamp(signing::TimestampImprint(prepared, seal)));
  evidence.timestamp_token = timestamp.token;
  if (level == SignatureLevel::kT) return evidence;

  // EN 319 132-1, 6.3: what is needed to validate signer and TSA later, offline. The
  // status is asked after the timestamp, so that it covers the proven time.
  if (certificate.chain.empty())
    return base::Error{base::ErrorCode::kNotFound, "key.without-issuer",
                       "level LT needs the issuer of the sealing certificate in the token"};
  ASSIGN_OR_RETURN(const signing::OcspAnswer status,
                   AskStatus(certificate.der, certificate.chain.front(), timestamp.time));
  evidence.ocsp_responses.push_back(status.response);
  AddOnce(certificate.chain, evidence.certificates);
  AddOnce(timestamp.certificates, evidence.certificates);
  AddOnce(status.certificates, evidence.certificates);
  AddTsaStatus(timestamp, evidence);
  return evidence;
}

// The TSA's own status, when the responder that we have can say it: one of the certificates
// at hand issued the TSA's, and only with that one is there an answer. A TSA of another
// provider goes without, until each provider's responder can be configured.
void SignDocument::AddTsaStatus(const signing::TimestampAnswer& timestamp,
                                signing::Evidence& evidence) {
  const std::vector<base::Bytes> candidates = evidence.certificates;  // It grows below.
  for (const base::Bytes& issuer : candidates) {
    if (issuer == timestamp.certificates.front()) continue;
    const auto status = AskStatus(timestamp.certificates.front(), issuer, timestamp.time);
    if (!status.ok()) continue;
    evidence.ocsp_responses.push_back(status.value().response);
    AddOnce(status.value().certificates, evidence.certificates);
    return;
  }
}

base::Result<signing::TimestampAnswer> SignDocument::Timestamp(const base::Sha256Digest& imprint) {
  const base::Bytes nonce = NewNonce();
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post("tsa", "application/timestamp-query",
                                  signing::BuildTimestampRequest(imprint, nonce)));
  ASSIGN_OR_RETURN(signing::TimestampAnswer answer,
                   inspector_.ReadTimestampResponse(response, imprint, nonce));
  const std::string tsa = answer.certificates.empty()
                              ? ""
                              : base::HexEncode(base::Sha256(answer.certificates.front()).bytes);
  if (std::ranges::find(trust_.tsa_certificates, tsa) == trust_.tsa_certificates.end())
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.other-tsa",
                       "TSA certificate " + tsa + " is not configured"};
  const base::Time now = clock_.Now();
  if (answer.time > now + trust_.skew || answer.time + trust_.skew < now)
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.wrong-time",
                       "genTime " + base::FormatTime(answer.time)};
  return answer;
}

base::Result<signing::OcspAnswer> SignDocument::AskStatus(base::ByteSpan certificate,
                                                          base::ByteSpan issuer,
                                                          base::Time proven) {
  const base::Bytes nonce = base::RandomBytes(kOcspNonceSize);
  ASSIGN_OR_RETURN(const base::Bytes request,
                   signing::BuildOcspRequest(certificate, issuer, nonce));
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post("ocsp", "application/ocsp-request", request));
  return inspector_.ReadOcspResponse(response, {.certificate = certificate,
                                                .issuer = issuer,
                                                .nonce = nonce,
                                                .proven = proven,
                                                .now = clock_.Now()});
}

}  // namespace api
