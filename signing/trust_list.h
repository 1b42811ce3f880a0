// TrustList: one trusted list or list of lists (ETSI TS 119 612, versions 3 to 6), as read.
//
// Reading says nothing about trust: see trust_list_signature.h and trust_snapshot.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "signing/certificate.h"
#include "signing/certificate_store.h"
#include "signing/trust_service.h"
#include "signing/xml_document.h"

namespace signing {

// What a list says about itself.
struct TrustListHeader {
  std::string territory;  // SchemeTerritory
  std::string type;       // TSLType URI.
  long version = 0;
  long sequence = 0;
  base::Time issued{};
  std::optional<base::Time> next_update;  // Absent: the list is closed.

  bool IsListOfLists() const;
  friend bool operator==(const TrustListHeader&, const TrustListHeader&) = default;
};

// A pointer to another list: who may sign it.
struct TrustPointer {
  std::string territory;
  std::string type;
  std::vector<Certificate> certificates;
};

// kInvalidInput "trust.malformed" when a field that decides about use is absent or unreadable,
// "trust.version" for a version whose meaning we do not know.
base::Result<TrustListHeader> ReadTrustListHeader(const XmlDocument& document);

// Pointers that name territory and certificates; others are left out.
std::vector<TrustPointer> ReadTrustPointers(const XmlDocument& document, CertificateStore& store);

// Services with at least one status. What does not decode is left out, and counted.
struct TrustServices {
  std::vector<TrustService> services;
  std::size_t unreadable = 0;
};
TrustServices ReadTrustServices(const XmlDocument& document, const std::string& territory,
                                CertificateStore& store);

}  // namespace signing
