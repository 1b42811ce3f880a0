// XadesWriter: writes XAdES baseline signatures (ETSI EN 319 132-1) for ASiC-E.
//
// Everything signed is written in its canonical form (SignedProperties: W3C xml-exc-c14n, 3;
// SignatureValue, which the timestamp covers: Canonical XML 1.1) and put into the file as those
// very bytes, so no canonicaliser stands between what is digested and
// what is kept (docs/adr/0003). Pure functions: no key, no network, no clock.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "hsm/signer.h"

namespace signing {

// One document to be covered by the signature.
struct DocumentDigest {
  std::string name;        // Path inside the container, UTF-8, "/" between folders.
  std::string media_type;  // RFC 6838 type/subtype.
  base::Sha256Digest sha256;
};

struct SignatureParameters {
  std::string id = "S1";  // Id of ds:Signature; the other Ids begin with it.
  base::Time signing_time;
  std::vector<DocumentDigest> documents;  // At least one.
  base::ByteSpan certificate;             // DER of the signing certificate.
};

// What is to be sealed: hand `references` to hsm::Signer.
struct PreparedSignature {
  std::string id;
  std::string signed_properties;  // Canonical xades:SignedProperties element.
  std::vector<hsm::Reference> references;
  base::Bytes certificate;
};

// kInvalidInput "document.bad-name" for a name that could not be a path of the container
// (see IsDocumentName), "document.bad-media-type", "document.none".
base::Result<PreparedSignature> PrepareSignature(const SignatureParameters& parameters);

// What proves the signature later: empty for level B, a timestamp token for T, all for LT.
struct Evidence {
  base::Bytes timestamp_token;              // DER of an RFC 3161 TimeStampToken.
  std::vector<base::Bytes> certificates;    // DER, for xades:CertificateValues.
  std::vector<base::Bytes> ocsp_responses;  // DER, for xades:RevocationValues.
};

// SHA-256 of the canonical ds:SignatureValue: what the timestamp has to cover
// (EN 319 132-1, 5.3).
base::Sha256Digest TimestampImprint(const PreparedSignature& prepared, const hsm::Seal& seal);

// The content of META-INF/signatures*.xml: asic:XAdESSignatures with this one signature
// (EN 319 162-1, annex A.5).
std::string WriteSignature(const PreparedSignature& prepared, const hsm::Seal& seal,
                           const Evidence& evidence);

// A relative path of 1 to 255 bytes of valid UTF-8 without backslash, empty, "." or ".."
// segments and characters that steer how text is shown (base/utf8.h); it does not begin with
// "mimetype" or "META-INF" as a segment, in any letter case.
bool IsDocumentName(std::string_view name);

// RFC 6838, 4.2: type/subtype, without parameters.
bool IsMediaType(std::string_view text);

// RFC 3986, 2: everything but unreserved characters and "/" becomes %XX.
std::string PercentEncodePath(std::string_view name);

}  // namespace signing
