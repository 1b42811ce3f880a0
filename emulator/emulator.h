// A certification authority, a TSA and an OCSP responder for development and tests.
//
// Nothing here is trusted by anybody: its names say TEST, its root key lies in a file, and
// its answers can be made wrong on demand. Included by cli and tests alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace emulator {

struct IssuedSeal {
  base::Bytes certificate;         // DER.
  std::vector<base::Bytes> chain;  // The issuing CA, then the root.
};

struct TlsNames {
  std::string common_name;
  bool is_server = false;  // Otherwise a client certificate.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

struct IssuedTls {
  base::Secret key_pem;
  std::string certificate_pem;
};

enum class CertificateState { kGood, kRevoked, kUnknown };

struct CertificateStatus {
  CertificateState state = CertificateState::kUnknown;
  base::Time revoked_at;  // Of a revoked one.
};

// "edocvault TEST Root CA", an issuing CA below it, and the certificates of the TSA and the
// OCSP responder; beside them a CA of its own for mutual TLS, so that no seal opens a door.
// Each key is P-256, in a file of the folder (mode 0600), made once and used again later.
//
// Thread-safe.
class TestAuthority {
 public:
  struct Config {
    std::filesystem::path folder;  // Made when absent (mode 0700).
    std::string ocsp_url;          // Into every certificate made; may be empty.
  };

  // `clock` outlives this.
  //
  // Errors:
  //   kCorrupted "authority.damaged"   the folder holds a file that does not read
  //   kUnavailable "disk.unwritable"
  static base::Result<std::unique_ptr<TestAuthority>> Open(Config config, const base::Clock& clock);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // A certificate that looks like a qualified one for electronic seals (ETSI EN 319 412-3 and
  // -5: QcCompliance, QcSSCD, QcType eseal), for two years, with the subject of the request.
  //
  // Errors:
  //   kInvalidInput "request.malformed"      no PKCS#10 in DER, no subject, or a weak key
  //   kInvalidInput "request.bad-signature"  its signature does not verify
  base::Result<IssuedSeal> IssueSeal(base::ByteSpan certificate_request);

  // kInvalidInput "request.malformed" for names that are none.
  base::Result<IssuedTls> IssueTls(const TlsNames& names);

  // `serial` in lower-case hexadecimal without leading zeros, as StatusOf() takes it.
  // kNotFound "certificate.unknown" when none of ours has it.
  base::Status Revoke(const std::string& serial, base::Time at);

  CertificateStatus StatusOf(const std::string& serial) const;

  // The revocation lists of the root and of the issuing CA as of now, good for an hour; DER.
  base::Bytes RootCrl() const;
  base::Bytes IssuingCrl() const;

  // DER.
  base::Bytes root() const;
  base::Bytes issuing_ca() const;
  base::Bytes tsa_certificate() const;
  base::Bytes ocsp_certificate() const;
  base::Bytes list_signer_certificate() const;
  // What a TLS peer trusts.
  std::string tls_root_pem() const;

  // Where revocation is asked for, for certificates issued from now on.
  void set_ocsp_url(std::string url);
  bool has_ocsp_url() const;

  // OpenSSL's view of it all, for the responders.
  struct Keys;
  const Keys& keys() const;
  base::Time Now() const;

 private:
  struct State;
  explicit TestAuthority(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

struct WitnessAnswer {
  int status = 200;  // Of HTTP.
  std::string body;
};

// A witness of logs (C2SP tlog-witness, add-checkpoint): cosigns a checkpoint only when it was
// grown from the one that it cosigned last, which it remembers across restarts. Thread-safe.
class Witness {
 public:
  // `folder` (made when absent) holds its key and what it saw. `log_keys`: verifier keys of the
  // logs it knows. kCorrupted "authority.damaged", kUnavailable "disk.unwritable", kInvalidInput
  // "witness.bad-key" for a name or log key that is none.
  static base::Result<std::unique_ptr<Witness>> Open(const std::filesystem::path& folder,
                                                     const std::string& name,
                                                     const std::vector<std::string>& log_keys);
  ~Witness();
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  std::string verifier_key() const;  // "name+keyid+base64".

  // Statuses: 200 with the cosignature; 400 for what does not read; 403 signed by nobody it knows;
  // 404 another log; 409 with the size it cosigned last; 422 not grown from it; 500 its disk.
  WitnessAnswer AddCheckpoint(std::string_view body, base::Time now);

 private:
  struct State;
  explicit Witness(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// The serial of a certificate as Revoke() takes it; empty when `der` is no certificate.
std::string SerialOf(base::ByteSpan der);

// What a service does instead of its work.
enum class TsaMode { kOk, kDown, kSlow, kGarbage, kRejects, kWrongImprint, kWrongNonce };
enum class OcspMode { kOk, kDown, kSlow, kGarbage, kTryLater, kUnknown, kStale, kWrongNonce };

enum class WitnessMode { kOk, kDown };

enum class TrustMode {
  kOk,
  kDown,
  kSlow,
  kGarbage,
  kRedirect,
  kEndless,
  kOlder,
  kWrongSigner,
  kStale
};

// An HTTP server on 127.0.0.1:
//
//   POST /tsa     RFC 3161 (application/timestamp-query): SHA-256, -384 or -512; policy 2.999.1.1
//                 (the arc kept for examples), accuracy one second
//   POST /ocsp    RFC 6960 (application/ocsp-request): certificates of the issuing CA, by any
//                 hash; others are "unauthorized"; good for 15 minutes
//   GET /crl/root.crl, /crl/issuing.crl   complete revocation lists (RFC 5280, 5)
//   GET /trust/lotl.xml, /trust/lv.xml   a list of lists and a trusted list (ETSI TS 119 612) that
//                 names the issuing CA, the TSA and the OCSP responder; by the list signer
//   POST /witness/add-checkpoint   of the witness that is handed in (text/plain)
//   POST /switch  {"tsa":"ok|down|slow|garbage|rejects|wrong-imprint|wrong-nonce",
//                  "ocsp":"ok|down|slow|garbage|try-later|unknown|stale|wrong-nonce",
//                  "witness":"ok|down",
//                  "trust":"ok|down|slow|garbage|redirect|endless|older|wrong-signer|stale"},
//                 any of them
//
// A request that does not read is 400, one beyond 64 KiB is 413. Thread-safe.
class Emulator {
 public:
  // Serves until destroyed. Port 0 takes a free one. Sets the authority's OCSP URL when it
  // has none. `authority` and `witness` outlive this. kUnavailable "emulator.port-taken".
  static base::Result<std::unique_ptr<Emulator>> Start(TestAuthority& authority, std::uint16_t port,
                                                       Witness* witness = nullptr);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  std::uint16_t port() const;
  std::string tsa_url() const;
  std::string ocsp_url() const;
  std::string lotl_url() const;
  std::string list_url() const;  // Of territory LV.
  std::string witness_url() const;

  void set_tsa_mode(TsaMode mode);
  void set_ocsp_mode(OcspMode mode);
  void set_trust_mode(TrustMode mode);
  void set_witness_mode(WitnessMode mode);

 private:
  struct Server;
  explicit Emulator(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace emulator
