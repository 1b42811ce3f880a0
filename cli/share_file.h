// ShareFile: a custodian's share of the vault's keys, as one line of text
// (docs/formats/ceremony.md).
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "hsm/provisioner.h"

namespace cli {

base::Secret ShareText(const hsm::KeyShare& share);

// kInvalidInput "share.malformed": no such line, or a typing error in it.
base::Result<hsm::KeyShare> ShareFrom(std::string_view text);

}  // namespace cli
