// Rules L24 and L25 from end to end: what a trusted list says of the time-stamping authority and
// of the CA, at which time, and what each policy makes of it.
#include <gtest/gtest.h>

#include "tests/fakes/rule_case.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using base::Json;
using tests::Identity;
using tests::ListedStatus;

class NationalRulesTest : public testing::Test {
 protected:
  NationalRulesTest() {
    list_.issued = base::FormatTime(twin_.now - std::chrono::days(10));
    list_.next_update = base::FormatTime(twin_.now + std::chrono::days(100));
    twin_.trusted = {&operator_};
  }

  // "outcome / qualification of the time-stamp / of the signature" under the policy.
  std::string Outcome(const std::string& policy) {
    list_.services = {{.identity = &twin_.root, .type = "CA/QC", .history = authority_},
                      {.identity = &twin_.tsa, .type = stamp_type_, .history = stamps_}};
    twin_.lists = {list_.SignedBy(operator_)};
    twin_.policy = policy;
    tests::SignatureMaker maker = twin_.MakerFor(signer_);
    const Json report = twin_.Report(maker.Container());
    const Json& signature = report.Find("signatures")->AsArray()->front();
    const Json& stamp = signature.Find("timestamps")->AsArray()->front();
    return tests::RuleCase::OutcomeIn(report) + " / " +
           stamp.Text("qualification").value_or("none") + " / " +
           signature.Text("qualification").value_or("none");
  }
  std::string Day(int days) const { return base::FormatTime(twin_.now + std::chrono::days(days)); }

  // EN 319 412-5: compliance, device and type of a qualified certificate for signatures.
  static constexpr const char* kStatements =
      "DER:30293008060604008E4601013008060604008E4601043013060604008E4601063009060704008E46010601";

  tests::RuleCase twin_;
  const Identity operator_ = tests::Make({.name = "Saraksts"});
  const Identity signer_ = tests::Make({.name = "Anna Paraugs",
                                        .issuer = &twin_.root,
                                        .extensions = {{"keyUsage", "critical,nonRepudiation"},
                                                       {"2.5.29.56", "DER:0500"},
                                                       {"1.3.6.1.5.5.7.1.3", kStatements}},
                                        .from = tests::Day(2017, 1, 1)});
  // Newest first.
  std::vector<ListedStatus> authority_{{.from = "2016-07-01T00:00:00Z"}};
  std::vector<ListedStatus> stamps_{
      {.from = "2016-06-30T00:00:00Z", .status = "recognisedatnationallevel"},
      {.from = "2015-07-10T00:00:00Z", .status = "accredited"}};
  std::string stamp_type_ = "TSA/TSS-QC";
  tests::TrustListMaker list_;
};

TEST_F(NationalRulesTest, L24_ANationalTimestampPassesUnderTheLegacyPolicyAlone) {
  EXPECT_EQ(Outcome("lv-national-legacy"), "valid / TSA-national / QESig");
  EXPECT_EQ(Outcome("lv-public-sector"), "SIG_CONSTRAINTS_FAILURE / TSA-national / QESig");
  EXPECT_EQ(Outcome("eu-qes"), "SIG_CONSTRAINTS_FAILURE / TSA-national / QESig");
}

TEST_F(NationalRulesTest, L24_WhereThePolicyAsksForMoreAnotherPolicyWouldChangeIt) {
  list_.services = {{.identity = &twin_.root, .type = "CA/QC", .history = authority_},
                    {.identity = &twin_.tsa, .type = stamp_type_, .history = stamps_}};
  twin_.lists = {list_.SignedBy(operator_)};
  twin_.policy = "eu-qes";
  const Json report = twin_.Report(twin_.MakerFor(signer_).Container());
  const Json& signature = report.Find("signatures")->AsArray()->front();
  const auto& changes = *signature.Find("whatWouldChangeIt")->AsArray();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].Text("code"), "other-policy");
}

TEST_F(NationalRulesTest, L24_AQualifiedTimestampPassesUnderBoth) {
  stamp_type_ = "TSA/QTST";
  stamps_ = {{.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(Outcome("lv-national-legacy"), "valid / QTSA / QESig");
  EXPECT_EQ(Outcome("lv-public-sector"), "valid / QTSA / QESig");
  EXPECT_EQ(Outcome("eu-qes"), "valid / QTSA / QESig");
}

// Shown, for the court to weigh; the timestamp was a qualified one when it was made.
TEST_F(NationalRulesTest, L24_AStatusLostAfterTheTimestampIsShownAndTakesNothingDown) {
  stamp_type_ = "TSA/QTST";
  stamps_ = {{.from = Day(0), .status = "withdrawn"}, {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(Outcome("eu-qes"), "valid / TSA / QESig");
}

TEST_F(NationalRulesTest, L24_ANationalStatusThatEndedBeforeTheTimestampIsNone) {
  stamps_.insert(stamps_.begin(), {.from = Day(-1), .status = "deprecatedatnationallevel"});
  EXPECT_EQ(Outcome("lv-national-legacy"), "SIG_CONSTRAINTS_FAILURE / TSA / QESig");
  EXPECT_EQ(Outcome("lv-public-sector"), "SIG_CONSTRAINTS_FAILURE / TSA / QESig");
}

// The CA of 2018: withdrawn for a month, then granted again.
TEST_F(NationalRulesTest, L25_AGapBeforeTheSignatureDoesNotMatter) {
  authority_ = {{.from = Day(-30)},
                {.from = Day(-60), .status = "withdrawn"},
                {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(Outcome("lv-national-legacy"), "valid / TSA-national / QESig");
}

TEST_F(NationalRulesTest, L25_ASignatureInTheGapIsNotQualified) {
  authority_ = {{.from = Day(-60), .status = "withdrawn"}, {.from = "2016-07-01T00:00:00Z"}};
  EXPECT_EQ(Outcome("lv-national-legacy"),
            "NO_CERTIFICATE_CHAIN_FOUND / TSA-national / Indeterminate-AdESig");
}

}  // namespace
}  // namespace signing
