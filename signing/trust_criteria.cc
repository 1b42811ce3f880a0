#include "signing/trust_criteria.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "signing/certificate_extensions.h"
#include "signing/trust_names.h"
#include "signing/xml_document.h"

namespace signing {
namespace {

constexpr int kMaxDepth = 8;

std::optional<TrustCriteria::Assert> AssertOf(const xmlNode* list) {
  const std::string text = AttributeOf(list, "assert").value_or("all");
  if (text == "all") return TrustCriteria::Assert::kAll;
  if (text == "atLeastOne") return TrustCriteria::Assert::kAtLeastOne;
  if (text == "none") return TrustCriteria::Assert::kNone;
  return std::nullopt;
}

std::vector<TrustCriteria::KeyUsageBit> ReadKeyUsage(const xmlNode* node, bool& understood) {
  std::vector<TrustCriteria::KeyUsageBit> bits;
  for (const xmlNode* bit : FindChildren(node, kTslQualifiers, "KeyUsageBit")) {
    const std::string value = TrimmedText(bit);
    const std::string name = AttributeOf(bit, "name").value_or("");
    const bool is_true = value == "true" || value == "1";
    if ((!is_true && value != "false" && value != "0") || KeyUsageMask(name) == 0)
      understood = false;
    bits.push_back({name, is_true});
  }
  understood = understood && !bits.empty();
  return bits;
}

// XAdES ObjectIdentifier: "urn:oid:1.2.3" or "1.2.3".
std::string OidOf(const xmlNode* identifier_type) {
  for (const xmlNode* child = FirstElement(identifier_type); child; child = NextElement(child)) {
    if (NameOf(child) != "Identifier") continue;
    std::string text = TrimmedText(child);
    constexpr std::string_view kUrn = "urn:oid:";
    if (text.size() > kUrn.size() && text.compare(0, kUrn.size(), kUrn) == 0)
      text.erase(0, kUrn.size());
    return text;
  }
  return {};
}

bool IsOid(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find('.') != std::string_view::npos;
}

std::vector<std::string> ReadOids(const xmlNode* parent, std::string_view space,
                                  std::string_view name, bool& understood) {
  std::vector<std::string> oids;
  for (const xmlNode* node : FindChildren(parent, space, name)) {
    oids.push_back(OidOf(node));
    understood = understood && IsOid(oids.back());
  }
  understood = understood && !oids.empty();
  return oids;
}

void ReadOther(const xmlNode* other, TrustCriteria& criteria) {
  for (const xmlNode* node = FirstElement(other); node != nullptr; node = NextElement(node)) {
    if (IsElement(node, kTslAdditional, "ExtendedKeyUsage")) {
      criteria.extended_key_usages.push_back(
          ReadOids(node, kTslAdditional, "KeyPurposeId", criteria.understood));
    } else if (IsElement(node, kTslAdditional, "CertSubjectDNAttribute")) {
      criteria.subject_attributes.push_back(
          ReadOids(node, kTslAdditional, "AttributeOID", criteria.understood));
    } else {
      criteria.understood = false;
    }
  }
}

TrustCriteria ReadCriteria(const xmlNode* list, int depth) {
  TrustCriteria criteria;
  const auto how = AssertOf(list);
  criteria.understood = how.has_value() && depth < kMaxDepth;
  if (!criteria.understood) return criteria;
  criteria.assert = *how;
  for (const xmlNode* node = FirstElement(list); node != nullptr; node = NextElement(node)) {
    if (IsElement(node, kTslQualifiers, "KeyUsage")) {
      criteria.key_usages.push_back(ReadKeyUsage(node, criteria.understood));
    } else if (IsElement(node, kTslQualifiers, "PolicySet")) {
      criteria.policy_sets.push_back(
          ReadOids(node, kTslQualifiers, "PolicyIdentifier", criteria.understood));
    } else if (IsElement(node, kTslQualifiers, "CriteriaList")) {
      criteria.lists.push_back(ReadCriteria(node, depth + 1));
    } else if (IsElement(node, kTslQualifiers, "otherCriteriaList")) {
      ReadOther(node, criteria);
    } else if (!IsElement(node, kTslQualifiers, "Description")) {
      criteria.understood = false;
    }
  }
  return criteria;
}

bool HasAll(const std::vector<std::string>& wanted, const std::vector<std::string>& present) {
  return std::ranges::all_of(wanted, [&](const std::string& oid) {
    return std::ranges::find(present, oid) != present.end();
  });
}

bool BitsAgree(const std::vector<TrustCriteria::KeyUsageBit>& bits, std::uint32_t usage) {
  return std::ranges::all_of(bits, [&](const TrustCriteria::KeyUsageBit& bit) {
    return ((usage & KeyUsageMask(bit.name)) != 0) == bit.value;
  });
}

struct Tally {
  std::size_t yes = 0;
  std::size_t no = 0;
  std::size_t unknown = 0;

  void Add(std::optional<bool> fits) { ++(!fits ? unknown : *fits ? yes : no); }
};

Tally Count(const TrustCriteria& criteria, const Certificate& certificate) {
  Tally tally;
  const auto usage = KeyUsageOf(certificate);
  const auto policies = PoliciesOf(certificate);
  const auto purposes = ExtendedKeyUsagesOf(certificate);
  const auto attributes = SubjectAttributesOf(certificate);
  for (const auto& bits : criteria.key_usages) tally.Add(usage && BitsAgree(bits, *usage));
  for (const auto& set : criteria.policy_sets) tally.Add(HasAll(set, policies));
  for (const auto& set : criteria.extended_key_usages) tally.Add(HasAll(set, purposes));
  for (const auto& set : criteria.subject_attributes) tally.Add(HasAll(set, attributes));
  for (const TrustCriteria& list : criteria.lists) tally.Add(Fits(list, certificate));
  return tally;
}

}  // namespace

std::vector<TrustQualifier> ReadQualifications(const xmlNode* qualifications) {
  std::vector<TrustQualifier> found;
  for (const xmlNode* element :
       FindChildren(qualifications, kTslQualifiers, "QualificationElement")) {
    TrustQualifier qualifier;
    if (const xmlNode* uris = FindChild(element, kTslQualifiers, "Qualifiers"))
      for (const xmlNode* uri : FindChildren(uris, kTslQualifiers, "Qualifier"))
        qualifier.uris.push_back(AttributeOf(uri, "uri").value_or(""));
    const auto lists = FindChildren(element, kTslQualifiers, "CriteriaList");
    qualifier.criteria.understood = lists.size() == 1;
    if (lists.size() == 1) qualifier.criteria = ReadCriteria(lists[0], 0);
    found.push_back(std::move(qualifier));
  }
  return found;
}

std::optional<bool> Fits(const TrustCriteria& criteria, const Certificate& certificate) {
  if (!criteria.understood) return std::nullopt;
  const Tally tally = Count(criteria, certificate);
  switch (criteria.assert) {
    // An empty list says nothing of any certificate, so it cannot qualify one.
    case TrustCriteria::Assert::kAll:
      if (tally.no > 0) return false;
      if (tally.unknown > 0) return std::nullopt;
      return tally.yes > 0;
    case TrustCriteria::Assert::kAtLeastOne:
      if (tally.yes > 0) return true;
      if (tally.unknown > 0) return std::nullopt;
      return false;
    case TrustCriteria::Assert::kNone:
      if (tally.yes > 0) return false;
      if (tally.unknown > 0) return std::nullopt;
      return tally.no > 0;
  }
  return std::nullopt;
}

}  // namespace signing
