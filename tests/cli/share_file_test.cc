#include "cli/share_file.h"

#include <gtest/gtest.h>

#include <string>

namespace cli {
namespace {

const std::string kSet(32, 'a');

std::string Text() {
  const hsm::KeyShare share{kSet, 2, 3, base::Secret(base::Bytes(32, 0x5a))};
  return base::ToString(ShareText(share).Reveal());
}

std::string ReasonFor(const std::string& text) {
  const auto share = ShareFrom(text);
  return share.ok() ? "" : share.error().reason;
}

TEST(ShareFileTest, AShareIsReadBackAsItWasWritten) {
  for (const char* end : {"", "\n", "\r\n\r\n"}) {
    const auto share = ShareFrom(Text() + end);
    ASSERT_TRUE(share.ok());
    EXPECT_EQ(share.value().set, kSet);
    EXPECT_EQ(share.value().needed, 2);
    EXPECT_EQ(share.value().number, 3);
    EXPECT_EQ(base::ToString(share.value().value.Reveal()), std::string(32, 'Z'));
  }
}

TEST(ShareFileTest, EveryTypingErrorIsNoticed) {
  const std::string text = Text().substr(0, Text().size() - 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == '7' ? '8' : '7';
    EXPECT_EQ(ReasonFor(wrong), "share.malformed") << i;
    EXPECT_EQ(ReasonFor(text.substr(0, i)), "share.malformed") << i;
  }
}

TEST(ShareFileTest, WhatIsNoShareIsRefused) {
  for (const char* text : {"", ":", ":::::", "edocvault-share-1", "edocvault-share-2:a:2:3:b:c",
                           "edocvault-share-1:a:2:3:zz:00000000:more"})
    EXPECT_EQ(ReasonFor(text), "share.malformed") << text;
}

}  // namespace
}  // namespace cli
