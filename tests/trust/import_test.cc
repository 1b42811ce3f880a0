#include "trust/import.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/base64.h"
#include "tests/fakes/trust_case.h"

namespace trust {
namespace {

using base::Json;
using tests::Identity;

std::string Pem(const Identity& identity) {
  std::string text;
  for (const std::string& part :
       {std::string("-----BEGIN CERTIFICATE-----\n"), base::Base64Encode(identity.Der()),
        std::string("\n-----END CERTIFICATE-----\n")})
    text += part;
  return text;
}

class ImportTest : public testing::Test {
 protected:
  // Names of what is trusted itself after the import, or the reason of its refusal.
  std::vector<std::string> Anchors(const Files& files, const Files& signers) {
    const auto imported = ImportFiles(case_.store, {.files = &files,
                                                    .list_signers = &signers,
                                                    .source = "files",
                                                    .allow_older = "",
                                                    .now = case_.clock.now});
    if (!imported.ok()) return {imported.error().reason};
    snapshot_ = imported.value().snapshot;
    std::vector<std::string> anchors;
    for (const Json& one : *imported.value().description.Find("certificates")->AsArray())
      if (*one.Find("anchor") == Json(true)) anchors.push_back(one.Text("subject").value_or(""));
    return anchors;
  }
  bool IsKept(const Identity& identity) const {
    return std::ranges::count(snapshot_.members, base::Sha256(identity.Der()), &Member::sha256) > 0;
  }

  tests::TrustCase case_;
  Snapshot snapshot_;
};

TEST_F(ImportTest, ASignerOfListsThatSignedOneIsKeptAndTrustedForNothingElse) {
  EXPECT_EQ(Anchors(case_.Fetched(), {{"operator.der", case_.operator_key.Der()}}),
            std::vector<std::string>{});
  EXPECT_TRUE(IsKept(case_.operator_key));
}

TEST_F(ImportTest, ASignerOfListsThatSignedNoneStaysOut) {
  EXPECT_EQ(Anchors(case_.Fetched(), {{"operator.der", case_.operator_key.Der()},
                                      {"stranger.der", case_.anchor.Der()}}),
            std::vector<std::string>{});
  EXPECT_TRUE(IsKept(case_.operator_key));
  EXPECT_FALSE(IsKept(case_.anchor));
}

TEST_F(ImportTest, AnAnchorThatWasAskedForIsOne) {
  Files files = case_.Fetched();
  files.push_back({"anchor.der", case_.anchor.Der()});
  EXPECT_EQ(Anchors(files, {{"operator.der", case_.operator_key.Der()}}),
            std::vector<std::string>{"CN=Sleta joma"});
}

TEST_F(ImportTest, AnAnchorIsAskedForAsPemToo) {
  Files files = case_.Fetched();
  files.push_back({"anchor.pem", base::ToBytes(Pem(case_.anchor))});
  EXPECT_EQ(Anchors(files, {{"operator.der", case_.operator_key.Der()},
                            {"anchor.der", case_.anchor.Der()}}),
            std::vector<std::string>{"CN=Sleta joma"});
}

// The attacker who can only add signers of lists.
TEST_F(ImportTest, SignersWithoutAnyListAreNothingToImport) {
  EXPECT_EQ(Anchors({}, {{"anchor.der", case_.anchor.Der()}}),
            std::vector<std::string>{"trust.nothing-usable"});
}

TEST(UnaskedAnchorsTest, WhatIsNoDescriptionHasNone) {
  EXPECT_TRUE(UnaskedAnchors(Json(), {}).empty());
  Json one;
  one.Set("sha256", "12");
  one.Set("anchor", true);
  Json description;
  description.Set("certificates", Json::Array{one});
  EXPECT_TRUE(UnaskedAnchors(description, {}).empty());
}

}  // namespace
}  // namespace trust
