#include "api/outbound/courier.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/URI.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bulk_call.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

namespace api {
namespace {

constexpr std::size_t kMaxBody = std::size_t{1} << 20U;  // TSA and OCSP answers are a few KiB.
constexpr std::size_t kThreads = 4;
constexpr std::chrono::seconds kPatience{30};

base::Error NoAnswer(const std::string& what) {
  return {base::ErrorCode::kUnavailable, "courier.no-answer", what};
}

std::unique_ptr<Poco::Net::HTTPClientSession> SessionFor(const Poco::URI& uri) {
  if (uri.getScheme() == "http")
    return std::make_unique<Poco::Net::HTTPClientSession>(uri.getHost(), uri.getPort());
  const Poco::Net::Context::Ptr context = new Poco::Net::Context(
      Poco::Net::Context::TLS_CLIENT_USE, "", "", "", Poco::Net::Context::VERIFY_STRICT, 9, true);
  return std::make_unique<Poco::Net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
}

// Ends an exchange that takes too long as a whole: a timeout of the socket is one of each
// read, and a peer that drips a byte now and then never meets it.
class Watchdog {
 public:
  Watchdog(int socket, std::chrono::seconds patience)
      : thread_([this, socket, patience](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          const bool told = wake_.wait_for(lock, stop, patience, [&] { return false; });
          if (!told && !stop.stop_requested()) ::shutdown(socket, SHUT_RDWR);
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

// At most kMaxBody bytes; nullopt when there is more.
std::optional<base::Bytes> ReadBounded(std::istream& in) {
  base::Bytes body;
  std::array<char, 8192> block{};
  while (in.good()) {
    in.read(block.data(), block.size());
    const auto got = static_cast<std::size_t>(in.gcount());
    if (body.size() + got > kMaxBody) return std::nullopt;
    body.insert(body.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return body;
}

base::Result<base::Bytes> Exchange(const CourierConfig& config, const std::string& url,
                                   const std::string& content_type, base::ByteSpan body) {
  try {
    const Poco::URI uri(url);
    const auto session = SessionFor(uri);
    session->setTimeout(Poco::Timespan(config.timeout.count(), 0));
    Poco::Net::HTTPRequest request(Poco::Net::HTTPRequest::HTTP_POST, uri.getPathAndQuery(),
                                   Poco::Net::HTTPMessage::HTTP_1_1);
    request.setContentType(content_type);
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    session->sendRequest(request).write(base::AsText(body).data(),
                                        static_cast<std::streamsize>(body.size()));
    const Watchdog watchdog(session->socket().impl()->sockfd(), config.timeout);
    Poco::Net::HTTPResponse response;
    const auto answer = ReadBounded(session->receiveResponse(response));
    if (response.getStatus() != Poco::Net::HTTPResponse::HTTP_OK)
      return NoAnswer("HTTP status " + std::to_string(static_cast<int>(response.getStatus())));
    if (!answer) return NoAnswer("the answer is too long");
    return *answer;
  } catch (const Poco::Exception& exception) {
    return NoAnswer(exception.displayText());
  }
}

base::Result<base::Bytes> Carry(const CourierConfig& config, const base::Message& request) {
  ASSIGN_OR_RETURN(const base::Json order, base::Json::Parse(base::AsText(request.payload)));
  const auto service = config.services.find(order.Text("service").value_or(""));
  if (service == config.services.end())
    return base::Error{base::ErrorCode::kNotFound, "courier.not-configured",
                       "no such service in the configuration"};
  if (request.files.size() != 1) return NoAnswer("no body to send");
  ASSIGN_OR_RETURN(const base::Bytes body, base::ReadFd(request.files.front(), kMaxBody));
  return Exchange(config, service->second, order.Text("contentType").value_or(""), body);
}

}  // namespace

base::Status ServeCourier(const CourierConfig& config, const base::UniqueFd& door) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (auto call = base::TakeCall(door); call.ok(); call = base::TakeCall(door)) {
        const auto result = Carry(config, call.value().request);
        if (!result.ok()) base::LogError("courier.failed", result.error());
        call.value().Answer(base::BulkAnswer(result));
      }
    });
  }
  threads.clear();  // Joins.
  return base::Ok();
}

base::Result<base::Bytes> CourierClient::Post(const std::string& service,
                                              const std::string& content_type,
                                              base::ByteSpan body) {
  base::Json order;
  order.Set("service", service);
  order.Set("contentType", content_type);
  return base::BulkCall(channel_, order, {body}, {kPatience, kMaxBody});
}

}  // namespace api
