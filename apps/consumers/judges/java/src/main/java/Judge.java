import com.adyen.model.notification.NotificationRequestItem;
import com.adyen.notification.WebhookHandler;
import com.adyen.util.HMACValidator;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.twilio.security.RequestValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the vendors' own Java libraries about requests: one JSON object a line on stdin, one answer a line on stdout, as
 * judge.py in the folder beside this one describes it.
 */
public class Judge {
  interface Check {
    boolean holds(Request request) throws Exception;
  }

  interface Signer {
    Map<String, String> sign(Request request) throws Exception;
  }

  record Library(String provider, Check check, Signer signer) {}

  record Request(String url, Map<String, String> headers, String body, String secret) {
    static Request of(JsonObject question) {
      Map<String, String> headers = new LinkedHashMap<>();
      for (Map.Entry<String, JsonElement> header : question.getAsJsonObject("headers").entrySet())
        headers.put(header.getKey(), header.getValue().getAsString());
      byte[] body = Base64.getDecoder().decode(question.get("body").getAsString());
      return new Request(
          question.get("url").getAsString(),
          headers,
          new String(body, StandardCharsets.UTF_8),
          question.get("secret").getAsString());
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  static final Map<String, Library> LIBRARIES = new LinkedHashMap<>();

  static {
    LIBRARIES.put(
        "stripe-java",
        new Library(
            "stripe",
            r -> com.stripe.net.Webhook.constructEvent(r.body(), r.header("stripe-signature"), r.secret()) != null,
            r -> {
              long t = Instant.now().getEpochSecond();
              String mac = com.stripe.net.Webhook.Util.computeHmacSha256(r.secret(), t + "." + r.body());
              return Map.of("stripe-signature", "t=" + t + ",v1=" + mac);
            }));
    LIBRARIES.put(
        "svix (Java)",
        new Library(
            "svix",
            r -> {
              Map<String, List<String>> headers = new LinkedHashMap<>();
              r.headers().forEach((name, value) -> headers.put(name, List.of(value)));
              new com.svix.Webhook(r.secret()).verify(r.body(), HttpHeaders.of(headers, (name, value) -> true));
              return true;
            },
            r -> {
              long t = Instant.now().getEpochSecond();
              String signature = new com.svix.Webhook(r.secret()).sign("msg_judge", t, r.body());
              return Map.of("svix-id", "msg_judge", "svix-timestamp", "" + t, "svix-signature", signature);
            }));
    LIBRARIES.put(
        "twilio (Java)",
        new Library(
            "twilio",
            r -> {
              RequestValidator validator = new RequestValidator(r.secret());
              String signature = r.header("x-twilio-signature");
              if (!r.header("content-type").startsWith("application/x-www-form-urlencoded"))
                return validator.validate(r.url(), r.body(), signature);
              Map<String, String> fields = new LinkedHashMap<>();
              for (String pair : r.body().split("&")) {
                String[] parts = pair.split("=", 2);
                fields.put(decoded(parts[0]), decoded(parts[1]));
              }
              return validator.validate(r.url(), fields, signature);
            },
            null));
    LIBRARIES.put(
        "adyen-java-api-library",
        new Library(
            "adyen",
            r -> {
              List<NotificationRequestItem> items =
                  new WebhookHandler().handleNotificationJson(r.body()).getNotificationItems();
              for (NotificationRequestItem item : items)
                if (!new HMACValidator().validateHMAC(item, r.secret())) return false;
              return !items.isEmpty();
            },
            null));
  }

  static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  static JsonObject answer(JsonObject question) {
    JsonObject answer = new JsonObject();
    try {
      Library library = LIBRARIES.get(question.get("library").getAsString());
      Request request = Request.of(question);
      if (question.get("ask").getAsString().equals("sign"))
        answer.add("headers", new Gson().toJsonTree(library.signer().sign(request)));
      else if (library.check().holds(request)) answer.addProperty("accepted", true);
      else answer.addProperty("refused", "it says false");
    } catch (Exception error) {
      answer.addProperty("refused", error.toString());
    }
    return answer;
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    out.println(
        new Gson()
            .toJson(
                Map.of(
                    "libraries",
                    LIBRARIES.entrySet().stream()
                        .map(
                            one ->
                                Map.of(
                                    "name", one.getKey(),
                                    "provider", one.getValue().provider(),
                                    "signs", one.getValue().signer() != null))
                        .toList())));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = lines.readLine()) != null; )
      out.println(new Gson().toJson(answer(JsonParser.parseString(line).getAsJsonObject())));
  }
}
