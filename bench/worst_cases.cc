#include "bench/worst_cases.h"

#include <algorithm>
#include <cmath>

#include "tests/fakes/certificate_maker.h"

namespace bench {

using tests::SignatureMaker;

base::Time WorstCases::At() {
  return tests::Day(2026, 11, 24);
}

const std::vector<WorstCases::Maker>& WorstCases::Makers() {
  static const std::vector<Maker> kMakers{
      &WorstCases::Signatures,      &WorstCases::Heap,           &WorstCases::Responses,
      &WorstCases::Lists,           &WorstCases::Tokens,         &WorstCases::Archives,
      &WorstCases::Counters,        &WorstCases::NestedCounters, &WorstCases::Records,
      &WorstCases::RecordsAndLists, &WorstCases::References,     &WorstCases::ManyReferences,
      &WorstCases::Elements,        &WorstCases::Members,        &WorstCases::DeflatedMembers,
      &WorstCases::AllowedRatio,    &WorstCases::OneBigMember,   &WorstCases::HugeText,
      &WorstCases::Prefixes,        &WorstCases::Enveloped,      &WorstCases::Objects,
      &WorstCases::Attributes,      &WorstCases::DeepXml,        &WorstCases::Malformed,
      &WorstCases::Damaged};
  return kMakers;
}

Input WorstCases::Next(std::size_t number) {
  return (this->*Makers().at(number % Makers().size()))();
}

std::size_t WorstCases::Draw(std::size_t from, std::size_t to) {
  return std::uniform_int_distribution<std::size_t>(from, to)(random_);
}

std::size_t WorstCases::DrawMagnitude(std::size_t to) {
  const double most = std::log(static_cast<double>(to) + 0.5);
  const double drawn = std::uniform_real_distribution<double>(0, most)(random_);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::exp(drawn)), 1, to);
}

const HeavyKey& WorstCases::DrawKey() {
  return keys_[Draw(0, keys_.size() - 1)];
}

SignatureMaker WorstCases::Honest() const {
  SignatureMaker maker(signer_);
  maker.exclusive = true;
  maker.files = {{"lemums.txt", std::string(10'000, 'x')}};
  return maker;
}

Input WorstCases::Repeat(const std::string& description, SignatureMaker maker) {
  const std::size_t count = Draw(1, 20);
  std::string xml;
  for (std::size_t i = 0; i < count; ++i) xml += SignatureElement(maker, i);
  return {std::to_string(count) + " signatures, each with " + description,
          WithXml(maker, maker.open + xml + maker.close)};
}

Input WorstCases::Copy(const std::string& description, SignatureMaker maker, std::size_t count) {
  const std::string first = SignatureElement(maker, 0);
  std::string xml;
  for (std::size_t i = 0; i < count; ++i) {
    std::string copy = first;
    const std::string id = "\"S" + std::to_string(i + 1);
    for (const char* text : {"\"S1", "\"#S1"}) {
      const std::string mark = text;
      for (std::size_t at = copy.find(mark); at != std::string::npos; at = copy.find(mark, at + 1))
        copy.replace(at, mark.size(), mark.size() == 3 ? id : "\"#" + id.substr(1));
    }
    xml += copy;
  }
  return {std::to_string(count) + " signatures, each with " + description,
          WithXml(maker, maker.open + xml + maker.close)};
}

base::Bytes WorstCases::ManySignatures(std::size_t count, std::size_t references) {
  SignatureMaker first = Honest();
  for (std::size_t i = 0; i < references; ++i)
    first.files["f" + std::to_string(i) + ".txt"] = "file " + std::to_string(i);
  std::string xml;
  for (std::size_t i = 0; i < count; ++i) xml += SignatureElement(first, i);
  return WithXml(first, first.open + xml + first.close);
}

base::Bytes WorstCases::ManySignatureFiles(std::size_t count) {
  SignatureMaker maker = Honest();
  tests::ZipMaker zip = maker.Container();
  for (std::size_t i = 1; i < count; ++i)
    zip.Add("META-INF/signatures" + std::to_string(i) + ".xml",
            maker.open + SignatureElement(maker, i) + maker.close);
  return zip.Make();
}

base::Bytes WithXml(const SignatureMaker& maker, std::string xml) {
  tests::ZipMaker zip = maker.Container();
  zip.last().content = std::move(xml);
  return zip.Make();
}

std::string SignatureElement(SignatureMaker& maker, std::size_t number) {
  maker.id = "S" + std::to_string(number + 1);
  maker.target = "#" + maker.id;
  const std::string xml = maker.Xml();
  return xml.substr(maker.open.size(), xml.size() - maker.open.size() - maker.close.size());
}

std::string ValuesOf(const std::vector<base::Bytes>& certificates, const std::string& revocation) {
  std::string text = "<xades:CertificateValues>";
  for (const base::Bytes& der : certificates)
    text += "<xades:EncapsulatedX509Certificate>" + base::Base64Encode(der) +
            "</xades:EncapsulatedX509Certificate>";
  return text + "</xades:CertificateValues><xades:RevocationValues>" + revocation +
         "</xades:RevocationValues>";
}

std::string CrlValues(const std::string& base64) {
  return "<xades:CRLValues><xades:EncapsulatedCRLValue>" + base64 +
         "</xades:EncapsulatedCRLValue></xades:CRLValues>";
}

}  // namespace bench
