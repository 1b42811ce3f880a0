#include "api/flow/batch_work.h"

#include <algorithm>
#include <ranges>

#include "api/flow/sealing_entry.h"
#include "hsm/signed_info.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;

// A token that signs wrongly is asked again so often for an item.
constexpr int kMostRefusals = 3;

// Away for a while, rather than refused.
bool IsAway(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kOutcomeUnknown;
}

bool IsQuota(const Error& error) {
  return error.reason == "key.quota-spent";
}

BatchOrder ChunkOf(const BatchOrder& order, std::size_t chunk) {
  const auto items = order.items | std::views::drop(chunk * BatchOrder::kChunk) |
                     std::views::take(BatchOrder::kChunk);
  return {.caller = order.caller,
          .agency = order.agency,
          .idempotency_key = order.idempotency_key,
          .seal = order.seal,
          .items = {items.begin(), items.end()}};
}

}  // namespace

BatchWork::BatchWork(const BatchParts& parts, std::string id, const BatchOrder& order,
                     std::size_t chunk)
    : parts_(parts), id_(std::move(id)), order_(ChunkOf(order, chunk)), chunk_(chunk) {
  for (const auto& documents : order_.items) items_.push_back({.documents = &documents});
}

base::Status BatchWork::Step() {
  const base::Status reached = Advance();
  if (!reached.ok() && IsAway(reached.error())) return reached;
  if (!reached.ok()) FailOpen(reached.error());
  return Release();
}

// Ok: each item is over.
base::Status BatchWork::Advance() {
  ASSIGN_OR_RETURN(const hsm::SealingCertificate certificate,
                   parts_.signer.Certificate(order_.seal.key, order_.agency));
  RETURN_IF_ERROR(RequireAllowed(certificate));
  if (!rehearsed_) RETURN_IF_ERROR(Rehearse(certificate));
  while (!std::ranges::all_of(items_, &Item::over)) {
    const Items open = Where([](const Item& item) { return !item.over() && item.xml.empty(); });
    const base::Status sealed = open.empty() ? base::Ok() : Seal(certificate, open);
    // What was sealed before the token went is finished meanwhile.
    RETURN_IF_ERROR(Extend(certificate));
    RETURN_IF_ERROR(Judge(certificate));
    RETURN_IF_ERROR(sealed);
  }
  return base::Ok();
}

// Asked each time: a key may be taken from a caller, and a certificate end, while a batch waits.
base::Status BatchWork::RequireAllowed(const hsm::SealingCertificate& certificate) const {
  const auto caller = std::ranges::find(parts_.callers, order_.caller, &RegisteredCaller::name);
  if (caller == parts_.callers.end())
    return Error{ErrorCode::kDenied, "key.not-yours", order_.caller + " is not registered"};
  RETURN_IF_ERROR(
      RequireOwnKey({caller->name, caller->role, caller->agency, caller->keys}, order_.seal.key));
  return RequireUsable(certificate.der, parts_.clock.Now());
}

base::Status BatchWork::Rehearse(const hsm::SealingCertificate& certificate) {
  signing_time_ = parts_.clock.Now();
  std::vector<std::vector<signing::DocumentDigest>> documents;
  for (const Item& item : items_) documents.push_back(*item.documents);
  ASSIGN_OR_RETURN(
      const auto places,
      parts_.inspector.FindSigningPlaces(
          {.form = order_.seal.form, .claims = order_.seal.claims, .now = signing_time_},
          documents));
  RETURN_IF_ERROR(RequireLasting(parts_.desk, certificate, order_.seal.level, signing_time_));
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (places[i].ok())
      items_[i].place = places[i].value();
    else
      items_[i].error = places[i].error();
  }
  rehearsed_ = true;
  return base::Ok();
}

signing::PreparedSignature BatchWork::Prepare(const Item& item,
                                              const hsm::SealingCertificate& by) const {
  return signing::PrepareSignature({.id = item.place->signature.id,
                                    .signing_time = signing_time_,
                                    .documents = item.place->documents,
                                    .certificate = by.der,
                                    .claims = order_.seal.claims})
      .value();  // It was rehearsed.
}

// The entry is there before the token is asked.
base::Status BatchWork::Intend(const std::vector<std::vector<hsm::Reference>>& signatures,
                               hsm::SignatureAlgorithm algorithm) {
  while (parts_.ledger.Find(SealingId(id_, chunk_, attempt_)).ok()) {
    ++attempt_;
    if (reason_ == "ordered") reason_ = "interrupted";
  }
  base::Bytes digests;
  for (const auto& references : signatures)
    base::Append(
        base::Sha256(base::AsBytes(hsm::SerialiseSignedInfo(algorithm, references))).span(),
        digests);
  const base::Json metadata = base::Json()
                                  .Set("batch", id_)
                                  .Set("chunk", chunk_)
                                  .Set("attempt", static_cast<std::int64_t>(attempt_))
                                  .Set("reason", reason_)
                                  .Set("count", signatures.size())
                                  .Set("key", order_.seal.key.text)
                                  .Set("level", NameOf(order_.seal.level))
                                  .Set("system", order_.caller)
                                  .Set("idempotencyKey", order_.idempotency_key);
  return RecordSealing(parts_.ledger, parts_.keys, parts_.clock.Now(),
                       {.id = SealingId(id_, chunk_, attempt_),
                        .agency = order_.agency,
                        .commitment = base::Sha256(digests),
                        .metadata = metadata});
}

base::Status BatchWork::Seal(const hsm::SealingCertificate& certificate, const Items& items) {
  const auto algorithm = order_.seal.algorithm.value_or(certificate.algorithm);
  std::vector<signing::PreparedSignature> prepared;
  hsm::SealBatch batch{.key = order_.seal.key,
                       .signatures = {},
                       .algorithm = order_.seal.algorithm,
                       .mandate = {.agency = order_.agency,
                                   .level = std::string(NameOf(order_.seal.level)),
                                   .approval = order_.seal.approval,
                                   .group = chunk_,
                                   .items = {}}};
  // The group that was approved is all of the chunk, whatever of it is still to be sealed.
  for (const Item& item : items_) batch.mandate.items.push_back(ItemDigestOf(*item.documents));
  for (const Item* item : items) {
    prepared.push_back(Prepare(*item, certificate));
    batch.signatures.push_back(prepared.back().references);
  }
  if (!intended_) RETURN_IF_ERROR(Intend(batch.signatures, algorithm));
  const auto sealed = parts_.signer.SealAll(batch);
  // Without a quota the token was not asked: what was intended still is.
  intended_ = !sealed.ok() && IsQuota(sealed.error());
  if (!sealed.ok()) {
    if (!intended_) reason_ = "token-lost";  // Should there be a next time.
    return sealed.error();
  }
  const auto& stopped = sealed.value().stopped;
  reason_ = stopped && IsQuota(*stopped) ? "quota-spent" : "token-lost";
  for (std::size_t i = 0; i < sealed.value().seals.size(); ++i) {
    const hsm::Seal& seal = sealed.value().seals[i];
    items[i]->xml = base::ToBytes(signing::WriteFor(order_.seal.form, {prepared[i], seal, {}}));
    items[i]->value = base::Sha256(seal.value);
  }
  if (stopped) return *stopped;
  return base::Ok();
}

base::Status BatchWork::Extend(const hsm::SealingCertificate& certificate) {
  if (order_.seal.level == SignatureLevel::kB) return base::Ok();
  for (Item& item : items_) {
    if (item.over() || item.xml.empty() || item.extended) continue;
    auto longer = parts_.extend.Lengthen({.document = item.xml,
                                          .target = item.place->signature,
                                          .level = order_.seal.level,
                                          .issuers = certificate.chain});
    if (!longer.ok() && IsAway(longer.error())) return longer.error();
    if (!longer.ok()) {
      item.error = longer.error();
      continue;
    }
    item.xml = std::move(longer).value();
    item.extended = true;
  }
  return base::Ok();
}

// A fresh process looks at them, with no memory of how they were made.
base::Status BatchWork::Judge(const hsm::SealingCertificate& certificate) {
  const Items made = Where([](const Item& item) { return !item.over() && !item.xml.empty(); });
  if (made.empty()) return base::Ok();
  std::vector<MadeSignature> signatures;
  for (const Item* item : made)
    signatures.push_back({item->xml,
                          {.format = FormatName(order_.seal.level),
                           .signature = item->place->signature,
                           .certificate = base::Sha256(certificate.der),
                           .signature_value = item->value,
                           .documents = item->place->documents,
                           .findings = item->place->findings}});
  ASSIGN_OR_RETURN(const auto judged, parts_.inspector.Judge(signatures, parts_.clock.Now()));
  for (std::size_t i = 0; i < made.size(); ++i) {
    Item& item = *made[i];
    item.judged = judged[i].ok();
    if (item.judged) continue;
    item.xml.clear();
    item.extended = false;
    reason_ = "refused";
    if (++item.refused >= kMostRefusals) item.error = judged[i].error();
  }
  return base::Ok();
}

base::Status BatchWork::Release() {
  std::vector<Outcome> outcomes;
  for (Item& item : items_) {
    if (item.error)
      outcomes.emplace_back(*item.error);
    else
      outcomes.emplace_back(item.xml);
  }
  return parts_.store.PutChunk(id_, chunk_, outcomes);
}

BatchWork::Items BatchWork::Where(bool (*is)(const Item&)) {
  Items found;
  for (Item& item : items_)
    if (is(item)) found.push_back(&item);
  return found;
}

void BatchWork::FailOpen(const Error& error) {
  for (Item& item : items_)
    if (!item.over()) item.error = error;
}

}  // namespace api
