// Evidence: asks for what proves a signature later, and reads the answers.
//
// The Build functions write bytes of our own. The Read functions open bytes from outside:
// call them inside hardening's walls only.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"

namespace signing {

// TimeStampReq (RFC 3161, 2.4.1) with certReq, SHA-256 imprint and this nonce (8 bytes,
// the first below 0x80, so that it is a positive INTEGER of that length).
base::Bytes BuildTimestampRequest(const base::Sha256Digest& imprint, base::ByteSpan nonce);

struct TimestampAnswer {
  base::Bytes token;                      // DER of the TimeStampToken.
  base::Time time;                        // genTime, whole seconds.
  std::vector<base::Bytes> certificates;  // Signer first.
};

// RFC 3161, 2.4.2: status granted, the imprint and nonce we sent, and a CMS signature that
// the certificate named inside made. Whether that TSA is trusted is the verifier's question.
//
// kUnavailable "timestamp.refused" when the TSA says no; kInvalidInput "timestamp.malformed",
// "timestamp.other-imprint", "timestamp.other-nonce", "timestamp.bad-signature".
base::Result<TimestampAnswer> ReadTimestampResponse(base::ByteSpan response,
                                                    const base::Sha256Digest& imprint,
                                                    base::ByteSpan nonce);

// A token that was kept, over this digest. The same errors but the first and that of the nonce.
base::Result<TimestampAnswer> ReadTimestampToken(base::ByteSpan token,
                                                 const base::Sha256Digest& imprint);

// OCSPRequest (RFC 6960, 4.1) for one certificate, SHA-1 CertID as responders expect, with
// this nonce (RFC 9654). kInvalidInput "certificate.malformed".
base::Result<base::Bytes> BuildOcspRequest(base::ByteSpan certificate, base::ByteSpan issuer,
                                           base::ByteSpan nonce);

struct OcspAnswer {
  base::Bytes response;  // DER of the OCSPResponse, as it goes into the signature.
  base::Time produced_at;
  std::vector<base::Bytes> certificates;  // Embedded, responder's among them.
};

struct CrlQuestion {
  base::ByteSpan certificate;
  base::ByteSpan issuer;
  base::Time proven;  // The time to be covered: thisUpdate is not before it.
  base::Time now;
};

// RFC 5280, 5 and 6.3.3: whether that list, signed by the issuer itself, clears the certificate.
// Lists that are parts (delta CRLs, issuing distribution points) are refused.
//
// kInvalidInput "crl.malformed", "crl.other-issuer", "crl.bad-signature", "crl.partial",
// "crl.revoked"; kUnavailable "crl.stale" (nextUpdate is past, or thisUpdate not yet there), or
// "crl.too-old" (thisUpdate is before `proven`: the next list may do).
base::Status ReadCrl(base::ByteSpan crl, const CrlQuestion& question);

struct OcspQuestion {
  base::ByteSpan certificate;
  base::ByteSpan issuer;
  base::ByteSpan nonce;  // A response that echoes a nonce has to echo this one.
  base::Time proven;     // The time to be covered: thisUpdate is not before it.
  base::Time now;        // thisUpdate is not after it.
};

// RFC 6960, 3.2: successful, signed by the issuer or a responder the issuer certified for it,
// about this certificate, good, and made between `proven` and `now` (five minutes of grace
// for clocks that differ): an older answer says nothing of the proven time.
//
// kUnavailable "ocsp.refused"; kDenied "ocsp.revoked"; kInvalidInput "ocsp.malformed",
// "ocsp.other-certificate", "ocsp.other-nonce", "ocsp.bad-signature", "ocsp.stale".
base::Result<OcspAnswer> ReadOcspResponse(base::ByteSpan response, const OcspQuestion& question);

}  // namespace signing
