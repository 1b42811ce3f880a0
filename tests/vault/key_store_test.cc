#include "vault/key_store.h"

#include <gtest/gtest.h>

#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace vault {
namespace {

class KeyStoreTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    keys_.reset();
    auto opened = KeyStore::Open(folder_.path(), tests::kSmallKeys);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    keys_ = std::move(opened).value();
  }
  void AddLeaf(std::uint32_t leaf, std::size_t missing) {
    tests::MadeLeaf made = tests::LeafAt(leaf);
    made.nodes.erase(made.nodes.begin(), made.nodes.end() - static_cast<std::ptrdiff_t>(missing));
    ASSERT_TRUE(keys_->AddLeaf(leaf, made.nodes, made.row).ok());
  }
  std::string PathReason(std::uint32_t slot) {
    const auto paths = keys_->PathsTo(std::vector<KeySlot>{{slot}});
    return paths.ok() ? "found" : paths.error().reason;
  }

  const tests::TempDir folder_;
  std::unique_ptr<KeyStore> keys_;
};

TEST_F(KeyStoreTest, ATreeBeginsOnce) {
  EXPECT_EQ(keys_->Top().value(), std::nullopt);
  EXPECT_EQ(keys_->Next().error().reason, "key.damaged");
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  EXPECT_EQ(keys_->Begin(tests::TopOf(2)).error().reason, "key.tree-changed");
  Reopen();
  EXPECT_EQ(keys_->Top().value(), tests::TopOf(1));
}

TEST_F(KeyStoreTest, LeavesFollowOneAnotherAndNeverStartAtSlotZero) {
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  EXPECT_EQ(keys_->Next().value().leaf, 1U);
  EXPECT_TRUE(keys_->Next().value().nodes.empty());
  AddLeaf(1, 3);
  Reopen();
  const NextLeaf next = keys_->Next().value();
  EXPECT_EQ(next.leaf, 2U);
  EXPECT_EQ(next.nodes.size(), 2U) << "levels 2 and 1";
  AddLeaf(2, 1);
  AddLeaf(256, 2);
  EXPECT_EQ(keys_->Next().value().leaf, 257U);
}

TEST_F(KeyStoreTest, APathNamesEachNodeOnce) {
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  AddLeaf(1, 3);
  AddLeaf(2, 1);
  const StoredPaths paths = keys_->PathsTo(std::vector<KeySlot>{{256}, {511}, {512}}).value();
  EXPECT_EQ(paths.top, tests::TopOf(1));
  EXPECT_EQ(paths.nodes.size(), 4U);
  EXPECT_EQ(paths.keys.size(), 3U);
  EXPECT_EQ(paths.keys[1]->place, (KeyNode{kRecordKeyLevel, 511}));
}

TEST_F(KeyStoreTest, ASlotWhoseLeafWasNeverMadeIsDamageAndNotErasure) {
  EXPECT_EQ(PathReason(256), "key.damaged");
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  AddLeaf(1, 3);
  EXPECT_EQ(PathReason(256), "found");
  EXPECT_EQ(PathReason(0), "key.damaged");
  EXPECT_EQ(PathReason(512), "key.damaged");
  EXPECT_EQ(PathReason(0xFFFFFFFF), "key.damaged");
}

TEST_F(KeyStoreTest, AnErasureReplacesAllAtOnceAndIsUnfinishedUntilItIsFinished) {
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  AddLeaf(1, 3);
  const UnfinishedErasure erasure{RecordId::New(), 1, 2};
  std::vector<KeyRow> rows = keys_->Rows({{3, 1}}).value();
  std::fill_n(rows[0].row.begin(), kWrappedKeySize, 0);
  EXPECT_EQ(keys_->Replace(tests::TopOf(2), tests::TopOf(3), rows, erasure).error().reason,
            "key.tree-changed");
  ASSERT_TRUE(keys_->Replace(tests::TopOf(1), tests::TopOf(2), rows, erasure).ok());
  Reopen();
  EXPECT_EQ(keys_->Top().value(), tests::TopOf(2));
  EXPECT_EQ(keys_->Unfinished().value(), erasure);
  const StoredPaths paths = keys_->PathsTo(std::vector<KeySlot>{{256}, {257}}).value();
  EXPECT_FALSE(paths.keys[0].has_value());
  EXPECT_TRUE(paths.keys[1].has_value());
  ASSERT_TRUE(keys_->Finish().ok());
  EXPECT_EQ(keys_->Unfinished().value(), std::nullopt);
}

TEST_F(KeyStoreTest, RowsThatAreNotThereAreNotMadeUp) {
  EXPECT_EQ(keys_->Rows({{3, 1}}).error().reason, "key.damaged");
}

}  // namespace
}  // namespace vault
