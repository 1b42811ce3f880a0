#include "signing/extender.h"

#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "signing/canonical.h"
#include "signing/container.h"
#include "signing/detached_files.h"
#include "signing/limits.h"
#include "signing/signature_locator.h"
#include "signing/timestamp_imprint.h"
#include "signing/trust_snapshot.h"
#include "signing/unsigned_properties.h"
#include "signing/work_budget.h"
#include "signing/xml_names.h"
#include "signing/xml_signature.h"
#include "signing/xml_splice.h"
#include "signing/zip_edit.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxPath = 8;

Error NotExtended(const char* reason, std::string what) {
  return {ErrorCode::kInvalidInput, reason, std::move(what)};
}

// EN 319 132-1, 4.4.2: UnsignedProperties stand in QualifyingProperties, behind SignedProperties.
base::Result<base::Bytes> PutIn(const LocatedSignature& at,
                                const std::vector<std::string>& properties) {
  const auto xades = ReadXades(at.node);
  if (!xades || xades->space != kXades132)
    return NotExtended("extend.other-edition", xades ? xades->space : "no XAdES properties");
  std::string inner;
  for (const std::string& property : properties) inner += property;
  const xmlNode* outer = FindChild(xades->qualifying, kXades132, "UnsignedProperties");
  const xmlNode* list = FindChild(outer, kXades132, "UnsignedSignatureProperties");
  const auto wrap = [&](const char* name) {
    inner = "<xades:" + std::string(name) + " xmlns:xades=\"" + std::string(kXades132) + "\">" +
            inner + "</xades:" + name + ">";
  };
  if (list == nullptr) wrap("UnsignedSignatureProperties");
  if (outer == nullptr) wrap("UnsignedProperties");
  const xmlNode* place = list != nullptr ? list : outer != nullptr ? outer : xades->qualifying;
  const std::string_view text = base::AsText(at.text);
  const auto span = FindElementText(text, *at.document, place);
  if (!span) return NotExtended("extend.malformed", "the place is not found");
  // UnsignedSignatureProperties come before UnsignedDataObjectProperties.
  if (list == nullptr && outer != nullptr && FirstElement(outer) != nullptr)
    return NotExtended("extend.malformed", "properties of data objects alone");
  return base::ToBytes(InsertAtEnd(text, *span, inner));
}

std::optional<Certificate> IssuerOf(const Certificate& certificate,
                                    const std::vector<Certificate>& at_hand,
                                    const PreparedTrust* trust) {
  for (const Certificate& candidate : at_hand)
    if (IsIssuedBy(certificate, candidate) &&
        X509_NAME_cmp(X509_get_issuer_name(certificate.x509()),
                      X509_get_subject_name(candidate.x509())) == 0)
      return candidate;
  if (trust == nullptr) return std::nullopt;
  for (const TrustEntry& entry :
       trust->snapshot().WithSubject(X509_get_issuer_name(certificate.x509())))
    if (IsIssuedBy(certificate, entry.certificate)) return entry.certificate;
  return std::nullopt;
}

bool IsSelfSigned(const Certificate& certificate) {
  return X509_NAME_cmp(X509_get_issuer_name(certificate.x509()),
                       X509_get_subject_name(certificate.x509())) == 0;
}

void AddLinks(Certificate certificate, const std::vector<Certificate>& at_hand,
              const PreparedTrust* trust, std::vector<CertificateLink>& links) {
  for (std::size_t i = 0; i < kMaxPath && !IsSelfSigned(certificate); ++i) {
    const auto issuer = IssuerOf(certificate, at_hand, trust);
    if (!issuer) return;
    const bool known = std::ranges::any_of(
        links, [&](const CertificateLink& link) { return link.certificate == certificate.der(); });
    if (known) return;
    links.push_back({certificate.der(), issuer->der()});
    certificate = *issuer;
  }
}

base::Result<SignatureSurvey> Survey(const SignatureFacts& facts,
                                     const std::vector<base::Bytes>& issuers,
                                     const PreparedTrust* trust) {
  if (!facts.signer || !facts.xades || !facts.value_octets)
    return NotExtended("extend.malformed", "the signer is not known");
  SignatureSurvey survey;
  survey.signature = {facts.file, facts.id};
  survey.certificate = facts.signer->der();
  survey.not_after = facts.signer->NotAfter().value_or(base::Time{});
  survey.value_sha256 = base::Sha256(*facts.value_octets);
  const xmlNode* value = FindChild(facts.node, kDsig, "SignatureValue");
  survey.value_id = value == nullptr ? "" : AttributeOf(value, "Id").value_or("");
  std::vector<Certificate> all = facts.key_info_certificates;
  std::ranges::copy(facts.xades->certificates, std::back_inserter(all));
  std::vector<Certificate> ends{*facts.signer};
  for (const TimestampFact& timestamp : facts.timestamps) {
    if (!timestamp.token) continue;
    if (timestamp.kind == TimestampKind::kSignature && !survey.has_timestamp) {
      survey.has_timestamp = true;
      survey.proven = timestamp.token->time;
    }
    std::ranges::copy(timestamp.token->certificates, std::back_inserter(all));
    if (timestamp.token->signer) ends.push_back(*timestamp.token->signer);
  }
  survey.has_values = facts.xades->has_certificate_values || !facts.revocation.empty();
  std::vector<Certificate> at_hand = all;
  for (const base::Bytes& issuer : issuers)
    if (auto certificate = Certificate::Parse(issuer)) at_hand.push_back(*std::move(certificate));
  for (const Certificate& end : ends) AddLinks(end, at_hand, trust, survey.links);
  for (const Certificate& certificate : all)
    if (std::ranges::find(survey.certificates, certificate.der()) == survey.certificates.end())
      survey.certificates.push_back(certificate.der());
  return survey;
}

base::Result<std::optional<base::Sha256Digest>> NextImprint(const LocatedSignature& at,
                                                            const SignatureFacts& facts,
                                                            SignedFiles& files,
                                                            NextTimestamp next) {
  if (next == NextTimestamp::kNone) return std::optional<base::Sha256Digest>();
  TimestampImprints imprints(*at.document, at.node, *facts.xades, facts.references, files);
  ASSIGN_OR_RETURN(
      const std::optional<base::Bytes> digest,
      imprints.Next(
          next == NextTimestamp::kArchive ? TimestampKind::kArchive : TimestampKind::kSignature,
          *FindDigestByName("SHA256"), *FindCanonicalization(kTimestampForm)));
  if (!digest) return NotExtended("extend.data-missing", "signed data is not here");
  return base::ToSha256Digest(*digest);
}

}  // namespace

base::Result<Extended> Extend(const ExtensionOrder& order, const PreparedTrust* trust) {
  ASSIGN_OR_RETURN(const ByteFormat format, RecognizeBytes(order.document));
  const auto budget = std::make_shared<WorkBudget>(order.document.size());
  std::optional<AsicContainer> container;
  if (format == ByteFormat::kZip) {
    ASSIGN_OR_RETURN(AsicContainer opened, AsicContainer::Open(order.name, order.document, budget));
    container.emplace(std::move(opened));
  }
  const VerifyRequest none{};
  DetachedFiles beside(none);
  SignedFiles& files = container ? static_cast<SignedFiles&>(*container) : beside;

  ASSIGN_OR_RETURN(
      LocatedSignature at,
      LocateSignature(order.document, container ? &*container : nullptr, order.target, budget));
  Extended extended;
  if (order.properties.empty()) {
    extended.document.assign(order.document.begin(), order.document.end());
  } else {
    const std::string id = AttributeOf(at.node, "Id").value_or("");
    ASSIGN_OR_RETURN(const base::Bytes text, PutIn(at, order.properties));
    ASSIGN_OR_RETURN(auto again, LookInFile(at.file, text, {at.file, id}, budget));
    if (!again) return NotExtended("extend.malformed", "the signature is lost");
    at = std::move(*again);
    if (container) {
      ASSIGN_OR_RETURN(extended.document, PutMember(order.document, at.file, text, order.modified));
    } else {
      extended.document = text;
    }
  }
  ASSIGN_OR_RETURN(const SignatureFacts facts,
                   CheckSignature(*at.document, at.node, at.file, files));
  if (!facts.xades || facts.xades->space != kXades132)
    return NotExtended("extend.other-edition", "no XAdES properties of edition 1.3.2");
  ASSIGN_OR_RETURN(extended.survey, Survey(facts, order.issuers, trust));
  ASSIGN_OR_RETURN(extended.imprint, NextImprint(at, facts, files, order.next));
  return extended;
}

}  // namespace signing
