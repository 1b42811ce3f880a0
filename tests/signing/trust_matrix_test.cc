// One signed container under many editions of a trusted list, made by others: which of them
// trusts the signer, the time-stamp and the OCSP responder.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "signing/container.h"
#include "signing/qualification.h"
#include "signing/revocation.h"
#include "signing/xml_signature.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = tests::SharedFolder() / "corpus";

struct Outcome {
  std::string signature;
  std::string timestamp;
  bool responder = false;
  bool service_in_force = false;

  bool Valid() const {
    return signature == "QESig" && timestamp == "QTSA" && responder && service_in_force;
  }
  std::string Text() const {
    return signature + " " + timestamp + (responder ? " responder" : " no responder") +
           (service_in_force ? "" : " not in force");
  }
};

std::vector<Certificate> AllCertificates(const SignatureFacts& facts,
                                         const std::vector<OcspResponse>& responses) {
  std::vector<Certificate> all = facts.key_info_certificates;
  std::ranges::copy(facts.xades->certificates, std::back_inserter(all));
  for (const OcspResponse& response : responses)
    std::ranges::copy(response.certificates(), std::back_inserter(all));
  return all;
}

Outcome Judge(const SignatureFacts& facts, const TrustSnapshot& trust) {
  std::vector<OcspResponse> responses;
  for (const base::Bytes& der : facts.xades->ocsp)
    if (auto response = OcspResponse::Parse(der); response.ok())
      responses.push_back(std::move(response).value());
  const auto others = AllCertificates(facts, responses);
  const TimestampToken& token = *facts.timestamps.at(0).token;
  PathBuilder builder(trust);
  const auto stamp = builder.Build({.leaf = *token.signer,
                                    .purpose = PathPurpose::kTimestamp,
                                    .time = token.time,
                                    .others = token.certificates});
  const auto path = builder.Build({.leaf = *facts.signer,
                                   .purpose = PathPurpose::kSigner,
                                   .time = token.time,
                                   .others = others});
  Outcome outcome;
  outcome.timestamp = QualificationName(QualifyTimestamp(stamp, token.time));
  outcome.service_in_force = path.problems.empty() && stamp.problems.empty();
  outcome.signature = QualificationName(
      QualifySignature(
          {.ades = Indication::kPassed, .path = path, .best_signature_time = token.time})
          .qualification);
  for (const OcspResponse& response : responses) {
    const auto signer = response.Signer(others);
    if (!signer || path.Issuer() == nullptr) continue;
    const auto entry = response.About(*facts.signer, *path.Issuer());
    outcome.responder = outcome.responder ||
                        (entry && entry->state == RevocationState::kGood &&
                         AuthorityOf(*signer, *path.Issuer(), path.service, response.produced_at(),
                                     trust) != RevocationAuthority::kNone);
  }
  return outcome;
}

TEST(TrustMatrixTest, EachListGivesTheVerdictThatItsMakersState) {
  if (!fs::exists(kCorpus)) GTEST_SKIP() << "no shared corpus at " << kCorpus;
  const auto archive = base::MappedFile::Open(kCorpus / "libdigidocpp/tsl.asice");
  const auto signer = base::MappedFile::Open(kCorpus / "trust/certs/libdigidocpp/TSL.crt");
  ASSERT_TRUE(archive.ok() && signer.ok());
  auto container = AsicContainer::Open("tsl.asice", archive.value().bytes());
  ASSERT_TRUE(container.ok());
  const std::string file = container.value().signature_files().at(0);
  const auto xml = container.value().ReadSignatureFile(file);
  const auto document = XmlDocument::Parse(xml.value());
  const auto facts = CheckSignature(document.value(), FindSignatures(document.value()).at(0), file,
                                    container.value());
  ASSERT_TRUE(facts.ok());
  std::size_t rows = 0;
  for (const tests::Row& row : tests::ReadTable(kCorpus / "manifest.tsv")) {
    if (row.at("format") != "trusted-list+asic-e") continue;
    const auto list = base::MappedFile::Open(kCorpus / row.at("path"));
    ASSERT_TRUE(list.ok()) << row.at("path");
    const auto trust =
        TrustSnapshot::Read({{"list", list.value().bytes()}, {"signer", signer.value().bytes()}},
                            *base::ParseTime("2026-06-01T00:00:00Z"), nullptr);
    const Outcome outcome = Judge(facts.value(), trust);
    EXPECT_EQ(outcome.Valid(), row.at("verdict") == "valid")
        << row.at("path") << ": " << outcome.Text();
    ++rows;
  }
  EXPECT_GT(rows, 0U);
}

}  // namespace
}  // namespace signing
