// The enveloped signature of a trusted list (TS 119 612, 5.7.1), checked with the same code as
// any other XML signature.
#pragma once

#include "base/result.h"
#include "signing/certificate.h"
#include "signing/xml_document.h"

namespace signing {

// The certificate whose key signed the whole list. Whether it may sign lists is the caller's
// question.
//
// kInvalidInput "trust.unsigned": there is no signature, or several, or not below the root;
// "trust.bad-signature": a digest or the value is wrong, or it covers less than all of the list,
// or its transforms are none that we know, or nothing signed names its certificate.
base::Result<Certificate> CheckTrustListSignature(const XmlDocument& document);

}  // namespace signing
