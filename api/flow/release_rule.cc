#include "api/flow/release_rule.h"

#include <algorithm>

namespace api {
namespace {

base::Error NotReleased(const std::string& why) {
  return {base::ErrorCode::kInternal, "release.refused", why};
}

const base::Json::Array& ListOf(const base::Json& json, std::string_view name) {
  static const base::Json::Array kNone;
  const base::Json* member = json.Find(name);
  return member != nullptr && member->AsArray() != nullptr ? *member->AsArray() : kNone;
}

bool IsTrue(const base::Json& json, std::string_view name) {
  const base::Json* member = json.Find(name);
  return member != nullptr && member->AsBool() != nullptr && *member->AsBool();
}

// "name sha256", sorted, so that two lists compare.
std::vector<std::string> Covered(const base::Json& signature) {
  std::vector<std::string> files;
  for (const base::Json& file : ListOf(signature, "signedFiles"))
    files.push_back(file.Text("name").value_or("") + " " + file.Text("sha256").value_or(""));
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> Wanted(const std::vector<signing::DocumentDigest>& documents) {
  std::vector<std::string> files;
  for (const signing::DocumentDigest& document : documents)
    files.push_back(document.name + " " + base::HexEncode(document.sha256.bytes));
  std::ranges::sort(files);
  return files;
}

// One timestamp, over this signature, that its own certificate verifies; or none at all.
bool TimestampsFit(const base::Json& signature, bool wanted) {
  const base::Json::Array& timestamps = ListOf(signature, "timestamps");
  if (!wanted) return timestamps.empty();
  return timestamps.size() == 1 && IsTrue(timestamps.front(), "imprintOk") &&
         IsTrue(timestamps.front(), "signatureOk");
}

}  // namespace

base::Status RequireReleasable(const base::Json& report, const ExpectedContainer& expected) {
  const base::Json::Array& signatures = ListOf(report, "signatures");
  if (signatures.size() != 1)
    return NotReleased("not exactly one signature: " + report.Text("verdict").value_or("none"));
  const base::Json& signature = signatures.front();
  if (!IsTrue(signature, "intact")) return NotReleased("not intact");
  const std::string indication = signature.Text("indication").value_or("");
  const std::string verdict = report.Text("verdict").value_or("");
  if ((indication != "INDETERMINATE" && indication != "TOTAL-PASSED") ||
      (verdict != "indeterminate" && verdict != "valid"))
    return NotReleased("failed: " + signature.Text("subIndication").value_or(""));
  if (signature.Text("format") != expected.format)
    return NotReleased("level is " + signature.Text("format").value_or("unknown"));
  const base::Json* signer = signature.Find("signer");
  if (signer == nullptr ||
      signer->Text("certificateSha256") != base::HexEncode(expected.certificate.bytes))
    return NotReleased("signed by another certificate");
  if (signature.Text("signatureValueSha256") != base::HexEncode(expected.signature_value.bytes))
    return NotReleased("not the signature value that the token gave");
  if (Covered(signature) != Wanted(expected.documents))
    return NotReleased("other documents than were handed in");
  if (!TimestampsFit(signature, expected.has_timestamp))
    return NotReleased("its timestamp does not fit");
  if (report.Find("containerFindings") == nullptr || !ListOf(report, "containerFindings").empty())
    return NotReleased("a container with findings");
  return base::Ok();
}

}  // namespace api
