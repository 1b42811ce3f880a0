#include "api/inspector.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <list>

#include "base/base64.h"
#include "base/bulk_call.h"
#include "base/file.h"
#include "base/log.h"
#include "hardening/walls.h"
#include "signing/container_reader.h"
#include "signing/container_writer.h"
#include "signing/verifier.h"

namespace api {
namespace {

constexpr std::chrono::seconds kPatience{30};
// What the inspector may answer with: a report, a list, or a few certificates.
constexpr base::BulkLimits kReport{kPatience, std::size_t{16} << 20U};
constexpr base::BulkLimits kEvidence{kPatience, std::size_t{1} << 20U};

// So many inspections at once; further calls wait in the door.
constexpr std::size_t kMaxRunning = 64;

// An order and its input files, as the forked process sees them.
struct Job {
  const base::Json& order;
  const std::vector<base::MappedFile>& inputs;
  const InspectorSetup& setup;

  base::ByteSpan input(std::size_t index) const {
    return index < inputs.size() ? inputs[index].bytes() : base::ByteSpan{};
  }
  base::Time time(std::string_view name) const {
    return base::Time(std::chrono::seconds(order.Integer(name).value_or(0)));
  }
};

base::Json Base64List(const std::vector<base::Bytes>& items) {
  base::Json::Array list;
  for (const base::Bytes& item : items) list.emplace_back(base::Base64Encode(item));
  return list;
}

// ---- What runs inside the walls: one function an order, JSON or bytes out. ----

base::Result<base::Bytes> DoVerify(const Job& job) {
  const base::Json report =
      signing::Verify({.name = job.order.Text("name").value_or(""),
                       .document = job.input(0),
                       .policy = job.order.Text("policy").value_or(""),
                       .policy_text = {},
                       .trust = {},
                       .prepared_trust = job.setup.trust,
                       .data = {},
                       .digests = {},
                       .at = job.time("at"),
                       .language = job.order.Text("language") == "lv" ? base::Language::kLatvian
                                                                      : base::Language::kEnglish});
  return base::ToBytes(report.Dump());
}

base::Result<base::Bytes> DoListDocuments(const Job& job) {
  ASSIGN_OR_RETURN(const auto documents, signing::ReadUnsignedContainer(job.input(0)));
  base::Json list = base::Json::Array{};
  for (const auto& document : documents) {
    base::Json item;
    item.Set("name", document.name);
    item.Set("mediaType", document.media_type);
    item.Set("sha256", base::HexEncode(base::Sha256(document.bytes).bytes));
    list.Push(std::move(item));
  }
  return base::ToBytes(list.Dump());
}

base::Result<base::Bytes> DoAddSignature(const Job& job) {
  ASSIGN_OR_RETURN(const auto documents, signing::ReadUnsignedContainer(job.input(0)));
  signing::ContainerParts parts;
  for (const auto& document : documents)
    parts.documents.push_back({document.name, document.media_type, document.bytes});
  parts.signatures.push_back({"META-INF/edoc-signatures-S1.xml", base::ToString(job.input(1))});
  parts.modified = job.time("modified");
  return signing::WriteContainer(parts);
}

base::Result<base::Bytes> DoReadTimestampResponse(const Job& job) {
  const auto imprint = base::ToSha256Digest(job.input(1));
  if (!imprint)
    return base::Error{base::ErrorCode::kInternal, "channel.malformed", "imprint of another size"};
  ASSIGN_OR_RETURN(const auto answer,
                   signing::ReadTimestampResponse(job.input(0), *imprint, job.input(2)));
  base::Json json;
  json.Set("token", base::Base64Encode(answer.token));
  json.Set("time", std::int64_t{answer.time.time_since_epoch().count()});
  json.Set("certificates", Base64List(answer.certificates));
  return base::ToBytes(json.Dump());
}

base::Result<base::Bytes> DoReadOcspResponse(const Job& job) {
  ASSIGN_OR_RETURN(const auto answer,
                   signing::ReadOcspResponse(job.input(0), {.certificate = job.input(1),
                                                            .issuer = job.input(2),
                                                            .nonce = job.input(3),
                                                            .proven = job.time("proven"),
                                                            .now = job.time("now")}));
  base::Json json;
  json.Set("response", base::Base64Encode(answer.response));
  json.Set("producedAt", std::int64_t{answer.produced_at.time_since_epoch().count()});
  json.Set("certificates", Base64List(answer.certificates));
  return base::ToBytes(json.Dump());
}

struct Work {
  std::string_view name;
  base::Result<base::Bytes> (*run)(const Job&);
};
constexpr std::array<Work, 5> kWorks{{
    {"verify", DoVerify},
    {"list-documents", DoListDocuments},
    {"add-signature", DoAddSignature},
    {"read-timestamp", DoReadTimestampResponse},
    {"read-ocsp", DoReadOcspResponse},
}};

// ---- Between the walls and the door. ----

// What comes out of the walls: one byte that says which, then the bytes or the error.
base::Bytes Pack(const base::Result<base::Bytes>& result) {
  base::Bytes packed{result.ok() ? std::uint8_t{1} : std::uint8_t{0}};
  if (result.ok()) {
    base::Append(result.value(), packed);
  } else {
    base::Append(base::AsBytes(base::ErrorToJson(result.error()).Dump()), packed);
  }
  return packed;
}

base::Result<base::Bytes> Unpack(base::ByteSpan packed) {
  if (packed.empty())
    return base::Error{base::ErrorCode::kInternal, "channel.malformed", "an empty answer"};
  if (packed[0] == 1) return base::Bytes(packed.begin() + 1, packed.end());
  ASSIGN_OR_RETURN(const base::Json error, base::Json::Parse(base::AsText(packed.subspan(1))));
  return base::ErrorFromJson(error);
}

// What the zygote holds of a call while its work runs. The inputs are mapped before the fork,
// so that the child finds them; the zygote itself looks at none of their bytes.
struct Running {
  base::IncomingCall call;
  std::vector<base::MappedFile> inputs;
  hardening::WalledWork work;
};

// Limits grow with the input, so that a small file can never cost much.
hardening::Walls WallsFor(const std::vector<base::MappedFile>& inputs) {
  std::size_t size = 0;
  for (const base::MappedFile& input : inputs) size += input.bytes().size();
  const auto mebibytes = static_cast<std::int64_t>(size >> 20U);
  return {.cpu = std::chrono::seconds(3 + mebibytes / 16),
          .memory_bytes = (std::size_t{256} << 20U) + size * 6,
          .result_bytes = (std::size_t{16} << 20U) + size * 2};
}

// Runs behind the walls.
base::Result<base::Bytes> DoWork(base::ByteSpan order, const std::vector<base::MappedFile>& inputs,
                                 const InspectorSetup& setup) {
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(order)));
  const std::string name = json.Text("work").value_or("");
  const auto work = std::ranges::find(kWorks, name, &Work::name);
  if (work == kWorks.end())
    return base::Error{base::ErrorCode::kInternal, "channel.malformed", "no such work: " + name};
  return work->run({json, inputs, setup});
}

base::Result<Running> StartWork(base::IncomingCall call, const InspectorSetup& setup) {
  std::vector<base::MappedFile> inputs;
  for (const base::UniqueFd& file : call.request.files) {
    auto input = base::MappedFile::Map(file);
    if (!input.ok()) {
      call.Answer(base::BulkAnswer(input.error()));
      return input.error();
    }
    inputs.push_back(std::move(input).value());
  }
  auto work = hardening::WalledWork::Start(
      WallsFor(inputs), [&] { return Pack(DoWork(call.request.payload, inputs, setup)); });
  if (!work.ok()) {
    call.Answer(base::BulkAnswer(work.error()));
    return work.error();
  }
  return Running{std::move(call), std::move(inputs), std::move(work).value()};
}

void Finish(Running& running) {
  const auto packed = std::move(running.work).Finish();
  if (packed.ok()) return running.call.Answer(base::BulkAnswer(Unpack(packed.value())));
  base::LogError("inspector.stopped", packed.error());
  base::Error error = packed.error();
  if (error.code == base::ErrorCode::kInvalidInput) error.reason = "input.too-costly";
  running.call.Answer(base::BulkAnswer(error));
}

// Waits until the door rings or some work has something to say. True when it rings.
bool Wait(const base::UniqueFd& door, bool open, const std::list<Running>& running) {
  std::vector<pollfd> items{{open ? door.get() : -1, POLLIN, 0}};
  auto until = hardening::WalledWork::Deadline::max();
  for (const Running& one : running) {
    items.push_back({one.work.fd(), POLLIN, 0});
    until = std::min(until, one.work.deadline());
  }
  std::int64_t patience = -1;
  if (!running.empty())
    patience = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(
                                             until - std::chrono::steady_clock::now())
                                             .count());
  static_cast<void>(::poll(items.data(), items.size(), static_cast<int>(patience)));
  return items.front().revents != 0;
}

}  // namespace

base::Status ServeInspector(const base::UniqueFd& door, const InspectorSetup& setup) {
  signing::PrepareVerifier();
  std::list<Running> running;
  bool callers_left = true;
  while (callers_left || !running.empty()) {
    if (Wait(door, callers_left && running.size() < kMaxRunning, running)) {
      auto call = base::TakeCall(door);
      callers_left = call.ok();
      if (callers_left) {
        auto started = StartWork(std::move(call).value(), setup);
        if (started.ok())
          running.push_back(std::move(started).value());
        else
          base::LogError("inspector.not-started", started.error());
      }
    }
    for (auto one = running.begin(); one != running.end();) {
      if (!one->work.Read()) {
        ++one;
        continue;
      }
      Finish(*one);
      one = running.erase(one);
    }
  }
  return base::Ok();
}

// ---- The client. ----

namespace {

base::Json OrderFor(std::string_view work) {
  base::Json order;
  order.Set("work", work);
  return order;
}

base::Error Nonsense() {
  return {base::ErrorCode::kInternal, "channel.malformed", "the inspector answered nonsense"};
}

base::Result<base::Bytes> BinaryMember(const base::Json& json, std::string_view name) {
  const auto bytes = base::Base64Decode(json.Text(name).value_or("="));
  if (!bytes) return Nonsense();
  return *bytes;
}

base::Result<std::vector<base::Bytes>> BinaryList(const base::Json& json, std::string_view name) {
  const base::Json* list = json.Find(name);
  if (list == nullptr || list->AsArray() == nullptr) return Nonsense();
  std::vector<base::Bytes> items;
  for (const base::Json& item : *list->AsArray()) {
    const auto bytes = base::Base64Decode(item.AsString() != nullptr ? *item.AsString() : "=");
    if (!bytes) return Nonsense();
    items.push_back(*bytes);
  }
  return items;
}

base::Time TimeMember(const base::Json& json, std::string_view name) {
  return base::Time(std::chrono::seconds(json.Integer(name).value_or(0)));
}

std::int64_t Seconds(base::Time time) {
  return std::int64_t{time.time_since_epoch().count()};
}

}  // namespace

base::Result<base::Json> InspectorClient::Verify(base::ByteSpan document,
                                                 const VerifyOrder& order) {
  base::Json json = OrderFor("verify");
  json.Set("name", order.name);
  json.Set("policy", order.policy);
  json.Set("at", Seconds(order.at));
  json.Set("language", order.language == base::Language::kLatvian ? "lv" : "en");
  ASSIGN_OR_RETURN(const base::Bytes report, base::BulkCall(channel_, json, {document}, kReport));
  return base::Json::Parse(base::AsText(report));
}

base::Result<std::vector<signing::DocumentDigest>> InspectorClient::ListDocuments(
    base::ByteSpan container) {
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, OrderFor("list-documents"), {container}, kReport));
  ASSIGN_OR_RETURN(const base::Json list, base::Json::Parse(base::AsText(answer)));
  if (list.AsArray() == nullptr) return Nonsense();
  std::vector<signing::DocumentDigest> documents;
  for (const base::Json& item : *list.AsArray()) {
    const auto bytes = base::HexDecode(item.Text("sha256").value_or(""));
    const auto digest = base::ToSha256Digest(bytes.value_or(base::Bytes{}));
    if (!digest) return Nonsense();
    documents.push_back(
        {item.Text("name").value_or(""), item.Text("mediaType").value_or(""), *digest});
  }
  return documents;
}

base::Result<base::Bytes> InspectorClient::AddSignature(base::ByteSpan container,
                                                        const std::string& signature_xml,
                                                        base::Time modified) {
  base::Json order = OrderFor("add-signature");
  order.Set("modified", Seconds(modified));
  return base::BulkCall(
      channel_, order, {container, base::AsBytes(signature_xml)},
      {kPatience, 2 * (container.size() + signature_xml.size()) + kReport.max_answer});
}

base::Result<signing::TimestampAnswer> InspectorClient::ReadTimestampResponse(
    base::ByteSpan response, const base::Sha256Digest& imprint, base::ByteSpan nonce) {
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   base::BulkCall(channel_, OrderFor("read-timestamp"),
                                  {response, imprint.bytes, nonce}, kEvidence));
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(answer)));
  signing::TimestampAnswer timestamp;
  ASSIGN_OR_RETURN(timestamp.token, BinaryMember(json, "token"));
  ASSIGN_OR_RETURN(timestamp.certificates, BinaryList(json, "certificates"));
  timestamp.time = TimeMember(json, "time");
  return timestamp;
}

base::Result<signing::OcspAnswer> InspectorClient::ReadOcspResponse(
    base::ByteSpan response, const signing::OcspQuestion& question) {
  base::Json order = OrderFor("read-ocsp");
  order.Set("proven", Seconds(question.proven));
  order.Set("now", Seconds(question.now));
  ASSIGN_OR_RETURN(
      const base::Bytes answer,
      base::BulkCall(channel_, order,
                     {response, question.certificate, question.issuer, question.nonce}, kEvidence));
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(answer)));
  signing::OcspAnswer ocsp;
  ASSIGN_OR_RETURN(ocsp.response, BinaryMember(json, "response"));
  ASSIGN_OR_RETURN(ocsp.certificates, BinaryList(json, "certificates"));
  ocsp.produced_at = TimeMember(json, "producedAt");
  return ocsp;
}

}  // namespace api
