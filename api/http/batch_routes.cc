#include "api/http/batch_routes.h"

#include "api/http/signing_routes.h"
#include "base/base64.h"

namespace api {

base::Result<BatchOrder> ReadBatchOrder(const Request& request) {
  ASSIGN_OR_RETURN(SealOrder seal, ReadSealOrder(request));
  if (seal.later)  // A batch waits by itself for what is away.
    return base::Error{base::ErrorCode::kInvalidInput, "sign.bad-form", "later"};
  BatchOrder order{.caller = {},
                   .agency = {},
                   .idempotency_key = request.Header("idempotency-key"),
                   .seal = std::move(seal),
                   .items = {}};
  const auto json = base::Json::Parse(base::AsText(request.body));
  const base::Json* items = json.ok() ? json.value().Find("items") : nullptr;
  if (items == nullptr || items->AsArray() == nullptr)
    return base::Error{base::ErrorCode::kInvalidInput, "digests.malformed", "no list of items"};
  if (items->AsArray()->size() > BatchOrder::kMostItems)
    return base::Error{base::ErrorCode::kInvalidInput, "batch.bad-size", "too many items"};
  for (const base::Json& item : *items->AsArray()) {
    ASSIGN_OR_RETURN(auto documents, ReadDocuments(item));
    order.items.push_back(std::move(documents));
  }
  return order;
}

base::Json ToJson(const BatchQueue::Progress& progress) {
  const bool waits = !progress.done() && !progress.waiting_for.empty();
  base::Json json;
  json.Set("id", progress.id)
      .Set("state", progress.done() ? "done"
                    : waits         ? "waiting"
                                    : "queued")
      .Set("items", progress.items)
      .Set("sealed", progress.sealed)
      .Set("failed", progress.failed);
  if (waits) json.Set("waitingFor", progress.waiting_for);
  return json;
}

base::Json OutcomesToJson(const std::vector<Outcome>& outcomes, std::size_t chunk,
                          const BatchQueue::Progress& progress, base::Language language) {
  base::Json items{base::Json::Array{}};
  std::size_t index = chunk * BatchOrder::kChunk;
  for (const Outcome& outcome : outcomes) {
    base::Json item;
    item.Set("index", index++);
    if (outcome.ok())
      item.Set("signature", base::Base64Encode(outcome.value()));
    else
      item.Set("problem", ProblemJson(outcome.error(), language));
    items.Push(std::move(item));
  }
  base::Json json;
  json.Set("items", std::move(items));
  if (index < progress.items) json.Set("next", chunk + 1);
  return json;
}

}  // namespace api
