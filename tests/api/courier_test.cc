// What a publisher's server can do to the courier: keep it from bringing a list, and no more.
#include "api/outbound/courier.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "api/trust_import.h"
#include "emulator/emulator.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/trust_case.h"

namespace api {
namespace {

using emulator::TrustMode;

// A server that answers with one byte now and then, for as long as it is let.
class Dripper {
 public:
  Dripper() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listening_.get(), any, size), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listening_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  ~Dripper() {
    thread_.request_stop();
    ::shutdown(listening_.get(), SHUT_RDWR);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  void Run(const std::stop_token& stop) const {
    const base::UniqueFd peer{::accept(listening_.get(), nullptr, nullptr)};
    std::string_view next = "HTTP/1.1 200 OK\r\n\r\n";
    while (!stop.stop_requested() && ::send(peer.get(), next.data(), 1, MSG_NOSIGNAL) == 1) {
      if (next.size() > 1) next.remove_prefix(1);
      ::poll(nullptr, 0, 20);
    }
  }

  base::UniqueFd listening_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

class CourierTest : public testing::Test {
 protected:
  CourierTest() {
    authority_ =
        emulator::TestAuthority::Open({.folder = dir_.path() / "authority", .ocsp_url = ""}, clock_)
            .value();
    emulator_ = emulator::Emulator::Start(*authority_, 0).value();
    courier_.timeout = std::chrono::seconds(1);
    courier_.list_timeout = std::chrono::seconds(2);
    courier_.lists = {{"lotl", emulator_->lotl_url()}, {"LV", emulator_->list_url()}};
    trust_.dir = dir_.path();
    trust_.lists = courier_.lists;
    trust_.list_signers = {dir_.path() / "authority/list-signer.der"};
  }
  ~CourierTest() override { emulator_->set_trust_mode(TrustMode::kOk); }

  base::Result<base::Bytes> Fetch(const std::string& list) {
    base::DoorPair door = base::MakeDoor().value();
    const base::UniqueFd server = std::move(door.server);
    const std::jthread serving([&] { static_cast<void>(ServeCourier(courier_, server)); });
    CourierClient client{base::ChannelClient(std::move(door.caller))};
    return client.Fetch(list);
  }
  std::string ReasonOf(const std::string& list) {
    const auto fetched = Fetch(list);
    return fetched.ok() ? "" : fetched.error().reason;
  }

  // The id of the snapshot that comes of a fetch, or why none does.
  std::string FetchAndImport() {
    base::Json files = base::Json::Array{};
    base::Bytes bytes;
    for (const char* name : {"LV", "lotl"}) {
      const auto fetched = Fetch(name);
      if (!fetched.ok()) return fetched.error().reason;
      files.Push(base::Json().Set("name", name).Set("size", fetched.value().size()));
      base::Append(fetched.value(), bytes);
    }
    const auto import =
        PrepareTrustImport(trust_, base::Json().Set("files", std::move(files)), bytes);
    if (!import.ok()) return import.error().reason;
    const auto done = FinishTrustImport(
        trust_, import.value(), DescribeTrustImport(import.value(), clock_.Now()), clock_.Now());
    return done.ok() ? done.value().Text("snapshot").value_or("") : done.error().reason;
  }
  std::string FetchAndImport(TrustMode mode) {
    emulator_->set_trust_mode(mode);
    return FetchAndImport();
  }

  const tests::TempDir dir_;
  const base::SystemClock clock_;
  std::unique_ptr<emulator::TestAuthority> authority_;
  std::unique_ptr<emulator::Emulator> emulator_;
  CourierConfig courier_;
  TrustConfig trust_;
};

TEST_F(CourierTest, TheListsOfTheTestAuthorityAreFetchedAndVerify) {
  signing::PrepareVerifier();
  const std::string id = FetchAndImport();
  EXPECT_TRUE(trust::IsId(id)) << id;
  EXPECT_EQ(FetchAndImport(), id);  // Nothing new.
}

TEST_F(CourierTest, OnlyTheListsOfTheConfigurationHaveAnAddress) {
  EXPECT_EQ(ReasonOf("EE"), "courier.not-configured");
  EXPECT_EQ(ReasonOf(emulator_->list_url()), "courier.not-configured");
  EXPECT_EQ(ReasonOf(""), "courier.not-configured");
}

TEST_F(CourierTest, ARedirectIsNotFollowed) {
  emulator_->set_trust_mode(TrustMode::kRedirect);
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
}

TEST_F(CourierTest, AnAnswerWithoutEndIsCutOff) {
  courier_.list_timeout = std::chrono::seconds(60);  // By its size, not by its time.
  emulator_->set_trust_mode(TrustMode::kEndless);
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
}

TEST_F(CourierTest, AServerThatSaysNothingIsLeft) {
  emulator_->set_trust_mode(TrustMode::kSlow);
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
}

TEST_F(CourierTest, AServerThatDripsIsLeft) {
  const Dripper dripper;
  courier_.lists["LV"] = dripper.url();
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
}

TEST_F(CourierTest, AServerThatIsDownOrNotThereIsNoAnswer) {
  emulator_->set_trust_mode(TrustMode::kDown);
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
  courier_.lists["LV"] = "http://127.0.0.1:1/";
  EXPECT_EQ(ReasonOf("LV"), "courier.no-answer");
}

TEST_F(CourierTest, WhatIsFetchedAndIsNotTheListChangesNothing) {
  signing::PrepareVerifier();
  const std::string id = FetchAndImport();
  EXPECT_EQ(FetchAndImport(TrustMode::kOlder), "trust.import-older");
  EXPECT_EQ(FetchAndImport(TrustMode::kWrongSigner), "trust.import-unverified");
  EXPECT_EQ(FetchAndImport(TrustMode::kGarbage), "trust.fetched-other");
  EXPECT_EQ(trust::Store(dir_.path()).Current().value(), id);
}

TEST_F(CourierTest, CarriesWhatAWitnessAnswersWithAnyStatus) {
  const tests::NoteSigner log("log.example/a");
  const auto witness =
      emulator::Witness::Open(dir_.path() / "witness", "w.example", {log.VerifierKey()}).value();
  const auto server = emulator::Emulator::Start(*authority_, 0, witness.get()).value();
  courier_.services["witness w.example"] = server->witness_url() + "/add-checkpoint";
  const auto ask = [&](std::string_view body) {
    base::DoorPair door = base::MakeDoor().value();
    const base::UniqueFd end = std::move(door.server);
    const std::jthread serving([&] { static_cast<void>(ServeCourier(courier_, end)); });
    CourierClient client{base::ChannelClient(std::move(door.caller))};
    return client.Ask("witness w.example", "text/plain", base::AsBytes(body));
  };
  const std::string body = "old 0\n\n" + log.Checkpoint(1, base::Sha256({}));
  const auto cosigned = ask(body);
  ASSERT_TRUE(cosigned.ok()) << cosigned.error().message;
  EXPECT_EQ(cosigned.value().status, 200);
  const auto conflict = ask(body);
  EXPECT_EQ(conflict.value().status, 409);
  EXPECT_EQ(base::ToString(conflict.value().body), "1\n");
  EXPECT_EQ(ask("nonsense").value().status, 400);
  server->set_witness_mode(emulator::WitnessMode::kDown);
  EXPECT_EQ(ask(body).value().status, 503);
}

}  // namespace
}  // namespace api
