#include "api/flow/extend_signature.h"

#include <algorithm>
#include <array>

#include "api/flow/release_rule.h"

namespace api {
namespace {

using signing::NextTimestamp;

base::Error NotExtended(const char* reason, std::string what) {
  return {base::ErrorCode::kInvalidInput, reason, std::move(what)};
}

// What later evidence can no longer change (EN 319 102-1, 5.1.3): without proof of an earlier
// existence, it comes too late.
constexpr std::array<std::string_view, 7> kTooLate{"OUT_OF_BOUNDS_NO_POE",
                                                   "OUT_OF_BOUNDS_NOT_REVOKED",
                                                   "REVOKED_NO_POE",
                                                   "REVOKED_CA_NO_POE",
                                                   "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
                                                   "REVOCATION_OUT_OF_BOUNDS_NO_POE",
                                                   "TIMESTAMP_ORDER_FAILURE"};

void AddOnce(const base::Bytes& item, std::vector<base::Bytes>& to) {
  if (std::ranges::find(to, item) == to.end()) to.push_back(item);
}

}  // namespace

base::Result<signing::Extended> ExtendSignature::Step(const Order& order, base::ByteSpan document,
                                                      std::vector<std::string> properties,
                                                      NextTimestamp next) {
  return inspector_.Extend({.name = "document",
                            .document = document,
                            .target = order.target,
                            .properties = std::move(properties),
                            .next = next,
                            .issuers = order.issuers,
                            .modified = clock_.Now()});
}

// The signer's own status has to be had, unless values stand there already; of the others what
// can be had: a responder answers for its own issuer alone.
base::Result<signing::ValidationData> ExtendSignature::Gather(
    const signing::SignatureSurvey& survey, const std::vector<base::Bytes>& issuers) {
  signing::ValidationData data;
  for (const base::Bytes& issuer : issuers) AddOnce(issuer, data.certificates);
  bool signer_known = survey.has_values;
  for (const signing::CertificateLink& link : survey.links) {
    AddOnce(link.issuer, data.certificates);
    const auto status = desk_.Status(link.certificate, link.issuer, survey.proven);
    const bool of_signer = link.certificate == survey.certificate;
    if (!status.ok() && status.error().reason == "ocsp.revoked") return status.error();
    if (!status.ok()) {
      // A list of a CA covers years of signatures; of a signer it has to be later than this one.
      const auto crl =
          desk_.Crl(link.certificate, link.issuer, of_signer ? survey.proven : base::Time{});
      if (!crl.ok() && crl.error().reason == "crl.revoked") return crl.error();
      if (!crl.ok() && of_signer && !survey.has_values) return status.error();
      if (!crl.ok()) continue;
      signer_known = signer_known || of_signer;
      AddOnce(crl.value(), data.crls);
      continue;
    }
    signer_known = signer_known || of_signer;
    data.ocsp_responses.push_back(status.value().response);
    for (const base::Bytes& certificate : status.value().certificates)
      AddOnce(certificate, data.certificates);
  }
  if (!signer_known)
    return base::Error{base::ErrorCode::kNotFound, "key.without-issuer",
                       "the issuer of the signing certificate is not known"};
  for (const base::Bytes& certificate : survey.certificates)
    AddOnce(certificate, data.certificates);
  return data;
}

base::Result<base::Bytes> ExtendSignature::Lengthen(const Order& order) {
  ASSIGN_OR_RETURN(signing::Extended now,
                   Step(order, order.document, {}, NextTimestamp::kSignature));
  if (!now.survey.has_timestamp) {
    if (clock_.Now() > now.survey.not_after)
      return NotExtended("extend.expired", "the signing certificate has expired");
    ASSIGN_OR_RETURN(const signing::TimestampAnswer stamp, desk_.Timestamp(*now.imprint));
    ASSIGN_OR_RETURN(now,
                     Step(order, order.document, {signing::SignatureTimestampProperty(stamp.token)},
                          NextTimestamp::kNone));
  }
  if (order.level == SignatureLevel::kT) return std::move(now.document);

  ASSIGN_OR_RETURN(const signing::ValidationData data, Gather(now.survey, order.issuers));
  std::vector<std::string> values =
      now.survey.has_values ? std::vector{signing::TimestampValidationDataProperty(data)}
                            : signing::ValidationDataProperties(data);
  const bool archive = order.level == SignatureLevel::kLTA;
  ASSIGN_OR_RETURN(now, Step(order, now.document, std::move(values),
                             archive ? NextTimestamp::kArchive : NextTimestamp::kNone));
  if (!archive) return std::move(now.document);

  ASSIGN_OR_RETURN(const signing::TimestampAnswer stamp, desk_.Timestamp(*now.imprint));
  ASSIGN_OR_RETURN(now, Step(order, now.document, {signing::ArchiveTimestampProperty(stamp.token)},
                             NextTimestamp::kNone));
  return std::move(now.document);
}

base::Result<base::Bytes> ExtendSignature::Run(const Order& order) {
  ASSIGN_OR_RETURN(const base::Json before,
                   inspector_.Verify(order.document, {.name = "document", .at = clock_.Now()}));
  if (before.Text("verdict") == "refused") {
    const base::Json* refusal = before.Find("refusal");
    return NotExtended("extend.broken",
                       refusal == nullptr ? "refused" : refusal->Text("code").value_or(""));
  }
  ASSIGN_OR_RETURN(const base::Json* signature, FindSignature(before, order.target));
  const std::string sub = signature->Text("subIndication").value_or("");
  if (signature->Text("indication") == "TOTAL-FAILED" || !IsIntact(*signature))
    return NotExtended("extend.broken", sub);
  if (std::ranges::find(kTooLate, sub) != kTooLate.end()) return NotExtended("extend.expired", sub);
  const auto level = FindFormat(signature->Text("format").value_or(""));
  if (level && *level >= order.level && order.level != SignatureLevel::kLTA)
    return NotExtended("extend.already", FormatName(*level));

  Order exact = order;
  exact.target = {signature->Text("file").value_or(""), signature->Text("id").value_or("")};
  ASSIGN_OR_RETURN(base::Bytes document, Lengthen(exact));
  ASSIGN_OR_RETURN(const base::Json after,
                   inspector_.Verify(document, {.name = "document", .at = clock_.Now()}));
  RETURN_IF_ERROR(RequireExtended(before, after, exact.target, FormatName(order.level)));
  return document;
}

}  // namespace api
