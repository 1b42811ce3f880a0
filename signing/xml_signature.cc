#include "signing/xml_signature.h"

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include <algorithm>

#include "signing/canonical.h"
#include "signing/der_reader.h"
#include "signing/distinguished_name.h"
#include "signing/profile_schema.h"
#include "signing/timestamp_imprint.h"
#include "signing/xml_names.h"

namespace signing {
namespace {

constexpr int kMaxCounterSignatureDepth = 4;
constexpr std::size_t kMaxCertificates = 200;

// An Id of the signature's own elements that some other element has as well: which of them a
// reader finds is anybody's guess (signature wrapping).
bool HasAmbiguousId(const XmlDocument& document, const xmlNode* signature) {
  auto* node = const_cast<xmlNode*>(signature);
  for (; node != nullptr; node = NextInOrder(node, signature)) {
    if (node->type != XML_ELEMENT_NODE) continue;
    const bool ours = NamespaceOf(node) == kDsig || IsXades(NamespaceOf(node));
    const auto id = ours ? AttributeOf(node, "Id") : std::nullopt;
    if (id && document.FindById(*id).size() > 1) return true;
  }
  return false;
}

const xmlNode* OnlyChild(const xmlNode* signature, std::string_view name,
                         std::vector<std::string>& problems) {
  const auto found = FindChildren(signature, kDsig, name);
  if (found.size() != 1)
    problems.push_back((found.empty() ? "no " : "several ") + std::string(name));
  return found.empty() ? nullptr : found.front();
}

std::vector<Certificate> ReadKeyInfo(const xmlNode* signature) {
  std::vector<Certificate> certificates;
  for (const xmlNode* key_info : FindChildren(signature, kDsig, "KeyInfo"))
    for (const xmlNode* data : FindChildren(key_info, kDsig, "X509Data"))
      for (const xmlNode* node : FindChildren(data, kDsig, "X509Certificate")) {
        const auto der = Base64OfElement(node);
        auto certificate = der ? Certificate::Parse(*der) : std::nullopt;
        if (certificate && certificates.size() < kMaxCertificates)
          certificates.push_back(std::move(*certificate));
      }
  return certificates;
}

bool DigestFits(const CertificateReference& reference, const Certificate& certificate) {
  return reference.algorithm != nullptr && !reference.digest.empty() &&
         base::EqualInConstantTime(HashOf(*reference.algorithm, certificate.der()),
                                   reference.digest);
}

base::Bytes IssuerDer(const Certificate& certificate) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  X509_NAME_get0_der(X509_get_issuer_name(certificate.x509()), &der, &size);
  return {der, der + size};
}

// RFC 5035: IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber INTEGER }, where the
// issuer is one directoryName. Its serial number is compared by value, the name by its DER.
bool IssuerSerialFits(base::ByteSpan der, const Certificate& certificate) {
  const auto sequence = DerReader(der).Take(kDerSequence);
  if (!sequence) return false;
  DerReader fields(*sequence);
  const auto names = fields.Take(kDerSequence);
  const auto serial = fields.Take(kDerInteger);
  const auto name = names ? DerReader(*names).Take(kDerDirectoryName) : std::nullopt;
  if (!name || !serial) return false;
  const ASN1_INTEGER* own = X509_get0_serialNumber(certificate.x509());
  base::Bytes encoded(static_cast<std::size_t>(i2d_ASN1_INTEGER(own, nullptr)));
  unsigned char* at = encoded.data();
  i2d_ASN1_INTEGER(own, &at);
  const auto own_serial = DerReader(encoded).Take(kDerInteger);
  return own_serial && std::ranges::equal(*own_serial, *serial) &&
         std::ranges::equal(*name, IssuerDer(certificate));
}

bool IssuerFits(const CertificateReference& reference, const Certificate& certificate) {
  if (!reference.serial.empty() && reference.serial != certificate.SerialDecimal()) return false;
  if (!reference.issuer.empty() &&
      !NameMeans(reference.issuer, X509_get_issuer_name(certificate.x509())))
    return false;
  return reference.issuer_serial.empty() || IssuerSerialFits(reference.issuer_serial, certificate);
}

// The signer is the certificate that SigningCertificate names and that is present: never one
// that merely fits the value, and never a bare key.
void ChooseSigner(SignatureFacts& facts) {
  if (!facts.xades || facts.xades->signing_certificates.empty()) {
    // Plain XMLDSIG: the value can be checked, but nothing signed says whose it is.
    if (facts.key_info_certificates.size() == 1) facts.signer = facts.key_info_certificates[0];
    return;
  }
  for (const CertificateReference& reference : facts.xades->signing_certificates)
    for (const auto* list : {&facts.key_info_certificates, &facts.xades->certificates})
      for (const Certificate& certificate : *list) {
        if (!DigestFits(reference, certificate)) continue;
        facts.signer = certificate;
        facts.signer_named = true;
        facts.issuer_differs = !IssuerFits(reference, certificate);
        return;
      }
}

base::Status CheckValue(const XmlDocument& document, const xmlNode* signed_info,
                        const xmlNode* value, SignatureFacts& facts) {
  const xmlNode* method = FindChild(signed_info, kDsig, "SignatureMethod");
  const xmlNode* canonicalization = FindChild(signed_info, kDsig, "CanonicalizationMethod");
  if (method == nullptr || canonicalization == nullptr) {
    facts.problems.emplace_back("SignedInfo without its methods");
    return base::Ok();
  }
  facts.method_uri = AttributeOf(method, "Algorithm").value_or("");
  facts.method = FindSignatureAlgorithm(facts.method_uri);
  const auto how = CanonicalizationOfElement(canonicalization);
  const auto bytes = Base64OfElement(value);
  if (facts.method == nullptr || !how) {
    facts.value = ValueState::kUnsupportedAlgorithm;
    return base::Ok();
  }
  if (!bytes) {
    facts.value = ValueState::kMalformed;
    return base::Ok();
  }
  if (!facts.signer) return base::Ok();
  const NodeSet nodes{.document = &document, .apex = signed_info, .comments = how->comments};
  RETURN_IF_ERROR(document.budget()->Spend(kCostOfSignatureValue));
  ASSIGN_OR_RETURN(const base::Bytes data, CanonicalBytes(nodes, *how));
  RETURN_IF_ERROR(document.budget()->SpendOnKeys(facts.signer->CostOfCheck()));
  const ValueOutcome outcome =
      CheckSignatureValue(*facts.method, facts.signer->key(), data, *bytes);
  facts.value = outcome.valid ? ValueState::kValid : ValueState::kInvalid;
  facts.digest_info_null_absent = outcome.digest_info_null_absent;
  return base::Ok();
}

base::Status CheckReferences(const XmlDocument& document, const xmlNode* signed_info,
                             SignedFiles& files, TargetDigests& known, SignatureFacts& facts) {
  const auto nodes = FindChildren(signed_info, kDsig, "Reference");
  if (nodes.empty()) facts.problems.emplace_back("SignedInfo without Reference");
  RETURN_IF_ERROR(CheckLimit(document.budget()->limits(), &Limits::references, nodes.size()));
  for (const xmlNode* node : nodes) {
    ASSIGN_OR_RETURN(Reference reference, CheckReference(document, facts.node, node, files, known));
    facts.references.push_back(std::move(reference));
  }
  return base::Ok();
}

// XMLDSIG 1.1, 5.1: what a Manifest's references cover is for the application to decide; we
// hold them to their digests like the others.
base::Status CheckManifests(const XmlDocument& document, SignedFiles& files, TargetDigests& known,
                            SignatureFacts& facts) {
  for (const Reference& reference : facts.references) {
    const xmlNode* manifest = reference.covered.element;
    if (!IsElement(manifest, kDsig, "Manifest")) continue;
    for (const xmlNode* node : FindChildren(manifest, kDsig, "Reference")) {
      RETURN_IF_ERROR(CheckLimit(document.budget()->limits(), &Limits::references,
                                 facts.manifest_references.size() + 1));
      ASSIGN_OR_RETURN(Reference entry, CheckReference(document, facts.node, node, files, known));
      facts.manifest_references.push_back(std::move(entry));
    }
  }
  return base::Ok();
}

base::Status CheckTimestamps(const XmlDocument& document, SignedFiles& files,
                             SignatureMemory* memory, SignatureFacts& facts) {
  TimestampImprints imprints(document, facts.node, *facts.xades, facts.references, files);
  for (const TimestampElement& element : facts.xades->timestamps) {
    if (element.tokens.empty())
      facts.timestamps.push_back({element.kind, {}, {}, element.position});
    for (const base::Bytes& der : element.tokens) {
      TimestampFact fact{element.kind, {}, {}, element.position, base::Sha256(der)};
      RETURN_IF_ERROR(document.budget()->SpendOnKeys(kCostOfToken));
      auto token = ParseTimestampToken(der, facts.xades->certificates, memory);
      if (token.ok()) {
        fact.token = std::move(token).value();
        if (fact.token->signer)
          RETURN_IF_ERROR(document.budget()->SpendOnKeys(fact.token->signer->CostOfCheck()));
        ASSIGN_OR_RETURN(fact.imprint_ok, imprints.Check(element, *fact.token));
      }
      facts.timestamps.push_back(std::move(fact));
    }
  }
  return base::Ok();
}

base::Status DescribeRevocation(const XmlDocument& document, SignatureFacts& facts) {
  for (const EmbeddedData& data : facts.xades->ocsp) {
    RETURN_IF_ERROR(document.budget()->SpendOnKeys(kCostOfResponse));
    facts.revocation.push_back(DescribeOcsp(data.der));
  }
  for (const EmbeddedData& data : facts.xades->crls)
    facts.revocation.push_back(DescribeCrl(data.der));
  return base::Ok();
}

// What all signatures of a document have in common.
struct Means {
  const XmlDocument& document;
  const std::string& file;
  SignedFiles& files;
  SignatureMemory* memory;
};

base::Result<SignatureFacts> Check(const Means& means, const xmlNode* signature, int depth);

// EN 319 132-1, 5.2.7.2: a counter-signature's reference covers the ds:SignatureValue of the
// signature it stands in; one that was moved there from elsewhere does not.
base::Status CheckCounterSignatures(const Means& means, const xmlNode* value, int depth,
                                    SignatureFacts& facts) {
  if (depth >= kMaxCounterSignatureDepth) return base::Ok();
  for (const auto& [node, position] : facts.xades->counter_signatures) {
    ASSIGN_OR_RETURN(SignatureFacts counter, Check(means, node, depth + 1));
    counter.position = position;
    counter.covers_parent =
        std::ranges::any_of(counter.references, [&](const Reference& reference) {
          return reference.outcome == ReferenceOutcome::kMatches &&
                 reference.covered.element == value && reference.exact;
        });
    facts.counter_signatures.push_back(std::move(counter));
  }
  return base::Ok();
}

base::Result<SignatureFacts> Check(const Means& means, const xmlNode* signature, int depth) {
  const XmlDocument& document = means.document;
  SignatureFacts facts;
  facts.id = AttributeOf(signature, "Id").value_or("");
  facts.file = means.file;
  facts.node = signature;
  const xmlNode* signed_info = OnlyChild(signature, "SignedInfo", facts.problems);
  const xmlNode* value = OnlyChild(signature, "SignatureValue", facts.problems);
  facts.key_info_certificates = ReadKeyInfo(signature);
  facts.xades = ReadXades(signature);
  facts.value_octets = Base64OfElement(value);
  if (facts.xades) std::ranges::copy(facts.xades->problems, std::back_inserter(facts.problems));
  if (auto violation = FindSchemaViolation(signature))
    facts.problems.push_back(*std::move(violation));
  if (HasAmbiguousId(document, signature)) facts.problems.emplace_back("an Id occurs twice");
  const std::size_t certificates =
      facts.key_info_certificates.size() + (facts.xades ? facts.xades->certificates.size() : 0);
  RETURN_IF_ERROR(document.budget()->Spend(certificates * kCostOfCertificate));
  ChooseSigner(facts);
  if (signed_info != nullptr && value != nullptr) {
    TargetDigests known;
    RETURN_IF_ERROR(CheckReferences(document, signed_info, means.files, known, facts));
    RETURN_IF_ERROR(CheckManifests(document, means.files, known, facts));
    RETURN_IF_ERROR(CheckValue(document, signed_info, value, facts));
  }
  if (!facts.xades) return facts;
  RETURN_IF_ERROR(CheckTimestamps(document, means.files, means.memory, facts));
  RETURN_IF_ERROR(DescribeRevocation(document, facts));
  RETURN_IF_ERROR(CheckCounterSignatures(means, value, depth, facts));
  return facts;
}

}  // namespace

std::vector<const xmlNode*> FindSignatures(const XmlDocument& document) {
  std::vector<const xmlNode*> found;
  for (xmlNode* node = document.root(); node != nullptr; node = NextInOrder(node, document.root()))
    if (IsElement(node, kDsig, "Signature")) found.push_back(node);
  return found;
}

base::Result<SignatureFacts> CheckSignature(const XmlDocument& document, const xmlNode* signature,
                                            const std::string& file, SignedFiles& files,
                                            SignatureMemory* memory) {
  return Check({document, file, files, memory}, signature, 0);
}

}  // namespace signing
