// How calls to the keyholder speak of the key tree: places and wrapped keys in base64, one after
// another, since there may be hundreds.
#pragma once

#include <vector>

#include "base/json.h"
#include "hsm/json_fields.h"
#include "hsm/vault_keys.h"

namespace hsm {

base::Json TopToJson(const TopKey& top);
base::Json PathsToJson(const KeyPaths& paths);
base::Json KeysToJson(const std::vector<PlacedKey>& keys);
base::Json NodesToJson(const std::vector<NodeToRekey>& nodes);

// Each fails `in` when the member is missing or malformed.
TopKey TopIn(JsonFields& in, std::string_view name);
KeyPaths PathsIn(JsonFields& in, std::string_view name);
std::vector<PlacedKey> KeysIn(JsonFields& in, std::string_view name);
std::vector<NodeToRekey> NodesIn(JsonFields& in, std::string_view name);

}  // namespace hsm
