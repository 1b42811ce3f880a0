// Inspections that run at the same time: none has the other's document in its memory.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "api/inspector.h"
#include "tests/fakes/signature_maker.h"

namespace api {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The process that opens the document, stopped in its midst; nullopt when it was too quick.
std::optional<pid_t> StopChildOf(pid_t inspector) {
  const std::string id = std::to_string(inspector);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string children = TextOf("/proc/" + id + "/task/" + id + "/children");
    if (children.empty()) continue;
    const pid_t child = std::stoi(children);
    if (::kill(child, SIGSTOP) == 0) return child;
  }
  return std::nullopt;
}

// What a child forked now would find mapped.
bool ComesToHaveNoDocument(pid_t inspector) {
  for (int i = 0; i < 10'000; ++i)
    if (TextOf("/proc/" + std::to_string(inspector) + "/maps").find("memfd:edocvault") ==
        std::string::npos)
      return true;
  return false;
}

TEST(InspectorWallsTest, ADocumentIsMappedForItsOwnProcessAlone) {
  signing::PrepareVerifier();
  const tests::Identity signer = tests::MakeIdentity(tests::MakeEcKey(), "signer");
  tests::SignatureMaker maker(signer);
  maker.files["lemums.txt"] = std::string(std::size_t{16} << 20U, 'x');
  const base::Bytes document = maker.Container().Make();
  base::DoorPair door = base::MakeDoor().value();
  const pid_t inspector = ::fork();
  ASSERT_GE(inspector, 0);
  if (inspector == 0) {
    door.caller = base::UniqueFd();
    static_cast<void>(ServeInspector(door.server, {}));
    ::_exit(0);
  }
  door.server.Reset();
  std::optional<InspectorClient> client{base::ChannelClient(std::move(door.caller))};
  std::thread call([&] {
    const auto report = client->Verify(document, {.name = "a.edoc", .at = base::Time{}});
    EXPECT_TRUE(report.ok());
  });
  const auto child = StopChildOf(inspector);
  EXPECT_TRUE(child);
  EXPECT_TRUE(ComesToHaveNoDocument(inspector));
  if (child) ::kill(*child, SIGCONT);
  call.join();
  client.reset();
  ::waitpid(inspector, nullptr, 0);
}

}  // namespace
}  // namespace api
