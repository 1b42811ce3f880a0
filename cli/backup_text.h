// What `backup` and `restore` say of a backup.
#pragma once

#include <string_view>

#include "base/json.h"
#include "vault/backup.h"

namespace cli {

// Valid as long as `text`.
std::string_view FirstLine(std::string_view text);

// {"number","madeAt","origin","entries","root","documents","documentBytes","keyRows"}
base::Json ToJson(const vault::BackupSummary& found);

}  // namespace cli
