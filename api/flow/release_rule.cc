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

// Files alone: what else a signature covers is in the document, where `intact` speaks of it.
std::vector<std::string> Wanted(const std::vector<signing::DocumentDigest>& documents) {
  std::vector<std::string> files;
  for (const signing::DocumentDigest& document : documents)
    if (document.kind == hsm::ReferenceKind::kDocument)
      files.push_back(document.name + " " + base::HexEncode(document.sha256.bytes));
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> FindingsOf(const base::Json& report) {
  std::vector<std::string> codes;
  for (const base::Json& one : ListOf(report, "containerFindings"))
    codes.push_back(one.Text("code").value_or(""));
  std::ranges::sort(codes);
  return codes;
}

// Each is over what it should be, and its own certificate verifies it; there is one if and only
// if the level has one.
bool TimestampsFit(const base::Json& signature, const std::string& format) {
  const base::Json::Array& timestamps = ListOf(signature, "timestamps");
  const bool wanted = format != "XAdES-BASELINE-B";
  return wanted != timestamps.empty() &&
         std::ranges::all_of(timestamps, [](const base::Json& timestamp) {
           return IsTrue(timestamp, "imprintOk") && IsTrue(timestamp, "signatureOk");
         });
}

void Collect(const base::Json::Array& signatures, const signing::SignatureSelector& target,
             bool counters, std::vector<const base::Json*>& found) {
  for (const base::Json& one : signatures) {
    const bool file = target.file.empty() || one.Text("file").value_or(target.file) == target.file;
    const bool id = target.id.empty() ? !counters : one.Text("id") == target.id;
    if (file && id) found.push_back(&one);
    Collect(ListOf(one, "counterSignatures"), target, true, found);
  }
}

base::Status RequireSound(const base::Json& report, const base::Json& signature,
                          const std::string& format) {
  if (!IsIntact(signature)) return NotReleased("not intact");
  const std::string indication = signature.Text("indication").value_or("");
  if (indication != "INDETERMINATE" && indication != "TOTAL-PASSED")
    return NotReleased("failed: " + signature.Text("subIndication").value_or(""));
  for (const base::Json& one : ListOf(report, "signatures"))
    if (one.Text("indication") == "TOTAL-FAILED") return NotReleased("another signature failed");
  if (signature.Text("format") != format)
    return NotReleased("level is " + signature.Text("format").value_or("unknown"));
  if (!TimestampsFit(signature, format)) return NotReleased("its timestamps do not fit");
  if (report.Find("containerFindings") == nullptr) return NotReleased("no report on the container");
  return base::Ok();
}

}  // namespace

bool IsIntact(const base::Json& signature) {
  return IsTrue(signature, "intact");
}

base::Result<const base::Json*> FindSignature(const base::Json& report,
                                              const signing::SignatureSelector& target) {
  std::vector<const base::Json*> found;
  Collect(ListOf(report, "signatures"), target, false, found);
  if (found.size() == 1) return found.front();
  return base::Error{base::ErrorCode::kInvalidInput, "extend.no-such-signature",
                     target.file + " " + target.id};
}

base::Status RequireReleasable(const base::Json& report, const ExpectedSignature& expected) {
  const auto found = FindSignature(report, expected.signature);
  if (!found.ok())
    return NotReleased("no such signature: " + report.Text("verdict").value_or("none"));
  const base::Json& signature = *found.value();
  RETURN_IF_ERROR(RequireSound(report, signature, expected.format));
  const base::Json* signer = signature.Find("signer");
  if (signer == nullptr ||
      signer->Text("certificateSha256") != base::HexEncode(expected.certificate.bytes))
    return NotReleased("signed by another certificate");
  if (signature.Text("signatureValueSha256") != base::HexEncode(expected.signature_value.bytes))
    return NotReleased("not the signature value that the token gave");
  if (Covered(signature) != Wanted(expected.documents))
    return NotReleased("other documents than were handed in");
  if (FindingsOf(report) != expected.findings)
    return NotReleased("a container with other findings");
  return base::Ok();
}

base::Status RequireExtended(const base::Json& before, const base::Json& after,
                             const signing::SignatureSelector& target, const std::string& format) {
  const auto old = FindSignature(before, target);
  const auto now = FindSignature(after, target);
  if (!old.ok() || !now.ok() ||
      ListOf(before, "signatures").size() != ListOf(after, "signatures").size())
    return NotReleased("other signatures than before");
  RETURN_IF_ERROR(RequireSound(after, *now.value(), format));
  if (old.value()->Text("signatureValueSha256") != now.value()->Text("signatureValueSha256"))
    return NotReleased("another signature value");
  if (Covered(*old.value()) != Covered(*now.value()))
    return NotReleased("it covers other documents");
  if (ListOf(*now.value(), "timestamps").size() <= ListOf(*old.value(), "timestamps").size() &&
      old.value()->Text("format") == now.value()->Text("format"))
    return NotReleased("nothing was added");
  if (FindingsOf(after) != FindingsOf(before))
    return NotReleased("a container with other findings");
  return base::Ok();
}

}  // namespace api
