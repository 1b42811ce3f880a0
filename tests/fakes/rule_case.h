// A valid document in a small PKI, for tests that change one thing about it.
#pragma once

#include <string>
#include <vector>

#include "signing/verifier.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/signature_maker.h"

namespace tests {

// Who signs, stamps and answers. `at` is a day after the time-stamps, which have today's time.
struct RuleCase {
  const base::Time now = base::SystemClock().Now();
  const Identity root = Make({.name = "Root", .extensions = CaExtensions()});
  const Identity ca = Make({.name = "CA", .issuer = &root, .extensions = CaExtensions()});
  // Issued without revocation (RFC 9608), and one whose status has to be proven.
  const Identity signer =
      Make({.name = "Anna Paraugs",
            .issuer = &root,
            .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}}});
  const Identity user = Make({.name = "Juris Paraugs",
                              .issuer = &ca,
                              .extensions = {{"keyUsage", "critical,nonRepudiation"}}});
  const Identity responder =
      Make({.name = "OCSP",
            .issuer = &ca,
            .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  const Identity tsa = MakeTsa();
  std::string policy = "eu-ades";
  std::string name = "lemums.edoc";
  std::vector<const Identity*> trusted{&root, &tsa};
  std::vector<std::string> lists;  // Trusted lists beside them.

  SignatureMaker Maker() const {
    SignatureMaker maker(signer);
    maker.tsa = &tsa;
    return maker;
  }
  SignatureMaker MakerFor(const Identity& who) const {
    SignatureMaker maker(who);
    maker.tsa = &tsa;
    return maker;
  }

  base::Json Report(base::ByteSpan document) const {
    std::vector<base::Bytes> anchors;
    for (const Identity* identity : trusted) anchors.push_back(identity->Der());
    signing::VerifyRequest request;
    request.name = name;
    request.document = document;
    request.policy = policy;
    for (const base::Bytes& anchor : anchors) request.trust.push_back({"anchor.der", anchor});
    for (const std::string& list : lists) request.trust.push_back({"tl.xml", base::AsBytes(list)});
    request.at = now + std::chrono::days(1);
    return signing::Verify(request);
  }
  base::Json Report(const ZipMaker& zip) const { return Report(zip.Make()); }

  // "valid", or what the first signature lacks, or the code of the refusal.
  static std::string OutcomeIn(const base::Json& report, std::size_t signature = 0) {
    if (report.Text("verdict") == "refused")
      return "refused " + report.Find("refusal")->Text("code").value_or("?");
    const auto& list = *report.Find("signatures")->AsArray();
    if (signature >= list.size()) return "no signature";
    if (list[signature].Text("indication") == "TOTAL-PASSED") return "valid";
    return list[signature].Text("subIndication").value_or("?");
  }
  std::string Outcome(const ZipMaker& zip) const { return OutcomeIn(Report(zip)); }
  std::string Outcome(const SignatureMaker& maker) const { return Outcome(maker.Container()); }

  base::Json Timestamp(const SignatureMaker& maker) const {
    const base::Json report = Report(maker.Container());
    return report.Find("signatures")->AsArray()->front().Find("timestamps")->AsArray()->front();
  }

  static bool HasFinding(const base::Json& report, std::string_view code) {
    for (const base::Json& finding : *report.Find("containerFindings")->AsArray())
      if (finding.Text("code") == code) return true;
    return false;
  }
  static bool HasNote(const base::Json& report, std::string_view code) {
    for (const base::Json& note :
         *report.Find("signatures")->AsArray()->front().Find("notes")->AsArray())
      if (note.Text("code") == code) return true;
    return false;
  }

  // From just after the time-stamp.
  OcspSpec Answer(const Identity& about, int status = V_OCSP_CERTSTATUS_GOOD) const {
    return {.responder = &responder,
            .certificate = &about,
            .issuer = &ca,
            .status = status,
            .this_update = now + std::chrono::minutes(2),
            .next_update = now + std::chrono::days(2)};
  }
  CrlSpec List(std::vector<const Identity*> revoked = {}) const {
    return {.issuer = &root,
            .revoked = std::move(revoked),
            .this_update = now + std::chrono::minutes(2),
            .next_update = now + std::chrono::days(2)};
  }

  static std::string CertificateValues(const std::vector<const Identity*>& identities) {
    std::string values;
    for (const Identity* identity : identities)
      values += "<xades:EncapsulatedX509Certificate>" + base::Base64Encode(identity->Der()) +
                "</xades:EncapsulatedX509Certificate>";
    return "<xades:CertificateValues>" + values + "</xades:CertificateValues>";
  }
  static std::string RevocationValues(const std::vector<base::Bytes>& lists,
                                      const std::vector<base::Bytes>& responses) {
    std::string crls;
    std::string ocsp;
    for (const base::Bytes& list : lists)
      crls += "<xades:EncapsulatedCRLValue>" + base::Base64Encode(list) +
              "</xades:EncapsulatedCRLValue>";
    for (const base::Bytes& response : responses)
      ocsp += "<xades:EncapsulatedOCSPValue>" + base::Base64Encode(response) +
              "</xades:EncapsulatedOCSPValue>";
    if (!crls.empty()) crls = "<xades:CRLValues>" + crls + "</xades:CRLValues>";
    if (!ocsp.empty()) ocsp = "<xades:OCSPValues>" + ocsp + "</xades:OCSPValues>";
    return "<xades:RevocationValues>" + crls + ocsp + "</xades:RevocationValues>";
  }
};

// `text` with the first `what` replaced; aborts when there is none.
inline std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) std::abort();
  return text.replace(at, what.size(), with);
}

}  // namespace tests
