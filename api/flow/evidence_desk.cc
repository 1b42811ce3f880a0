#include "api/flow/evidence_desk.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"

namespace api {
namespace {

constexpr std::size_t kOcspNonceSize = 32;  // RFC 9654, 2.1.
constexpr std::chrono::seconds kRest{5};    // Doubled with each failure, up to the longest.
constexpr std::chrono::seconds kLongestRest{300};
constexpr std::size_t kMostKnown = 1000;

// Eight bytes that are a positive INTEGER of exactly that length.
base::Bytes NewNonce() {
  base::Bytes nonce = base::RandomBytes(8);
  nonce[0] = static_cast<std::uint8_t>((nonce[0] & 0x3FU) | 0x40U);
  return nonce;
}

base::Error NobodyAsked(const std::string& kind) {
  return {base::ErrorCode::kNotFound, "courier.not-configured", "no service for " + kind};
}

void LogFailure(const std::string& service, const base::Error& error) {
  base::Error named = error;
  named.message = service + ": " + error.message;
  base::LogError("evidence.failed", named);
}

}  // namespace

std::vector<std::string> ServicesOf(const std::map<std::string, std::string>& services,
                                    const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& [name, url] : services)
    if (name == kind || name.starts_with(kind + "-")) names.push_back(name);
  return names;
}

std::vector<std::string> EvidenceDesk::InOrder(const std::vector<std::string>& services) {
  const base::Time now = clock_.Now();
  const std::lock_guard lock(mutex_);
  std::vector<std::string> order = services;
  std::ranges::stable_partition(order, [&](const std::string& service) {
    const auto until = resting_.find(service);
    return until == resting_.end() || until->second.until <= now;
  });
  return order;
}

void EvidenceDesk::Note(const std::string& service, bool good) {
  const std::lock_guard lock(mutex_);
  const auto rest = resting_.find(service);
  if (good && rest != resting_.end()) resting_.erase(rest);
  if (good) return;
  const auto length =
      rest == resting_.end() ? kRest : std::min(2 * rest->second.length, kLongestRest);
  resting_.insert_or_assign(service, Rest{.until = clock_.Now() + length, .length = length});
}

bool EvidenceDesk::IsWithinQuota(const std::string& service) {
  const auto quota = trust_.hourly.find(service);
  if (quota == trust_.hourly.end()) return true;
  const auto hour = std::chrono::floor<std::chrono::hours>(clock_.Now());
  const std::lock_guard lock(mutex_);
  Asked& asked = asked_[service];
  if (asked.hour != hour) asked = {.hour = hour, .count = 0};
  if (asked.count >= quota->second) return false;
  ++asked.count;
  return true;
}

base::Result<signing::TimestampAnswer> EvidenceDesk::Timestamp(const base::Sha256Digest& imprint) {
  base::Error last = NobodyAsked("time-stamps");
  for (const std::string& service : InOrder(trust_.tsas)) {
    if (!IsWithinQuota(service)) {
      last = {base::ErrorCode::kUnavailable, "timestamp.quota-spent", service};
      continue;
    }
    auto answer = AskTsa(service, imprint);
    Note(service, answer.ok());
    if (answer.ok()) return answer;
    last = answer.error();
    LogFailure(service, last);
  }
  return last;
}

base::Result<signing::OcspAnswer> EvidenceDesk::Status(base::ByteSpan certificate,
                                                       base::ByteSpan issuer, base::Time proven) {
  base::Bytes pair(certificate.begin(), certificate.end());
  base::Append(issuer, pair);
  const base::Sha256Digest key = base::Sha256(pair);
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(key);
    if (known != known_.end() && proven <= known->second.covers &&
        clock_.Now() < known->second.until)
      return known->second.answer;
  }
  base::Error last = NobodyAsked("certificate status");
  for (const std::string& service : InOrder(trust_.responders)) {
    auto answer = AskResponder(service, certificate, issuer, proven);
    // A responder that is not this issuer's refuses; that is no fault of its own.
    if (answer.ok() || answer.error().code == base::ErrorCode::kUnavailable)
      Note(service, answer.ok());
    if (answer.ok()) {
      const std::lock_guard lock(mutex_);
      if (known_.size() >= kMostKnown) known_.clear();
      known_.insert_or_assign(key, Known{answer.value(), proven, clock_.Now() + kFresh});
    }
    if (answer.ok() || answer.error().reason == "ocsp.revoked") return answer;
    last = answer.error();
  }
  return last;
}

base::Result<base::Bytes> EvidenceDesk::FetchCrl(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = fetched_.find(name);
    if (known != fetched_.end() && clock_.Now() < known->second.until) return known->second.crl;
  }
  ASSIGN_OR_RETURN(base::Bytes crl, outbound_.Fetch(name));
  const std::lock_guard lock(mutex_);
  fetched_.insert_or_assign(name, Fetched{crl, clock_.Now() + kFresh});
  return crl;
}

base::Result<base::Bytes> EvidenceDesk::Crl(base::ByteSpan certificate, base::ByteSpan issuer,
                                            base::Time proven) {
  base::Error last = NobodyAsked("revocation lists");
  for (const std::string& name : trust_.crls) {
    auto crl = FetchCrl(name);
    if (!crl.ok()) {
      last = crl.error();
      continue;
    }
    const base::Status cleared = inspector_.ReadCrl(
        crl.value(),
        {.certificate = certificate, .issuer = issuer, .proven = proven, .now = clock_.Now()});
    if (cleared.ok()) return crl;
    if (cleared.error().reason == "crl.revoked") return cleared.error();
    if (cleared.error().reason != "crl.other-issuer") last = cleared.error();
  }
  return last;
}

base::Result<signing::TimestampAnswer> EvidenceDesk::AskTsa(const std::string& service,
                                                            const base::Sha256Digest& imprint) {
  const base::Bytes nonce = NewNonce();
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post(service, "application/timestamp-query",
                                  signing::BuildTimestampRequest(imprint, nonce)));
  ASSIGN_OR_RETURN(signing::TimestampAnswer answer,
                   inspector_.ReadTimestampResponse(response, imprint, nonce));
  const std::string tsa = answer.certificates.empty()
                              ? ""
                              : base::HexEncode(base::Sha256(answer.certificates.front()).bytes);
  if (std::ranges::find(trust_.tsa_certificates, tsa) == trust_.tsa_certificates.end())
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.other-tsa",
                       "TSA certificate " + tsa + " is not configured"};
  const base::Time now = clock_.Now();
  if (answer.time > now + trust_.skew || answer.time + trust_.skew < now)
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.wrong-time",
                       "genTime " + base::FormatTime(answer.time)};
  return answer;
}

base::Result<signing::OcspAnswer> EvidenceDesk::AskResponder(const std::string& service,
                                                             base::ByteSpan certificate,
                                                             base::ByteSpan issuer,
                                                             base::Time proven) {
  const base::Bytes nonce = base::RandomBytes(kOcspNonceSize);
  ASSIGN_OR_RETURN(const base::Bytes request,
                   signing::BuildOcspRequest(certificate, issuer, nonce));
  ASSIGN_OR_RETURN(const base::Bytes response,
                   outbound_.Post(service, "application/ocsp-request", request));
  return inspector_.ReadOcspResponse(response, {.certificate = certificate,
                                                .issuer = issuer,
                                                .nonce = nonce,
                                                .proven = proven,
                                                .now = clock_.Now()});
}

}  // namespace api
