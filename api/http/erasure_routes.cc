#include "api/http/erasure_routes.h"

#include <optional>
#include <string>
#include <vector>

namespace api {
namespace {

// nullopt when the member is there and is no list of texts.
std::optional<std::vector<std::string>> TextsIn(const base::Json& json, std::string_view name) {
  std::vector<std::string> texts;
  const base::Json* const member = json.Find(name);
  if (member == nullptr) return texts;
  if (member->AsArray() == nullptr) return std::nullopt;
  for (const base::Json& item : *member->AsArray()) {
    if (item.AsString() == nullptr) return std::nullopt;
    texts.push_back(*item.AsString());
  }
  return texts;
}

std::optional<ErasureRequest> ReadRequest(const Request& request) {
  const auto json = base::Json::Parse(base::AsText(request.body));
  if (!json.ok()) return std::nullopt;
  const auto records = TextsIn(json.value(), "records");
  const auto approvals = TextsIn(json.value(), "approvals");
  if (!records || !approvals) return std::nullopt;
  ErasureRequest erasure{.records = {},
                         .reason = json.value().Text("reason").value_or(""),
                         .mandate = json.value().Text("mandate").value_or(""),
                         .approvals = *approvals};
  for (const std::string& text : *records) {
    const auto id = vault::RecordId::Parse(text);
    if (!id) return std::nullopt;
    erasure.records.push_back(*id);
  }
  return erasure;
}

}  // namespace

base::Result<Response> PostErasure(EraseRecords& erase, const Request& request) {
  const auto read = ReadRequest(request);
  if (!read)
    return base::Error{base::ErrorCode::kInvalidInput, "erasure.malformed", "not an erasure"};
  ASSIGN_OR_RETURN(const Erased erased, erase.Run(request.caller, *read));
  return JsonResponse(201, base::Json()
                               .Set("id", erased.id.Text())
                               .Set("entry", static_cast<std::int64_t>(erased.intent.entry.value))
                               .Set("rootBefore", static_cast<std::int64_t>(erased.root_before))
                               .Set("rootAfter", static_cast<std::int64_t>(erased.root_after))
                               .Set("complete", erased.is_complete));
}

}  // namespace api
