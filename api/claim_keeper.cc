#include "api/claim_keeper.h"

#include "base/log.h"

namespace api {
namespace {

constexpr std::size_t kMaxClaim = std::size_t{8} * 1024;
constexpr std::size_t kMaxSeen = 8192;
constexpr std::size_t kMaxQueue = 64;

// One signature check, of bytes this few.
constexpr hardening::Walls kWalls{
    .cpu = std::chrono::seconds{1}, .memory_bytes = std::size_t{16} << 20U, .result_bytes = 1};

}  // namespace

void ClaimKeeper::Note(const std::vector<base::ByteSpan>& claims) {
  for (const base::ByteSpan claim : claims) {
    if (claim.size() > kMaxClaim) continue;
    const base::Sha256Digest key = base::Sha256(claim);
    const auto [seen, is_new] = seen_.try_emplace(key, State::kReported);
    if (is_new) {
      order_.push_back(key);
      if (order_.size() > kMaxSeen) {
        seen_.erase(order_.front());
        order_.pop_front();
      }
    } else if (seen->second == State::kReported && queue_.size() < kMaxQueue) {
      // Most evidence is met once; a check costs a process.
      seen->second = State::kAsked;
      queue_.emplace_back(claim.begin(), claim.end());
    }
  }
}

void ClaimKeeper::StartNext() {
  if (work_ || queue_.empty()) return;
  checking_ = std::move(queue_.front());
  queue_.pop_front();
  hardening::Walls walls = kWalls;
  walls.zygote = zygote_;
  auto work = hardening::WalledWork::Start(walls, [&] {
    return base::Bytes{signing::ClaimHolds(checking_) ? std::uint8_t{1} : std::uint8_t{0}};
  });
  if (work.ok())
    work_.emplace(std::move(work).value());
  else
    base::LogError("inspector.claim-unchecked", work.error());
}

void ClaimKeeper::Finish() {
  const auto answer = std::move(*work_).Finish();
  work_.reset();
  // What the yes is about was never the checking process's to say.
  if (answer.ok() && answer.value() == base::Bytes{1}) known_.Add(checking_);
}

}  // namespace api
