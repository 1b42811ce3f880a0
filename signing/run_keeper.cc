#include "signing/run_keeper.h"

namespace signing {

void RunKeeper::KeepRecord(const EvidenceRecordFacts& record) {
  facts_.AddRecord(record);
  evidence_.AddRecord(record);
}

void RunKeeper::KeepSignature(const SignatureFacts& signature, const facts::Document& found,
                              const TrustSnapshot& trust) {
  facts_.AddSignature(signature, found);
  evidence_.AddSignature(signature);
  evidence_.AddTrusted(found, trust);
}

base::Status RunKeeper::KeepFiles(AsicContainer& container) {
  const auto keep = [&](std::string_view role,
                        const std::vector<std::string>& names) -> base::Status {
    for (const std::string& name : names) {
      ASSIGN_OR_RETURN(const base::Bytes digest,
                       container.DigestOf(name, *FindDigestByName("SHA256")));
      facts_.AddFile(role, name, *base::ToSha256Digest(digest));
    }
    return base::Ok();
  };
  RETURN_IF_ERROR(keep("data", container.data_files()));
  RETURN_IF_ERROR(keep("signature", container.signature_files()));
  return keep("evidence-record", container.evidence_records());
}

void RunKeeper::KeepDetached(const VerifyRequest& request) {
  for (const NamedBytes& file : request.data)
    facts_.AddFile("detached", file.name, base::Sha256(file.bytes));
  for (const NamedDigest& digest : request.digests)
    facts_.AddFile("detached-digest", digest.name, digest.sha256);
}

VerifyRun RunKeeper::Finish(const VerifyRequest& request, std::string_view container,
                            const base::Status& status, const TrustSnapshot& trust) && {
  facts_.SetContainer(container);
  if (!status.ok()) facts_.Refuse(status.error());
  VerifyRun run;
  run.facts = facts_.ToJson(request, trust);
  run.evidence = std::move(evidence_);
  return run;
}

}  // namespace signing
