// One signed container under many editions of a trusted list, made by others: which of them
// trusts the signer, the time-stamp and the OCSP responder.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "signing/container.h"
#include "signing/qualification.h"
#include "signing/revocation.h"
#include "signing/work_budget.h"
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
  for (const auto& [der, position] : facts.xades->ocsp)
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
  outcome.timestamp = QualificationName(QualifyTimestamp(stamp, {token.time, token.time}));
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
                                     builder) != RevocationAuthority::kNone);
  }
  return outcome;
}

// The first signature of a container in the corpus, with what it borrows.
class Container {
 public:
  explicit Container(const fs::path& path) : file_(base::MappedFile::Open(path)) {
    if (!file_.ok()) return;
    auto opened = AsicContainer::Open(path.filename().string(), file_.value().bytes(),
                                      std::make_shared<WorkBudget>(file_.value().bytes().size()));
    if (!opened.ok()) return;
    container_ = std::make_unique<AsicContainer>(std::move(opened).value());
    const std::string name = container_->signature_files().at(0);
    auto document = XmlDocument::Parse(container_->ReadSignatureFile(name).value());
    if (!document.ok()) return;
    document_ = std::make_unique<XmlDocument>(std::move(document).value());
    auto checked = CheckSignature(*document_, FindSignatures(*document_).at(0), name, *container_);
    if (checked.ok()) facts = std::move(checked).value();
  }

  std::optional<SignatureFacts> facts;

 private:
  base::Result<base::MappedFile> file_;
  std::unique_ptr<AsicContainer> container_;
  std::unique_ptr<XmlDocument> document_;
};

TEST(TrustMatrixTest, EachListGivesTheVerdictThatItsMakersState) {
  if (!fs::exists(kCorpus)) GTEST_SKIP() << "no shared corpus at " << kCorpus;
  const auto signer = base::MappedFile::Open(kCorpus / "trust/certs/libdigidocpp/TSL.crt");
  const Container container(kCorpus / "libdigidocpp/tsl.asice");
  ASSERT_TRUE(signer.ok() && container.facts);
  std::size_t rows = 0;
  for (const tests::Row& row : tests::ReadTable(kCorpus / "manifest.tsv")) {
    if (row.at("format") != "trusted-list+asic-e") continue;
    const auto list = base::MappedFile::Open(kCorpus / row.at("path"));
    ASSERT_TRUE(list.ok()) << row.at("path");
    const auto trust =
        TrustSnapshot::Read({{"list", list.value().bytes()}, {"signer", signer.value().bytes()}},
                            *base::ParseTime("2026-06-01T00:00:00Z"), nullptr);
    const Outcome outcome = Judge(*container.facts, trust);
    EXPECT_EQ(outcome.Valid(), row.at("verdict") == "valid")
        << row.at("path") << ": " << outcome.Text();
    ++rows;
  }
  EXPECT_GT(rows, 0U);
}

// L24, L25: a Latvian signature of 2017. Its device is known from the list alone, its CA's service
// has been withdrawn and granted again since, and its time-stamp was never a QTST.
TEST(TrustLiveTest, L25_AnEDocOf2017IsQESigWithANationalTimestamp) {
  if (!fs::exists(kCorpus)) GTEST_SKIP() << "no shared corpus at " << kCorpus;
  std::vector<base::MappedFile> files;
  for (const char* folder : {"trust/tl", "trust/certs/lotl"})
    for (const auto& entry : fs::directory_iterator(kCorpus / folder)) {
      auto file = base::MappedFile::Open(entry.path());
      if (file.ok()) files.push_back(std::move(file).value());
    }
  std::vector<NamedBytes> inputs;
  for (const base::MappedFile& file : files) inputs.push_back({"file", file.bytes()});
  const auto trust = TrustSnapshot::Read(inputs, *base::ParseTime("2023-10-10T00:00:00Z"), nullptr);
  const Container container(kCorpus / "digidoc4j/edoc2_lv-eId_sha256.edoc");
  ASSERT_TRUE(container.facts);
  EXPECT_EQ(Judge(*container.facts, trust).Text(), "QESig TSA-national responder");
  EXPECT_EQ(Judge(*container.facts, TrustSnapshot()).Text(), "N/A N/A responder not in force");
}

}  // namespace
}  // namespace signing
