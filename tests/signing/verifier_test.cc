#include "signing/verifier.h"

#include <gtest/gtest.h>

#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Json;
using tests::SignatureMaker;
using tests::ZipMaker;

const tests::Identity& Signer() {
  static const tests::Identity signer = tests::MakeIdentity(tests::MakeEcKey(), "Anna Paraugs");
  return signer;
}

const tests::Identity& Other() {
  static const tests::Identity other = tests::MakeIdentity(tests::MakeEcKey(), "Anna Paraugs");
  return other;
}

const tests::Identity& Tsa() {
  static const tests::Identity tsa =
      tests::MakeIdentity(tests::MakeEcKey(), "Test TSA", /*for_timestamps=*/true);
  return tsa;
}

VerifyRequest RequestFor(base::ByteSpan document) {
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.at = *base::ParseTime("2026-12-01T00:00:00Z");
  return request;
}

Json VerifyBytes(base::ByteSpan document) {
  return Verify(RequestFor(document));
}

Json VerifyZip(const ZipMaker& zip) {
  return VerifyBytes(zip.Make());
}

const Json& FirstSignature(const Json& report) {
  static const Json kNone;
  const Json* list = report.Find("signatures");
  return list->AsArray()->empty() ? kNone : list->AsArray()->front();
}

// "INDICATION/SUB intact" of the first signature, or "refused CODE".
std::string Outcome(const Json& report) {
  if (report.Text("verdict") == "refused")
    return "refused " + report.Find("refusal")->Text("code").value_or("?");
  const Json& signature = FirstSignature(report);
  const Json* intact = signature.Find("intact");
  return signature.Text("subIndication").value_or("PASSED") +
         (intact != nullptr && *intact->AsBool() ? " intact" : " broken");
}

bool HasFinding(const Json& report, std::string_view code) {
  for (const Json& finding : *report.Find("containerFindings")->AsArray())
    if (finding.Text("code") == code) return true;
  return false;
}

std::string OutcomeOf(const std::function<void(SignatureMaker&)>& change) {
  SignatureMaker maker(Signer());
  change(maker);
  return Outcome(VerifyZip(maker.Container()));
}

constexpr std::string_view kUntrusted = "NO_CERTIFICATE_CHAIN_FOUND intact";

// --- What is right.

TEST(VerifierTest, AnIntactSignatureOfNobodyTrustedIsIndeterminate) {
  const Json report = VerifyZip(SignatureMaker(Signer()).Container());
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(report.Text("verdict"), "indeterminate");
  EXPECT_EQ(ExitCodeOf(report), 2);
  EXPECT_EQ(report.Find("document")->Text("container"), "ASiC-E");
  EXPECT_TRUE(report.Find("containerFindings")->AsArray()->empty());
}

TEST(VerifierTest, TheReportNamesSignerScopeAndTimes) {
  const Json report = VerifyZip(SignatureMaker(Signer()).Container());
  const Json& signature = FirstSignature(report);
  EXPECT_EQ(signature.Find("signer")->Text("commonName"), "Anna Paraugs");
  EXPECT_EQ(signature.Find("scope")->Dump(), R"(["lemums.txt"])");
  EXPECT_EQ(signature.Text("claimedSigningTime"), "2026-11-23T12:00:00Z");
  EXPECT_TRUE(signature.Find("bestSignatureTime")->is_null());
  EXPECT_EQ(signature.Text("format"), "XAdES-BASELINE-B");
  EXPECT_EQ(signature.Text("file"), "META-INF/signatures0.xml");
}

TEST(VerifierTest, TheSameBytesGiveTheSameReport) {
  const base::Bytes document = SignatureMaker(Signer()).Container().Make();
  EXPECT_EQ(VerifyBytes(document).Dump(), VerifyBytes(document).Dump());
}

// What only people read is left out; what is found stays what it is, good or bad.
TEST(VerifierTest, WithoutExplanationsTheReportSaysTheSame) {
  SignatureMaker forged(Signer());
  forged.make_value = [](EVP_PKEY*, base::ByteSpan) { return base::Bytes(64, 1); };
  const base::Bytes documents[] = {SignatureMaker(Signer()).Container().Make(),
                                   forged.Container().Make(), base::ToBytes("no document")};
  for (const base::Bytes& document : documents) {
    VerifyRequest request = RequestFor(document);
    Json whole = Verify(request);
    request.explained = false;
    const Json brief = Verify(request);
    Json::Array signatures = *whole.Find("signatures")->AsArray();
    for (Json& signature : signatures) {
      Json::Object members = *signature.AsObject();
      std::erase_if(members, [](const Json::Member& member) {
        return member.first == "checks" || member.first == "notes" ||
               member.first == "whatWouldChangeIt";
      });
      signature = std::move(members);
    }
    whole.Set("signatures", std::move(signatures));
    EXPECT_EQ(brief.Dump(), whole.Dump());
  }
}

TEST(VerifierTest, AmongOthersEachGetsTheReportThatItGetsAlone) {
  SignatureMaker forged(Signer());  // With the certificate of its neighbours.
  forged.make_value = [](EVP_PKEY*, base::ByteSpan) { return base::Bytes(64, 1); };
  const base::Bytes documents[] = {
      SignatureMaker(Signer()).Container().Make(), forged.Container().Make(),
      SignatureMaker(Other()).Container().Make(), SignatureMaker(Signer()).Container().Make()};
  std::vector<VerifyRequest> requests;
  for (const base::Bytes& document : documents) requests.push_back(RequestFor(document));
  std::vector<Json> reports;
  VerifyEach(requests, [&](std::size_t number, const Json& report) {
    EXPECT_EQ(number, reports.size());
    reports.push_back(report);
  });
  ASSERT_EQ(reports.size(), requests.size());
  for (std::size_t i = 0; i < reports.size(); ++i)
    EXPECT_EQ(reports[i].Dump(), VerifyBytes(documents[i]).Dump()) << i;
  EXPECT_EQ(Outcome(reports[1]).substr(Outcome(reports[1]).find(' ')), " broken");
}

TEST(VerifierTest, ATimestampOfAnUntrustedAuthorityFitsAndProvesNothing) {
  SignatureMaker maker(Signer());
  maker.tsa = &Tsa();
  const Json signature = FirstSignature(VerifyZip(maker.Container()));
  EXPECT_EQ(signature.Text("format"), "XAdES-BASELINE-T");
  const Json& timestamp = signature.Find("timestamps")->AsArray()->front();
  EXPECT_EQ(timestamp.Find("imprintOk")->Dump(), "true");
  EXPECT_EQ(timestamp.Find("signatureOk")->Dump(), "true");
  EXPECT_EQ(timestamp.Text("tsa"), "CN=Test TSA");
  EXPECT_EQ(timestamp.Find("trusted")->Dump(), "false");
  EXPECT_TRUE(timestamp.Text("time").has_value());
  EXPECT_TRUE(signature.Find("bestSignatureTime")->is_null());
}

TEST(VerifierTest, T9_ATimestampOfAnotherSignatureProvesNothing) {
  SignatureMaker maker(Signer());
  maker.tsa = &Tsa();
  maker.stamped_instead = "another SignatureValue";
  const Json signature = FirstSignature(VerifyZip(maker.Container()));
  const Json& timestamp = signature.Find("timestamps")->AsArray()->front();
  EXPECT_EQ(timestamp.Find("imprintOk")->Dump(), "false");
  EXPECT_TRUE(signature.Find("bestSignatureTime")->is_null());
}

// The level reported for a signature of `maker` with `properties` among its unsigned ones.
std::string LevelWith(const SignatureMaker& maker, const std::string& properties) {
  ZipMaker zip = maker.Container();
  std::string& xml = zip.last().content;
  const std::string end = "</xades:UnsignedSignatureProperties>";
  if (const std::size_t at = xml.find(end); at != std::string::npos) {
    xml.insert(at, properties);
  } else {
    xml.insert(xml.find("</xades:QualifyingProperties>"),
               "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>" + properties + end +
                   "</xades:UnsignedProperties>");
  }
  return FirstSignature(VerifyZip(zip)).Text("format").value_or("");
}

constexpr const char* kEmptyValues =
    "<xades:CertificateValues/><xades:RevocationValues><xades:OCSPValues>"
    "<xades:EncapsulatedOCSPValue/></xades:OCSPValues></xades:RevocationValues>"
    "<xades:ArchiveTimeStamp/>";

TEST(VerifierTest, EmptyElementsRaiseNoLevel) {
  SignatureMaker maker(Signer());
  EXPECT_EQ(LevelWith(maker, std::string("<xades:SignatureTimeStamp/>") + kEmptyValues),
            "XAdES-BASELINE-B");
  maker.tsa = &Tsa();
  EXPECT_EQ(LevelWith(maker, kEmptyValues), "XAdES-BASELINE-T");
}

TEST(VerifierTest, CertificateValuesUnderATimestampThatFitsMakeLevelLt) {
  SignatureMaker maker(Signer());
  maker.tsa = &Tsa();
  EXPECT_EQ(LevelWith(maker, "<xades:CertificateValues><xades:EncapsulatedX509Certificate>" +
                                 base::Base64Encode(Other().Der()) +
                                 "</xades:EncapsulatedX509Certificate></xades:CertificateValues>"),
            "XAdES-BASELINE-LT");
}

TEST(VerifierTest, ATimestampOfAnotherSignatureRaisesNoLevel) {
  SignatureMaker maker(Signer());
  maker.tsa = &Tsa();
  maker.stamped_instead = "another SignatureValue";
  EXPECT_EQ(LevelWith(maker, ""), "XAdES-BASELINE-B");
}

TEST(VerifierTest, RsaSignaturesVerify) {
  const auto signer = tests::MakeIdentity(tests::MakeRsaKey(), "Rihards Paraugs");
  SignatureMaker maker(signer);
  maker.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  EXPECT_EQ(Outcome(VerifyZip(maker.Container())), kUntrusted);
}

const std::string kContent = "Lemums par atlauju";

std::string SignedFilesOf(const Json& report) {
  return FirstSignature(report).Find("signedFiles")->Dump();
}

std::string OneSignedFile(const std::string& name, std::string_view content) {
  Json file;
  file.Set("name", name);
  file.Set("sha256", base::HexEncode(base::Sha256(base::AsBytes(content)).span()));
  return Json(Json::Array{file}).Dump();
}

TEST(VerifierTest, TheReportStatesTheDigestOfEachFileAndOfTheValue) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  const Json report = VerifyZip(zip);
  EXPECT_EQ(SignedFilesOf(report), OneSignedFile("lemums.txt", kContent));
  const std::string& xml = zip.last().content;
  const std::size_t start = xml.find("-V\">") + 4;
  const auto octets = base::Base64Decode(xml.substr(start, xml.find('<', start) - start));
  EXPECT_EQ(FirstSignature(report).Text("signatureValueSha256"),
            base::HexEncode(base::Sha256(octets.value()).span()));
}

TEST(VerifierTest, AChangedFileIsStatedAsItIsNotAsItWasSigned) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.at(1).content += "!";
  EXPECT_EQ(SignedFilesOf(VerifyZip(zip)), OneSignedFile("lemums.txt", kContent + "!"));
}

TEST(VerifierTest, AFileUnderTransformsIsStatedAsItIs) {
  SignatureMaker maker(Signer());
  maker.files = {{"a.xml", "<a  b='1'/>"}};
  maker.file_transforms = SignatureMaker::Transforms(SignatureMaker::kInclusive);
  EXPECT_EQ(SignedFilesOf(VerifyZip(maker.Container())), OneSignedFile("a.xml", "<a  b='1'/>"));
}

TEST(VerifierTest, AFileUnderAnotherDigestIsStatedBySha256) {
  SignatureMaker maker(Signer());
  std::string reference = SignatureMaker::Reference("r", "lemums.txt", "", "AAAA");
  const std::string sha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
  reference.replace(reference.find(sha256), sha256.size(),
                    "http://www.w3.org/2001/04/xmlenc#sha512");
  maker.sign_files = false;
  maker.extra_references = reference;
  EXPECT_EQ(SignedFilesOf(VerifyZip(maker.Container())), OneSignedFile("lemums.txt", kContent));
}

TEST(VerifierTest, AFileThatIsNotThereIsNotStated) {
  SignatureMaker maker(Signer());
  maker.sign_files = false;
  maker.extra_references = SignatureMaker::Reference("r", "cits.txt", "", "AAAA");
  EXPECT_EQ(SignedFilesOf(VerifyZip(maker.Container())), "[]");
}

// --- What was tampered with.

TEST(VerifierTest, AChangedFileIsAHashFailure) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.at(1).content += "!";
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Outcome(report), "HASH_FAILURE broken");
  EXPECT_EQ(report.Text("verdict"), "invalid");
  EXPECT_EQ(ExitCodeOf(report), 1);
}

TEST(VerifierTest, AMissingFileIsSignedDataNotFound) {
  SignatureMaker maker(Signer());
  maker.files.emplace("otrs.txt", "cits");
  ZipMaker zip = maker.Container();
  zip.at(1).name = zip.at(1).local_name = "cits.txt";
  EXPECT_EQ(Outcome(VerifyZip(zip)), "SIGNED_DATA_NOT_FOUND broken");
}

TEST(VerifierTest, AChangedPropertyIsAHashFailure) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml.replace(xml.find("12:00:00Z"), 9, "13:00:00Z");
  EXPECT_EQ(Outcome(VerifyZip(zip)), "HASH_FAILURE broken");
}

TEST(VerifierTest, AChangedSignedInfoIsACryptoFailure) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml.replace(xml.find("Id=\"S1-lemums.txt\""), 18, "Id=\"S1-lEmums.txt\"");
  EXPECT_EQ(Outcome(VerifyZip(zip)), "SIG_CRYPTO_FAILURE broken");
}

TEST(VerifierTest, AnInstructionInSignedInfoIsACryptoFailure) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml.insert(xml.find("<ds:Reference"), "<?x y?>");
  EXPECT_EQ(Outcome(VerifyZip(zip)), "SIG_CRYPTO_FAILURE broken");
}

TEST(VerifierTest, ACommentDoesNotSplitAValue) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml.insert(xml.find("T12:00:00Z"), "<!-- -->");
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(FirstSignature(report).Text("claimedSigningTime"), "2026-11-23T12:00:00Z");
}

// --- Whose key.

TEST(VerifierTest, T7_TheCertificateShownMustBeTheOneNamed) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.shown = &Other(); }),
            "NO_SIGNING_CERTIFICATE_FOUND broken");
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.named = &Other(); }),
            "NO_SIGNING_CERTIFICATE_FOUND broken");
}

TEST(VerifierTest, T7_TheCertificateNamedMustHaveSigned) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.named = maker.shown = &Other(); }),
            "SIG_CRYPTO_FAILURE broken");
}

TEST(VerifierTest, T7_AKeyValueIsNeverUsed) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  const std::size_t start = xml.find("<ds:X509Data>");
  const std::size_t end = xml.find("</ds:KeyInfo>");
  xml.replace(start, end - start, "<ds:KeyValue/>");
  EXPECT_EQ(Outcome(VerifyZip(zip)), "NO_SIGNING_CERTIFICATE_FOUND broken");
}

TEST(VerifierTest, AMacIsNoSignature) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.method = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
            }),
            "CRYPTO_CONSTRAINTS_FAILURE broken");
}

// --- What is covered.

TEST(VerifierTest, T5_SignedPropertiesMustBeCovered) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.sign_properties = false; }),
            "SIG_CONSTRAINTS_FAILURE intact");
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.properties_type = "urn:other"; }),
            "SIG_CONSTRAINTS_FAILURE intact");
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.target = "#S2"; }),
            "SIG_CONSTRAINTS_FAILURE intact");
}

TEST(VerifierTest, ASignatureOverNoDataIsNotEnough) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) { maker.sign_files = false; }),
            "SIG_CONSTRAINTS_FAILURE intact");
}

TEST(VerifierTest, T13_AFileThatNobodySignedIsNamed) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.Add("slepts.txt", "x");
  const Json report = VerifyZip(zip);
  EXPECT_TRUE(HasFinding(report, "container.unsigned-file"));
  EXPECT_TRUE(HasFinding(report, "container.manifest-omits"));
}

TEST(VerifierTest, T13_AFileThatOnlyTheManifestKnowsIsNamed) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& manifest = zip.at(2).content;
  const std::size_t at = manifest.find("lemums.txt");
  manifest.replace(at, 10, "cits.txt");
  EXPECT_TRUE(HasFinding(VerifyZip(zip), "container.manifest-lists-absent"));
}

TEST(VerifierTest, T6_AnIdThatOccursTwiceIsAFormatFailure) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.close = "<x Id=\"S1\"/></asic:XAdESSignatures>";
            }),
            "FORMAT_FAILURE intact");
}

TEST(VerifierTest, T6_AReferencedIdThatOccursTwiceMeansNothing) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.extra_objects = "<ds:Object Id=\"d\">a</ds:Object>";
              maker.close = "<x Id=\"d\">b</x></asic:XAdESSignatures>";
              maker.extra_references = SignatureMaker::Reference("r", "#d", "", "AAAA");
            }),
            "FORMAT_FAILURE broken");
}

TEST(VerifierTest, T6_AnObjectMovedUnderAnotherIsNotFound) {
  const std::string object = "<ds:Object Id=\"d\">data</ds:Object>";
  const auto with = [&](const std::string& objects) {
    return OutcomeOf([&](SignatureMaker& maker) {
      maker.extra_objects = objects;
      const auto document =
          XmlDocument::Parse(base::AsBytes("<a xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" "
                                           "xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">" +
                                           object + "</a>"));
      const NodeSet nodes{.document = &document.value(),
                          .apex = document.value().FindById("d").front()};
      maker.extra_references = SignatureMaker::Reference(
          "r", "#d", "",
          SignatureMaker::Digest(CanonicalBytes(nodes, DefaultCanonicalization()).value()),
          "http://www.w3.org/2000/09/xmldsig#Object");
    });
  };
  EXPECT_EQ(with(object), kUntrusted);
  EXPECT_EQ(with("<ds:Object Id=\"evil\">" + object + "</ds:Object>"),
            "SIGNED_DATA_NOT_FOUND broken");
}

TEST(VerifierTest, AManifestEntryWithAWrongDigestIsAHashFailure) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.extra_objects = "<ds:Object><ds:Manifest Id=\"m\">" +
                                    SignatureMaker::Reference("", "lemums.txt", "", "AAAA") +
                                    "</ds:Manifest></ds:Object>";
              maker.extra_references = SignatureMaker::Reference(
                  "r", "#m", "", "AAAA", "http://www.w3.org/2000/09/xmldsig#Manifest");
            }),
            "HASH_FAILURE broken");
}

// --- Counter-signatures.

// `xml` with a counter-signature by Other() over the digest that the test chooses.
std::string WithCounterSignature(std::string xml, const std::string& digest) {
  SignatureMaker counter(Other());
  counter.id = "C1";
  counter.target = "#C1";
  counter.files.clear();
  counter.exclusive = true;
  counter.open = counter.close = "";
  counter.extra_references =
      SignatureMaker::Reference("", "#S1-V", SignatureMaker::Transforms(SignatureMaker::kExclusive),
                                digest, "http://uri.etsi.org/01903#CountersignedSignature");
  const std::string end = "</xades:QualifyingProperties>";
  return xml.replace(xml.find(end), end.size(),
                     "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
                     "<xades:CounterSignature>" +
                         counter.Xml() +
                         "</xades:CounterSignature></xades:UnsignedSignatureProperties>"
                         "</xades:UnsignedProperties>" +
                         end);
}

Json CounterSignatureOf(const Json& report) {
  const Json* list = FirstSignature(report).Find("counterSignatures");
  return list->AsArray()->empty() ? Json() : list->AsArray()->front();
}

TEST(VerifierTest, T8_ACounterSignatureIsReportedWithItsParent) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml = WithCounterSignature(xml, SignatureMaker::Digest(SignatureMaker::Canonical(
                                      xml, "S1-V", SignatureMaker::kExclusive)));
  const Json report = VerifyZip(zip);
  EXPECT_EQ(report.Find("signatures")->AsArray()->size(), 1U);
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(CounterSignatureOf(report).Find("coversParent")->Dump(), "true");
  EXPECT_EQ(CounterSignatureOf(report).Find("intact")->Dump(), "true");
}

TEST(VerifierTest, T8_ACounterSignatureTakenFromElsewhereIsNotIntact) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  std::string& xml = zip.last().content;
  xml = WithCounterSignature(xml, SignatureMaker::Digest(base::AsBytes("another value")));
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(CounterSignatureOf(report).Find("coversParent")->Dump(), "false");
  EXPECT_EQ(CounterSignatureOf(report).Find("intact")->Dump(), "false");
}

TEST(VerifierTest, ASignatureUnderAStrayCounterSignatureElementIsListed) {
  SignatureMaker hidden(Other());
  hidden.id = "S9";
  hidden.target = "#S9";
  hidden.open = hidden.close = "";
  std::string broken = hidden.Xml();
  broken.replace(broken.find("lemums.txt"), 10, "cits.txt");
  SignatureMaker maker(Signer());
  maker.close = "<x:CounterSignature xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\">" + broken +
                "</x:CounterSignature></asic:XAdESSignatures>";
  const Json report = VerifyZip(maker.Container());
  EXPECT_EQ(report.Find("signatures")->AsArray()->size(), 2U);
  EXPECT_EQ(report.Find("signatures")->AsArray()->back().Text("id"), "S9");
}

TEST(VerifierTest, AMemberOfMetaInfThatNobodyReadsIsNamed) {
  for (const char* name : {"META-INF/Signatures.XML", "META-INF/sub/signatures.xml"}) {
    ZipMaker zip = SignatureMaker(Signer()).Container();
    zip.Add(name, "<x/>");
    EXPECT_TRUE(HasFinding(VerifyZip(zip), "container.unread-member")) << name;
  }
}

// --- ASiC-S.

ZipMaker Simple(const std::string& name) {
  SignatureMaker maker(Signer());
  ZipMaker zip;
  zip.Add("mimetype", "application/vnd.etsi.asic-s+zip");
  zip.Add(name, maker.files.begin()->second);
  zip.Add("META-INF/signatures.xml", maker.Xml());
  return zip;
}

TEST(VerifierTest, ASimpleContainerVerifies) {
  const Json report = VerifyZip(Simple("lemums.txt"));
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(report.Find("document")->Text("container"), "ASiC-S");
}

TEST(VerifierTest, ASimpleContainerWhoseFileWasRenamedIsSignedDataNotFound) {
  const Json report = VerifyZip(Simple("atlauja-1000000.txt"));
  EXPECT_EQ(Outcome(report), "SIGNED_DATA_NOT_FOUND broken");
  EXPECT_EQ(FirstSignature(report).Find("scope")->Dump(), "[]");
  EXPECT_TRUE(HasFinding(report, "container.unsigned-file"));
}

TEST(VerifierTest, ASimpleContainerWithoutUriIsOverItsOneFile) {
  SignatureMaker maker(Signer());
  maker.sign_files = false;
  std::string reference =
      SignatureMaker::Reference("r", "", "", SignatureMaker::Digest(base::AsBytes(kContent)));
  reference.replace(reference.find(" URI=\"\""), 7, "");
  maker.extra_references = reference;
  ZipMaker zip;
  zip.Add("mimetype", "application/vnd.etsi.asic-s+zip");
  zip.Add("cits.txt", kContent);
  zip.Add("META-INF/signatures.xml", maker.Xml());
  const Json report = VerifyZip(zip);
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(FirstSignature(report).Find("scope")->Dump(), R"(["cits.txt"])");
}

TEST(VerifierTest, ASimpleContainerWithAnotherFileIsAHashFailure) {
  ZipMaker zip = Simple("lemums.txt");
  zip.at(1).content = "cits saturs";
  EXPECT_EQ(Outcome(VerifyZip(zip)), "HASH_FAILURE broken");
}

TEST(VerifierTest, ASimpleContainerHasOneFileInItsRoot) {
  EXPECT_EQ(Outcome(VerifyZip(Simple("mape/lemums.txt"))), "FORMAT_FAILURE broken");
  EXPECT_EQ(Outcome(VerifyZip(Simple("lemums.txt").Add("otrs.txt", "x"))), "FORMAT_FAILURE intact");
}

TEST(VerifierTest, ASimpleContainerMixesNoKindsOfProof) {
  EXPECT_EQ(Outcome(VerifyZip(Simple("lemums.txt").Add("META-INF/timestamp.tst", "x"))),
            "refused container.mixed");
}

// --- Transforms and references that must not run or leave the container.

class TransformTest : public testing::TestWithParam<std::string> {};

TEST_P(TransformTest, T11_IsNeverIntact) {
  const std::string outcome =
      OutcomeOf([](SignatureMaker& maker) { maker.file_transforms = GetParam(); });
  EXPECT_EQ(outcome, "SIG_CONSTRAINTS_FAILURE broken");
}

INSTANTIATE_TEST_SUITE_P(
    Transforms, TransformTest,
    testing::Values(
        SignatureMaker::Transforms("http://www.w3.org/TR/1999/REC-xslt-19991116"),
        SignatureMaker::Transforms("http://www.w3.org/2000/09/xmldsig#base64"),
        SignatureMaker::Transforms("http://www.w3.org/TR/1999/REC-xpath-19991116",
                                   "<ds:XPath>not(ancestor-or-self::secret)</ds:XPath>"),
        SignatureMaker::Transforms("http://www.w3.org/2000/09/xmldsig#enveloped-signature"),
        SignatureMaker::Transforms("urn:unknown")));

class UriTest : public testing::TestWithParam<std::string> {};

TEST_P(UriTest, T11_PointsToNothing) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.extra_references = SignatureMaker::Reference("r", GetParam(), "", "AAAA");
            }),
            "SIGNED_DATA_NOT_FOUND broken");
}

INSTANTIATE_TEST_SUITE_P(Uris, UriTest,
                         testing::Values("file:///etc/hostname", "http://127.0.0.1:9/x",
                                         "../../etc/hostname", "lemums%252etxt", "//host/x",
                                         "#nothing", "#xpointer(//x)", "#xpointer(id('none'))",
                                         "mimetype/"));

// References that differ in nothing but a parameter, so that none is the same as another.
std::string ManyReferences(int count, const std::string& uri, const std::string& before) {
  std::string references;
  for (int i = 0; i < count; ++i)
    references += SignatureMaker::Reference(
        "", uri,
        "<ds:Transforms>" + before + "<ds:Transform Algorithm=\"" + SignatureMaker::kExclusive +
            "\"><e:InclusiveNamespaces xmlns:e=\"" + SignatureMaker::kExclusive +
            "\" PrefixList=\"p" + std::to_string(i) + "\"/></ds:Transform></ds:Transforms>",
        "AAAA");
  return references;
}

const std::string kElements = [] {
  std::string elements;
  for (int i = 0; i < 5000; ++i) elements += "<b/>";
  return elements;
}();

// 1.4 kB as an archive: four seconds it was, before.
TEST(VerifierTest, WalksOverDeepElementsUnderManyNamespacesAreRefused) {
  SignatureMaker maker(Signer());
  std::string deep = kElements;
  for (int i = 0; i < 100; ++i) deep = "<a>" + deep + "</a>";
  for (int i = 0; i < 20; ++i)
    maker.open.insert(maker.open.size() - 1,
                      " xmlns:n" + std::to_string(i) + "=\"urn:" + std::to_string(i) + "\"");
  maker.close = deep + maker.close;
  maker.extra_references = ManyReferences(
      250, "",
      R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>)");
  maker.sign_properties = false;
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(maker.Xml()))), "refused xml.too-costly");
}

TEST(VerifierTest, T24_ManyReferencesToALargeDocumentAreRefusedBeforeTheyCost) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.extra_references = ManyReferences(2000, "#S1", "");
            }),
            "refused xml.too-costly");
}

TEST(VerifierTest, AFileParsedForEachOfManyReferencesIsRefused) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.files = {{"a.xml", "<r>" + kElements + kElements + "</r>"}};
              maker.extra_references = ManyReferences(1000, "a.xml", "");
            }),
            "refused xml.too-costly");
}

TEST(VerifierTest, DecodingAndParsingOneObjectForManyReferencesIsRefused) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              maker.extra_objects =
                  "<ds:Object Id=\"o\">" +
                  base::Base64Encode(base::AsBytes("<r>" + kElements + kElements + "</r>")) +
                  "</ds:Object>";
              maker.extra_references = ManyReferences(
                  1000, "#o",
                  R"(<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>)");
            }),
            "refused xml.too-costly");
}

TEST(WorkBudgetTest, IsSharedByAllDocumentsOfAVerification) {
  const std::string xml = "<r>" + kElements + "</r>";
  const auto budget = std::make_shared<WorkBudget>(xml.size());
  int documents = 0;
  while (documents < 1000 && XmlDocument::Parse(base::AsBytes(xml), budget).ok()) ++documents;
  EXPECT_GT(documents, 1);
  EXPECT_LT(documents, 1000);
}

TEST(VerifierTest, T24_TheSameReferenceManyTimesCostsAsMuchAsOnce) {
  EXPECT_EQ(OutcomeOf([](SignatureMaker& maker) {
              const std::string file = "<r>" + kElements + kElements + "</r>";
              const std::string canonical = SignatureMaker::Digest(base::AsBytes([&] {
                std::string text;
                for (int i = 0; i < 10000; ++i) text += "<b></b>";
                return "<r>" + text + "</r>";
              }()));
              maker.files = {{"a.xml", file}};
              maker.sign_files = false;
              for (int i = 0; i < 1000; ++i)
                maker.extra_references += SignatureMaker::Reference(
                    "", "a.xml", SignatureMaker::Transforms(SignatureMaker::kInclusive), canonical);
            }),
            kUntrusted);
}

// --- Bare XML.

std::string EnvelopedDigest(const std::string& root) {
  const auto document = XmlDocument::Parse(base::AsBytes(root));
  return SignatureMaker::Digest(
      CanonicalBytes({.document = &document.value()}, DefaultCanonicalization()).value());
}

std::string Enveloped(const std::string& transforms) {
  SignatureMaker maker(Signer());
  maker.files.clear();
  maker.extra_references =
      SignatureMaker::Reference("r", "", transforms, EnvelopedDigest("<doc><p>teksts</p></doc>"));
  maker.open = "<doc><p>teksts</p>";
  maker.close = "</doc>";
  return maker.Xml();
}

const std::string kEnveloped =
    SignatureMaker::Transforms("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
const std::string kWithoutSignatures =
    SignatureMaker::Transforms("http://www.w3.org/TR/1999/REC-xpath-19991116",
                               "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>");

TEST(VerifierTest, EnvelopedSignaturesCoverTheDocumentAroundThem) {
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(Enveloped(kEnveloped)))), kUntrusted);
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(Enveloped(kWithoutSignatures)))), kUntrusted);
}

TEST(VerifierTest, AnEnvelopedDocumentThatWasChangedIsAHashFailure) {
  std::string xml = Enveloped(kEnveloped);
  xml.replace(xml.find("teksts"), 6, "teksti");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(xml))), "HASH_FAILURE broken");
}

// A signature over the children of <p Id="p"> alone, with `beside` in the document as well.
Json OverAPart(const std::string& beside) {
  const std::string part = "<p Id=\"p\">teksts</p>";
  SignatureMaker maker(Signer());
  maker.files.clear();
  maker.extra_references = SignatureMaker::Reference(
      "r", "",
      SignatureMaker::Transforms("http://www.w3.org/2002/06/xmldsig-filter2",
                                 "<f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" "
                                 "Filter=\"intersect\">id('p')/node()</f:XPath>"),
      SignatureMaker::Digest(base::AsBytes("teksts")));
  maker.open = "<doc>" + part + beside;
  maker.close = "</doc>";
  return VerifyBytes(base::AsBytes(maker.Xml()));
}

TEST(VerifierTest, AFilterThatTakesAPartIsNotTheWholeDocument) {
  const Json report = OverAPart("");
  EXPECT_EQ(Outcome(report), kUntrusted);
  EXPECT_EQ(FirstSignature(report).Find("scope")->Dump(), R"j(["#p (part)"])j");
}

TEST(VerifierTest, ContentBesideASignedPartIsNoticed) {
  const Json report = OverAPart("<evil>maksa 1000000</evil>");
  EXPECT_EQ(FirstSignature(report).Find("scope")->Dump(), R"j(["#p (part)"])j");
  EXPECT_TRUE(HasFinding(report, "signature.part-only"));
  EXPECT_FALSE(
      HasFinding(VerifyBytes(base::AsBytes(Enveloped(kEnveloped))), "signature.part-only"));
}

TEST(VerifierTest, AnXPathWithAnotherPrefixMeaningIsNotOurs) {
  const std::string transform = SignatureMaker::Transforms(
      "http://www.w3.org/TR/1999/REC-xpath-19991116",
      "<ds:XPath xmlns:e=\"urn:evil\">not(ancestor-or-self::e:Signature)</ds:XPath>");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(Enveloped(transform)))),
            "SIG_CONSTRAINTS_FAILURE broken");
}

TEST(VerifierTest, AReferenceThatCoversNothingIsNotFound) {
  SignatureMaker maker(Signer());
  maker.files.clear();
  maker.open = maker.close = "";  // The signature is the whole document.
  maker.extra_references =
      SignatureMaker::Reference("r", "", kEnveloped, SignatureMaker::Digest({}));
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes(maker.Xml()))), "SIGNED_DATA_NOT_FOUND broken");
}

class DetachedTest : public testing::Test {
 protected:
  DetachedTest() {
    SignatureMaker maker(Signer());
    maker.open = maker.close = "";
    xml_ = maker.Xml();
  }
  std::string OutcomeWith(std::vector<NamedBytes> data, std::vector<NamedDigest> digests = {}) {
    VerifyRequest request = RequestFor(base::AsBytes(xml_));
    request.data = std::move(data);
    request.digests = std::move(digests);
    return Outcome(Verify(request));
  }
  std::string xml_;
  const base::Bytes data_ = base::ToBytes("Lemums par atlauju");
};

TEST_F(DetachedTest, FindsTheDataHandedIn) {
  EXPECT_EQ(OutcomeWith({{"lemums.txt", data_}}), kUntrusted);
}

TEST_F(DetachedTest, WithoutDataThereIsNoVerdict) {
  EXPECT_EQ(OutcomeWith({}), "SIGNED_DATA_NOT_FOUND broken");
  EXPECT_EQ(OutcomeWith({{"cits.txt", data_}}), "SIGNED_DATA_NOT_FOUND broken");
}

TEST_F(DetachedTest, OtherDataIsAHashFailure) {
  EXPECT_EQ(OutcomeWith({{"lemums.txt", base::AsBytes("cits")}}), "HASH_FAILURE broken");
}

TEST_F(DetachedTest, ADigestStandsForTheData) {
  EXPECT_EQ(OutcomeWith({}, {{"lemums.txt", base::Sha256(data_)}}), kUntrusted);
  EXPECT_EQ(OutcomeWith({}, {{"lemums.txt", base::Sha256({})}}), "HASH_FAILURE broken");
}

// --- Refusals.

TEST(VerifierTest, WhatIsNoContainerIsRefusedByName) {
  EXPECT_EQ(Outcome(VerifyBytes({})), "refused container.empty");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes("%PDF-1.7"))), "refused container.pdf");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes("hello"))), "refused container.unknown");
  EXPECT_EQ(Outcome(VerifyBytes(Signer().Der())), "refused container.cms");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes("<a/>"))), "refused container.no-signatures");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes("<SignedDoc/>"))), "refused container.ddoc");
  EXPECT_EQ(Outcome(VerifyBytes(base::AsBytes("<a"))), "refused xml.malformed");
}

TEST(VerifierTest, ArchivesOfOtherKindsAreRefusedByName) {
  const auto with = [](const std::string& name) {
    ZipMaker zip;
    zip.Add("mimetype", "application/vnd.etsi.asic-e+zip").Add(name, "x");
    return Outcome(VerifyZip(zip));
  };
  EXPECT_EQ(with("a.txt"), "refused container.no-signatures");
  EXPECT_EQ(with("META-INF/signature.p7s"), "refused container.cades");
  EXPECT_EQ(with("META-INF/timestamp.tst"), "refused container.timestamp-only");
  EXPECT_EQ(with("META-INF/evidencerecord.ers"), "refused container.evidence-record-only");
  EXPECT_EQ(with("[Content_Types].xml"), "refused container.edoc1");
  EXPECT_EQ(Outcome(VerifyZip(ZipMaker().Add("a.txt", "x"))), "refused container.plain-zip");
}

TEST(VerifierTest, ABrokenManifestIsRefused) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.at(2).content = "<manifest";
  EXPECT_EQ(Outcome(VerifyZip(zip)), "refused container.manifest-malformed");
}

TEST(VerifierTest, AMemberThatLiesAboutItselfRefusesTheArchiveEvenUnsigned) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.Add("cits.txt", "x").last().crc_lie = 1;
  EXPECT_EQ(Outcome(VerifyZip(zip)), "refused zip.content");
}

TEST(VerifierTest, ARefusalSpeaksTheLanguageAskedFor) {
  VerifyRequest request = RequestFor({});
  const Json english = Verify(request);
  request.language = base::Language::kLatvian;
  const Json latvian = Verify(request);
  EXPECT_EQ(ExitCodeOf(latvian), 3);
  EXPECT_EQ(english.Find("refusal")->Text("code"), latvian.Find("refusal")->Text("code"));
  EXPECT_NE(english.Find("refusal")->Text("message"), latvian.Find("refusal")->Text("message"));
}

TEST(VerifierTest, TheTrustSnapshotDependsOnContentAlone) {
  const auto snapshot = [](std::vector<NamedBytes> trust) {
    VerifyRequest request = RequestFor({});
    request.trust = std::move(trust);
    return Verify(request).Find("trust")->Text("snapshot");
  };
  const base::Bytes a = Signer().Der();
  const base::Bytes b = Other().Der();
  const base::Bytes nothing = base::ToBytes("no certificate and no list");
  EXPECT_EQ(snapshot({}), std::nullopt);
  EXPECT_EQ(snapshot({{"1", a}, {"2", b}}), snapshot({{"x", b}, {"y", a}}));
  EXPECT_NE(snapshot({{"1", a}, {"2", b}}), snapshot({{"1", a}}));
  EXPECT_EQ(snapshot({{"1", a}, {"2", nothing}}), snapshot({{"1", a}}));
  EXPECT_EQ(snapshot({{"2", nothing}}), std::nullopt);
}

TEST(VerifierTest, T12_OnlyABdocNeedsItsMimetype) {
  ZipMaker zip = SignatureMaker(Signer()).Container();
  zip.at(0).name = zip.at(0).local_name = "unsigned-extra.txt";  // No mimetype any more.
  const base::Bytes bytes = zip.Make();
  VerifyRequest request = RequestFor(bytes);
  EXPECT_TRUE(Verify(request).Find("refusal")->is_null());
  request.name = "lemums.BDOC";
  EXPECT_EQ(Verify(request).Find("refusal")->Text("code"), "container.bdoc-without-mimetype");
}

TEST(VerifierTest, AReportWithoutAVerdictIsNeverSuccess) {
  EXPECT_EQ(ExitCodeOf(Json()), 3);
}

}  // namespace
}  // namespace signing
