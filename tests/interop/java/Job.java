import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

// One question to a peer, a line of tab-separated words: id, file, time or "-", folder of the data or "-", trust paths.
record Job(String id, Path file, Instant at, Path data, List<Path> trust) {
  static Job parse(String line) {
    String[] words = line.split("\t");
    List<Path> trust = new ArrayList<>();
    for (int i = 4; i < words.length; i++) trust.add(Path.of(words[i]));
    return new Job(words[0], Path.of(words[1]), words[2].equals("-") ? Instant.now() : Instant.parse(words[2]),
        words[3].equals("-") ? null : Path.of(words[3]), trust);
  }

  // What decides the trust, so that lists are read once for all questions that share it.
  String trustKey() {
    return trust + "@" + at.truncatedTo(java.time.temporal.ChronoUnit.HOURS);
  }
}
