// Inspector: where bytes from outside are opened.
//
// The role is a zygote: it preloads what every inspection shares, and forks one process inside
// hardening's walls for each call. It looks at no byte of a document itself. The front reaches it
// through a door and never opens a document itself.
#pragma once

#include <string>
#include <vector>

#include "api/config.h"
#include "api/flow/release_rule.h"
#include "base/channel.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/evidence.h"
#include "signing/extender.h"
#include "signing/signing_place.h"
#include "signing/verifier.h"
#include "trust/material.h"

namespace api {

// What all inspections share.
struct InspectorSetup {
  std::shared_ptr<const signing::PreparedTrust> trust{};  // nullptr: nothing is trusted.
  const TrustConfig* installed = nullptr;  // Instead: kept up to date with its store; borrowed.
};

// Serves calls until every caller is gone: ok. Single-threaded: it forks. What goes wrong with one
// call is that call's answer.
base::Status ServeInspector(const base::UniqueFd& door, const InspectorSetup& setup);

struct VerifyOrder {
  std::string name;
  std::string policy = "eu-ades";
  base::Time at;
  base::Language language = base::Language::kEnglish;
  std::vector<signing::DocumentDigest> digests{};  // Of documents beside it that are not here.
};

// A signature file over documents that are known by their digests, and what it was meant to be.
struct MadeSignature {
  base::Bytes xml;
  ExpectedSignature expected;
};

// What the flows need of it. Thread-safe.
//
// Errors of all: those of the signing function behind each; kInvalidInput
// "input.too-costly" when the walls' limits stopped it; kUnavailable "channel.*".
class Inspector {
 public:
  virtual ~Inspector() = default;

  // The report of signing::Verify().
  virtual base::Result<base::Json> Verify(base::ByteSpan document, const VerifyOrder& order) = 0;

  // Where a new signature goes, and whether it would pass (signing/signing_place.h).
  virtual base::Result<signing::SigningPlace> FindSigningPlace(
      const signing::SigningOrder& order) = 0;
  // Signatures alike, each over its own documents, which are digests alone: `shared` says the
  // rest. One process for all, since no byte of a document is opened (ADR 0011). An answer each,
  // in their order.
  virtual base::Result<std::vector<base::Result<signing::SigningPlace>>> FindSigningPlaces(
      const signing::SigningOrder& shared,
      const std::vector<std::vector<signing::DocumentDigest>>& documents) = 0;
  // Whether each is what it was meant to be (RequireReleasable()). One process for all, too: what
  // it opens was written here.
  virtual base::Result<std::vector<base::Status>> Judge(const std::vector<MadeSignature>& made,
                                                        base::Time at) = 0;
  virtual base::Result<base::Bytes> PutSignature(const signing::SigningOrder& order,
                                                 const signing::SignatureSelector& place,
                                                 const std::string& signature) = 0;

  // A certificate whose key is elsewhere: which algorithm goes with it. Errors: those of
  // RequireUsable() in flow/sign_document.h, kInvalidInput "seal.other-algorithm".
  virtual base::Result<hsm::SignatureAlgorithm> ReadSigner(
      base::ByteSpan certificate, std::optional<hsm::SignatureAlgorithm> asked, base::Time now) = 0;
  // Whether that certificate's key made the value over `data`.
  virtual base::Result<bool> IsSignedBy(base::ByteSpan certificate,
                                        hsm::SignatureAlgorithm algorithm, base::ByteSpan data,
                                        base::ByteSpan value) = 0;

  // As signing::Extend(), with the issuers that are trusted now.
  virtual base::Result<signing::Extended> Extend(const signing::ExtensionOrder& order) = 0;

  virtual base::Result<signing::TimestampAnswer> ReadTimestampResponse(
      base::ByteSpan response, const base::Sha256Digest& imprint, base::ByteSpan nonce) = 0;
  virtual base::Result<signing::OcspAnswer> ReadOcspResponse(
      base::ByteSpan response, const signing::OcspQuestion& question) = 0;

  virtual base::Status ReadCrl(base::ByteSpan crl, const signing::CrlQuestion& question) = 0;

  // Facts about the trust that verifications get now (TrustKeeper::facts()), or
  // {"configured": false}.
  virtual base::Result<base::Json> Trust() = 0;

  // Lists that were fetched, by their names in the configuration: verified, imported and taken
  // into use. Errors: those of FinishTrustImport(); kNotFound "trust.not-configured".
  virtual base::Result<base::Json> ImportTrust(const trust::Files& lists) = 0;
};

// The inspector role behind a door.
class InspectorClient final : public Inspector {
 public:
  explicit InspectorClient(base::ChannelClient channel) : channel_(std::move(channel)) {}

  base::Result<base::Json> Verify(base::ByteSpan document, const VerifyOrder& order) override;
  base::Result<signing::SigningPlace> FindSigningPlace(const signing::SigningOrder& order) override;
  base::Result<std::vector<base::Result<signing::SigningPlace>>> FindSigningPlaces(
      const signing::SigningOrder& shared,
      const std::vector<std::vector<signing::DocumentDigest>>& documents) override;
  base::Result<std::vector<base::Status>> Judge(const std::vector<MadeSignature>& made,
                                                base::Time at) override;
  base::Result<base::Bytes> PutSignature(const signing::SigningOrder& order,
                                         const signing::SignatureSelector& place,
                                         const std::string& signature) override;
  base::Result<hsm::SignatureAlgorithm> ReadSigner(base::ByteSpan certificate,
                                                   std::optional<hsm::SignatureAlgorithm> asked,
                                                   base::Time now) override;
  base::Result<bool> IsSignedBy(base::ByteSpan certificate, hsm::SignatureAlgorithm algorithm,
                                base::ByteSpan data, base::ByteSpan value) override;
  base::Result<signing::Extended> Extend(const signing::ExtensionOrder& order) override;
  base::Result<signing::TimestampAnswer> ReadTimestampResponse(base::ByteSpan response,
                                                               const base::Sha256Digest& imprint,
                                                               base::ByteSpan nonce) override;
  base::Result<signing::OcspAnswer> ReadOcspResponse(
      base::ByteSpan response, const signing::OcspQuestion& question) override;
  base::Status ReadCrl(base::ByteSpan crl, const signing::CrlQuestion& question) override;
  base::Result<base::Json> Trust() override;
  base::Result<base::Json> ImportTrust(const trust::Files& lists) override;

 private:
  base::ChannelClient channel_;
};

}  // namespace api
