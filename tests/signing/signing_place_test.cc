#include "signing/signing_place.h"

#include <gtest/gtest.h>

#include "signing/container_writer.h"
#include "tests/fakes/rule_case.h"

namespace signing {
namespace {

class SigningPlaceTest : public ::testing::Test {
 protected:
  SigningOrder Order(SignatureForm form, base::ByteSpan document) const {
    return {.form = form, .document = document, .media_type = "text/plain", .now = twin_.now};
  }
  base::Result<SigningPlace> Find(SignatureForm form, base::ByteSpan document) const {
    return FindSigningPlace(Order(form, document));
  }
  static std::string Reason(const base::Result<SigningPlace>& place) {
    return place.ok() ? "found" : place.error().reason;
  }
  std::string Reason(SignatureForm form, base::ByteSpan document) const {
    return Reason(Find(form, document));
  }
  base::Bytes Unsigned(const std::string& name = "a.txt") const {
    return WriteContainer({.documents = {{name, "text/plain", base::AsBytes("text")}},
                           .signatures = {},
                           .modified = twin_.now})
        .value();
  }

  tests::RuleCase twin_;
};

TEST_F(SigningPlaceTest, AContainerIsSignedOverAllItsDocuments) {
  const SigningPlace place = Find(SignatureForm::kContainer, Unsigned("lēmums 1+2.txt")).value();
  ASSERT_EQ(place.documents.size(), 1U);
  EXPECT_EQ(place.documents[0].name, "lēmums 1+2.txt");
  EXPECT_EQ(place.documents[0].sha256, base::Sha256(base::AsBytes("text")));
  EXPECT_EQ(place.signature.file, "META-INF/edoc-signatures-S1.xml");
  EXPECT_EQ(place.others, 0U);
}

TEST_F(SigningPlaceTest, ASecondSignatureGetsANameAndAnIdOfItsOwn) {
  const SigningPlace place =
      Find(SignatureForm::kContainer, twin_.Maker().Container().Make()).value();
  EXPECT_EQ(place.signature.id, "S2");  // The twin's is S1.
  EXPECT_EQ(place.signature.file, "META-INF/edoc-signatures-S2.xml");
  EXPECT_EQ(place.others, 1U);
}

TEST_F(SigningPlaceTest, AContainerWithABrokenSignatureIsNotSigned) {
  auto zip = twin_.Maker().Container();
  zip.at(1).content = "Cits lemums";
  EXPECT_EQ(Reason(SignatureForm::kContainer, zip.Make()), "sign.broken-signature");
}

TEST_F(SigningPlaceTest, AContainerThatOurVerifierWouldReproachIsNotSigned) {
  auto zip = twin_.Maker().Container();
  zip.last().name = "META-INF/other.xml";
  EXPECT_NE(Reason(SignatureForm::kContainer, zip.Make()), "found");
  tests::ZipMaker late;  // EN 319 162-1, A.1: mimetype comes first.
  late.Add("a.txt", "text");
  late.Add("mimetype", "application/vnd.etsi.asic-e+zip");
  EXPECT_EQ(Reason(SignatureForm::kContainer, late.Make()), "sign.would-not-verify");
}

TEST_F(SigningPlaceTest, NamesThatCannotLiveInAContainerAreRefused) {
  for (const char* name : {"../a.txt", "/a.txt", "a\\b.txt", "META-INF/x.txt"}) {
    tests::ZipMaker zip;
    zip.Add("mimetype", "application/vnd.etsi.asic-e+zip");
    zip.Add(name, "text");
    EXPECT_NE(Reason(SignatureForm::kContainer, zip.Make()), "found") << name;
  }
}

TEST_F(SigningPlaceTest, DigestsAloneAreSignedForAContainerElsewhere) {
  SigningOrder order = Order(SignatureForm::kContainer, {});
  EXPECT_EQ(Reason(FindSigningPlace(order)), "document.none");
  order.digests = {{"a.txt", "text/plain", base::Sha256(base::AsBytes("text"))}};
  EXPECT_EQ(Reason(FindSigningPlace(order)), "found");
  order.digests = {{"../a.txt", "text/plain", {}}};
  EXPECT_EQ(Reason(FindSigningPlace(order)), "document.bad-name");
  order.digests = {{"a.txt", "text/plain", {}}, {"a.txt", "text/plain", {}}};
  EXPECT_EQ(Reason(FindSigningPlace(order)), "seal.malformed");
}

TEST_F(SigningPlaceTest, XmlIsSignedInItselfWhateverIsInIt) {
  for (const char* xml : {"<a/>",
                          "<?xml version='1.0'?>\n<!-- c --><p:a xmlns:p='urn:u'> <b Id='S1'/>"
                          "<![CDATA[<x>]]></p:a><!-- d -->\n"})
    EXPECT_EQ(Reason(SignatureForm::kEnveloped, base::AsBytes(xml)), "found") << xml;
}

TEST_F(SigningPlaceTest, WhatCannotEnvelopASignatureIsRefused) {
  EXPECT_EQ(Reason(SignatureForm::kEnveloped, base::AsBytes("text")), "sign.not-xml");
  EXPECT_EQ(Reason(SignatureForm::kEnveloped, Unsigned()), "sign.not-xml");
  EXPECT_EQ(Reason(SignatureForm::kEnveloped, base::AsBytes(twin_.Maker().Xml())),
            "sign.already-enveloped");
  EXPECT_EQ(Reason(SignatureForm::kEnveloped, base::AsBytes("<!DOCTYPE a><a/>")), "xml.doctype");
}

TEST_F(SigningPlaceTest, AnythingIsEnveloped) {
  EXPECT_EQ(Reason(SignatureForm::kEnveloping, base::Bytes{0, 1, 255}), "found");
  EXPECT_EQ(Reason(SignatureForm::kEnveloping, {}), "document.empty");
  SigningOrder order = Order(SignatureForm::kEnveloping, base::AsBytes("text"));
  order.media_type = "no type";
  EXPECT_EQ(Reason(FindSigningPlace(order)), "document.bad-media-type");
}

TEST_F(SigningPlaceTest, ACounterSignatureNeedsASignatureWithAnIdOnItsValue) {
  const base::Bytes signed_by_us = twin_.Maker().Container().Make();
  SigningOrder order = Order(SignatureForm::kCounter, signed_by_us);
  EXPECT_EQ(Reason(FindSigningPlace(order)), "found");
  order.countersigned.id = "S9";
  EXPECT_EQ(Reason(FindSigningPlace(order)), "extend.no-such-signature");
}

TEST_F(SigningPlaceTest, ClaimsAreRehearsedToo) {
  const base::Bytes document = Unsigned();
  SigningOrder order = Order(SignatureForm::kContainer, document);
  order.claims.country = "lv";
  EXPECT_EQ(Reason(FindSigningPlace(order)), "claims.malformed");
}

}  // namespace
}  // namespace signing
