// What each kind of receiver is sent, and what becomes of its answers.
#include "alert/receivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "alert/http_post.h"
#include "alert/mime.h"
#include "alert/payload.h"
#include "alert/world_test.h"

namespace pharos::alert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

AlertPtr Alert(const model::Labels& labels, const model::Labels& annotations, int64_t ends = 0) {
  auto out = std::make_shared<AlertRecord>();
  out->labels = labels;
  out->annotations = annotations;
  out->starts_at_ns = 1'577'836'800 * kSecond;  // 2020-01-01
  out->ends_at_ns = ends;
  out->generator_url = "http://g/?a=1&b";
  out->fingerprint = FingerprintOf(labels);
  return out;
}

struct Fixture {
  Fixture() {
    note.receiver = "team-X";
    note.group_key = "{}:{alertname=\"Down\"}";
    note.group_labels = {{"alertname", "Down"}};
    note.reason = "first notification";
    note.now_ns = kStartNs;
    note.alerts = {Alert({{"alertname", "Down"}, {"job", "a"}, {"dc", "x"}}, {{"summary", "s"}}),
                   Alert({{"alertname", "Down"}, {"job", "b"}, {"dc", "x"}}, {{"summary", "s"}},
                         kStartNs - 1)};
  }
  SendResult Send(std::unique_ptr<Notifier> notifier) {
    return notifier->Notify(note, std::chrono::seconds(9), {});
  }
  std::string Render(const std::string& text, bool html = false) {
    Renderer renderer(*templates, note);
    const auto made = html ? renderer.Html(text) : renderer.Text(text);
    return made ? *made : made.error().message;
  }
  base::FakeClock clock{kStartNs};
  TemplatesPtr templates = *Templates::Make({}, "http://am", clock);
  FakeTransport transport;
  Notification note;
};

TEST(Templates, DefaultsGiveTheOriginalsTexts) {
  Fixture f;
  EXPECT_EQ(f.Render("{{ template \"__subject\" . }}"), "[FIRING:1] Down (x)");
  EXPECT_EQ(f.Render("{{ template \"slack.default.fallback\" . }}"),
            "[FIRING:1] Down (x) | http://am/#/alerts?receiver=team-X");
  EXPECT_EQ(f.Render("{{ template \"slack.default.color\" . }}"), "danger");
  EXPECT_EQ(f.Render("{{ template \"__text_alert_list\" .Alerts.Resolved }}"),
            "Labels:\n - alertname = Down\n - dc = x\n - job = b\nAnnotations:\n - summary = s\n"
            "Source: http://g/?a=1&b\n");
  EXPECT_EQ(f.Render("{{ template \"__text_alert_list_markdown\" .Alerts.Firing }}"),
            "\nLabels:\n  - alertname = Down\n  - dc = x\n  - job = a\n\nAnnotations:\n"
            "  - summary = s\n\nSource: http://g/?a=1&b\n\n");
  f.note.alerts = {f.note.alerts[1]};
  f.note.group_labels = {};
  EXPECT_EQ(f.Render("{{ template \"__subject\" . }}"), "[RESOLVED]  (Down x b)");
}

TEST(Templates, DataAndFunctions) {
  Fixture f;
  const auto is = [&](const std::string& text, const std::string& want) {
    EXPECT_EQ(f.Render(text), want) << text;
  };
  is("{{ .Status }} {{ len .Alerts }} {{ .Alerts.Firing | len }} {{ .Receiver }}",
     "firing 2 1 team-X");
  is("{{ .CommonLabels.dc }} [{{ .CommonLabels.job }}] {{ .GroupLabels.alertname }}", "x [] Down");
  is("{{ .CommonLabels.SortedPairs }} {{ .CommonLabels.Names }} {{ .CommonLabels }}",
     "alertname=Down, dc=x [alertname dc] alertname=Down, dc=x");
  is("{{ (.CommonLabels.Remove (stringSlice \"dc\")).Values | join \",\" }}", "Down");
  is("{{ .GroupLabels.Values.Join \":\" }}", "Down");
  is("{{ range .Alerts }}{{ .Labels.job }}={{ .Status }} {{ .EndsAt.Year }};{{ end }}",
     "a=firing 1;b=resolved 2023;");
  is("{{ (index .Alerts 0).StartsAt.Format \"2006-01-02\" }} {{ index .CommonLabels \"zzz\" }}.",
     "2020-01-01 .");
  is("{{ .Foo }}",
     "template: :1:3: executing \"\" at <.Foo>: can't evaluate field Foo in type *template.Data");
  is("{{ \"abc\" | toUpper }}{{ title \"ab cD\" }}{{ trimSpace \" a \" }}", "ABCAb Cda");
  is("{{ if match \"^a\" \"abc\" }}y{{ end }}{{ reReplaceAll \"(b)\" \"<$1>\" \"abc\" }}",
     "ya<b>c");
  is("{{ \"search?q=test%20foo\" | urlUnescape }}", "search?q=test foo");
  is("{{ 42 | toJson }}{{ \"<\" | toJson }}{{ .CommonLabels | toJson }}",
     "42\"\\u003c\"{\"alertname\":\"Down\",\"dc\":\"x\"}");
  is("{{ (index .Alerts 1).StartsAt | tz \"Europe/Paris\" }}", "2020-01-01 01:00:00 +0100 CET");
  is("{{ (index .Alerts 1).StartsAt | tz \"Nowhere\" }}",
     "template: :1:32: executing \"\" at <tz \"Nowhere\">: error calling tz: unknown time zone "
     "Nowhere");
  is("{{ (index .Alerts 1).StartsAt | tz \"Europe/Paris\" | date \"15:04 MST\" }}", "01:00 CET");
  is("{{ now | since | humanizeDuration }}", "0s");
  is("{{ range (list 0 1 60 3600 86400 90000 -183845 899.99 0.1 0.0001 0.12345 60.5 1.2345) }}"
     "{{ humanizeDuration . }}:{{ end }}",
     "0s:1s:1m 0s:1h 0m 0s:1d 0h 0m 0s:1d 1h 0m 0s:-2d 3h 4m 5s:14m 59s:100ms:100us:123.5ms:1m 0s:"
     "1.234s:");
  is("{{ humanizeDuration \"one\" }}",
     "template: :1:3: executing \"\" at <humanizeDuration \"one\">: error calling "
     "humanizeDuration: strconv.ParseFloat: parsing \"one\": invalid syntax");
  is("{{ \"flush>>\" | base64encode }}{{ base64decode \"dGVzdA==\" }}", "Zmx1c2g-Pg==test");
  is("{{ $l := list }}{{ range .Alerts }}{{ $l = append $l (dict \"s\" .Status) }}{{ end }}"
     "{{ toJson $l }}",
     R"([{"s":"firing"},{"s":"resolved"}])");
  is("{{ toDate \"2006-01-02\" \"nope\" | date \"2006\" }}", "0001");
  is("{{ dict 1 2 }}",
     "template: :1:3: executing \"\" at <dict 1 2>: error calling dict: dict keys must be strings");
}

TEST(Templates, RouteLabels) {
  Fixture f;
  f.note.route_labels = {{"plain", "p"},
                         {"dc", "{{ .CommonLabels.dc }}"},
                         {"both", "{{ routeLabels \"dc\" }}-{{ routeLabels \"plain\" }}"},
                         {"loop", "{{ routeLabels \"loop\" }}"}};
  const auto made = Renderer(*f.templates, f.note).RouteLabels();
  EXPECT_THAT(made,
              ElementsAre(std::pair("both", "x-p"), std::pair("dc", "x"), std::pair("plain", "p")));
  f.note.route_labels = made;
  EXPECT_EQ(f.Render("{{ routeLabels \"both\" }} {{ .RouteLabels.dc }}"), "x-p x");
}

TEST(Templates, OperatorsFilesReplaceDefaults) {
  Fixture f;
  const std::string file = testing::TempDir() + "own.tmpl";
  FILE* out = std::fopen(file.c_str(), "w");
  std::fputs("{{ define \"__subject\" }}mine {{ .Status }}{{ end }}", out);
  std::fclose(out);
  f.templates = *Templates::Make({testing::TempDir() + "own*.tmpl"}, "http://am", f.clock);
  EXPECT_EQ(f.Render("{{ template \"slack.default.title\" . }}"), "mine firing");
  out = std::fopen(file.c_str(), "w");
  std::fputs("{{ define \"x\" }}", out);
  std::fclose(out);
  EXPECT_THAT(Templates::Make({file}, "", f.clock).error().message,
              HasSubstr("own.tmpl: template"));
  std::remove(file.c_str());
}

TEST(Webhook, MessageAndAnswers) {
  Fixture f;
  conf::WebhookConfig config;
  config.url = "http://h/{{ .GroupLabels.alertname }}";
  config.http.has_authorization = true;
  config.http.credentials = "tok";
  config.max_alerts = 1;
  EXPECT_TRUE(f.Send(MakeWebhook(config, f.templates, f.transport)).ok);
  const net::ClientRequest& request = f.transport.requests.at(0);
  EXPECT_EQ(request.url, "http://h/Down");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer tok");
  EXPECT_EQ(request.headers.Get("Content-Type"), "application/json");
  EXPECT_EQ(
      request.body,
      R"({"receiver":"team-X","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down","dc":"x","job":"a"},"annotations":{"summary":"s"},"startsAt":"2020-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://g/?a=1\u0026b","fingerprint":")" +
          FingerprintText(f.note.alerts[0]->fingerprint) +
          R"("}],"notification_reason":"first notification","groupLabels":{"alertname":"Down"},"commonLabels":{"alertname":"Down","dc":"x","job":"a"},"commonAnnotations":{"summary":"s"},"routeLabels":{},"externalURL":"http://am","version":"4","groupKey":"{}:{alertname=\"Down\"}","truncatedAlerts":1})"
          "\n");
  f.transport.answer = [](const net::ClientRequest&) { return net::Response::Text(400, "no"); };
  SendResult sent = f.Send(MakeWebhook(config, f.templates, f.transport));
  EXPECT_EQ(sent.error, "unexpected status code 400: no");
  EXPECT_FALSE(sent.retry);
  EXPECT_EQ(sent.reason, "clientError");
  f.transport.answer = [](const net::ClientRequest&) { return net::Response::Text(503, ""); };
  sent = f.Send(MakeWebhook(config, f.templates, f.transport));
  EXPECT_TRUE(sent.retry);
  EXPECT_EQ(sent.error, "unexpected status code 503");
  config.url = "http://h/{{ .Nope }}";
  EXPECT_THAT(f.Send(MakeWebhook(config, f.templates, f.transport)).error,
              HasSubstr("failed to template webhook URL"));
}

TEST(Payload, TextsBecomeWhatTheyRead) {
  const auto json = [](const std::string& yaml) {
    const auto node = conf::ParseYaml(yaml, "f");
    const auto made =
        PayloadJson(*node, [](const std::string& s) { return base::Result<std::string>(s); });
    return made ? *made : made.error().message;
  };
  EXPECT_EQ(json("b: x\na: [1, '2', true, null, 1.5]"), R"({"a":[1,2,true,null,1.5],"b":"x"})");
  EXPECT_EQ(json("t: '[{\"alertname\":\"test1\",\"id\":\"value1:\"}]'"),
            R"({"t":[{"alertname":"test1","id":"value1:"}]})");
  EXPECT_EQ(json("t: '{\"num\":\"123\",\"truthy\":\"true\",\"real\":123}'"),
            R"({"t":{"num":"123","real":123,"truthy":"true"}})");
  EXPECT_EQ(json("t: 'foo: bar'"), R"({"t":{"foo":"bar"}})");
  EXPECT_EQ(json("t: 'value1:'"), R"({"t":{"value1":null}})");
}

TEST(Slack, MessageAndAnswers) {
  Fixture f;
  auto parsed = conf::ParseAlertmanagerConfig(R"(
route: {receiver: r}
receivers:
- name: r
  slack_configs:
  - api_url: https://slack.com/api/chat.postMessage
    channel: '#{{ .GroupLabels.alertname }}'
    update_message: true
    fields: [{title: t, value: '{{ .Status }}'}, {title: u, value: v, short: true}]
    actions: [{type: button, text: Go, url: 'http://u'}]
)",
                                              "am.yml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const conf::SlackConfig config = parsed->receivers[0].slacks[0];
  const auto answer = [&](int status, const std::string& body, bool json = true) {
    f.transport.answer = [=](const net::ClientRequest&) {
      net::Response r = net::Response::Text(status, body);
      r.headers.Set("Content-Type", json ? "application/json; charset=utf-8" : "text/plain");
      return r;
    };
    return f.Send(MakeSlack(config, f.templates, f.transport));
  };
  EXPECT_TRUE(answer(200, R"({"ok":true,"ts":"1.2","channel":"C1"})").ok);
  EXPECT_EQ(f.transport.requests[0].body,
            R"j({"channel":"#Down","username":"Alertmanager","attachments":[{)j"
            R"j("title":"[FIRING:1] Down (x)",)j"
            R"j("title_link":"http://am/#/alerts?receiver=team-X","text":"",)j"
            R"j("fallback":"[FIRING:1] Down (x) | http://am/#/alerts?receiver=team-X",)j"
            R"j("callback_id":"","fields":[{"title":"t","value":"firing","short":false},)j"
            R"j({"title":"u","value":"v","short":true}],)j"
            R"j("actions":[{"type":"button","text":"Go","url":"http://u"}],"footer":"",)j"
            R"j("color":"danger","mrkdwn_in":["fallback","pretext","text"]}]})j"
            "\n");
  // The next one changes the first.
  EXPECT_TRUE(answer(200, "ok", false).ok);
  EXPECT_EQ(f.transport.requests[1].url, "https://slack.com/api/chat.update");
  EXPECT_THAT(f.transport.requests[1].body, testing::StartsWith(R"({"channel":"C1","ts":"1.2",)"));
  EXPECT_EQ(answer(200, R"({"ok":false,"error":"no_text"})").error,
            "channel \"C1\": error response from Slack: no_text");
  EXPECT_EQ(answer(200, "no_channel", false).error,
            "channel \"C1\": received an error response from Slack: no_channel");
  EXPECT_TRUE(answer(200, "{not json").retry);
  EXPECT_EQ(answer(401, "").reason, "authError");
  EXPECT_EQ(answer(307, "").error, "channel \"C1\": unexpected status code 307");
}

TEST(Pagerduty, EventsOfBothApis) {
  Fixture f;
  const auto config = [](const std::string& key) {
    return conf::ParseAlertmanagerConfig(
               "route: {receiver: r}\nreceivers:\n- name: r\n"
               "  pagerduty_configs:\n  - " +
                   key +
                   "\n    severity: critical\n    details: {firing: '{{ .Alerts.Firing | len }}', "
                   "resolved: x}\n"
                   "    links: [{href: '', text: none}, {href: h, text: t}]\n",
               "am.yml")
        ->receivers[0]
        .pagerduties[0];
  };
  EXPECT_TRUE(f.Send(MakePagerduty(config("routing_key: R"), f.templates, f.transport)).ok);
  EXPECT_EQ(f.transport.requests[0].url, "https://events.pagerduty.com/v2/enqueue");
  EXPECT_EQ(f.transport.requests[0].body,
            R"({"routing_key":"R","dedup_key":")" + KeyHash(f.note.group_key) +
                R"j(","event_action":"trigger","payload":{"summary":"[FIRING:1] Down (x)",)j"
                R"j("source":"Alertmanager","severity":"critical","custom_details":{"firing":1,)j"
                R"j("num_firing":1,"num_resolved":1,"resolved":"x"}},"client":"Alertmanager",)j"
                R"j("client_url":"http://am/#/alerts?receiver=team-X",)j"
                R"j("links":[{"href":"h","text":"t"}]})j"
                "\n");
  f.note.alerts = {f.note.alerts[1]};
  EXPECT_TRUE(f.Send(MakePagerduty(config("service_key: S"), f.templates, f.transport)).ok);
  EXPECT_THAT(f.transport.requests[1].body,
              testing::StartsWith(R"({"service_key":"S","incident_key":")"));
  EXPECT_THAT(f.transport.requests[1].body,
              HasSubstr(R"j("event_type":"resolve","description":"[RESOLVED] Down (x b)",)j"
                        R"j("event_action":"","payload":null,"details":{)j"));
  f.transport.answer = [](const net::ClientRequest&) {
    return net::Response::Text(400, R"({"message":"Event object is invalid","errors":["a","b"]})");
  };
  EXPECT_EQ(f.Send(MakePagerduty(config("routing_key: R"), f.templates, f.transport)).error,
            "unexpected status code 400: Event object is invalid: a,b");
  f.transport.answer = [](const net::ClientRequest&) { return net::Response::Text(429, ""); };
  const SendResult limited =
      f.Send(MakePagerduty(config("routing_key: R"), f.templates, f.transport));
  EXPECT_TRUE(limited.retry);
  EXPECT_EQ(limited.reason, "rateLimited");
}

TEST(Email, MessageAndSecurity) {
  Fixture f;
  conf::EmailConfig config;
  config.to = "Team <team@x.org>, other@x.org";
  config.from = "am@x.org";
  config.smarthost_host = "mail.x.org";
  config.smarthost_port = "587";
  config.auth_username = "u";
  config.auth_password = "p";
  config.text = "{{ .Status }} é";
  config.html = "<p>{{ .CommonAnnotations.summary }}{{ template \"email.default.html\" . }}";
  config.headers = {{"X-Own", "ünder"}};
  config.threading = true;
  config.thread_by_date = "daily";
  const auto send = [&] {
    return f.Send(MakeEmail(config, f.templates, f.transport, f.clock, "me"));
  };
  EXPECT_TRUE(send().ok);
  const net::Mail& mail = f.transport.mails.at(0);
  EXPECT_THAT(mail.to, ElementsAre("team@x.org", "other@x.org"));
  EXPECT_EQ(mail.from, "am@x.org");
  EXPECT_EQ(mail.tls, net::Mail::Tls::kStartTls);
  EXPECT_THAT(mail.mechanisms, ElementsAre("PLAIN", "LOGIN"));
  for (const char* part :
       {"From: am@x.org\r\n", "Subject: [FIRING:1] Down (x)\r\n",
        "To: Team <team@x.org>, other@x.org\r\n", "X-Own: =?utf-8?q?=C3=BCnder?=\r\n",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n", "-2023-11-14@alertmanager>\r\n",
        "Content-Type: text/plain; charset=UTF-8\r\n\r\nfiring =C3=A9\r\n",
        "Content-Type: text/html; charset=UTF-8\r\n\r\n<p>s<!DOCTYPE html>\r\n",
        "MIME-Version: 1.0\r\n\r\n--"})
    EXPECT_THAT(mail.message, HasSubstr(part));
  config.smarthost_port = "465";
  EXPECT_TRUE(send().ok);
  EXPECT_EQ(f.transport.mails.at(1).tls, net::Mail::Tls::kImplicit);
  config.smarthost_port = "25";
  config.require_tls = false;
  EXPECT_TRUE(send().ok);
  EXPECT_EQ(f.transport.mails.at(2).tls, net::Mail::Tls::kNone);
  EXPECT_THAT(f.transport.mails.at(2).mechanisms, ElementsAre("LOGIN"));
  config.to = "nobody";
  EXPECT_THAT(send().error, HasSubstr("parse 'to' addresses"));
}

TEST(Mime, Encodings) {
  EXPECT_EQ(EncodeHeader("plain [x]"), "plain [x]");
  EXPECT_EQ(EncodeHeader("a b\r\nBcc: x"), "=?utf-8?q?a_b=0D=0ABcc:_x?=");
  EXPECT_EQ(QuotedPrintable("a=b \nc\r\nend "), "a=3Db=20\r\nc\r\nend=20");
  const std::string soft = QuotedPrintable(std::string(200, 'x'));
  EXPECT_EQ(soft.find("=\r\n"), 75u);
  EXPECT_THAT(*MailAddresses("\"A, B\" <a@b>, c@d"), ElementsAre("a@b", "c@d"));
  EXPECT_FALSE(MailAddresses("a@b,,"));
  std::string text = "a⌘cdef";
  EXPECT_TRUE(TruncateRunes(&text, 5));
  EXPECT_EQ(text, "a⌘cd…");
}

}  // namespace
}  // namespace pharos::alert
