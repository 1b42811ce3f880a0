#include "signing/trust_list_signature.h"

#include <algorithm>
#include <array>

#include "signing/canonical.h"
#include "signing/xml_names.h"
#include "signing/xml_signature.h"
#include "signing/xpath_forms.h"

namespace signing {
namespace {

constexpr std::string_view kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

// A list refers to no file.
class NoFiles final : public SignedFiles {
 public:
  std::optional<std::string> Resolve(const std::optional<std::string>&) const override {
    return std::nullopt;
  }
  std::size_t SizeOf(std::string_view) const override { return 0; }
  std::size_t CostOfPass(std::string_view) const override { return 0; }
  base::Status Stream(std::string_view, const TakeBytes&) override {
    return base::Error{base::ErrorCode::kInvalidInput, "trust.bad-signature", "refers to a file"};
  }
  std::optional<base::Bytes> KnownDigest(std::string_view, const DigestAlgorithm&) const override {
    return std::nullopt;
  }
};

base::Error Bad(std::string what) {
  return {base::ErrorCode::kInvalidInput, "trust.bad-signature", std::move(what)};
}

// Nothing but signatures is left out, and nothing but canonicalization is done to the rest.
bool KeepsEverything(const xmlNode* transform) {
  if (AttributeOf(transform, "Algorithm") == kEnveloped) return true;
  if (CanonicalizationOfElement(transform)) return true;
  const auto form = RecognizeXPath(transform);
  return form && (form->kind == XPathForm::Kind::kWithoutSignatures ||
                  form->kind == XPathForm::Kind::kWithoutRootSignatures);
}

bool CoversAll(const XmlDocument& document, const Reference& reference) {
  if (!reference.covered.document && reference.covered.element != document.root()) return false;
  for (const xmlNode* list : FindChildren(reference.node, kDsig, "Transforms"))
    if (!std::ranges::all_of(FindChildren(list, kDsig, "Transform"), KeepsEverything)) return false;
  return true;
}

base::Status CheckFacts(const XmlDocument& document, const SignatureFacts& facts) {
  if (!facts.problems.empty()) return Bad(facts.problems.front());
  for (const Reference& reference : facts.references)
    if (reference.outcome != ReferenceOutcome::kMatches)
      return Bad("reference " + reference.uri.value_or("") + " does not match");
  if (facts.value != ValueState::kValid) return Bad("the signature value is not valid");
  const bool covers = std::ranges::any_of(
      facts.references, [&](const Reference& r) { return CoversAll(document, r); });
  if (!covers) return Bad("the signature does not cover the whole list");
  // TS 119 612, 5.7.1: SigningCertificate is mandatory; it, too, must be signed.
  const bool named =
      facts.signer && facts.signer_named && facts.xades &&
      std::ranges::any_of(facts.references, [&](const Reference& reference) {
        return reference.exact && reference.covered.element == facts.xades->signed_properties;
      });
  if (!named) return Bad("nothing signed names the certificate");
  return base::Ok();
}

}  // namespace

base::Result<Certificate> CheckTrustListSignature(const XmlDocument& document) {
  const auto below_root = FindChildren(document.root(), kDsig, "Signature");
  const auto everywhere = FindSignatures(document);
  if (below_root.size() != 1 || everywhere.size() != 1)
    return base::Error{base::ErrorCode::kInvalidInput, "trust.unsigned",
                       std::to_string(everywhere.size()) + " signatures"};
  NoFiles files;
  ASSIGN_OR_RETURN(SignatureFacts facts, CheckSignature(document, below_root[0], "", files));
  RETURN_IF_ERROR(CheckFacts(document, facts));
  return *facts.signer;
}

}  // namespace signing
