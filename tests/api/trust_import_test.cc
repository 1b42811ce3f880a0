// What the front, the courier or a publisher's server can make the inspector import: nothing but
// newer lists by the configured signers.
#include "api/trust_import.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/fakes/shared_folder.h"
#include "tests/fakes/trust_case.h"

namespace api {
namespace {

class TrustImportTest : public testing::Test {
 protected:
  // The snapshot's id, or why it was not imported.
  std::string Import(const trust::Files& fetched) {
    base::Json files = base::Json::Array{};
    base::Bytes bytes;
    for (const trust::File& file : fetched) {
      files.Push(base::Json().Set("name", file.name).Set("size", file.bytes.size()));
      base::Append(file.bytes, bytes);
    }
    return Import(base::Json().Set("files", std::move(files)), bytes);
  }
  std::string Import(const base::Json& order, base::ByteSpan bytes) {
    const auto import = PrepareTrustImport(case_.config, order, bytes);
    if (!import.ok()) return import.error().reason;
    base::Json described = DescribeTrustImport(import.value(), case_.clock.now);
    if (!left_out_.is_null()) described.Set("leftOut", left_out_);
    const auto done = FinishTrustImport(case_.config, import.value(), described, case_.clock.now);
    return done.ok() ? done.value().Text("snapshot").value_or("") : done.error().reason;
  }
  std::string InUse() const {
    const auto id = case_.store.Current();
    return id.ok() ? id.value() : id.error().reason;
  }

  tests::TrustCase case_;
  base::Json left_out_;  // What a walled process that was taken over says.
};

TEST_F(TrustImportTest, AWalledProcessCannotLeaveAListOut) {
  const trust::Files fetched = case_.Fetched();
  left_out_ = base::Json::Array{};
  for (const trust::File& file : fetched)
    left_out_.Push(base::HexEncode(base::Sha256(file.bytes).span()));
  left_out_.Push("no digest");
  const std::string id = Import(fetched);
  ASSERT_TRUE(trust::IsId(id)) << id;
  EXPECT_EQ(case_.store.Read(id).value().members.size(), 3U);
}

TEST_F(TrustImportTest, FetchedListsBecomeTheSnapshotInUse) {
  const std::string id = Import(case_.Fetched());
  EXPECT_TRUE(trust::IsId(id)) << id;
  EXPECT_EQ(InUse(), id);
  EXPECT_EQ(case_.store.Read(id).value().source, "courier");
}

TEST_F(TrustImportTest, AnAnchorOfTheConfigurationComesAlong) {
  case_.config.anchors = {case_.dir.path() / "anchor.der"};
  const std::string id = Import(case_.Fetched());
  ASSERT_TRUE(trust::IsId(id)) << id;
  EXPECT_EQ(case_.store.Read(id).value().members.size(), 4U);
}

// What is trusted in a closed scope must not say whom the Union trusts.
TEST_F(TrustImportTest, AListSignedByAnAnchorOfTheConfigurationIsRefused) {
  case_.config.anchors = {case_.dir.path() / "anchor.der"};
  trust::Files fetched = case_.Fetched();
  fetched[0].bytes = base::ToBytes(case_.list.SignedBy(case_.anchor));
  EXPECT_EQ(Import(fetched), "trust.fetched-other");
  fetched = case_.Fetched();
  fetched[1].bytes = base::ToBytes(case_.lotl.SignedBy(case_.anchor));
  EXPECT_EQ(Import(fetched), "trust.fetched-other");
  EXPECT_EQ(InUse(), "trust.no-snapshot");
}

TEST_F(TrustImportTest, ACertificateInPlaceOfAListIsNotTrusted) {
  trust::Files fetched = case_.Fetched();
  fetched[0].bytes = case_.stranger.Der();
  EXPECT_EQ(Import(fetched), "trust.fetched-other");
  EXPECT_EQ(InUse(), "trust.no-snapshot");
}

TEST_F(TrustImportTest, WhatIsNoListIsRefused) {
  trust::Files fetched = case_.Fetched();
  for (const char* text : {"", "<html>moved</html>", "<TrustServiceStatusList/>"}) {
    fetched[0].bytes = base::ToBytes(text);
    EXPECT_FALSE(trust::IsId(Import(fetched))) << text;
  }
  EXPECT_EQ(InUse(), "trust.no-snapshot");
}

TEST_F(TrustImportTest, AListByAnotherSignerIsRefused) {
  trust::Files fetched = case_.Fetched();
  fetched[0].bytes = base::ToBytes(case_.list.SignedBy(case_.stranger));
  EXPECT_EQ(Import(fetched), "trust.import-unverified");
}

TEST_F(TrustImportTest, AListOfListsByAnotherSignerIsRefused) {
  trust::Files fetched = case_.Fetched();
  fetched[1].bytes = base::ToBytes(case_.lotl.SignedBy(case_.stranger));
  EXPECT_EQ(Import(fetched), "trust.import-unverified");
}

TEST_F(TrustImportTest, TheListOfAnotherTerritoryIsRefused) {
  case_.lotl.pointers.push_back({"EE", {&case_.signer}});
  case_.list.territory = "EE";
  EXPECT_EQ(Import(case_.Fetched()), "trust.fetched-other");
}

TEST_F(TrustImportTest, AnOlderSequenceNumberServedAgainIsRefused) {
  const std::string id = Import(case_.Fetched());
  case_.lotl.sequence = 299;
  EXPECT_EQ(Import(case_.Fetched()), "trust.import-older");
  case_.lotl.sequence = 300;
  case_.list.sequence = 6;
  EXPECT_EQ(Import(case_.Fetched()), "trust.import-older");
  EXPECT_EQ(InUse(), id);
}

TEST_F(TrustImportTest, AListThatIsMissingOrMoreThanConfiguredIsRefused) {
  trust::Files fetched = case_.Fetched();
  fetched.pop_back();
  EXPECT_EQ(Import(fetched), "trust.fetch-incomplete");
  fetched = case_.Fetched();
  fetched.push_back({"EE", base::ToBytes(case_.list.SignedBy(case_.signer))});
  EXPECT_EQ(Import(fetched), "trust.fetch-incomplete");
  fetched = case_.Fetched();
  fetched[1].name = "LV";
  EXPECT_EQ(Import(fetched), "trust.fetch-incomplete");
}

TEST_F(TrustImportTest, SizesThatDoNotFitTheBytesAreRefused) {
  const base::Bytes bytes = base::ToBytes("12345");
  for (const std::int64_t size : {std::int64_t{-1}, std::int64_t{6}, INT64_MAX}) {
    base::Json files = base::Json::Array{};
    files.Push(base::Json().Set("name", "LV").Set("size", size));
    EXPECT_EQ(Import(base::Json().Set("files", std::move(files)), bytes), "trust.fetch-incomplete");
  }
  EXPECT_EQ(Import(base::Json(), bytes), "trust.fetch-incomplete");
}

TEST_F(TrustImportTest, ASignerWithoutAListDoesNotBecomeAnAnchor) {
  static_cast<void>(base::ReplaceFile(case_.dir.path() / "second.der", case_.stranger.Der(), 0644));
  case_.config.list_signers.push_back(case_.dir.path() / "second.der");
  const std::string id = Import(case_.Fetched());
  ASSERT_TRUE(trust::IsId(id)) << id;
  for (const trust::Member& member : case_.store.Read(id).value().members)
    EXPECT_NE(member.name, "second.der");
}

TEST_F(TrustImportTest, AListPastItsDateIsImportedAndNamed) {
  case_.list.next_update = "2023-02-01T00:00:00Z";
  const std::string id = Import(case_.Fetched());
  ASSERT_TRUE(trust::IsId(id)) << id;
  const auto files = case_.store.ReadFiles(case_.store.Read(id).value());
  const base::Json description = trust::Describe(files.value(), case_.clock.now).value();
  EXPECT_EQ(trust::ExpiryOf(description, case_.clock.now, case_.clock.now, {}).freshness,
            trust::Freshness::kExpired);
}

// The lists of 2023 as their publishers made them, by the signers of 2019 and the pivots between.
class PublishedListsTest : public TrustImportTest {
 protected:
  void SetUp() override {
    lists_ = std::filesystem::path(tests::SharedFolder()) / "corpus/trust/tl";
    if (!std::filesystem::is_directory(lists_)) GTEST_SKIP() << "the shared corpus is absent";
    case_.clock.now = tests::Day(2024, 1, 1);
    case_.config.lists.clear();
    case_.config.list_signers = {lists_ / "../certs/lotl/lotl-signers-2019.pem"};
  }
  trust::Files Published(const std::map<std::string, std::string>& names) {
    trust::Files files;
    for (const auto& [name, file] : names) {
      case_.config.lists[name] = "https://published";
      files.push_back(
          {name, base::ReadFile(lists_ / (file + ".xml"), std::size_t{4} << 20U).value()});
    }
    return files;
  }

  std::filesystem::path lists_;
};

TEST_F(PublishedListsTest, AreImportedAlongTheirPivots) {
  const std::string id = Import(Published({{"lotl", "EU-LOTL-2023"},
                                           {"pivot-1", "EU-LOTL-pivot-282"},
                                           {"pivot-2", "EU-LOTL-pivot-300"},
                                           {"LV", "LV-2023"},
                                           {"EE", "EE-2023"}}));
  EXPECT_TRUE(trust::IsId(id)) << id;
}

TEST_F(PublishedListsTest, AreRefusedWithoutTheirPivots) {
  EXPECT_EQ(Import(Published({{"lotl", "EU-LOTL-2023"}, {"LV", "LV-2023"}})),
            "trust.import-unverified");
}

TEST_F(PublishedListsTest, AnEditionOfLongAgoIsRefusedOnceANewerOneIsThere) {
  const std::map<std::string, std::string> names{{"lotl", "EU-LOTL-2023"},
                                                 {"pivot-1", "EU-LOTL-pivot-282"},
                                                 {"pivot-2", "EU-LOTL-pivot-300"},
                                                 {"LV", "LV-2023"}};
  ASSERT_TRUE(trust::IsId(Import(Published(names))));
  auto older = names;
  older["LV"] = "LV-2019";
  EXPECT_FALSE(trust::IsId(Import(Published(older))));
}

}  // namespace
}  // namespace api
