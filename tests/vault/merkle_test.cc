#include "vault/merkle.h"

#include <gtest/gtest.h>

#include <map>

#include "vault/proof.h"

namespace vault {
namespace {

base::Sha256Digest LeafNumber(std::uint64_t number) {
  base::Bytes data;
  base::AppendUint64(number, data);
  return LeafHash(data);
}

// RFC 6962, 2.1, word for word and without memory: what everything else is compared with.
base::Sha256Digest Mth(std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return EmptyRoot();
  if (end - begin == 1) return LeafNumber(begin);
  std::uint64_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  return NodeHash(Mth(begin, begin + k), Mth(begin + k, end));
}

// RFC 6962, 2.1.1.
Digests PathByTheBook(std::uint64_t m, std::uint64_t begin, std::uint64_t end) {
  if (end - begin == 1) return {};
  std::uint64_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  const bool left = m < k;
  Digests path = left ? PathByTheBook(m, begin, begin + k) : PathByTheBook(m - k, begin + k, end);
  path.push_back(left ? Mth(begin + k, end) : Mth(begin, begin + k));
  return path;
}

// A log in memory that keeps nodes as the ledger does: by the entry that completes them.
class MemoryTree {
 public:
  explicit MemoryTree(std::uint64_t size) {
    for (std::uint64_t i = 0; i < size; ++i) {
      completed_.push_back(edge_.Append(LeafNumber(i)));
      roots_.push_back(edge_.Root());
    }
  }
  NodeReader reader() const {
    return [this](const TreeNode& node) -> base::Result<base::Sha256Digest> {
      ++reads_;
      return completed_.at(CompletingEntry(node)).at(node.level);
    };
  }
  base::Sha256Digest root(std::uint64_t size) const {
    return size == 0 ? EmptyRoot() : roots_.at(size - 1);
  }
  std::uint64_t TakeReads() const { return std::exchange(reads_, 0); }

 private:
  Edge edge_;
  std::vector<Digests> completed_;
  Digests roots_;
  mutable std::uint64_t reads_ = 0;
};

TEST(MerkleTest, HashesAsRfc6962Says) {
  EXPECT_EQ(base::HexEncode(EmptyRoot().span()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(LeafHash(base::AsBytes("a")), base::Sha256(base::Bytes{0x00, 'a'}));
  base::Bytes node{0x01};
  base::Append(LeafNumber(0).span(), node);
  base::Append(LeafNumber(1).span(), node);
  EXPECT_EQ(NodeHash(LeafNumber(0), LeafNumber(1)), base::Sha256(node));
}

TEST(MerkleTest, CompletesOneNodeForEachTrailingOneBit) {
  EXPECT_EQ(CompletedBy(0), 1U);
  EXPECT_EQ(CompletedBy(1), 2U);
  EXPECT_EQ(CompletedBy(7), 4U);
  EXPECT_EQ(CompletedBy(8), 1U);
  EXPECT_EQ(CompletingEntry({3, 0}), 7U);
  EXPECT_EQ(CompletingEntry({0, 5}), 5U);
}

TEST(MerkleTest, GrowsToTheRootByTheBookAtEverySize) {
  const MemoryTree tree(130);
  for (std::uint64_t size = 0; size <= 130; ++size) {
    EXPECT_EQ(tree.root(size), Mth(0, size));
    EXPECT_EQ(RootAt(size, tree.reader()).value(), Mth(0, size));
  }
}

TEST(InclusionTest, GivesThePathByTheBook) {
  const MemoryTree tree(70);
  for (std::uint64_t size = 1; size <= 70; size += 3)
    for (std::uint64_t entry = 0; entry < size; ++entry)
      EXPECT_EQ(InclusionPath(entry, size, tree.reader()).value(), PathByTheBook(entry, 0, size));
}

TEST(InclusionTest, LeadsToTheRootForEveryEntryOfEverySize) {
  const MemoryTree tree(300);
  for (std::uint64_t size = 1; size <= 300; ++size) {
    for (std::uint64_t entry = 0; entry < size; ++entry) {
      const Digests path = InclusionPath(entry, size, tree.reader()).value();
      ASSERT_EQ(RootFromInclusion(LeafNumber(entry), entry, size, path), tree.root(size));
    }
  }
}

TEST(InclusionTest, RefusesPathsThatAreTooShortOrTooLongAndEntriesOutside) {
  const MemoryTree tree(100);
  for (std::uint64_t entry = 0; entry < 100; ++entry) {
    Digests path = InclusionPath(entry, 100, tree.reader()).value();
    EXPECT_FALSE(RootFromInclusion(LeafNumber(entry), 100, 100, path));
    path.push_back(path.back());
    EXPECT_FALSE(RootFromInclusion(LeafNumber(entry), entry, 100, path));
    path.resize(path.size() - 2);
    EXPECT_FALSE(RootFromInclusion(LeafNumber(entry), entry, 100, path));
  }
}

TEST(InclusionTest, DoesNotLeadAnotherEntryToTheRoot) {
  const MemoryTree tree(100);
  for (std::uint64_t entry = 0; entry < 100; ++entry) {
    const Digests path = InclusionPath(entry, 100, tree.reader()).value();
    for (std::uint64_t other = 0; other < 100; ++other) {
      if (other == entry) continue;
      ASSERT_NE(RootFromInclusion(LeafNumber(other), entry, 100, path), tree.root(100));
      ASSERT_NE(RootFromInclusion(LeafNumber(entry), other, 100, path), tree.root(100));
    }
  }
}

TEST(ConsistencyTest, HoldsBetweenAllSizes) {
  const MemoryTree tree(300);
  for (std::uint64_t now = 0; now <= 300; now += now < 70 ? 1 : 23) {
    for (std::uint64_t old = 0; old <= now; ++old) {
      const Digests path = ConsistencyPath(old, now, tree.reader()).value();
      ASSERT_TRUE(IsConsistent({old, tree.root(old)}, {now, tree.root(now)}, path));
    }
  }
}

TEST(ConsistencyTest, FailsForAnyChangedRootOrHash) {
  const MemoryTree tree(64);
  for (std::uint64_t old = 1; old < 64; ++old) {
    const Digests path = ConsistencyPath(old, 64, tree.reader()).value();
    EXPECT_FALSE(IsConsistent({old, tree.root(old - 1)}, {64, tree.root(64)}, path));
    EXPECT_FALSE(IsConsistent({old, tree.root(old)}, {64, tree.root(63)}, path));
    for (std::size_t i = 0; i < path.size(); ++i) {
      Digests changed = path;
      changed[i].bytes[7] ^= 1U;
      EXPECT_FALSE(IsConsistent({old, tree.root(old)}, {64, tree.root(64)}, changed));
    }
    Digests longer = path;
    longer.push_back(LeafNumber(0));
    EXPECT_FALSE(IsConsistent({old, tree.root(old)}, {64, tree.root(64)}, longer));
    Digests shorter = path;
    shorter.pop_back();
    EXPECT_FALSE(IsConsistent({old, tree.root(old)}, {64, tree.root(64)}, shorter));
  }
}

TEST(ConsistencyTest, NeverGoesBackwards) {
  const MemoryTree tree(5);
  EXPECT_FALSE(IsConsistent({5, tree.root(5)}, {4, tree.root(4)}, {}));
}

TEST(TileBoundaryTest, ProvesAroundTwoFullTiles) {
  constexpr std::uint64_t kTwoLevels = 256 * 256;
  const MemoryTree tree(kTwoLevels + 258);
  for (const std::uint64_t size :
       {kTwoLevels - 1, kTwoLevels, kTwoLevels + 1, kTwoLevels + 257, kTwoLevels + 258}) {
    EXPECT_EQ(RootAt(size, tree.reader()).value(), tree.root(size));
    for (const std::uint64_t entry :
         {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256}, kTwoLevels - 2, size - 1}) {
      tree.TakeReads();
      const Digests path = InclusionPath(entry, size, tree.reader()).value();
      EXPECT_LE(tree.TakeReads(), 34U) << "more reads than the tree has levels, twice";
      EXPECT_EQ(RootFromInclusion(LeafNumber(entry), entry, size, path), tree.root(size));
    }
    const Digests path = ConsistencyPath(257, size, tree.reader()).value();
    EXPECT_TRUE(IsConsistent({257, tree.root(257)}, {size, tree.root(size)}, path));
  }
}

}  // namespace
}  // namespace vault
