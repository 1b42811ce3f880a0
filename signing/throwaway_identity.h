// A key with a certificate of its own, made on the spot and thrown away: nobody trusts it.
#pragma once

#include <openssl/evp.h>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "signing/openssl_handles.h"

namespace signing {

using ThrowawayKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;

struct ThrowawayIdentity {
  ThrowawayKey key;
  X509Handle certificate;  // Self-issued, from an hour ago for two, for every purpose.
  base::Bytes der;
};

// Signed as such keys sign; by RSA with PSS when `pss`.
ThrowawayIdentity MakeThrowaway(ThrowawayKey key, bool pss = false);

}  // namespace signing
