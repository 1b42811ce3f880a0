// Checkpoints, tiles and proofs that other logs made (../shared/vectors/tlog).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/base64.h"
#include "vault/proof.h"
#include "vault/receipt.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

class TlogVectorsTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* const shared = std::getenv("EDOCVAULT_SHARED");
    folder_ = fs::path(shared != nullptr ? shared : EDOCVAULT_SHARED_DEFAULT) / "vectors/tlog";
    if (!fs::exists(folder_)) GTEST_SKIP() << "no shared vectors at " << folder_;
  }

  VerifierKey TesseraKey() const {
    std::string text = ReadText(folder_ / "tessera/log.vkey");
    while (text.ends_with('\n')) text.pop_back();
    return *ParseVerifierKey(text);
  }
  Digests TesseraLeaves() const {
    const std::string tile = ReadText(folder_ / "tessera/log/tile/0/000.p/15");
    Digests leaves;
    for (std::size_t at = 0; at + 32 <= tile.size(); at += 32)
      leaves.push_back(*base::ToSha256Digest(base::AsBytes(tile).subspan(at, 32)));
    return leaves;
  }
  // What the whole of a checkpoint file says under a key: nullopt when it is refused.
  static std::optional<CheckpointText> Verified(const std::string& note, const VerifierKey& key) {
    const auto parsed = ParseSignedNote(note);
    if (!parsed || CheckNote(*parsed, key) != NoteCheck::kVerified) return std::nullopt;
    const auto checkpoint = ParseCheckpoint(parsed->text);
    if (!checkpoint || checkpoint->origin != key.name) return std::nullopt;
    return checkpoint;
  }
  // The verifier key in a witness's description.
  VerifierKey WitnessKey(const char* path) const {
    const std::string text = ReadText(folder_ / path);
    const std::size_t at = text.find("verifier_keys");
    const std::size_t begin = text.find('"', text.find('[', at)) + 1;
    return *ParseVerifierKey(text.substr(begin, text.find('"', begin) - begin));
  }

  fs::path folder_;
};

TEST_F(TlogVectorsTest, TesseraCheckpointsVerifyAndMatchTheirTiles) {
  const VerifierKey key = TesseraKey();
  const Digests leaves = TesseraLeaves();
  ASSERT_EQ(leaves.size(), 15U);
  Edge edge;
  for (std::uint64_t size = 0; size <= 15; ++size) {
    const auto checkpoint =
        Verified(ReadText(folder_ / ("tessera/log/checkpoint." + std::to_string(size))), key);
    ASSERT_TRUE(checkpoint) << size;
    EXPECT_EQ(checkpoint->size, size);
    EXPECT_EQ(checkpoint->root, edge.Root()) << size;
    if (size < 15) edge.Append(leaves[size]);
  }
}

TEST_F(TlogVectorsTest, TesseraEntriesHashToTheirLeaves) {
  const std::string bundle = ReadText(folder_ / "tessera/log/tile/entries/000.p/15");
  const Digests leaves = TesseraLeaves();
  base::ByteSpan rest = base::AsBytes(bundle);
  for (const base::Sha256Digest& leaf : leaves) {
    ASSERT_GE(rest.size(), 2U);
    const std::size_t size = rest[0] * 256U + rest[1];
    EXPECT_EQ(LeafHash(rest.subspan(2, size)), leaf);
    rest = rest.subspan(2 + size);
  }
  EXPECT_TRUE(rest.empty());
}

TEST_F(TlogVectorsTest, EveryChangedTesseraCheckpointIsRefused) {
  const VerifierKey key = TesseraKey();
  int seen = 0;
  for (const auto& file : fs::directory_iterator(folder_ / "tessera/bad")) {
    EXPECT_FALSE(Verified(ReadText(file.path()), key)) << file.path();
    ++seen;
  }
  EXPECT_GE(seen, 14);
}

TEST_F(TlogVectorsTest, ProofsGetTheVerdictOfTheTable) {
  const Digests leaves = TesseraLeaves();
  Digests roots{EmptyRoot()};
  Edge edge;
  for (const base::Sha256Digest& leaf : leaves) {
    edge.Append(leaf);
    roots.push_back(edge.Root());
  }
  const auto rows = Split(ReadText(folder_ / "tessera/proofs.tsv"), '\n');
  ASSERT_GT(rows.size(), 200U);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto row = Split(rows[i], '\t');
    const std::uint64_t from = std::stoull(row.at(1));
    const std::uint64_t to = std::stoull(row.at(2));
    Digests path;
    for (const std::string& hash : Split(row.at(3), ' ')) path.push_back(*ParseHash(hash));
    const bool good = row.at(0) == "inclusion"
                          ? RootFromInclusion(leaves.at(from), from, to, path) == roots.at(to)
                          : IsConsistent({from, roots.at(from)}, {to, roots.at(to)}, path);
    EXPECT_EQ(good, row.at(4) == "valid") << rows[i];
  }
}

TEST_F(TlogVectorsTest, TheExampleOfSignedNoteVerifies) {
  const auto note = ParseSignedNote(ReadText(folder_ / "c2sp/signed-note-example.txt"));
  std::string key = ReadText(folder_ / "c2sp/signed-note-example.vkey");
  while (key.ends_with('\n')) key.pop_back();
  ASSERT_TRUE(note);
  EXPECT_EQ(CheckNote(*note, *ParseVerifierKey(key)), NoteCheck::kVerified);
}

TEST_F(TlogVectorsTest, ExamplesWithoutAKeyAreAtLeastRead) {
  const auto poem = ParseSignedNote(ReadText(folder_ / "c2sp/quasimodo.txt"));
  ASSERT_TRUE(poem);
  EXPECT_NE(poem->text.find("\n\n"), std::string::npos) << "an empty line is part of it";
  const auto cosigned = ParseSignedNote(ReadText(folder_ / "c2sp/cosignature-example.txt"));
  ASSERT_TRUE(cosigned);
  EXPECT_EQ(cosigned->signatures.size(), 2U);
  EXPECT_EQ(ParseCheckpoint(cosigned->text)->size, 20852163U);
}

TEST_F(TlogVectorsTest, TheShortenedProofOfThePageIsRefused) {
  std::string text = ReadText(folder_ / "tessera/log.vkey");
  while (text.ends_with('\n')) text.pop_back();
  EXPECT_EQ(VerifyReceipt(ReadText(folder_ / "c2sp/tlog-proof-shape.txt"), text, {}).error().reason,
            "receipt.malformed");
}

TEST_F(TlogVectorsTest, SunlightCosignaturesVerifyAndCountForTheirWitnessOnly) {
  const VerifierKey first = WitnessKey("sunlight/witness/witness.v0.json");
  const VerifierKey second = WitnessKey("sunlight/witness2/witness.v0.json");
  const auto rome = ParseSignedNote(
      ReadText(folder_ / "sunlight/witness" /
               "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706/checkpoint"));
  const auto milan = ParseSignedNote(
      ReadText(folder_ / "sunlight/witness2" /
               "88ad7a28caeb0b2aa890fdf0304c2fcaf59fca2ee140134ff8c1300bac493482/checkpoint"));
  ASSERT_TRUE(rome && milan);
  EXPECT_EQ(CheckNote(*rome, first), NoteCheck::kVerified);
  EXPECT_EQ(CheckNote(*milan, second), NoteCheck::kVerified);
  EXPECT_EQ(CheckNote(*rome, second), NoteCheck::kNotSigned);
  EXPECT_EQ(ParseCheckpoint(rome->text)->size, 300U);
  SignedNote changed = *rome;
  changed.text[0] = 'R';
  EXPECT_EQ(CheckNote(changed, first), NoteCheck::kBadSignature);
}

TEST_F(TlogVectorsTest, TheMirrorsTilesGiveItsCosignedRoot) {
  const fs::path mirror = folder_ / "sunlight/witness/mirror";
  const fs::path log = mirror / "000de184301123b9278c086a7d9f68c9577e83872224c197058fd90784ea9706";
  const auto note = ParseSignedNote(ReadText(log / "checkpoint"));
  ASSERT_TRUE(note);
  EXPECT_EQ(CheckNote(*note, WitnessKey("sunlight/witness/mirror/mirror.v0.json")),
            NoteCheck::kVerified);
  const std::string hashes = ReadText(log / "tile/0/000") + ReadText(log / "tile/0/001.p/44");
  Edge edge;
  for (std::size_t at = 0; at + 32 <= hashes.size(); at += 32)
    edge.Append(*base::ToSha256Digest(base::AsBytes(hashes).subspan(at, 32)));
  EXPECT_EQ(edge.size(), 300U);
  EXPECT_EQ(edge.Root(), ParseCheckpoint(note->text)->root);
}

TEST_F(TlogVectorsTest, TilesOfARealLogGiveItsRoots) {
  std::string hashes;
  for (const char* tile : {"000", "001", "002", "003"})
    hashes += ReadText(folder_ / "sunlight/navigli2025h2/tile/0" / tile);
  Edge edge;
  std::string at_778;
  for (std::size_t at = 0; at + 32 <= hashes.size(); at += 32) {
    edge.Append(*base::ToSha256Digest(base::AsBytes(hashes).subspan(at, 32)));
    if (edge.size() == 778) at_778 = base::Base64Encode(edge.Root().span());
  }
  // The table gives them as "ROOT (778), ROOT (1024)".
  const std::string manifest = ReadText(folder_ / "manifest.tsv");
  EXPECT_NE(manifest.find(at_778 + " (778)"), std::string::npos);
  EXPECT_NE(manifest.find(base::Base64Encode(edge.Root().span()) + " (1024)"), std::string::npos);
}

}  // namespace
}  // namespace vault
