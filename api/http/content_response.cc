#include "api/http/content_response.h"

#include <utility>

#include "api/http/byte_range.h"
#include "api/http/content_disposition.h"

namespace api {
namespace {

std::string ContentRange(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.offset) + "-" +
         std::to_string(range.offset + range.length - 1) + "/" + std::to_string(size);
}

BodyStream StreamOf(const ReadDocument& reader, std::shared_ptr<const OpenedDocument> document,
                    const ByteRange& range) {
  return {.size = range.length,
          .write = [&reader, document = std::move(document), range](const base::PieceSink& sink) {
            return reader.Read(*document, range.offset, range.length, sink);
          }};
}

}  // namespace

Response ContentResponse(const ReadDocument& reader, const Request& request,
                         std::shared_ptr<const OpenedDocument> document) {
  const std::string etag = '"' + document->sha256() + '"';
  const std::uint64_t size = document->size();
  const auto range = ReadRange(request, size, etag);
  Response response;
  if (HasAlready(request, etag)) {
    response.status = 304;
  } else if (!range.ok()) {
    response = Problem(range.error(), request);
    response.headers["Content-Range"] = "bytes */" + std::to_string(size);
    return response;
  } else {
    response.status = range.value() ? 206 : 200;
    response.content_type = document->metadata.Text("mediaType").value_or("");
    if (range.value()) response.headers["Content-Range"] = ContentRange(*range.value(), size);
    response.headers["Content-Disposition"] =
        AttachmentHeader(document->metadata.Text("name").value_or("document"));
    // A browser must not guess that a stored document is a page of ours.
    response.headers["X-Content-Type-Options"] = "nosniff";
    response.stream = StreamOf(reader, std::move(document),
                               range.value().value_or(ByteRange{.offset = 0, .length = size}));
  }
  response.headers["ETag"] = etag;
  response.headers["Accept-Ranges"] = "bytes";
  return response;
}

}  // namespace api
