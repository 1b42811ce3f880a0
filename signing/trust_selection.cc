#include "signing/trust_selection.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "signing/trust_list_signature.h"

namespace signing {
namespace {

using Editions = std::vector<const TrustListFile*>;

bool IsNewer(const TrustListFile* a, const TrustListFile* b) {
  const auto key = [](const TrustListFile* file) {
    return std::tuple(file->glance.issued, file->glance.sequence, file->digest);
  };
  return key(a) > key(b);
}

bool Contains(const std::vector<Certificate>& list, const Certificate& certificate) {
  return std::ranges::any_of(
      list, [&](const Certificate& other) { return other.der() == certificate.der(); });
}

void AddMissing(const std::vector<Certificate>& from, std::vector<Certificate>& to) {
  for (const Certificate& certificate : from)
    if (!Contains(to, certificate)) to.push_back(certificate);
}

// A file that is a list, signed by somebody.
struct OpenedList {
  XmlDocument document;
  TrustListHeader header;
  Certificate signer;
};

base::Result<OpenedList> Open(const TrustListFile& file) {
  ASSIGN_OR_RETURN(XmlDocument document, XmlDocument::Parse(file.bytes));
  ASSIGN_OR_RETURN(TrustListHeader header, ReadTrustListHeader(document));
  // The glance ordered the editions; a list that tricked it would win or lose by that.
  const TrustListHeader& glance = file.glance;
  if (header.territory != glance.territory || header.sequence != glance.sequence ||
      header.issued != glance.issued || header.IsListOfLists() != glance.IsListOfLists())
    return base::Error{base::ErrorCode::kInvalidInput, "trust.malformed",
                       "its header is not where TS 119 612 puts it"};
  ASSIGN_OR_RETURN(Certificate signer, CheckTrustListSignature(document));
  return OpenedList{std::move(document), std::move(header), std::move(signer)};
}

class Selector {
 public:
  Selector(const TrustInputs& inputs, base::Time at, CertificateStore& store, Findings& findings)
      : inputs_(inputs), at_(at), store_(store), findings_(findings) {}

  TrustSelection Run() {
    std::map<std::string, Editions> lists_of_lists;
    std::map<std::string, Editions> lists;
    for (const TrustListFile& file : inputs_.lists) {
      auto& group = file.glance.IsListOfLists() ? lists_of_lists : lists;
      if (file.glance.issued > at_)
        Find("trust.list-later", FindingSeverity::kInfo, file,
             base::FormatTime(file.glance.issued));
      else
        group[file.glance.territory].push_back(&file);
    }
    for (auto& [territory, editions] : lists_of_lists) SelectListOfLists(editions);
    const std::size_t count = selection_.lists.size();
    for (auto& [territory, editions] : lists) SelectList(editions, AllowedFor(territory, count));
    return std::move(selection_);
  }

 private:
  void Find(std::string_view code, FindingSeverity severity, const TrustListFile& file,
            const std::string& detail) {
    findings_.push_back({code, severity, file.name + ": " + detail});
  }

  std::optional<OpenedList> OpenIfSignedBy(const TrustListFile& file,
                                           const std::vector<Certificate>& allowed) {
    auto opened = Open(file);
    if (!opened.ok()) {
      Find("trust.list-refused", FindingSeverity::kWarning, file,
           opened.error().reason + " " + opened.error().message);
      return std::nullopt;
    }
    if (!Contains(allowed, opened.value().signer)) {
      Find("trust.list-other-signer", FindingSeverity::kWarning, file,
           opened.value().signer.SubjectText());
      return std::nullopt;
    }
    return std::move(opened).value();
  }

  // Oldest first. Only the latest verified edition says who signs the next: a key that an
  // edition has taken out of use cannot bring itself back, though it is still handed in.
  void SelectListOfLists(Editions& editions) {
    std::ranges::sort(editions, IsNewer);
    std::vector<Certificate> allowed = inputs_.certificates;
    std::optional<OpenedList> verified;
    const TrustListFile* verified_file = nullptr;
    for (auto at = editions.rbegin(); at != editions.rend(); ++at) {
      auto opened = OpenIfSignedBy(**at, allowed);
      if (!opened) continue;
      Follow(*opened, allowed);
      verified = std::move(opened);
      verified_file = *at;
    }
    if (verified) Use(*verified_file, std::move(*verified));
  }

  // Who may sign the edition after this one.
  void Follow(const OpenedList& edition, std::vector<Certificate>& allowed) {
    const auto named = NamedFor(ReadTrustPointers(edition.document, store_), edition.header);
    AddMissing({edition.signer}, selection_.list_signers);
    AddMissing(named, selection_.list_signers);
    std::vector<Certificate>& in_use = in_use_[edition.header.territory];
    AddMissing({edition.signer}, in_use);
    // An edition that names nobody takes nobody out of use.
    if (named.empty()) return;
    std::erase_if(allowed, [&](const Certificate& certificate) {
      const bool retired = Contains(in_use, certificate) && !Contains(named, certificate);
      if (retired) AddMissing({certificate}, retired_);
      return retired;
    });
    std::erase_if(retired_, [&](const Certificate& one) { return Contains(named, one); });
    AddMissing(named, allowed);
    in_use = named;
  }

  static std::vector<Certificate> NamedFor(const std::vector<TrustPointer>& pointers,
                                           const TrustListHeader& header) {
    std::vector<Certificate> named;
    for (const TrustPointer& pointer : pointers)
      if (pointer.territory == header.territory && pointer.type == header.type)
        AddMissing(pointer.certificates, named);
    return named;
  }

  std::vector<Certificate> AllowedFor(const std::string& territory, std::size_t lists_of_lists) {
    std::vector<Certificate> allowed = inputs_.certificates;
    std::erase_if(allowed, [&](const Certificate& one) { return Contains(retired_, one); });
    for (std::size_t i = 0; i < lists_of_lists; ++i)
      for (const TrustPointer& pointer : selection_.lists[i].pointers)
        if (pointer.territory == territory &&
            pointer.type.find("listofthelist") == std::string::npos)
          AddMissing(pointer.certificates, allowed);
    return allowed;
  }

  void SelectList(Editions& editions, const std::vector<Certificate>& allowed) {
    std::ranges::sort(editions, IsNewer);
    for (const TrustListFile* file : editions) {
      auto opened = OpenIfSignedBy(*file, allowed);
      if (!opened) continue;
      return Use(*file, std::move(*opened));
    }
  }

  void Use(const TrustListFile& file, OpenedList opened) {
    VerifiedList list{file.name, file.digest, std::move(opened.header), opened.signer, {}, {}};
    const auto& next = list.header.next_update;
    if (next && *next < at_)
      Find("trust.list-expired", FindingSeverity::kWarning, file, base::FormatTime(*next));
    AddMissing({list.signer}, selection_.list_signers);
    if (list.header.IsListOfLists()) {
      list.pointers = ReadTrustPointers(opened.document, store_);
      for (const TrustPointer& pointer : list.pointers)
        AddMissing(pointer.certificates, selection_.list_signers);
    } else {
      TrustServices read = ReadTrustServices(opened.document, list.header.territory, store_);
      list.services = std::move(read.services);
      if (read.unreadable > 0)
        Find("trust.service-unreadable", FindingSeverity::kWarning, file,
             std::to_string(read.unreadable));
    }
    selection_.lists.push_back(std::move(list));
  }

  const TrustInputs& inputs_;
  base::Time at_;
  CertificateStore& store_;
  Findings& findings_;
  TrustSelection selection_;
  // By territory of a list of lists: whom its editions, so far, had sign.
  std::map<std::string, std::vector<Certificate>> in_use_;
  // Signed or named by an edition, and by the next ones no more.
  std::vector<Certificate> retired_;
};

}  // namespace

TrustSelection SelectLists(const TrustInputs& inputs, base::Time at, CertificateStore& store,
                           Findings& findings) {
  return Selector(inputs, at, store, findings).Run();
}

}  // namespace signing
