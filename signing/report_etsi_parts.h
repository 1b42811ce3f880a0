// The parts of the ETSI TS 119 102-2 report, in the order in which it has them.
//
// Its objects have ids made of the signature's ("S1", its second counter-signature "S1-C2"):
// certificate "S1-X", signed files "S1-D1", time-stamps "S1-T1", revocation data "S1-R1";
// evidence records "E1".
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "signing/markup_writer.h"
#include "signing/report_html_page.h"

namespace signing {

inline constexpr std::string_view kSha256Uri = "http://www.w3.org/2001/04/xmlenc#sha256";

struct EtsiSubject {
  const base::Json& signature;
  const base::Json& report;
  const std::string& id;
};

std::string EtsiIndication(std::string_view indication);  // Of "TOTAL-PASSED", "FAILED", ...
std::string EtsiSubIndication(std::string_view sub);
// A text from a document as xs:anyURI: a plain web address as it is, anything else as
// "urn:edocvault:text:" with the rest escaped.
std::string EtsiUri(std::string_view text);
// <ReportData> with a type and a text.
void WriteEtsiData(std::string_view type, std::string_view text, MarkupWriter& out);
// ds:DigestMethod and ds:DigestValue in <DigestAlgAndValue>, of a digest in hexadecimal.
void WriteEtsiDigest(std::string_view sha256, MarkupWriter& out);

void WriteEtsiIdentifier(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiConstraints(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiTimes(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiSignersDocument(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiAttributes(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiSigner(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiQuality(const EtsiSubject& subject, MarkupWriter& out);
void WriteEtsiProcess(const base::Json& report, MarkupWriter& out);
void WriteEtsiStatus(const EtsiSubject& subject, MarkupWriter& out);
// SignatureValidationObjects of all signatures.
void WriteEtsiObjects(const base::Json& report, MarkupWriter& out);

}  // namespace signing
