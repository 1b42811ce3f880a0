#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "tests/fakes/temp_dir.h"

namespace base {
namespace {

class FileTest : public ::testing::Test {
 protected:
  const tests::TempDir dir_;
  const std::filesystem::path path_ = dir_.path() / "file";
};

TEST_F(FileTest, ReadsWhatItReplaced) {
  ASSERT_TRUE(ReplaceFile(path_, AsBytes("one"), 0600).ok());
  ASSERT_TRUE(ReplaceFile(path_, AsBytes("two"), 0600).ok());
  EXPECT_EQ(ReadFile(path_, 10).value(), ToBytes("two"));
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(FileTest, TellsMissingDirectoryAndTooLargeApart) {
  EXPECT_EQ(ReadFile(path_, 10).error().reason, "file.missing");
  EXPECT_EQ(ReadFile(dir_.path(), 10).error().reason, "file.unreadable");
  ASSERT_TRUE(ReplaceFile(path_, AsBytes("12345678901"), 0600).ok());
  EXPECT_EQ(ReadFile(path_, 10).error().reason, "file.too-large");
}

TEST_F(FileTest, APipeWithoutWriterIsUnreadableAndNobodyWaits) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(path_, 10).error().reason, "file.unreadable");
  EXPECT_EQ(MappedFile::Open(path_).error().reason, "file.unreadable");
}

TEST_F(FileTest, WhereNothingCanBeWrittenTheReasonSaysSo) {
  EXPECT_EQ(ReplaceFile("/proc/edocvault", AsBytes("x"), 0600).error().reason, "disk.unwritable");
}

// A limit on the size of files stands for the disk: it answers EFBIG where that answers ENOSPC.
TEST_F(FileTest, AFullDiskLeavesTheOldContentAndSaysThatItIsFull) {
  ASSERT_TRUE(ReplaceFile(path_, AsBytes("old"), 0600).ok());
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  rlimit few = usual;
  few.rlim_cur = 2;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &few), 0);
  const Status replaced = ReplaceFile(path_, AsBytes("new"), 0600);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &usual), 0);
  std::signal(SIGXFSZ, before);
  EXPECT_EQ(replaced.error().reason, "disk.full");
  EXPECT_EQ(ToString(ReadFile(path_, 10).value()), "old");
}

TEST_F(FileTest, MapsAnEmptyFile) {
  ASSERT_TRUE(ReplaceFile(path_, {}, 0600).ok());
  EXPECT_TRUE(MappedFile::Open(path_).value().bytes().empty());
}

TEST_F(FileTest, MapsWithoutCopying) {
  ASSERT_TRUE(ReplaceFile(path_, AsBytes("mapped"), 0600).ok());
  EXPECT_EQ(ToString(MappedFile::Open(path_).value().bytes()), "mapped");
}

}  // namespace
}  // namespace base
