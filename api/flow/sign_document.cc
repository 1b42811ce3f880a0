#include "api/flow/sign_document.h"

#include <algorithm>

#include "base/random.h"
#include "signing/evidence.h"
#include "signing/xades_writer.h"

namespace api {
namespace {

std::string_view FormatName(SignatureLevel level) {
  switch (level) {
    case SignatureLevel::kB: return "XAdES-BASELINE-B";
    case SignatureLevel::kT: return "XAdES-BASELINE-T";
    case SignatureLevel::kLT: return "XAdES-BASELINE-LT";
  }
  return "";
}

base::Error NotReleased(const std::string& why) {
  return {base::ErrorCode::kInternal, "release.refused", why};
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

base::Result<base::Bytes> SignDocument::Run(const Caller& caller, const SealOrder& order,
                                            base::ByteSpan container) {
  if (std::ranges::find(caller.keys, order.key.text) == caller.keys.end())
    return base::Error{base::ErrorCode::kDenied, "key.not-yours",
                       caller.name + " may not use key " + order.key.text};
  ASSIGN_OR_RETURN(const auto documents, inspector_.ListDocuments(container));
  ASSIGN_OR_RETURN(const hsm::SealingCertificate certificate, signer_.Certificate(order.key));

  const base::Time now = clock_.Now();
  ASSIGN_OR_RETURN(
      const signing::PreparedSignature prepared,
      signing::PrepareSignature(
          {.signing_time = now, .documents = documents, .certificate = certificate.der}));
  ASSIGN_OR_RETURN(const hsm::Seal seal,
                   signer_.SealReferences({.key = order.key, .references = prepared.references}));
  ASSIGN_OR_RETURN(const signing::Evidence evidence,
                   Prove(prepared, seal, order.level, certificate));

  ASSIGN_OR_RETURN(
      base::Bytes signed_container,
      inspector_.AddSignature(container, signing::WriteSignature(prepared, seal, evidence), now));
  RETURN_IF_ERROR(RequireReleasable(signed_container, order.level, certificate));
  return signed_container;
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
                   AskStatus(certificate.der, certificate.chain.front()));
  evidence.ocsp_responses.push_back(status.response);
  AddOnce(certificate.chain, evidence.certificates);
  AddOnce(timestamp.certificates, evidence.certificates);
  AddOnce(status.certificates, evidence.certificates);
  return evidence;
}

base::Result<signing::TimestampAnswer> SignDocument::Timestamp(const base::Sha256Digest& imprint) {
  const base::Bytes nonce = NewNonce();
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post("tsa", "application/timestamp-query",
                                  signing::BuildTimestampRequest(imprint, nonce)));
  return inspector_.ReadTimestampResponse(response, imprint, nonce);
}

base::Result<signing::OcspAnswer> SignDocument::AskStatus(base::ByteSpan certificate,
                                                          base::ByteSpan issuer) {
  ASSIGN_OR_RETURN(const base::Bytes request, signing::BuildOcspRequest(certificate, issuer));
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post("ocsp", "application/ocsp-request", request));
  return inspector_.ReadOcspResponse(response, certificate, issuer, clock_.Now());
}

// DESIGN, 4, release rule: intact, made by the right certificate, at the level asked, and
// nothing TOTAL-FAILED. A fresh process looks at it, with no memory of how it was made.
base::Status SignDocument::RequireReleasable(base::ByteSpan container, SignatureLevel level,
                                             const hsm::SealingCertificate& certificate) {
  ASSIGN_OR_RETURN(const base::Json report,
                   inspector_.Verify(container, {.name = "release.edoc", .at = clock_.Now()}));
  const base::Json* signatures = report.Find("signatures");
  if (signatures == nullptr || signatures->AsArray() == nullptr ||
      signatures->AsArray()->size() != 1)
    return NotReleased("not exactly one signature: " + report.Text("verdict").value_or("none"));
  const base::Json& signature = signatures->AsArray()->front();
  const base::Json* intact = signature.Find("intact");
  if (intact == nullptr || intact->AsBool() == nullptr || !*intact->AsBool())
    return NotReleased("not intact");
  if (signature.Text("indication").value_or("TOTAL-FAILED") == "TOTAL-FAILED" ||
      report.Text("verdict").value_or("invalid") == "invalid")
    return NotReleased("failed: " + signature.Text("subIndication").value_or(""));
  if (signature.Text("format") != FormatName(level))
    return NotReleased("level is " + signature.Text("format").value_or("unknown"));
  const base::Json* signer = signature.Find("signer");
  const std::string expected = base::HexEncode(base::Sha256(certificate.der).bytes);
  if (signer == nullptr || signer->Text("certificateSha256") != expected)
    return NotReleased("signed by another certificate");
  return base::Ok();
}

}  // namespace api
