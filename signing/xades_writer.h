// XadesWriter: writes XAdES baseline signatures of level B (ETSI EN 319 132-1).
//
// Everything signed is written in its canonical form (W3C xml-exc-c14n, 3) and put into the file
// as those very bytes, so no canonicaliser stands between what is digested and what is kept
// (docs/adr/0003). Pure functions: no key, no network, no clock.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "hsm/signer.h"

namespace signing {

// What the signature covers; for most, one document of a container.
struct DocumentDigest {
  // kDocument: path inside the container, UTF-8, "/" between folders. kObject, kCountersigned:
  // "#" and an Id. kEnveloped: empty.
  std::string name;
  std::string media_type;  // RFC 6838 type/subtype; none for kCountersigned.
  base::Sha256Digest sha256;
  hsm::ReferenceKind kind = hsm::ReferenceKind::kDocument;
};

// What a signer says of the signature (EN 319 132-1, 5.2). Empty: nothing is said.
struct SignerClaims {
  std::string role{};        // 5.2.6: a claimed role.
  std::string city{};        // 5.2.5.
  std::string country{};     // 5.2.5: CountryName, two letters.
  std::string commitment{};  // 5.2.3: "origin", "receipt", "delivery", "sender", "approval",
                           // "creation".
  std::string policy{};      // 5.2.9: its OID in dotted form...
  base::Sha256Digest policy_sha256{};  // ...and the digest of its document.
};

struct SignatureParameters {
  std::string id = "S1";  // Id of ds:Signature; the other Ids begin with it.
  base::Time signing_time;
  std::vector<DocumentDigest> documents;  // At least one.
  base::ByteSpan certificate;             // DER of the signing certificate.
  SignerClaims claims{};
};

// What is to be sealed: hand `references` to hsm::Signer.
struct PreparedSignature {
  std::string id;
  std::string signed_properties;  // Canonical xades:SignedProperties element.
  std::vector<hsm::Reference> references;
  base::Bytes certificate;
};

// kInvalidInput "document.bad-name" for a name that could not be a path of the container
// (see IsDocumentName), "document.bad-media-type", "document.none", "claims.malformed".
base::Result<PreparedSignature> PrepareSignature(const SignatureParameters& parameters);

// What a signature of level B is written from. Longer levels are made of it by the Extender.
struct SealedSignature {
  const PreparedSignature& prepared;
  const hsm::Seal& seal;
  base::ByteSpan object{};  // What a reference of kObject covers; becomes ds:Object.
};

// The ds:Signature element, which declares the namespaces it uses.
std::string WriteSignature(const SealedSignature& signature);

// The content of META-INF/signatures*.xml: asic:XAdESSignatures with this one signature
// (EN 319 162-1, annex A.5).
std::string WriteSignatureFile(const SealedSignature& signature);

// The Id of the ds:Object that WriteSignature() makes of SealedSignature::object.
std::string ObjectId(std::string_view signature_id);

// A relative path of 1 to 255 bytes of valid UTF-8 without backslash, empty, "." or ".."
// segments and characters that steer how text is shown (base/utf8.h); it does not begin with
// "mimetype" or "META-INF" as a segment, in any letter case.
bool IsDocumentName(std::string_view name);

// RFC 6838, 4.2: type/subtype, without parameters.
bool IsMediaType(std::string_view text);

// RFC 3986, 2: everything but unreserved characters and "/" becomes %XX.
std::string PercentEncodePath(std::string_view name);

}  // namespace signing
