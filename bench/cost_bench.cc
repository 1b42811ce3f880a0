// verify.cost_bound: the CPU that the inspector spends on the worst that we can think of, beside
// the limits: 250 ms for what it accepts, 50 ms for what it refuses. verify.linear_*: what one more
// signature or reference costs when there are many.
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "api/inspector.h"
#include "base/file.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/signature_maker.h"

namespace bench {
namespace {

using base::Bytes;
using tests::CaExtensions;
using tests::Identity;
using tests::Make;
using tests::SignatureMaker;

constexpr double kAcceptedLimit = 250;
constexpr double kRefusedLimit = 50;
const base::Time kAt = tests::Day(2026, 11, 24);

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

struct HeavyKey {
  const char* name;
  tests::Key key;
};

struct Input {
  std::string description;
  Bytes bytes;
};

// Makes documents of a dozen kinds, each with sizes drawn anew.
class WorstCases {
 public:
  WorstCases() {
    ca_ = Make({.name = "CA", .extensions = CaExtensions()});
    signer_ = Make({.name = "signer", .issuer = &ca_});
    tsa_ = Make({.name = "TSA", .extensions = {{"extendedKeyUsage", "critical,timeStamping"}}});
    for (const char* curve : {"P-521", "P-384", "brainpoolP512r1"})
      keys_.push_back({curve, tests::MakeEcKey(curve)});
    keys_.push_back({"RSA-8192", PublicRsa(8192, 24, random_)});
    keys_.push_back({"RSA-16384 with an exponent of 64 bits", PublicRsa(16384, 64, random_)});
    // The public keys have no private halves to sign themselves with.
    const Identity issuer = Make({.name = "Heap", .extensions = CaExtensions()});
    for (const HeavyKey& key : keys_)
      for (int i = 0; i < kHeap; ++i)
        heaps_[key.name].push_back(Make({.name = "Heap",
                                         .issuer = &issuer,
                                         .extensions = CaExtensions(),
                                         .key = key.key.get()})
                                       .Der());
  }

  Bytes anchor() const { return ca_.Der(); }

  Input Next(std::size_t number) {
    using Maker = Input (WorstCases::*)();
    static constexpr std::array<Maker, 8> kMakers{&WorstCases::Signatures, &WorstCases::Heap,
                                                  &WorstCases::Responses,  &WorstCases::Lists,
                                                  &WorstCases::Tokens,     &WorstCases::References,
                                                  &WorstCases::Elements,   &WorstCases::Members};
    return (this->*kMakers.at(number % kMakers.size()))();
  }

  // `count` signatures of one file in one XML.
  Bytes ManySignatures(std::size_t count, std::size_t references = 0) {
    SignatureMaker first = Honest();
    AddReferences(references, first);
    ZipOf zip(first);
    std::string xml;
    for (std::size_t i = 0; i < count; ++i) xml += SignatureElement(first, i);
    return zip.With(first.open + xml + first.close);
  }

 private:
  static constexpr int kHeap = 64;

  std::size_t Draw(std::size_t from, std::size_t to) {
    return std::uniform_int_distribution<std::size_t>(from, to)(random_);
  }
  const HeavyKey& DrawKey() { return keys_[Draw(0, keys_.size() - 1)]; }

  SignatureMaker Honest() const {
    SignatureMaker maker(signer_);
    maker.exclusive = true;
    maker.files = {{"lemums.txt", std::string(10'000, 'x')}};
    return maker;
  }

  struct ZipOf {
    explicit ZipOf(const SignatureMaker& maker) : zip(maker.Container()) {}
    Bytes With(std::string xml) {
      zip.last().content = std::move(xml);
      return zip.Make();
    }
    tests::ZipMaker zip;
  };

  static std::string SignatureElement(SignatureMaker& maker, std::size_t number) {
    maker.id = "S" + std::to_string(number + 1);
    maker.target = "#" + maker.id;
    const std::string xml = maker.Xml();
    return xml.substr(maker.open.size(), xml.size() - maker.open.size() - maker.close.size());
  }

  static void AddReferences(std::size_t count, SignatureMaker& maker) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "f" + std::to_string(i) + ".txt";
      maker.files[name] = "file " + std::to_string(i);
    }
  }

  static std::string Values(const std::vector<Bytes>& certificates, const std::string& revocation) {
    std::string text = "<xades:CertificateValues>";
    for (const Bytes& der : certificates)
      text += "<xades:EncapsulatedX509Certificate>" + base::Base64Encode(der) +
              "</xades:EncapsulatedX509Certificate>";
    return text + "</xades:CertificateValues><xades:RevocationValues>" + revocation +
           "</xades:RevocationValues>";
  }

  Input Repeat(std::string description, SignatureMaker maker) {
    const std::size_t count = Draw(1, 20);
    std::string xml;
    for (std::size_t i = 0; i < count; ++i) xml += SignatureElement(maker, i);
    return {std::to_string(count) + " signatures, each with " + description,
            ZipOf(maker).With(maker.open + xml + maker.close)};
  }

  Input Signatures() {
    const HeavyKey& key = DrawKey();
    const bool ec = EVP_PKEY_is_a(key.key.get(), "EC") == 1;
    const Identity heavy = Make({.name = "heavy", .issuer = &ca_, .key = key.key.get()});
    SignatureMaker maker(ec ? heavy : signer_);
    maker.exclusive = true;
    maker.shown = &heavy;
    maker.named = &heavy;
    if (ec) return Repeat(std::string("a key of ") + key.name, maker);
    maker.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    maker.files = {{"lemums.txt", "x"}};
    Input input = Repeat(std::string("a key of ") + key.name, maker);
    // A value as long as the modulus, and less than it.
    Bytes value(static_cast<std::size_t>(EVP_PKEY_get_size(key.key.get())), 0x55);
    std::string xml;
    const std::size_t count = Draw(1, 20);
    for (std::size_t i = 0; i < count; ++i) {
      std::string one = SignatureElement(maker, i);
      const std::size_t begin = one.find("-V\">") + 4;
      one.replace(begin, one.find("</ds:SignatureValue>") - begin, base::Base64Encode(value));
      xml += one;
    }
    return {std::to_string(count) + " signatures, each with a key of " + key.name,
            ZipOf(maker).With(maker.open + xml + maker.close)};
  }

  Input Heap() {
    const HeavyKey& key = DrawKey();
    const Identity fake = Make({.name = "Heap", .extensions = CaExtensions()});
    const Identity lost = Make({.name = "lost", .issuer = &fake});
    SignatureMaker maker(lost);
    maker.exclusive = true;
    maker.tsa = &tsa_;
    auto heap = heaps_.at(key.name);
    heap.resize(Draw(1, heap.size()));
    maker.long_term = Values(heap, "");
    return Repeat(std::to_string(heap.size()) + " possible issuers of " + key.name, maker);
  }

  Input Responses() {
    const HeavyKey& key = keys_[Draw(0, 2)];  // One that can sign.
    const Identity responder = Make({.name = "OCSP",
                                     .issuer = &ca_,
                                     .extensions = {{"extendedKeyUsage", "OCSPSigning"}},
                                     .key = key.key.get()});
    const std::size_t count = Draw(1, 64);
    std::string values = "<xades:OCSPValues>";
    for (std::size_t i = 0; i < count; ++i)
      values += "<xades:EncapsulatedOCSPValue>" +
                base::Base64Encode(tests::MakeOcsp({.responder = &responder,
                                                    .certificate = &signer_,
                                                    .issuer = &ca_,
                                                    .this_update = kAt - std::chrono::minutes{i},
                                                    .next_update = kAt + std::chrono::hours{1}})) +
                "</xades:EncapsulatedOCSPValue>";
    SignatureMaker maker = Honest();
    maker.tsa = &tsa_;
    maker.long_term = Values({ca_.Der()}, values + "</xades:OCSPValues>");
    return Repeat(std::to_string(count) + " OCSP responses by " + key.name, maker);
  }

  Input Lists() {
    const int entries = static_cast<int>(Draw(1, 5'000));
    SignatureMaker maker = Honest();
    maker.tsa = &tsa_;
    maker.long_term =
        Values({}, "<xades:CRLValues><xades:EncapsulatedCRLValue>" +
                       base::Base64Encode(tests::MakeCrl({.issuer = &ca_, .others = entries})) +
                       "</xades:EncapsulatedCRLValue></xades:CRLValues>");
    return Repeat("a CRL of " + std::to_string(entries) + " entries", maker);
  }

  Input Tokens() {
    SignatureMaker maker = Honest();
    maker.tsa = &tsa_;
    maker.archives = Draw(1, 5);
    const std::size_t copies = Draw(0, 30);
    const std::string token = "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>" +
                              base::Base64Encode(tests::MakeToken(tsa_, {})) +
                              "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
    for (std::size_t i = 0; i < copies; ++i) maker.long_term += token;
    return Repeat(std::to_string(maker.archives) + " archive time-stamps and " +
                      std::to_string(copies) + " more",
                  maker);
  }

  Input References() {
    SignatureMaker maker = Honest();
    const std::size_t size = Draw(1, 9'000'000);
    maker.files = {{"big.bin", std::string(size, 'b')}};
    const std::size_t count = Draw(1, 200);
    for (std::size_t i = 0; i < count; ++i)
      maker.extra_references +=
          SignatureMaker::Reference("", "big.bin", "", base::Base64Encode(Bytes(32, 1)));
    return Repeat(
        std::to_string(count) + " references to a file of " + std::to_string(size) + " bytes",
        maker);
  }

  Input Elements() {
    SignatureMaker maker = Honest();
    const std::size_t count = Draw(1, 20'000);
    const std::size_t depth = Draw(1, 150);
    const std::size_t spaces = Draw(1, 50);
    const std::size_t references = Draw(0, 20);
    for (std::size_t i = 0; i < references; ++i)
      maker.extra_references +=
          SignatureMaker::Reference("", "#heavy", "", base::Base64Encode(Bytes(32, 1)));
    std::string object = "<ds:Object Id=\"heavy\"";
    for (std::size_t i = 0; i < spaces; ++i)
      object += " xmlns:n" + std::to_string(i) + "=\"urn:" + std::to_string(i) + "\"";
    std::string deep;
    for (std::size_t i = 0; i < count; ++i) deep += "<a b=\"c\"/>";
    for (std::size_t i = 0; i < depth; ++i) deep = "<d>" + deep + "</d>";
    object += ">" + deep + "</ds:Object>";
    std::string xml = maker.Xml();
    xml.insert(xml.find("</ds:Signature>"), object);
    return {std::to_string(references) + " references to " + std::to_string(count) +
                " elements at depth " + std::to_string(depth) + " under " + std::to_string(spaces) +
                " namespaces",
            ZipOf(maker).With(xml)};
  }

  Input Members() {
    SignatureMaker maker = Honest();
    const std::size_t count = Draw(1, 10'000);
    tests::ZipMaker zip = maker.Container();
    const std::size_t size = Draw(0, 500);
    for (std::size_t i = 0; i < count; ++i)
      zip.Add("m" + std::to_string(i) + ".txt", std::string(size, 'm'));
    return {std::to_string(count) + " more members of " + std::to_string(size) + " bytes",
            zip.Make()};
  }

  std::mt19937 random_{20261123};
  Identity ca_;
  Identity signer_;
  Identity tsa_;
  std::vector<HeavyKey> keys_;
  std::map<std::string, std::vector<Bytes>> heaps_;
};

// The inspector role in a process of its own, and what its children cost.
class MeasuredInspector {
 public:
  explicit MeasuredInspector(const Bytes& anchor) {
    auto door = base::MakeDoor();
    if (!door.ok()) std::abort();
    const auto trust = std::make_shared<const signing::PreparedTrust>(
        signing::PreparedTrust::Read({{"anchor.der", anchor}}, kAt));
    pid_ = ::fork();
    if (pid_ == 0) {
      door.value().caller.Reset();
      static_cast<void>(api::ServeInspector(door.value().server, {.trust = trust}));
      ::_exit(0);
    }
    client_.emplace(base::ChannelClient(std::move(door.value().caller)));
    static_cast<void>(Verdict(base::AsBytes("PK")));  // It is ready when it has answered.
    idle_ = 0;
    idle_ = Milliseconds(base::AsBytes("PK"), 50).second;
  }
  ~MeasuredInspector() {
    client_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  MeasuredInspector(const MeasuredInspector&) = delete;
  MeasuredInspector& operator=(const MeasuredInspector&) = delete;

  std::string Verdict(base::ByteSpan document) {
    const auto report = client_->Verify(document, {.name = "lemums.asice", .at = kAt});
    if (!report.ok()) return "refused " + report.error().reason;
    const std::string verdict = report.value().Text("verdict").value_or("refused");
    return verdict;
  }

  // The verdict and the CPU of the inspector, the price of a process taken off.
  std::pair<std::string, double> Milliseconds(base::ByteSpan document, int times) {
    const double before = CpuSecondsOf(pid_);
    std::string verdict;
    for (int i = 0; i < times; ++i) verdict = Verdict(document);
    return {verdict, (CpuSecondsOf(pid_) - before) * 1000 / times - idle_};
  }

 private:
  pid_t pid_ = -1;
  double idle_ = 0;
  std::optional<api::InspectorClient> client_;
};

struct Worst {
  double cost = 0;
  Input input;
  std::size_t over = 0;
  std::size_t count = 0;
};

class Bound {
 public:
  explicit Bound(MeasuredInspector& inspector) : inspector_(inspector) {}

  void Measure(Input input) {
    auto [verdict, cost] = inspector_.Milliseconds(input.bytes, 1);
    const bool refused = verdict.starts_with("refused");
    const double limit = refused ? kRefusedLimit : kAcceptedLimit;
    // The kernel counts in hundredths of a second.
    if (cost > limit - 20) cost = inspector_.Milliseconds(input.bytes, 3).second;
    Worst& worst = refused ? refused_ : accepted_;
    ++worst.count;
    if (cost > limit) {
      ++worst.over;
      std::printf("OVER %.0f ms %s: %s (%zu bytes)\n", cost, verdict.c_str(),
                  input.description.c_str(), input.bytes.size());
      static_cast<void>(std::fflush(stdout));
    }
    if (cost > worst.cost) worst = {cost, std::move(input), worst.over, worst.count};
  }

  void Print(const char* name) const {
    for (const auto& [what, worst, limit] : {std::tuple("accepted", &accepted_, kAcceptedLimit),
                                             std::tuple("refused", &refused_, kRefusedLimit)})
      std::printf("COST %s %s=%zu max=%.0fms limit=%.0fms over=%zu worst=\"%s\"\n", name, what,
                  worst->count, worst->cost, limit, worst->over, worst->input.description.c_str());
    static_cast<void>(std::fflush(stdout));
  }

 private:
  MeasuredInspector& inspector_;
  Worst accepted_;
  Worst refused_;
};

// What the corpus has to attack with; nothing where it is absent.
void MeasureCorpus(MeasuredInspector& inspector) {
  namespace fs = std::filesystem;
  const char* shared = std::getenv("EDOCVAULT_SHARED");
  const fs::path folder = fs::path(shared == nullptr ? "../shared" : shared) / "corpus/attacks";
  std::error_code error;
  Bound bound(inspector);
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md" ||
        entry.path().extension() == ".tsv")
      continue;
    const auto file = base::MappedFile::Open(entry.path());
    if (!file.ok()) continue;
    const base::ByteSpan bytes = file.value().bytes();
    bound.Measure({entry.path().filename().string(), {bytes.begin(), bytes.end()}});
  }
  bound.Print("attacks");
}

void MeasureLinear(MeasuredInspector& inspector, WorstCases& cases, bool signatures) {
  const std::size_t few = signatures ? 10 : 100;
  const std::size_t many = signatures ? 1000 : 900;
  const auto document = [&](std::size_t count) {
    return signatures ? cases.ManySignatures(count) : cases.ManySignatures(1, count);
  };
  const auto [first, small] = inspector.Milliseconds(document(few), 20);
  const auto [second, large] = inspector.Milliseconds(document(many), 3);
  const double each_of_few = small / static_cast<double>(few);
  const double each_of_many = large / static_cast<double>(many);
  std::printf("LINEAR verify.linear_%s ratio=%.2f at_%zu=%.3fms (%s) at_%zu=%.3fms (%s)\n",
              signatures ? "signatures" : "references", each_of_many / each_of_few, few,
              each_of_few, first.c_str(), many, each_of_many, second.c_str());
}

}  // namespace

void RunCostBench(const std::string& only, std::size_t cases_wanted) {
  // Takes minutes, so it runs only when asked for by name.
  if (only != "verify.cost_bound" && only != "verify.linear") return;
  signing::PrepareVerifier();
  WorstCases cases;
  MeasuredInspector inspector(cases.anchor());
  if (only == "verify.linear") {
    MeasureLinear(inspector, cases, true);
    MeasureLinear(inspector, cases, false);
    return;
  }
  MeasureCorpus(inspector);
  Bound bound(inspector);
  for (std::size_t i = 0; i < cases_wanted; ++i) bound.Measure(cases.Next(i));
  bound.Print("generated");
}

}  // namespace bench
