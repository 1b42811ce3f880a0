#include "tests/fakes/qualification_importer.h"

#include <openssl/objects.h>

#include <algorithm>

#include "base/bytes.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/oracle_xml.h"

namespace tests {
namespace {

using base::Bytes;

constexpr std::uint8_t kSequence = 0x30;

// One DER element of fewer than 128 bytes.
Bytes Element(std::uint8_t tag, const Bytes& content) {
  Bytes element{tag, static_cast<std::uint8_t>(content.size())};
  element.insert(element.end(), content.begin(), content.end());
  return element;
}

Bytes Joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes Oid(const std::string& dotted) {
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> object{OBJ_txt2obj(dotted.c_str(), 1)};
  unsigned char* der = nullptr;
  const int size = i2d_ASN1_OBJECT(object.get(), &der);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

// EN 319 412-5: what stands in the oracle's QcStatements, as an extension.
Bytes StatementsOf(const xmlNode* node) {
  constexpr std::uint8_t kPrintable = 0x13;
  std::vector<Bytes> statements;
  const auto add = [&](const std::string& oid, const Bytes& value = {}) {
    statements.push_back(Element(kSequence, Joined({Oid(oid), value})));
  };
  if (Attribute(Child(node, "QcCompliance"), "present") == "true") add("0.4.0.1862.1.1");
  if (Attribute(Child(node, "QcSSCD"), "present") == "true") add("0.4.0.1862.1.4");
  std::vector<Bytes> types;
  for (const xmlNode* type : Children(Child(node, "QcTypes"), "QcType"))
    types.push_back(Oid(signing::TrimmedText(type)));
  if (!types.empty()) add("0.4.0.1862.1.6", Element(kSequence, Joined(types)));
  std::vector<Bytes> countries;
  for (const xmlNode* country : Children(Child(node, "QcCClegislation"))) {
    const std::string text = signing::TrimmedText(country);
    countries.push_back(Element(kPrintable, Bytes(text.begin(), text.end())));
  }
  if (!countries.empty()) add("0.4.0.1862.1.7", Element(kSequence, Joined(countries)));
  return Element(kSequence, Joined(statements));
}

Extensions ExtensionsOf(const xmlNode* node) {
  Extensions extensions;
  if (const xmlNode* statements = Child(node, "QcStatements"))
    extensions.emplace_back("1.3.6.1.5.5.7.1.3",
                            "DER:" + base::HexEncode(StatementsOf(statements)));
  std::vector<Bytes> policies;
  for (const xmlNode* policy : Children(Child(node, "CertificatePolicies"))) {
    const std::string oid = signing::TrimmedText(policy);
    if (oid.find('.') == std::string::npos) continue;  // Some have none.
    policies.push_back(Element(kSequence, Oid(oid)));
  }
  if (!policies.empty())
    extensions.emplace_back("certificatePolicies",
                            "DER:" + base::HexEncode(Element(kSequence, Joined(policies))));
  return extensions;
}

// The oracle has a service for each of its periods.
std::unique_ptr<signing::TrustService> ServiceOf(const xmlNode* node) {
  auto service = std::make_unique<signing::TrustService>();
  signing::TrustStatus status;
  status.from = TimeOf(node, "StartDate").value_or(base::Time{});
  status.type = TextOf(node, "ServiceType");
  status.status = TextOf(node, "Status");
  for (const xmlNode* uri : Children(Child(node, "AdditionalServiceInfoUris")))
    status.additional.push_back(signing::TrimmedText(uri));
  for (const xmlNode* qualifier : Children(Child(node, "CapturedQualifiers"))) {
    signing::TrustQualifier captured;  // Its criteria are known to fit.
    captured.criteria.assert = signing::TrustCriteria::Assert::kNone;
    captured.criteria.policy_sets = {{"1.2.3.4.5.6.7.8.9"}};
    captured.uris = {signing::TrimmedText(qualifier)};
    captured.critical = Attribute(qualifier, "critical") == "true";
    status.qualifiers.push_back(std::move(captured));
  }
  if (const auto until = TimeOf(node, "EndDate")) {
    service->history.emplace_back();
    service->history.back().from = *until;
  }
  service->history.push_back(std::move(status));
  return service;
}

const xmlNode* FindCertificate(const xmlNode* root, const std::string& id) {
  const auto all = Children(Child(root, "UsedCertificates"), "Certificate");
  const auto found =
      std::ranges::find_if(all, [&](const xmlNode* node) { return Attribute(node, "Id") == id; });
  return found == all.end() ? nullptr : *found;
}

}  // namespace

base::Result<QualificationCase> ReadQualificationCase(const std::filesystem::path& file,
                                                      const std::string& certificate) {
  const std::string text = ReadWhole(file);
  ASSIGN_OR_RETURN(const signing::XmlDocument document,
                   signing::XmlDocument::Parse(base::AsBytes(text)));
  const xmlNode* node = FindCertificate(document.root(), certificate);
  if (node == nullptr)
    return base::Error{base::ErrorCode::kNotFound, "oracle.certificate", certificate};
  QualificationCase found;
  found.issued = TimeOf(node, "NotBefore").value_or(base::Time{});
  const Identity twin = Make({.name = "Twin",
                              .extensions = ExtensionsOf(Child(node, "CertificateExtensions")),
                              .from = found.issued,
                              .to = TimeOf(node, "NotAfter").value_or(base::Time{})});
  found.path.certificates.push_back(Public(twin));
  for (const xmlNode* provider : Children(Child(node, "TrustServiceProviders")))
    for (const xmlNode* service : Children(Child(provider, "TrustServices"), "TrustService"))
      found.services.push_back(ServiceOf(service));
  for (const auto& service : found.services) found.path.services.push_back(service.get());
  if (!found.services.empty()) found.path.anchor = signing::AnchorKind::kService;
  return found;
}

}  // namespace tests
