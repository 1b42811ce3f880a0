// A document that is too large for one request goes to the vault in pieces, and on from where it
// was when the connection breaks.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "cli/api_client.h"

namespace cli {

struct DocumentToUpload {
  std::string file;
  std::string client;  // Reference.
  std::string direction;
  std::string channel;
};

// Reads the file twice, a few megabytes at a time: for its SHA-256, which the service holds it to,
// and to send it. What POST /v1/documents answers.
//
// Errors: those of ApiClient and the service; kInvalidInput "file.unreadable",
// "file.changed" when it ended early the second time.
base::Result<base::Json> UploadDocument(const ApiClient& api, const DocumentToUpload& document,
                                        bool show_progress);

}  // namespace cli
