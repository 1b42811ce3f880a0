#include "cli/input_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/fakes/temp_dir.h"

namespace cli {
namespace {

class InputFilesTest : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_.path() / name) << content;
  }
  tests::TempDir dir_;
  InputFiles files_;
};

TEST_F(InputFilesTest, AFolderGivesItsFilesByTheirPathBelowIt) {
  Write("b/c.txt", "2");
  Write("a.txt", "1");
  ASSERT_TRUE(files_.Add(dir_.path()).ok());
  ASSERT_EQ(files_.files().size(), 2U);
  EXPECT_EQ(files_.files()[0].name, "a.txt");
  EXPECT_EQ(files_.files()[1].name, "b/c.txt");
  EXPECT_EQ(base::ToString(files_.files()[1].bytes), "2");
}

TEST_F(InputFilesTest, AFileGivesItself) {
  Write("a.txt", "1");
  ASSERT_TRUE(files_.Add(dir_.path() / "a.txt").ok());
  EXPECT_EQ(files_.files().at(0).name, "a.txt");
}

// Else the report could name the digest of other bytes than were found signed.
TEST_F(InputFilesTest, AFileThatIsWrittenToMeanwhileKeepsItsBytes) {
  Write("a.txt", "signed");
  ASSERT_TRUE(files_.Add(dir_.path() / "a.txt").ok());
  Write("a.txt", "forged");
  EXPECT_EQ(base::ToString(files_.files().at(0).bytes), "signed");
}

TEST_F(InputFilesTest, ALargeFileThatIsWrittenToMeanwhileIsNoticed) {
  Write("a.txt", std::string(InputFiles::kMaxCopied + 1, 'x'));
  ASSERT_TRUE(files_.Add(dir_.path() / "a.txt").ok());
  EXPECT_TRUE(files_.RequireUnchanged().ok());
  std::fstream(dir_.path() / "a.txt", std::ios::in | std::ios::out) << "forged";
  EXPECT_EQ(files_.RequireUnchanged().error().reason, "file.changed");
}

TEST_F(InputFilesTest, LinksInsideAFolderAreNotFollowed) {
  Write("in/a.txt", "1");
  Write("out/secret.txt", "2");
  std::filesystem::create_symlink(dir_.path() / "out", dir_.path() / "in/link");
  std::filesystem::create_symlink(dir_.path() / "out/secret.txt", dir_.path() / "in/link.txt");
  ASSERT_TRUE(files_.Add(dir_.path() / "in").ok());
  EXPECT_EQ(files_.files().size(), 1U);
}

TEST_F(InputFilesTest, WhatIsMissingIsSaidToBe) {
  const auto status = files_.Add(dir_.path() / "none");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, "file.missing");
}

}  // namespace
}  // namespace cli
