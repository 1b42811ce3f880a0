#include "vault/index.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "vault/directory.h"
#include "vault/index_rows.h"
#include "vault/index_state.h"
#include "vault/proof.h"
#include "vault/record_codec.h"

namespace vault {
namespace {

// Entries indexed in one transaction at open: far below LMDB's limit of dirty pages.
constexpr std::uint64_t kCatchUpGroup = 16'384;

bool IsInHistory(const Record& record) {
  return record.kind == RecordKind::kDocument || record.kind == RecordKind::kAccess;
}

// Damage of the index calls for building it anew; anything else is the caller's to know.
bool CallsForRebuild(const base::Error& error) {
  return error.reason == "ledger.index-damaged" || error.reason == "ledger.unreadable";
}

void RemoveFiles(const std::filesystem::path& directory) {
  std::error_code ignored;  // What could not be removed fails again, and louder, at open.
  std::filesystem::remove(directory / "data.mdb", ignored);
  std::filesystem::remove(directory / "lock.mdb", ignored);
}

// The newest entry that the list holds from `from` downward, without the help of its head.
base::Result<EntryNumber> FirstAtOrBelow(const LmdbTransaction& transaction, LmdbTable rows,
                                         const Ledger::HistoryQuery& query, std::uint8_t list,
                                         EntryNumber from) {
  ASSIGN_OR_RETURN(LmdbCursor cursor, LmdbCursor::Open(transaction, rows));
  ASSIGN_OR_RETURN(const auto row, cursor.SeekAtOrAfter(ListKey(query.client, list, from)));
  if (!row) return kNoEntry;
  return EntryOfListKey(row->key, query.client, list).value_or(kNoEntry);
}

// Where the list goes on below `before`, or from its start.
base::Result<EntryNumber> FirstOfPage(const LmdbTransaction& transaction, LmdbTable rows,
                                      const Ledger::HistoryQuery& query, std::uint8_t list) {
  if (!query.before) {
    ASSIGN_OR_RETURN(const auto newest,
                     GetNumber(transaction, rows, ListHeadKey(query.client, list)));
    if (newest) return *newest;
    ASSIGN_OR_RETURN(const EntryNumber headless,
                     FirstAtOrBelow(transaction, rows, query, list, kNoEntry));
    if (headless != kNoEntry) return IndexDamaged("a history lost its head");
    return kNoEntry;
  }
  ASSIGN_OR_RETURN(const auto older,
                   GetNumber(transaction, rows, ListKey(query.client, list, *query.before)));
  if (older) return *older;
  // `before` is not in this list: take the first one behind it.
  if (query.before->value == 0) return kNoEntry;
  return FirstAtOrBelow(transaction, rows, query, list, {query.before->value - 1});
}

}  // namespace

base::Status IndexWriter::Add(EntryNumber entry, const Record& record) {
  RETURN_IF_ERROR(PutNumber(transaction_, rows_, IdKey(record.id), entry));
  if (record.kind == RecordKind::kClient) {
    RETURN_IF_ERROR(PutNumber(transaction_, rows_, AliasKey(record.commitment), entry));
    RETURN_IF_ERROR(PutNumber(transaction_, rows_, ClientKey(record.client), entry));
  }
  if (!IsInHistory(record)) return base::Ok();
  RETURN_IF_ERROR(AddToList(entry, record, kListOfAll));
  return AddToList(entry, record, static_cast<std::uint8_t>(record.kind));
}

base::Status IndexWriter::AddToList(EntryNumber entry, const Record& record, std::uint8_t list) {
  base::Bytes head = ListHeadKey(record.client, list);
  auto known = heads_.find(head);
  if (known == heads_.end()) {
    ASSIGN_OR_RETURN(const auto newest, GetNumber(transaction_, rows_, head));
    known = heads_.emplace(std::move(head), newest.value_or(kNoEntry)).first;
  }
  RETURN_IF_ERROR(
      PutNumber(transaction_, rows_, ListKey(record.client, list, entry), known->second));
  known->second = entry;
  return base::Ok();
}

base::Status IndexWriter::Commit(const TreeHead& head) && {
  for (const auto& [list, newest] : heads_)
    RETURN_IF_ERROR(PutNumber(transaction_, rows_, list, newest));
  base::Bytes applied;
  base::AppendUint64(head.size, applied);
  base::Append(head.root.span(), applied);
  RETURN_IF_ERROR(PutRow(transaction_, rows_, AppliedKey(), applied));
  return std::move(transaction_).Commit();
}

base::Result<std::unique_ptr<Index>> Index::Open(const std::filesystem::path& directory,
                                                 std::size_t max_bytes, const LogStore& log,
                                                 const TreeHead& head) {
  RETURN_IF_ERROR(MakeDirectory(directory));
  const IndexTrust trust = ReadIndexTrust(directory);
  if (trust == IndexTrust::kNone) RemoveFiles(directory);
  RETURN_IF_ERROR(BeginIndexUse(directory, trust));
  if (trust != IndexTrust::kNone) {
    auto index = OpenAndCatchUp(directory, max_bytes, log, head);
    if (index.ok() || !CallsForRebuild(index.error())) return index;
    base::LogError("vault.index-rebuilt", index.error());
    RemoveFiles(directory);
  }
  return OpenAndCatchUp(directory, max_bytes, log, head);
}

base::Result<std::unique_ptr<Index>> Index::OpenAndCatchUp(const std::filesystem::path& directory,
                                                           std::size_t max_bytes,
                                                           const LogStore& log,
                                                           const TreeHead& head) {
  ASSIGN_OR_RETURN(LmdbEnvironment environment,
                   LmdbEnvironment::Open(directory, {.max_bytes = max_bytes, .synced = false}));
  ASSIGN_OR_RETURN(const LmdbTable rows, environment.Table("row"));
  // The constructor is private, so make_unique cannot reach it.
  std::unique_ptr<Index> index(new Index(directory, std::move(environment), rows));
  index->trusted_ = false;  // Until it has caught up, closing it does not vouch for it.
  RETURN_IF_ERROR(index->CatchUp(log, head));
  index->trusted_ = true;
  return index;
}

Index::~Index() {
  if (trusted_ && environment_.Sync().ok()) static_cast<void>(EndIndexUse(directory_).ok());
}

base::Result<TreeHead> Index::Applied() const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  ASSIGN_OR_RETURN(const auto row, GetRow(transaction, rows_, AppliedKey()));
  if (!row) return TreeHead{0, EmptyRoot()};
  constexpr std::size_t kNumberSize = 8;
  const auto root =
      row->size() < kNumberSize ? std::nullopt : base::ToSha256Digest(row->subspan(kNumberSize));
  if (!root) return IndexDamaged("the note of what was applied");
  return TreeHead{base::ReadUint64(*row), *root};
}

base::Status Index::CatchUp(const LogStore& log, const TreeHead& head) const {
  ASSIGN_OR_RETURN(TreeHead applied, Applied());
  if (applied.size > head.size) return IndexDamaged("ahead of the ledger");
  ASSIGN_OR_RETURN(const LogReader reader, log.BeginRead());
  const NodeReader nodes = [&reader](const TreeNode& node) { return reader.Node(node); };
  ASSIGN_OR_RETURN(const base::Sha256Digest root, RootAt(applied.size, nodes));
  if (root != applied.root) return IndexDamaged("made from another ledger");

  while (applied.size < head.size) {
    ASSIGN_OR_RETURN(IndexWriter writer, BeginWrite());
    const std::uint64_t end = std::min(head.size, applied.size + kCatchUpGroup);
    for (std::uint64_t number = applied.size; number < end; ++number) {
      ASSIGN_OR_RETURN(const LogEntry entry, reader.Read({number}));
      ASSIGN_OR_RETURN(const Record record, DecodeRecord(entry.encoded));
      RETURN_IF_ERROR(writer.Add({number}, record));
    }
    ASSIGN_OR_RETURN(const base::Sha256Digest end_root, RootAt(end, nodes));
    applied = {end, end_root};
    RETURN_IF_ERROR(std::move(writer).Commit(applied));
  }
  return base::Ok();
}

void Index::Note(const base::Error& error) const {
  if (!CallsForRebuild(error) || !trusted_.exchange(false)) return;
  base::LogError("vault.index-damaged", error);
  static_cast<void>(DistrustIndex(directory_).ok());
}

base::Error Index::Damaged(std::string message) const {
  base::Error error = IndexDamaged(std::move(message));
  Note(error);
  return error;
}

template <typename T>
base::Result<T> Index::Watched(base::Result<T> result) const {
  if (!result.ok()) Note(result.error());
  return result;
}

base::Result<std::optional<EntryNumber>> Index::FindNumber(base::ByteSpan key) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  return Watched(GetNumber(transaction, rows_, key));
}

base::Result<std::optional<EntryNumber>> Index::FindRecord(const RecordId& id) const {
  return FindNumber(IdKey(id));
}

base::Result<std::optional<EntryNumber>> Index::FindAlias(
    const base::Sha256Digest& alias_mac) const {
  return FindNumber(AliasKey(alias_mac));
}

base::Status Index::FindTaken(const std::vector<const Record*>& records,
                              std::vector<bool>& taken) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = *records[i];
    ASSIGN_OR_RETURN(const auto same_id, Watched(GetNumber(transaction, rows_, IdKey(record.id))));
    if (same_id) taken[i] = true;
    if (record.kind != RecordKind::kClient) continue;
    ASSIGN_OR_RETURN(const auto same_alias,
                     Watched(GetNumber(transaction, rows_, AliasKey(record.commitment))));
    if (same_alias) taken[i] = true;
  }
  return base::Ok();
}

base::Result<bool> Index::HasClient(const ClientId& client) const {
  ASSIGN_OR_RETURN(const auto registered, FindNumber(ClientKey(client)));
  return registered.has_value();
}

base::Result<IndexPage> Index::List(const Ledger::HistoryQuery& query) const {
  ASSIGN_OR_RETURN(const LmdbTransaction transaction, environment_.BeginRead());
  const std::uint8_t list = query.kind ? static_cast<std::uint8_t>(*query.kind) : kListOfAll;
  IndexPage page;
  ASSIGN_OR_RETURN(EntryNumber entry, Watched(FirstOfPage(transaction, rows_, query, list)));
  while (entry != kNoEntry && page.entries.size() < query.limit) {
    ASSIGN_OR_RETURN(const auto older,
                     Watched(GetNumber(transaction, rows_, ListKey(query.client, list, entry))));
    if (!older) return Damaged("a row of the history of " + query.client.Text() + " is missing");
    if (*older != kNoEntry && *older >= entry)
      return Damaged("the history of " + query.client.Text() + " runs in circles");
    page.entries.push_back(entry);
    entry = *older;
  }
  if (entry != kNoEntry && !page.entries.empty()) page.next = page.entries.back();
  return page;
}

base::Result<IndexWriter> Index::BeginWrite() const {
  ASSIGN_OR_RETURN(LmdbTransaction transaction, environment_.BeginWrite());
  return IndexWriter(std::move(transaction), rows_);
}

}  // namespace vault
