#include "emulator/switches.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "base/json.h"

namespace emulator {
namespace {

constexpr std::chrono::minutes kLongestWait{1};

template <typename Mode>
struct ModeName {
  Mode mode;
  std::string_view name;
};

constexpr auto kTsaModes = std::to_array<ModeName<TsaMode>>({
    {TsaMode::kOk, "ok"},
    {TsaMode::kDown, "down"},
    {TsaMode::kSlow, "slow"},
    {TsaMode::kGarbage, "garbage"},
    {TsaMode::kRejects, "rejects"},
    {TsaMode::kWrongImprint, "wrong-imprint"},
    {TsaMode::kWrongNonce, "wrong-nonce"},
});

constexpr auto kOcspModes = std::to_array<ModeName<OcspMode>>({
    {OcspMode::kOk, "ok"},
    {OcspMode::kDown, "down"},
    {OcspMode::kSlow, "slow"},
    {OcspMode::kGarbage, "garbage"},
    {OcspMode::kTryLater, "try-later"},
    {OcspMode::kUnknown, "unknown"},
    {OcspMode::kStale, "stale"},
    {OcspMode::kWrongNonce, "wrong-nonce"},
});

constexpr auto kTrustModes = std::to_array<ModeName<TrustMode>>({
    {TrustMode::kOk, "ok"},
    {TrustMode::kDown, "down"},
    {TrustMode::kSlow, "slow"},
    {TrustMode::kGarbage, "garbage"},
    {TrustMode::kRedirect, "redirect"},
    {TrustMode::kEndless, "endless"},
    {TrustMode::kOlder, "older"},
    {TrustMode::kWrongSigner, "wrong-signer"},
    {TrustMode::kStale, "stale"},
});

constexpr auto kWitnessModes = std::to_array<ModeName<WitnessMode>>({
    {WitnessMode::kOk, "ok"},
    {WitnessMode::kDown, "down"},
});

base::Error Unknown(std::string message) {
  return {base::ErrorCode::kInvalidInput, "switch.unknown", std::move(message)};
}

template <typename Mode, std::size_t size>
base::Result<Mode> Find(const std::array<ModeName<Mode>, size>& modes, const std::string& name) {
  const auto found = std::ranges::find(modes, name, &ModeName<Mode>::name);
  if (found == modes.end()) return Unknown("no mode " + name);
  return found->mode;
}

}  // namespace

TsaMode Switches::tsa() const {
  const std::lock_guard lock(mutex_);
  return tsa_;
}

OcspMode Switches::ocsp() const {
  const std::lock_guard lock(mutex_);
  return ocsp_;
}

TrustMode Switches::trust() const {
  const std::lock_guard lock(mutex_);
  return trust_;
}

WitnessMode Switches::witness() const {
  const std::lock_guard lock(mutex_);
  return witness_;
}

void Switches::set_witness(WitnessMode mode) {
  const std::lock_guard lock(mutex_);
  witness_ = mode;
  ++changes_;
  changed_.notify_all();
}

void Switches::set_trust(TrustMode mode) {
  const std::lock_guard lock(mutex_);
  trust_ = mode;
  ++changes_;
  changed_.notify_all();
}

void Switches::set_tsa(TsaMode mode) {
  const std::lock_guard lock(mutex_);
  tsa_ = mode;
  ++changes_;
  changed_.notify_all();
}

void Switches::set_ocsp(OcspMode mode) {
  const std::lock_guard lock(mutex_);
  ocsp_ = mode;
  ++changes_;
  changed_.notify_all();
}

base::Status Switches::Apply(std::string_view text) {
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(text));
  const auto tsa_name = json.Text("tsa");
  const auto ocsp_name = json.Text("ocsp");
  const auto trust_name = json.Text("trust");
  const auto witness_name = json.Text("witness");
  const std::size_t known = std::size_t{tsa_name.has_value()} + std::size_t{ocsp_name.has_value()} +
                            std::size_t{trust_name.has_value()} +
                            std::size_t{witness_name.has_value()};
  if (known == 0 || json.AsObject()->size() != known)
    return Unknown("not tsa, ocsp, trust, witness alone");
  ASSIGN_OR_RETURN(const WitnessMode witness, Find(kWitnessModes, witness_name.value_or("ok")));
  ASSIGN_OR_RETURN(const TsaMode tsa, Find(kTsaModes, tsa_name.value_or("ok")));
  ASSIGN_OR_RETURN(const OcspMode ocsp, Find(kOcspModes, ocsp_name.value_or("ok")));
  ASSIGN_OR_RETURN(const TrustMode trust, Find(kTrustModes, trust_name.value_or("ok")));
  if (witness_name) set_witness(witness);
  if (trust_name) set_trust(trust);
  if (tsa_name) set_tsa(tsa);
  if (ocsp_name) set_ocsp(ocsp);
  return base::Ok();
}

void Switches::WaitForChange() {
  std::unique_lock lock(mutex_);
  const unsigned before = changes_;
  changed_.wait_for(lock, kLongestWait, [&] { return is_stopped_ || changes_ != before; });
}

void Switches::Stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  changed_.notify_all();
}

}  // namespace emulator
