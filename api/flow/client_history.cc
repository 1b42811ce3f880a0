#include "api/flow/client_history.h"

#include <array>

#include "api/flow/find_client.h"
#include "base/base64.h"

namespace api {
namespace {

constexpr std::size_t kLargestPage = 100;

// Members of the sealed metadata that a reader of each kind of item sees.
constexpr std::array<std::string_view, 6> kDocumentMembers{"name",   "mediaType", "size",
                                                           "sha256", "direction", "channel"};
constexpr std::array<std::string_view, 4> kAccessMembers{"what", "system", "official", "purpose"};

std::string WriteCursor(vault::EntryNumber entry) {
  base::Bytes bytes;
  base::AppendUint64(entry.value, bytes);
  return base::Base64UrlEncode(bytes);
}

base::Result<std::optional<vault::EntryNumber>> ReadCursor(
    const std::optional<std::string>& cursor) {
  if (!cursor) return std::optional<vault::EntryNumber>();
  const auto bytes = base::Base64UrlDecode(*cursor);
  if (!bytes || bytes->size() != 8)
    return base::Error{base::ErrorCode::kInvalidInput, "page.bad-cursor", "not a cursor of ours"};
  return std::optional(vault::EntryNumber{base::ReadUint64(*bytes)});
}

template <std::size_t N>
void CopyMembers(const base::Json& from, const std::array<std::string_view, N>& names,
                 base::Json& to) {
  for (const std::string_view name : names) {
    if (const base::Json* member = from.Find(name)) to.Set(name, *member);
  }
}

base::Json ToItem(const vault::StoredRecord& stored) {
  const vault::Record& record = stored.record;
  base::Json item;
  const bool document = record.kind == vault::RecordKind::kDocument;
  item.Set("type", document ? "document" : "access");
  item.Set("id", record.id.Text());
  item.Set("entry", static_cast<std::int64_t>(stored.entry.value));
  item.Set("at", base::FormatTime(record.stored_at));
  item.Set("agency", record.agency);
  if (!document && record.subject != vault::RecordId{}) item.Set("document", record.subject.Text());
  return item;
}

}  // namespace

base::Result<base::Json> ClientHistory::Run(const Reading& reading, const HistoryOrder& order) {
  if (reading.caller.role != CallerRole::kPlatform)
    return base::Error{base::ErrorCode::kDenied, "caller.wrong-role",
                       reading.caller.name + " may not read histories"};
  if (order.limit == 0 || order.limit > kLargestPage)
    return base::Error{base::ErrorCode::kInvalidInput, "page.bad-limit", "limit is 1 to 100"};
  ASSIGN_OR_RETURN(const auto before, ReadCursor(order.cursor));
  ASSIGN_OR_RETURN(const vault::ClientId client, KnownClient(ledger_, order.client));
  const bool documents = order.kind == vault::RecordKind::kDocument;
  RETURN_IF_ERROR(
      record_access_.Run(reading, client, {}, documents ? "history.read" : "accesses.read"));

  ASSIGN_OR_RETURN(
      const vault::HistoryPage page,
      ledger_.History(
          {.client = client, .before = before, .limit = order.limit, .kind = order.kind}));
  base::Json answer;
  answer.Set("client", client.Text());
  ASSIGN_OR_RETURN(base::Json items, Items(page.records));
  answer.Set("items", std::move(items));
  answer.Set("next", page.next ? base::Json(WriteCursor(*page.next)) : base::Json());
  return answer;
}

// One call to the keyholder opens the whole page.
base::Result<base::Json> ClientHistory::Items(const std::vector<vault::StoredRecord>& records) {
  std::vector<vault::KeySlot> slots;
  for (const vault::StoredRecord& stored : records) slots.push_back(stored.record.key);
  ASSIGN_OR_RETURN(const auto keys, keys_.OpenAll(hsm::KeyUse::kHistory, slots));
  base::Json::Array items;
  for (std::size_t i = 0; i < records.size(); ++i) {
    base::Json item = ToItem(records[i]);
    item.Set("erased", !keys[i].has_value());
    if (keys[i]) {
      ASSIGN_OR_RETURN(const base::Json metadata, OpenMetadata(*keys[i], records[i].record));
      if (records[i].record.kind == vault::RecordKind::kDocument)
        CopyMembers(metadata, kDocumentMembers, item);
      else
        CopyMembers(metadata, kAccessMembers, item);
    }
    items.push_back(std::move(item));
  }
  return base::Json(std::move(items));
}

}  // namespace api
