// Asks edockit, a verifier we did not write, about containers; one JSON line each.
//
//   node edockit_check.mjs EDOCKIT_FOLDER CONTAINER...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, ...containers] = process.argv.slice(2);
const require = createRequire(folder + "/");
const { parseEdoc, verifySignature } = require("edockit");

for (const file of containers) {
  const answer = { file, parsed: false, signatures: [] };
  try {
    const container = parseEdoc(readFileSync(file));
    answer.parsed = true;
    for (const signature of container.signatures) {
      const result = await verifySignature(signature, container.files, {
        checkRevocation: false, // It would ask the network.
        verifyTimestamps: true,
      });
      answer.signatures.push({
        signature: result.signature?.isValid === true,
        checksums: result.checksums?.isValid === true,
        timestamp: result.timestamp === undefined ? null : result.timestamp.isValid === true && result.timestamp.coversSignature === true,
        status: result.status,
        message: result.statusMessage ?? (result.errors ?? []).join("; "),
      });
    }
  } catch (error) {
    answer.error = String(error);
  }
  console.log(JSON.stringify(answer));
}
