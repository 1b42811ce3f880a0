// Trust material: the files of one snapshot in memory, and what is in them.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "signing/verifier.h"

namespace trust {

struct File {
  std::string name;
  base::Bytes bytes;
};
using Files = std::vector<File>;

// Valid while `files` live and do not change.
std::vector<signing::NamedBytes> Borrow(const Files& files);

// What signing::DescribeTrust() says, from a process behind the walls. The caller is
// single-threaded. Errors: kInvalidInput "input.too-costly"; those of hardening::RunInWalls().
base::Result<base::Json> Describe(const Files& files, base::Time at);

}  // namespace trust
