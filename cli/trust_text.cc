#include "cli/trust_text.h"

namespace cli {
namespace {

using base::Json;

std::string Plain(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

std::string Field(const Json& json, std::string_view name) {
  if (const auto number = json.Integer(name)) return std::to_string(*number);
  return Plain(json.Text(name).value_or("-"));
}

// The part of a URI that people read.
std::string Tail(const std::string& uri) {
  return uri.substr(uri.rfind('/') + 1);
}

template <typename Line>
void Each(const Json* items, std::string_view mark, std::string& text, Line line) {
  if (items == nullptr || items->AsArray() == nullptr) return;
  for (const Json& item : *items->AsArray()) text += std::string(mark) + line(item) + "\n";
}

std::string ListLine(const Json& list) {
  const Json* top = list.Find("listOfLists");
  const bool of_lists = top != nullptr && top->AsBool() != nullptr && *top->AsBool();
  return Field(list, "territory") + (of_lists ? " (list of lists)" : "");
}

std::string ServiceLine(const Json& service) {
  return Field(service, "territory") + " " + Tail(Field(service, "type")) + " " +
         Field(service, "provider") + ": " + Field(service, "name");
}

bool IsTrue(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member != nullptr && member->AsBool() != nullptr && *member->AsBool();
}

std::string_view UseOf(bool anchor) {
  return anchor ? "trusted itself" : "for lists";
}

std::string CertificateLine(const Json& certificate) {
  return Field(certificate, "subject") + ", SHA-256 " + Field(certificate, "sha256") + ", " +
         std::string(UseOf(IsTrue(certificate, "anchor")));
}

}  // namespace

std::string TrustListText(const Json& list) {
  std::string text;
  Each(list.Find("snapshots"), "", text, [](const Json& one) {
    const Json* current = one.Find("current");
    const Json* pinned = one.Find("pinned");
    std::string line = Field(one, "id") + "  " + Field(one, "created") + "  " +
                       Field(one, "source") + "  " + Field(one, "members") + " files";
    if (current != nullptr && *current == Json(true)) line += "  in use";
    if (pinned != nullptr && *pinned == Json(true)) line += ", pinned";
    return line;
  });
  return text.empty() ? "no snapshot" : text.substr(0, text.size() - 1);
}

std::string TrustDescriptionText(const trust::Snapshot& snapshot, const Json& description) {
  std::string text = "snapshot " + snapshot.id + "\ncreated " + base::FormatTime(snapshot.created) +
                     " from " + Plain(snapshot.source) + "\n";
  if (!snapshot.older_allowed.empty())
    text += "older lists allowed: " + Plain(snapshot.older_allowed) + "\n";
  Each(description.Find("lists"), "list ", text, [](const Json& one) {
    return ListLine(one) + " number " + Field(one, "sequence") + ", issued " +
           Field(one, "issued") + ", next update " + Field(one, "nextUpdate") + ", signed by " +
           Field(*one.Find("signer"), "subject");
  });
  Each(description.Find("certificates"), "certificate ", text, CertificateLine);
  Each(description.Find("findings"), "finding ", text,
       [](const Json& one) { return Field(one, "code") + " " + Field(one, "detail"); });
  const Json* services = description.Find("services");
  return text + std::to_string(services == nullptr ? 0 : services->AsArray()->size()) + " services";
}

std::string TrustDifferenceText(const Json& difference) {
  const Json& lists = *difference.Find("lists");
  const Json& certificates = *difference.Find("certificates");
  const Json& services = *difference.Find("services");
  const auto change = [](const Json& one) {
    return ": " + Tail(Field(one, "from")) + " -> " + Tail(Field(one, "to"));
  };
  std::string text;
  Each(lists.Find("added"), "+ list ", text, ListLine);
  Each(lists.Find("removed"), "- list ", text, ListLine);
  Each(lists.Find("changed"), "* list ", text,
       [&](const Json& one) { return ListLine(one) + change(one); });
  Each(certificates.Find("added"), "+ certificate ", text, CertificateLine);
  Each(certificates.Find("removed"), "- certificate ", text, CertificateLine);
  Each(certificates.Find("changed"), "* certificate ", text, [](const Json& one) {
    return Field(one, "subject") + ": " + std::string(UseOf(IsTrue(one, "from"))) + " -> " +
           std::string(UseOf(IsTrue(one, "to")));
  });
  Each(services.Find("added"), "+ ", text, ServiceLine);
  Each(services.Find("removed"), "- ", text, ServiceLine);
  Each(services.Find("changed"), "* ", text,
       [&](const Json& one) { return ServiceLine(one) + change(one); });
  if (text.empty()) return "no difference in lists, certificates and services";
  return text.substr(0, text.size() - 1);
}

}  // namespace cli
