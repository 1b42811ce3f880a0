// The emulator's HTTP face, by Poco. Its exceptions end here.
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <array>
#include <istream>
#include <string>
#include <utility>

#include "base/random.h"
#include "emulator/emulator.h"
#include "emulator/ocsp_responder.h"
#include "emulator/switches.h"
#include "emulator/timestamp_responder.h"
#include "emulator/trust_lists.h"

namespace emulator {
namespace {

namespace net = Poco::Net;
using Status = net::HTTPResponse::HTTPStatus;

constexpr std::size_t kMaxBody = std::size_t{64} * 1024;
constexpr int kMaxThreads = 16;
constexpr std::string_view kLoopback = "127.0.0.1";

struct Reply {
  Status status;
  std::string content_type;
  base::Bytes body;
  std::string location{};   // Of a redirect.
  bool is_endless = false;  // The body again and again, until the peer has enough.
};

Reply Refuse(Status status) {
  return {status, "text/plain", {}};
}

// What every service does with a mode that is not about its answer.
enum class Transport { kAnswer, kDown, kSlow, kGarbage };

Transport TransportOf(TsaMode mode) {
  if (mode == TsaMode::kDown) return Transport::kDown;
  if (mode == TsaMode::kSlow) return Transport::kSlow;
  return mode == TsaMode::kGarbage ? Transport::kGarbage : Transport::kAnswer;
}

Transport TransportOf(OcspMode mode) {
  if (mode == OcspMode::kDown) return Transport::kDown;
  if (mode == OcspMode::kSlow) return Transport::kSlow;
  return mode == OcspMode::kGarbage ? Transport::kGarbage : Transport::kAnswer;
}

Transport TransportOf(TrustMode mode) {
  if (mode == TrustMode::kDown) return Transport::kDown;
  if (mode == TrustMode::kSlow) return Transport::kSlow;
  return mode == TrustMode::kGarbage ? Transport::kGarbage : Transport::kAnswer;
}

// What the paths of the server do. Thread-safe.
class Services {
 public:
  Services(TestAuthority& authority, Witness* witness)
      : authority_(authority), witness_(witness), lists_(authority) {}

  Switches& switches() { return switches_; }

  Reply Timestamp(base::ByteSpan body) {
    return Serve(switches_.tsa(), "application/timestamp-reply",
                 [&](TsaMode mode) { return AnswerTimestamp(authority_, body, mode); });
  }
  Reply Ocsp(base::ByteSpan body) {
    return Serve(switches_.ocsp(), "application/ocsp-response",
                 [&](OcspMode mode) { return AnswerOcsp(authority_, body, mode); });
  }
  Reply ListOfLists(base::ByteSpan) { return List(ListKind::kListOfLists); }
  Reply NationalList(base::ByteSpan) { return List(ListKind::kList); }
  Reply RootCrl(base::ByteSpan) {
    return {Status::HTTP_OK, "application/pkix-crl", authority_.RootCrl()};
  }
  Reply IssuingCrl(base::ByteSpan) {
    return {Status::HTTP_OK, "application/pkix-crl", authority_.IssuingCrl()};
  }
  // A certificate for the request (PKCS#10 in DER): for signers whose key is elsewhere.
  Reply Issue(base::ByteSpan body) {
    auto issued = authority_.IssueSeal(body);
    if (!issued.ok()) return Refuse(Status::HTTP_BAD_REQUEST);
    return {Status::HTTP_OK, "application/pkix-cert", std::move(issued.value().certificate)};
  }
  Reply AddCheckpoint(base::ByteSpan body) {
    if (witness_ == nullptr) return Refuse(Status::HTTP_NOT_FOUND);
    if (switches_.witness() == WitnessMode::kDown) return Refuse(Status::HTTP_SERVICE_UNAVAILABLE);
    const WitnessAnswer answer = witness_->AddCheckpoint(base::AsText(body), authority_.Now());
    const bool is_size = answer.status == Status::HTTP_CONFLICT;
    return {static_cast<Status>(answer.status), is_size ? "text/x.tlog.size" : "text/plain",
            base::ToBytes(answer.body)};
  }
  Reply Switch(base::ByteSpan body) {
    const bool applied = switches_.Apply(base::AsText(body)).ok();
    return Refuse(applied ? Status::HTTP_NO_CONTENT : Status::HTTP_BAD_REQUEST);
  }

 private:
  template <typename Mode, typename Answer>
  Reply Serve(Mode mode, std::string content_type, Answer answer) {
    const Transport transport = TransportOf(mode);
    if (transport == Transport::kDown) return Refuse(Status::HTTP_SERVICE_UNAVAILABLE);
    if (transport == Transport::kSlow) switches_.WaitForChange();
    if (transport == Transport::kGarbage)
      return {Status::HTTP_OK, std::move(content_type), base::RandomBytes(200)};
    auto body = answer(mode);
    if (!body.ok()) return Refuse(Status::HTTP_BAD_REQUEST);
    return {Status::HTTP_OK, std::move(content_type), std::move(body).value()};
  }

  Reply List(ListKind kind) {
    const TrustMode mode = switches_.trust();
    Reply reply = Serve(
        mode, "application/vnd.etsi.tsl+xml",
        [&](TrustMode served) -> base::Result<base::Bytes> { return lists_.Get(kind, served); });
    reply.is_endless = mode == TrustMode::kEndless;
    // What is behind it is a list that would do: who follows is found out.
    if (mode == TrustMode::kRedirect)
      return {Status::HTTP_FOUND, "text/plain", {}, "http://localhost/trust/lotl.xml"};
    return reply;
  }

  TestAuthority& authority_;
  Witness* const witness_;  // nullptr: none.
  Switches switches_;
  TrustLists lists_;
};

struct Route {
  std::string_view path;
  std::string_view content_type;  // Of the request's body; empty: GET, and there is none.
  Reply (Services::*serve)(base::ByteSpan body);
};

constexpr std::array<Route, 9> kRoutes{{
    {"/tsa", "application/timestamp-query", &Services::Timestamp},
    {"/ocsp", "application/ocsp-request", &Services::Ocsp},
    {"/trust/lotl.xml", "", &Services::ListOfLists},
    {"/trust/lv.xml", "", &Services::NationalList},
    {"/crl/root.crl", "", &Services::RootCrl},
    {"/crl/issuing.crl", "", &Services::IssuingCrl},
    {"/issue", "application/pkcs10", &Services::Issue},
    {"/witness/add-checkpoint", "text/plain", &Services::AddCheckpoint},
    {"/switch", "application/json", &Services::Switch},
}};

class Handler final : public net::HTTPRequestHandler {
 public:
  explicit Handler(Services& services) : services_(services) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const Reply reply = Answer(request);
    response.setStatusAndReason(reply.status);
    response.setContentType(reply.content_type);
    // What was not read must not be taken for the next request.
    if (reply.status != Status::HTTP_OK) response.setKeepAlive(false);
    if (!reply.location.empty()) response.set("Location", reply.location);
    if (reply.is_endless) return SendForEver(reply, response);
    response.sendBuffer(reply.body.data(), reply.body.size());
  }

 private:
  // A gigabyte is as good as for ever.
  static void SendForEver(const Reply& reply, net::HTTPServerResponse& response) {
    response.setChunkedTransferEncoding(true);
    response.setKeepAlive(false);
    std::ostream& out = response.send();
    for (std::size_t sent = 0; out.good() && sent < (std::size_t{1} << 30U);
         sent += reply.body.size())
      out.write(base::AsText(reply.body).data(), static_cast<std::streamsize>(reply.body.size()));
  }

  Reply Answer(net::HTTPServerRequest& request) {
    const auto route = std::ranges::find(kRoutes, request.getURI(), &Route::path);
    if (route == kRoutes.end()) return Refuse(Status::HTTP_NOT_FOUND);
    if (route->content_type.empty() && request.getMethod() == "GET")
      return (services_.*route->serve)({});
    if (request.getMethod() != "POST" || route->content_type.empty())
      return Refuse(Status::HTTP_METHOD_NOT_ALLOWED);
    if (request.getContentType() != route->content_type)
      return Refuse(Status::HTTP_UNSUPPORTED_MEDIA_TYPE);
    if (!request.hasContentLength()) return Refuse(Status::HTTP_LENGTH_REQUIRED);
    const auto length = request.getContentLength64();
    if (length < 0) return Refuse(Status::HTTP_BAD_REQUEST);
    if (static_cast<std::uint64_t>(length) > kMaxBody)
      return Refuse(Status::HTTP_REQUEST_ENTITY_TOO_LARGE);
    std::string body(static_cast<std::size_t>(length), '\0');
    request.stream().read(body.data(), static_cast<std::streamsize>(body.size()));
    if (static_cast<std::size_t>(request.stream().gcount()) != body.size())
      return Refuse(Status::HTTP_BAD_REQUEST);
    return (services_.*route->serve)(base::AsBytes(body));
  }

  Services& services_;
};

class Factory final : public net::HTTPRequestHandlerFactory {
 public:
  explicit Factory(Services& services) : services_(services) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new Handler(services_);  // Poco owns it.
  }

 private:
  Services& services_;
};

// Poco's own constructor would share the port with whoever has it already.
net::ServerSocket Listen(std::uint16_t port) {
  net::ServerSocket socket;
  socket.bind(net::SocketAddress(std::string(kLoopback), port), true, false);
  socket.listen();
  return socket;
}

net::HTTPServerParams::Ptr Params() {
  net::HTTPServerParams::Ptr params = new net::HTTPServerParams;  // Poco's own counted pointer.
  params->setMaxThreads(kMaxThreads);
  params->setMaxQueued(64);
  params->setTimeout(Poco::Timespan(10, 0));
  return params;
}

}  // namespace

struct Emulator::Server {
  Server(TestAuthority& authority, std::uint16_t port, Witness* witness)
      : services(authority, witness),
        threads(2, kMaxThreads),
        socket(Listen(port)),
        http(new Factory(services), threads, socket, Params()) {}

  std::string Url(std::string_view path) const {
    return "http://" + std::string(kLoopback) + ":" + std::to_string(socket.address().port()) +
           std::string(path);
  }

  Services services;
  Poco::ThreadPool threads;
  net::ServerSocket socket;
  net::HTTPServer http;
};

Emulator::Emulator(std::unique_ptr<Server> server) : server_(std::move(server)) {}

Emulator::~Emulator() {
  server_->services.switches().Stop();
  try {
    server_->http.stopAll(true);
    server_->threads.joinAll();
  } catch (const Poco::Exception&) {
    // Stopping is all that is wanted, and nobody is left to tell.
  }
}

base::Result<std::unique_ptr<Emulator>> Emulator::Start(TestAuthority& authority,
                                                        std::uint16_t port, Witness* witness) {
  try {
    auto server = std::make_unique<Server>(authority, port, witness);
    server->http.start();
    if (!authority.has_ocsp_url()) authority.set_ocsp_url(server->Url("/ocsp"));
    return std::unique_ptr<Emulator>(new Emulator(std::move(server)));
  } catch (const Poco::Exception& failure) {
    return base::Error{base::ErrorCode::kUnavailable, "emulator.port-taken",
                       "port " + std::to_string(port) + ": " + failure.displayText()};
  }
}

std::uint16_t Emulator::port() const {
  return server_->socket.address().port();
}
std::string Emulator::tsa_url() const {
  return server_->Url("/tsa");
}
std::string Emulator::ocsp_url() const {
  return server_->Url("/ocsp");
}
std::string Emulator::lotl_url() const {
  return server_->Url("/trust/lotl.xml");
}
std::string Emulator::list_url() const {
  return server_->Url("/trust/lv.xml");
}
std::string Emulator::witness_url() const {
  return server_->Url("/witness");
}
void Emulator::set_witness_mode(WitnessMode mode) {
  server_->services.switches().set_witness(mode);
}
void Emulator::set_trust_mode(TrustMode mode) {
  server_->services.switches().set_trust(mode);
}
void Emulator::set_tsa_mode(TsaMode mode) {
  server_->services.switches().set_tsa(mode);
}
void Emulator::set_ocsp_mode(OcspMode mode) {
  server_->services.switches().set_ocsp(mode);
}

}  // namespace emulator
