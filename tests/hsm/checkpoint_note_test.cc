#include "hsm/checkpoint_note.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base64.h"

namespace hsm {
namespace {

// Files that others made: C2SP's own examples and a log of another implementation.
class ForeignNotesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("EDOCVAULT_SHARED");  // NOLINT(concurrency-mt-unsafe)
    folder_ = std::filesystem::path(shared == nullptr ? SHARED_FALLBACK : shared) / "vectors/tlog";
    if (!std::filesystem::exists(folder_)) GTEST_SKIP() << "no shared vectors";
  }

  std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  struct VerifierKey {
    std::string name;
    std::string id;
    base::Bytes key;
  };
  VerifierKey ReadKey(const std::string& name) const {
    std::string text = Read(name);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const std::size_t first = text.find('+');
    const std::size_t second = text.find('+', first + 1);
    const base::Bytes typed = *base::Base64Decode(text.substr(second + 1));
    return {text.substr(0, first),
            text.substr(first + 1, second - first - 1),
            {typed.begin() + 1, typed.end()}};
  }

  std::filesystem::path folder_;
};

TEST_F(ForeignNotesTest, TheVerifierKeyOfTheStandardIsWrittenTheSame) {
  const VerifierKey key = ReadKey("c2sp/signed-note-example.vkey");
  EXPECT_EQ(base::HexEncode(NoteKeyId(key.name, key.key)), key.id);
  EXPECT_EQ(NoteVerifierKey(key.name, key.key) + "\n", Read("c2sp/signed-note-example.vkey"));
}

TEST_F(ForeignNotesTest, ACheckpointOfAnotherLogIsWrittenTheSame) {
  const VerifierKey key = ReadKey("tessera/log.vkey");
  const std::string note = Read("tessera/log/checkpoint");
  std::istringstream lines(note);
  std::string origin;
  std::string size;
  std::string root;
  std::getline(lines, origin);
  std::getline(lines, size);
  std::getline(lines, root);
  const CheckpointBody body{std::stoull(size), *base::ToSha256Digest(*base::Base64Decode(root))};
  std::string line;
  while (!line.starts_with("\u2014 ") && std::getline(lines, line)) {
  }
  const base::Bytes id_and_signature = *base::Base64Decode(line.substr(line.rfind(' ') + 1));
  EXPECT_EQ(SignedNote(CheckpointText(origin, body), key.name, key.key,
                       base::ByteSpan(id_and_signature).subspan(4)),
            note);
}

TEST(CheckpointNoteTest, RefusesOriginsThatWouldBreakTheNote) {
  EXPECT_TRUE(CheckOrigin("vault.example/log1").ok());
  EXPECT_FALSE(CheckOrigin("").ok());
  EXPECT_FALSE(CheckOrigin("a b").ok());
  EXPECT_FALSE(CheckOrigin("a+b").ok());
  EXPECT_FALSE(CheckOrigin("a\nb").ok());
  EXPECT_FALSE(CheckOrigin(std::string(256, 'a')).ok());
}

}  // namespace
}  // namespace hsm
