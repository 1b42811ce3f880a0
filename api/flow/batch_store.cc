#include "api/flow/batch_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <ranges>

#include "api/flow/kept_id.h"
#include "api/inspector_words.h"
#include "base/file.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::string_view kOrder = "order";

Error Unknown(const std::string& id) {
  return {ErrorCode::kNotFound, "batch.unknown", id.substr(0, 2 * kKeptIdSize)};
}

Error Damaged() {
  return {ErrorCode::kCorrupted, "aead.mismatch", "a batch lacks a part"};
}

std::optional<base::Bytes> IdBytes(const std::string& id) {
  auto bytes = base::HexDecode(id);
  if (!bytes || bytes->size() != kKeptIdSize || base::HexEncode(*bytes) != id) return std::nullopt;
  return bytes;
}

// What a chunk's file is sealed for.
base::Bytes OwnerOf(base::ByteSpan id, std::size_t chunk) {
  base::Bytes name(id.begin(), id.end());
  base::AppendUint64(chunk, name);
  const base::Sha256Digest digest = base::Sha256(name);
  return {digest.bytes.begin(), digest.bytes.begin() + kKeptIdSize};
}

// Without what differs each time the same is ordered.
signing::SigningOrder Shared(const SealOrder& seal) {
  return {.form = seal.form, .claims = seal.claims, .now = {}};
}

Json FactsOf(const BatchOrder& order) {
  Json items{Json::Array{}};
  for (const auto& documents : order.items) items.Push(ToJson(documents));
  return Json()
      .Set("caller", order.caller)
      .Set("agency", order.agency)
      .Set("idempotencyKey", order.idempotency_key)
      .Set("key", order.seal.key.text)
      .Set("level", NameOf(order.seal.level))
      .Set("algorithm", order.seal.algorithm ? hsm::AlgorithmName(*order.seal.algorithm) : "")
      .Set("approval", order.seal.approval)
      .Set("order", ToJson(Shared(order.seal)))
      .Set("items", std::move(items));
}

base::Result<BatchOrder> OrderFrom(const Json& facts) {
  const auto level = FindLevel(facts.Text("level").value_or(""));
  const Json* shared = facts.Find("order");
  const Json* items = facts.Find("items");
  if (!level || shared == nullptr || items == nullptr || items->AsArray() == nullptr)
    return Damaged();
  ASSIGN_OR_RETURN(const signing::SigningOrder order, SigningOrderFrom(*shared, {}));
  BatchOrder batch{.caller = facts.Text("caller").value_or(""),
                   .agency = facts.Text("agency").value_or(""),
                   .idempotency_key = facts.Text("idempotencyKey").value_or(""),
                   .seal = {.key = {facts.Text("key").value_or("")},
                            .level = *level,
                            .algorithm = hsm::FindAlgorithm(facts.Text("algorithm").value_or("")),
                            .form = order.form,
                            .claims = order.claims,
                            .countersigned = {},
                            .approval = facts.Text("approval").value_or("")},
                   .items = {}};
  for (const Json& item : *items->AsArray()) {
    ASSIGN_OR_RETURN(auto documents, DocumentsFrom(&item));
    batch.items.push_back(std::move(documents));
  }
  return batch;
}

struct ChunkName {
  std::size_t chunk = 0;
  BatchStore::Counts counts;
};

std::string TextOf(const ChunkName& name) {
  return std::to_string(name.chunk) + "." + std::to_string(name.counts.sealed) + "." +
         std::to_string(name.counts.failed);
}

std::optional<ChunkName> ParseChunkName(const std::string& text) {
  ChunkName name;
  int end = 0;
  if (std::sscanf(text.c_str(), "%zu.%zu.%zu%n", &name.chunk, &name.counts.sealed,
                  &name.counts.failed, &end) != 3 ||
      TextOf(name) != text)
    return std::nullopt;
  return name;
}

}  // namespace

std::vector<std::string> BatchStore::Ids() const {
  std::vector<std::pair<std::filesystem::file_time_type, std::string>> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, failed)) {
    const auto ordered = std::filesystem::last_write_time(entry.path() / kOrder, failed);
    if (!failed) found.emplace_back(ordered, entry.path().filename());
  }
  std::ranges::sort(found, std::greater());
  const auto ids = found | std::views::values;
  return {ids.begin(), ids.end()};
}

std::map<std::size_t, BatchStore::Counts> BatchStore::Chunks(const std::string& id) const {
  std::map<std::size_t, Counts> chunks;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / id, failed))
    if (const auto name = ParseChunkName(entry.path().filename()))
      chunks.emplace(name->chunk, name->counts);
  return chunks;
}

// Only what is long finished goes; its signatures were there to be fetched all the while. What
// does not read now stays.
std::size_t BatchStore::RemoveOld(const std::string& agency) {
  std::size_t kept = 0;
  const auto oldest = clock_.Now() - kLife;
  for (const std::string& id : Ids()) {
    struct ::stat facts {};
    const std::filesystem::path order = folder_ / id / kOrder;
    if (::stat(order.c_str(), &facts) != 0) continue;
    const bool is_old = base::Time(std::chrono::seconds(facts.st_mtime)) < oldest;
    const auto old = is_old ? Get(id) : base::Result<BatchOrder>(Unknown(id));
    if (!old.ok() || Chunks(id).size() < BatchOrder::ChunksOf(old.value().items.size())) {
      if (IsKeptFor(agency, id)) ++kept;
      continue;
    }
    ::unlink(order.c_str());  // First: without it there is no batch.
    std::error_code failed;
    std::filesystem::remove_all(folder_ / id, failed);
  }
  return kept;
}

base::Result<std::string> BatchStore::Put(const BatchOrder& order) {
  std::string name = "batch";
  for (const std::string* part : {&order.caller, &order.idempotency_key})
    name += "\n" + std::to_string(part->size()) + ":" + *part;
  ASSIGN_OR_RETURN(const base::Sha256Digest mac, macs_.MacIdentifier(name));
  const base::Bytes owner = KeptId(order.agency, mac.span());
  const std::string id = base::HexEncode(owner);

  const std::lock_guard lock(putting_);
  const Json facts = FactsOf(order);
  const auto known = ReadSealedFile(folder_ / id / kOrder, keys_, owner);
  if (known.ok()) {
    if (known.value().facts == facts) return id;
    return Error{ErrorCode::kConflict, "idempotency.other-order", id};
  }
  if (known.error().reason != "file.missing") return known.error();
  if (const std::size_t kept = RemoveOld(order.agency); kept >= kMostKept)
    return Error{ErrorCode::kUnavailable, "batch.too-many", std::to_string(kept)};
  // Chunks of one whose removal was interrupted would be taken for this one's.
  std::error_code failed;
  std::filesystem::remove_all(folder_ / id, failed);
  if (!failed) std::filesystem::create_directories(folder_ / id, failed);
  if (failed) return Error{ErrorCode::kUnavailable, "disk.unwritable", folder_.string()};
  ::chmod(folder_.c_str(), S_IRWXU);
  RETURN_IF_ERROR(base::SyncFolder(folder_));
  RETURN_IF_ERROR(WriteSealedFile(folder_ / id / kOrder, keys_, owner, {facts, {}}));
  return id;
}

base::Result<BatchOrder> BatchStore::Get(const std::string& id) {
  const auto owner = IdBytes(id);
  if (!owner) return Unknown(id);
  const auto order = ReadSealedFile(folder_ / id / kOrder, keys_, *owner);
  if (!order.ok()) return order.error().reason == "file.missing" ? Unknown(id) : order.error();
  return OrderFrom(order.value().facts);
}

base::Status BatchStore::PutChunk(const std::string& id, std::size_t chunk,
                                  const std::vector<Outcome>& outcomes) {
  const auto owner = IdBytes(id);
  if (!owner) return Unknown(id);
  ChunkName name{.chunk = chunk, .counts = {}};
  SealedContent content;
  Json items{Json::Array{}};
  for (const Outcome& outcome : outcomes) {
    ++(outcome.ok() ? name.counts.sealed : name.counts.failed);
    if (outcome.ok()) base::Append(outcome.value(), content.bytes);
    items.Push(outcome.ok() ? Json().Set("size", outcome.value().size())
                            : Json().Set("error", base::ErrorToJson(outcome.error())));
  }
  content.facts.Set("items", std::move(items));
  return WriteSealedFile(folder_ / id / TextOf(name), keys_, OwnerOf(*owner, chunk), content);
}

base::Result<std::vector<Outcome>> BatchStore::GetChunk(const std::string& id, std::size_t chunk) {
  const auto owner = IdBytes(id);
  if (!owner) return Unknown(id);
  const auto chunks = Chunks(id);
  const auto there = chunks.find(chunk);
  if (there == chunks.end())
    return Error{ErrorCode::kNotFound, "batch.not-yet", id + " " + std::to_string(chunk)};
  const std::string name = TextOf(ChunkName{.chunk = chunk, .counts = there->second});
  ASSIGN_OR_RETURN(const SealedContent content,
                   ReadSealedFile(folder_ / id / name, keys_, OwnerOf(*owner, chunk)));
  const Json* items = content.facts.Find("items");
  if (items == nullptr || items->AsArray() == nullptr) return Damaged();
  base::ByteSpan left = content.bytes;
  std::vector<Outcome> outcomes;
  for (const Json& item : *items->AsArray()) {
    if (const Json* error = item.Find("error")) {
      outcomes.emplace_back(base::ErrorFromJson(*error));
      continue;
    }
    const auto size = static_cast<std::size_t>(item.Integer("size").value_or(0));
    if (size == 0 || size > left.size()) return Damaged();
    outcomes.emplace_back(base::Bytes(left.begin(), left.begin() + static_cast<long>(size)));
    left = left.subspan(size);
  }
  return outcomes;
}

}  // namespace api
