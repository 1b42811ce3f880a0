// The part of WorstCases about keys, and about what is checked with them.
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "bench/worst_cases.h"
#include "tests/fakes/evidence_record_maker.h"
#include "tests/fakes/ocsp_maker.h"

namespace bench {

using base::Base64Encode;
using base::Bytes;
using tests::CaExtensions;
using tests::Identity;
using tests::Make;
using tests::SignatureMaker;

namespace {

constexpr int kHeap = 200;
constexpr const char* kRsaMethod = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

// A key of this size that nobody has the private half of; its check costs as one that somebody has.
tests::Key PublicRsa(int bits, int exponent_bits, std::mt19937& random) {
  const auto number = [&](int size) {
    Bytes bytes(static_cast<std::size_t>(size / 8));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    bytes.front() |= 0x80U;
    bytes.back() |= 1U;
    return base::CHandle<BIGNUM, BN_free>{
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  };
  const auto modulus = number(bits);
  const auto exponent = number(exponent_bits);
  const base::CHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build{OSSL_PARAM_BLD_new()};
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  const base::CHandle<OSSL_PARAM, OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(build.get())};
  const base::CHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)};
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
  return tests::Key{key};
}

std::string OcspValue(const Bytes& der) {
  return "<xades:EncapsulatedOCSPValue>" + Base64Encode(der) + "</xades:EncapsulatedOCSPValue>";
}

}  // namespace

WorstCases::WorstCases() {
  ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  signer_ = Make({.name = "signer", .issuer = &ca_});
  tsa_ = Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
  for (const char* curve : {"P-521", "P-384", "brainpoolP512r1"})
    keys_.push_back({curve, tests::MakeEcKey(curve)});
  keys_.push_back({"RSA-8192", PublicRsa(8192, 24, random_)});
  keys_.push_back({"RSA-16384", PublicRsa(16384, 24, random_)});
  keys_.push_back({"RSA-16384 with an exponent of 64 bits", PublicRsa(16384, 64, random_)});
  // The public keys have no private halves to sign themselves with. All have one name, so that
  // each could have issued each other.
  const Identity issuer = Make({.name = "Heap", .extensions = CaExtensions()});
  for (const HeavyKey& key : keys_)
    for (int i = 0; i < kHeap; ++i)
      heaps_[key.name].push_back(Make({.name = "Heap",
                                       .issuer = &issuer,
                                       .extensions = CaExtensions(),
                                       .key = key.key.get()})
                                     .Der());
}

Input WorstCases::Signatures() {
  const HeavyKey& key = DrawKey();
  const bool ec = EVP_PKEY_is_a(key.key.get(), "EC") == 1;
  const Identity heavy = Make({.name = "heavy", .issuer = &ca_, .key = key.key.get()});
  SignatureMaker maker(ec ? heavy : signer_);
  maker.exclusive = true;
  maker.shown = &heavy;
  maker.named = &heavy;
  if (ec) return Repeat(std::string("a key of ") + key.name, maker);
  maker.method = kRsaMethod;
  maker.files = {{"lemums.txt", "x"}};
  // A value as long as the modulus, and less than it.
  const Bytes value(static_cast<std::size_t>(EVP_PKEY_get_size(key.key.get())), 0x55);
  std::string xml;
  const std::size_t count = Draw(1, 20);
  for (std::size_t i = 0; i < count; ++i) {
    std::string one = SignatureElement(maker, i);
    const std::size_t begin = one.find("-V\">") + 4;
    one.replace(begin, one.find("</ds:SignatureValue>") - begin, Base64Encode(value));
    xml += one;
  }
  return {std::to_string(count) + " signatures, each with a key of " + key.name,
          WithXml(maker, maker.open + xml + maker.close)};
}

Input WorstCases::Heap() {
  const HeavyKey& key = DrawKey();
  const Identity fake = Make({.name = "Heap", .extensions = CaExtensions()});
  const Identity lost = Make({.name = "lost", .issuer = &fake});
  SignatureMaker maker(lost);
  maker.exclusive = true;
  maker.tsa = &tsa_;
  auto heap = heaps_.at(key.name);
  heap.resize(DrawMagnitude(heap.size()));
  maker.long_term = ValuesOf(heap, "");
  return Repeat(std::to_string(heap.size()) + " possible issuers of " + key.name, maker);
}

Input WorstCases::Responses() {
  const HeavyKey& key = keys_[Draw(0, 2)];  // One that can sign.
  const Identity responder = Make({.name = "OCSP",
                                   .issuer = &ca_,
                                   .extensions = {{"extendedKeyUsage", "OCSPSigning"}},
                                   .key = key.key.get()});
  const std::size_t count = DrawMagnitude(128);
  std::string values = "<xades:OCSPValues>";
  for (std::size_t i = 0; i < count; ++i)
    values += OcspValue(tests::MakeOcsp({.responder = &responder,
                                         .certificate = &signer_,
                                         .issuer = &ca_,
                                         .this_update = At() - std::chrono::minutes{i},
                                         .next_update = At() + std::chrono::hours{1}}));
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  maker.long_term = ValuesOf({ca_.Der()}, values + "</xades:OCSPValues>");
  return Repeat(std::to_string(count) + " OCSP responses by " + key.name, maker);
}

std::string WorstCases::List(std::size_t entries) {
  std::string& list = lists_[entries];
  if (list.empty())
    list = Base64Encode(tests::MakeCrl({.issuer = &ca_, .others = static_cast<int>(entries)}));
  return list;
}

Input WorstCases::Lists() {
  constexpr std::array<std::size_t, 8> kEntries{1,      100,     1'000,   5'000,
                                                20'000, 100'000, 200'000, 1'000'000};
  const std::size_t entries = kEntries.at(Draw(0, kEntries.size() - 1));
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  // Large ones are put in when all is signed, as that would take long.
  const std::string mark = "LIST";
  maker.long_term = ValuesOf({}, CrlValues(mark));
  const std::size_t count = entries < 20'000 ? Draw(1, 20) : 1;
  std::string xml;
  for (std::size_t i = 0; i < count; ++i) {
    std::string one = SignatureElement(maker, i);
    xml += one.replace(one.find(mark), mark.size(), List(entries));
  }
  tests::ZipMaker zip = maker.Container();
  zip.members().pop_back();
  AddDeflated("META-INF/signatures0.xml", maker.open + xml + maker.close, zip);
  return {std::to_string(count) + " signatures, each with a CRL of " + std::to_string(entries) +
              " entries",
          zip.Make()};
}

Input WorstCases::Tokens() {
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  maker.archives = Draw(1, 5);
  const std::size_t copies = Draw(0, 30);
  const std::string token = "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>" +
                            Base64Encode(tests::MakeToken(tsa_, {})) +
                            "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
  for (std::size_t i = 0; i < copies; ++i) maker.long_term += token;
  return Repeat(std::to_string(maker.archives) + " archive time-stamps and " +
                    std::to_string(copies) + " more",
                maker);
}

Input WorstCases::Archives() {
  SignatureMaker maker = Honest();
  const HeavyKey& key = keys_[Draw(0, 2)];
  const Identity tsa = Make({.name = "TSA",
                             .extensions = {{"extendedKeyUsage", "critical,timeStamping"}},
                             .key = key.key.get()});
  maker.tsa = Draw(0, 1) == 0 ? &tsa_ : &tsa;
  maker.archives = Draw(1, 20);
  maker.files = {{"lemums.txt", std::string(DrawMagnitude(2'000'000), 'x')}, {"b.txt", "b"}};
  return Copy(std::to_string(maker.archives) + " archive time-stamps by " +
                  (maker.tsa == &tsa_ ? "P-256" : key.name),
              maker, Draw(1, 20));
}

Input WorstCases::Counters() {
  SignatureMaker inner = Honest();
  inner.id = "C";
  inner.target = "#C";
  const std::string counter =
      "<xades:CounterSignature>" + SignatureElement(inner, 900) + "</xades:CounterSignature>";
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  const std::size_t count = DrawMagnitude(400);
  for (std::size_t i = 0; i < count; ++i) maker.long_term += counter;
  return Copy(std::to_string(count) + " counter-signatures", maker, Draw(1, 20));
}

Input WorstCases::NestedCounters() {
  const std::size_t depth = Draw(1, 25);  // Seven elements each.
  std::string nested;
  for (std::size_t i = 0; i < depth; ++i) {
    SignatureMaker maker = Honest();
    maker.tsa = &tsa_;
    if (!nested.empty())
      maker.long_term = "<xades:CounterSignature>" + nested + "</xades:CounterSignature>";
    nested = SignatureElement(maker, 100 + i);
  }
  const SignatureMaker maker = Honest();
  return {"counter-signatures " + std::to_string(depth) + " deep",
          WithXml(maker, maker.open + nested + maker.close)};
}

std::string WorstCases::Record(std::size_t hashes, std::size_t chains) {
  tests::EvidenceRecordMaker::List list;
  list.push_back(tests::HashBy("SHA256", "x"));
  for (std::size_t i = 1; i < hashes; ++i)
    list.push_back(tests::HashBy("SHA256", std::to_string(i)));
  tests::EvidenceRecordMaker maker(tsa_);
  maker.AddChain("SHA256", {list}, tests::Day(2020, 1, 1));
  for (std::size_t i = 1; i < chains; ++i) {
    const base::Time at = tests::Day(2020, 1, 1) + std::chrono::hours{i};
    if (i % 2 == 0) {
      maker.RenewTimestamp(at);
    } else {
      maker.RenewHashTree(i % 4 == 1 ? "SHA512" : "SHA256", "x", at);
    }
  }
  return base::ToString(maker.Make());
}

Input WorstCases::Records() {
  const std::size_t hashes = DrawMagnitude(100'000);
  const std::size_t chains = DrawMagnitude(60);
  const std::size_t records = Draw(1, 4);
  const SignatureMaker maker = Honest();
  tests::ZipMaker zip = maker.Container();
  const std::string record = Record(hashes, chains);
  for (std::size_t i = 0; i < records; ++i)
    zip.Add("META-INF/evidencerecord" + std::to_string(i) + ".ers", record);
  return {std::to_string(records) + " evidence records of " + std::to_string(hashes) +
              " hash values and " + std::to_string(chains) + " time-stamps",
          zip.Make()};
}

Input WorstCases::RecordsAndLists() {
  const std::size_t entries = DrawMagnitude(5'000);
  SignatureMaker maker = Honest();
  maker.tsa = &tsa_;
  maker.archives = Draw(0, 3);
  maker.long_term = ValuesOf({ca_.Der()}, CrlValues(List(entries)));
  std::string xml;
  const std::size_t count = Draw(1, 20);
  for (std::size_t i = 0; i < count; ++i) xml += SignatureElement(maker, i);
  tests::ZipMaker zip = maker.Container();
  zip.last().content = maker.open + xml + maker.close;
  const std::size_t chains = DrawMagnitude(20);
  zip.Add("META-INF/evidencerecord.ers", Record(DrawMagnitude(1'000), chains));
  return {std::to_string(count) + " signatures with CRLs of " + std::to_string(entries) +
              " entries under an evidence record of " + std::to_string(chains) + " time-stamps",
          zip.Make()};
}

base::Bytes WorstCases::HonestArchive(int crl_entries) {
  std::vector<tests::Key> keys;  // One for each certificate.
  const auto p384 = [&] { return keys.emplace_back(tests::MakeEcKey("P-384")).get(); };
  const tests::Key rsa = tests::MakeRsaKey(4096);
  const Identity middle =
      Make({.name = "issuing CA", .issuer = &ca_, .extensions = CaExtensions(), .key = p384()});
  const Identity tsa = Make({.name = "TSA",
                             .issuer = &ca_,
                             .extensions = {{"extendedKeyUsage", "critical,timeStamping"}},
                             .key = p384()});
  const Identity responder = Make({.name = "OCSP",
                                   .issuer = &middle,
                                   .extensions = {{"extendedKeyUsage", "OCSPSigning"}},
                                   .key = p384()});
  const std::string list = Base64Encode(tests::MakeCrl({.issuer = &ca_, .others = crl_entries}));
  tests::ZipMaker zip;
  for (std::size_t i = 0; i < 20; ++i) {
    const bool with_rsa = i % 2 == 1;
    const Identity signer = Make({.name = "signer " + std::to_string(i),
                                  .issuer = &middle,
                                  .key = with_rsa ? rsa.get() : p384()});
    SignatureMaker maker(signer);
    maker.exclusive = true;
    maker.files = {{"lemums.txt", std::string(500'000, 'x')}};
    maker.method = with_rsa ? kRsaMethod : "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    maker.id = "S" + std::to_string(i);
    maker.target = "#" + maker.id;
    maker.tsa = &tsa;
    maker.archives = 3;
    maker.more_properties =
        ValuesOf({middle.Der(), ca_.Der()},
                 "<xades:OCSPValues>" +
                     OcspValue(tests::MakeOcsp({.responder = &responder,
                                                .certificate = &signer,
                                                .issuer = &middle,
                                                .this_update = At() - std::chrono::hours{1},
                                                .next_update = At() + std::chrono::hours{1}})) +
                     "</xades:OCSPValues>" + CrlValues(list));
    if (i == 0)
      zip = maker.Container();
    else
      zip.Add("META-INF/signatures" + std::to_string(i) + ".xml", maker.Xml());
  }
  return zip.Make();
}

}  // namespace bench
