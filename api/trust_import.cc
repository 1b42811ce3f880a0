#include "api/trust_import.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/file.h"
#include "signing/trust_material.h"
#include "trust/import.h"
#include "trust/pem.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::size_t kMaxCertificateFile = std::size_t{1} << 20U;
constexpr std::string_view kListOfLists = "lotl";
constexpr std::string_view kPivot = "pivot-";

Error Incomplete(const std::string& what) {
  return {ErrorCode::kInvalidInput, "trust.fetch-incomplete", what};
}

Error Other(const std::string& what) {
  return {ErrorCode::kInvalidInput, "trust.fetched-other", what};
}

const Json::Array& ListOf(const Json& json, std::string_view name) {
  static const Json::Array kNone;
  const Json* member = json.Find(name);
  return member != nullptr && member->AsArray() != nullptr ? *member->AsArray() : kNone;
}

bool IsTrue(const Json& json, std::string_view name) {
  return json.Find(name) != nullptr && *json.Find(name) == Json(true);
}

base::Status AddCertificates(const std::vector<std::filesystem::path>& paths, trust::Files& files) {
  for (const std::filesystem::path& path : paths) {
    ASSIGN_OR_RETURN(base::Bytes bytes, base::ReadFile(path, kMaxCertificateFile));
    for (base::Bytes& certificate : trust::CertificatesIn(std::move(bytes)))
      files.push_back({path.filename().string(), std::move(certificate)});
  }
  return base::Ok();
}

// The bytes under the name are the list in use of that territory, or of lists.
base::Status RequireList(const std::string& name, const std::string& sha256, const Json& files) {
  const auto is_it = [&](const Json& member) { return member.Text("sha256") == sha256; };
  const auto member = std::ranges::find_if(ListOf(files, "members"), is_it);
  if (member == ListOf(files, "members").end() || member->Text("kind") != "list")
    return Other(name + " is no trusted list");
  if (name.starts_with(kPivot)) return base::Ok();  // An edition before the one in use.
  const auto list = std::ranges::find_if(ListOf(files, "lists"), is_it);
  if (list == ListOf(files, "lists").end()) return Other(name + " is not in use");
  const bool of_lists = IsTrue(*list, "listOfLists");
  if (of_lists != (name == kListOfLists) || (!of_lists && list->Text("territory") != name))
    return Other(name + " is the list of " + list->Text("territory").value_or(""));
  return base::Ok();
}

// The digests that the walled process found to be left out.
std::set<base::Sha256Digest> LeftOutOf(const Json& described) {
  std::set<base::Sha256Digest> digests;
  for (const Json& one : ListOf(described, "leftOut")) {
    const auto bytes = base::HexDecode(one.AsString() == nullptr ? "" : *one.AsString());
    if (const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt)
      digests.insert(*digest);
  }
  return digests;
}

// False when an anchor of the configuration has signed a list or is named as one who may: trust in
// a closed scope is no say in whom the lists trust.
bool IsEveryAnchorOne(const Json& files, const Json& anchors) {
  return std::ranges::all_of(ListOf(anchors, "certificates"), [&](const Json& anchor) {
    return !IsTrue(anchor, "anchor") ||
           std::ranges::any_of(ListOf(files, "certificates"), [&](const Json& one) {
             return IsTrue(one, "anchor") && one.Text("sha256") == anchor.Text("sha256");
           });
  });
}

}  // namespace

base::Result<TrustImport> PrepareTrustImport(const TrustConfig& config, const Json& order,
                                             base::ByteSpan bytes) {
  TrustImport import;
  for (const Json& one : ListOf(order, "files")) {
    const auto size = one.Integer("size").value_or(-1);
    if (size < 0 || static_cast<std::uint64_t>(size) > bytes.size()) return Incomplete("sizes");
    const base::ByteSpan file = bytes.first(static_cast<std::size_t>(size));
    bytes = bytes.subspan(file.size());
    import.files.push_back({one.Text("name").value_or(""), base::Bytes(file.begin(), file.end())});
  }
  import.fetched = import.files.size();
  if (!bytes.empty() || import.fetched != config.lists.size()) return Incomplete("files");
  for (const auto& [name, url] : config.lists)
    if (std::ranges::count(import.files, name, &trust::File::name) != 1) return Incomplete(name);
  RETURN_IF_ERROR(AddCertificates(config.list_signers, import.files));
  RETURN_IF_ERROR(AddCertificates(config.anchors, import.anchors));
  std::ranges::copy(import.anchors, std::back_inserter(import.files));
  const trust::Store store(config.dir);
  ASSIGN_OR_RETURN(const auto latest, store.Latest());
  if (!latest) return import;
  ASSIGN_OR_RETURN(import.latest, store.Read(*latest));
  ASSIGN_OR_RETURN(import.latest_files, store.ReadFiles(*import.latest));
  return import;
}

Json DescribeTrustImport(const TrustImport& import, base::Time now) {
  const auto describe = [&](const trust::Files& files) {
    return signing::DescribeTrust(trust::Borrow(files), now);
  };
  Json files = describe(import.files);
  const auto unasked = trust::UnaskedAnchors(files, import.anchors);
  if (!unasked.empty()) files = describe(trust::Without(import.files, unasked));
  Json left_out = Json::Array{};
  for (const base::Sha256Digest& digest : unasked) left_out.Push(base::HexEncode(digest.span()));
  Json described;
  described.Set("files", std::move(files));
  described.Set("anchors", describe(import.anchors));
  described.Set("leftOut", std::move(left_out));
  described.Set("latest", import.latest ? describe(import.latest_files) : Json());
  return described;
}

base::Result<Json> FinishTrustImport(const TrustConfig& config, const TrustImport& import,
                                     const Json& described, base::Time now) {
  const Json* files = described.Find("files");
  const Json* anchors = described.Find("anchors");
  const Json* latest = described.Find("latest");
  if (files == nullptr || anchors == nullptr || latest == nullptr)
    return Error{ErrorCode::kInternal, "channel.malformed", "no description"};
  RETURN_IF_ERROR(trust::RefuseUnverified(*files));
  auto left_out = LeftOutOf(described);
  for (std::size_t i = 0; i < import.fetched; ++i) {
    const base::Sha256Digest digest = base::Sha256(import.files[i].bytes);
    RETURN_IF_ERROR(RequireList(import.files[i].name, base::HexEncode(digest.span()), *files));
    left_out.erase(digest);  // No list is left out, whatever the walled process says.
  }
  if (!trust::UnaskedAnchors(*files, import.anchors).empty())
    return Other("a certificate is no anchor");
  if (!IsEveryAnchorOne(*files, *anchors)) return Other("an anchor signs a list");
  const trust::Files kept = trust::Without(import.files, left_out);
  ASSIGN_OR_RETURN(const trust::Snapshot snapshot,
                   trust::Store(config.dir)
                       .Import({.files = &kept,
                                .description = files,
                                .latest = import.latest ? latest : nullptr,
                                .source = "courier",
                                .allow_older = {},
                                .now = now}));
  Json answer;
  answer.Set("snapshot", snapshot.id);
  answer.Set("lists", ListOf(*files, "lists"));
  answer.Set("findings", ListOf(*files, "findings"));
  return answer;
}

}  // namespace api
