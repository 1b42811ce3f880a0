#include "base/mapped_pages.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/fakes/temp_dir.h"

namespace base {
namespace {

TEST(MappedPagesTest, AFileReadsTheSameAfterItsPagesWereGivenBack) {
  const tests::TempDir dir;
  const Bytes content(1 << 20, 0x5A);
  ASSERT_TRUE(ReplaceFile(dir.path() / "large", content, 0600).ok());
  const auto mapped = MappedFile::Open(dir.path() / "large");
  ASSERT_TRUE(mapped.ok());
  GiveBackPages(mapped.value().bytes());
  EXPECT_TRUE(std::ranges::equal(mapped.value().bytes(), content));
}

TEST(MappedPagesTest, MemoryThatIsNoFileKeepsItsBytes) {
  const Bytes content(1 << 20, 0x5A);
  GiveBackPages(content);
  EXPECT_EQ(content, Bytes(1 << 20, 0x5A));
}

TEST(MappedPagesTest, WhatReachesBeyondAMappingIsLeftAlone) {
  const tests::TempDir dir;
  ASSERT_TRUE(ReplaceFile(dir.path() / "small", Bytes(8192, 0x5A), 0600).ok());
  const auto mapped = MappedFile::Open(dir.path() / "small");
  ASSERT_TRUE(mapped.ok());
  GiveBackPages({mapped.value().bytes().data(), std::size_t{1} << 20U});  // Nothing is touched.
  EXPECT_EQ(mapped.value().bytes()[8191], 0x5A);
}

}  // namespace
}  // namespace base
