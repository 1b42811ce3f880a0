// verify.*: full LT verification through the real inspector, beside what the plain libraries
// need for the cryptographic core of the same files alone.
#include <libxml/parser.h>
#include <openssl/cms.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xmlsec/crypto.h>
#include <xmlsec/io.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>
#include <zip.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "api/inspector.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "hardening/walls.h"
#include "signing/checked_signatures.h"
#include "signing/verifier.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/signature_maker.h"
#include "tests/fakes/trust_list_maker.h"

namespace bench {
namespace {

using base::Bytes;
using tests::CertificateSpec;
using tests::Identity;
using tests::Make;

constexpr std::size_t kFiles = 200;
constexpr int kUnseen = 1000;

[[noreturn]] void Stop(const char* what) {
  std::fprintf(stderr, "bench: %s\n", what);
  std::exit(1);
}

void Need(bool ok, const char* what) {
  if (!ok) Stop(what);
}

// A small PKI as Latvia's is built: an issuing CA, a delegated OCSP responder, a time-stamping
// unit; CA and TSA are services of a trusted list.
struct Pki {
  base::Time now = base::SystemClock().Now();
  tests::Key p384 = tests::MakeEcKey("P-384");
  Identity ca;
  Identity responder;
  Identity tsa;
  Identity list_signer;
  std::string list;
  std::vector<Bytes> files;
  std::vector<Bytes> unseen;  // Each is for the inspector once.

  Pki() {
    ca = Make({.name = "Test CA", .extensions = tests::CaExtensions(), .key = p384.get()});
    const tests::Key responder_key = tests::MakeEcKey("P-384");
    responder = Make({.name = "Test OCSP",
                      .issuer = &ca,
                      .extensions = {{"extendedKeyUsage", "OCSPSigning"},
                                     {"noCheck", "ignored"},
                                     {"keyUsage", "digitalSignature"}},
                      .key = responder_key.get()});
    const tests::Key tsa_key = tests::MakeEcKey("P-384");
    tsa = Make({.name = "Test TSA",
                .issuer = &ca,
                .extensions = {{"extendedKeyUsage", "critical,timeStamping"},
                               {"keyUsage", "critical,digitalSignature"}},
                .key = tsa_key.get()});
    list_signer =
        Make({.name = "Test list", .extensions = {{"extendedKeyUsage", "0.4.0.2231.3.0"}}});
    MakeList();
  }

  void MakeFiles() {
    for (std::size_t i = 0; i < kFiles; ++i) files.push_back(MakeFile(i));
  }
  void MakeUnseen() {
    for (std::size_t i = 0; i < kUnseen; ++i) unseen.push_back(MakeFile(kFiles + i));
  }

  void MakeList() {
    tests::TrustListMaker maker;
    maker.issued = base::FormatTime(now - std::chrono::hours{24});
    maker.next_update = base::FormatTime(now + std::chrono::hours{24 * 90});
    maker.services = {
        {&ca,
         "CA/QC",
         {{"2016-07-01T00:00:00Z", "granted", tests::AdditionalExtension("ForeSignatures")}}},
        {&tsa, "TSA/QTST", {{"2016-07-01T00:00:00Z"}}}};
    list = maker.SignedBy(list_signer);
  }

  // Half of the signers have P-384 as people's cards do, the others P-256 and RSA-2048.
  Bytes MakeFile(std::size_t number) const {
    static const tests::Key rsa = tests::MakeRsaKey(2048);
    const tests::Key own = tests::MakeEcKey(number % 2 == 0 ? "P-384" : "P-256");
    const bool with_rsa = number % 4 == 3;
    const Identity signer = Make({.name = "Anna Paraugs " + std::to_string(number),
                                  .issuer = &ca,
                                  .extensions = {{"keyUsage", "critical,nonRepudiation"},
                                                 {"1.3.6.1.5.5.7.1.3",
                                                  "DER:"
                                                  "30293008060604008E4601013008060604008E4601043013"
                                                  "060604008E4601063009060704008E46010601"}},
                                  .from = tests::Day(2024, 1, 1),
                                  .key = with_rsa ? rsa.get() : own.get()});
    tests::SignatureMaker maker(signer);
    maker.method = with_rsa ? "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
                            : "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    maker.files = {{"lemums.txt", std::string(50'000, 'x') + std::to_string(number)}};
    maker.tsa = &tsa;
    const Bytes ocsp = tests::MakeOcsp({.responder = &responder,
                                        .certificate = &signer,
                                        .issuer = &ca,
                                        .this_update = now + std::chrono::seconds{30},
                                        .next_update = now + std::chrono::hours{1}});
    maker.long_term =
        "<xades:CertificateValues><xades:EncapsulatedX509Certificate>" +
        base::Base64Encode(ca.Der()) +
        "</xades:EncapsulatedX509Certificate></xades:CertificateValues><xades:RevocationValues>"
        "<xades:OCSPValues><xades:EncapsulatedOCSPValue>" +
        base::Base64Encode(ocsp) +
        "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>";
    return maker.Container().Make();
  }
};

Pki& ThePki() {
  static Pki pki;
  return pki;
}

base::Time ValidationTime() {
  return ThePki().now + std::chrono::minutes{10};
}

// ---- The floor: what the libraries need for the core of the same file. ----

class Floor {
 public:
  Floor() {
    xmlInitParser();
    Need(xmlSecInit() >= 0 && xmlSecCryptoAppInit(nullptr) >= 0 && xmlSecCryptoInit() >= 0,
         "xmlsec");
    store_.reset(X509_STORE_new());
    X509_STORE_add_cert(store_.get(), ThePki().ca.certificate.get());
    X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store_.get()), X509_PURPOSE_ANY);
    X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  }

  void Verify(const Bytes& container) const {
    zip_error_t error;
    zip_source_t* source = zip_source_buffer_create(container.data(), container.size(), 0, &error);
    zip_t* zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    Need(zip != nullptr, "zip");
    const std::string xml = Read(zip, "META-INF/signatures0.xml");
    content_ = Read(zip, "lemums.txt");
    xmlDoc* doc =
        xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr, XML_PARSE_HUGE);
    Need(doc != nullptr, "xml");
    VerifyCore(doc);
    VerifyToken(doc);
    VerifyOcsp(doc);
    xmlFreeDoc(doc);
    zip_discard(zip);
  }

 private:
  static std::string Read(zip_t* zip, const char* name) {
    zip_stat_t stat;
    Need(zip_stat(zip, name, 0, &stat) == 0, name);
    std::string content(stat.size, '\0');
    zip_file_t* file = zip_fopen(zip, name, 0);
    Need(zip_fread(file, content.data(), content.size()) == static_cast<zip_int64_t>(stat.size),
         name);
    zip_fclose(file);
    return content;
  }

  static xmlNode* Find(xmlDoc* doc, const char* name) {
    for (xmlNode* node = xmlDocGetRootElement(doc); node != nullptr;
         node = signing::NextInOrder(node, xmlDocGetRootElement(doc)))
      if (node->type == XML_ELEMENT_NODE && signing::NameOf(node) == name) return node;
    Stop(name);
  }

  static Bytes Decoded(xmlDoc* doc, const char* name) {
    return *signing::Base64OfElement(Find(doc, name));
  }

  // XMLDSIG core validation by xmlsec, with the key of the certificate in KeyInfo. The file is
  // digested beside it: xmlsec would look for it on the disk.
  void VerifyCore(xmlDoc* doc) const {
    unsigned char digest[32];
    EVP_Digest(content_.data(), content_.size(), digest, nullptr, EVP_sha256(), nullptr);
    xmlNode* reference = Find(doc, "Reference");
    Need(base::ToBytes(signing::TextOfElement(Find(doc, "DigestValue"))) ==
             base::ToBytes(base::Base64Encode({digest, 32})),
         "digest");
    // What is left for xmlsec is the reference to the properties and the value.
    static_cast<void>(reference);
    const char* ids[] = {"Id", nullptr};
    xmlSecAddIDs(doc, xmlDocGetRootElement(doc),
                 reinterpret_cast<const xmlChar**>(const_cast<const char**>(ids)));
    const Bytes der = Decoded(doc, "X509Certificate");
    xmlSecDSigCtx* context = xmlSecDSigCtxCreate(nullptr);
    context->signKey =
        xmlSecCryptoAppKeyLoadMemory(der.data(), static_cast<xmlSecSize>(der.size()),
                                     xmlSecKeyDataFormatCertDer, nullptr, nullptr, nullptr);
    Need(context->signKey != nullptr, "key");
    xmlSecIOCleanupCallbacks();
    xmlSecIORegisterCallbacks(
        [](const char* uri) { return std::string_view(uri) == "lemums.txt" ? 1 : 0; },
        [](const char*) -> void* {
          at_ = 0;
          return &at_;
        },
        [](void*, char* buffer, int size) {
          const std::size_t count = std::min(static_cast<std::size_t>(size), content_.size() - at_);
          std::memcpy(buffer, content_.data() + at_, count);
          at_ += count;
          return static_cast<int>(count);
        },
        [](void*) { return 0; });
    Need(xmlSecDSigCtxVerify(context, Find(doc, "Signature")) >= 0 &&
             context->status == xmlSecDSigStatusSucceeded,
         "xmlsec says no");
    xmlSecDSigCtxDestroy(context);
  }

  void VerifyToken(xmlDoc* doc) const {
    const Bytes der = Decoded(doc, "EncapsulatedTimeStamp");
    const unsigned char* at = der.data();
    const base::CHandle<CMS_ContentInfo, CMS_ContentInfo_free> cms{
        d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size()))};
    const base::CHandle<BIO, BIO_free> out{BIO_new(BIO_s_mem())};
    Need(CMS_verify(cms.get(), nullptr, store_.get(), nullptr, out.get(), CMS_BINARY) == 1,
         "token");
  }

  void VerifyOcsp(xmlDoc* doc) const {
    const Bytes der = Decoded(doc, "EncapsulatedOCSPValue");
    const unsigned char* at = der.data();
    const base::CHandle<OCSP_RESPONSE, OCSP_RESPONSE_free> response{
        d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size()))};
    const base::CHandle<OCSP_BASICRESP, OCSP_BASICRESP_free> basic{
        OCSP_response_get1_basic(response.get())};
    Need(OCSP_basic_verify(basic.get(), nullptr, store_.get(), 0) == 1, "ocsp");
  }

  base::CHandle<X509_STORE, X509_STORE_free> store_;
  static inline std::string content_;
  static inline std::size_t at_ = 0;
};

// ---- Ours. ----

std::vector<signing::NamedBytes> Trust() {
  return {{"list.xml", base::AsBytes(ThePki().list)},
          {"signer.der", *new Bytes(ThePki().list_signer.Der())}};
}

std::shared_ptr<const signing::PreparedTrust> Prepared() {
  static const auto prepared = std::make_shared<const signing::PreparedTrust>(
      signing::PreparedTrust::Read(Trust(), ValidationTime()));
  return prepared;
}

signing::VerifyRequest RequestFor(const Bytes& document) {
  signing::VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.policy = "eu-qes";
  request.prepared_trust = Prepared();
  request.at = ValidationTime();
  return request;
}

// The inspector role in a process of its own, as edocvaultd starts it.
class InspectorProcess {
 public:
  InspectorProcess() {
    auto door = base::MakeDoor();
    Need(door.ok(), "door");
    pid_ = ::fork();
    if (pid_ == 0) {
      door.value().caller.Reset();
      static_cast<void>(api::ServeInspector(door.value().server, {.trust = Prepared()}));
      ::_exit(0);
    }
    client_.emplace(base::ChannelClient(std::move(door.value().caller)));
  }
  ~InspectorProcess() {
    client_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  InspectorProcess(const InspectorProcess&) = delete;
  InspectorProcess& operator=(const InspectorProcess&) = delete;

  pid_t pid() const { return pid_; }
  void Verify(const Bytes& document) {
    const auto report = client_->Verify(
        document, {.name = "lemums.edoc", .policy = "eu-qes", .at = ValidationTime()});
    Need(report.ok() && report.value().Text("verdict") == "valid", "the inspector says no");
  }

 private:
  pid_t pid_ = -1;
  std::optional<api::InspectorClient> client_;
};

}  // namespace

void RunVerifyBench(const std::string& only) {
  const auto wanted = [&](std::string_view name) { return only.empty() || only == name; };
  if (!only.empty() && !only.starts_with("verify.")) return;
  if (only == "verify.cost_bound" || only == "verify.linear") return;
  signing::PrepareVerifier();
  Pki& pki = ThePki();
  InspectorProcess inspector;  // Before all else, so that it is as small as the role itself.
  pki.MakeFiles();
  std::size_t next = 0;
  const auto file = [&]() -> const Bytes& { return pki.files[next++ % kFiles]; };
  const Floor floor;
  // What two have reported is checked once and remembered, a few claims at a time: after so many
  // passes nothing is left to check.
  constexpr int kPasses = 8;
  for (int pass = 0; pass < kPasses; ++pass)
    for (const Bytes& each : pki.files) inspector.Verify(each);
  for (const Bytes& each : pki.files) {
    floor.Verify(each);
  }
  const Side core{"xmlsec+CMS+OCSP", [&] { return PerCpuSecond([&] { floor.Verify(file()); }); }};
  // With the same memory: the ratio is the price of processes alone.
  signing::CheckedSignatures known;
  const auto verify_here = [&](const Bytes& document) {
    signing::SignatureMemory memory{.known = &known};
    signing::VerifyRequest request = RequestFor(document);
    request.memory = &memory;
    Need(signing::Verify(request).Text("verdict") == "valid", "the file is not valid");
    return memory.found;
  };
  for (const Bytes& each : pki.files)
    for (const signing::SignatureClaim& claim : verify_here(each)) known.Add(claim);
  const Side inside{"in-process", [&] { return PerCpuSecond([&] { verify_here(file()); }); }};
  const Side walled{"inspector", [&] {
                      return PerCpuSecondWith(inspector.pid(), [&] { inspector.Verify(file()); });
                    }};
  if (wanted("verify.lt_new_vs_floor")) {
    // The service is warm, the document new: nobody has seen its signer, time-stamp or OCSP
    // response. Five rounds, a fifth of the files each.
    pki.MakeUnseen();
    std::size_t at = 0;
    const Side unseen{"inspector", [&] {
                        return PerCpuSecondOf(inspector.pid(), kUnseen / kRounds,
                                              [&] { inspector.Verify(pki.unseen.at(at++)); });
                      }};
    Compare("verify.lt_new_vs_floor", "floor-verifications/cpu-s", core, unseen);
  }
  // A ratio of costs, so the sides are the other way round.
  if (wanted("verify.lt_warm_vs_floor"))
    Compare("verify.lt_warm_vs_floor", "floor-verifications/cpu-s", core, walled);
  if (wanted("verify.throughput"))
    Compare("verify.throughput", "verifications/cpu-s", walled, core);
  if (wanted("verify.price_of_walls"))
    Compare("verify.price_of_walls", "in-process-verifications/cpu-s", inside, walled);
}

}  // namespace bench
