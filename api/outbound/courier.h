// Courier: the only role that connects out, and only to the services of its configuration.
//
// It carries bytes and reads none: whoever asked has the answer opened in the inspector.
#pragma once

#include <string>

#include "api/config.h"
#include "base/channel.h"
#include "base/result.h"

namespace api {

// Serves calls on four threads until every caller is gone.
base::Status ServeCourier(const CourierConfig& config, const base::UniqueFd& door);

struct HttpAnswer {
  int status = 0;  // 100 to 999.
  base::Bytes body;
};

// What the flows need of it. Thread-safe.
class Outbound {
 public:
  virtual ~Outbound() = default;

  // POSTs `body` to the service of that name and returns the answer's body.
  //
  // Errors:
  //   kUnavailable "courier.no-answer"   not reachable, not 200, too slow or too long
  //   kNotFound "courier.not-configured" no service of that name
  virtual base::Result<base::Bytes> Post(const std::string& service,
                                         const std::string& content_type, base::ByteSpan body) = 0;

  // The same, for services that say something with other statuses than 200, too: what was answered,
  // whatever it is.
  virtual base::Result<HttpAnswer> Ask(const std::string& service, const std::string& content_type,
                                       base::ByteSpan body) = 0;

  // GETs the trusted list that the configuration has under that name. A redirect is no answer:
  // nobody but the configuration says where a list is. Errors as of Post().
  virtual base::Result<base::Bytes> Fetch(const std::string& list) = 0;
};

class CourierClient final : public Outbound {
 public:
  explicit CourierClient(base::ChannelClient channel) : channel_(std::move(channel)) {}
  base::Result<base::Bytes> Post(const std::string& service, const std::string& content_type,
                                 base::ByteSpan body) override;
  base::Result<HttpAnswer> Ask(const std::string& service, const std::string& content_type,
                               base::ByteSpan body) override;
  base::Result<base::Bytes> Fetch(const std::string& list) override;

 private:
  base::ChannelClient channel_;
};

}  // namespace api
