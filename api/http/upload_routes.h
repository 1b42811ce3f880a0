// /v1/uploads: documents that come in pieces. Offsets and lengths are bytes of the document.
#pragma once

#include <string>

#include "api/flow/upload.h"
#include "api/http/message.h"

namespace api {

// 201 with {"id","client","entry","leafHash"} and where it is.
Response StoredResponse(const StoredDocument& stored);

// {"client","name","mediaType","size","direction","channel","sha256"}, the last three may be
// missing, to 201 {"id","size"}. kInvalidInput "upload.malformed"; those of the flow.
base::Result<Response> PostUpload(Uploads& uploads, const Request& request);

// To 200 and 204, with Upload-Offset and Upload-Length. A piece names where it goes on by
// Upload-Offset: kInvalidInput "upload.malformed" without.
base::Result<Response> HeadUpload(Uploads& uploads, const Request& request, const std::string& id);
base::Result<Response> PatchUpload(Uploads& uploads, const Request& request, const std::string& id);

base::Result<Response> DeleteUpload(Uploads& uploads, const Request& request,
                                    const std::string& id);
base::Result<Response> PostUploadComplete(Uploads& uploads, const Request& request,
                                          const std::string& id);

}  // namespace api
