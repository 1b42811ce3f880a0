#include "api/inspector.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

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

// An order and its input files, as the forked process sees them.
struct Job {
  base::Json order;
  std::vector<base::MappedFile> inputs;

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

base::Result<Job> ReadJob(const base::Message& request) {
  Job job;
  ASSIGN_OR_RETURN(job.order, base::Json::Parse(base::AsText(request.payload)));
  for (const base::UniqueFd& file : request.files) {
    ASSIGN_OR_RETURN(base::MappedFile input, base::MappedFile::Map(file));
    job.inputs.push_back(std::move(input));
  }
  return job;
}

// Limits grow with the input, so that a small file can never cost much.
hardening::Walls WallsFor(const Job& job) {
  std::size_t size = 0;
  for (const base::MappedFile& input : job.inputs) size += input.bytes().size();
  const auto mebibytes = static_cast<std::int64_t>(size >> 20U);
  return {.cpu = std::chrono::seconds(3 + mebibytes / 16),
          .memory_bytes = (std::size_t{256} << 20U) + size * 6,
          .result_bytes = (std::size_t{16} << 20U) + size * 2};
}

base::Result<base::Bytes> Inspect(const base::Message& request) {
  ASSIGN_OR_RETURN(const Job job, ReadJob(request));
  const std::string name = job.order.Text("work").value_or("");
  const auto work = std::ranges::find(kWorks, name, &Work::name);
  if (work == kWorks.end())
    return base::Error{base::ErrorCode::kInternal, "channel.malformed", "no such work: " + name};
  const auto packed = hardening::RunInWalls(WallsFor(job), [&] { return Pack(work->run(job)); });
  if (packed.ok()) return Unpack(packed.value());
  base::LogError("inspector.stopped", packed.error());
  if (packed.error().code == base::ErrorCode::kInvalidInput)
    return base::Error{base::ErrorCode::kInvalidInput, "input.too-costly", packed.error().message};
  return packed.error();
}

void ReapFinished() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace

base::Status ServeInspector(const base::UniqueFd& door) {
  signing::PrepareVerifier();
  while (true) {
    auto call = base::TakeCall(door);
    ReapFinished();
    if (!call.ok()) return base::Ok();
    const pid_t child = ::fork();
    if (child > 0) continue;  // The child holds the call now; ours closes with this scope.
    if (child < 0) {
      base::Log(base::Severity::kError, "inspector.no-process");
      continue;
    }
    call.value().Answer(base::BulkAnswer(Inspect(call.value().request)));
    ::_exit(0);
  }
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
