// SignatureValidationObjects: what was looked at, by digest, with proofs of existence.
#include "signing/report_etsi_parts.h"

namespace signing {
namespace {

using base::Json;

// The list is written with its first object: the schema knows no empty one.
class Objects {
 public:
  explicit Objects(MarkupWriter& out) : out_(out) {}

  void Open(const std::string& id, std::string_view type) {
    if (!any_) out_.Open("SignatureValidationObjects");
    any_ = true;
    out_.Open("ValidationObject", {{"id", id}});
    out_.Leaf("ObjectType", "urn:etsi:019102:validationObject:" + std::string(type));
    out_.Open("ValidationObjectRepresentation");
  }
  void Poe(std::string_view time) {
    out_.Open("POE").Leaf("POETime", time);
    out_.Leaf("TypeOfProof", "urn:etsi:019102:poetype:validation").Close();
  }
  void Finish() {
    if (any_) out_.Close();
  }
  MarkupWriter& out() { return out_; }

 private:
  MarkupWriter& out_;
  bool any_ = false;
};

// By digest; it exists at the latest now, or when something proves more.
void WriteDigested(const std::string& id, std::string_view type, const std::string& sha256,
                   std::string_view time, Objects& objects) {
  objects.Open(id, type);
  WriteEtsiDigest(sha256, objects.out());
  objects.out().Close();
  objects.Poe(time);
}

void WriteQuality(const std::string& qualification, MarkupWriter& out) {
  std::string word = qualification;
  std::ranges::replace(word, '/', '-');
  out.Open("SignatureQuality");
  out.Leaf("SignatureQualityInformation", "urn:edocvault:qualification:" + word).Close();
}

std::string_view IndicationOfTimestamp(const Json& timestamp) {
  if (IsTrue(timestamp, "trusted")) return "PASSED";
  const bool* imprint = MemberOf(timestamp, "imprintOk").AsBool();
  const bool wrong = IsTrue(timestamp, "readable") &&
                     (!IsTrue(timestamp, "signatureOk") || (imprint != nullptr && !*imprint));
  return wrong ? "FAILED" : "INDETERMINATE";
}

void WriteTimestamp(const Json& timestamp, const std::string& id, const std::string& now,
                    Objects& objects) {
  MarkupWriter& out = objects.out();
  const bool proves = IsTrue(timestamp, "trusted");
  WriteDigested(id, "timestamp", timestamp.Text("sha256").value_or(""),
                proves ? timestamp.Text("time").value_or(now) : now, objects);
  out.Open("ValidationReport");
  WriteQuality(timestamp.Text("qualification").value_or("N/A"), out);
  out.Open("SignatureValidationStatus");
  out.Leaf("MainIndication", EtsiIndication(IndicationOfTimestamp(timestamp)));
  out.Close().Close().Close();
}

void WriteObjectsOf(const Json& signature, const std::string& id, const std::string& now,
                    Objects& objects) {
  MarkupWriter& out = objects.out();
  // What the signature covers rightly existed when the signature did.
  const std::string proven =
      IsTrue(signature, "intact") ? signature.Text("bestSignatureTime").value_or(now) : now;
  const Json& signer = MemberOf(signature, "signer");
  if (!signer.is_null()) {
    WriteDigested(id + "-X", "certificate", signer.Text("certificateSha256").value_or(""), proven,
                  objects);
    out.Close();
  }
  std::size_t number = 0;
  for (const Json& file : ListIn(signature, "signedFiles")) {
    WriteDigested(id + "-D" + std::to_string(++number), "signedData",
                  file.Text("sha256").value_or(""), proven, objects);
    out.Close();
  }
  number = 0;
  for (const Json& timestamp : ListIn(signature, "timestamps"))
    WriteTimestamp(timestamp, id + "-T" + std::to_string(++number), now, objects);
  number = 0;
  for (const Json& data : ListIn(signature, "revocation")) {
    WriteDigested(id + "-R" + std::to_string(++number),
                  data.Text("type") == "CRL" ? "CRL" : "OCSPResponse",
                  data.Text("sha256").value_or(""), now, objects);
    out.Close();
  }
  number = 0;
  for (const Json& counter : ListIn(signature, "counterSignatures"))
    WriteObjectsOf(counter, id + "-C" + std::to_string(++number), now, objects);
}

void WriteEvidenceRecord(const Json& record, const std::string& id, const std::string& now,
                         Objects& objects) {
  MarkupWriter& out = objects.out();
  objects.Open(id, "evidencerecord");
  out.Leaf("URI", EtsiUri(record.Text("file").value_or("embedded"))).Close();
  objects.Poe(record.Text("provenTime").value_or(now));
  out.Open("ValidationReport").Open("SignatureValidationStatus");
  out.Leaf("MainIndication", EtsiIndication(record.Text("indication").value_or("INDETERMINATE")));
  if (const auto sub = record.Text("subIndication"))
    out.Leaf("SubIndication", EtsiSubIndication(*sub));
  out.Close().Close().Close();
}

}  // namespace

void WriteEtsiObjects(const Json& report, MarkupWriter& out) {
  const std::string now = report.Text("validationTime").value_or("");
  Objects objects(out);
  std::size_t number = 0;
  for (const Json& signature : ListIn(report, "signatures"))
    WriteObjectsOf(signature, "S" + std::to_string(++number), now, objects);
  number = 0;
  for (const Json& record : ListIn(report, "evidenceRecords"))
    WriteEvidenceRecord(record, "E" + std::to_string(++number), now, objects);
  objects.Finish();
}

}  // namespace signing
