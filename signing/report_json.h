// The report "edocvault.verification/1" (DESIGN, section 4).
#pragma once

#include <string_view>

#include "base/json.h"
#include "signing/finding.h"
#include "signing/signature_judge.h"
#include "signing/verifier.h"
#include "signing/verify_report.h"
#include "signing/xml_signature.h"

namespace signing {

// Of the document, in little memory however large it is.
base::Sha256Digest DigestOfDocument(base::ByteSpan document);

// Everything but verdict, signatures and findings. `policy` is the digest of the one used;
// nullptr when none was read.
base::Json ReportFrame(const VerifyRequest& request, std::string_view container,
                       const base::Sha256Digest* policy);

// {"snapshot","issued"}; both null when nothing was handed in.
base::Json TrustToJson(const TrustSnapshot& trust);

struct ReportStyle {
  base::Language language = base::Language::kEnglish;
  bool explained = true;  // As in the request.
};
base::Json SignatureToJson(const SignatureFacts& facts, const Judgement& judgement,
                           const ReportStyle& style);
base::Json FindingToJson(const Finding& finding, base::Language language);

// "invalid" if any signature failed, else "indeterminate" if any is, else "valid"; a report
// without signatures is never valid.
std::string_view VerdictOf(const base::Json::Array& signatures);

// {"code","message"} of a refusal: the sentence in the language asked for, and the detail.
base::Json RefusalToJson(const base::Error& error, base::Language language);

}  // namespace signing
