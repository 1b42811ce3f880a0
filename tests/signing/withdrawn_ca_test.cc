// A CA that a list has withdrawn counts until that day: for time-stamps as of their time, for
// signatures only where something proves that they are older.
#include <gtest/gtest.h>

#include "tests/fakes/rule_case.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using base::Json;
using tests::Identity;
using tests::SignatureMaker;

class WithdrawnCaTest : public testing::Test {
 protected:
  // The signature's own CA is in force; the other one was, until twelve hours after all was signed
  // and twelve before it is verified, unless `withdrawn` is false.
  Json ReportOn(const Identity& countersigner, bool withdrawn = true) {
    tests::TrustListMaker list;
    list.issued = base::FormatTime(twin_.now - std::chrono::days(10));
    list.next_update = base::FormatTime(twin_.now + std::chrono::days(100));
    std::vector<tests::ListedStatus> history{{.from = "2016-07-01T00:00:00Z"}};
    if (withdrawn)
      history.insert(history.begin(), {.from = base::FormatTime(twin_.now + std::chrono::hours(12)),
                                       .status = "withdrawn"});
    list.services = {
        {.identity = &twin_.root, .type = "CA/QC", .history = {{.from = "2016-07-01T00:00:00Z"}}},
        {.identity = &other_, .type = "CA/QC", .history = history}};
    twin_.lists = {list.SignedBy(operator_)};
    twin_.trusted = {&operator_};
    SignatureMaker maker = twin_.Maker();
    maker.tsa = &tsa_;
    tests::ZipMaker zip = maker.Container();
    std::string& xml = zip.last().content;
    xml = WithCounterSignature(xml, countersigner);
    return twin_.Report(zip);
  }

  static std::string WithCounterSignature(std::string xml, const Identity& by) {
    SignatureMaker counter(by);
    counter.id = "C1";
    counter.target = "#C1";
    counter.files.clear();
    counter.exclusive = true;
    counter.open = counter.close = "";
    counter.extra_references = SignatureMaker::Reference(
        "", "#S1-V", SignatureMaker::Transforms(SignatureMaker::kExclusive),
        SignatureMaker::Digest(SignatureMaker::Canonical(xml, "S1-V", SignatureMaker::kExclusive)),
        "http://uri.etsi.org/01903#CountersignedSignature");
    const std::string end = "</xades:UnsignedSignatureProperties>";
    return xml.replace(
        xml.find(end), end.size(),
        "<xades:CounterSignature>" + counter.Xml() + "</xades:CounterSignature>" + end);
  }

  static std::string CounterSignatureIn(const Json& report) {
    const auto& first = report.Find("signatures")->AsArray()->front();
    return first.Find("counterSignatures")->AsArray()->front().Text("indication").value_or("?");
  }

  static Identity PersonOf(const Identity& issuer) {
    return tests::Make(
        {.name = "Juris Paraugs",
         .issuer = &issuer,
         .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}}});
  }

  tests::RuleCase twin_;
  const Identity operator_ = tests::Make({.name = "Saraksts"});
  const Identity other_ = tests::Make({.name = "Cita CA", .extensions = tests::CaExtensions()});
  const Identity tsa_ = tests::Make({.name = "Cita TSA",
                                     .issuer = &other_,
                                     .extensions = {{"extendedKeyUsage", "critical,timeStamping"},
                                                    {"keyUsage", "critical,digitalSignature"},
                                                    {"2.5.29.56", "DER:0500"}}});
};

TEST_F(WithdrawnCaTest, ItsTimestampsOfBeforeStillProveTheirTime) {
  const Json report = ReportOn(PersonOf(twin_.root));
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report), "valid");
  EXPECT_EQ(CounterSignatureIn(report), "TOTAL-PASSED");
}

TEST_F(WithdrawnCaTest, BeforeThatItVouchesForSignersToo) {
  EXPECT_EQ(CounterSignatureIn(ReportOn(PersonOf(other_), false)), "TOTAL-PASSED");
}

// The time-stamp is met first, and for it the CA has no end.
TEST_F(WithdrawnCaTest, ACounterSignatureThatNothingProvesToBeOlderIsNotItsAnyMore) {
  const Json report = ReportOn(PersonOf(other_));
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report), "valid");
  EXPECT_EQ(CounterSignatureIn(report), "INDETERMINATE");
}

}  // namespace
}  // namespace signing
