// HttpServer: HTTPS with mutual TLS 1.3 on Poco, and strict framing (RFC 9112).
#pragma once

#include <functional>
#include <memory>

#include "api/config.h"
#include "api/http/message.h"
#include "base/result.h"

namespace api {

class HttpServer {
 public:
  using Handler = std::function<Response(const Request&)>;  // Called from many threads.

  // Listens at once. kUnavailable "http.cannot-listen" (address taken, certificate or key
  // unreadable).
  static base::Result<std::unique_ptr<HttpServer>> Start(const Config& config, Handler handler);

  // Stops taking connections and waits for requests at work.
  virtual ~HttpServer() = default;
};

}  // namespace api
