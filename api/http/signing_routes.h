// What requests say of signatures: which key, form and level, and what is to be signed.
#pragma once

#include <string_view>

#include "api/flow/completion_queue.h"
#include "api/flow/seal_order.h"
#include "api/flow/two_step_signing.h"
#include "api/http/message.h"
#include "base/clock.h"
#include "base/result.h"

namespace api {

// Body of a request that names documents by their digests alone:
// {"documents":[{"name","mediaType","sha256"}]}.
inline constexpr std::string_view kDigestsMediaType = "application/vnd.edocvault.digests+json";

// From the query: key, level, algorithm, form, role, city, country, commitment, policy,
// policySha256; file and id of the signature that is countersigned.
// kInvalidInput "sign.bad-level", "sign.bad-form", "seal.other-algorithm", "claims.malformed";
// kDenied "key.not-yours".
base::Result<SealOrder> ReadSealOrder(const Request& request);

// The same without the key: the signature is made elsewhere.
base::Result<SealOrder> ReadOrder(const Request& request);

// Header Edocvault-Certificate: the signer's certificate and its issuers, nearest first, base64 of
// DER, separated by commas. kInvalidInput "certificate.malformed".
base::Result<TwoStepSigning::Signer> ReadSigner(const Request& request);

Response PreparedResponse(const TwoStepSigning::Prepared& prepared);

// {"documents":[{"name":..,"mediaType":..,"sha256":..}]}. kInvalidInput "digests.malformed".
base::Result<std::vector<signing::DocumentDigest>> ReadDocuments(const base::Json& json);

// file and id. Both may be missing.
signing::SignatureSelector ReadSelector(const Request& request);

// What is to be sealed: the body itself, digests that it lists, or for containers the body as the
// one document of a container that is written around it, into `written`. Borrows both.
// kInvalidInput "document.*", "digests.malformed".
base::Result<DocumentsToSeal> ToSeal(const Request& request, signing::SignatureForm form,
                                     base::Time now, base::Bytes& written);

// Bytes that are a container or XML, with the media type that goes with them.
// {"digests":["<64 hexadecimal digits>"]}. kInvalidInput "digests.malformed".
base::Result<std::vector<base::Sha256Digest>> ReadDigests(const Request& request);

// {"id","level","state"}: "waiting" (with "waitingFor", when it does), "done" or "failed" (with
// "problem").
base::Json ToJson(const std::string& id, const CompletionQueue::Progress& progress,
                  base::Language language);

// "later=true": sealed now, longer when the services outside allow it.
bool IsLater(const Request& request);

Response SignedResponse(base::Bytes result);

}  // namespace api
