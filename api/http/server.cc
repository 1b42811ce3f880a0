#include "api/http/server.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <Poco/URI.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "base/digest.h"
#include "base/log.h"
#include "base/random.h"

namespace api {
namespace {

namespace net = Poco::Net;

constexpr int kMaxThreads = 32;

base::Error BadFraming(const char* what) {
  return {base::ErrorCode::kInvalidInput, "http.bad-framing", what};
}

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

// RFC 9110, 5.6.2. Poco takes anything up to the colon for a name, a blank before it too.
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// RFC 9112, 3.2 and 6: one Host, every field once, a body only by Content-Length. What two
// servers could read differently is refused. Chunked bodies are not taken: Poco ends its
// stream alike for the last chunk and for a connection that broke.
base::Status CheckFraming(const net::HTTPServerRequest& request) {
  if (request.getVersion() != net::HTTPMessage::HTTP_1_1) return BadFraming("HTTP/1.1 only");
  std::set<std::string> names;
  for (const auto& [name, value] : request) {
    if (!IsToken(name)) return BadFraming("a header name that is none");
    if (!names.insert(LowerCase(name)).second) return BadFraming("a repeated header");
  }
  if (!names.contains("host")) return BadFraming("Host is needed");
  if (names.contains("transfer-encoding")) return BadFraming("chunked bodies are not taken");
  if (!names.contains("content-length")) {
    if (request.getMethod() != "POST" && request.getMethod() != "PATCH") return base::Ok();
    return base::Error{base::ErrorCode::kInvalidInput, "http.length-required",
                       "POST and PATCH need Content-Length"};
  }
  const std::string& length = request.get("Content-Length");
  if (length.empty() || length.size() > 18 ||
      !std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; }))
    return BadFraming("Content-Length is no number");
  return base::Ok();
}

base::Result<base::Bytes> ReadBody(net::HTTPServerRequest& request, std::size_t limit) {
  if (!request.hasContentLength()) return base::Bytes{};
  const auto length = static_cast<std::uint64_t>(request.getContentLength64());
  if (length > limit)
    return base::Error{base::ErrorCode::kInvalidInput, "body.too-large",
                       "at most " + std::to_string(limit) + " bytes"};
  base::Bytes body(length);
  request.stream().read(
      reinterpret_cast<char*>(body.data()),  // The bytes as the stream gives them.
      static_cast<std::streamsize>(length));
  if (static_cast<std::uint64_t>(request.stream().gcount()) != length)
    return BadFraming("the body ended early");
  return body;
}

base::Status ReadQuery(const Poco::URI& uri, Request& out) {
  for (const auto& [name, value] : uri.getQueryParameters()) {
    if (!out.query.emplace(name, value).second) return BadFraming("a repeated query parameter");
  }
  return base::Ok();
}

// The caller is who the TLS certificate says, found by its digest. Everybody else whose
// certificate the client CA issued is known to TLS and to nobody here.
base::Result<Caller> Identify(const net::HTTPServerRequest& request,
                              const std::vector<RegisteredCaller>& callers) {
  const auto& implementation = dynamic_cast<const net::HTTPServerRequestImpl&>(request);
  net::SecureStreamSocket socket(const_cast<net::HTTPServerRequestImpl&>(implementation).socket());
  const net::X509Certificate certificate = socket.peerCertificate();
  unsigned char* der = nullptr;
  const int length = i2d_X509(const_cast<X509*>(certificate.certificate()), &der);
  if (length <= 0) return BadFraming("no client certificate");
  const std::string digest =
      base::HexEncode(base::Sha256({der, static_cast<std::size_t>(length)}).bytes);
  OPENSSL_free(der);
  const auto found = std::ranges::find(callers, digest, &RegisteredCaller::certificate_sha256);
  if (found == callers.end())
    return base::Error{base::ErrorCode::kDenied, "caller.unknown",
                       "certificate " + digest + " is not registered"};
  return Caller{found->name, found->role, found->agency, found->keys};
}

// One connection's request, from Poco's shape to ours and back.
class RequestHandler final : public net::HTTPRequestHandler {
 public:
  RequestHandler(const Config& config, const HttpServer::Handler& handler,
                 const Poco::ThreadPool& pool)
      : config_(config), handler_(handler), pool_(pool) {}

  void handleRequest(net::HTTPServerRequest& from, net::HTTPServerResponse& to) override {
    Request request;
    request.id = base::HexEncode(base::RandomBytes(8));
    const auto taken = Take(from, request);
    const Response response =
        taken.ok() ? handler_.answer(request) : Problem(taken.error(), request);
    if (!taken.ok()) ReadAway(from);
    // After a refused body the rest of the connection cannot be trusted to begin a request.
    if (!taken.ok()) to.setKeepAlive(false);
    // A connection that is kept holds its thread, whether it asks for anything more or not.
    if (pool_.available() < kMaxThreads / 2) to.setKeepAlive(false);
    LogRequest(request, response);
    Send(response, request, to);
  }

 private:
  base::Status Take(net::HTTPServerRequest& from, Request& request) {
    try {
      request.method = from.getMethod();
      for (const auto& [name, value] : from) request.headers[LowerCase(name)] = value;
      RETURN_IF_ERROR(CheckFraming(from));
      // Our paths need no escapes, and two servers could read one differently.
      const std::string& target = from.getURI();
      if (target.substr(0, target.find('?')).find('%') != std::string::npos)
        return BadFraming("a path with %");
      const Poco::URI uri(target);
      request.path = uri.getPath();
      ASSIGN_OR_RETURN(request.caller, Identify(from, config_.callers));
      RETURN_IF_ERROR(ReadQuery(uri, request));
      ASSIGN_OR_RETURN(const std::size_t limit, handler_.admit(request));
      ASSIGN_OR_RETURN(request.body, ReadBody(from, limit));
      return base::Ok();
    } catch (const Poco::Exception& exception) {
      return BadFraming(exception.name());
    }
  }

  // A refused body is read and dropped: hanging up on a caller that is still sending would take
  // our answer from it. Beyond this much it loses the answer.
  static void ReadAway(net::HTTPServerRequest& from) {
    constexpr std::uint64_t kMost = std::uint64_t{64} << 20U;
    try {
      if (!from.hasContentLength()) return;
      const auto length = static_cast<std::uint64_t>(from.getContentLength64());
      from.stream().ignore(static_cast<std::streamsize>(std::min(length, kMost)));
    } catch (const Poco::Exception&) {
      // A length that is no number, or a caller that has gone.
    }
  }

  static void LogRequest(const Request& request, const Response& response) {
    base::Json fields;
    fields.Set("requestId", request.id);
    fields.Set("method", request.method);
    fields.Set("status", response.status);
    fields.Set("caller", request.caller.name);
    base::Log(base::Severity::kInfo, "http.request", fields);
  }

  // RFC 9110, 15.3.5 and 15.4.5: neither has content.
  static void SetBodyHeaders(const Response& response, net::HTTPServerResponse& to) {
    if (response.status == 204 || response.status == 304) return;
    to.setContentType(response.content_type);
    to.setContentLength64(
        static_cast<Poco::Int64>(response.stream ? response.stream->size : response.body.size()));
  }

  static void Put(base::ByteSpan bytes, std::ostream& out) {
    out.write(base::AsText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }

  // The head has gone out: all that is left to say of a failure is an end before the last byte.
  static void SendStream(const BodyStream& stream, std::ostream& out, net::HTTPServerResponse& to) {
    const base::Status sent = stream.write([&out](base::ByteSpan piece) -> base::Status {
      Put(piece, out);
      if (out.good()) return base::Ok();
      return base::Error{base::ErrorCode::kUnavailable, "channel.closed", "the caller has gone"};
    });
    if (sent.ok()) return;
    to.setKeepAlive(false);
    if (out.good()) base::LogError("http.stream-broken", sent.error());
  }

  static void Send(const Response& response, const Request& request, net::HTTPServerResponse& to) {
    try {
      to.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(response.status));
      SetBodyHeaders(response, to);
      for (const auto& [name, value] : response.headers) to.set(name, value);
      to.set("Cache-Control", "no-store");
      to.set("Request-Id", request.id);
      std::ostream& out = to.send();
      if (response.stream && request.method != "HEAD")
        SendStream(*response.stream, out, to);
      else
        Put(response.body, out);
    } catch (const Poco::Exception&) {
      // The caller has gone; what was done is in the ledger and in the log.
    }
  }

  const Config& config_;
  const HttpServer::Handler& handler_;
  const Poco::ThreadPool& pool_;
};

class HandlerFactory final : public net::HTTPRequestHandlerFactory {
 public:
  HandlerFactory(const Config& config, const HttpServer::Handler& handler,
                 const Poco::ThreadPool& pool)
      : config_(config), handler_(handler), pool_(pool) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new RequestHandler(config_, handler_, pool_);  // Poco deletes it.
  }

 private:
  const Config& config_;
  const HttpServer::Handler& handler_;
  const Poco::ThreadPool& pool_;
};

net::Context::Ptr TlsContext(const ListenConfig& listen) {
  net::Context::Ptr context = new net::Context(
      net::Context::TLS_SERVER_USE, listen.key.string(), listen.certificate.string(),
      listen.client_ca.string(), net::Context::VERIFY_STRICT, 4, false);
  // Poco would compare the client's certificate with its host name, which it never names.
  context->enableExtendedCertificateVerification(false);
  context->requireMinimumProtocol(net::Context::PROTO_TLSV1_3);
  context->enableSessionCache(false);
  return context;
}

class PocoServer final : public HttpServer {
 public:
  PocoServer(const Config& config, Handler handler)
      : config_(config), handler_(std::move(handler)), pool_(2, kMaxThreads) {
    auto* const parameters = new net::HTTPServerParams;  // Poco counts and frees it.
    parameters->setMaxThreads(kMaxThreads);
    parameters->setMaxQueued(kMaxThreads * 4);
    parameters->setTimeout(Poco::Timespan(10, 0));
    parameters->setKeepAliveTimeout(Poco::Timespan(15, 0));
    parameters->setMaxKeepAliveRequests(0);  // No limit.
    const net::SecureServerSocket socket(
        net::SocketAddress(config_.listen.address, config_.listen.port), 64,
        TlsContext(config_.listen));
    server_ = std::make_unique<net::HTTPServer>(new HandlerFactory(config_, handler_, pool_), pool_,
                                                socket, parameters);
    server_->start();
  }
  ~PocoServer() override { server_->stopAll(true); }

 private:
  const Config config_;
  const Handler handler_;
  Poco::ThreadPool pool_;
  std::unique_ptr<net::HTTPServer> server_;
};

}  // namespace

base::Result<std::unique_ptr<HttpServer>> HttpServer::Start(const Config& config, Handler handler) {
  try {
    net::initializeSSL();
    return std::unique_ptr<HttpServer>(std::make_unique<PocoServer>(config, std::move(handler)));
  } catch (const Poco::Exception& exception) {
    return base::Error{base::ErrorCode::kUnavailable, "http.cannot-listen",
                       exception.displayText()};
  }
}

}  // namespace api
