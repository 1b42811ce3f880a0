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
  // Called from many threads.
  struct Handler {
    // The head is read: may this request be made, and with how much body?
    std::function<base::Result<std::size_t>(const Request&)> admit;
    std::function<Response(const Request&)> answer;
  };

  // Listens at once. kUnavailable "http.cannot-listen" (address taken, certificate or key
  // unreadable).
  static base::Result<std::unique_ptr<HttpServer>> Start(const Config& config, Handler handler);

  // Stops taking connections and waits for requests at work.
  virtual ~HttpServer() = default;
};

}  // namespace api
