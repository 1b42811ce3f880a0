#include "signing/xml_census.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <functional>
#include <string_view>

namespace signing {
namespace {

struct Counted {
  std::string_view name;
  std::size_t XmlCensus::*count;
};
constexpr std::array<Counted, 8> kCounted{{
    {"Signature", &XmlCensus::signatures},
    {"CounterSignature", &XmlCensus::counter_signatures},
    {"Reference", &XmlCensus::references},
    {"X509Certificate", &XmlCensus::certificates},
    {"EncapsulatedX509Certificate", &XmlCensus::certificates},
    {"EncapsulatedOCSPValue", &XmlCensus::ocsp_responses},
    {"EncapsulatedCRLValue", &XmlCensus::crls},
    {"EncapsulatedTimeStamp", &XmlCensus::timestamps},
}};

// A name that was not seen before costs both parsers a new entry in their tables.
class SeenNames {
 public:
  bool IsNew(std::string_view name) {
    const std::size_t slot = std::hash<std::string_view>{}(name) % seen_.size();
    if (seen_.test(slot)) return false;
    seen_.set(slot);
    return true;
  }

 private:
  std::bitset<65536> seen_;
};

bool EndsName(char c) {
  return c == ' ' || c == '>' || c == '/' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

XmlCensus& XmlCensus::operator+=(const XmlCensus& other) {
  for (const auto count :
       {&XmlCensus::bytes, &XmlCensus::tags, &XmlCensus::names, &XmlCensus::attributes,
        &XmlCensus::signatures, &XmlCensus::counter_signatures, &XmlCensus::references,
        &XmlCensus::certificates, &XmlCensus::ocsp_responses, &XmlCensus::crls,
        &XmlCensus::timestamps})
    this->*count += other.*count;
  return *this;
}

XmlCensus CountXml(base::ByteSpan document) {
  XmlCensus census{.bytes = document.size()};
  std::string_view rest = base::AsText(document);
  SeenNames seen;
  for (std::size_t at = rest.find('<'); at != std::string_view::npos; at = rest.find('<')) {
    rest.remove_prefix(at + 1);
    ++census.tags;
    if (rest.starts_with('/')) continue;
    std::size_t end = 0;
    while (end < rest.size() && !EndsName(rest[end])) ++end;
    const std::string_view name = rest.substr(0, end);
    if (seen.IsNew(name)) ++census.names;
    const std::string_view local = name.substr(name.find(':') + 1);
    for (const Counted& counted : kCounted)
      if (local == counted.name) ++(census.*counted.count);
    // A ">" may stand in a value, so all up to the next tag counts.
    const std::string_view until_next = rest.substr(end, rest.find('<', end) - end);
    census.attributes +=
        static_cast<std::size_t>(std::count(until_next.begin(), until_next.end(), '='));
    rest.remove_prefix(end + until_next.size());
  }
  return census;
}

// Measured: 12 ns a byte, half a microsecond a tag, one an attribute, and one a name that is new.
std::size_t CostOfGate(const XmlCensus& census) {
  constexpr std::size_t kTag = 9;
  constexpr std::size_t kName = 22;
  constexpr std::size_t kAttribute = 20;
  return census.bytes / 4 + kTag * census.tags + kName * census.names +
         kAttribute * census.attributes;
}

}  // namespace signing
