// /v1/backups: asks for a backup and says how it went. Where it goes only the configuration says.
#pragma once

#include "api/flow/backup_desk.h"
#include "api/http/message.h"

namespace api {

// POST, to 202 {"run"}. kNotFound "backup.not-configured".
base::Result<Response> PostBackup(BackupDesk& desk);

// GET /v1/backups/RUN, to {"run","state":"running"} or {"run","state":"done","number","from","to",
// "documents","bytes","nothingNew"}; one that failed answers with its error.
// kNotFound "backup.unknown".
base::Result<Response> GetBackup(BackupDesk& desk, std::string_view run, std::chrono::seconds wait);

}  // namespace api
