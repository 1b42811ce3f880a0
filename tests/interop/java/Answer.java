import java.util.ArrayList;
import java.util.List;

// One peer's answer to one question, printed as a line of JSON.
final class Answer {
  record Signature(String id, String indication, String subIndication, String level, String qualification,
      boolean intact, List<String> errors) {}

  final String job;
  final List<Signature> signatures = new ArrayList<>();
  final List<String> findings = new ArrayList<>();
  Boolean valid;
  String error;
  int anchors;

  Answer(String job) {
    this.job = job;
  }

  String json() {
    List<String> items = new ArrayList<>();
    for (Signature s : signatures)
      items.add("{\"id\":" + quote(s.id()) + ",\"indication\":" + quote(s.indication()) + ",\"subIndication\":"
          + quote(s.subIndication()) + ",\"level\":" + quote(s.level()) + ",\"qualification\":"
          + quote(s.qualification()) + ",\"intact\":" + s.intact() + ",\"errors\":" + list(s.errors()) + "}");
    return "{\"job\":" + quote(job) + ",\"error\":" + quote(error) + ",\"valid\":" + valid + ",\"anchors\":" + anchors
        + ",\"findings\":" + list(findings) + ",\"signatures\":[" + String.join(",", items) + "]}";
  }

  private static String list(List<String> texts) {
    return "[" + String.join(",", texts.stream().map(Answer::quote).toList()) + "]";
  }

  private static String quote(String text) {
    if (text == null) return "null";
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 32 || c > 126) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }
}
