// The part of WorstCases about archives and XML.
#include <zlib.h>

#include <cmath>

#include "bench/worst_cases.h"

namespace bench {

using base::Base64Encode;
using base::Bytes;
using tests::SignatureMaker;

namespace {

constexpr const char* kEnveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
constexpr const char* kWithComments = "http://www.w3.org/2006/12/xml-c14n11#WithComments";

std::string Repeated(const std::string& text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string WrongDigest() {
  return Base64Encode(Bytes(32, 1));
}

std::string ReferenceTo(const std::string& uri, const std::string& transforms = "") {
  return SignatureMaker::Reference("", uri, transforms, WrongDigest());
}

// An exclusive canonicalization that none before is the same as.
std::string OwnForm(std::size_t number, const std::string& prefixes = "") {
  return SignatureMaker::Transforms(
      SignatureMaker::kExclusive, "<e:InclusiveNamespaces xmlns:e=\"" +
                                      std::string(SignatureMaker::kExclusive) + "\" PrefixList=\"" +
                                      prefixes + " p" + std::to_string(number) + "\"/>");
}

std::string Namespaces(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += " xmlns:n" + std::to_string(i) + "=\"urn:" + std::to_string(i) + "\"";
  return text;
}

// Behind everything else in the first signature.
std::string WithObjects(std::string xml, const std::string& objects) {
  return xml.insert(xml.find("</ds:Signature>"), objects);
}

}  // namespace

void AddDeflated(const std::string& name, const std::string& content, tests::ZipMaker& zip) {
  z_stream stream{};
  constexpr int kRaw = -15;
  deflateInit2(&stream, 6, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  std::string source = content;  // zlib takes it without const.
  stream.next_in = reinterpret_cast<Bytef*>(source.data());
  stream.avail_in = static_cast<uInt>(source.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  zip.Add(name, content);
  zip.last().deflated = true;
  zip.last().packed = std::move(packed);
}

Input WorstCases::References() {
  SignatureMaker maker = Honest();
  const std::size_t size = Draw(1, 9'000'000);
  maker.files = {{"big.bin", std::string(size, 'b')}};
  const std::size_t count = Draw(1, 200);
  maker.extra_references = Repeated(ReferenceTo("big.bin"), count);
  return Repeat(
      std::to_string(count) + " references to a file of " + std::to_string(size) + " bytes", maker);
}

Input WorstCases::ManyReferences() {
  SignatureMaker maker = Honest();
  const std::size_t size = DrawMagnitude(9'000'000);
  maker.files = {{"big.bin", std::string(size, 'b')}};
  const std::size_t count = DrawMagnitude(10'000);
  for (std::size_t i = 0; i < count; ++i)
    maker.extra_references += ReferenceTo(i % 2 == 0 ? "big.bin" : "#S1-SP", OwnForm(i));
  return {std::to_string(count) + " references with forms of their own, to a file of " +
              std::to_string(size) + " bytes",
          WithXml(maker, maker.Xml())};
}

Input WorstCases::Elements() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(60'000);
  const std::size_t depth = Draw(1, 150);
  const std::size_t spaces = Draw(1, 50);
  const std::size_t references = Draw(0, 20);
  for (std::size_t i = 0; i < references; ++i)
    maker.extra_references += ReferenceTo("#heavy", Draw(0, 1) == 0 ? "" : OwnForm(i));
  const std::string object = "<ds:Object Id=\"heavy\"" + Namespaces(spaces) + ">" +
                             Repeated("<d>", depth) + Repeated("<a b=\"c\"/>", count) +
                             Repeated("</d>", depth) + "</ds:Object>";
  return {std::to_string(references) + " references to " + std::to_string(count) +
              " elements at depth " + std::to_string(depth) + " under " + std::to_string(spaces) +
              " namespaces",
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::Attributes() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(2'000);
  const std::size_t attributes = Draw(1, 250);
  const std::size_t references = Draw(0, 10);
  for (std::size_t i = 0; i < references; ++i)
    maker.extra_references += ReferenceTo("#heavy", OwnForm(i));
  std::string element = "<a";
  for (std::size_t i = 0; i < attributes; ++i) element += " b" + std::to_string(i) + "=\"&amp;\"";
  const std::string object =
      "<ds:Object Id=\"heavy\">" + Repeated(element + "/>", count) + "</ds:Object>";
  return {std::to_string(references) + " references to " + std::to_string(count) + " elements of " +
              std::to_string(attributes) + " attributes",
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::DeepXml() {
  SignatureMaker maker = Honest();
  const std::size_t depth = Draw(1, 190);
  const std::size_t times = DrawMagnitude(1'000);
  maker.extra_references = ReferenceTo("#heavy", OwnForm(1)) + ReferenceTo("");
  const std::string object = "<ds:Object Id=\"heavy\">" +
                             Repeated(Repeated("<d>", depth) + Repeated("</d>", depth), times) +
                             "</ds:Object>";
  return {std::to_string(times) + " branches " + std::to_string(depth) + " deep",
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::HugeText() {
  SignatureMaker maker = Honest();
  constexpr std::array<const char*, 4> kTexts{"QUJD", "&amp;", "\xC4\x81", "&#65;\r\n"};
  const std::string text = kTexts.at(Draw(0, 3));
  const std::size_t size = DrawMagnitude(9'000'000);
  const std::size_t references = Draw(0, 10);
  for (std::size_t i = 0; i < references; ++i)
    maker.extra_references += ReferenceTo(
        "#heavy", Draw(0, 1) == 0
                      ? SignatureMaker::Transforms("http://www.w3.org/2000/09/xmldsig#base64")
                      : OwnForm(i));
  const std::string object =
      "<ds:Object Id=\"heavy\">" + Repeated(text, size / text.size() + 1) + "</ds:Object>";
  return {std::to_string(references) + " references to a text of " + std::to_string(size) +
              " bytes of '" + text.substr(0, 4) + "'",
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::Prefixes() {
  SignatureMaker maker = Honest();
  const std::size_t words = Draw(1, 60);
  const std::size_t count = DrawMagnitude(20'000);
  const std::size_t references = Draw(1, 10);
  std::string prefixes;
  for (std::size_t i = 0; i < words; ++i) prefixes += " n" + std::to_string(i);
  for (std::size_t i = 0; i < references; ++i)
    maker.extra_references += ReferenceTo("#heavy", OwnForm(i, prefixes));
  const std::string object = "<ds:Object Id=\"heavy\"" + Namespaces(50) + ">" +
                             Repeated("<a><n1:b/></a>", count) + "</ds:Object>";
  return {std::to_string(references) + " references to " + std::to_string(count) +
              " elements with a PrefixList of " + std::to_string(words),
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::Enveloped() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(50'000);
  const std::size_t references = Draw(1, 40);
  maker.sign_files = false;
  maker.open = "<r" + Namespaces(Draw(1, 40)) + ">";
  maker.close = Repeated("<a>t</a>", count) + "</r>";
  for (std::size_t i = 0; i < references; ++i)
    maker.extra_references +=
        ReferenceTo("", "<ds:Transforms><ds:Transform Algorithm=\"" + std::string(kEnveloped) +
                            "\"/>" + OwnForm(i).substr(std::string("<ds:Transforms>").size()));
  return {"bare XML of " + std::to_string(count) + " elements, enveloped by " +
              std::to_string(references) + " references",
          base::ToBytes(maker.Xml())};
}

Input WorstCases::Objects() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(5'000);
  maker.tsa = &tsa_;
  maker.archives = Draw(0, 4);
  const std::string objects =
      Repeated("<ds:Object>" + std::string(Draw(1, 500), 'o') + "</ds:Object>", count);
  maker.extra_references = SignatureMaker::Reference(
      "", "#S1-SI", SignatureMaker::Transforms(kWithComments), WrongDigest());
  return {std::to_string(count) + " objects under " + std::to_string(maker.archives) +
              " archive time-stamps",
          WithXml(maker, WithObjects(maker.Xml(), objects))};
}

Input WorstCases::Members() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(9'990);
  tests::ZipMaker zip = maker.Container();
  const std::size_t size = Draw(0, 500);
  for (std::size_t i = 0; i < count; ++i)
    zip.Add("m" + std::to_string(i) + ".txt", std::string(size, 'm'));
  return {std::to_string(count) + " more members of " + std::to_string(size) + " bytes",
          zip.Make()};
}

Input WorstCases::DeflatedMembers() {
  SignatureMaker maker = Honest();
  const std::size_t count = DrawMagnitude(9'000);
  const std::size_t size = DrawMagnitude(100'000'000 / count);
  tests::ZipMaker zip = maker.Container();
  AddDeflated("m0.txt", Repeated("teksts ", size / 7 + 1), zip);
  const tests::ZipMember first = zip.last();
  for (std::size_t i = 1; i < count; ++i) {
    zip.members().push_back(first);
    zip.last().name = zip.last().local_name = "m" + std::to_string(i) + ".txt";
  }
  return {std::to_string(count) + " deflated members of " + std::to_string(size) + " bytes",
          zip.Make()};
}

// As much as may be inflated from little.
Input WorstCases::AllowedRatio() {
  SignatureMaker maker = Honest();
  const std::size_t size = DrawMagnitude(120'000'000);
  const std::size_t bomb = Draw(0, 3);
  std::string content(size, 'z');
  // Noise keeps the ratio below 200.
  if (bomb != 0)
    for (std::size_t i = 0; i < size; i += 300 * bomb)
      content[i] = static_cast<char>('a' + random_() % 26);
  tests::ZipMaker zip = maker.Container();
  AddDeflated("bomb.bin", content, zip);
  return {std::to_string(size) + " bytes inflated from " + std::to_string(zip.last().packed.size()),
          zip.Make()};
}

Input WorstCases::OneBigMember() {
  SignatureMaker maker = Honest();
  const std::size_t size = DrawMagnitude(30'000'000);
  std::string content(size, ' ');
  for (char& c : content) c = "0123456789abcdef"[random_() % 16];
  maker.files["hex.txt"] = content;
  tests::ZipMaker zip = maker.Container();
  for (tests::ZipMember& member : zip.members()) {
    if (member.name != "hex.txt") continue;
    tests::ZipMaker other;
    AddDeflated(member.name, content, other);
    member = other.last();
  }
  return {"a deflated member of " + std::to_string(size) + " bytes of hexadecimal text",
          zip.Make()};
}

// The break is in the last bytes.
Input WorstCases::Malformed() {
  SignatureMaker maker = Honest();
  const std::size_t size = DrawMagnitude(8'000'000);
  constexpr std::array<const char*, 6> kBreaks{"</x>",  "&nothing;",      "<a",
                                               "<a b>", "<a b='' b=''/>", "<z:a/>"};
  const std::string broken = kBreaks.at(Draw(0, 5));
  const std::string unit = Draw(0, 1) == 0 ? "QUJD" : "<a b=\"c\">text</a>";
  const std::string object =
      "<ds:Object>" + Repeated(unit, size / unit.size()) + broken + "</ds:Object>";
  return {std::to_string(size) + " bytes of '" + unit + "' and then '" + broken + "'",
          WithXml(maker, WithObjects(maker.Xml(), object))};
}

Input WorstCases::Damaged() {
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  maker.archives = 2;
  const std::size_t size = DrawMagnitude(9'000'000);
  tests::ZipMaker zip = maker.Container();
  if (Draw(0, 1) == 0)
    zip.Add("last.bin", std::string(size, 'l'));
  else
    AddDeflated("last.bin", Repeated("teksts ", size / 7), zip);
  zip.last().crc_lie = 1;
  return {"a damaged member of " + std::to_string(size) + " bytes", zip.Make()};
}

}  // namespace bench
