#include "cli/api_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/URI.h>

#include <algorithm>
#include <iterator>

namespace cli {
namespace {

namespace net = Poco::Net;

constexpr int kTimeoutSeconds = 60;

// "a, b"
std::vector<std::string> NamesOf(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(", "), list.size());
    names.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 2, list.size()));
  }
  return names;
}

std::string PathOf(const Call& call) {
  Poco::URI uri;
  uri.setPath(call.path);
  for (const auto& [name, value] : call.query) uri.addQueryParameter(name, value);
  return uri.getPathAndQuery();
}

// The reverse of api's Problem().
base::Error ReadProblem(int status, base::ByteSpan body) {
  const auto json = base::Json::Parse(base::AsText(body));
  if (!json.ok())
    return {base::ErrorCode::kInternal, "channel.malformed",
            "HTTP status " + std::to_string(status) + " without a problem document"};
  base::Json error;
  error.Set("code", json.value().Text("action").value_or(""));
  error.Set("reason", json.value().Text("code").value_or(""));
  error.Set("message", json.value().Text("detail").value_or(""));
  return base::ErrorFromJson(error);
}

std::string FileNameOf(const std::string& header) {
  static constexpr std::string_view kExtended = "filename*=UTF-8''";
  const std::size_t at = header.find(kExtended);
  std::string name;
  if (at != std::string::npos) Poco::URI::decode(header.substr(at + kExtended.size()), name);
  return name;
}

net::Context::Ptr TlsContext(const ClientConfig& config, const ClientProfile& profile) {
  net::Context::Ptr context = new net::Context(net::Context::TLS_CLIENT_USE, profile.key.string(),
                                               profile.certificate.string(), config.ca.string(),
                                               net::Context::VERIFY_STRICT, 4, false);
  context->requireMinimumProtocol(net::Context::PROTO_TLSV1_3);
  return context;
}

// kUnavailable "server.unreachable", or the error of the problem. `sent` tells whether the
// whole request went out: then it may have been done, though no answer came.
base::Result<Answer> Exchange(const Poco::URI& server, const net::Context::Ptr& context,
                              const Call& call, bool& sent) {
  try {
    net::HTTPSClientSession session(server.getHost(), server.getPort(), context);
    session.setTimeout(Poco::Timespan(kTimeoutSeconds, 0));
    net::HTTPRequest request(call.method, PathOf(call), net::HTTPMessage::HTTP_1_1);
    for (const auto& [name, value] : call.headers) request.set(name, value);
    if (!call.body.empty() || call.method == "POST")
      request.setContentLength64(static_cast<Poco::Int64>(call.body.size()));
    session.sendRequest(request).write(base::AsText(call.body).data(),
                                       static_cast<std::streamsize>(call.body.size()));
    sent = true;
    net::HTTPResponse response;
    std::istream& in = session.receiveResponse(response);
    Answer answer;
    answer.status = static_cast<int>(response.getStatus());
    answer.body.assign(std::istreambuf_iterator<char>(in), {});
    answer.file_name = FileNameOf(response.get("Content-Disposition", ""));
    answer.pending = NamesOf(response.get("Edocvault-Pending", ""));
    if (answer.status >= 300) return ReadProblem(answer.status, answer.body);
    return answer;
  } catch (const Poco::Exception& exception) {
    return base::Error{base::ErrorCode::kUnavailable, "server.unreachable",
                       server.toString() + ": " + exception.displayText()};
  }
}

// In TLS 1.3 a server refuses our certificate after our side of the handshake is done, and
// its alert can get lost when it hangs up on a request half sent. So ask again, send nothing,
// and listen: an alert is a refusal; silence is a server that waits for a request.
bool CertificateIsRefused(const Poco::URI& server, const net::Context::Ptr& context) {
  try {
    net::SecureStreamSocket socket(net::SocketAddress(server.getHost(), server.getPort()),
                                   server.getHost(), context);
    socket.setReceiveTimeout(Poco::Timespan(1, 0));
    char byte = 0;
    socket.receiveBytes(&byte, 1);
    return false;
  } catch (const net::SSLException&) {
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

}  // namespace

base::Result<base::Json> Answer::AsJson() const {
  return base::Json::Parse(base::AsText(body));
}

base::Result<ApiClient> ApiClient::Open(const Home& home, const std::string& profile) {
  ASSIGN_OR_RETURN(ClientConfig config, ReadClientConfig(home));
  const auto found = config.profiles.find(profile);
  if (found == config.profiles.end())
    return base::Error{base::ErrorCode::kNotFound, "profile.unknown",
                       "client.toml has no profile " + profile};
  const ClientProfile chosen = found->second;
  return ApiClient(std::move(config), chosen);
}

base::Result<Answer> ApiClient::Send(const Call& call) const {
  try {
    net::initializeSSL();
    const Poco::URI server(config_.server);
    const net::Context::Ptr context = TlsContext(config_, profile_);
    bool sent = false;
    const auto answer = Exchange(server, context, call, sent);
    if (answer.ok() || answer.error().reason != "server.unreachable") return answer;
    if (CertificateIsRefused(server, context))
      return base::Error{base::ErrorCode::kDenied, "tls.refused", answer.error().message};
    if (!sent || call.method == "GET") return answer;
    return base::Error{base::ErrorCode::kOutcomeUnknown, "server.no-answer",
                       answer.error().message};
  } catch (const Poco::Exception& exception) {
    return base::Error{base::ErrorCode::kInvalidInput, "config.malformed",
                       "client.toml: " + exception.displayText()};
  }
}

}  // namespace cli
