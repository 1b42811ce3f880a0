// CompletionQueue: signatures that become longer when the services outside allow it.
//
// A document is sealed at level B while a TSA or responder is away, and completed when it is
// back. What waits is kept encrypted, and outlives the process.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/caller.h"
#include "api/flow/extend_signature.h"
#include "api/flow/sealed_file.h"
#include "base/clock.h"

namespace api {

// Thread-safe. Has one thread of its own; stops when destroyed, after the extension that runs.
//
//   FOLDER/ID       what was ordered, with the document as it came
//   FOLDER/ID.done  the longer document, or why there is none; written once
class CompletionQueue {
 public:
  static constexpr std::chrono::days kLife{30};   // Then a finished one is removed.
  static constexpr std::size_t kMostKept = 1000;  // For one agency.
  // Of one agency are asked for in a round, however many wait; in the next round the next ones.
  static constexpr std::size_t kAtOnce = 16;
  // Between two rounds in which everything was away; doubled up to the longest.
  static constexpr std::chrono::seconds kRest{1};
  static constexpr std::chrono::seconds kLongestRest{60};

  // So many callers wait as long as they like; further ones this long, each holding a thread of the
  // server.
  static constexpr std::size_t kMostPatient = 8;
  static constexpr std::chrono::milliseconds kShortWait{1000};

  // Borrows the parts; they must outlive it. The folder is made when it is first needed.
  CompletionQueue(std::filesystem::path folder, ExtendSignature& extend, RecordKeys& keys,
                  const base::Clock& clock)
      : folder_(std::move(folder)), extend_(extend), keys_(keys), clock_(clock) {}

  // Takes up what was left, and works. Called once.
  void Start();

  struct Order {
    base::Bytes document;
    signing::SignatureSelector target{};
    SignatureLevel level = SignatureLevel::kLT;
    std::vector<base::Bytes> issuers{};
  };
  // The id; kept, durably, when this returns ok. Errors: those of WriteSealedFile(), and
  // kUnavailable "completion.too-many".
  base::Result<std::string> Submit(const Caller& caller, const Order& order);

  struct Progress {
    SignatureLevel level;
    bool done = false;
    std::string waiting_for;           // Stable reason of what it waits for.
    std::optional<base::Error> error;  // Done, and never to be longer.
  };
  // Waits until it is done, at most so long. kNotFound "completion.unknown", also for another's.
  base::Result<Progress> Look(const Caller& caller, const std::string& id,
                              std::chrono::milliseconds wait = {});

  // The longer document; until there is one, the document as it came.
  base::Result<base::Bytes> Document(const Caller& caller, const std::string& id);

 private:
  struct Waiting {
    std::string caller;
    SignatureLevel level = SignatureLevel::kLT;
    std::string waiting_for{};
    bool done = false;
    std::optional<base::Error> error{};
  };
  using Lock = std::unique_lock<std::mutex>;

  // Refuses when too many are left of that agency.
  base::Status RemoveOld(const std::string& agency);
  base::Result<SealedContent> ReadOrder(const std::string& id);
  base::Result<std::optional<SealedContent>> ReadOutcome(const std::string& id);
  base::Result<std::shared_ptr<Waiting>> Find(const Caller& caller, const std::string& id);
  base::Result<std::shared_ptr<Waiting>> Load(const std::string& id);
  std::vector<std::string> Unfinished() const;
  std::vector<std::string> NextRound();
  void Run(const std::stop_token& stop);
  // Whether it is over, or was seen to be.
  bool Serve(const std::string& id);
  base::Status Finish(const std::string& id, const base::Result<base::Bytes>& longer);

  const std::filesystem::path folder_;
  ExtendSignature& extend_;
  RecordKeys& keys_;
  const base::Clock& clock_;
  std::mutex putting_;  // One order at a time; nobody else waits for the disk.
  std::mutex mutex_;
  std::condition_variable_any wake_;  // Something new waits.
  std::size_t patient_ = 0;
  std::condition_variable moved_;  // Something is done.
  bool is_new_ = false;
  std::map<std::string, std::shared_ptr<Waiting>> known_;
  std::map<std::string, std::string> last_asked_;  // By mark of the agency. Of the thread alone.
  std::jthread thread_;                            // Last: it uses the others, and stops first.
};

}  // namespace api
