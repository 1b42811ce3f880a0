#include "api/http/upload_routes.h"

#include <charconv>
#include <optional>

namespace api {
namespace {

base::Error Malformed(const char* what) {
  return {base::ErrorCode::kInvalidInput, "upload.malformed", what};
}

base::Result<UploadOrder> ReadOrder(const Request& request) {
  const auto json = base::Json::Parse(base::AsText(request.body));
  if (!json.ok()) return json.error();
  const auto text = [&](const char* name, const char* otherwise) {
    return json.value().Text(name).value_or(otherwise);
  };
  const auto size = json.value().Integer("size");
  if (!size || *size < 0) return Malformed("size is a number of bytes");
  UploadOrder order{.client = text("client", ""),
                    .facts = {.name = text("name", ""),
                              .media_type = text("mediaType", ""),
                              .direction = text("direction", "outgoing"),
                              .channel = text("channel", "electronic")},
                    .size = static_cast<std::uint64_t>(*size),
                    .sha256 = std::nullopt};
  if (json.value().Find("sha256") != nullptr) {
    order.sha256 =
        base::ToSha256Digest(base::HexDecode(text("sha256", "")).value_or(base::Bytes{}));
    if (!order.sha256) return Malformed("sha256 is 64 hexadecimal digits");
  }
  return order;
}

std::optional<std::uint64_t> OffsetOf(const Request& request) {
  const std::string header = request.Header("upload-offset");
  std::uint64_t offset = 0;
  const char* const end = header.data() + header.size();
  const auto parsed = std::from_chars(header.data(), end, offset);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return offset;
}

Response ProgressResponse(int status, const UploadProgress& progress) {
  Response response;
  response.status = status;
  response.headers["Upload-Offset"] = std::to_string(progress.kept);
  response.headers["Upload-Length"] = std::to_string(progress.size);
  return response;
}

}  // namespace

Response StoredResponse(const StoredDocument& stored) {
  base::Json json;
  json.Set("id", stored.id.Text());
  json.Set("client", stored.client.Text());
  json.Set("entry", static_cast<std::int64_t>(stored.appended.entry.value));
  json.Set("leafHash", base::HexEncode(stored.appended.leaf_hash.bytes));
  Response response = JsonResponse(201, json);
  response.headers["Location"] = "/v1/documents/" + stored.id.Text();
  return response;
}

base::Result<Response> PostUpload(Uploads& uploads, const Request& request) {
  ASSIGN_OR_RETURN(const UploadOrder order, ReadOrder(request));
  ASSIGN_OR_RETURN(const std::string id, uploads.Begin(request.caller, order));
  Response response = JsonResponse(201, base::Json().Set("id", id).Set("size", order.size));
  response.headers["Location"] = "/v1/uploads/" + id;
  response.headers["Upload-Offset"] = "0";
  return response;
}

base::Result<Response> HeadUpload(Uploads& uploads, const Request& request, const std::string& id) {
  ASSIGN_OR_RETURN(const UploadProgress progress, uploads.Look(request.caller, id));
  return ProgressResponse(200, progress);
}

base::Result<Response> PatchUpload(Uploads& uploads, const Request& request,
                                   const std::string& id) {
  const auto offset = OffsetOf(request);
  if (!offset) return Malformed("Upload-Offset says where the piece goes on");
  ASSIGN_OR_RETURN(const UploadProgress progress,
                   uploads.Append(request.caller, id, *offset, request.body));
  return ProgressResponse(204, progress);
}

base::Result<Response> DeleteUpload(Uploads& uploads, const Request& request,
                                    const std::string& id) {
  RETURN_IF_ERROR(uploads.Drop(request.caller, id));
  Response response;
  response.status = 204;
  return response;
}

base::Result<Response> PostUploadComplete(Uploads& uploads, const Request& request,
                                          const std::string& id) {
  ASSIGN_OR_RETURN(const StoredDocument stored, uploads.Complete(request.caller, id));
  return StoredResponse(stored);
}

}  // namespace api
