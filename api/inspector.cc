#include "api/inspector.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <list>
#include <optional>

#include "api/claim_keeper.h"
#include "api/flow/sign_document.h"
#include "api/inspector_words.h"
#include "api/trust_import.h"
#include "api/trust_keeper.h"
#include "base/base64.h"
#include "base/bulk_call.h"
#include "base/file.h"
#include "base/log.h"
#include "hardening/walls.h"
#include "hardening/zygote.h"
#include "hsm/signed_info.h"
#include "signing/verifier.h"

namespace api {
namespace {

// So many inspections at once; further calls wait in the door.
constexpr std::size_t kMaxRunning = 64;

// An order and its input files, as the forked process sees them.
struct Job {
  const base::Json& order;
  const std::vector<base::MappedFile>& inputs;
  const std::shared_ptr<const signing::PreparedTrust>& trust;
  const base::Json& trust_facts;
  signing::SignatureMemory& memory;

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
  std::vector<signing::NamedDigest> digests;
  if (const base::Json* beside = job.order.Find("digests"); beside != nullptr) {
    ASSIGN_OR_RETURN(const auto documents, DocumentsFrom(beside));
    for (const signing::DocumentDigest& one : documents) digests.push_back({one.name, one.sha256});
  }
  const base::Json report =
      signing::Verify({.name = job.order.Text("name").value_or(""),
                       .document = job.input(0),
                       .policy = job.order.Text("policy").value_or(""),
                       .policy_text = {},
                       .trust = {},
                       .prepared_trust = job.trust,
                       .data = {},
                       .digests = std::move(digests),
                       .at = job.time("at"),
                       .language = job.order.Text("language") == "lv" ? base::Language::kLatvian
                                                                      : base::Language::kEnglish,
                       .memory = &job.memory});
  // Evidence of what is not valid is not what comes again.
  if (report.Text("verdict") != "valid") job.memory.found.clear();
  return base::ToBytes(report.Dump());
}

const base::Json& OrderIn(const Job& job) {
  static const base::Json kNone;
  const base::Json* order = job.order.Find("order");
  return order == nullptr ? kNone : *order;
}

const base::Json::Array& ItemsOf(const base::Json& list) {
  static const base::Json::Array kNone;
  return list.AsArray() == nullptr ? kNone : *list.AsArray();
}

base::Json Failed(const base::Error& error) {
  return base::Json().Set("error", base::ErrorToJson(error));
}

base::Result<base::Bytes> DoFindSigningPlace(const Job& job) {
  ASSIGN_OR_RETURN(const signing::SigningOrder order, SigningOrderFrom(OrderIn(job), job.input(0)));
  ASSIGN_OR_RETURN(const signing::SigningPlace place, signing::FindSigningPlace(order));
  return base::ToBytes(ToJson(place).Dump());
}

base::Result<base::Bytes> DoFindSigningPlaces(const Job& job) {
  ASSIGN_OR_RETURN(const signing::SigningOrder shared, SigningOrderFrom(OrderIn(job), {}));
  ASSIGN_OR_RETURN(const base::Json list, base::Json::Parse(base::AsText(job.input(0))));
  std::vector<signing::SigningOrder> orders;
  for (const base::Json& one : ItemsOf(list)) {
    orders.push_back(shared);
    ASSIGN_OR_RETURN(orders.back().digests, DocumentsFrom(&one));
  }
  base::Json answers{base::Json::Array{}};
  for (const auto& place : signing::FindSigningPlaces(orders))
    answers.Push(place.ok() ? ToJson(place.value()) : Failed(place.error()));
  return base::ToBytes(answers.Dump());
}

base::Result<base::Bytes> DoJudge(const Job& job) {
  ASSIGN_OR_RETURN(const base::Json list, base::Json::Parse(base::AsText(job.input(0))));
  base::ByteSpan left = job.input(1);
  std::vector<ExpectedSignature> expected;
  std::vector<signing::VerifyRequest> requests;
  for (const base::Json& one : ItemsOf(list)) {
    ASSIGN_OR_RETURN(ExpectedSignature expectation, ExpectedFrom(one));
    const auto size = static_cast<std::size_t>(one.Integer("size").value_or(0));
    signing::VerifyRequest request{.name = "to-be-released",
                                   .document = left.first(std::min(size, left.size())),
                                   .trust = {},
                                   .prepared_trust = job.trust,
                                   .data = {},
                                   .digests = {},
                                   .at = job.time("at"),
                                   .explained = false};
    left = left.subspan(request.document.size());
    for (const signing::DocumentDigest& document : expectation.documents)
      request.digests.push_back({document.name, document.sha256});
    requests.push_back(std::move(request));
    expected.push_back(std::move(expectation));
  }
  base::Json answers{base::Json::Array{}};
  signing::VerifyEach(requests, [&](std::size_t i, const base::Json& report) {
    const base::Status released = RequireReleasable(report, expected[i]);
    answers.Push(released.ok() ? base::Json().Set("released", true) : Failed(released.error()));
  });
  return base::ToBytes(answers.Dump());
}

base::Result<base::Bytes> DoPutSignature(const Job& job) {
  ASSIGN_OR_RETURN(const signing::SigningOrder order, SigningOrderFrom(OrderIn(job), job.input(0)));
  return signing::PutSignature(order, SelectorFrom(job.order.Find("place")),
                               base::ToString(job.input(1)));
}

base::Result<base::Bytes> DoReadSigner(const Job& job) {
  RETURN_IF_ERROR(RequireUsable(job.input(0), job.time("now")));
  ASSIGN_OR_RETURN(const hsm::SignatureAlgorithm algorithm,
                   hsm::AlgorithmFor(job.input(0),
                                     hsm::FindAlgorithm(job.order.Text("algorithm").value_or(""))));
  return base::ToBytes(hsm::AlgorithmName(algorithm));
}

base::Result<base::Bytes> DoIsSignedBy(const Job& job) {
  const auto algorithm = hsm::FindAlgorithm(job.order.Text("algorithm").value_or(""));
  const bool good =
      algorithm && hsm::IsSignedBy(job.input(0), *algorithm, job.input(1), job.input(2));
  return base::Bytes{good ? std::uint8_t{1} : std::uint8_t{0}};
}

base::Result<base::Bytes> DoExtend(const Job& job) {
  ASSIGN_OR_RETURN(const signing::ExtensionOrder order,
                   ExtensionOrderFrom(OrderIn(job), job.input(0)));
  ASSIGN_OR_RETURN(const signing::Extended extended, signing::Extend(order, job.trust.get()));
  return Pack(extended);
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

base::Result<base::Bytes> DoReadCrl(const Job& job) {
  RETURN_IF_ERROR(signing::ReadCrl(job.input(0), {.certificate = job.input(1),
                                                  .issuer = job.input(2),
                                                  .proven = job.time("proven"),
                                                  .now = job.time("now")}));
  return base::ToBytes("{}");
}

base::Result<base::Bytes> DoTrust(const Job& job) {
  return base::ToBytes(job.trust_facts.Dump());
}

struct Work {
  std::string_view name;
  base::Result<base::Bytes> (*run)(const Job&);
};
constexpr std::array<Work, 12> kWorks{{
    {"verify", DoVerify},
    {"find-signing-place", DoFindSigningPlace},
    {"find-signing-places", DoFindSigningPlaces},
    {"judge", DoJudge},
    {"put-signature", DoPutSignature},
    {"read-signer", DoReadSigner},
    {"is-signed-by", DoIsSignedBy},
    {"extend", DoExtend},
    {"read-timestamp", DoReadTimestampResponse},
    {"read-ocsp", DoReadOcspResponse},
    {"read-crl", DoReadCrl},
    {"trust", DoTrust},
}};

// ---- Between the walls and the door. ----

// What comes out of the walls: one byte that says which, the claims that were found, and the
// bytes or the error. Lengths have eight bytes.
base::Bytes Pack(const base::Result<base::Bytes>& result, const signing::SignatureMemory& memory) {
  base::Bytes packed{result.ok() ? std::uint8_t{1} : std::uint8_t{0}};
  base::AppendUint64(memory.found.size(), packed);
  for (const signing::SignatureClaim& claim : memory.found) {
    base::AppendUint64(claim.size(), packed);
    base::Append(claim, packed);
  }
  if (result.ok()) {
    base::Append(result.value(), packed);
  } else {
    base::Append(base::AsBytes(base::ErrorToJson(result.error()).Dump()), packed);
  }
  return packed;
}

// Takes pieces off bytes that a process wrote which may have been taken over.
class Pieces {
 public:
  explicit Pieces(base::ByteSpan bytes) : left_(bytes) {}

  std::optional<base::ByteSpan> Take(std::uint64_t size) {
    if (size > left_.size()) return std::nullopt;
    const base::ByteSpan taken = left_.first(size);
    left_ = left_.subspan(size);
    return taken;
  }
  std::optional<std::uint64_t> Number() {
    const auto bytes = Take(sizeof(std::uint64_t));
    if (!bytes) return std::nullopt;
    return base::ReadUint64(*bytes);
  }
  base::ByteSpan Rest() const { return left_; }

 private:
  base::ByteSpan left_;
};

struct Unpacked {
  bool ok = false;
  std::vector<base::ByteSpan> claims{};  // Into what was packed, as `result`.
  base::ByteSpan result{};
};

std::optional<Unpacked> Unpack(base::ByteSpan packed) {
  Pieces pieces(packed);
  const auto kind = pieces.Take(1);
  const auto count = pieces.Number();
  if (!kind || !count || *count > signing::SignatureMemory::kMaxFound) return std::nullopt;
  Unpacked unpacked{.ok = kind->front() == 1};
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto size = pieces.Number();
    const auto claim = size ? pieces.Take(*size) : std::nullopt;
    if (!claim) return std::nullopt;
    unpacked.claims.push_back(*claim);
  }
  unpacked.result = pieces.Rest();
  return unpacked;
}

base::Result<base::Bytes> AnswerOf(const Unpacked& unpacked) {
  if (unpacked.ok) return base::Bytes(unpacked.result.begin(), unpacked.result.end());
  ASSIGN_OR_RETURN(const base::Json error, base::Json::Parse(base::AsText(unpacked.result)));
  return base::ErrorFromJson(error);
}

// What the zygote holds of a call while its work runs. The inputs are mapped for the fork alone, so
// that the child finds them and the children after it do not; the zygote itself looks at none of
// their bytes.
struct Running {
  base::IncomingCall call;
  hardening::WalledWork work;
  std::optional<TrustImport> import{};  // What an import brings, once its description is there.
};

// Limits grow with the input, so that a small file can never cost much.
hardening::Walls WallsFor(const std::vector<base::MappedFile>& inputs,
                          const hardening::Zygote& zygote) {
  std::size_t size = 0;
  for (const base::MappedFile& input : inputs) size += input.bytes().size();
  const auto mebibytes = static_cast<std::int64_t>(size >> 20U);
  return {.cpu = std::chrono::seconds(3 + mebibytes / 16),
          .memory_bytes = (std::size_t{256} << 20U) + size * 6,
          .result_bytes = (std::size_t{16} << 20U) + size * 2,
          .zygote = &zygote};
}

// The zygote between two calls: what it trusts now, and what goes with that.
class Zygote {
 public:
  explicit Zygote(const InspectorSetup& setup) : trust_(setup.trust), config_(setup.installed) {
    facts_.Set("configured", config_ != nullptr);
    if (config_ != nullptr) keeper_.emplace(*config_, clock_);
    if (keeper_) {
      keeper_->LoadNow();
      trust_ = keeper_->trust();
    }
  }

  base::Result<Running> Start(base::IncomingCall call);
  void Finish(Running& running);

  ClaimKeeper& claims() { return claims_; }
  TrustKeeper* keeper() { return keeper_ ? &*keeper_ : nullptr; }
  // From here on calls get the new snapshot.
  void TakeUpTrust() { trust_ = keeper_->trust(); }

 private:
  base::Result<base::Bytes> Work(base::ByteSpan order, const std::vector<base::MappedFile>& inputs,
                                 signing::SignatureMemory& memory) const;
  base::Result<Running> StartWork(base::IncomingCall& call,
                                  const std::vector<base::MappedFile>& inputs);
  base::Result<Running> StartImport(base::IncomingCall& call, const base::Json& order,
                                    const std::vector<base::MappedFile>& inputs);
  base::Result<base::Bytes> FinishImport(Running& running);
  const base::Json& facts() const { return keeper_ ? keeper_->facts() : facts_; }

  const base::SystemClock clock_;
  const hardening::Zygote prepared_;  // What each fork finds ready.
  std::shared_ptr<const signing::PreparedTrust> trust_;
  const TrustConfig* config_;
  std::optional<TrustKeeper> keeper_;
  ClaimKeeper claims_{&prepared_};
  base::Json facts_;
};

// Runs behind the walls.
base::Result<base::Bytes> Zygote::Work(base::ByteSpan order,
                                       const std::vector<base::MappedFile>& inputs,
                                       signing::SignatureMemory& memory) const {
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(order)));
  const std::string name = json.Text("work").value_or("");
  const auto work = std::ranges::find(kWorks, name, &api::Work::name);
  if (work == kWorks.end())
    return base::Error{base::ErrorCode::kInternal, "channel.malformed", "no such work: " + name};
  return work->run({json, inputs, trust_, facts(), memory});
}

base::Result<Running> Zygote::StartWork(base::IncomingCall& call,
                                        const std::vector<base::MappedFile>& inputs) {
  ASSIGN_OR_RETURN(auto work, hardening::WalledWork::Start(WallsFor(inputs, prepared_), [&] {
                     signing::SignatureMemory memory{.known = &claims_.known()};
                     const auto result = Work(call.request.payload, inputs, memory);
                     return Pack(result, memory);
                   }));
  return Running{std::move(call), std::move(work)};
}

// An import reads the store and the configured certificates before its fork, and writes the
// store after it; what the files say is found out in between, behind the walls.
base::Result<Running> Zygote::StartImport(base::IncomingCall& call, const base::Json& order,
                                          const std::vector<base::MappedFile>& inputs) {
  if (config_ == nullptr || inputs.size() != 1)
    return base::Error{base::ErrorCode::kNotFound, "trust.not-configured", "no lists are"};
  ASSIGN_OR_RETURN(TrustImport import, PrepareTrustImport(*config_, order, inputs[0].bytes()));
  constexpr hardening::Walls kWalls{.cpu = std::chrono::seconds{60}};
  ASSIGN_OR_RETURN(auto work, hardening::WalledWork::Start(kWalls, [&] {
                     return base::ToBytes(DescribeTrustImport(import, clock_.Now()).Dump());
                   }));
  return Running{std::move(call), std::move(work), std::move(import)};
}

base::Result<Running> Zygote::Start(base::IncomingCall call) {
  std::vector<base::MappedFile> inputs;
  for (const base::UniqueFd& file : call.request.files) {
    auto input = base::MappedFile::Map(file);
    if (!input.ok()) {
      call.Answer(base::BulkAnswer(input.error()));
      return input.error();
    }
    inputs.push_back(std::move(input).value());
  }
  call.request.files.clear();
  const auto order = base::Json::Parse(base::AsText(call.request.payload));
  const bool import = order.ok() && order.value().Text("work") == "import-trust";
  auto running = import ? StartImport(call, order.value(), inputs) : StartWork(call, inputs);
  if (!running.ok()) call.Answer(base::BulkAnswer(running.error()));
  return running;
}

base::Result<base::Bytes> Zygote::FinishImport(Running& running) {
  ASSIGN_OR_RETURN(const base::Json described, ReadDescribed(std::move(running.work).Finish()));
  ASSIGN_OR_RETURN(const base::Json answer,
                   FinishTrustImport(*config_, *running.import, described, clock_.Now()));
  keeper_->LookSoon();
  return base::ToBytes(answer.Dump());
}

void Zygote::Finish(Running& running) {
  if (running.import) {
    const auto answer = FinishImport(running);
    if (!answer.ok()) base::LogError("trust.not-imported", answer.error());
    return running.call.Answer(base::BulkAnswer(answer));
  }
  const auto packed = std::move(running.work).Finish();
  if (packed.ok()) {
    const auto unpacked = Unpack(packed.value());
    running.call.Answer(base::BulkAnswer(
        unpacked ? AnswerOf(*unpacked)
                 : base::Error{base::ErrorCode::kInternal, "channel.malformed", "no answer"}));
    if (unpacked) claims_.Note(unpacked->claims);
    return;
  }
  base::LogError("inspector.stopped", packed.error());
  base::Error error = packed.error();
  if (error.code == base::ErrorCode::kInvalidInput) error.reason = "input.too-costly";
  running.call.Answer(base::BulkAnswer(error));
}

// Waits until the door rings, some work has something to say, or the store is to be looked at.
// True when it rings.
bool Wait(const base::UniqueFd& door, bool open, const std::list<Running>& running,
          Zygote& zygote) {
  std::vector<pollfd> items{{open ? door.get() : -1, POLLIN, 0}};
  auto until = hardening::WalledWork::Deadline::max();
  const auto add = [&](const hardening::WalledWork* work) {
    if (work == nullptr) return;
    items.push_back({work->fd(), POLLIN, 0});
    until = std::min(until, work->deadline());
  };
  for (const Running& one : running) add(&one.work);
  add(zygote.claims().running());
  if (zygote.keeper() != nullptr) {
    add(zygote.keeper()->running());
    // Nothing is looked for while something runs.
    if (zygote.keeper()->running() == nullptr) until = std::min(until, zygote.keeper()->due());
  }
  std::int64_t patience = -1;
  if (until != hardening::WalledWork::Deadline::max())
    patience = std::max<std::int64_t>(
        0, std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
               .count());
  static_cast<void>(::poll(items.data(), items.size(), static_cast<int>(patience)));
  return items.front().revents != 0;
}

// One thing at a time that is no call: a claim to check, a snapshot to take up.
void LookAfter(Zygote& zygote) {
  if (zygote.claims().running() != nullptr && zygote.claims().running()->Read())
    zygote.claims().Finish();
  TrustKeeper* keeper = zygote.keeper();
  if (keeper != nullptr && keeper->running() != nullptr && keeper->running()->Read() &&
      keeper->Finish())
    zygote.TakeUpTrust();
}

}  // namespace

base::Status ServeInspector(const base::UniqueFd& door, const InspectorSetup& setup) {
  signing::PrepareVerifier();
  signing::WarmUpVerifier();
  Zygote zygote(setup);
  std::list<Running> running;
  bool callers_left = true;
  while (callers_left || !running.empty()) {
    zygote.claims().StartNext();
    if (zygote.keeper() != nullptr) zygote.keeper()->StartNext();
    if (Wait(door, callers_left && running.size() < kMaxRunning, running, zygote)) {
      auto call = base::TakeCall(door);
      callers_left = call.ok();
      if (callers_left) {
        auto started = zygote.Start(std::move(call).value());
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
      zygote.Finish(*one);
      one = running.erase(one);
    }
    LookAfter(zygote);
  }
  return base::Ok();
}

}  // namespace api
