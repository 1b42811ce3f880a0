#include "signing/signing_place.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "hsm/signed_info.h"
#include "signing/canonical.h"
#include "signing/certificate_store.h"
#include "signing/container.h"
#include "signing/container_manifest.h"
#include "signing/container_writer.h"
#include "signing/digest_algorithm.h"
#include "signing/signature_locator.h"
#include "signing/throwaway_identity.h"
#include "signing/unsigned_properties.h"
#include "signing/xml_names.h"
#include "signing/xml_signature.h"
#include "signing/xml_splice.h"
#include "signing/zip_edit.h"
#include "signing/zip_reader.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::size_t kMaxXml = std::size_t{32} << 20U;

struct FormName {
  SignatureForm form;
  std::string_view name;
};
constexpr auto kForms = std::to_array<FormName>({
    {SignatureForm::kContainer, "container"},
    {SignatureForm::kEnveloped, "enveloped"},
    {SignatureForm::kEnveloping, "enveloping"},
    {SignatureForm::kDetached, "detached"},
    {SignatureForm::kCounter, "counter"},
});

Error Refused(const char* reason, std::string what) {
  return {ErrorCode::kInvalidInput, reason, std::move(what)};
}

bool IsOfContainer(const ZipEntry& entry) {
  return entry.name == "mimetype" || entry.name.starts_with("META-INF/") || entry.is_folder();
}

bool IsSignatureFile(std::string_view name) {
  return name.starts_with("META-INF/") && name.ends_with(".xml") &&
         name.find("signatures") != std::string_view::npos;
}

// ---- Containers. ----

base::Result<std::vector<DocumentDigest>> DocumentsIn(ZipReader& zip) {
  std::vector<ManifestEntry> types;
  if (const ZipEntry* manifest = zip.Find("META-INF/manifest.xml"); manifest != nullptr) {
    ASSIGN_OR_RETURN(const base::Bytes xml, zip.Read(*manifest, kMaxXml));
    ASSIGN_OR_RETURN(ContainerManifest read,
                     ReadContainerManifest(xml, std::make_shared<WorkBudget>(manifest->size)));
    types = std::move(read.entries);
  }
  std::vector<DocumentDigest> documents;
  for (const ZipEntry& entry : zip.entries()) {
    if (IsOfContainer(entry)) continue;
    if (entry.size == 0) return Refused("document.empty", entry.name);
    Hasher hasher(*FindDigestByName("SHA256"));
    RETURN_IF_ERROR(zip.Stream(entry, [&](base::ByteSpan piece) { hasher.Update(piece); }));
    const auto type = std::ranges::find(types, entry.name, &ManifestEntry::path);
    documents.push_back({.name = entry.name,
                         .media_type = type != types.end() && IsMediaType(type->media_type)
                                           ? type->media_type
                                           : MediaTypeOf(entry.name),
                         .sha256 = *base::ToSha256Digest(std::move(hasher).Finish())});
  }
  if (documents.empty()) return Refused("document.none", "the container has no documents");
  return documents;
}

// A name and an Id that no signature in it has.
base::Result<SignatureSelector> FreePlace(ZipReader& zip) {
  std::set<std::string> ids;
  for (const ZipEntry& entry : zip.entries()) {
    if (!IsSignatureFile(entry.name)) continue;
    ASSIGN_OR_RETURN(const base::Bytes xml, zip.Read(entry, kMaxXml));
    ASSIGN_OR_RETURN(const XmlDocument document,
                     XmlDocument::Parse(xml, std::make_shared<WorkBudget>(xml.size())));
    for (const xmlNode* node : FindSignatures(document))
      ids.insert(AttributeOf(node, "Id").value_or(""));
  }
  for (std::size_t number = 1;; ++number) {
    const std::string id = "S" + std::to_string(number);
    const std::string file = "META-INF/edoc-signatures-" + id + ".xml";
    if (!ids.contains(id) && zip.Find(file) == nullptr) return SignatureSelector{file, id};
  }
}

base::Result<SigningPlace> PlaceInContainer(const SigningOrder& order) {
  SigningPlace place;
  if (order.document.empty()) {
    place.documents = order.digests;
    place.signature = {"", "S1"};
    return place;
  }
  ASSIGN_OR_RETURN(ZipReader zip, ZipReader::Open(order.document));
  ASSIGN_OR_RETURN(place.documents, DocumentsIn(zip));
  ASSIGN_OR_RETURN(place.signature, FreePlace(zip));
  place.others = static_cast<std::size_t>(std::ranges::count_if(
      zip.entries(), [](const ZipEntry& entry) { return IsSignatureFile(entry.name); }));
  return place;
}

// ---- XML. ----

// An Id that nothing in the document has, nor begins with.
std::string FreeId(base::ByteSpan text) {
  for (std::size_t number = 1;; ++number) {
    const std::string id = "S" + std::to_string(number);
    if (base::AsText(text).find("\"" + id) == std::string_view::npos &&
        base::AsText(text).find("'" + id) == std::string_view::npos)
      return id;
  }
}

base::Result<XmlDocument> ReadXml(base::ByteSpan text) {
  const auto format = RecognizeBytes(text);
  if (!format.ok() || format.value() != ByteFormat::kXml)
    return Refused("sign.not-xml", "the document is no XML");
  return XmlDocument::Parse(text, std::make_shared<WorkBudget>(text.size()));
}

base::Result<SigningPlace> PlaceInXml(const SigningOrder& order) {
  ASSIGN_OR_RETURN(const XmlDocument document, ReadXml(order.document));
  if (!FindSignatures(document).empty())
    return Refused("sign.already-enveloped", "the document holds a signature");
  const NodeSet nodes{.document = &document};
  ASSIGN_OR_RETURN(const base::Bytes canonical,
                   CanonicalBytes(nodes, *FindCanonicalization(kExclusive)));
  SigningPlace place;
  place.documents = {{.name = "",
                      .media_type = "application/xml",
                      .sha256 = base::Sha256(canonical),
                      .kind = hsm::ReferenceKind::kEnveloped}};
  place.signature = {"", FreeId(order.document)};
  return place;
}

base::Result<SigningPlace> PlaceAround(const SigningOrder& order) {
  if (order.document.empty()) return Refused("document.empty", "nothing to envelop");
  SigningPlace place;
  place.signature = {"", "S1"};
  place.documents = {{.name = "#" + ObjectId(place.signature.id),
                      .media_type = order.media_type,
                      .sha256 = base::Sha256(order.document),
                      .kind = hsm::ReferenceKind::kObject}};
  return place;
}

// ---- Counter-signatures. ----

base::Result<SigningPlace> PlaceInSignature(const SigningOrder& order) {
  const auto budget = std::make_shared<WorkBudget>(order.document.size());
  ASSIGN_OR_RETURN(const ByteFormat format, RecognizeBytes(order.document));
  std::optional<AsicContainer> container;
  if (format == ByteFormat::kZip) {
    ASSIGN_OR_RETURN(AsicContainer opened, AsicContainer::Open("", order.document, budget));
    container.emplace(std::move(opened));
  }
  ASSIGN_OR_RETURN(const LocatedSignature parent,
                   LocateSignature(order.document, container ? &*container : nullptr,
                                   order.countersigned, budget));
  const xmlNode* value = FindChild(parent.node, kDsig, "SignatureValue");
  const std::string id = value == nullptr ? "" : AttributeOf(value, "Id").value_or("");
  if (id.empty()) return Refused("extend.malformed", "the signature's value has no Id");
  const NodeSet nodes{.document = parent.document.get(), .apex = value};
  ASSIGN_OR_RETURN(const base::Bytes canonical,
                   CanonicalBytes(nodes, *FindCanonicalization(kExclusive)));
  SigningPlace place;
  place.documents = {{.name = "#" + id,
                      .media_type = "",
                      .sha256 = base::Sha256(canonical),
                      .kind = hsm::ReferenceKind::kCountersigned}};
  place.signature = {parent.file, FreeId(parent.text)};
  place.others = 1;
  return place;
}

base::Result<SigningPlace> Find(const SigningOrder& order) {
  switch (order.form) {
    case SignatureForm::kContainer: return PlaceInContainer(order);
    case SignatureForm::kEnveloped: return PlaceInXml(order);
    case SignatureForm::kEnveloping: return PlaceAround(order);
    case SignatureForm::kDetached: {
      SigningPlace place;
      place.documents = order.digests;
      place.signature = {"", "S1"};
      return place;
    }
    case SignatureForm::kCounter: return PlaceInSignature(order);
  }
  return Refused("document.none", "no form");
}

// ---- The rehearsal. ----

base::Bytes RawP256(base::ByteSpan der) {
  const unsigned char* at = der.data();
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> parts{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  constexpr int kHalf = 32;
  base::Bytes raw(std::size_t{2} * kHalf);
  if (!parts || BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), kHalf) != kHalf ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw.data() + kHalf, kHalf) != kHalf)
    return {};
  return raw;
}

// The throw-away key, made ready once for all that is rehearsed with it.
class Rehearsal {
 public:
  Rehearsal()
      : identity_(MakeThrowaway(ThrowawayKey{EVP_EC_gen("P-256")})),
        context_(EVP_PKEY_CTX_new(identity_.key.get(), nullptr)) {
    if (context_ && EVP_PKEY_sign_init(context_.get()) != 1) context_.reset();
  }

  const base::Bytes& certificate() const { return identity_.der; }

  // Empty when OpenSSL fails; then the rehearsal does.
  base::Bytes Sign(base::ByteSpan data) const {
    const base::Sha256Digest hash = base::Sha256(data);
    base::Bytes der(static_cast<std::size_t>(EVP_PKEY_get_size(identity_.key.get())));
    std::size_t size = der.size();
    if (!context_ ||
        EVP_PKEY_sign(context_.get(), der.data(), &size, hash.bytes.data(), hash.bytes.size()) != 1)
      return {};
    der.resize(size);
    return RawP256(der);
  }

 private:
  ThrowawayIdentity identity_;
  base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context_;
};

// Codes of remarks in a report.
std::vector<std::string> FindingsOf(const base::Json& report) {
  std::vector<std::string> codes;
  const base::Json* list = report.Find("containerFindings");
  if (list == nullptr || list->AsArray() == nullptr) return codes;
  for (const base::Json& one : *list->AsArray()) codes.push_back(one.Text("code").value_or(""));
  std::ranges::sort(codes);
  return codes;
}

const base::Json::Array& ListOf(const base::Json& json, std::string_view name) {
  static const base::Json::Array kNone;
  const base::Json* member = json.Find(name);
  return member != nullptr && member->AsArray() != nullptr ? *member->AsArray() : kNone;
}

// The one of that Id, among counter-signatures too; nullptr without.
const base::Json* FindIn(const base::Json::Array& signatures, const std::string& id) {
  for (const base::Json& one : signatures) {
    if (one.Text("id") == id) return &one;
    if (const base::Json* found = FindIn(ListOf(one, "counterSignatures"), id)) return found;
  }
  return nullptr;
}

base::Status CheckRehearsed(const SigningOrder& order, const base::Json& report,
                            SigningPlace& place) {
  if (report.Text("verdict") == "refused") {
    const base::Json* refusal = report.Find("refusal");
    return Refused("sign.would-not-verify",
                   refusal == nullptr ? "" : refusal->Text("code").value_or(""));
  }
  const base::Json* own = FindIn(ListOf(report, "signatures"), place.signature.id);
  for (const base::Json& one : ListOf(report, "signatures"))
    if (&one != own && one.Text("indication") == "TOTAL-FAILED")
      return Refused("sign.broken-signature",
                     one.Text("file").value_or("") + " " + one.Text("subIndication").value_or(""));
  const base::Json* intact = own == nullptr ? nullptr : own->Find("intact");
  if (intact == nullptr || intact->AsBool() == nullptr || !*intact->AsBool() ||
      own->Text("indication") == "TOTAL-FAILED")
    return Refused("sign.would-not-verify",
                   own == nullptr ? "no signature" : own->Text("subIndication").value_or(""));
  place.findings = FindingsOf(report);
  // A container that nobody signed yet must be without reproach; others come as they are.
  if (order.form == SignatureForm::kContainer && place.others == 0 && !place.findings.empty())
    return Refused("sign.would-not-verify", place.findings.front());
  return base::Ok();
}

base::Status Rehearse(const Rehearsal& rehearsal, const SigningOrder& order, SigningPlace& place) {
  ASSIGN_OR_RETURN(const PreparedSignature prepared,
                   PrepareSignature({.id = place.signature.id,
                                     .signing_time = order.now,
                                     .documents = place.documents,
                                     .certificate = rehearsal.certificate(),
                                     .claims = order.claims}));
  hsm::Seal seal;
  RETURN_IF_ERROR(hsm::CheckReferences(prepared.references));
  seal.signed_info =
      hsm::SerialiseSignedInfo(hsm::SignatureAlgorithm::kEcdsaSha256, prepared.references);
  seal.value = rehearsal.Sign(base::AsBytes(seal.signed_info));
  const bool envelops = order.form == SignatureForm::kEnveloping;
  const std::string xml =
      WriteFor(order.form, {prepared, seal, envelops ? order.document : base::ByteSpan()});
  ASSIGN_OR_RETURN(const base::Bytes result, PutSignature(order, place.signature, xml));
  return CheckRehearsed(order, Verify(RequestFor(order, result)), place);
}

base::Result<SigningPlace> FindWith(const Rehearsal& rehearsal, const SigningOrder& order) {
  ASSIGN_OR_RETURN(SigningPlace place, Find(order));
  if (place.documents.empty()) return Refused("document.none", "nothing to sign");
  RETURN_IF_ERROR(Rehearse(rehearsal, order, place));
  return place;
}

}  // namespace

std::string_view NameOf(SignatureForm form) {
  return std::ranges::find(kForms, form, &FormName::form)->name;
}

std::optional<SignatureForm> FindSignatureForm(std::string_view name) {
  const auto row = std::ranges::find(kForms, name, &FormName::name);
  if (row == kForms.end()) return std::nullopt;
  return row->form;
}

std::string WriteFor(SignatureForm form, const SealedSignature& signature) {
  return form == SignatureForm::kContainer ? WriteSignatureFile(signature)
                                           : WriteSignature(signature);
}

VerifyRequest RequestFor(const SigningOrder& order, base::ByteSpan result) {
  VerifyRequest request{.name = "to-be-released",
                        .document = result,
                        .trust = {},
                        .data = {},
                        .digests = {},
                        .at = order.now,
                        .explained = false};
  for (const DocumentDigest& one : order.digests) request.digests.push_back({one.name, one.sha256});
  return request;
}

base::Result<base::Bytes> PutSignature(const SigningOrder& order, const SignatureSelector& place,
                                       const std::string& signature) {
  switch (order.form) {
    case SignatureForm::kContainer:
      if (order.document.empty()) return base::ToBytes(signature);
      return PutMember(order.document, place.file, base::AsBytes(signature), order.now);
    case SignatureForm::kEnveloping:
    case SignatureForm::kDetached: return base::ToBytes(signature);
    case SignatureForm::kEnveloped: {
      ASSIGN_OR_RETURN(const XmlDocument document, ReadXml(order.document));
      const std::string_view text = base::AsText(order.document);
      const auto root = FindElementText(text, document, document.root());
      if (!root) return Refused("sign.not-xml", "its root is not found");
      return base::ToBytes(InsertAtEnd(text, *root, signature));
    }
    case SignatureForm::kCounter: {
      ASSIGN_OR_RETURN(Extended extended,
                       Extend({.name = "",
                               .document = order.document,
                               .target = order.countersigned,
                               .properties = {CounterSignatureProperty(signature)},
                               .modified = order.now},
                              nullptr));
      return std::move(extended.document);
    }
  }
  return Refused("document.none", "no form");
}

base::Result<SigningPlace> FindSigningPlace(const SigningOrder& order) {
  return FindWith(Rehearsal(), order);
}

std::vector<base::Result<SigningPlace>> FindSigningPlaces(const std::vector<SigningOrder>& orders) {
  const Rehearsal rehearsal;
  const KeepDecoded keep;
  std::vector<base::Result<SigningPlace>> places;
  for (const SigningOrder& order : orders) places.push_back(FindWith(rehearsal, order));
  return places;
}

}  // namespace signing
