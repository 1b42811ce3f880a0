#include "signing/trust_material.h"

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "signing/trust_input.h"
#include "signing/trust_snapshot.h"

namespace signing {
namespace {

using base::Json;

Json MembersOf(const std::vector<NamedBytes>& files, const TrustInputs& sorted) {
  std::map<base::Sha256Digest, std::string_view> names;
  for (const NamedBytes& file : files) names.emplace(base::Sha256(file.bytes), file.name);
  Json members = Json::Array{};
  for (const base::Sha256Digest& digest : sorted.digests) {
    const bool list =
        std::ranges::find(sorted.lists, digest, &TrustListFile::digest) != sorted.lists.end();
    Json member;
    member.Set("sha256", base::HexEncode(digest.span()));
    member.Set("name", names.at(digest));
    member.Set("kind", list ? "list" : "certificate");
    members.Push(std::move(member));
  }
  return members;
}

// The certificates handed in, and whether they are anchors or there to verify lists.
Json CertificatesOf(const TrustInputs& sorted, const TrustSnapshot& snapshot) {
  Json certificates = Json::Array{};
  for (const Certificate& certificate : sorted.certificates) {
    Json one;
    one.Set("subject", certificate.SubjectText());
    one.Set("sha256", base::HexEncode(certificate.Sha256().span()));
    one.Set("anchor", std::ranges::any_of(snapshot.anchors(), [&](const Certificate& anchor) {
              return anchor.der() == certificate.der();
            }));
    certificates.Push(std::move(one));
  }
  return certificates;
}

Json ListOf(const TrustListUse& use) {
  Json signer;
  signer.Set("subject", use.signer.SubjectText());
  signer.Set("sha256", base::HexEncode(use.signer.Sha256().span()));
  Json list;
  list.Set("territory", use.territory);
  list.Set("listOfLists", use.list_of_lists);
  list.Set("sha256", base::HexEncode(use.digest.span()));
  list.Set("sequence", std::int64_t{use.sequence});
  list.Set("issued", base::FormatTime(use.issued));
  list.Set("nextUpdate", use.next_update ? Json(base::FormatTime(*use.next_update)) : Json());
  list.Set("signer", std::move(signer));
  return list;
}

// What stays the same while the name and status of a service change.
std::string IdentityOf(const TrustService& service) {
  if (!service.certificates.empty())
    return base::HexEncode(service.certificates.front().Sha256().span());
  if (!service.subject_key_ids.empty())
    return "ski:" + base::HexEncode(service.subject_key_ids.front());
  return service.subject_names.empty() ? "" : "name:" + service.subject_names.front();
}

Json ServiceOf(const TrustService& service) {
  const TrustStatus& current = service.history.front();
  Json json;
  json.Set("territory", service.territory);
  json.Set("provider", service.provider);
  json.Set("name", service.name);
  json.Set("type", current.type);
  json.Set("identity", IdentityOf(service));
  json.Set("status", current.status);
  json.Set("since", base::FormatTime(current.from));
  return json;
}

}  // namespace

Json DescribeTrust(const std::vector<NamedBytes>& files, base::Time at) {
  TrustFindings found;
  const TrustSnapshot snapshot = TrustSnapshot::Read(files, at, &found);
  CertificateStore store;
  Findings ignored;
  const TrustInputs sorted = SortTrustInputs(files, store, ignored);
  Json lists = Json::Array{};
  for (const TrustListUse& use : snapshot.lists()) lists.Push(ListOf(use));
  Json services = Json::Array{};
  for (const TrustService& service : snapshot.services())
    if (!service.history.empty()) services.Push(ServiceOf(service));
  Json findings = Json::Array{};
  for (const Finding& finding : found) {
    Json one;
    one.Set("code", finding.code);
    one.Set("detail", finding.detail);
    findings.Push(std::move(one));
  }
  Json json;
  json.Set("snapshot", snapshot.Id());
  json.Set("members", MembersOf(files, sorted));
  json.Set("certificates", CertificatesOf(sorted, snapshot));
  json.Set("lists", std::move(lists));
  json.Set("services", std::move(services));
  json.Set("findings", std::move(findings));
  return json;
}

}  // namespace signing
