import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

// Jobs on standard input, answers on standard output, in order.
//
// A question that takes too long cannot be stopped from outside, as XPath in a library looks at no
// interrupt: it is answered "timeout" and the program ends, for the asker to start again behind it.
final class Questions {
  static final int SECONDS = 60;

  interface Asker {
    void ask(Job job, Answer answer) throws Exception;
  }

  static void answerAll(Asker asker) throws Exception {
    ExecutorService worker = Executors.newSingleThreadExecutor();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Job job = Job.parse(line);
      Answer answer = new Answer(job.id());
      try {
        worker.submit(() -> {
          asker.ask(job, answer);
          return null;
        }).get(SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException late) {
        Answer none = new Answer(job.id());
        none.error = "timeout";
        System.out.println(none.json());
        System.out.flush();
        Runtime.getRuntime().halt(3);
      } catch (ExecutionException failed) {
        answer.error = failed.getCause().getClass().getSimpleName() + ": " + failed.getCause().getMessage();
      }
      System.out.println(answer.json());
    }
    System.out.flush();
    Runtime.getRuntime().halt(0);  // The library keeps threads of its own.
  }
}
