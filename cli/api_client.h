// ApiClient: calls the service over mutual TLS.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/result.h"
#include "cli/home.h"

namespace cli {

struct Call {
  std::string method = "GET";
  std::string path;
  std::map<std::string, std::string> query{};
  std::map<std::string, std::string> headers{};
  base::Bytes body{};
};

struct Answer {
  int status = 0;
  base::Bytes body;
  std::string file_name;  // From Content-Disposition; may be empty, is not yet checked.
  std::vector<std::string> pending{};  // From Edocvault-Pending: what a receipt still lacks.

  base::Result<base::Json> AsJson() const;
};

// Not thread-safe.
class ApiClient {
 public:
  // `profile` names an entry of client.toml. kNotFound "profile.unknown".
  static base::Result<ApiClient> Open(const Home& home, const std::string& profile);

  // The problem document of a refused call becomes the Error it was made from.
  // kUnavailable "server.unreachable"; kDenied "tls.refused" when the service does not accept
  // our certificate or we not its; kOutcomeUnknown "server.no-answer" when a POST went out and
  // nothing came back: look before sending it again.
  base::Result<Answer> Send(const Call& call) const;

 private:
  ApiClient(ClientConfig config, ClientProfile profile)
      : config_(std::move(config)), profile_(std::move(profile)) {}

  ClientConfig config_;
  ClientProfile profile_;
};

}  // namespace cli
