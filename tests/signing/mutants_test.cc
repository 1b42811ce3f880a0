// Single-bit mutants and truncations: nothing crashes, and no mutant whose covered bytes changed
// is valid. Each container is valid before.
//
// EDOCVAULT_MUTANTS sets how many mutants of each of the ten containers are tried; without it
// 100, with the sanitizers `make asan` tries 1000.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.h"
#include "signing/verifier.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/shared_folder.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Bytes;
using tests::Identity;
using tests::SignatureMaker;
using tests::ZipMaker;

// The verification happens a little after the tokens are made.
const base::Time kNow = base::SystemClock().Now() + std::chrono::seconds{5};

struct Pki {
  Identity ca = tests::Make({.name = "CA", .extensions = tests::CaExtensions()});
  Identity ec = Signer("ec", nullptr);
  tests::Key rsa_key = tests::MakeRsaKey(2048);
  Identity rsa = Signer("rsa", rsa_key.get());
  tests::Key p384_key = tests::MakeEcKey("P-384");
  Identity p384 = Signer("p384", p384_key.get());
  Identity responder =
      tests::Make({.name = "OCSP",
                   .issuer = &ca,
                   .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  Identity tsa =
      tests::Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});

  Identity Signer(const std::string& name, EVP_PKEY* key) const {
    return tests::Make({.name = name,
                        .issuer = &ca,
                        .extensions = {{"keyUsage", "critical,nonRepudiation"}},
                        .key = key});
  }

  std::string LongTerm(const Identity& signer) const {
    const Bytes ocsp = tests::MakeOcsp({.responder = &responder,
                                        .certificate = &signer,
                                        .issuer = &ca,
                                        .this_update = kNow - std::chrono::seconds{1},
                                        .next_update = kNow + std::chrono::hours{1}});
    return "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>" +
           base::Base64Encode(ocsp) +
           "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>";
  }
};

const Pki& ThePki() {
  static const Pki pki;
  return pki;
}

constexpr const char* kRsaMethod = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

SignatureMaker Maker(const Identity& signer) {
  SignatureMaker maker(signer);
  if (EVP_PKEY_is_a(signer.key.get(), "RSA") == 1) maker.method = kRsaMethod;
  maker.tsa = &ThePki().tsa;
  maker.long_term = ThePki().LongTerm(signer);
  return maker;
}

// Ten kinds of container.
std::vector<ZipMaker> Containers() {
  const Pki& pki = ThePki();
  std::vector<ZipMaker> all;
  for (const Identity* signer : {&pki.ec, &pki.rsa, &pki.p384}) {
    all.push_back(Maker(*signer).Container());
    SignatureMaker archived = Maker(*signer);
    archived.archives = 2;
    all.push_back(archived.Container());
  }
  SignatureMaker several = Maker(pki.ec);
  several.files = {{"a.txt", "viens"}, {"b/c.txt", "divi"}, {"d.txt", std::string(3000, 'x')}};
  all.push_back(several.Container());
  SignatureMaker stamped = Maker(pki.rsa);
  stamped.content_tsa = &pki.tsa;
  all.push_back(stamped.Container());
  SignatureMaker exclusive = Maker(pki.ec);
  exclusive.exclusive = true;
  all.push_back(exclusive.Container());
  ZipMaker two = Maker(pki.ec).Container();
  two.Add("META-INF/signatures1.xml", Maker(pki.rsa).Xml());
  all.push_back(two);
  return all;
}

base::Json VerifyAll(base::ByteSpan document) {
  static const Bytes ca = ThePki().ca.Der();
  static const Bytes tsa = ThePki().tsa.Der();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.trust = {{"ca", ca}, {"tsa", tsa}};
  request.at = kNow + std::chrono::seconds{60};
  return Verify(request);
}

bool IsValid(base::ByteSpan document) {
  return VerifyAll(document).Text("verdict") == "valid";
}

std::size_t MutantsOfEach() {
  const char* wanted = std::getenv("EDOCVAULT_MUTANTS");
  return wanted == nullptr ? 100 : std::strtoull(wanted, nullptr, 10);
}

// Where in a signature file changes must be noticed: what is signed, as text.
bool IsCovered(const tests::ZipMember& member, std::size_t position) {
  if (!member.name.starts_with("META-INF/") && member.name != "mimetype") return true;
  const auto within = [&](const std::string& begin, const std::string& end) {
    const std::size_t from = member.content.find(begin);
    const std::size_t to = member.content.find(end);
    return from != std::string::npos && to != std::string::npos && from <= position &&
           position < to + end.size();
  };
  return within("<ds:SignedInfo", "</ds:SignedInfo>") ||
         within("<xades:SignedProperties", "</xades:SignedProperties>");
}

// A sequence that is the same in every run.
class Choice {
 public:
  explicit Choice(std::size_t seed) : state_(seed * 2654435761U + 1) {}
  std::size_t Below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state_ >> 33U) % bound);
  }

 private:
  std::uint64_t state_;
};

TEST(MutantsTest, EachContainerIsValidBefore) {
  const auto containers = Containers();
  ASSERT_EQ(containers.size(), 10U);
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const base::Json report = VerifyAll(containers[i].Make());
    EXPECT_EQ(report.Text("verdict"), "valid") << i << " " << report.Dump();
  }
}

TEST(MutantsTest, NoPrefixOfAContainerIsValid) {
  for (const ZipMaker& container : Containers()) {
    const Bytes whole = container.Make();
    for (std::size_t part = 0; part < 64; ++part)
      EXPECT_FALSE(IsValid(base::ByteSpan(whole).first(whole.size() * part / 64)));
  }
}

// The archive as an attacker finds it: mostly its own checksums break.
TEST(MutantsTest, NoBitOfTheArchiveMayChangeWhatIsCovered) {
  std::size_t number = 0;
  for (const ZipMaker& container : Containers()) {
    const Bytes whole = container.Make();
    Choice choice(++number);
    for (std::size_t i = 0; i < MutantsOfEach() / 2; ++i) {
      Bytes mutant = whole;
      mutant[choice.Below(mutant.size())] ^= static_cast<std::uint8_t>(1U << choice.Below(8));
      const base::Json report = VerifyAll(mutant);
      if (report.Text("verdict") != "valid") continue;
      // Valid means: the same files with the same bytes are signed as before.
      EXPECT_EQ(
          report.Find("signatures")->AsArray()->front().Find("signedFiles")->Dump(),
          VerifyAll(whole).Find("signatures")->AsArray()->front().Find("signedFiles")->Dump());
    }
  }
}

// The archive made anew around a changed member: nothing but the signature can tell.
TEST(MutantsTest, NoCoveredBitOfAMemberMayChange) {
  std::size_t number = 0;
  std::size_t covered = 0;
  for (const ZipMaker& container : Containers()) {
    Choice choice(1000 + ++number);
    for (std::size_t i = 0; i < MutantsOfEach() / 2; ++i) {
      ZipMaker mutant = container;
      tests::ZipMember& member = mutant.at(choice.Below(mutant.members().size()));
      const std::size_t position = choice.Below(member.content.size());
      const bool counts = IsCovered(member, position);
      member.content[position] =
          static_cast<char>(member.content[position] ^ static_cast<char>(1U << choice.Below(8)));
      const bool valid = IsValid(mutant.Make());
      covered += counts ? 1 : 0;
      EXPECT_FALSE(counts && valid) << number << " " << member.name << " at " << position;
    }
  }
  EXPECT_GT(covered, MutantsOfEach());  // The question was asked often enough.
}

TEST(MutantsTest, NoPrefixOfAHostileFileIsValid) {
  const auto corpus = tests::SharedFolder() / "corpus";
  const auto rows = tests::ReadTable(corpus / "manifest.tsv");
  if (rows.empty()) GTEST_SKIP() << "no corpus at " << corpus;
  const std::size_t step = std::getenv("EDOCVAULT_MUTANTS") != nullptr ? 1 : 16;
  std::vector<std::filesystem::path> files;
  for (const tests::Row& row : rows)
    if (row.at("verdict") == "error") files.push_back(corpus / row.at("path"));
  for (const tests::Row& row : tests::ReadTable(corpus / "attacks" / "manifest.tsv"))
    files.push_back(corpus / "attacks" / row.at("path"));
  EXPECT_GT(files.size(), 40U);
  for (const auto& path : files) {
    const auto mapped = base::MappedFile::Open(path);
    if (!mapped.ok()) continue;
    const base::ByteSpan whole = mapped.value().bytes();
    for (std::size_t part = 1; part < 64; part += step) {
      VerifyRequest request;
      request.name = path.filename().string();
      request.document = whole.first(whole.size() * part / 64);
      request.at = kNow;
      EXPECT_NE(Verify(request).Text("verdict"), "valid") << path << " " << part;
    }
  }
}

}  // namespace
}  // namespace signing
