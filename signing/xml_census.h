// XmlCensus: what an XML document holds, counted in its bytes before any parser sees it.
//
// Names count wherever they stand, in comments too: a count may be too high, never too low.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace signing {

struct XmlCensus {
  std::size_t bytes = 0;
  std::size_t tags = 0;        // Each "<".
  std::size_t names = 0;       // Different names of tags, nearly.
  std::size_t attributes = 0;  // Each "=", in texts too.
  std::size_t signatures = 0;  // Start tags by local name, as all that follows.
  std::size_t counter_signatures = 0;
  std::size_t references = 0;
  std::size_t certificates = 0;
  std::size_t ocsp_responses = 0;
  std::size_t crls = 0;
  std::size_t timestamps = 0;

  XmlCensus& operator+=(const XmlCensus& other);
};

XmlCensus CountXml(base::ByteSpan document);

// What the gate (xml_gate.h) costs, in units of WorkBudget.
std::size_t CostOfGate(const XmlCensus& census);

}  // namespace signing
