// Switches: what the emulator's services do just now.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "base/result.h"
#include "emulator/emulator.h"

namespace emulator {

// Thread-safe.
class Switches {
 public:
  TsaMode tsa() const;
  OcspMode ocsp() const;
  TrustMode trust() const;
  WitnessMode witness() const;
  void set_tsa(TsaMode mode);
  void set_ocsp(OcspMode mode);
  void set_trust(TrustMode mode);
  void set_witness(WitnessMode mode);

  // {"tsa":"...","ocsp":"...","trust":"...","witness":"..."}, any of them; all or nothing.
  // kInvalidInput "switch.unknown".
  base::Status Apply(std::string_view json);

  // Waits while all modes stay as they are and the server runs, a minute at most.
  void WaitForChange();
  void Stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  TsaMode tsa_ = TsaMode::kOk;
  OcspMode ocsp_ = OcspMode::kOk;
  TrustMode trust_ = TrustMode::kOk;
  WitnessMode witness_ = WitnessMode::kOk;
  unsigned changes_ = 0;
  bool is_stopped_ = false;
};

}  // namespace emulator
