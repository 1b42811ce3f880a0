#include "api/flow/record_access.h"

namespace api {
namespace {

constexpr std::size_t kShortestPurpose = 3;
constexpr std::size_t kLongestPurpose = 200;
constexpr std::size_t kLongestOfficial = 100;

bool IsStated(const Reading& reading) {
  return reading.purpose.size() >= kShortestPurpose && reading.purpose.size() <= kLongestPurpose &&
         reading.official.size() <= kLongestOfficial;
}

}  // namespace

base::Status RecordAccess::Run(const Reading& reading, const vault::ClientId& client,
                               const vault::RecordId& subject, std::string_view what) {
  if (!IsStated(reading))
    return base::Error{base::ErrorCode::kInvalidInput, "access.purpose-required",
                       "purpose of 3 to 200 bytes, official of at most 100"};
  vault::Record record;
  record.kind = vault::RecordKind::kAccess;
  record.id = vault::RecordId::New();
  record.stored_at = clock_.Now();
  record.agency = reading.caller.agency;
  record.client = client;
  record.subject = subject;

  base::Json metadata;
  metadata.Set("what", what);
  metadata.Set("system", reading.caller.name);
  metadata.Set("official", reading.official);
  metadata.Set("purpose", reading.purpose);
  ASSIGN_OR_RETURN(const NewKey key, keys_.Take());
  record.key = key.slot;
  record.sealed = SealMetadata(key.key, record.id, metadata);
  const auto appended = ledger_.Append(record);
  if (!appended.ok()) return appended.error();
  return base::Ok();
}

}  // namespace api
