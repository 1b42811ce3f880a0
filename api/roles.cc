#include "api/roles.h"

#include "api/inspector.h"
#include "api/outbound/courier.h"
#include "base/file.h"
#include "base/random.h"
#include "hsm/keyholder.h"

namespace api {

base::Status RunKeyholder(const Config& config, std::vector<base::UniqueFd> doors) {
  return hsm::ServeKeyholder(config.hsm, doors.at(0));
}

base::Status RunInspector(const Config& config, std::vector<base::UniqueFd> doors) {
  return ServeInspector(doors.at(0),
                        {.trust = {}, .installed = config.trust ? &*config.trust : nullptr});
}

base::Status RunCourier(const Config& config, std::vector<base::UniqueFd> doors) {
  return ServeCourier(config.courier, doors.at(0));
}

base::Status RunProvisioner(const Config& config, std::vector<base::UniqueFd> doors) {
  return hsm::ServeProvisioning(config.hsm, doors.at(0));
}

base::Status RunSoftTokenMaker(const Config& config, std::vector<base::UniqueFd>) {
  ASSIGN_OR_RETURN(base::Bytes pin, base::ReadFile(config.hsm.pin_file, 256));
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin.pop_back();
  const std::string so_pin = base::HexEncode(base::RandomBytes(16));
  RETURN_IF_ERROR(
      base::ReplaceFile(config.hsm.pin_file.parent_path() / "so-pin", base::AsBytes(so_pin), 0600));
  return hsm::InitialiseSoftToken(config.hsm, base::Secret(base::ToBytes(so_pin)),
                                  base::Secret(std::move(pin)));
}

}  // namespace api
