// Where a new signature goes: what it covers, what it is called, and the document with it.
//
// Opens untrusted bytes: call it inside hardening's walls only.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "signing/extender.h"
#include "signing/xades_writer.h"

namespace signing {

enum class SignatureForm {
  kContainer,   // A file of its own in an ASiC-E container, over all documents in it.
  kEnveloped,   // In an XML document, as the last child of its root.
  kEnveloping,  // XML with the document inside, as base64.
  kDetached,    // XML beside documents that are known by their digests.
  kCounter,     // In another signature, over its value.
};

// "container", "enveloped", "enveloping", "detached", "counter".
std::string_view NameOf(SignatureForm form);
std::optional<SignatureForm> FindSignatureForm(std::string_view name);

struct SigningOrder {
  SignatureForm form = SignatureForm::kContainer;
  base::ByteSpan document{};  // None: the documents are known by `digests` alone.
  // For kDetached, and for kContainer without a document: then only the signature file is made.
  std::vector<DocumentDigest> digests{};
  std::string media_type{};           // Of `document`, where it is no container.
  SignatureSelector countersigned{};  // For kCounter.
  SignerClaims claims{};
  base::Time now;
};

struct SigningPlace {
  std::vector<DocumentDigest> documents;  // What the signature will cover.
  SignatureSelector signature;            // Its file in the container, if any, and its Id.
  std::vector<std::string> findings;      // Codes of what our verifier remarks about the whole.
  std::size_t others = 0;                 // Signatures that are there already.
};

// Looks where the signature goes and rehearses: the whole is built with a throw-away P-256 key
// and verified. So what could not pass is known before a token is asked.
//
// kInvalidInput: those of the verifier for documents that it refuses, those of
// PrepareSignature() and Extend() (kCounter), and
//   "document.none" "document.empty" "document.duplicate-name"
//   "sign.not-xml"            kEnveloped in what is no XML
//   "sign.already-enveloped"  in XML with a signature, which the new one would break
//   "sign.broken-signature"   a signature that is there is TOTAL-FAILED
//   "sign.would-not-verify"   our verifier would not pass the whole
base::Result<SigningPlace> FindSigningPlace(const SigningOrder& order);

// The same for each, with one throw-away key for all: what that key is worth does not differ.
std::vector<base::Result<SigningPlace>> FindSigningPlaces(const std::vector<SigningOrder>& orders);

// The document with the signature; the signature alone where there is no document.
// Errors: those of FindSigningPlace().
base::Result<base::Bytes> PutSignature(const SigningOrder& order, const SignatureSelector& place,
                                       const std::string& signature);

// What the signature XML is, as PutSignature() wants it: WriteSignatureFile() for containers,
// WriteSignature() for the others.
std::string WriteFor(SignatureForm form, const SealedSignature& signature);

// How the result is verified: what is beside it.
VerifyRequest RequestFor(const SigningOrder& order, base::ByteSpan result);

}  // namespace signing
