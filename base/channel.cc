#include "base/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace base {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kRequestFollowsItsDoorbell{5};
constexpr std::array<std::uint8_t, 1> kDoorbell{1};

bool SendMessage(int socket, ByteSpan payload, std::span<const int> files) {
  // sendmsg() only reads the payload, whatever the type of iov_base says.
  iovec part{const_cast<std::uint8_t*>(payload.data()), payload.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxMessageFiles)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!files.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(rights), files.data(), files.size_bytes());
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(payload.size());
}

std::vector<UniqueFd> TakeFiles(msghdr& header) {
  std::vector<UniqueFd> files;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      files.emplace_back(fd);
    }
  }
  return files;
}

enum class Received { kMessage, kEnd, kMalformed };

// A longer message is malformed.
Received ReceiveMessage(int socket, std::size_t max_size, Message& out) {
  out.payload.resize(max_size);
  iovec part{out.payload.data(), out.payload.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMaxMessageFiles)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return Received::kEnd;
  out.files = TakeFiles(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return Received::kMalformed;
  out.payload.resize(static_cast<std::size_t>(got));
  return Received::kMessage;
}

// The size of the message that comes next; it waits for one. 0 at the end. Only where no other
// process reads: room for the longest message would cost each call more than all else here.
std::size_t NextSize(int socket) {
  std::uint8_t first = 0;
  ssize_t size = -1;
  do {
    size = ::recv(socket, &first, sizeof first, MSG_PEEK | MSG_TRUNC);
  } while (size < 0 && errno == EINTR);
  return size <= 0 ? 0 : static_cast<std::size_t>(size);
}

Received ReceiveCall(int socket, Message& out) {
  const std::size_t size = NextSize(socket);
  if (size == 0) return Received::kEnd;
  if (size > kMaxMessageSize) return Received::kMalformed;
  return ReceiveMessage(socket, size, out);
}

// Waits until `socket` can be read or has ended.
bool WaitReadable(int socket, Clock::time_point deadline) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd item{socket, POLLIN, 0};
    const int ready = ::poll(&item, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

Error RoleDown(const char* what) {
  return {ErrorCode::kUnavailable, "channel.role-down", what};
}

}  // namespace

Result<DoorPair> MakeDoor() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return RoleDown("no more descriptors for a socket pair");
  return DoorPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<Message> ChannelClient::Call(const Message& request,
                                    std::chrono::milliseconds timeout) const {
  if (request.payload.empty() || request.payload.size() > kMaxMessageSize ||
      request.files.size() > kMaxMessageFiles)
    return Error{ErrorCode::kInvalidInput, "channel.too-large",
                 std::to_string(request.payload.size()) + " bytes"};
  const auto deadline = Clock::now() + timeout;
  ASSIGN_OR_RETURN(DoorPair call, MakeDoor());
  if (!SendMessage(door_.get(), kDoorbell, std::array{call.server.get()}))
    return RoleDown("its door is closed");
  call.server.Reset();  // From now on the role alone holds it: its death is our end of stream.

  std::vector<int> files;
  for (const UniqueFd& file : request.files) files.push_back(file.get());
  if (!SendMessage(call.caller.get(), request.payload, files)) return RoleDown("it hung up");
  if (!WaitReadable(call.caller.get(), deadline))
    return Error{ErrorCode::kUnavailable, "channel.timeout", "no answer in time"};
  Message answer;
  if (ReceiveCall(call.caller.get(), answer) != Received::kMessage)
    return RoleDown("it ended without an answer");
  return answer;
}

void IncomingCall::Answer(const Message& answer) {
  std::vector<int> files;
  for (const UniqueFd& file : answer.files) files.push_back(file.get());
  SendMessage(socket_.get(), answer.payload, files);
  socket_.Reset();
}

Result<IncomingCall> TakeCall(const UniqueFd& door) {
  while (true) {
    Message doorbell;
    const Received rung = ReceiveMessage(door.get(), kDoorbell.size(), doorbell);
    if (rung == Received::kEnd)
      return Error{ErrorCode::kNotFound, "channel.closed", "no caller is left"};
    if (rung != Received::kMessage || doorbell.files.size() != 1) continue;
    UniqueFd socket = std::move(doorbell.files.front());
    Message request;
    if (!WaitReadable(socket.get(), Clock::now() + kRequestFollowsItsDoorbell)) continue;
    if (ReceiveCall(socket.get(), request) != Received::kMessage) continue;
    return IncomingCall(std::move(socket), std::move(request));
  }
}

}  // namespace base
