// Channel: how the roles of the service call one another.
//
// A door is one end of a SOCK_SEQPACKET socket pair. A call sends one end of a fresh
// socket pair through the door and then talks on the other end alone. So calls run side
// by side without numbering, a role that dies is noticed at once (its calls see the end of
// the stream), and calls not yet taken wait in the door for its successor.
//
// A message is at most kMaxMessageSize bytes and kMaxMessageFiles descriptors; bulk bytes
// travel as descriptors of memory files (base/file.h).
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace base {

inline constexpr std::size_t kMaxMessageSize = std::size_t{128} * 1024;
inline constexpr std::size_t kMaxMessageFiles = 8;

struct Message {
  Bytes payload;
  std::vector<UniqueFd> files;
};

struct DoorPair {
  UniqueFd caller;
  UniqueFd server;
};

// A new door, both ends close-on-exec. kUnavailable when descriptors run out.
Result<DoorPair> MakeDoor();

// The calling side. Thread-safe.
class ChannelClient {
 public:
  explicit ChannelClient(UniqueFd door) : door_(std::move(door)) {}

  // Sends `request` and waits for the answer, at most `timeout`.
  //
  // Errors:
  //   kUnavailable "channel.role-down"  the role died, or its door is full or closed
  //   kUnavailable "channel.timeout"    no answer in time; the role may still be at work
  //   kInvalidInput "channel.too-large" the request does not fit; nothing was sent
  Result<Message> Call(const Message& request, std::chrono::milliseconds timeout) const;

 private:
  UniqueFd door_;
};

// One call taken from a door. Answer it once; destroyed unanswered, the caller sees
// "channel.role-down". Movable.
class IncomingCall {
 public:
  IncomingCall(UniqueFd socket, Message received)
      : request(std::move(received)), socket_(std::move(socket)) {}

  // A caller that has gone away is not our error.
  void Answer(const Message& answer);

  Message request;

 private:
  UniqueFd socket_;
};

// Waits for the next call. Any number of threads or processes may wait at one door.
// A malformed call is dropped and the wait goes on. kNotFound "channel.closed" when every
// caller's end is closed: the role should end.
Result<IncomingCall> TakeCall(const UniqueFd& door);

}  // namespace base
