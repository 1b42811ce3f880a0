// A document with everything that an evidence bundle can hold, and bundles made of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "signing/canonical_json.h"
#include "signing/evidence_bundle.h"
#include "signing/stored_zip.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/signature_maker.h"

namespace tests {

// A signed container with time-stamp and OCSP response, and what is trusted. Bytes live as long
// as this.
struct EvidenceCase {
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity signer =
      Make({.name = "signer",
            .issuer = &ca,
            .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}}});
  const Identity responder =
      Make({.name = "OCSP",
            .issuer = &ca,
            .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  const Identity tsa = MakeTsa();
  const base::Bytes ca_der = ca.Der();
  const base::Bytes tsa_der = tsa.Der();
  const base::Bytes responder_der = responder.Der();
  base::Bytes document = Container().Make();

  SignatureMaker Maker() const {
    SignatureMaker maker(signer);
    maker.tsa = &tsa;
    const base::Bytes response =
        MakeOcsp({.responder = &responder, .certificate = &signer, .issuer = &ca, .nonce = {}});
    maker.long_term = "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>" +
                      base::Base64Encode(response) +
                      "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>";
    return maker;
  }
  ZipMaker Container() const { return Maker().Container(); }

  // After all that is made now, and the same in all requests of a case.
  const base::Time at = base::SystemClock().Now() + std::chrono::hours{24};

  signing::VerifyRequest Request() const {
    signing::VerifyRequest request;
    request.name = "lemums.edoc";
    request.document = document;
    request.trust = {{"ca.der", ca_der}, {"tsa.der", tsa_der}, {"ocsp.der", responder_der}};
    request.at = at;
    return request;
  }
};

inline signing::CollectedEvidence Collected(const signing::VerifyRequest& request) {
  return signing::ReadCollected(signing::CollectEvidence(request)).value();
}

inline base::Bytes BundleOf(const signing::VerifyRequest& request) {
  base::Bytes bundle;
  const auto take = [&](base::ByteSpan piece) { base::Append(piece, bundle); };
  if (!signing::WriteBundle(request, Collected(request), take).ok()) return {};
  return bundle;
}

// A bundle taken apart, for whoever wants to put another together.
class BundleParts {
 public:
  explicit BundleParts(const base::Bytes& bundle) {
    for (const signing::StoredMember& member : signing::ReadStoredZip(bundle).value())
      members[member.name] = base::ToString(member.bytes);
  }

  std::map<std::string, std::string> members;

  base::Json Manifest() const { return base::Json::Parse(members.at("bundle.json")).value(); }
  void SetManifest(const base::Json& json) {
    members["bundle.json"] = signing::CanonicalText(json);
  }

  // The content, and in bundle.json its digest and size, as a careful attacker would.
  void Forge(const std::string& member, const std::string& content) {
    members[member] = content;
    base::Json::Array entries = *Manifest().Find("members")->AsArray();
    for (base::Json& entry : entries) {
      if (entry.Text("member") != member) continue;
      entry.Set("sha256", base::HexEncode(base::Sha256(base::AsBytes(content)).span()));
      entry.Set("size", content.size());
    }
    SetManifest(Manifest().Set("members", entries));
  }

  base::Bytes Make() const {
    std::vector<signing::StoredMember> stored;
    for (const auto& [name, content] : members) stored.push_back({name, base::AsBytes(content)});
    base::Bytes bundle;
    const auto take = [&](base::ByteSpan piece) { base::Append(piece, bundle); };
    static_cast<void>(signing::WriteStoredZip(stored, take));
    return bundle;
  }
};

// "reason: message" of what a replay ends in; "identical" when it does not fail.
inline std::string ReplayOf(const base::Bytes& bundle) {
  const auto replay = signing::ReadReplay(signing::ReplayBundle(bundle));
  return replay.ok() ? "identical" : replay.error().reason + ": " + replay.error().message;
}

}  // namespace tests
