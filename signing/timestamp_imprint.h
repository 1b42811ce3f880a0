// TimestampImprints: what the time-stamps of one XAdES signature are over (EN 319 132-1, 5.2.8,
// 5.3 and 5.5.2; annex A for the older kinds).
//
// Time-stamps of one kind repeat what those before them were over. The common beginning is
// hashed once for each algorithm, so a signature's time-stamps cost time linear in their number.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "signing/canonical.h"
#include "signing/digest_algorithm.h"
#include "signing/reference.h"
#include "signing/signed_files.h"
#include "signing/timestamp_token.h"
#include "signing/xades.h"

namespace signing {

class TimestampImprints {
 public:
  // Borrows all for its life. `references` are those of the signature's SignedInfo.
  TimestampImprints(const XmlDocument& document, const xmlNode* signature,
                    const XadesProperties& properties, const std::vector<Reference>& references,
                    SignedFiles& files)
      : document_(document),
        signature_(signature),
        properties_(properties),
        references_(references),
        files_(files) {}

  // Whether the token is over what its element stands for. nullopt: that cannot be told, as
  // data is missing or the form is none that we know.
  // Fails only when container or data must be refused, and with "xml.too-costly".
  base::Result<std::optional<bool>> Check(const TimestampElement& element,
                                          const TimestampToken& token);

  // What a new time-stamp behind all properties has to be over: kSignature or kArchive. nullopt:
  // data is missing. Fails as Check().
  base::Result<std::optional<base::Bytes>> Next(TimestampKind kind,
                                                const DigestAlgorithm& algorithm,
                                                const Canonicalization& how);

 private:
  // One beginning: what an archive time-stamp covers, as far as it is hashed.
  struct Beginning {
    Hasher hasher;
    bool complete = true;  // False: data was missing.
    std::size_t properties = 0;
  };

  base::Result<std::optional<bool>> CheckContent(const TimestampElement& element,
                                                 const TimestampToken& token,
                                                 const Canonicalization& how);
  base::Result<std::optional<bool>> CheckOverValue(const TimestampElement& element,
                                                   const TimestampToken& token,
                                                   const Canonicalization& how);
  base::Result<std::optional<bool>> CheckArchive(const TimestampElement& element,
                                                 const TimestampToken& token,
                                                 const Canonicalization& how);
  base::Result<Beginning*> BeginningOf(const DigestAlgorithm& algorithm,
                                       const Canonicalization& how);
  // The ds:Object elements that no time-stamp property stands in.
  base::Status AddObjects(const Canonicalization& how, bool unreferenced_only, Hasher& hasher);
  // False when the data of the reference is not at hand.
  base::Result<bool> AddReference(const Reference& reference, const Canonicalization& how,
                                  Hasher& hasher);
  base::Status AddElement(const xmlNode* element, const Canonicalization& how, Hasher& hasher);

  const XmlDocument& document_;
  const xmlNode* signature_;
  const XadesProperties& properties_;
  const std::vector<Reference>& references_;
  SignedFiles& files_;
  std::map<std::string, Beginning> beginnings_;  // By algorithm and canonicalization.
};

}  // namespace signing
