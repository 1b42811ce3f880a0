// SignatureMaker: XAdES signatures over given files, with handles for everything an attacker
// would turn. Makes the XML as text; digests are those of libxml2's canonical form.
#pragma once

#include <openssl/evp.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/bytes.h"
#include "signing/canonical.h"
#include "signing/digest_algorithm.h"
#include "signing/xml_document.h"
#include "tests/fakes/test_keys.h"
#include "tests/fakes/token_maker.h"
#include "tests/fakes/zip_maker.h"

namespace tests {

class SignatureMaker {
 public:
  explicit SignatureMaker(const Identity& signer) : signer_(signer) {}

  std::map<std::string, std::string> files{{"lemums.txt", "Lemums par atlauju"}};
  std::string id = "S1";
  std::string target = "#S1";
  std::string properties_type = "http://uri.etsi.org/01903#SignedProperties";
  std::string extra_references;  // Put behind those of the files.
  std::string file_transforms;   // Inside each file's ds:Reference.
  std::string extra_objects;     // ds:Object elements behind the properties.
  std::string method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
  bool exclusive = false;  // Exclusive canonicalization: survives being put elsewhere.
  bool sign_properties = true;
  bool sign_files = true;
  const Identity* shown = nullptr;  // The certificate in KeyInfo, if not the signer's.
  const Identity* named = nullptr;  // The certificate SigningCertificateV2 names.
  const Identity* tsa = nullptr;    // Adds a SignatureTimeStamp.
  std::string stamped_instead;      // What the token is over, if not the SignatureValue.
  std::string signed_properties;    // Behind SigningCertificateV2.
  std::string long_term;            // Unsigned properties behind the SignatureTimeStamp.
  std::size_t archives = 0;         // So many ArchiveTimeStamps by `tsa` follow.
  std::string archived_too;         // What their tokens are also over, to be wrong.
  std::string more_properties;      // Unsigned properties behind the first archive time-stamp.
  std::string media_type = "text/plain";  // In manifest and DataObjectFormat.
  std::string signing_certificate;        // Instead of SigningCertificateV2.
  // The forms that SignedProperties and the stamped SignatureValue are digested in, while no
  // element of the signature names them.
  const char* properties_form = nullptr;
  const char* stamped_form = kInclusive;
  // What `tsa` hands out for these bytes, and what the signer makes of SignedInfo.
  std::function<base::Bytes(const Identity&, base::ByteSpan)> make_token;
  std::function<base::Bytes(EVP_PKEY*, base::ByteSpan)> make_value;
  const Identity* content_tsa = nullptr;  // Adds an AllDataObjectsTimeStamp.
  std::string open = "<asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">";
  std::string close = "</asic:XAdESSignatures>";

  // The signature file.
  std::string Xml() const {
    std::string xml = open + Signature() + close;
    if (content_tsa != nullptr)
      xml = Fill(xml, "CONTENT-TOKEN", base::Base64Encode(MakeToken(*content_tsa, Content())));
    xml = Fill(xml, "PROPERTIES-DIGEST", Digest(Canonical(xml, id + "-SP", PropertiesForm())));
    xml = Fill(xml, "VALUE", base::Base64Encode(SignedInfoValue(xml)));
    if (tsa == nullptr) return xml;
    const base::Bytes stamped = stamped_instead.empty() ? Canonical(xml, id + "-V", stamped_form)
                                                        : base::ToBytes(stamped_instead);
    xml =
        Fill(xml, "TOKEN",
             base::Base64Encode(make_token ? make_token(*tsa, stamped) : MakeToken(*tsa, stamped)));
    for (std::size_t i = 0; i < archives; ++i)
      xml = Fill(xml, "ARCHIVE-" + std::to_string(i),
                 base::Base64Encode(MakeToken(*tsa, Archived(xml, i))));
    return xml;
  }

  // An ASiC-E container of files and signature.
  ZipMaker Container() const {
    ZipMaker zip;
    zip.Add("mimetype", "application/vnd.etsi.asic-e+zip");
    std::string entries = Entry("/", "application/vnd.etsi.asic-e+zip");
    for (const auto& [name, content] : files) {
      zip.Add(name, content);
      entries += Entry(name, media_type);
    }
    zip.Add("META-INF/manifest.xml",
            "<manifest:manifest "
            "xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">" +
                entries + "</manifest:manifest>");
    zip.Add("META-INF/signatures0.xml", Xml());
    return zip;
  }

  static constexpr const char* kInclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
  static constexpr const char* kInclusive11 = "http://www.w3.org/2006/12/xml-c14n11";
  static constexpr const char* kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

  // The canonical bytes of the element with the Id; empty when there is none.
  static base::Bytes Canonical(const std::string& xml, const std::string& element,
                               const char* how = kInclusive) {
    const auto document = signing::XmlDocument::Parse(base::AsBytes(xml));
    if (!document.ok()) return {};
    const auto& found = document.value().FindById(element);
    if (found.empty()) return {};
    const signing::NodeSet nodes{.document = &document.value(), .apex = found[0]};
    return signing::CanonicalBytes(nodes, *signing::FindCanonicalization(how)).value();
  }

  static std::string Digest(base::ByteSpan bytes) {
    return base::Base64Encode(signing::HashOf(*signing::FindDigestByName("SHA256"), bytes));
  }

  static std::string Reference(const std::string& reference_id, const std::string& uri,
                               const std::string& transforms, const std::string& digest,
                               const std::string& type = "") {
    return "<ds:Reference" + (reference_id.empty() ? "" : " Id=\"" + reference_id + "\"") +
           (type.empty() ? "" : " Type=\"" + type + "\"") + " URI=\"" + uri + "\">" + transforms +
           "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
           "<ds:DigestValue>" +
           digest + "</ds:DigestValue></ds:Reference>";
  }

  static std::string Transforms(const std::string& algorithm, const std::string& inside = "") {
    return "<ds:Transforms><ds:Transform Algorithm=\"" + algorithm + "\">" + inside +
           "</ds:Transform></ds:Transforms>";
  }

  static std::string Fill(std::string text, const std::string& mark, const std::string& value) {
    const std::size_t at = text.find("{" + mark + "}");
    return at == std::string::npos ? text : text.replace(at, mark.size() + 2, value);
  }

  static std::string NamingV2(const Identity& certificate) {
    return "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod "
           "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>" +
           Digest(certificate.Der()) +
           "</ds:DigestValue></xades:CertDigest></xades:Cert></xades:SigningCertificateV2>";
  }

 private:
  const char* PropertiesForm() const {
    if (properties_form != nullptr) return properties_form;
    return exclusive ? kExclusive : kInclusive;
  }

  base::Bytes Content() const {
    base::Bytes all;
    for (const auto& [name, content] : files) base::Append(base::AsBytes(content), all);
    return all;
  }

  // EN 319 132-1, 5.5.2.2, for a signature of this shape.
  base::Bytes Archived(const std::string& xml, std::size_t number) const {
    base::Bytes all = Content();
    std::vector<std::string> elements{"-SP", "-SI", "-V", "-KI", "-T"};
    for (std::size_t i = 0; i < number; ++i) elements.push_back("-A" + std::to_string(i));
    for (const std::string& element : elements) base::Append(Canonical(xml, id + element), all);
    if (!extra_objects.empty()) base::Append(Canonical(xml, id + "-O"), all);
    base::Append(base::AsBytes(archived_too), all);
    return all;
  }

  static std::string Entry(const std::string& path, const std::string& type) {
    return "<manifest:file-entry manifest:full-path=\"" + path + "\" manifest:media-type=\"" +
           type + "\"/>";
  }

  std::string Signature() const {
    std::string references;
    std::string formats;
    for (const auto& [name, content] : files) {
      if (!sign_files) break;
      const std::string reference_id = id + "-" + name;
      references += Reference(reference_id, name, file_transforms, Digest(base::AsBytes(content)));
      formats += "<xades:DataObjectFormat ObjectReference=\"#" + reference_id +
                 "\"><xades:MimeType>" + media_type + "</xades:MimeType></xades:DataObjectFormat>";
    }
    references += extra_references;
    if (sign_properties)
      references += Reference("", "#" + id + "-SP", exclusive ? Transforms(kExclusive) : "",
                              "{PROPERTIES-DIGEST}", properties_type);
    const Identity& certificate = shown == nullptr ? signer_ : *shown;
    const Identity& reference = named == nullptr ? signer_ : *named;
    return "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"" + id +
           "\"><ds:SignedInfo Id=\"" + id + "-SI\"><ds:CanonicalizationMethod Algorithm=\"" +
           (exclusive ? kExclusive : kInclusive11) + "\"/><ds:SignatureMethod Algorithm=\"" +
           method + "\"/>" + references + "</ds:SignedInfo><ds:SignatureValue Id=\"" + id +
           "-V\">{VALUE}</ds:SignatureValue><ds:KeyInfo Id=\"" + id +
           "-KI\"><ds:X509Data><ds:X509Certificate>" + base::Base64Encode(certificate.Der()) +
           "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>"
           "<xades:QualifyingProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" "
           "Target=\"" +
           target + "\"><xades:SignedProperties Id=\"" + id +
           "-SP\"><xades:SignedSignatureProperties>"
           "<xades:SigningTime>2026-11-23T12:00:00Z</xades:SigningTime>" +
           (signing_certificate.empty() ? NamingV2(reference) : signing_certificate) +
           signed_properties +
           "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>" + formats +
           (content_tsa == nullptr ? ""
                                   : Stamp("AllDataObjectsTimeStamp", "-C", "{CONTENT-TOKEN}")) +
           "</xades:SignedDataObjectProperties></xades:SignedProperties>" + Timestamp() +
           "</xades:QualifyingProperties></ds:Object>" + extra_objects + "</ds:Signature>";
  }

  std::string Timestamp() const {
    if (tsa == nullptr) return {};
    std::string stamps = Stamp("SignatureTimeStamp", "-T", "{TOKEN}") + long_term;
    for (std::size_t i = 0; i < archives; ++i) {
      const std::string number = std::to_string(i);
      stamps += Stamp("ArchiveTimeStamp", "-A" + number, "{ARCHIVE-" + number + "}");
      if (i == 0) stamps += more_properties;
    }
    return "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>" + stamps +
           "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>";
  }

  std::string Stamp(const std::string& name, const std::string& suffix,
                    const std::string& token) const {
    const bool archive = name == "ArchiveTimeStamp";
    const std::string prefix = archive ? "xades141" : "xades";
    return "<" + prefix + ":" + name +
           (archive ? " xmlns:xades141=\"http://uri.etsi.org/01903/v1.4.1#\"" : "") + " Id=\"" +
           id + suffix + "\"><xades:EncapsulatedTimeStamp>" + token +
           "</xades:EncapsulatedTimeStamp></" + prefix + ":" + name + ">";
  }

  base::Bytes SignedInfoValue(const std::string& xml) const {
    const base::Bytes data = Canonical(xml, id + "-SI", exclusive ? kExclusive : kInclusive11);
    if (make_value) return make_value(signer_.key.get(), data);
    const base::Bytes value = SignWith(signer_.key.get(), EVP_sha256(), data);
    return EVP_PKEY_is_a(signer_.key.get(), "EC") == 1
               ? RawEcdsa(value,
                          static_cast<std::size_t>(EVP_PKEY_get_bits(signer_.key.get()) + 7) / 8)
               : value;
  }

  const Identity& signer_;
};

}  // namespace tests
