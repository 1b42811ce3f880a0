// The report as an ETSI TS 119 102-2 V1.4.1 ValidationReport: the order of its parts.
#include "signing/report_etsi_parts.h"
#include "signing/report_pages.h"

namespace signing {
namespace {

using base::Json;

void WriteReportOf(const Json& signature, const Json& report, const std::string& id,
                   MarkupWriter& out) {
  const EtsiSubject subject{signature, report, id};
  out.Open("SignatureValidationReport");
  WriteEtsiIdentifier(subject, out);
  WriteEtsiConstraints(subject, out);
  WriteEtsiTimes(subject, out);
  WriteEtsiSignersDocument(subject, out);
  WriteEtsiAttributes(subject, out);
  WriteEtsiSigner(subject, out);
  WriteEtsiQuality(subject, out);
  WriteEtsiProcess(report, out);
  WriteEtsiStatus(subject, out);
  out.Close();
  std::size_t number = 0;
  for (const Json& counter : ListIn(signature, "counterSignatures"))
    WriteReportOf(counter, report, id + "-C" + std::to_string(++number), out);
}

// A document that was refused: nothing is known about its signatures, and this is why.
void WriteRefusal(const Json& report, MarkupWriter& out) {
  const Json& refusal = MemberOf(report, "refusal");
  out.Open("SignatureValidationReport");
  WriteEtsiProcess(report, out);
  out.Open("SignatureValidationStatus");
  out.Leaf("MainIndication", EtsiIndication("INDETERMINATE"));
  out.Open("AssociatedValidationReportData").Open("AdditionalValidationReportData");
  WriteEtsiData("urn:edocvault:refusal", refusal.Text("code").value_or("unknown"), out);
  WriteEtsiData("urn:edocvault:message", refusal.Text("message").value_or(""), out);
  out.Close().Close().Close().Close();
}

}  // namespace

std::string ReportEtsi(const Json& report) {
  MarkupWriter out("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
  out.Open("ValidationReport", {{"xmlns", "http://uri.etsi.org/19102/v1.4.1#"},
                                {"xmlns:ds", "http://www.w3.org/2000/09/xmldsig#"},
                                {"xmlns:xades", "http://uri.etsi.org/01903/v1.3.2#"}});
  std::size_t number = 0;
  const Json::Array& signatures = ListIn(report, "signatures");
  for (const Json& signature : signatures)
    WriteReportOf(signature, report, "S" + std::to_string(++number), out);
  if (signatures.empty()) WriteRefusal(report, out);
  WriteEtsiObjects(report, out);
  out.Close();
  return std::move(out).Take();
}

}  // namespace signing
