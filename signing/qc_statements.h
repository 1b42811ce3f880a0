// What a certificate says about being qualified (ETSI EN 319 412-5, RFC 3739, 3.2.6).
#pragma once

#include "signing/certificate.h"

namespace signing {

struct QcStatements {
  bool readable = true;     // False: the extension is there and does not decode.
  bool compliance = false;  // esi4-qcStatement-1
  bool qscd = false;        // esi4-qcStatement-4
  bool typed = false;       // esi4-qcStatement-6, of whatever type
  bool type_esig = false;
  bool type_eseal = false;
  bool type_web = false;
  bool other_country = false;    // esi4-qcStatement-7: qualified by another law than the Union's.
  bool policy_qcp = false;       // QCP public or QCP+ of TS 101 456, before eIDAS.
  bool policy_qcp_plus = false;  // QCP+: with a secure device.
};

QcStatements ReadQcStatements(const Certificate& certificate);

}  // namespace signing
