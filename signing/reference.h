// Reference: one ds:Reference, and whether what it points to has the digest it states.
//
// Own processing instead of xmlsec's, see docs/adr/0004: a closed list of transforms, no
// XPath or XSLT engine, no I/O but SignedFiles, and the exact node or file that was covered.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "signing/digest_algorithm.h"
#include "signing/signed_files.h"
#include "signing/xml_document.h"

namespace signing {

enum class ReferenceOutcome {
  kMatches,
  kDiffers,    // The data is there, its digest is another.
  kNotFound,   // No such file or element.
  kAmbiguous,  // Several elements have the Id.
  kMisplaced,  // The element is not where its Type says.
  kUnsupportedTransform,
  kUnsupportedDigest,
  kMalformed,  // No digest value, or no base64.
};

// What bytes a reference covered.
struct Covered {
  const xmlNode* element = nullptr;  // An element of the same document...
  bool document = false;             // ...or all of it...
  std::string file;                  // ...or this file.
  // "#ID" where a filter took only something of the element with this Id out of document or
  // file, which are then not covered themselves.
  std::string part;
};

struct Reference {
  const xmlNode* node = nullptr;
  std::string id;
  std::optional<std::string> uri;
  std::string type;
  const DigestAlgorithm* algorithm = nullptr;  // nullptr: not on our list.
  std::string algorithm_uri;
  bool has_transforms = false;
  bool exact = true;  // The digest is over all of `covered`, canonicalized, and nothing else.
  ReferenceOutcome outcome = ReferenceOutcome::kMalformed;
  Covered covered;
  // Of the covered file itself, whatever transforms and algorithm the reference has; nullopt
  // when there is no file or it was not digested.
  std::optional<base::Sha256Digest> file_sha256;
  std::string detail;  // The transform or name that the outcome is about.
};

// What digesting one target with one list of transforms gave.
struct TargetDigest {
  Covered covered;
  bool exact = true;
  std::optional<base::Sha256Digest> file_sha256;
  std::optional<base::Bytes> digest;  // nullopt: none, for `outcome`.
  ReferenceOutcome outcome = ReferenceOutcome::kMalformed;
  std::string detail;
};
// Of one signature, and of no other: a transform may take out the signature itself.
using TargetDigests = std::map<std::string, TargetDigest, std::less<>>;

// Reads and checks one ds:Reference of `signature` (a ds:Signature of `document`).
// Work that `known` holds is not done again, and what is done is added to it.
// Fails only when a container or the data itself must be refused, and with "xml.too-costly".
base::Result<Reference> CheckReference(const XmlDocument& document, const xmlNode* signature,
                                       const xmlNode* node, SignedFiles& files,
                                       TargetDigests& known);

// Hands over the data of a reference as it goes into its digest, node sets in the canonical
// form `how` (EN 319 132-1, 5.5.2.2). False when the data is not at hand, or only its digest.
base::Result<bool> WriteReferenceData(const XmlDocument& document, const xmlNode* signature,
                                      const xmlNode* node, SignedFiles& files,
                                      const Canonicalization& how, const TakeBytes& take);

}  // namespace signing
