// Fakes of what sealing needs: a signer, an inspector and the way out, each recording what it
// was asked and failing on demand.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "hsm/signer.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/issuer.h"

namespace tests {

class FakeSigner final : public hsm::Signer {
 public:
  std::optional<base::Error> next_error;
  std::vector<hsm::SealRequest> requests;
  // Certificates that are some: requests about them are really built.
  base::Bytes certificate = Make(FixedClock().now);
  base::Bytes issuer = Make(FixedClock().now);

  static base::Bytes Make(base::Time at) {
    const EvpKey key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    const base::CHandle<X509_NAME, X509_NAME_free> name{X509_NAME_new()};
    return Issue(key.get(), name.get(), at);
  }

  base::Result<hsm::SealingCertificate> Certificate(const hsm::KeyLabel&,
                                                    const std::string&) override {
    if (next_error) return *next_error;
    return hsm::SealingCertificate{certificate, {issuer}, hsm::SignatureAlgorithm::kEcdsaSha256};
  }
  base::Result<hsm::Seal> SealReferences(const hsm::SealRequest& request) override {
    requests.push_back(request);
    return hsm::Seal{"<ds:SignedInfo/>", base::Bytes(64, 1)};
  }

  std::vector<hsm::Mandate> mandates;     // Of batches.
  std::vector<std::size_t> batches;       // How many each call asked for.
  std::optional<std::size_t> lost_after;  // The token goes once, after so many of a batch.
  base::Result<hsm::SealedBatch> SealAll(const hsm::SealBatch& batch) override {
    batches.push_back(batch.signatures.size());
    mandates.push_back(batch.mandate);
    if (next_error) return *std::exchange(next_error, std::nullopt);
    hsm::SealedBatch sealed;
    const auto lost = std::exchange(lost_after, std::nullopt);
    const std::size_t count = lost.value_or(batch.signatures.size());
    for (std::size_t i = 0; i < count; ++i)
      sealed.seals.push_back({"<ds:SignedInfo/>", base::Bytes(64, 1)});
    if (lost)
      sealed.stopped = base::Error{base::ErrorCode::kUnavailable, "token.removed", "pulled"};
    return sealed;
  }
  std::vector<hsm::HashBatch> hashes;
  base::Result<base::Time> CheckApproval(const hsm::HashBatch& batch) override {
    hashes.push_back(batch);
    if (next_error) return *next_error;
    return FixedClock().now + std::chrono::hours(1);
  }
  base::Result<std::vector<base::Bytes>> SignHashes(const hsm::HashBatch& batch) override {
    hashes.push_back(batch);
    if (next_error) return *next_error;
    return std::vector<base::Bytes>(batch.hashes.size(), base::Bytes(64, 1));
  }
};

class FakeOutbound final : public api::Outbound {
 public:
  std::optional<base::Error> next_error;
  std::vector<std::string> services;
  std::vector<std::string> down;

  base::Result<base::Bytes> Post(const std::string& service, const std::string&,
                                 base::ByteSpan) override {
    services.push_back(service);
    if (std::ranges::find(down, service) != down.end())
      return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "down"};
    if (next_error) return *next_error;
    return base::ToBytes("answer");
  }
  // What Ask() answers; nothing else does.
  std::function<base::Result<api::HttpAnswer>(const std::string& service, base::ByteSpan body)>
      ask = [](const std::string&, base::ByteSpan) -> base::Result<api::HttpAnswer> {
    return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "nobody"};
  };
  base::Result<api::HttpAnswer> Ask(const std::string& service, const std::string&,
                                    base::ByteSpan body) override {
    return ask(service, body);
  }
  base::Result<base::Bytes> Fetch(const std::string& list) override {
    services.push_back(list);
    if (next_error) return *next_error;
    return base::ToBytes("list " + list);
  }
};

class FakeInspector final : public api::Inspector {
 public:
  std::optional<base::Error> timestamp_error;
  std::optional<base::Error> ocsp_error;
  base::Json report;  // What Verify() answers.
  base::Time timestamp_time;
  base::Json trust;  // What Trust() answers.
  std::optional<base::Error> import_error;
  trust::Files imported;

  // What the release rule accepts for the one document of FindSigningPlace() and FakeSigner.
  static base::Json GoodReport(std::string_view format, base::ByteSpan certificate) {
    base::Json signer;
    signer.Set("certificateSha256", base::HexEncode(base::Sha256(certificate).bytes));
    base::Json file;
    file.Set("name", "a.txt");
    file.Set("sha256", base::HexEncode(base::Sha256Digest().bytes));
    base::Json signature;
    signature.Set("id", "S1");
    signature.Set("format", format);
    signature.Set("indication", "INDETERMINATE");
    signature.Set("intact", true);
    signature.Set("signer", std::move(signer));
    signature.Set("signatureValueSha256", base::HexEncode(base::Sha256(base::Bytes(64, 1)).bytes));
    signature.Set("signedFiles", base::Json::Array{std::move(file)});
    signature.Set("timestamps", base::Json::Array{});
    if (format != "XAdES-BASELINE-B") {
      base::Json timestamp;
      timestamp.Set("imprintOk", true);
      timestamp.Set("signatureOk", true);
      signature.Set("timestamps", base::Json::Array{std::move(timestamp)});
    }
    base::Json good;
    good.Set("verdict", "indeterminate");
    good.Set("signatures", base::Json::Array{std::move(signature)});
    good.Set("containerFindings", base::Json::Array{});
    return good;
  }

  base::Result<base::Json> Verify(base::ByteSpan, const api::VerifyOrder&) override {
    return report;
  }
  std::optional<base::Error> place_error;

  base::Result<signing::SigningPlace> FindSigningPlace(const signing::SigningOrder&) override {
    if (place_error) return *place_error;
    return signing::SigningPlace{
        .documents = {{"a.txt", "text/plain", {}}}, .signature = {"", "S1"}, .findings = {}};
  }
  std::set<std::string> unplaceable;  // Names of documents that cannot be signed.
  base::Result<std::vector<base::Result<signing::SigningPlace>>> FindSigningPlaces(
      const signing::SigningOrder&,
      const std::vector<std::vector<signing::DocumentDigest>>& documents) override {
    std::vector<base::Result<signing::SigningPlace>> places;
    for (const auto& one : documents) {
      if (unplaceable.contains(one.front().name))
        places.emplace_back(
            base::Error{base::ErrorCode::kInvalidInput, "document.bad-name", "no such name"});
      else
        places.emplace_back(
            signing::SigningPlace{.documents = one, .signature = {"", "S1"}, .findings = {}});
    }
    return places;
  }
  std::vector<std::string> judged;  // Names of the documents, in the order they came.
  std::size_t refuse_next = 0;      // So many are not released.
  base::Result<std::vector<base::Status>> Judge(const std::vector<api::MadeSignature>& made,
                                                base::Time) override {
    std::vector<base::Status> statuses;
    for (const api::MadeSignature& one : made) {
      judged.push_back(one.expected.documents.front().name);
      const bool refused = refuse_next > 0;
      if (refused) --refuse_next;
      if (refused)
        statuses.emplace_back(
            base::Error{base::ErrorCode::kInternal, "release.refused", "not intact"});
      else
        statuses.emplace_back(base::Ok());
    }
    return statuses;
  }
  base::Result<base::Bytes> PutSignature(const signing::SigningOrder&,
                                         const signing::SignatureSelector&,
                                         const std::string& signature) override {
    return base::ToBytes(signature);
  }
  bool value_fits = true;
  base::Result<hsm::SignatureAlgorithm> ReadSigner(base::ByteSpan,
                                                   std::optional<hsm::SignatureAlgorithm>,
                                                   base::Time) override {
    return hsm::SignatureAlgorithm::kEcdsaSha256;
  }
  base::Result<bool> IsSignedBy(base::ByteSpan, hsm::SignatureAlgorithm, base::ByteSpan,
                                base::ByteSpan) override {
    return value_fits;
  }
  // Knows what was put in.
  base::Result<signing::Extended> Extend(const signing::ExtensionOrder& order) override {
    signing::Extended extended;
    std::string text = base::ToString(order.document);
    for (const std::string& property : order.properties) text += property;
    extended.survey.has_timestamp = text.find("SignatureTimeStamp") != std::string::npos;
    extended.survey.has_values = text.find("CertificateValues") != std::string::npos;
    extended.survey.certificate = FakeSigner::Make(timestamp_time);
    if (!order.issuers.empty())
      extended.survey.links = {{extended.survey.certificate, order.issuers.front()}};
    extended.survey.not_after = FixedClock().now + std::chrono::hours(24);
    extended.survey.proven = timestamp_time;
    extended.document = base::ToBytes(text);
    extended.imprint = base::Sha256Digest();
    return extended;
  }
  base::Result<signing::TimestampAnswer> ReadTimestampResponse(base::ByteSpan,
                                                               const base::Sha256Digest&,
                                                               base::ByteSpan) override {
    if (timestamp_error) return *timestamp_error;
    return signing::TimestampAnswer{base::ToBytes("token"), timestamp_time, {base::ToBytes("tsa")}};
  }
  base::Result<signing::OcspAnswer> ReadOcspResponse(base::ByteSpan,
                                                     const signing::OcspQuestion&) override {
    if (ocsp_error) return *ocsp_error;
    return signing::OcspAnswer{base::ToBytes("ocsp"), {}, {base::ToBytes("responder")}};
  }
  std::optional<base::Error> crl_error =
      base::Error{base::ErrorCode::kInvalidInput, "crl.other-issuer", ""};
  base::Status ReadCrl(base::ByteSpan, const signing::CrlQuestion&) override {
    if (crl_error) return *crl_error;
    return base::Ok();
  }
  base::Result<base::Json> Trust() override { return trust; }
  base::Result<base::Json> ImportTrust(const trust::Files& lists) override {
    imported = lists;
    if (import_error) return *import_error;
    return base::Json().Set("snapshot", "imported");
  }
};

}  // namespace tests
