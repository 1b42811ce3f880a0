#include "signing/report_etsi_parts.h"

#include "base/base64.h"
#include "base/clock.h"

namespace signing {
namespace {

using base::Json;

std::string Numbered(const std::string& id, std::string_view letter, std::size_t number) {
  return id + "-" + std::string(letter) + std::to_string(number);
}

void Reference(std::string_view element, const std::string& id, MarkupWriter& out) {
  out.Empty(element, {{"VOReference", id}});
}

// The number of the trusted time-stamp that proves the best signature time; 0: none of them.
std::size_t ProvingTimestamp(const Json& signature) {
  const auto time = signature.Text("bestSignatureTime");
  std::size_t number = 0;
  for (const Json& timestamp : ListIn(signature, "timestamps")) {
    ++number;
    if (time && IsTrue(timestamp, "trusted") && timestamp.Text("time") == time) return number;
  }
  return 0;
}

// SigningTime and the like have the type xs:dateTime: a claim that is no time is left out.
bool IsTime(const std::optional<std::string>& text) {
  return text && base::ParseTime(*text).has_value();
}

std::string_view AttributeOfKind(std::string_view kind) {
  if (kind == "signature-timestamp") return "SignatureTimeStamp";
  if (kind == "archive-timestamp") return "ArchiveTimeStamp";
  if (kind == "content-timestamp") return "AllDataObjectsTimeStamp";
  if (kind == "references-timestamp") return "SigAndRefsTimeStamp";
  return "RefsOnlyTimeStamp";
}

void WriteTimestampAttributes(const EtsiSubject& subject, MarkupWriter& out) {
  std::size_t number = 0;
  for (const Json& timestamp : ListIn(subject.signature, "timestamps")) {
    ++number;
    const auto time = timestamp.Text("time");
    if (!IsTime(time)) continue;
    const std::string kind = timestamp.Text("kind").value_or("");
    const bool is_signed = kind == "content-timestamp";
    out.Open(AttributeOfKind(kind), {{"Signed", is_signed ? "true" : "false"}});
    Reference("AttributeObject", Numbered(subject.id, "T", number), out);
    out.Leaf("TimeStampValue", *time).Close();
  }
}

void WriteCryptoInformation(const EtsiSubject& subject, MarkupWriter& out) {
  const auto algorithm = subject.signature.Text("signatureAlgorithm");
  if (!algorithm) return;
  for (const Json& check : ListIn(subject.signature, "checks")) {
    if (check.Text("id") != "SAV/cryptographic") continue;
    const Json& values = MemberOf(check, "values");
    if (!values.Text("key")) continue;
    out.Open("CryptoInformation");
    Reference("ValidationObjectId", subject.id, out);
    out.Leaf("Algorithm", EtsiUri(*algorithm));
    out.Leaf("SecureAlgorithm", check.Text("status") == "OK" ? "true" : "false");
    if (const auto until = values.Text("usableUntil"); IsTime(until)) out.Leaf("NotAfter", *until);
    out.Close();
    return;
  }
}

// That the signer's certificate was revoked; of those above there are no objects.
void WriteRevocationStatus(const EtsiSubject& subject, MarkupWriter& out) {
  const std::string own =
      "C-" + MemberOf(subject.signature, "signer").Text("certificateSha256").value_or("");
  for (const Json& check : ListIn(subject.signature, "checks")) {
    const Json& values = MemberOf(check, "values");
    if (check.Text("id") != "XCV/not-revoked" || check.Text("status") == "OK" ||
        values.Text("object") != own || !IsTime(values.Text("time")))
      continue;
    out.Open("RevocationStatusInformation");
    Reference("ValidationObjectId", subject.id + "-X", out);
    out.Leaf("RevocationTime", *values.Text("time")).Close();
    return;
  }
}

void WriteReportData(const EtsiSubject& subject, MarkupWriter& out) {
  const Json& signature = subject.signature;
  out.Open("AdditionalValidationReportData");
  WriteEtsiData("urn:edocvault:intact", IsTrue(signature, "intact") ? "true" : "false", out);
  WriteEtsiData("urn:edocvault:format", signature.Text("format").value_or("unknown"), out);
  if (const Json* covers = signature.Find("coversParent"); covers != nullptr)
    WriteEtsiData("urn:edocvault:counter-signature-covers-parent",
                  IsTrue(signature, "coversParent") ? "true" : "false", out);
  for (const Json& note : ListIn(signature, "notes"))
    WriteEtsiData("urn:edocvault:note:" + note.Text("code").value_or(""),
                  note.Text("message").value_or(""), out);
  for (const Json& remedy : ListIn(signature, "whatWouldChangeIt"))
    WriteEtsiData("urn:edocvault:would-change:" + remedy.Text("code").value_or(""),
                  remedy.Text("message").value_or(""), out);
  out.Close();
}

std::string Join(const std::string& id, std::string_view letter, std::size_t count) {
  std::string joined;
  for (std::size_t i = 1; i <= count; ++i)
    joined += (joined.empty() ? "" : " ") + Numbered(id, letter, i);
  return joined;
}

}  // namespace

std::string EtsiIndication(std::string_view indication) {
  std::string lower;
  for (const char c : indication) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return "urn:etsi:019102:mainindication:" + lower;
}

std::string EtsiUri(std::string_view text) {
  constexpr std::string_view kAlways =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kInPath = "/#?&=+,;";
  const std::size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  std::string_view rest = text.substr(scheme);
  const bool plain = scheme != 0 && rest.find_first_not_of(kAlways) != 0 &&
                     rest.find_first_not_of(std::string(kAlways) + std::string(kInPath)) ==
                         std::string_view::npos &&
                     std::ranges::count(rest, '#') <= 1;
  if (plain) return std::string(text);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "urn:edocvault:text:";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kAlways.find(c) != std::string_view::npos || c == ':') {
      out += c;
      continue;
    }
    out.append("%").append(1, kDigits[byte >> 4U]).append(1, kDigits[byte & 15U]);
  }
  return out;
}

std::string EtsiSubIndication(std::string_view sub) {
  return "urn:etsi:019102:subindication:" + std::string(sub);
}

void WriteEtsiData(std::string_view type, std::string_view text, MarkupWriter& out) {
  out.Open("ReportData").Leaf("Type", type).Leaf("Value", text).Close();
}

void WriteEtsiDigest(std::string_view sha256, MarkupWriter& out) {
  out.Open("DigestAlgAndValue").Empty("ds:DigestMethod", {{"Algorithm", kSha256Uri}});
  out.Leaf("ds:DigestValue", base::Base64Encode(base::HexDecode(sha256).value_or(base::Bytes())));
  out.Close();
}

void WriteEtsiIdentifier(const EtsiSubject& subject, MarkupWriter& out) {
  out.Open("SignatureIdentifier", {{"id", subject.id}});
  if (const auto value = subject.signature.Text("signatureValue"))
    out.Leaf("ds:SignatureValue", *value);
  out.Leaf("HashOnly", "false").Leaf("DocHashOnly", "false");
  const std::string own = subject.signature.Text("id").value_or("");
  if (!own.empty()) out.Leaf("DAIdentifier", own);
  out.Close();
}

// EN 319 102-1, 5.5.4: where nothing proves an earlier one, the best signature time is the time of
// validation.
void WriteEtsiTimes(const EtsiSubject& subject, MarkupWriter& out) {
  const std::string now = subject.report.Text("validationTime").value_or("");
  out.Open("ValidationTimeInfo").Leaf("ValidationTime", now).Open("BestSignatureTime");
  out.Leaf("POETime", subject.signature.Text("bestSignatureTime").value_or(now));
  out.Leaf("TypeOfProof", "urn:etsi:019102:poetype:validation");
  if (const std::size_t number = ProvingTimestamp(subject.signature))
    Reference("POEObject", Numbered(subject.id, "T", number), out);
  out.Close().Close();
}

void WriteEtsiSignersDocument(const EtsiSubject& subject, MarkupWriter& out) {
  const std::size_t count = ListIn(subject.signature, "signedFiles").size();
  if (count == 0) return;
  out.Open("SignersDocument");
  Reference("SignersDocumentRepresentation", Join(subject.id, "D", count), out);
  out.Close();
}

void WriteEtsiAttributes(const EtsiSubject& subject, MarkupWriter& out) {
  const Json& signature = subject.signature;
  const auto claimed = signature.Text("claimedSigningTime");
  const auto policy = signature.Text("policyId");
  const Json::Array& counters = ListIn(signature, "counterSignatures");
  const bool stamped = std::ranges::any_of(ListIn(signature, "timestamps"), [](const Json& entry) {
    return IsTime(entry.Text("time"));
  });
  // The schema knows no empty list of attributes.
  if (!IsTime(claimed) && !policy && counters.empty() && !stamped) return;
  out.Open("SignatureAttributes");
  if (IsTime(claimed)) out.Open("SigningTime", {{"Signed", "true"}}).Leaf("Time", *claimed).Close();
  if (policy) {
    out.Open("SigPolicyIdentifier", {{"Signed", "true"}});
    out.Leaf("SigPolicyId", EtsiUri(*policy)).Close();
  }
  for (std::size_t i = 1; i <= counters.size(); ++i) {
    out.Open("CounterSignature", {{"Signed", "false"}});
    Reference("AttributeObject", Numbered(subject.id, "C", i), out);
    out.Open("CounterSignature").Leaf("OtherInformation", Numbered(subject.id, "C", i));
    out.Close().Close();
  }
  WriteTimestampAttributes(subject, out);
  out.Close();
}

void WriteEtsiSigner(const EtsiSubject& subject, MarkupWriter& out) {
  const Json& signer = MemberOf(subject.signature, "signer");
  if (signer.is_null()) return;
  out.Open("SignerInformation");
  Reference("SignerCertificate", subject.id + "-X", out);
  out.Leaf("Signer", signer.Text("subject").value_or("")).Close();
}

void WriteEtsiQuality(const EtsiSubject& subject, MarkupWriter& out) {
  std::string word = subject.signature.Text("qualification").value_or("N/A");
  std::ranges::replace(word, '/', '-');
  out.Open("SignatureQuality");
  out.Leaf("SignatureQualityInformation", "urn:edocvault:qualification:" + word).Close();
}

void WriteEtsiProcess(const Json& report, MarkupWriter& out) {
  const Json& trust = MemberOf(report, "trust");
  const Json& document = MemberOf(report, "document");
  out.Open("SignatureValidationProcess");
  out.Leaf("SignatureValidationProcessID", "urn:etsi:019102:validationprocess:LTA");
  out.Leaf("OtherInformation",
           "edocvault " + MemberOf(report, "engine").Text("version").value_or("") +
               "; trust snapshot " + trust.Text("snapshot").value_or("none") +
               "; document sha256 " + document.Text("sha256").value_or("unknown"));
  out.Close();
}

void WriteEtsiStatus(const EtsiSubject& subject, MarkupWriter& out) {
  const Json& signature = subject.signature;
  out.Open("SignatureValidationStatus");
  out.Leaf("MainIndication", EtsiIndication(signature.Text("indication").value_or("")));
  if (const auto sub = signature.Text("subIndication"))
    out.Leaf("SubIndication", EtsiSubIndication(*sub));
  out.Open("AssociatedValidationReportData");
  if (!MemberOf(signature, "signer").is_null()) {
    out.Open("CertificateChain");
    Reference("SigningCertificate", subject.id + "-X", out);
    out.Close();
  }
  const std::string timestamps = Join(subject.id, "T", ListIn(signature, "timestamps").size());
  const std::string revocation = Join(subject.id, "R", ListIn(signature, "revocation").size());
  for (const std::string& objects : {timestamps, revocation})
    if (!objects.empty()) Reference("RelatedValidationObject", objects, out);
  WriteRevocationStatus(subject, out);
  WriteCryptoInformation(subject, out);
  WriteReportData(subject, out);
  out.Close().Close();
}

}  // namespace signing
