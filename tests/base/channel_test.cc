#include "base/channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"

namespace base {
namespace {

using std::chrono::milliseconds;

Message Text(std::string_view text) {
  return {ToBytes(text), {}};
}

class ChannelTest : public ::testing::Test {
 protected:
  DoorPair door_ = std::move(MakeDoor().value());
  ChannelClient client_{std::move(door_.caller)};
};

TEST_F(ChannelTest, CarriesBytesAndFilesBothWays) {
  std::jthread server([this] {
    auto call = TakeCall(door_.server).value();
    Message answer = Text("got " + ToString(call.request.payload));
    answer.files.push_back(MemoryFile(ReadFd(call.request.files.at(0), 100).value()).value());
    call.Answer(answer);
  });
  Message request = Text("hello");
  request.files.push_back(MemoryFile(AsBytes("bulk")).value());
  const auto answer = client_.Call(request, milliseconds(5000));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(ToString(answer.value().payload), "got hello");
  EXPECT_EQ(ReadFd(answer.value().files.at(0), 100).value(), ToBytes("bulk"));
}

TEST_F(ChannelTest, ARoleThatDiesMidCallIsNoticedAtOnce) {
  std::jthread server([this] { const auto call = TakeCall(door_.server); });
  const auto answer = client_.Call(Text("x"), milliseconds(60000));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().reason, "channel.role-down");
}

TEST_F(ChannelTest, ACallWaitsInTheDoorForTheNextServer) {
  std::jthread caller([this] {
    EXPECT_EQ(ToString(client_.Call(Text("early"), milliseconds(5000)).value().payload), "served");
  });
  auto call = TakeCall(door_.server).value();
  EXPECT_EQ(ToString(call.request.payload), "early");
  call.Answer(Text("served"));
}

TEST_F(ChannelTest, NoAnswerInTimeIsUnavailable) {
  EXPECT_EQ(client_.Call(Text("x"), milliseconds(20)).error().reason, "channel.timeout");
}

TEST_F(ChannelTest, AClosedDoorIsUnavailable) {
  door_.server.Reset();
  EXPECT_EQ(client_.Call(Text("x"), milliseconds(1000)).error().reason, "channel.role-down");
}

TEST_F(ChannelTest, RefusesWhatDoesNotFit) {
  const Message request{Bytes(kMaxMessageSize + 1), {}};
  EXPECT_EQ(client_.Call(request, milliseconds(1000)).error().reason, "channel.too-large");
}

TEST_F(ChannelTest, TheServerEndsWhenNoCallerIsLeft) {
  { const ChannelClient gone = std::move(client_); }
  EXPECT_EQ(TakeCall(door_.server).error().reason, "channel.closed");
}

TEST(MemoryFileTest, CannotBeChangedOnceMade) {
  const UniqueFd file = MemoryFile(AsBytes("abc")).value();
  EXPECT_LT(::write(file.get(), "x", 1), 0);
}

}  // namespace
}  // namespace base
