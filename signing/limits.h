// Limits: how much one document may ask for before the verifier declines to judge it.
//
// Part of the policy (docs/conformance.md has the table). Every limit has a hard maximum: what
// the walls around a verification can bear, whatever a policy file says.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace signing {

struct Limits {
  // CPU as estimated before the work, for a document of at most 10 MiB and 20 signatures; larger
  // ones may cost more in proportion.
  std::uint64_t work_milliseconds = 220;
  std::uint64_t key_milliseconds = 160;                     // Of these for public-key operations.
  std::uint64_t members = 10'000;                           // Of the archive.
  std::uint64_t metadata_bytes = std::uint64_t{32} << 20U;  // Inflated; all that is no data file.
  std::uint64_t inflated_bytes = std::uint64_t{16} << 30U;  // Of all members.
  std::uint64_t signatures = 5'000;   // Counter-signatures included, as all that follows.
  std::uint64_t references = 10'000;  // Of one signature.
  std::uint64_t certificates = 20'000;
  std::uint64_t ocsp_responses = 5'000;
  std::uint64_t crls = 1'000;
  std::uint64_t crl_entries = 1'000'000;
  std::uint64_t timestamps = 10'000;
  std::uint64_t evidence_records = 64;
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct LimitRow {
  std::string_view name;  // In policy files and reports.
  std::uint64_t Limits::*value;
  std::uint64_t hard_maximum;
  std::string_view reason;  // Of the refusal.
};
inline constexpr std::array<LimitRow, 13> kLimitRows{{
    {"workMilliseconds", &Limits::work_milliseconds, 2'000, "xml.too-costly"},
    {"keyMilliseconds", &Limits::key_milliseconds, 2'000, "limit.public-keys"},
    {"members", &Limits::members, 10'000, "zip.too-many-entries"},
    {"metadataBytes", &Limits::metadata_bytes, std::uint64_t{64} << 20U, "limit.metadata-bytes"},
    {"inflatedBytes", &Limits::inflated_bytes, std::uint64_t{64} << 30U, "limit.inflated-bytes"},
    {"signatures", &Limits::signatures, 20'000, "signature.too-many-signatures"},
    {"references", &Limits::references, 100'000, "signature.too-many-references"},
    {"certificates", &Limits::certificates, 100'000, "limit.certificates"},
    {"ocspResponses", &Limits::ocsp_responses, 20'000, "limit.ocsp-responses"},
    {"crls", &Limits::crls, 20'000, "limit.crls"},
    {"crlEntries", &Limits::crl_entries, 10'000'000, "limit.crl-entries"},
    {"timestamps", &Limits::timestamps, 40'000, "limit.timestamps"},
    {"evidenceRecords", &Limits::evidence_records, 1'000, "evidence-record.too-many"},
}};

// Ok while `number` is within the limit; else kInvalidInput with the row's reason, and in the
// message the name, the number and the limit.
base::Status CheckLimit(const Limits& limits, std::uint64_t Limits::*value, std::uint64_t number);
// The same error, for a limit that is known to be passed.
base::Error PassedLimit(const Limits& limits, std::uint64_t Limits::*value, std::uint64_t number);

// All of them by name, as in a policy file.
base::Json LimitNumbersToJson(const Limits& limits);
// Replaces those that the object names. kInvalidInput "policy.malformed" for an unknown name,
// "policy.limit" for what is no number from 1 to the hard maximum.
base::Status ReadLimits(const base::Json& json, Limits& limits);

}  // namespace signing
