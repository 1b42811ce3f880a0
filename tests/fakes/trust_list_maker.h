// TrustListMaker: trusted lists and lists of lists (TS 119 612), signed on the spot.
#pragma once

#include <string>
#include <vector>

#include "base/base64.h"
#include "tests/fakes/signature_maker.h"

namespace tests {

struct ListedStatus {
  std::string from;
  std::string status = "granted";
  std::string extensions{};  // Inside ServiceInformationExtensions.
  std::string type{};        // If not the service's.
};

struct ListedService {
  const Identity* identity = nullptr;
  std::string type = "CA/QC";
  std::vector<ListedStatus> history{};  // Newest first; the first is the current one.
  std::string provider = "Parbaudes sniedzejs";
};

struct ListedPointer {
  std::string territory;
  std::vector<const Identity*> signers;
  bool list_of_lists = false;
};

inline std::string QualificationExtension(const std::string& qualifier,
                                          const std::string& criteria) {
  return "<Extension Critical=\"true\"><q:Qualifications><q:QualificationElement><q:Qualifiers>"
         "<q:Qualifier uri=\"http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/" +
         qualifier + "\"/></q:Qualifiers>" + criteria +
         "</q:QualificationElement></q:Qualifications></Extension>";
}

inline std::string AdditionalExtension(const std::string& word) {
  return "<Extension Critical=\"true\"><AdditionalServiceInformation><URI xml:lang=\"en\">"
         "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/" +
         word + "</URI></AdditionalServiceInformation></Extension>";
}

class TrustListMaker {
 public:
  std::string territory = "LV";
  int version = 5;
  int sequence = 1;
  std::string issued = "2023-01-01T00:00:00Z";
  std::string next_update = "2023-07-01T00:00:00Z";
  bool list_of_lists = false;
  std::vector<ListedPointer> pointers;
  std::vector<ListedService> services;
  bool cover_all = true;  // False: the signature covers its own properties alone.
  std::string transforms =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"
      "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
  std::string extra_scheme;  // Put at the end of SchemeInformation.

  std::string Unsigned() const { return Open() + Close(); }

  std::string SignedBy(const Identity& signer) const {
    SignatureMaker maker(signer);
    maker.files.clear();
    maker.exclusive = true;
    maker.open = Open();
    maker.close = Close();
    if (!cover_all) return maker.Xml();
    maker.extra_references =
        SignatureMaker::Reference("all", "", "<ds:Transforms>" + transforms + "</ds:Transforms>",
                                  SignatureMaker::Digest(SignatureMaker::Canonical(
                                      Unsigned(), "list", SignatureMaker::kExclusive)));
    return maker.Xml();
  }

 private:
  static std::string Certificate(const Identity& identity) {
    return "<DigitalId><X509Certificate>" + base::Base64Encode(identity.Der()) +
           "</X509Certificate></DigitalId>";
  }

  static std::string TypeUri(bool lists) {
    return std::string("http://uri.etsi.org/TrstSvc/TrustedList/TSLType/") +
           (lists ? "EUlistofthelists" : "EUgeneric");
  }

  std::string Open() const {
    std::string xml =
        "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\" "
        "xmlns:q=\"http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#\" "
        "xmlns:a=\"http://uri.etsi.org/02231/v2/additionaltypes#\" "
        "xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\" Id=\"list\"><SchemeInformation>"
        "<TSLVersionIdentifier>" +
        std::to_string(version) + "</TSLVersionIdentifier><TSLSequenceNumber>" +
        std::to_string(sequence) + "</TSLSequenceNumber><TSLType>" + TypeUri(list_of_lists) +
        "</TSLType><SchemeTerritory>" + territory + "</SchemeTerritory><PointersToOtherTSL>";
    for (const ListedPointer& pointer : pointers) xml += Pointer(pointer);
    xml += "</PointersToOtherTSL><ListIssueDateTime>" + issued +
           "</ListIssueDateTime><NextUpdate><dateTime>" + next_update + "</dateTime></NextUpdate>" +
           extra_scheme + "</SchemeInformation><TrustServiceProviderList>";
    for (const ListedService& service : services) xml += Provider(service);
    return xml + "</TrustServiceProviderList>";
  }

  static std::string Close() { return "</TrustServiceStatusList>"; }

  static std::string Pointer(const ListedPointer& pointer) {
    std::string xml = "<OtherTSLPointer><ServiceDigitalIdentities><ServiceDigitalIdentity>";
    for (const Identity* signer : pointer.signers) xml += Certificate(*signer);
    return xml +
           "</ServiceDigitalIdentity></ServiceDigitalIdentities><AdditionalInformation>"
           "<OtherInformation><TSLType>" +
           TypeUri(pointer.list_of_lists) +
           "</TSLType></OtherInformation><OtherInformation><SchemeTerritory>" + pointer.territory +
           "</SchemeTerritory></OtherInformation></AdditionalInformation></OtherTSLPointer>";
  }

  static std::string Status(const ListedService& service, const ListedStatus& status,
                            bool current) {
    return "<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/" +
           (status.type.empty() ? service.type : status.type) +
           "</ServiceTypeIdentifier><ServiceName><Name xml:lang=\"lv\">Pakalpojums</Name>"
           "<Name xml:lang=\"en\">Service</Name></ServiceName><ServiceDigitalIdentity>" +
           (current ? Certificate(*service.identity) : "") +
           "</ServiceDigitalIdentity><ServiceStatus>"
           "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/" +
           status.status + "</ServiceStatus><StatusStartingTime>" + status.from +
           "</StatusStartingTime><ServiceInformationExtensions>" + status.extensions +
           "</ServiceInformationExtensions>";
  }

  static std::string Provider(const ListedService& service) {
    std::string xml =
        "<TrustServiceProvider><TSPInformation><TSPName><Name xml:lang=\"en\">" + service.provider +
        "</Name></TSPName></TSPInformation><TSPServices><TSPService>"
        "<ServiceInformation>" +
        Status(service, service.history.front(), true) + "</ServiceInformation><ServiceHistory>";
    for (std::size_t i = 1; i < service.history.size(); ++i)
      xml += "<ServiceHistoryInstance>" + Status(service, service.history[i], false) +
             "</ServiceHistoryInstance>";
    return xml + "</ServiceHistory></TSPService></TSPServices></TrustServiceProvider>";
  }
};

}  // namespace tests
