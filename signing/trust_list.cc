#include "signing/trust_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "signing/trust_criteria.h"
#include "signing/trust_names.h"

namespace signing {
namespace {

constexpr long kOldestVersion = 3;
constexpr long kNewestVersion = 6;

base::Error Malformed(std::string what) {
  return {base::ErrorCode::kInvalidInput, "trust.malformed", std::move(what)};
}

const xmlNode* Child(const xmlNode* parent, std::string_view name) {
  return parent == nullptr ? nullptr : FindChild(parent, kTsl, name);
}

std::vector<xmlNode*> Children(const xmlNode* parent, std::string_view name) {
  return parent == nullptr ? std::vector<xmlNode*>() : FindChildren(parent, kTsl, name);
}

std::string ChildText(const xmlNode* parent, std::string_view name) {
  const xmlNode* child = Child(parent, name);
  return child == nullptr ? std::string() : TrimmedText(child);
}

// nullopt also when the element occurs twice: which of them a reader takes is anybody's guess.
std::optional<std::string> OnlyText(const xmlNode* parent, std::string_view name) {
  const auto found = Children(parent, name);
  if (found.size() != 1) return std::nullopt;
  return TrimmedText(found[0]);
}

std::optional<long> Number(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  long number = 0;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

std::optional<base::Time> TimeIn(const xmlNode* parent, std::string_view name) {
  const auto text = OnlyText(parent, name);
  return text ? base::ParseTime(*text) : std::nullopt;
}

// The English name of a multilingual element, or its first.
std::string NameIn(const xmlNode* parent, std::string_view name) {
  const auto names = Children(Child(parent, name), "Name");
  for (const xmlNode* node : names) {
    xmlChar* lang = xmlNodeGetLang(node);
    const bool english = ToView(lang) == "en";
    xmlFree(lang);
    if (english) return TrimmedText(node);
  }
  return names.empty() ? std::string() : TrimmedText(names[0]);
}

void ReadCertificates(const xmlNode* identity, CertificateStore& store,
                      std::vector<Certificate>& out) {
  for (const xmlNode* id : Children(identity, "DigitalId"))
    for (const xmlNode* node : Children(id, "X509Certificate")) {
      const auto der = Base64OfElement(node);
      auto certificate = der ? store.Get(*der) : std::nullopt;
      const auto same = [&](const Certificate& other) { return other.der() == certificate->der(); };
      if (certificate && std::ranges::none_of(out, same)) out.push_back(std::move(*certificate));
    }
}

std::string OtherInformation(const xmlNode* pointer, std::string_view name) {
  for (const xmlNode* other : Children(Child(pointer, "AdditionalInformation"), "OtherInformation"))
    if (const xmlNode* found = Child(other, name)) return TrimmedText(found);
  return {};
}

// False for an extension that must be understood and is not.
bool ReadExtension(const xmlNode* extension, TrustStatus& status) {
  const std::string text = AttributeOf(extension, "Critical").value_or("false");
  const bool critical = text != "false" && text != "0";
  // Whatever it says, it says it in words that no reader looks for.
  if (critical && FirstElement(extension) == nullptr) return false;
  for (const xmlNode* node = FirstElement(extension); node != nullptr; node = NextElement(node)) {
    if (IsElement(node, kTslQualifiers, "Qualifications")) {
      for (TrustQualifier& qualifier : ReadQualifications(node)) {
        qualifier.critical = critical;
        status.qualifiers.push_back(std::move(qualifier));
      }
    } else if (IsElement(node, kTsl, "AdditionalServiceInformation")) {
      status.additional.push_back(ChildText(node, "URI"));
    } else if (IsElement(node, kTsl, "ExpiredCertsRevocationInfo")) {
      status.expired_certificates_from = base::ParseTime(TrimmedText(node));
    } else if (critical && !IsElement(node, kTslAdditional, "TakenOverBy")) {
      return false;
    }
  }
  return true;
}

// Of a ServiceInformation or ServiceHistoryInstance; they have the same fields.
std::optional<TrustStatus> ReadStatus(const xmlNode* node) {
  const auto type = OnlyText(node, "ServiceTypeIdentifier");
  const auto state = OnlyText(node, "ServiceStatus");
  const auto from = TimeIn(node, "StatusStartingTime");
  if (!type || !state || !from) return std::nullopt;
  TrustStatus status;
  status.from = *from;
  status.type = *type;
  status.status = *state;
  for (const xmlNode* extensions : Children(node, "ServiceInformationExtensions"))
    for (const xmlNode* extension : Children(extensions, "Extension"))
      status.understood = ReadExtension(extension, status) && status.understood;
  return status;
}

// Nobody knows what was in force where an entry is unreadable, so nothing then was.
TrustStatus NotUnderstood(base::Time from) {
  TrustStatus status;
  status.from = from;
  status.understood = false;
  return status;
}

std::optional<TrustService> ReadService(const xmlNode* node, CertificateStore& store) {
  const xmlNode* current = Child(node, "ServiceInformation");
  auto status = current == nullptr ? std::nullopt : ReadStatus(current);
  if (!status) return std::nullopt;
  TrustService service;
  service.name = NameIn(current, "ServiceName");
  const xmlNode* identity = Child(current, "ServiceDigitalIdentity");
  ReadCertificates(identity, store, service.certificates);
  for (const xmlNode* id : Children(identity, "DigitalId")) {
    if (const xmlNode* key_id = Child(id, "X509SKI"))
      if (auto bytes = Base64OfElement(key_id)) service.subject_key_ids.push_back(*bytes);
    if (const xmlNode* subject = Child(id, "X509SubjectName"))
      service.subject_names.push_back(TrimmedText(subject));
  }
  service.history.push_back(std::move(*status));
  for (const xmlNode* old : Children(Child(node, "ServiceHistory"), "ServiceHistoryInstance")) {
    auto entry = ReadStatus(old);
    const auto from = TimeIn(old, "StatusStartingTime");
    if (!entry && !from) return std::nullopt;
    service.history.push_back(entry ? std::move(*entry) : NotUnderstood(*from));
  }
  // TS 119 612, 5.6: "in descending order of status change date"; the current one stays first
  // among equals.
  std::ranges::stable_sort(service.history, std::ranges::greater(), &TrustStatus::from);
  return service;
}

}  // namespace

bool TrustListHeader::IsListOfLists() const {
  // "EUlistofthelists", and "EUlistofthelist" in an older edition of the standard.
  return type.find("listofthelist") != std::string::npos;
}

base::Result<TrustListHeader> ReadTrustListHeader(const XmlDocument& document) {
  if (!IsElement(document.root(), kTsl, "TrustServiceStatusList"))
    return Malformed("the root is no TrustServiceStatusList");
  const auto schemes = Children(document.root(), "SchemeInformation");
  if (schemes.size() != 1) return Malformed("not one SchemeInformation");
  const xmlNode* scheme = schemes[0];
  const auto version = Number(OnlyText(scheme, "TSLVersionIdentifier"));
  const auto sequence = Number(OnlyText(scheme, "TSLSequenceNumber"));
  const auto territory = OnlyText(scheme, "SchemeTerritory");
  const auto type = OnlyText(scheme, "TSLType");
  const auto issued = TimeIn(scheme, "ListIssueDateTime");
  const auto updates = Children(scheme, "NextUpdate");
  if (!version || !sequence || !territory || territory->empty() || !type || !issued ||
      updates.size() != 1)
    return Malformed("a field of SchemeInformation is missing, repeated or unreadable");
  if (*version < kOldestVersion || *version > kNewestVersion)
    return base::Error{base::ErrorCode::kInvalidInput, "trust.version", std::to_string(*version)};
  TrustListHeader header{*territory, *type, *version, *sequence, *issued, {}};
  if (FirstElement(updates[0]) == nullptr) return header;
  header.next_update = TimeIn(updates[0], "dateTime");
  if (!header.next_update) return Malformed("NextUpdate is unreadable");
  return header;
}

std::vector<TrustPointer> ReadTrustPointers(const XmlDocument& document, CertificateStore& store) {
  std::vector<TrustPointer> pointers;
  const xmlNode* list = Child(Child(document.root(), "SchemeInformation"), "PointersToOtherTSL");
  for (const xmlNode* node : Children(list, "OtherTSLPointer")) {
    TrustPointer pointer;
    pointer.territory = OtherInformation(node, "SchemeTerritory");
    pointer.type = OtherInformation(node, "TSLType");
    for (const xmlNode* identity :
         Children(Child(node, "ServiceDigitalIdentities"), "ServiceDigitalIdentity"))
      ReadCertificates(identity, store, pointer.certificates);
    if (!pointer.territory.empty() && !pointer.certificates.empty())
      pointers.push_back(std::move(pointer));
  }
  return pointers;
}

TrustServices ReadTrustServices(const XmlDocument& document, const std::string& territory,
                                CertificateStore& store) {
  TrustServices found;
  const xmlNode* providers = Child(document.root(), "TrustServiceProviderList");
  for (const xmlNode* provider : Children(providers, "TrustServiceProvider")) {
    const std::string name = NameIn(Child(provider, "TSPInformation"), "TSPName");
    for (const xmlNode* node : Children(Child(provider, "TSPServices"), "TSPService")) {
      auto service = ReadService(node, store);
      found.unreadable += service ? 0U : 1U;
      if (!service) continue;
      service->territory = territory;
      service->provider = name;
      found.services.push_back(std::move(*service));
    }
  }
  return found;
}

}  // namespace signing
