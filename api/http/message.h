// Request and Response: HTTP without a library, so that routes can be tested without a socket.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/caller.h"
#include "base/bytes.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/piece_sink.h"
#include "base/result.h"

namespace api {

struct Request {
  std::string method;
  std::string path;                            // Without query; one with "%" is refused earlier.
  std::map<std::string, std::string> query;    // Decoded; a repeated name is refused earlier.
  std::map<std::string, std::string> headers;  // Names in lower case.
  base::Bytes body;
  Caller caller;
  std::string id;  // For logs and problems.

  std::string Header(const std::string& name) const;
  std::optional<std::string> Query(const std::string& name) const;
  base::Language language() const;  // By Accept-Language: lv or, else, en.
};

// A body that is not in memory. `write` hands on pieces that are `size` bytes together; when it
// fails, the connection ends before the last byte.
struct BodyStream {
  std::uint64_t size = 0;
  std::function<base::Status(const base::PieceSink& sink)> write;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
  base::Bytes body;
  std::optional<BodyStream> stream{};  // Instead of `body`.
};

Response JsonResponse(int status, const base::Json& json);

// An error as a problem document tells it (RFC 9457), without the request.
base::Json ProblemJson(const base::Error& error, base::Language language);

// An RFC 9457 problem: type, title (in the caller's language), status, detail, code (the
// stable reason), action (the ErrorCode's name) and the request's id.
// Details of internal errors and of damage stay in the log.
Response Problem(const base::Error& error, const Request& request);

}  // namespace api
