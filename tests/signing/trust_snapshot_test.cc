#include "signing/trust_snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using tests::Day;
using tests::Identity;
using tests::Make;
using tests::Public;
using tests::TrustListMaker;

const base::Time kNow = Day(2023, 3, 1);

// Files handed in as --trust, kept for as long as the snapshot is read.
class Inputs {
 public:
  Inputs& Add(std::string text) {
    texts_.push_back(std::move(text));
    return *this;
  }
  Inputs& Add(const Identity& identity) { return Add(base::ToString(identity.Der())); }

  TrustSnapshot Read(base::Time at = kNow) {
    std::vector<NamedBytes> inputs;
    for (const std::string& text : texts_) inputs.push_back({"file", base::AsBytes(text)});
    findings.clear();
    return TrustSnapshot::Read(inputs, at, &findings);
  }

  bool Found(std::string_view code) const {
    return std::ranges::find(findings, code, &Finding::code) != findings.end();
  }

  TrustFindings findings;

 private:
  std::vector<std::string> texts_;
};

class TrustSnapshotTest : public testing::Test {
 protected:
  TrustSnapshotTest() {
    list_.services.push_back({.identity = &ca_, .history = {{.from = "2016-07-01T00:00:00Z"}}});
    europe_.territory = "EU";
    europe_.list_of_lists = true;
    europe_.pointers = {{"EU", {&europe_signer_}, true}, {"LV", {&signer_}}};
  }

  const Identity signer_ = Make({.name = "Saraksta parakstitajs"});
  const Identity europe_signer_ = Make({.name = "Sarakstu saraksts"});
  const Identity stranger_ = Make({.name = "Svesinieks"});
  const Identity ca_ = Make({.name = "CA", .extensions = tests::CaExtensions()});
  TrustListMaker list_;
  TrustListMaker europe_;
  Inputs inputs_;
};

TEST_F(TrustSnapshotTest, AListSignedByACertificateHandedInIsUsed) {
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  ASSERT_EQ(snapshot.services().size(), 1U);
  EXPECT_EQ(snapshot.services()[0].territory, "LV");
  EXPECT_EQ(snapshot.services()[0].name, "Service");
  EXPECT_EQ(snapshot.services()[0].certificates[0].der(), ca_.Der());
  EXPECT_TRUE(inputs_.findings.empty());
}

TEST_F(TrustSnapshotTest, AListOfVersion6IsUsed) {
  list_.version = 6;
  EXPECT_EQ(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().size(), 1U);
}

TEST_F(TrustSnapshotTest, AListOfAnUnknownVersionIsRefused) {
  list_.version = 7;
  EXPECT_TRUE(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-refused"));
}

TEST_F(TrustSnapshotTest, AnUnsignedListIsRefused) {
  EXPECT_TRUE(inputs_.Add(list_.Unsigned()).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-refused"));
}

TEST_F(TrustSnapshotTest, AListSignedByAnotherIsNotUsed) {
  EXPECT_TRUE(inputs_.Add(list_.SignedBy(stranger_)).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-other-signer"));
}

TEST_F(TrustSnapshotTest, AListChangedAfterItsSignatureIsRefused) {
  std::string xml = list_.SignedBy(signer_);
  xml.replace(xml.find("Svcstatus/granted"), 17, "Svcstatus/GRANTED");
  EXPECT_TRUE(inputs_.Add(xml).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-refused"));
}

TEST_F(TrustSnapshotTest, ASignatureThatCoversOnlyItselfIsRefused) {
  list_.cover_all = false;
  EXPECT_TRUE(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-refused"));
}

TEST_F(TrustSnapshotTest, AnXPathThatIsNotKnownIsRefused) {
  list_.transforms =
      "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>"
      "not(ancestor-or-self::ds:Signature or self::text())</ds:XPath></ds:Transform>";
  EXPECT_TRUE(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().empty());
}

TEST_F(TrustSnapshotTest, TheKnownXPathThatLeavesOutSignaturesIsUsed) {
  list_.transforms =
      "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>"
      "not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>"
      "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
  EXPECT_EQ(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().size(), 1U);
}

TEST_F(TrustSnapshotTest, TheListOfListsNamesWhoSignsAList) {
  inputs_.Add(europe_.SignedBy(europe_signer_)).Add(list_.SignedBy(signer_)).Add(europe_signer_);
  const auto snapshot = inputs_.Read();
  EXPECT_EQ(snapshot.services().size(), 1U);
  EXPECT_EQ(snapshot.lists().size(), 2U);
}

TEST_F(TrustSnapshotTest, TheSignerOfOneTerritoryCannotSignTheListOfAnother) {
  list_.territory = "EE";
  inputs_.Add(europe_.SignedBy(europe_signer_)).Add(list_.SignedBy(signer_)).Add(europe_signer_);
  EXPECT_TRUE(inputs_.Read().services().empty());
}

TEST_F(TrustSnapshotTest, AListOfListsByAStrangerNamesNobody) {
  inputs_.Add(europe_.SignedBy(stranger_)).Add(list_.SignedBy(signer_)).Add(europe_signer_);
  EXPECT_TRUE(inputs_.Read().services().empty());
}

TEST_F(TrustSnapshotTest, AnOrdinaryListNamesNobody) {
  list_.pointers = {{"EE", {&stranger_}}};
  TrustListMaker other = list_;
  other.territory = "EE";
  inputs_.Add(list_.SignedBy(signer_)).Add(other.SignedBy(stranger_)).Add(signer_);
  EXPECT_EQ(inputs_.Read().lists().size(), 1U);
}

class PivotTest : public TrustSnapshotTest {
 protected:
  PivotTest() {
    pivot_ = europe_;
    pivot_.issued = "2022-01-01T00:00:00Z";
    pivot_.pointers = {{"EU", {&next_signer_}, true}};
    europe_.sequence = 2;
    europe_.pointers[0].signers = {&next_signer_};
  }
  const Identity next_signer_ = Make({.name = "Nakamais parakstitajs"});
  TrustListMaker pivot_;
};

TEST_F(PivotTest, APivotNamesWhoSignsTheNextListOfLists) {
  inputs_.Add(europe_.SignedBy(next_signer_)).Add(pivot_.SignedBy(europe_signer_));
  EXPECT_EQ(inputs_.Add(list_.SignedBy(signer_)).Add(europe_signer_).Read().services().size(), 1U);
}

TEST_F(PivotTest, WithoutThePivotTheNextListOfListsIsNotUsed) {
  inputs_.Add(europe_.SignedBy(next_signer_)).Add(list_.SignedBy(signer_)).Add(europe_signer_);
  EXPECT_TRUE(inputs_.Read().services().empty());
}

TEST_F(PivotTest, AKeyThatALaterPivotLeftOutCannotComeBack) {
  TrustListMaker later = pivot_;
  later.issued = "2022-06-01T00:00:00Z";
  later.sequence = 2;
  later.pointers = {{"EU", {&signer_}, true}};
  europe_.sequence = 3;
  inputs_.Add(pivot_.SignedBy(europe_signer_)).Add(later.SignedBy(next_signer_));
  inputs_.Add(europe_.SignedBy(next_signer_)).Add(list_.SignedBy(signer_)).Add(europe_signer_);
  const auto snapshot = inputs_.Read();
  ASSERT_EQ(snapshot.lists().size(), 1U);
  EXPECT_EQ(snapshot.lists()[0].sequence, 2);
}

TEST_F(PivotTest, AKeyThatAPivotReplacedSignsNoLaterListThoughItIsHandedIn) {
  europe_.pointers[0].signers = {&europe_signer_};
  europe_.pointers.push_back({"LV", {&stranger_}});
  inputs_.Add(pivot_.SignedBy(europe_signer_)).Add(europe_.SignedBy(europe_signer_));
  const auto snapshot = inputs_.Add(list_.SignedBy(stranger_)).Add(europe_signer_).Read();
  ASSERT_EQ(snapshot.lists().size(), 1U);
  EXPECT_EQ(snapshot.lists()[0].sequence, 1);
  EXPECT_TRUE(inputs_.Found("trust.list-other-signer"));
}

TEST_F(PivotTest, AKeyThatAPivotReplacedSignsNoListOfATerritoryThoughItIsHandedIn) {
  europe_.pointers = {{"EU", {&next_signer_}, true}, {"LV", {&signer_}}};
  inputs_.Add(pivot_.SignedBy(europe_signer_)).Add(europe_.SignedBy(next_signer_));
  const auto snapshot = inputs_.Add(europe_signer_).Add(list_.SignedBy(europe_signer_)).Read();
  EXPECT_TRUE(snapshot.services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-other-signer"));
}

TEST_F(PivotTest, ACertificateHandedInThatNoEditionKnewMaySignTheNext) {
  europe_.pointers[0].signers = {&stranger_};
  inputs_.Add(pivot_.SignedBy(europe_signer_)).Add(europe_.SignedBy(stranger_));
  const auto snapshot = inputs_.Add(europe_signer_).Add(stranger_).Read();
  ASSERT_EQ(snapshot.lists().size(), 1U);
  EXPECT_EQ(snapshot.lists()[0].sequence, 2);
}

TEST_F(TrustSnapshotTest, TheNewestEditionCountsAndAnOlderOneAddsNothing) {
  TrustListMaker newer = list_;
  newer.sequence = 2;
  newer.issued = "2023-02-01T00:00:00Z";
  newer.services[0].history = {{.from = "2023-01-15T00:00:00Z", .status = "withdrawn"},
                               {.from = "2016-07-01T00:00:00Z"}};
  inputs_.Add(list_.SignedBy(signer_)).Add(newer.SignedBy(signer_)).Add(signer_);
  const auto snapshot = inputs_.Read();
  ASSERT_EQ(snapshot.services().size(), 1U);
  EXPECT_FALSE(IsApproved(*snapshot.services()[0].At(kNow), kNow));
  EXPECT_TRUE(IsApproved(*snapshot.services()[0].At(Day(2022, 1, 1)), Day(2022, 1, 1)));
}

TEST_F(TrustSnapshotTest, AnEditionIssuedLaterThanTheMomentAskedAboutIsNotUsed) {
  TrustListMaker newer = list_;
  newer.sequence = 2;
  newer.issued = "2023-04-01T00:00:00Z";
  newer.services.clear();
  inputs_.Add(list_.SignedBy(signer_)).Add(newer.SignedBy(signer_)).Add(signer_);
  EXPECT_EQ(inputs_.Read().services().size(), 1U);
  EXPECT_TRUE(inputs_.Found("trust.list-later"));
}

TEST_F(TrustSnapshotTest, TheSequenceNumberDecidesBetweenEqualDates) {
  TrustListMaker newer = list_;
  newer.sequence = 10;
  newer.services.clear();
  list_.sequence = 9;
  inputs_.Add(list_.SignedBy(signer_)).Add(newer.SignedBy(signer_)).Add(signer_);
  EXPECT_TRUE(inputs_.Read().services().empty());
}

TEST_F(TrustSnapshotTest, AForgedNewerEditionDoesNotPushOutTheRealOne) {
  TrustListMaker forged = list_;
  forged.sequence = 999;
  forged.issued = "2023-02-28T00:00:00Z";
  forged.services[0].identity = &stranger_;
  inputs_.Add(list_.SignedBy(signer_)).Add(forged.SignedBy(stranger_)).Add(signer_);
  const auto snapshot = inputs_.Read();
  ASSERT_EQ(snapshot.services().size(), 1U);
  EXPECT_EQ(snapshot.services()[0].certificates[0].der(), ca_.Der());
}

TEST_F(TrustSnapshotTest, AListPastItsNextUpdateIsUsedWithAFinding) {
  inputs_.Add(list_.SignedBy(signer_)).Add(signer_);
  EXPECT_EQ(inputs_.Read(Day(2024, 1, 1)).services().size(), 1U);
  EXPECT_TRUE(inputs_.Found("trust.list-expired"));
}

TEST_F(TrustSnapshotTest, TheSameListTwiceIsOneList) {
  const std::string xml = list_.SignedBy(signer_);
  EXPECT_EQ(inputs_.Add(xml).Add(xml).Add(signer_).Read().services().size(), 1U);
}

TEST_F(TrustSnapshotTest, TheSignerOfAListIsNoAnchor) {
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Add(ca_).Read();
  ASSERT_EQ(snapshot.anchors().size(), 1U);
  EXPECT_EQ(snapshot.anchors()[0].der(), ca_.Der());
}

TEST_F(TrustSnapshotTest, ACertificateForSigningListsIsNoAnchorEvenWithoutItsList) {
  const Identity purpose =
      Make({.name = "TSL", .extensions = {{"extendedKeyUsage", "0.4.0.2231.3.0"}}});
  EXPECT_TRUE(inputs_.Add(purpose).Read().anchors().empty());
}

TEST_F(TrustSnapshotTest, CertificatesInPemAreRead) {
  const auto pem = [](const Identity& identity) {
    return "-----BEGIN CERTIFICATE-----\n" + base::Base64Encode(identity.Der()) +
           "\n-----END CERTIFICATE-----\n";
  };
  EXPECT_EQ(inputs_.Add("Bag\n" + pem(ca_) + pem(stranger_)).Read().anchors().size(), 2U);
}

TEST_F(TrustSnapshotTest, OtherFilesAreSkippedWithAFinding) {
  EXPECT_TRUE(inputs_.Add("README").Add("<svg/>").Add("").Read().anchors().empty());
  EXPECT_EQ(inputs_.findings.size(), 3U);
  EXPECT_TRUE(inputs_.Found("trust.skipped"));
}

TEST_F(TrustSnapshotTest, TheIdDoesNotHangOnOrderOrRepetitionButOnEveryByte) {
  const std::string xml = list_.SignedBy(signer_);
  const std::string id = Inputs().Add(xml).Add(signer_).Read().Id();
  EXPECT_EQ(id, Inputs().Add(signer_).Add(xml).Add(signer_).Read().Id());
  EXPECT_NE(id, Inputs().Add(signer_).Add(xml + " ").Read().Id());
}

TEST_F(TrustSnapshotTest, ACriticalExtensionThatIsNotUnderstoodMakesThePeriodUnusable) {
  list_.services[0].history = {
      {.from = "2020-01-01T00:00:00Z",
       .extensions = "<Extension Critical=\"true\"><a:Unknown/></Extension>"},
      {.from = "2016-07-01T00:00:00Z"}};
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  EXPECT_EQ(snapshot.services()[0].At(kNow), nullptr);
  EXPECT_NE(snapshot.services()[0].At(Day(2019, 1, 1)), nullptr);
}

TEST_F(TrustSnapshotTest, AnExtensionThatIsNotCriticalMayBeUnknown) {
  list_.services[0].history[0].extensions =
      "<Extension Critical=\"false\"><a:Unknown/></Extension>";
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  EXPECT_NE(snapshot.services()[0].At(kNow), nullptr);
}

TEST_F(TrustSnapshotTest, BeforeItsFirstEntryAServiceIsNothing) {
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  EXPECT_EQ(snapshot.services()[0].At(Day(2016, 1, 1)), nullptr);
}

TEST_F(TrustSnapshotTest, AHeaderThatIsNotWhereItBelongsIsRefused) {
  list_.extra_scheme = "<TSLSequenceNumber>99</TSLSequenceNumber>";
  EXPECT_TRUE(inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read().services().empty());
  EXPECT_TRUE(inputs_.Found("trust.list-refused"));
}

TEST_F(TrustSnapshotTest, ACertificateIsFoundByNameKeyIdAndItself) {
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  const Certificate ca = Public(ca_);
  EXPECT_EQ(snapshot.WithSubject(X509_get_subject_name(ca.x509())).size(), 1U);
  EXPECT_EQ(snapshot.Same(ca).size(), 1U);
  EXPECT_TRUE(snapshot.Same(Public(Make({.name = "CA"}))).empty());
}

TEST_F(TrustSnapshotTest, ACriticalExtensionWithoutElementsIsNotUnderstood) {
  list_.services[0].history[0].extensions = "<Extension Critical=\"true\">words</Extension>";
  const auto snapshot = inputs_.Add(list_.SignedBy(signer_)).Add(signer_).Read();
  EXPECT_EQ(snapshot.services().at(0).At(kNow), nullptr);
}

}  // namespace
}  // namespace signing
