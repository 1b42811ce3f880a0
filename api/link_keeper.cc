#include "api/link_keeper.h"

#include "base/log.h"

namespace api {
namespace {

constexpr std::size_t kMaxCandidate = std::size_t{8} * 1024;
constexpr std::size_t kMaxSeen = 8192;
constexpr std::size_t kMaxQueue = 64;

// One signature check, of a certificate this small.
constexpr hardening::Walls kWalls{.cpu = std::chrono::seconds{1},
                                  .memory_bytes = std::size_t{16} << 20U,
                                  .result_bytes = 1,
                                  .zygote = nullptr};

}  // namespace

LinkKeeper::LinkKeeper(const std::shared_ptr<const signing::PreparedTrust>& trust) {
  if (trust != nullptr) links_.emplace(trust->snapshot());
}

void LinkKeeper::Note(const std::vector<base::ByteSpan>& candidates) {
  if (!links_) return;
  for (const base::ByteSpan candidate : candidates) {
    if (candidate.size() > kMaxCandidate) continue;
    const base::Sha256Digest key = base::Sha256(candidate);
    const auto [seen, is_new] = seen_.try_emplace(key, State::kReported);
    if (is_new) {
      order_.push_back(key);
      if (order_.size() > kMaxSeen) {
        seen_.erase(order_.front());
        order_.pop_front();
      }
    } else if (seen->second == State::kReported && queue_.size() < kMaxQueue) {
      // Most signers' certificates are met once; a check costs a process.
      seen->second = State::kAsked;
      queue_.emplace_back(candidate.begin(), candidate.end());
    }
  }
}

void LinkKeeper::StartNext() {
  if (work_ || queue_.empty()) return;
  checking_ = std::move(queue_.front());
  queue_.pop_front();
  auto work = hardening::WalledWork::Start(kWalls, [&] {
    return base::Bytes{signing::CheckLink(*links_, checking_) ? std::uint8_t{1} : std::uint8_t{0}};
  });
  if (work.ok())
    work_.emplace(std::move(work).value());
  else
    base::LogError("inspector.link-unchecked", work.error());
}

void LinkKeeper::Finish() {
  const auto answer = std::move(*work_).Finish();
  work_.reset();
  // What the yes is about was never the checking process's to say.
  if (answer.ok() && answer.value() == base::Bytes{1})
    links_->Add(signing::LinkOfCandidate(checking_));
}

}  // namespace api
