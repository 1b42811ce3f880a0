// TrustLists: the test authority's services as a trusted list, and a list of lists above it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "emulator/emulator.h"

namespace emulator {

enum class ListKind { kListOfLists, kList };

// ETSI TS 119 612, version 5, as far as a verifier reads: territories "EU" and "LV", both signed
// (XAdES-B, enveloped) by the authority's list signer. The sequence number is the number of days
// since 1970, so that it never falls; a list is good for sixty days. Thread-safe.
class TrustLists {
 public:
  // `authority` outlives this.
  explicit TrustLists(const TestAuthority& authority) : authority_(authority) {}

  // The same bytes for the same question on the same day. kOlder is yesterday's edition, kStale
  // one that is past its date, kWrongSigner one by a key that nobody named.
  base::Bytes Get(ListKind kind, TrustMode mode);

 private:
  struct Edition {
    base::Time day;
    base::Bytes bytes;
  };

  const TestAuthority& authority_;
  std::mutex mutex_;
  std::map<std::pair<ListKind, TrustMode>, Edition> editions_;
};

}  // namespace emulator
