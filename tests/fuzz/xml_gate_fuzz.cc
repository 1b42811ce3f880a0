// What passes the gate canonicalizes, and its canonical form passes and stays the same.
#include <cstdlib>

#include "signing/canonical.h"
#include "signing/xml_document.h"

namespace {

base::Bytes Canonical(const signing::XmlDocument& document) {
  const auto how =
      signing::FindCanonicalization("http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments");
  auto bytes = signing::CanonicalBytes({.document = &document, .comments = true}, *how);
  if (!bytes.ok()) std::abort();
  return std::move(bytes).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = [] {
    signing::PrepareXml();
    return true;
  }();
  static_cast<void>(prepared);
  const auto document = signing::XmlDocument::Parse({data, size});
  if (!document.ok()) return 0;
  const base::Bytes once = Canonical(document.value());
  signing::XmlLimits limits;
  limits.size *= 2;  // Character references may grow.
  const auto again = signing::XmlDocument::Parse(once, limits);
  if (!again.ok() || Canonical(again.value()) != once) std::abort();
  return 0;
}
