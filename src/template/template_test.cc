#include "template/template.h"

#include <gtest/gtest.h>

#include "template/go_time.h"
#include "template/limits.h"

namespace pharos::tmpl {
namespace {

Value Sample() {
  Map inner{{"name", Value::Of("x")}, {"n", Value(int64_t{3})}};
  return Value::Of(Map{{"a", Value::Of("hello")},
                       {"empty", Value::Of("")},
                       {"inner", Value::Of(inner)},
                       {"list", Value::Of(List{Value::Of("p"), Value::Of("q")})},
                       {"f", Value(2.5)}});
}

std::string Render(const std::string& text) {
  auto parsed = Template::Parse("t", text, TextFunctions());
  if (!parsed) return parsed.error().message;
  std::string out;
  const auto ran = parsed->Run(Sample(), &out);
  return ran ? out : ran.error().message;
}

TEST(Template, ActionsBlocksAndVariables) {
  EXPECT_EQ(Render("{{.a}} {{.inner.name}} {{ .f }}"), "hello x 2.5");
  EXPECT_EQ(Render("a  {{- .a -}}  b"), "ahellob");
  EXPECT_EQ(Render("{{/* no */}}{{if .empty}}y{{else if eq .a \"hello\"}}z{{else}}n{{end}}"), "z");
  EXPECT_EQ(Render("{{range $i, $x := .list}}{{$i}}={{$x}};{{end}}"), "0=p;1=q;");
  EXPECT_EQ(Render("{{range .empty}}x{{else}}none{{end}}"),
            "template: t:1:8: executing \"t\" at <.empty>: range can't iterate over ");
  EXPECT_EQ(Render("{{range .list}}{{if eq . \"q\"}}{{break}}{{end}}{{.}}{{end}}"), "p");
  EXPECT_EQ(Render("{{with .inner}}{{.n}}{{$.a}}{{end}}"), "3hello");
  EXPECT_EQ(Render("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}"), "2");
  EXPECT_EQ(Render("{{define \"d\"}}[{{.}}]{{end}}{{template \"d\" .a}}"), "[hello]");
  EXPECT_EQ(Render("{{.missing}}"), "<no value>");
  EXPECT_EQ(Render("{{(index .list 1) | upper | printf \"%-3s|%d\" }}"), "Q  |%!d(MISSING)");
}

TEST(Template, Functions) {
  EXPECT_EQ(Render(R"({{ printf "%d %s %q %.2f %5d|%-4d|" 7 .a .a .f 42 7 }})"),
            "7 hello \"hello\" 2.50    42|7   |");
  EXPECT_EQ(Render(R"({{ and true .empty }}{{ or .empty "d" }}{{ not true }})"), "dfalse");
  EXPECT_EQ(Render(R"({{ len .list }} {{ index .inner "n" }} {{ slice .a 1 3 }})"), "2 3 el");
  EXPECT_EQ(Render(R"({{ 3000000.0 }} {{ 0.00001 }} {{ 123456.5 }})"), "3e+06 1e-05 123456.5");
  EXPECT_EQ(Render("{{ (fromJson `{\"k\":[1,true]}`).k }}"), "[1 true]");
  EXPECT_EQ(Render(R"x({{ regexReplaceAll "(l+)" .a "<$1>" }} {{ count "l" .a }})x"), "he<ll>o 2");
  EXPECT_EQ(Render(R"({{ trunc -2 .a }} {{ default "x" .empty }} {{ html "<b>" }})"),
            "lo x &lt;b&gt;");
}

TEST(Template, TimesFollowGoLayouts) {
  const Time time{1'678'411'960'340'485'723};
  EXPECT_EQ(FormatTime("2006-01-02T15:04:05.999999999Z07:00", time),
            "2023-03-10T01:32:40.340485723Z");
  EXPECT_EQ(FormatTime("Mon Jan _2 3:04PM 06", time), "Fri Mar 10 1:32AM 23");
  EXPECT_EQ(ParseTime("2006-01-02T15:04:05Z07:00", "2023-03-10T02:32:40.340485723+01:00").value(),
            time);
  EXPECT_FALSE(ParseTime("2006-01-02", "2023-13-01"));
  EXPECT_FALSE(ParseTime("2006", "99999999999"));
}

TEST(Template, ErrorsAreWordedAsGoDoes) {
  EXPECT_EQ(Render("{{ nope }}"), "template: t:1: function \"nope\" not defined");
  EXPECT_EQ(Render("{{ if .a }}"), "template: t:1: unexpected EOF");
  EXPECT_EQ(Render("{{ .a"), "template: t:1: unclosed action");
  EXPECT_EQ(Render("x\n{{ .a.b }}"),
            "template: t:2:3: executing \"t\" at <.a.b>: can't evaluate field b in type string");
  EXPECT_EQ(
      Render("{{.a | now}}"),
      "template: t:1:7: executing \"t\" at <now>: wrong number of args for now: want 0 got 1");
}

TEST(Template, HostileTemplatesEnd) {
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "{{if true}}";
  EXPECT_NE(Render(deep).find("nested"), std::string::npos);
  EXPECT_NE(Render("{{" + std::string(10'000, '(')).find("nested"), std::string::npos);
  EXPECT_NE(Render("{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}")
                .find("maximum template depth"),
            std::string::npos);
  EXPECT_NE(Render("{{range 1000000000}}{{end}}").find("too many steps"), std::string::npos);
  EXPECT_EQ(Render("{{trunc -9223372036854775808 \"abc\"}}"), "abc");
  EXPECT_NE(Render("{{unixToTime \"9293372036\"}}").find("out of range"), std::string::npos);
  EXPECT_NE(Render("{{date \"2006\" 99999999999999}}").find("out of range"), std::string::npos);
  EXPECT_NE(Render("{{repeat 1000000000 .a}}").find("too long"), std::string::npos);
}

}  // namespace
}  // namespace pharos::tmpl
