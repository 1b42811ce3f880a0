// One ds:Signature and everything it says: facts without policy, trust or verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "signing/certificate.h"
#include "signing/reference.h"
#include "signing/revocation_values.h"
#include "signing/signature_value.h"
#include "signing/signed_files.h"
#include "signing/timestamp_token.h"
#include "signing/xades.h"
#include "signing/xml_document.h"

namespace signing {

enum class ValueState { kNotChecked, kValid, kInvalid, kUnsupportedAlgorithm, kMalformed };

struct TimestampFact {
  TimestampKind kind;
  std::optional<TimestampToken> token;  // nullopt: unreadable.
  std::optional<bool> imprint_ok;       // nullopt: could not be checked.
  std::size_t position = 0;             // Of its element among the unsigned properties; content: 0.
  base::Sha256Digest sha256{};          // Of the token.
};

struct SignatureFacts {
  std::string id;    // Of ds:Signature; may be empty and may repeat across files.
  std::string file;  // The signature file inside its container; empty for bare XML.
  const xmlNode* node = nullptr;

  std::vector<std::string> problems;  // Of the structure, for FORMAT_FAILURE.
  std::optional<XadesProperties> xades;

  std::string method_uri;
  const SignatureAlgorithm* method = nullptr;  // nullptr: not on our list.
  ValueState value = ValueState::kNotChecked;
  bool digest_info_null_absent = false;
  std::optional<base::Bytes> value_octets;  // The decoded SignatureValue.

  std::vector<Reference> references;           // Of SignedInfo, in order.
  std::vector<Reference> manifest_references;  // Of every ds:Manifest that a reference covers.

  std::vector<Certificate> key_info_certificates;
  std::optional<Certificate> signer;  // Whose key the value was checked with.
  bool signer_named = false;          // SigningCertificate(V2) names it.
  bool issuer_differs = false;        // Digest fits, issuer or serial number does not.

  std::vector<TimestampFact> timestamps;
  std::vector<RevocationFact> revocation;
  std::vector<SignatureFacts> counter_signatures;
  bool covers_parent = false;  // Of a counter-signature: it signs its parent's value.
  std::size_t position = 0;    // And where it stands among its parent's unsigned properties.
};

// Every ds:Signature of a document, in document order. Counter-signatures are among them, each
// behind the signature that it stands in, whose facts hold it: where an element stands does not
// make it one.
std::vector<const xmlNode*> FindSignatures(const XmlDocument& document);

// Fails only when the container or the data must be refused. `memory` may know time-stamps;
// nullptr: all are checked.
base::Result<SignatureFacts> CheckSignature(const XmlDocument& document, const xmlNode* signature,
                                            const std::string& file, SignedFiles& files,
                                            SignatureMemory* memory = nullptr);

}  // namespace signing
