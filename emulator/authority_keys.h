// The keys and certificates of the test authority, in the files of one folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "emulator/certificate_builder.h"
#include "emulator/emulator.h"
#include "emulator/openssl_handles.h"

namespace emulator {

struct Identity {
  EvpKey key;
  Certificate certificate;
};

struct TestAuthority::Keys {
  Identity root;
  Identity issuing;
  Identity tsa;
  Identity ocsp;
  Identity tls;
  Identity list_signer;

  // Reads each from the folder, or makes and stores it. Errors as TestAuthority::Open().
  static base::Result<Keys> Open(const TestAuthority::Config& config, base::Time now);
};

// authorityInfoAccess for that URL; none for an empty one.
std::vector<Extension> OcspAccess(const std::string& url);

base::Error AuthorityDamaged(const std::filesystem::path& path);

// Cannot fail but for want of memory.
EvpKey NewP256Key();

std::string PemOf(X509* certificate);
base::Bytes PemOf(EVP_PKEY* key);

}  // namespace emulator
