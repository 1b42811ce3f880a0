#include "signing/xml_events.h"

#include <gtest/gtest.h>

namespace signing {
namespace {

base::Sha256Digest HashOfEvents(const std::function<void(XmlEvents&)>& tell) {
  XmlEvents events;
  tell(events);
  return std::move(events).Finish();
}

TEST(XmlEventsTest, T25_HowATextIsCutMakesNoDifference) {
  EXPECT_EQ(HashOfEvents([](XmlEvents& events) { events.Text("ab"); }),
            HashOfEvents([](XmlEvents& events) {
              events.Text("a");
              events.Text("b");
            }));
}

TEST(XmlEventsTest, TheOrderOfAttributesMakesNoDifference) {
  EXPECT_EQ(HashOfEvents([](XmlEvents& events) {
              events.Start("", "e", {{"", "a", "1"}, {"", "b", "2"}});
            }),
            HashOfEvents([](XmlEvents& events) {
              events.Start("", "e", {{"", "b", "2"}, {"", "a", "1"}});
            }));
}

TEST(XmlEventsTest, T25_EveryPartMakesADifference) {
  const auto hash = HashOfEvents([](XmlEvents& events) {
    events.Start("s", "p:e", {{"", "a", "1"}});
  });
  EXPECT_NE(hash, HashOfEvents([](XmlEvents& events) {
              events.Start("t", "p:e", {{"", "a", "1"}});
            }));
  EXPECT_NE(hash, HashOfEvents([](XmlEvents& events) {
              events.Start("s", "q:e", {{"", "a", "1"}});
            }));
  EXPECT_NE(hash, HashOfEvents([](XmlEvents& events) {
              events.Start("s", "p:e", {{"", "a", "2"}});
            }));
  EXPECT_NE(hash, HashOfEvents([](XmlEvents& events) { events.Start("s", "p:e", {}); }));
}

TEST(XmlEventsTest, TextIsNoCommentAndNoInstruction) {
  const auto text = HashOfEvents([](XmlEvents& events) { events.Text("x"); });
  EXPECT_NE(text, HashOfEvents([](XmlEvents& events) { events.Comment("x"); }));
  EXPECT_NE(text, HashOfEvents([](XmlEvents& events) { events.Instruction("x", ""); }));
}

TEST(XmlEventsTest, ACommentCutsAText) {
  EXPECT_NE(HashOfEvents([](XmlEvents& events) {
              events.Text("ab");
              events.Comment("");
            }),
            HashOfEvents([](XmlEvents& events) {
              events.Text("a");
              events.Comment("");
              events.Text("b");
            }));
}

}  // namespace
}  // namespace signing
