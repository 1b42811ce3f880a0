#include "api/flow/find_client.h"

#include <algorithm>
#include <cctype>

namespace api {
namespace {

bool IsIdentifier(std::string_view text) {
  return text.size() >= 3 && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.' ||
                  c == '_' || c == '-';
         });
}

base::Error Unknown() {
  return {base::ErrorCode::kNotFound, "client.unknown", "no such client"};
}

}  // namespace

base::Result<vault::ClientId> FindClient::Run(const Reading& reading, const ClientLookup& lookup) {
  const Caller& caller = reading.caller;
  if (!IsIdentifier(lookup.identifier))
    return base::Error{base::ErrorCode::kInvalidInput, "client.bad-identifier",
                       "a client identifier of another form"};
  if (lookup.create && caller.role != CallerRole::kAgency)
    return base::Error{base::ErrorCode::kDenied, "caller.wrong-role",
                       caller.name + " may not register clients"};
  ASSIGN_OR_RETURN(const base::Sha256Digest alias, keys_.MacIdentifier(lookup.identifier));
  auto found = ledger_.FindClient(alias);
  if (found.ok() && caller.role == CallerRole::kPlatform)
    RETURN_IF_ERROR(record_access_.Run(reading, found.value(), {}, "client.lookup"));
  if (found.ok() || found.error().code != base::ErrorCode::kNotFound || !lookup.create)
    return found;
  return Register(caller, alias);
}

base::Result<vault::ClientId> FindClient::Register(const Caller& caller,
                                                   const base::Sha256Digest& alias) {
  vault::Record record;
  record.kind = vault::RecordKind::kClient;
  record.id = vault::RecordId::New();
  record.stored_at = clock_.Now();
  record.agency = caller.agency;
  record.client = vault::ClientId::New();
  record.commitment = alias;
  const auto appended = ledger_.Append(record);
  if (appended.ok()) return record.client;
  // Somebody registered the same person a moment ago: theirs stands.
  if (appended.error().code == base::ErrorCode::kConflict) return ledger_.FindClient(alias);
  return appended.error();
}

base::Result<vault::ClientId> KnownClient(const vault::Ledger& ledger, std::string_view reference) {
  const auto client = vault::ClientId::Parse(reference);
  if (!client) return Unknown();
  ASSIGN_OR_RETURN(const bool known, ledger.HasClient(*client));
  if (!known) return Unknown();
  return *client;
}

}  // namespace api
