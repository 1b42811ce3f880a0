// Rules L1-L28 of the reference from end to end, with synthetic twins of what Latvian documents
// of 2015 to 2026 do, and with what an attacker would make of each.
#include <gtest/gtest.h>
#include <openssl/cms.h>

#include "tests/fakes/rule_case.h"
#include "tests/fakes/token_forms.h"

namespace signing {
namespace {

using base::Bytes;
using base::Json;
using tests::Identity;
using tests::Replaced;
using tests::SignatureMaker;
using tests::ZipMaker;

class LatvianRulesTest : public testing::Test {
 protected:
  // The signature file under another name.
  std::string OutcomeAs(const std::string& file) const {
    ZipMaker zip = twin_.Maker().Container();
    zip.last().name = zip.last().local_name = file;
    return twin_.Outcome(zip);
  }

  using MakeToken = std::function<Bytes(const Identity&, base::ByteSpan)>;

  // "imprintOk signatureOk outcome" of a signature whose token is made so, over its own value
  // or over other data.
  std::string StampedBy(const MakeToken& make, bool other_data = false) const {
    SignatureMaker maker = twin_.Maker();
    maker.make_token = make;
    if (other_data) maker.stamped_instead = "another SignatureValue";
    const Json report = twin_.Report(maker.Container());
    const Json& stamp =
        report.Find("signatures")->AsArray()->front().Find("timestamps")->AsArray()->front();
    return stamp.Find("imprintOk")->Dump() + " " + stamp.Find("signatureOk")->Dump();
  }

  static constexpr const char* kFits = "true true";
  static constexpr const char* kForeign = "false true";

  tests::RuleCase twin_;
};

TEST_F(LatvianRulesTest, L1_AnySignatureFileOfMetaInfIsRead) {
  for (const char* name : {"META-INF/signatures.xml", "META-INF/edoc-signatures-S1.xml",
                           "META-INF/signatures-9f3a.xml"})
    EXPECT_EQ(OutcomeAs(name), "valid") << name;
}

TEST_F(LatvianRulesTest, L1_AnotherLetterCaseOrFolderIsNoSignatureFile) {
  for (const char* name : {"META-INF/Signatures0.xml", "META-INF/SIGNATURES.XML",
                           "META-INF/x/signatures0.xml", "signatures0.xml"})
    EXPECT_EQ(OutcomeAs(name), "refused container.no-signatures") << name;
}

// Two files, each with a signature "S1": the second as given.
ZipMaker WithSecond(const tests::RuleCase& twin, const std::string& second) {
  ZipMaker zip = twin.Maker().Container();
  zip.Add("META-INF/signatures1.xml", second);
  return zip;
}

TEST_F(LatvianRulesTest, L2_TheSameIdInTwoFilesIsTwoSignatures) {
  const Json report = twin_.Report(WithSecond(twin_, twin_.Maker().Xml()));
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report, 0), "valid");
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report, 1), "valid");
}

TEST_F(LatvianRulesTest, L2_ABrokenSignatureOfThatIdDoesNotHideBehindTheOther) {
  const Json report =
      twin_.Report(WithSecond(twin_, Replaced(twin_.Maker().Xml(), "T12:00:00Z", "T13:00:00Z")));
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report, 0), "valid");
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report, 1), "HASH_FAILURE");
  EXPECT_EQ(report.Text("verdict"), "invalid");
}

TEST_F(LatvianRulesTest, L3_APlusInAReferenceIsAPlusInTheName) {
  SignatureMaker maker = twin_.Maker();
  maker.files = {{"a+b.txt", "Lemums"}};
  EXPECT_EQ(twin_.Outcome(maker), "valid");
}

TEST_F(LatvianRulesTest, L3_AFileWithABlankIsNotTheOneWithThePlus) {
  SignatureMaker maker = twin_.Maker();
  maker.files = {{"a+b.txt", "Lemums"}};
  ZipMaker zip = maker.Container();
  zip.at(1).name = zip.at(1).local_name = "a b.txt";
  EXPECT_EQ(twin_.Outcome(zip), "SIGNED_DATA_NOT_FOUND");
}

TEST_F(LatvianRulesTest, L4_WithoutTransformsThePropertiesAreInInclusiveForm) {
  SignatureMaker maker = twin_.Maker();
  maker.properties_form = SignatureMaker::kInclusive;
  EXPECT_EQ(twin_.Outcome(maker), "valid");
}

TEST_F(LatvianRulesTest, L4_TheExclusiveFormThatNobodyNamedDoesNotFit) {
  SignatureMaker maker = twin_.Maker();
  maker.properties_form = SignatureMaker::kExclusive;
  EXPECT_EQ(twin_.Outcome(maker), "HASH_FAILURE");
}

TEST_F(LatvianRulesTest, L5_ATimestampWithoutAMethodCoversTheInclusiveForm) {
  SignatureMaker maker = twin_.Maker();
  maker.stamped_form = SignatureMaker::kInclusive;
  EXPECT_EQ(twin_.Timestamp(maker).Find("imprintOk")->Dump(), "true");
}

TEST_F(LatvianRulesTest, L5_TheExclusiveFormThatNobodyNamedIsNotCovered) {
  SignatureMaker maker = twin_.Maker();
  maker.stamped_form = SignatureMaker::kExclusive;
  EXPECT_EQ(twin_.Timestamp(maker).Find("imprintOk")->Dump(), "false");
}

// Inclusive forms carry the namespaces of the elements around, used or not.
TEST_F(LatvianRulesTest, L6_NamespacesOfTheElementsAroundAreSigned) {
  SignatureMaker maker = twin_.Maker();
  const std::string more = " xmlns:cits=\"urn:cits\">";
  ZipMaker changed = maker.Container();
  std::string& xml = changed.last().content;
  xml = Replaced(xml, ">", more);
  EXPECT_EQ(twin_.Outcome(changed), "HASH_FAILURE");
  maker.open = Replaced(maker.open, ">", more);
  EXPECT_EQ(twin_.Outcome(maker), "valid");
}

TEST_F(LatvianRulesTest, L7_ATokenWithAnAttributeCertificateIsRead) {
  const MakeToken make = [](const Identity& tsa, base::ByteSpan data) {
    return tests::WithAttributeCertificate(tests::MakeToken(tsa, data));
  };
  EXPECT_EQ(StampedBy(make), kFits);
  EXPECT_EQ(StampedBy(make, /*other_data=*/true), kForeign);
}

TEST_F(LatvianRulesTest, L7_ATokenOfIndefiniteLengthIsRead) {
  const MakeToken make = [](const Identity& tsa, base::ByteSpan data) {
    return tests::WithIndefiniteLength(tests::MakeToken(tsa, data));
  };
  EXPECT_EQ(StampedBy(make), kFits);
  EXPECT_EQ(StampedBy(make, /*other_data=*/true), kForeign);
}

TEST_F(LatvianRulesTest, L7_ATimeWithAFractionIsRead) {
  const MakeToken make = [](const Identity& tsa, base::ByteSpan data) {
    return tests::MakeToken(tsa, data, "", {.fraction_digits = 3});
  };
  EXPECT_EQ(StampedBy(make), kFits);
  EXPECT_EQ(StampedBy(make, /*other_data=*/true), kForeign);
}

TEST_F(LatvianRulesTest, L7_AnImprintBySha1IsReadAndLeftToThePolicy) {
  const MakeToken make = [](const Identity& tsa, base::ByteSpan data) {
    return tests::MakeToken(tsa, data, "", {.imprint = EVP_sha1()});
  };
  EXPECT_EQ(StampedBy(make), kFits);
  EXPECT_EQ(StampedBy(make, /*other_data=*/true), kForeign);
  SignatureMaker maker = twin_.Maker();
  maker.make_token = make;
  const Json report = twin_.Report(maker.Container());
  EXPECT_TRUE(report.Find("signatures")->AsArray()->front().Find("bestSignatureTime")->is_null());
}

// A signer with an RSA key, who puts together the encoded message himself.
std::string OutcomeOfRsa(const tests::RuleCase& twin, const std::string& digest_info) {
  const tests::Key key = tests::MakeRsaKey();
  const Identity signer = tests::Make(
      {.name = "Anna Paraugs",
       .issuer = &twin.root,
       .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}},
       .key = key.get()});
  SignatureMaker maker = twin.MakerFor(signer);
  maker.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
  maker.make_value = [&](EVP_PKEY* own, base::ByteSpan data) {
    Bytes end = *base::HexDecode(digest_info);
    base::Append(HashOf(*FindDigestByName("SHA256"), data), end);
    Bytes message{0x00, 0x01};
    message.resize(256 - end.size() - 1, 0xFF);
    message.push_back(0x00);
    base::Append(end, message);
    const base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{EVP_PKEY_CTX_new(own, nullptr)};
    EVP_PKEY_sign_init(context.get());
    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING);
    Bytes value(256);
    std::size_t size = value.size();
    if (EVP_PKEY_sign(context.get(), value.data(), &size, message.data(), message.size()) != 1)
      std::abort();
    return value;
  };
  const Json report = twin.Report(maker.Container());
  const bool noted = tests::RuleCase::HasNote(report, "signature.digestinfo-null-absent");
  return tests::RuleCase::OutcomeIn(report) + (noted ? " noted" : "");
}

TEST_F(LatvianRulesTest, L8_ADigestInfoWithoutNullIsValidAndNoted) {
  EXPECT_EQ(OutcomeOfRsa(twin_, "3031300d060960864801650304020105000420"), "valid");
  EXPECT_EQ(OutcomeOfRsa(twin_, "302f300b06096086480165030402010420"), "valid noted");
}

TEST_F(LatvianRulesTest, L8_ADigestInfoOfAnyOtherFormIsNone) {
  // Lengths in the long form; other parameters than NULL; the identifier of SHA-512.
  for (const char* form :
       {"308131300d060960864801650304020105000420", "3031300d060960864801650304020104000420",
        "3031300d060960864801650304020305000420"})
    EXPECT_EQ(OutcomeOfRsa(twin_, form), "SIG_CRYPTO_FAILURE") << form;
}

class LatvianRevocationTest : public LatvianRulesTest {
 protected:
  // The user's signature with these lists and responses.
  std::string OutcomeWith(const std::vector<Bytes>& lists, const std::vector<Bytes>& responses) {
    SignatureMaker maker = twin_.MakerFor(twin_.user);
    maker.long_term = tests::RuleCase::CertificateValues({&twin_.ca}) +
                      tests::RuleCase::RevocationValues(lists, responses);
    return twin_.Outcome(maker);
  }

  const Bytes list_ = tests::MakeCrl(twin_.List());
  const Bytes good_ = tests::MakeOcsp(twin_.Answer(twin_.user));
  const Bytes of_another_ = tests::MakeOcsp(twin_.Answer(twin_.responder));
};

TEST_F(LatvianRevocationTest, L9_OfSeveralResponsesTheOneAboutTheSignerCounts) {
  EXPECT_EQ(OutcomeWith({list_}, {of_another_, good_}), "valid");
  EXPECT_EQ(OutcomeWith({list_}, {good_, of_another_}), "valid");
}

TEST_F(LatvianRevocationTest, L9_AGoodResponseAboutAnotherIsNoneAboutTheSigner) {
  EXPECT_NE(OutcomeWith({list_}, {of_another_}), "valid");
  const Bytes revoked = tests::MakeOcsp(twin_.Answer(twin_.user, V_OCSP_CERTSTATUS_REVOKED));
  EXPECT_NE(OutcomeWith({list_}, {of_another_, revoked}), "valid");
}

TEST_F(LatvianRevocationTest, L10_AListForTheCaStandsBesideTheResponseForTheSigner) {
  EXPECT_EQ(OutcomeWith({list_}, {good_}), "valid");
}

TEST_F(LatvianRevocationTest, L10_WithoutTheListOrRevokedInItTheCaIsNotRelied) {
  EXPECT_NE(OutcomeWith({}, {good_}), "valid");
  EXPECT_NE(OutcomeWith({tests::MakeCrl(twin_.List({&twin_.ca}))}, {good_}), "valid");
}

TEST_F(LatvianRevocationTest, L11_TheIssuerMayStandInTheOcspResponse) {
  tests::OcspSpec answer = twin_.Answer(twin_.user);
  answer.also = &twin_.ca;
  SignatureMaker maker = twin_.MakerFor(twin_.user);
  maker.long_term = tests::RuleCase::RevocationValues({list_}, {tests::MakeOcsp(answer)});
  EXPECT_EQ(twin_.Outcome(maker), "valid");
}

TEST_F(LatvianRevocationTest, L11_ACaOfThatNameWithAnotherKeyIsNotTheIssuer) {
  const Identity other =
      tests::Make({.name = "CA", .issuer = &twin_.root, .extensions = tests::CaExtensions()});
  tests::OcspSpec answer = twin_.Answer(twin_.user);
  answer.also = &other;
  SignatureMaker maker = twin_.MakerFor(twin_.user);
  maker.long_term = tests::RuleCase::RevocationValues({list_}, {tests::MakeOcsp(answer)});
  EXPECT_EQ(twin_.Outcome(maker), "NO_CERTIFICATE_CHAIN_FOUND");
}

class LatvianReferenceTest : public LatvianRulesTest {
 protected:
  std::string Named(const std::string& digest, const std::string& uri,
                    const std::string& issuer_serial, bool v2 = true) const {
    const std::string name = v2 ? "SigningCertificateV2" : "SigningCertificate";
    return "<xades:" + name + "><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm=\"" + uri +
           "\"/><ds:DigestValue>" +
           base::Base64Encode(HashOf(*FindDigestByName(digest), twin_.signer.Der())) +
           "</ds:DigestValue></xades:CertDigest>" + issuer_serial + "</xades:Cert></xades:" + name +
           ">";
  }
  std::string OutcomeOf(const std::string& named) const {
    SignatureMaker maker = twin_.Maker();
    maker.signing_certificate = named;
    const Json report = twin_.Report(maker.Container());
    const bool noted = tests::RuleCase::HasNote(report, "signature.issuer-differs");
    return tests::RuleCase::OutcomeIn(report) + (noted ? " noted" : "");
  }
  static std::string IssuerSerialV2(const Identity& certificate, const Identity& issuer) {
    const base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free> serial{
        ASN1_INTEGER_dup(X509_get0_serialNumber(certificate.certificate.get()))};
    Bytes number(static_cast<std::size_t>(i2d_ASN1_INTEGER(serial.get(), nullptr)));
    unsigned char* at = number.data();
    i2d_ASN1_INTEGER(serial.get(), &at);
    const unsigned char* der = nullptr;
    std::size_t size = 0;
    X509_NAME_get0_der(X509_get_subject_name(issuer.certificate.get()), &der, &size);
    Bytes content = tests::EncodeDer({0x30, tests::EncodeDer({0xA4, Bytes(der, der + size)})});
    base::Append(number, content);
    return "<xades:IssuerSerialV2>" + base::Base64Encode(tests::EncodeDer({0x30, content})) +
           "</xades:IssuerSerialV2>";
  }
  static std::string IssuerSerialV1(const std::string& issuer, const std::string& serial) {
    return "<xades:IssuerSerial><ds:X509IssuerName>" + issuer +
           "</ds:X509IssuerName><ds:X509SerialNumber>" + serial +
           "</ds:X509SerialNumber></xades:IssuerSerial>";
  }
  std::string Serial() const { return tests::Public(twin_.signer).SerialDecimal(); }

  static constexpr const char* kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
  static constexpr const char* kSha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
};

TEST_F(LatvianReferenceTest, L13_TheIssuerOfV1IsComparedByItsMeaning) {
  for (const char* issuer :
       {"CN=Root", "cn = Root", "2.5.4.3=Root", "CN=#0c04526f6f74", "CN=\\52oot"})
    EXPECT_EQ(OutcomeOf(Named("SHA256", kSha256, IssuerSerialV1(issuer, Serial()), false)), "valid")
        << issuer;
}

TEST_F(LatvianReferenceTest, L13_AnotherIssuerOrSerialNumberIsNoted) {
  EXPECT_NE(OutcomeOf(Named("SHA256", kSha256, IssuerSerialV1("CN=Cits", Serial()), false)),
            "valid");
  EXPECT_NE(OutcomeOf(Named("SHA256", kSha256, IssuerSerialV1("CN=Root", "7"), false)), "valid");
}

TEST_F(LatvianReferenceTest, L14_V2NeedsNoIssuerAndMayUseSha512) {
  EXPECT_EQ(OutcomeOf(Named("SHA256", kSha256, "")), "valid");
  EXPECT_EQ(OutcomeOf(Named("SHA512", kSha512, "")), "valid");
  EXPECT_EQ(OutcomeOf(Named("SHA512", kSha512, IssuerSerialV2(twin_.signer, twin_.root))), "valid");
}

TEST_F(LatvianReferenceTest, L14_AnIssuerThatIsGivenMustBeTheIssuer) {
  EXPECT_NE(OutcomeOf(Named("SHA512", kSha512, IssuerSerialV2(twin_.signer, twin_.ca))), "valid");
  EXPECT_NE(OutcomeOf(Named("SHA512", kSha512, IssuerSerialV2(twin_.user, twin_.root))), "valid");
  EXPECT_EQ(OutcomeOf(Named("SHA256", kSha512, "")), "NO_SIGNING_CERTIFICATE_FOUND");
}

// A key on P-384 whose method is ecdsa-sha256: 96 bytes of r and s.
TEST_F(LatvianRulesTest, L15_AKeyOnP384SignsWithSha256) {
  const tests::Key key = tests::MakeEcKey("P-384");
  const Identity signer = tests::Make(
      {.name = "Anna Paraugs",
       .issuer = &twin_.root,
       .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}},
       .key = key.get()});
  SignatureMaker maker = twin_.MakerFor(signer);
  EXPECT_EQ(twin_.Outcome(maker), "valid");
  maker.make_value = [](EVP_PKEY* own, base::ByteSpan data) {
    return tests::SignWith(own, EVP_sha256(), data);  // As DER, which XMLDSIG does not know.
  };
  EXPECT_EQ(twin_.Outcome(maker), "SIG_CRYPTO_FAILURE");
}

// The AlgorithmIdentifiers of rsaEncryption and SHA-512 with NULL.
const Bytes kRsaEncryption = *base::HexDecode("06092a864886f70d0101010500");
const Bytes kSha512WithNull = *base::HexDecode("06096086480165030402030500");
const Bytes kRsaWithSha256 = *base::HexDecode("06092a864886f70d01010b0500");

class LatvianTokenTest : public LatvianRulesTest {
 protected:
  const tests::Key key_ = tests::MakeRsaKey();
  const Identity rsa_tsa_ =
      tests::Make({.name = "RSA TSA",
                   .extensions = {{"extendedKeyUsage", "critical,timeStamping"}},
                   .key = key_.get()});

  MakeToken With(std::size_t field, const Bytes& algorithm) const {
    return [this, field, algorithm](const Identity&, base::ByteSpan data) {
      return tests::WithAlgorithm(tests::MakeToken(rsa_tsa_, data), field, algorithm);
    };
  }
};

TEST_F(LatvianTokenTest, L16_TheSignatureOfATokenMayBeNamedWithoutItsHash) {
  EXPECT_EQ(StampedBy(With(4, kRsaEncryption)), kFits);
  EXPECT_EQ(StampedBy(With(4, kRsaWithSha256)), kFits);
  EXPECT_EQ(StampedBy(With(4, kRsaEncryption), /*other_data=*/true), kForeign);
}

TEST_F(LatvianTokenTest, L16_AnotherHashThanTheOneSignedWithDoesNotFit) {
  EXPECT_EQ(StampedBy(With(2, kSha512WithNull)), "true false");
}

TEST_F(LatvianRulesTest, L17_TheNameOfTheTsaMayStandInTheTokenOrNot) {
  for (const bool with_name : {false, true})
    EXPECT_EQ(StampedBy([&](const Identity& tsa, base::ByteSpan data) {
                return tests::MakeToken(tsa, data, "", {.with_tsa_name = with_name});
              }),
              kFits);
}

class LatvianValidationDataTest : public LatvianRulesTest {
 protected:
  // The outcome with a TSA below a CA of its own, and `behind` behind the time-stamp.
  Json Signature(const std::string& behind) {
    twin_.trusted = {&twin_.root};
    SignatureMaker maker = twin_.Maker();
    maker.tsa = &tsa_;
    maker.long_term = behind;
    return twin_.Report(maker.Container()).Find("signatures")->AsArray()->front();
  }
  static std::string ValidationData(const std::string& inside) {
    return "<xades141:TimeStampValidationData "
           "xmlns:xades141=\"http://uri.etsi.org/01903/v1.4.1#\">" +
           inside + "</xades141:TimeStampValidationData>";
  }

  const Identity tsa_ = tests::Make({.name = "TSA of a CA",
                                     .issuer = &twin_.ca,
                                     .extensions = {{"extendedKeyUsage", "critical,timeStamping"},
                                                    {"keyUsage", "critical,digitalSignature"},
                                                    {"2.5.29.56", "DER:0500"}}});
};

TEST_F(LatvianValidationDataTest, L18_TheCertificatesOfATimestampMayStandBehindIt) {
  const Json signature = Signature(
      ValidationData(tests::RuleCase::CertificateValues({&twin_.ca}) +
                     tests::RuleCase::RevocationValues({tests::MakeCrl(twin_.List())}, {})));
  EXPECT_EQ(signature.Text("indication"), "TOTAL-PASSED");
  EXPECT_FALSE(signature.Find("bestSignatureTime")->is_null());
}

TEST_F(LatvianValidationDataTest, L18_OfAnotherCaTheyProveNothing) {
  const Identity other =
      tests::Make({.name = "CA", .issuer = &twin_.root, .extensions = tests::CaExtensions()});
  const Json signature = Signature(
      ValidationData(tests::RuleCase::CertificateValues({&other}) +
                     tests::RuleCase::RevocationValues({tests::MakeCrl(twin_.List())}, {})));
  EXPECT_TRUE(signature.Find("bestSignatureTime")->is_null());
}

TEST_F(LatvianRulesTest, L19_AnEmptyRoleAndPlaceInEitherOrderAreNoBreach) {
  const std::string place = "<xades:SignatureProductionPlace/>";
  const std::string role = "<xades:SignerRole><xades:ClaimedRoles/></xades:SignerRole>";
  for (const std::string& both : {place + role, role + place}) {
    SignatureMaker maker = twin_.Maker();
    maker.signed_properties = both;
    EXPECT_EQ(twin_.Outcome(maker), "valid") << both;
  }
}

TEST_F(LatvianRulesTest, L20_AnImpliedPolicyIsANoteAlone) {
  SignatureMaker maker = twin_.Maker();
  maker.signed_properties =
      "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/>"
      "</xades:SignaturePolicyIdentifier>";
  const Json report = twin_.Report(maker.Container());
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report), "valid");
  EXPECT_TRUE(tests::RuleCase::HasNote(report, "signature.policy-implied"));
}

TEST_F(LatvianRulesTest, L20_WithoutAPolicyThereIsNoNote) {
  const Json report = twin_.Report(twin_.Maker().Container());
  EXPECT_FALSE(tests::RuleCase::HasNote(report, "signature.policy-implied"));
}

TEST_F(LatvianRulesTest, L21_TheProducerInCommentsChangesNothing) {
  const std::string producer = "eParakstitajs 3.0 (valid, QESig)";
  ZipMaker zip = twin_.Maker().Container();
  zip.comment = producer;
  zip.at(2).content += "<!-- " + producer + " -->";
  EXPECT_EQ(twin_.Outcome(zip), "valid");
  zip.at(1).content += "!";
  EXPECT_EQ(twin_.Outcome(zip), "HASH_FAILURE");
  EXPECT_EQ(twin_.Report(zip).Dump().find("QESig)"), std::string::npos);
}

TEST_F(LatvianRulesTest, L21_TheProducerIsShownAsUnsigned) {
  ZipMaker zip = twin_.Maker().Container();
  EXPECT_EQ(twin_.Report(zip).Find("document")->Find("producer"), nullptr);
  for (auto& member : zip.members())
    if (member.name == "META-INF/manifest.xml") member.comment = "EDOC/2.0; LIB/x \xE2\x80\xAE";
  const Json report = twin_.Report(zip);
  ASSERT_NE(report.Find("document")->Find("producer"), nullptr) << report.Dump();
  const Json& producer = *report.Find("document")->Find("producer");
  EXPECT_TRUE(producer.Text("text")->starts_with("EDOC/2.0; LIB/x"));
  EXPECT_EQ(producer.Text("text")->find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_EQ(producer.Dump().find("\"signed\":true"), std::string::npos);
}

TEST_F(LatvianRulesTest, L22_AMimetypeOutOfOrderIsAFindingAndTheVerdictStands) {
  const auto with = [&](std::string_view finding, const std::function<void(ZipMaker&)>& change) {
    ZipMaker zip = twin_.Maker().Container();
    change(zip);
    const Json report = twin_.Report(zip);
    EXPECT_TRUE(tests::RuleCase::HasFinding(report, finding)) << finding;
    EXPECT_EQ(tests::RuleCase::OutcomeIn(report), "valid") << finding;
  };
  with("container.mimetype-not-first",
       [](ZipMaker& zip) { std::swap(zip.members().front(), zip.members().back()); });
  with("container.mimetype-compressed", [](ZipMaker& zip) { zip.at(0).deflated = true; });
  with("container.mimetype-padded", [](ZipMaker& zip) { zip.at(0).content += "\n"; });
}

TEST_F(LatvianRulesTest, L22_OtherMembersMayBeDeflatedAndStandInAnyOrder) {
  ZipMaker zip = twin_.Maker().Container();
  std::swap(zip.at(1), zip.at(3));
  zip.at(1).deflated = zip.at(3).deflated = true;
  EXPECT_EQ(twin_.Outcome(zip), "valid");
  zip.at(3).content += "!";
  EXPECT_EQ(twin_.Outcome(zip), "HASH_FAILURE");
}

TEST_F(LatvianRulesTest, L22_WithoutMimetypeThereIsAFinding) {
  ZipMaker zip = twin_.Maker().Container();
  zip.members().erase(zip.members().begin());
  EXPECT_TRUE(tests::RuleCase::HasFinding(twin_.Report(zip), "container.mimetype-missing"));
}

// The media type in the manifest, in the signed DataObjectFormat, or in both.
ZipMaker WithTypes(const tests::RuleCase& twin, const std::string& listed,
                   const std::string& signed_type) {
  SignatureMaker maker = twin.Maker();
  maker.media_type = signed_type;
  ZipMaker zip = maker.Container();
  zip.at(2).content = Replaced(zip.at(2).content, signed_type + "\"/></m", listed + "\"/></m");
  return zip;
}

TEST_F(LatvianRulesTest, L23_OctetStreamInBothPlacesIsFine) {
  const Json report =
      twin_.Report(WithTypes(twin_, "application/octet-stream", "application/octet-stream"));
  EXPECT_EQ(tests::RuleCase::OutcomeIn(report), "valid");
  EXPECT_FALSE(tests::RuleCase::HasFinding(report, "container.media-type-differs"));
}

TEST_F(LatvianRulesTest, L23_AMediaTypeThatDiffersIsRecorded) {
  twin_.policy = "lv-national-legacy";
  const Json report = twin_.Report(WithTypes(twin_, "text/html", "application/octet-stream"));
  EXPECT_NE(tests::RuleCase::OutcomeIn(report), "FORMAT_FAILURE");
  EXPECT_TRUE(tests::RuleCase::HasFinding(report, "container.media-type-differs"));
}

TEST_F(LatvianRulesTest, L27_AnEDocInAnEDocIsVerifiedOnItsOwn) {
  ZipMaker inner = twin_.Maker().Container();
  SignatureMaker outer = twin_.Maker();
  outer.files = {{"ieksejs.edoc", base::ToString(inner.Make())}};
  EXPECT_EQ(twin_.Outcome(outer), "valid");
  EXPECT_EQ(twin_.Outcome(inner), "valid");
}

// What surrounds it says nothing of what is inside, and the other way round.
TEST_F(LatvianRulesTest, L27_AValidContainerDoesNotMendABrokenOneInside) {
  ZipMaker inner = twin_.Maker().Container();
  inner.at(1).content += "!";
  SignatureMaker outer = twin_.Maker();
  outer.files = {{"ieksejs.edoc", base::ToString(inner.Make())}};
  EXPECT_EQ(twin_.Outcome(outer), "valid");
  EXPECT_EQ(twin_.Outcome(inner), "HASH_FAILURE");
  ZipMaker changed = outer.Container();
  changed.at(1).content = base::ToString(twin_.Maker().Container().Make());
  EXPECT_EQ(twin_.Outcome(changed), "HASH_FAILURE");
}

TEST_F(LatvianRulesTest, L27_TheReportIsATree) {
  ZipMaker innermost = twin_.Maker().Container();
  innermost.at(1).content += "!";
  SignatureMaker middle = twin_.Maker();
  middle.files = {{"visdzilak.edoc", base::ToString(innermost.Make())}};
  SignatureMaker outer = twin_.Maker();
  outer.files = {{"ieksejs.EDOC", base::ToString(middle.Container().Make())}};
  const Json report = twin_.Report(outer.Container());
  EXPECT_EQ(report.Text("verdict"), "valid");
  const Json& inner = report.Find("nested")->AsArray()->front();
  EXPECT_EQ(inner.Find("document")->Text("name"), "ieksejs.EDOC");
  EXPECT_EQ(inner.Text("verdict"), "valid");
  const Json& last = inner.Find("nested")->AsArray()->front();
  EXPECT_EQ(last.Text("verdict"), "invalid");
}

TEST_F(LatvianRulesTest, L27_WhatIsTooDeepIsNamedAndNotOpened) {
  ZipMaker zip = twin_.Maker().Container();
  for (int i = 0; i < 3; ++i) {
    SignatureMaker around = twin_.Maker();
    around.files = {{"x.edoc", base::ToString(zip.Make())}};
    zip = around.Container();
  }
  Json report = twin_.Report(zip);
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(tests::RuleCase::HasFinding(report, "container.nested-not-verified"));
    const Json inner = report.Find("nested")->AsArray()->front();
    report = inner;
  }
  EXPECT_TRUE(tests::RuleCase::HasFinding(report, "container.nested-not-verified"));
  EXPECT_EQ(report.Find("nested"), nullptr);
}

// Memory is bounded whatever lies inside, and the verdict on the document stands.
TEST_F(LatvianRulesTest, L27_WhatIsTooLargeIsNamedAndNotOpened) {
  SignatureMaker inner = twin_.Maker();
  inner.files = {{"liels.bin", std::string(std::size_t{9} << 20U, 'x')}};
  const std::string bytes = base::ToString(inner.Container().Make());
  SignatureMaker outer = twin_.Maker();
  outer.files = {{"a.edoc", bytes}, {"b.edoc", bytes}};
  const Json report = twin_.Report(outer.Container());
  EXPECT_EQ(report.Text("verdict"), "valid");
  EXPECT_EQ(report.Find("nested")->AsArray()->size(), 1U);
  EXPECT_TRUE(tests::RuleCase::HasFinding(report, "container.nested-not-verified"));
}

// A text that calls itself an eDoc is a data file like any other.
TEST_F(LatvianRulesTest, L27_WhatIsOnlyNamedAsAContainerIsNone) {
  SignatureMaker outer = twin_.Maker();
  outer.files = {{"teksts.edoc", "nav arhīvs"}};
  EXPECT_EQ(twin_.Report(outer.Container()).Find("nested"), nullptr);
}

ZipMaker EDoc1(const SignatureMaker& maker) {
  ZipMaker zip;
  zip.Add("[Content_Types].xml",
          "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>");
  zip.Add("_rels/.rels",
          "<Relationships "
          "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"/>");
  zip.Add("lemums.txt", maker.files.at("lemums.txt"));
  zip.Add("EDoc/Signature/signature1.xml", maker.Xml());
  return zip;
}

TEST_F(LatvianRulesTest, L28_AnEDocOfVersion1IsRefusedByName) {
  EXPECT_EQ(twin_.Outcome(EDoc1(twin_.Maker())), "refused container.edoc1");
}

TEST_F(LatvianRulesTest, L28_ItsFilesInAnotherContainerAreNamedAsUnsigned) {
  ZipMaker zip = twin_.Maker().Container();
  zip.Add("[Content_Types].xml", "<Types/>");
  zip.Add("EDoc/Signature/signature1.xml", "<x/>");
  EXPECT_TRUE(tests::RuleCase::HasFinding(twin_.Report(zip), "container.unsigned-file"));
}

}  // namespace
}  // namespace signing
