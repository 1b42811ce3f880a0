// Extender: adds to a signature that exists, anybody's, without touching what is there.
//
// A new property goes behind the last unsigned property of the signature, as text; everything
// else of the document stays byte for byte (EN 319 132-1, 4.4; EN 319 162-1, A.5). Opens untrusted
// bytes: call it inside hardening's walls only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "signing/verifier.h"

namespace signing {

// Which signature of a document. Both empty: the only one there is.
struct SignatureSelector {
  std::string file;  // The signature file in a container; empty for bare XML.
  std::string id;    // Of ds:Signature.
};

enum class NextTimestamp { kNone, kSignature, kArchive };

struct ExtensionOrder {
  std::string name;  // Of the document, as in VerifyRequest.
  base::ByteSpan document;
  SignatureSelector target{};
  std::vector<std::string> properties{};  // Of unsigned_properties.h; put in, in this order.
  NextTimestamp next = NextTimestamp::kNone;
  std::vector<base::Bytes> issuers{};  // DER of certificates that may be issuers in it.
  base::Time modified;                 // Beside the signature file in a container.
};

// A certificate and who issued it, both DER.
struct CertificateLink {
  base::Bytes certificate;
  base::Bytes issuer;
};

// What has to be known of a signature to extend it.
struct SignatureSurvey {
  SignatureSelector signature;
  base::Bytes certificate;  // DER of the signer's.
  base::Time not_after;     // Of that certificate.
  bool has_timestamp = false;
  base::Time proven;        // genTime of its first signature time-stamp, if it has one.
  bool has_values = false;  // CertificateValues or RevocationValues stand there.
  // From the signer's and each time-stamp's certificate up, as far as issuers are in the document,
  // at hand or in what is trusted; without self-signed ones.
  std::vector<CertificateLink> links;
  std::vector<base::Bytes> certificates;  // All that stand in the signature and its time-stamps.
  base::Sha256Digest value_sha256;        // Of the SignatureValue's octets.
  std::string value_id;                   // Id of ds:SignatureValue; may be empty.
};

struct Extended {
  base::Bytes document;  // With the properties.
  SignatureSurvey survey;
  std::optional<base::Sha256Digest> imprint;  // What the next time-stamp has to be over.
};

// `trust` may be nullptr: then issuers come from the document alone.
//
// kInvalidInput: those of the verifier for documents that it refuses, and
//   "extend.no-such-signature" none, or several, are meant
//   "extend.other-edition"     properties of an edition before 1.3.2, or none at all
//   "extend.data-missing"      the next time-stamp is over data that is not here
//   "extend.malformed"         the place for a property is not clear
base::Result<Extended> Extend(const ExtensionOrder& order, const PreparedTrust* trust);

}  // namespace signing
