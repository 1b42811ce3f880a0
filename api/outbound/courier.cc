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

#include <algorithm>
#include <array>
#include <atomic>
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

constexpr std::size_t kMaxBody = std::size_t{1} << 20U;   // TSA and OCSP answers are a few KiB.
constexpr std::size_t kMaxList = std::size_t{32} << 20U;  // The longest have some 10 MiB.
constexpr std::size_t kThreads = 4;
// Witnesses are asked again and again: one that hangs must not keep threads from TSA and responder.
constexpr std::chrono::seconds kWitnessTimeout{2};
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kListPatience{90};

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
          if (told || stop.stop_requested()) return;
          barked_ = true;
          ::shutdown(socket, SHUT_RDWR);
        }) {}

  // What was read since is cut off, and may look like a whole answer.
  bool barked() const { return barked_; }

 private:
  std::atomic<bool> barked_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: it uses the others, and stops first.
};

// nullopt when there is more than `limit`.
std::optional<base::Bytes> ReadBounded(std::istream& in, std::size_t limit) {
  base::Bytes body;
  std::array<char, 8192> block{};
  while (in.good()) {
    in.read(block.data(), block.size());
    const auto got = static_cast<std::size_t>(in.gcount());
    if (body.size() + got > limit) return std::nullopt;
    body.insert(body.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return body;
}

struct Exchanged {
  std::string url;
  std::string content_type{};  // Of `body`; empty: there is none, and the method is GET.
  base::ByteSpan body{};
  std::chrono::seconds patience;  // For all of it.
  std::size_t max_answer;
};

base::Result<HttpAnswer> Exchange(const Exchanged& what, std::chrono::seconds timeout) {
  try {
    const Poco::URI uri(what.url);
    const auto session = SessionFor(uri);
    session->setTimeout(Poco::Timespan(timeout.count(), 0));
    const bool get = what.content_type.empty();
    Poco::Net::HTTPRequest request(
        get ? Poco::Net::HTTPRequest::HTTP_GET : Poco::Net::HTTPRequest::HTTP_POST,
        uri.getPathAndQuery(), Poco::Net::HTTPMessage::HTTP_1_1);
    if (!get) {
      request.setContentType(what.content_type);
      request.setContentLength64(static_cast<Poco::Int64>(what.body.size()));
    }
    session->sendRequest(request).write(base::AsText(what.body).data(),
                                        static_cast<std::streamsize>(what.body.size()));
    const Watchdog watchdog(session->socket().impl()->sockfd(), what.patience);
    Poco::Net::HTTPResponse response;
    const auto answer = ReadBounded(session->receiveResponse(response), what.max_answer);
    if (!answer) return NoAnswer("the answer is too long");
    if (watchdog.barked()) return NoAnswer("the answer takes too long");
    if (response.hasContentLength() &&
        response.getContentLength64() != static_cast<Poco::Int64>(answer->size()))
      return NoAnswer("the answer ended early");
    return HttpAnswer{static_cast<int>(response.getStatus()), *answer};
  } catch (const Poco::Exception& exception) {
    return NoAnswer(exception.displayText());
  }
}

base::Result<base::Bytes> RequireOk(const base::Result<HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  if (answer.value().status != Poco::Net::HTTPResponse::HTTP_OK)
    return NoAnswer("HTTP status " + std::to_string(answer.value().status));
  return answer.value().body;
}

// How an answer with its status travels to the front: three digits, then the body.
constexpr std::size_t kStatusDigits = 3;

base::Result<base::Bytes> WithStatus(const base::Result<HttpAnswer>& answer) {
  if (!answer.ok()) return answer.error();
  base::Bytes bytes = base::ToBytes(std::to_string(answer.value().status));
  if (bytes.size() != kStatusDigits) return NoAnswer("an HTTP status that is none");
  base::Append(answer.value().body, bytes);
  return bytes;
}

base::Error NotConfigured() {
  return {base::ErrorCode::kNotFound, "courier.not-configured",
          "no such service in the configuration"};
}

base::Result<base::Bytes> CarryList(const CourierConfig& config, const std::string& name) {
  const auto list = config.lists.find(name);
  if (list == config.lists.end()) return NotConfigured();
  return RequireOk(
      Exchange({.url = list->second, .patience = config.list_timeout, .max_answer = kMaxList},
               config.timeout));
}

base::Result<base::Bytes> Carry(const CourierConfig& config, const base::Message& request) {
  ASSIGN_OR_RETURN(const base::Json order, base::Json::Parse(base::AsText(request.payload)));
  if (const auto list = order.Text("list")) return CarryList(config, *list);
  const auto service = config.services.find(order.Text("service").value_or(""));
  const std::string content_type = order.Text("contentType").value_or("");
  if (service == config.services.end()) return NotConfigured();
  if (request.files.size() != 1 || content_type.empty()) return NoAnswer("no body to send");
  ASSIGN_OR_RETURN(const base::Bytes body, base::ReadFd(request.files.front(), kMaxBody));
  const bool any_status = order.Find("anyStatus") != nullptr;
  const auto timeout = any_status ? std::min(config.timeout, kWitnessTimeout) : config.timeout;
  const auto answer = Exchange({.url = service->second,
                                .content_type = content_type,
                                .body = body,
                                .patience = timeout,
                                .max_answer = kMaxBody},
                               timeout);
  return any_status ? WithStatus(answer) : RequireOk(answer);
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

base::Result<HttpAnswer> CourierClient::Ask(const std::string& service,
                                            const std::string& content_type, base::ByteSpan body) {
  base::Json order;
  order.Set("service", service);
  order.Set("contentType", content_type);
  order.Set("anyStatus", true);
  ASSIGN_OR_RETURN(const base::Bytes bytes,
                   base::BulkCall(channel_, order, {body}, {kPatience, kMaxBody + kStatusDigits}));
  const base::ByteSpan all = bytes;
  int status = 0;
  for (const std::uint8_t digit : all.first(std::min(kStatusDigits, all.size()))) {
    if (digit < '0' || digit > '9') return NoAnswer("no status in front");
    status = status * 10 + (digit - '0');
  }
  if (status < 100) return NoAnswer("no status in front");
  return HttpAnswer{status, {bytes.begin() + kStatusDigits, bytes.end()}};
}

base::Result<base::Bytes> CourierClient::Fetch(const std::string& list) {
  base::Json order;
  order.Set("list", list);
  return base::BulkCall(channel_, order, {}, {kListPatience, kMaxList});
}

}  // namespace api
