#include "trust/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/trust_list_maker.h"
#include "trust/difference.h"
#include "trust/freshness.h"
#include "trust/import.h"

namespace trust {
namespace {

using tests::Day;
using tests::Identity;
using tests::Make;

const base::Time kNow = Day(2023, 3, 1);

void Write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::remove(path);
  std::ofstream(path) << text;
}

class StoreTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { signing::PrepareVerifier(); }

  StoreTest() {
    list_.services.push_back({.identity = &ca_, .history = {{.from = "2016-07-01T00:00:00Z"}}});
    list_.sequence = 7;
  }

  Files Signed() const { return SignedBy(signer_); }
  Files SignedBy(const Identity& signer) const {
    return {{"lv.xml", base::ToBytes(list_.SignedBy(signer))}, {"signer.der", signer_.Der()}};
  }

  base::Result<Snapshot> Import(const Files& files, base::Time now = kNow,
                                const std::string& allow_older = "") const {
    ASSIGN_OR_RETURN(
        trust::Imported imported,
        ImportFiles(store_,
                    {.files = &files, .source = "files", .allow_older = allow_older, .now = now}));
    return std::move(imported.snapshot);
  }

  std::string Imported(const Files& files, base::Time now = kNow) const {
    const auto snapshot = Import(files, now);
    EXPECT_TRUE(snapshot.ok()) << (snapshot.ok() ? "" : snapshot.error().message);
    return snapshot.ok() ? snapshot.value().id : "";
  }

  std::filesystem::path ObjectOf(const Files& files) const {
    return dir_.path() / "trust/objects" /
           base::HexEncode(base::Sha256(files.front().bytes).span());
  }

  template <typename T>
  static std::string ReasonOf(const base::Result<T>& result) {
    return result.ok() ? "" : result.error().reason;
  }

  // Why the files of the snapshot in use cannot be had; "" when they can.
  std::string ReasonOfReading() const {
    const auto id = store_.Current();
    if (!id.ok()) return id.error().reason;
    const auto snapshot = store_.Read(id.value());
    if (!snapshot.ok()) return snapshot.error().reason;
    return ReasonOf(store_.ReadFiles(snapshot.value()));
  }

  const tests::TempDir dir_;
  const Store store_{dir_.path()};
  const Identity signer_ = Make({.name = "Saraksta parakstitajs"});
  const Identity stranger_ = Make({.name = "Svesinieks"});
  const Identity ca_ = Make({.name = "CA", .extensions = tests::CaExtensions()});
  tests::TrustListMaker list_;
};

TEST_F(StoreTest, WhatIsImportedIsReadBackUnderTheIdOfReports) {
  const Files files = Signed();
  const std::string id = Imported(files);
  EXPECT_EQ(store_.Current().value(), id);
  EXPECT_EQ(Describe(files, kNow).value().Text("snapshot"), id);
  const auto read = store_.ReadFiles(store_.Read(id).value());
  ASSERT_EQ(read.value().size(), 2U);
  EXPECT_EQ(Describe(read.value(), kNow).value().Text("snapshot"), id);
}

TEST_F(StoreTest, AnEmptyStoreHasNoSnapshot) {
  EXPECT_EQ(ReasonOfReading(), "trust.no-snapshot");
  EXPECT_EQ(ReasonOf(store_.Resolve("latest")), "trust.no-snapshot");
  EXPECT_TRUE(store_.List().value().empty());
}

TEST_F(StoreTest, AnUnsignedListIsNotImported) {
  const Files files{{"lv.xml", base::ToBytes(list_.Unsigned())}, {"signer.der", signer_.Der()}};
  EXPECT_EQ(ReasonOf(Import(files)), "trust.import-unverified");
  EXPECT_EQ(ReasonOfReading(), "trust.no-snapshot");
}

TEST_F(StoreTest, AListOfAStrangerIsNotImported) {
  EXPECT_EQ(ReasonOf(Import(SignedBy(stranger_))), "trust.import-unverified");
}

TEST_F(StoreTest, FilesThatAreNoTrustAreNotImported) {
  EXPECT_EQ(ReasonOf(Import({{"note.txt", base::ToBytes("hello")}})), "trust.nothing-usable");
}

TEST_F(StoreTest, AnOlderListNeedsAReason) {
  const std::string newer = Imported(Signed());
  list_.sequence = 6;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.import-older");
  EXPECT_EQ(store_.Current().value(), newer);
  EXPECT_TRUE(Import(Signed(), kNow, "the publisher withdrew number 7").ok());
  EXPECT_NE(store_.Current().value(), newer);
}

// In two steps: an import without the list, then the older list.
TEST_F(StoreTest, AnImportOfOtherListsDoesNotLetAnOlderOneInLater) {
  Imported(Signed());
  list_.territory = "EE";
  list_.sequence = 3;
  const std::string between = Imported(Signed());
  list_.territory = "LV";
  list_.sequence = 6;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.import-older");
  EXPECT_EQ(store_.Current().value(), between);
  EXPECT_TRUE(Import(Signed(), kNow, "the publisher withdrew number 7").ok());
  // From here on, number 6 is what later ones are held against.
  Imported(Signed());
  list_.sequence = 5;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.import-older");
}

TEST_F(StoreTest, APinDoesNotLetAnOlderListIn) {
  const std::string first = Imported(Signed());
  list_.sequence = 9;
  Imported(Signed());
  ASSERT_TRUE(store_.Pin(first, kNow).ok());
  list_.sequence = 8;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.import-older");
}

TEST_F(StoreTest, APinStaysUntilItIsTakenAway) {
  const std::string first = Imported(Signed());
  ASSERT_TRUE(store_.Pin(first, kNow).ok());
  list_.sequence = 8;
  const std::string second = Imported(Signed());
  EXPECT_EQ(store_.Current().value(), first);
  EXPECT_EQ(store_.Resolve("latest").value(), second);
  ASSERT_TRUE(store_.Unpin(kNow).ok());
  EXPECT_EQ(store_.Current().value(), second);
}

TEST_F(StoreTest, WhatWasInUseThenIsKnown) {
  const std::string first = Imported(Signed(), Day(2023, 2, 1));
  list_.sequence = 8;
  const std::string second = Imported(Signed(), Day(2023, 3, 1));
  EXPECT_EQ(store_.CurrentAt(Day(2023, 2, 15)).value(), first);
  EXPECT_EQ(store_.CurrentAt(Day(2023, 3, 1)).value(), second);
  EXPECT_EQ(ReasonOf(store_.CurrentAt(Day(2023, 1, 1))), "trust.no-snapshot");
}

TEST_F(StoreTest, AChangedObjectIsRefused) {
  const Files files = Signed();
  Imported(files);
  std::string text = base::ToString(files.front().bytes);
  Write(ObjectOf(files), text.replace(text.find("Service"), 7, "Servise"));
  EXPECT_EQ(ReasonOfReading(), "trust.store-damaged");
}

TEST_F(StoreTest, ATruncatedObjectIsRefused) {
  const Files files = Signed();
  Imported(files);
  std::filesystem::permissions(ObjectOf(files), std::filesystem::perms::owner_all);
  std::filesystem::resize_file(ObjectOf(files), 100);
  EXPECT_EQ(ReasonOfReading(), "trust.store-damaged");
  EXPECT_EQ(ReasonOf(Import(files)), "trust.store-damaged");
}

TEST_F(StoreTest, AMissingObjectIsDamage) {
  const Files files = Signed();
  Imported(files);
  std::filesystem::remove(ObjectOf(files));
  EXPECT_EQ(ReasonOfReading(), "trust.store-damaged");
}

TEST_F(StoreTest, ALinkInPlaceOfAnObjectIsRefusedThoughTheBytesAreRight) {
  const Files files = Signed();
  Imported(files);
  std::filesystem::rename(ObjectOf(files), dir_.path() / "elsewhere");
  std::filesystem::create_symlink(dir_.path() / "elsewhere", ObjectOf(files));
  EXPECT_EQ(ReasonOfReading(), "trust.store-damaged");
}

TEST_F(StoreTest, ARecordWithAMemberLessIsRefused) {
  const std::string id = Imported(Signed());
  Snapshot snapshot = store_.Read(id).value();
  snapshot.members.pop_back();
  Write(dir_.path() / "trust/snapshots" / (id + ".json"), SnapshotToJson(snapshot).Dump());
  EXPECT_EQ(ReasonOfReading(), "trust.store-damaged");
}

TEST_F(StoreTest, ACurrentThatNamesNothingOrIsNonsenseIsRefused) {
  Imported(Signed());
  const std::string absent(64, 'a');
  Write(dir_.path() / "trust/current", R"({"history":[{"at":"2023-03-01T00:00:00Z","snapshot":")" +
                                           absent + R"(","why":"import"}],"latest":")" + absent +
                                           R"(","pinned":null,"schema":"edocvault.trust-use/1"})");
  EXPECT_EQ(ReasonOfReading(), "trust.no-snapshot");
  for (const char* text : {"", "{}", "[]", R"({"schema":"edocvault.trust-use/1","latest":"x"})"}) {
    Write(dir_.path() / "trust/current", text);
    EXPECT_EQ(ReasonOfReading(), "trust.store-damaged") << text;
  }
}

TEST_F(StoreTest, ANameThatIsNoIdLeadsNowhere) {
  Imported(Signed());
  for (const char* word : {"../current", "", "abc", "/etc/passwd"})
    EXPECT_EQ(ReasonOf(store_.Resolve(word)), "trust.no-snapshot") << word;
  EXPECT_EQ(ReasonOf(store_.Read("../current")), "trust.no-snapshot");
}

TEST_F(StoreTest, WhatARecordSaysOfItsListsDoesNotLetAnOlderOneIn) {
  const std::string id = Imported(Signed());
  const auto path = dir_.path() / "trust/snapshots" / (id + ".json");
  std::string record = base::ToString(base::ReadFile(path, 1 << 20).value());
  record.insert(1, R"("lists":[{"territory":"LV","listOfLists":false,"sequence":1}],)");
  Write(path, record);
  list_.sequence = 6;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.import-older");
}

TEST_F(StoreTest, AnImportThatWasHeldAgainstAnotherIsRefused) {
  const base::Json first =
      Describe(store_.ReadFiles(store_.Read(Imported(Signed())).value()).value(), kNow).value();
  list_.sequence = 9;
  Imported(Signed());
  list_.sequence = 8;
  const Files files = Signed();
  const base::Json description = Describe(files, kNow).value();
  for (const base::Json* latest : {&first, static_cast<const base::Json*>(nullptr)})
    EXPECT_EQ(ReasonOf(store_.Import({.files = &files,
                                      .description = &description,
                                      .latest = latest,
                                      .allow_older = {},
                                      .now = kNow})),
              "trust.import-raced");
}

TEST_F(StoreTest, ADamagedLatestImportIsNotPassedOver) {
  const Files files = Signed();
  Imported(files);
  Write(ObjectOf(files), "changed");
  list_.sequence = 8;
  EXPECT_EQ(ReasonOf(Import(Signed())), "trust.store-damaged");
}

TEST_F(StoreTest, ARecordIsCanonical) {
  const std::string id = Imported(Signed());
  const base::Json record = SnapshotToJson(store_.Read(id).value());
  const auto sorted = [](const base::Json& json) {
    return std::ranges::is_sorted(*json.AsObject(), {}, &base::Json::Member::first);
  };
  EXPECT_TRUE(sorted(record));
  for (const base::Json& member : *record.Find("members")->AsArray()) EXPECT_TRUE(sorted(member));
}

TEST_F(StoreTest, ImportsAtTheSameTimeAllArrive) {
  std::vector<Files> all;
  std::vector<base::Json> descriptions;
  for (int i = 0; i < 4; ++i) {
    list_.territory = std::string(1, static_cast<char>('A' + i)) + "A";
    all.push_back(Signed());
    descriptions.push_back(Describe(all.back(), kNow).value());
  }
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < all.size(); ++i)
      threads.emplace_back([&, i] {
        EXPECT_TRUE(store_
                        .Import({.files = &all[i],
                                 .description = &descriptions[i],
                                 .source = "files",
                                 .allow_older = "whatever comes first",
                                 .now = kNow})
                        .ok());
      });
  }
  EXPECT_EQ(store_.List().value().size(), all.size());
  EXPECT_EQ(ReasonOfReading(), "");
}

TEST_F(StoreTest, ADifferenceNamesTheServiceThatWasWithdrawn) {
  const base::Json before = Describe(Signed(), kNow).value();
  list_.sequence = 8;
  list_.services[0].history.insert(list_.services[0].history.begin(),
                                   {.from = "2023-02-01T00:00:00Z", .status = "withdrawn"});
  const base::Json difference = Difference(before, Describe(Signed(), kNow).value());
  const base::Json& changed = *difference.Find("services")->Find("changed");
  ASSERT_EQ(changed.AsArray()->size(), 1U);
  EXPECT_TRUE(changed.AsArray()->front().Text("to")->ends_with("/withdrawn"));
  EXPECT_EQ(difference.Find("lists")->Find("changed")->AsArray()->front().Integer("to"), 8);
}

TEST_F(StoreTest, ADifferenceNamesTheCertificateThatIsTrustedItself) {
  const Files before = Signed();
  Files after = before;
  after.push_back({"own.der", ca_.Der()});
  const base::Json difference =
      Difference(Describe(before, kNow).value(), Describe(after, kNow).value());
  const base::Json& certificates = *difference.Find("certificates");
  ASSERT_EQ(certificates.Find("added")->AsArray()->size(), 1U);
  const base::Json& added = certificates.Find("added")->AsArray()->front();
  EXPECT_EQ(added.Text("sha256"), base::HexEncode(base::Sha256(ca_.Der()).span()));
  EXPECT_EQ(*added.Find("anchor"), base::Json(true));
  EXPECT_TRUE(certificates.Find("removed")->AsArray()->empty());
}

TEST_F(StoreTest, ASignerOfListsIsNoAnchorUntilNoListIsHis) {
  const Files with_list = Signed();
  const base::Json difference =
      Difference(Describe(with_list, kNow).value(), Describe({with_list.back()}, kNow).value());
  const base::Json::Array& changed = *difference.Find("certificates")->Find("changed")->AsArray();
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(*changed.front().Find("from"), base::Json(false));
  EXPECT_EQ(*changed.front().Find("to"), base::Json(true));
}

TEST_F(StoreTest, TrustWarnsBeforeItExpires) {
  const base::Json description = Describe(Signed(), kNow).value();
  const auto state = [&](base::Time now, Limits limits = {}) {
    return NameOf(ExpiryOf(description, kNow, now, limits).freshness);
  };
  EXPECT_EQ(state(Day(2023, 6, 20)), "fresh");
  EXPECT_EQ(state(Day(2023, 6, 27)), "expiring");
  EXPECT_EQ(state(Day(2023, 7, 2)), "expired");
  EXPECT_EQ(state(Day(2023, 4, 1), {.max_age = std::chrono::days(10)}), "expired");
}

TEST_F(StoreTest, AListThatNoLongerVerifiesIsNoFreshTrust) {
  const base::Json description = Describe(SignedBy(stranger_), kNow).value();
  EXPECT_EQ(ExpiryOf(description, kNow, kNow, {}).freshness, Freshness::kExpired);
}

}  // namespace
}  // namespace trust
