// Bundles that somebody changed, and archives that only look like bundles.
#include <gtest/gtest.h>

#include "tests/fakes/evidence_case.h"

namespace signing {
namespace {

using base::Json;
using tests::BundleOf;
using tests::BundleParts;
using tests::EvidenceCase;
using tests::ReplayOf;

class BundleAttackTest : public testing::Test {
 protected:
  // Of a document whose data was changed after signing.
  static BundleParts Invalid() {
    EvidenceCase changed;
    auto zip = changed.Container();
    zip.at(1).content += "!";
    changed.document = zip.Make();
    return BundleParts(BundleOf(changed.Request()));
  }
  static std::string Replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
  }
  std::string NameBelow(std::string_view folder) const {
    for (const auto& [name, content] : parts_.members)
      if (name.starts_with(folder)) return name;
    return {};
  }
  // bundle.json with `change` made to the entry of the member.
  void ChangeEntry(const std::string& member, const std::function<void(Json&)>& change) {
    Json::Array entries = *parts_.Manifest().Find("members")->AsArray();
    for (Json& entry : entries)
      if (entry.Text("member") == member) change(entry);
    parts_.SetManifest(parts_.Manifest().Set("members", entries));
  }
  void RemoveEntry(const std::string& member) {
    Json::Array entries = *parts_.Manifest().Find("members")->AsArray();
    std::erase_if(entries, [&](const Json& entry) { return entry.Text("member") == member; });
    parts_.SetManifest(parts_.Manifest().Set("members", entries));
  }
  std::string Outcome() const { return ReplayOf(parts_.Make()); }

  EvidenceCase case_;
  BundleParts parts_{BundleOf(case_.Request())};
};

TEST_F(BundleAttackTest, PartsPutTogetherAgainAreTheBundle) {
  EXPECT_EQ(parts_.Make(), BundleOf(case_.Request()));
}

TEST_F(BundleAttackTest, AReportThatSaysValidForAnInvalidDocumentIsFoundOut) {
  parts_ = Invalid();
  parts_.Forge("report.json", Replaced(parts_.members["report.json"], "\"verdict\": \"invalid\"",
                                       "\"verdict\": \"valid\""));
  EXPECT_EQ(Outcome(), "bundle.differs: report.json: /verdict");
}

TEST_F(BundleAttackTest, FactsThatSayMoreThanTheDocumentAreFoundOut) {
  parts_ = Invalid();
  parts_.Forge("facts.json", Replaced(parts_.members["facts.json"], "\"outcome\":\"differs\"",
                                      "\"outcome\":\"matches\""));
  EXPECT_EQ(Outcome(), "bundle.differs: facts.json: /signatures/0/references/0/outcome");
}

TEST_F(BundleAttackTest, AnotherDocumentUnderACorrectedDigestIsFoundOut) {
  EvidenceCase other;
  parts_.Forge("document", base::ToString(other.document));
  EXPECT_EQ(Outcome(), "bundle.differs: facts.json: /document/files/1/sha256");
}

TEST_F(BundleAttackTest, AChangedMemberWithoutCorrectedDigestIsRefused) {
  parts_.members["document"].back() ^= 1;
  EXPECT_EQ(Outcome(), "bundle.member-digest: document");
}

TEST_F(BundleAttackTest, AnotherTimeIsFoundOut) {
  parts_.SetManifest(parts_.Manifest().Set("validationTime", "2026-12-24T00:00:00Z"));
  EXPECT_EQ(Outcome(), "bundle.differs: facts.json: /validationTime");
}

TEST_F(BundleAttackTest, AnotherNameOfTheDocumentIsFoundOut) {
  ChangeEntry("document", [](Json& entry) { entry.Set("name", "cits.edoc"); });
  EXPECT_EQ(Outcome(), "bundle.differs: report.json: /document/name");
}

TEST_F(BundleAttackTest, ALaxPolicyUnderAShippedNameIsRefused) {
  const std::string lax =
      Replaced(parts_.members["policy.json"], "\"level\":\"FAIL\"", "\"level\":\"WARN\"");
  parts_.Forge("policy.json", lax);
  parts_.SetManifest(parts_.Manifest().Set(
      "policy", Json()
                    .Set("id", "eu-ades")
                    .Set("sha256", base::HexEncode(base::Sha256(base::AsBytes(lax)).span()))));
  EXPECT_EQ(Outcome(), "bundle.policy: eu-ades");
}

TEST_F(BundleAttackTest, APolicyWithAWordThatNobodyKnowsIsRefused) {
  const std::string odd = Replaced(parts_.members["policy.json"], "{", "{\"x\":1,");
  parts_.Forge("policy.json", odd);
  parts_.SetManifest(parts_.Manifest().Set(
      "policy", Json()
                    .Set("id", "eu-ades")
                    .Set("sha256", base::HexEncode(base::Sha256(base::AsBytes(odd)).span()))));
  EXPECT_EQ(Outcome(), "policy.malformed: not a whole policy");
}

TEST_F(BundleAttackTest, AnEvidenceObjectTakenOutWithItsEntryIsFoundOut) {
  const std::string name = NameBelow("ocsp/");
  parts_.members.erase(name);
  RemoveEntry(name);
  EXPECT_EQ(Outcome().substr(0, 36), "bundle.differs: bundle.json: /member");
}

TEST_F(BundleAttackTest, AnEvidenceObjectPutInWithAnEntryIsFoundOut) {
  const std::string content = "not from this document";
  const std::string digest = base::HexEncode(base::Sha256(base::AsBytes(content)).span());
  const std::string name = "timestamps/" + digest + ".der";
  parts_.members[name] = content;
  Json::Array entries = *parts_.Manifest().Find("members")->AsArray();
  entries.push_back(Json()
                        .Set("member", name)
                        .Set("role", "timestamp")
                        .Set("sha256", digest)
                        .Set("size", content.size()));
  parts_.SetManifest(parts_.Manifest().Set("members", entries));
  EXPECT_EQ(Outcome().substr(0, 36), "bundle.differs: bundle.json: /member");
}

TEST_F(BundleAttackTest, AMissingMemberIsRefused) {
  parts_.members.erase("facts.json");
  EXPECT_EQ(Outcome(), "bundle.member-missing: facts.json");
}

TEST_F(BundleAttackTest, AMissingEntryOfWhatMustBeThereIsRefused) {
  RemoveEntry("report.json");
  EXPECT_EQ(Outcome(), "bundle.member-missing: report.json");
}

TEST_F(BundleAttackTest, AMemberThatNobodyListsIsRefused) {
  parts_.members["note.txt"] = "read me";
  EXPECT_EQ(Outcome(), "bundle.member-unknown: note.txt");
}

TEST_F(BundleAttackTest, TwoDocumentsAreRefused) {
  Json::Array entries = *parts_.Manifest().Find("members")->AsArray();
  entries.insert(entries.begin(), entries.front());
  parts_.SetManifest(parts_.Manifest().Set("members", entries));
  EXPECT_EQ(Outcome(), "bundle.malformed: document");
}

TEST_F(BundleAttackTest, AnotherSchemaIsRefused) {
  parts_.SetManifest(parts_.Manifest().Set("schema", "edocvault.evidence-bundle/2"));
  EXPECT_EQ(Outcome(), "bundle.schema: edocvault.evidence-bundle/2");
}

TEST_F(BundleAttackTest, AManifestWithAWordMoreIsRefused) {
  parts_.SetManifest(parts_.Manifest().Set("verdict", "valid"));
  EXPECT_EQ(Outcome(), "bundle.malformed: bundle.json");
}

TEST_F(BundleAttackTest, AnEntryThatNamesAnotherPlaceIsRefused) {
  ChangeEntry("document", [](Json& entry) { entry.Set("member", "../document"); });
  EXPECT_EQ(Outcome(), "bundle.malformed: bundle.json");
}

TEST_F(BundleAttackTest, ANameThatLeavesTheFolderIsRefused) {
  parts_.members["../../etc/passwd"] = "x";
  EXPECT_EQ(Outcome().substr(0, 16), "zip.unsafe-name:");
}

TEST_F(BundleAttackTest, BytesThatAreNoArchiveAreRefused) {
  EXPECT_EQ(ReplayOf(base::ToBytes("{}")).substr(0, 14), "zip.malformed:");
  EXPECT_EQ(ReplayOf({}).substr(0, 14), "zip.malformed:");
}

TEST_F(BundleAttackTest, AnArchiveWrittenByAnotherProgramIsRefused) {
  tests::ZipMaker zip;
  for (const auto& [name, content] : parts_.members) zip.Add(name, content);
  EXPECT_EQ(ReplayOf(zip.Make()), "bundle.malformed: not the archive that its members have");
}

TEST_F(BundleAttackTest, AMemberTwiceIsRefused) {
  tests::ZipMaker zip;
  for (const auto& [name, content] : parts_.members) zip.Add(name, content);
  zip.Add("document", "another");
  EXPECT_EQ(ReplayOf(zip.Make()).substr(0, 19), "zip.duplicate-name:");
}

TEST_F(BundleAttackTest, ACompressedMemberIsRefusedBeforeItIsInflated) {
  tests::ZipMaker zip;
  zip.Add("document", "x");
  zip.last().local_method = 8;
  zip.last().central_method = 8;
  EXPECT_EQ(ReplayOf(zip.Make()), "bundle.malformed: document is compressed");
}

TEST_F(BundleAttackTest, EveryCutBundleIsRefused) {
  const base::Bytes whole = parts_.Make();
  for (std::size_t size = 0; size < whole.size(); size += 997)
    EXPECT_NE(ReplayOf(base::Bytes(whole.begin(), whole.begin() + static_cast<long>(size))),
              "identical")
        << size;
}

TEST_F(BundleAttackTest, NoByteOfABundleCanBeTurned) {
  base::Bytes bundle = parts_.Make();
  const std::size_t step = bundle.size() / 101;
  for (std::size_t at = 0; at < bundle.size(); at += step) {
    bundle[at] ^= 1U;
    EXPECT_NE(ReplayOf(bundle), "identical") << at;
    bundle[at] ^= 1U;
  }
}

// --- Another engine.

TEST_F(BundleAttackTest, ABundleOfAnotherEngineThatAgreesIsIdenticalAndSaysSo) {
  const std::string own = parts_.Manifest().Find("engine")->Text("version").value();
  parts_.SetManifest(parts_.Manifest().Set("engine", Json().Set("version", "0.0.1")));
  parts_.Forge("report.json",
               Replaced(parts_.members["report.json"], "\"" + own + "\"", "\"0.0.1\""));
  const auto replay = ReadReplay(ReplayBundle(parts_.Make()));
  ASSERT_TRUE(replay.ok()) << replay.error().message;
  EXPECT_EQ(replay.value().remarks, std::vector<std::string>{"bundle.other-engine"});
}

TEST_F(BundleAttackTest, ABundleOfAnotherEngineThatDiffersSaysWhichEngineItWas) {
  parts_.SetManifest(parts_.Manifest().Set("engine", Json().Set("version", "0.0.1")));
  parts_.Forge("report.json",
               Replaced(parts_.members["report.json"], "\"valid\"", "\"indeterminate\""));
  EXPECT_NE(Outcome().find("(made by engine 0.0.1)"), std::string::npos) << Outcome();
}

}  // namespace
}  // namespace signing
