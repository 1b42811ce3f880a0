#include "signing/found_evidence.h"

#include <array>

#include "signing/facts_certificate.h"
#include "signing/member_name.h"
#include "signing/revocation.h"

namespace signing {
namespace {

constexpr std::array<std::string_view, 4> kFolders{"certificates", "ocsp", "crl", "timestamps"};
constexpr std::size_t kMaxSources = 100;  // Of one object; a heap of signatures repeats itself.

}  // namespace

std::string EvidenceMemberName(EvidenceKind kind, const base::Sha256Digest& digest) {
  return std::string(kFolders.at(static_cast<std::size_t>(kind))) + "/" +
         base::HexEncode(digest.span()) + ".der";
}

void FoundEvidence::Add(EvidenceKind kind, base::ByteSpan bytes, Source source) {
  const Key key{kind, base::Sha256(bytes)};
  auto found = objects_.find(key);
  if (found == objects_.end()) {
    if (objects_.size() >= kMaxObjects || bytes.size() > kMaxBytes - bytes_) {
      complete_ = false;
      return;
    }
    bytes_ += bytes.size();
    found = objects_.emplace(key, Object{base::Bytes(bytes.begin(), bytes.end()), {}}).first;
  }
  if (found->second.sources.size() < kMaxSources) found->second.sources.insert(std::move(source));
}

void FoundEvidence::AddSignature(const SignatureFacts& signature) {
  const auto add = [&](EvidenceKind kind, base::ByteSpan bytes, std::string_view place) {
    Add(kind, bytes, {std::string(place), signature.file, signature.id});
  };
  for (const Certificate& certificate : signature.key_info_certificates)
    add(EvidenceKind::kCertificate, certificate.der(), "key-info");
  for (const TimestampFact& fact : signature.timestamps)
    if (fact.token)
      for (const Certificate& certificate : fact.token->certificates)
        add(EvidenceKind::kCertificate, certificate.der(), "timestamp");
  if (signature.xades) {
    for (const Certificate& certificate : signature.xades->certificates)
      add(EvidenceKind::kCertificate, certificate.der(), "unsigned-properties");
    for (const EmbeddedData& data : signature.xades->ocsp) {
      add(EvidenceKind::kOcsp, data.der, "unsigned-properties");
      const auto response = OcspResponse::Parse(data.der);
      if (!response.ok()) continue;
      for (const Certificate& certificate : response.value().certificates())
        add(EvidenceKind::kCertificate, certificate.der(), "ocsp-response");
    }
    for (const EmbeddedData& data : signature.xades->crls)
      add(EvidenceKind::kCrl, data.der, "unsigned-properties");
    for (const TimestampElement& element : signature.xades->timestamps)
      for (const base::Bytes& token : element.tokens)
        add(EvidenceKind::kTimestamp, token,
            element.kind == TimestampKind::kContent ? "signed-properties" : "unsigned-properties");
  }
  for (const SignatureFacts& counter : signature.counter_signatures) AddSignature(counter);
}

void FoundEvidence::AddRecord(const EvidenceRecordFacts& record) {
  for (const ArchiveTimestampFact& fact : record.timestamps) {
    Add(EvidenceKind::kTimestamp, fact.der, {"evidence-record", record.file, ""});
    if (!fact.token) continue;
    for (const Certificate& certificate : fact.token->certificates)
      Add(EvidenceKind::kCertificate, certificate.der(), {"evidence-record", record.file, ""});
  }
}

void FoundEvidence::AddTrusted(const facts::Document& document, const TrustSnapshot& trust) {
  const auto add = [&](const Certificate& certificate) {
    if (document.certificates.contains(IdOfCertificate(certificate)) &&
        !objects_.contains({EvidenceKind::kCertificate, certificate.Sha256()}))
      Add(EvidenceKind::kCertificate, certificate.der(), {"trust", "", ""});
  };
  for (const TrustService& service : trust.services())
    for (const Certificate& certificate : service.certificates) add(certificate);
  for (const Certificate& anchor : trust.anchors()) add(anchor);
}

base::Json FoundEvidence::Index() const {
  base::Json list{base::Json::Array{}};
  for (const auto& [key, object] : objects_) {
    base::Json sources{base::Json::Array{}};
    for (const Source& source : object.sources) {
      base::Json json;
      json.Set("place", source.place);
      json.Set("file", PrintableText(source.file));
      json.Set("signature", PrintableText(source.id));
      sources.Push(std::move(json));
    }
    base::Json json;
    json.Set("member", EvidenceMemberName(key.first, key.second));
    json.Set("foundIn", std::move(sources));
    list.Push(std::move(json));
  }
  base::Json json;
  json.Set("schema", "edocvault.evidence-index/1");
  json.Set("complete", complete_);
  json.Set("objects", std::move(list));
  return json;
}

std::vector<std::pair<std::string, base::ByteSpan>> FoundEvidence::Members() const {
  std::vector<std::pair<std::string, base::ByteSpan>> members;
  for (const auto& [key, object] : objects_)
    members.emplace_back(EvidenceMemberName(key.first, key.second), object.bytes);
  return members;
}

}  // namespace signing
