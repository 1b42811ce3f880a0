// Fakes of what sealing needs: a signer, an inspector and the way out, each recording what it
// was asked and failing on demand.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "hsm/signer.h"

namespace tests {

class FakeSigner final : public hsm::Signer {
 public:
  std::optional<base::Error> next_error;
  std::vector<hsm::SealRequest> requests;
  base::Bytes certificate = base::ToBytes("certificate");
  base::Bytes issuer = base::ToBytes("issuer");

  base::Result<hsm::SealingCertificate> Certificate(const hsm::KeyLabel&) override {
    if (next_error) return *next_error;
    return hsm::SealingCertificate{certificate, {issuer}, hsm::SignatureAlgorithm::kEcdsaSha256};
  }
  base::Result<hsm::Seal> SealReferences(const hsm::SealRequest& request) override {
    requests.push_back(request);
    return hsm::Seal{"<ds:SignedInfo/>", base::Bytes(64, 1)};
  }
};

class FakeOutbound final : public api::Outbound {
 public:
  std::optional<base::Error> next_error;
  std::vector<std::string> services;

  base::Result<base::Bytes> Post(const std::string& service, const std::string&,
                                 base::ByteSpan) override {
    services.push_back(service);
    if (next_error) return *next_error;
    return base::ToBytes("answer");
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
  base::Json report;  // What Verify() answers.
  base::Time timestamp_time;
  base::Json trust;  // What Trust() answers.
  std::optional<base::Error> import_error;
  trust::Files imported;

  // What the release rule accepts for the one document of ListDocuments() and FakeSigner.
  static base::Json GoodReport(std::string_view format, base::ByteSpan certificate) {
    base::Json signer;
    signer.Set("certificateSha256", base::HexEncode(base::Sha256(certificate).bytes));
    base::Json file;
    file.Set("name", "a.txt");
    file.Set("sha256", base::HexEncode(base::Sha256Digest().bytes));
    base::Json signature;
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
  base::Result<std::vector<signing::DocumentDigest>> ListDocuments(base::ByteSpan) override {
    return std::vector<signing::DocumentDigest>{{"a.txt", "text/plain", {}}};
  }
  base::Result<base::Bytes> AddSignature(base::ByteSpan, const std::string& xml,
                                         base::Time) override {
    return base::ToBytes(xml);
  }
  base::Result<signing::TimestampAnswer> ReadTimestampResponse(base::ByteSpan,
                                                               const base::Sha256Digest&,
                                                               base::ByteSpan) override {
    if (timestamp_error) return *timestamp_error;
    return signing::TimestampAnswer{base::ToBytes("token"), timestamp_time, {base::ToBytes("tsa")}};
  }
  base::Result<signing::OcspAnswer> ReadOcspResponse(base::ByteSpan,
                                                     const signing::OcspQuestion&) override {
    return signing::OcspAnswer{base::ToBytes("ocsp"), {}, {base::ToBytes("responder")}};
  }
  base::Result<base::Json> Trust() override { return trust; }
  base::Result<base::Json> ImportTrust(const trust::Files& lists) override {
    imported = lists;
    if (import_error) return *import_error;
    return base::Json().Set("snapshot", "imported");
  }
};

}  // namespace tests
