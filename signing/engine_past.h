// Past validation: proofs of existence (POE), validation time sliding (VTS) and past
// signature validation (PSV) of EN 319 102-1, 5.6.2.
#pragma once

#include <map>

#include "signing/engine_case.h"

namespace signing {

// Since when each object is proven to have existed.
class ProofsOfExistence {
 public:
  // Everything exists at the time of the question, and nothing is proven to be older.
  explicit ProofsOfExistence(base::Time at) : at_(at) {}

  void Add(const std::string& object, base::Time time);
  void Add(const std::vector<std::string>& objects, base::Time time);
  base::Time Of(const std::string& object) const;  // The earliest.

 private:
  base::Time at_;
  std::map<std::string, base::Time> earliest_;
};

// The failure no longer matters for `object`, given what is proven to have existed when.
bool IsResolved(const Failure& failure, const std::string& object, const ProofsOfExistence& proofs);

// The failures that remain, in order.
std::vector<Failure> Unresolved(const std::vector<Failure>& failures, const std::string& object,
                                const ProofsOfExistence& proofs);

// VTS: the latest time at which the chain is known to have been good. nullopt: NO_POE, for
// some certificate nothing is proven.
std::optional<base::Time> SlideValidationTime(const Case& question, Scope scope,
                                              const std::vector<facts::Id>& chain,
                                              const ProofsOfExistence& proofs);

// PSV of an object whose present validation left `failures`: what of them remains.
std::vector<Failure> ValidateInThePast(const Case& question, Scope scope, const std::string& object,
                                       const std::vector<facts::Id>& chain,
                                       const std::vector<Failure>& failures,
                                       const ProofsOfExistence& proofs);

}  // namespace signing
