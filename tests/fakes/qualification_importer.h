// Reads what the verdict oracle says of one certificate and its trust services into the structs of
// signing/qualification.h.
//
// For tests only. The oracle names what a certificate states and what a list says of it; the
// certificate itself is remade here, with the same statements, under a key of our own.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "signing/path_builder.h"

namespace tests {

// A path that owns the services it points to.
struct QualificationCase {
  std::vector<std::unique_ptr<signing::TrustService>> services;
  signing::CertificatePath path;
  base::Time issued{};
};

// The certificate of that id. kNotFound "oracle.certificate" when the file has none.
base::Result<QualificationCase> ReadQualificationCase(const std::filesystem::path& file,
                                                      const std::string& certificate);

}  // namespace tests
