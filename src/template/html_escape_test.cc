#include "template/html_escape.h"

#include <gtest/gtest.h>

namespace pharos::tmpl {
namespace {

std::string Html(const std::string& text, const Value& dot) {
  auto parsed = Template::Parse("t", text, TextFunctions());
  if (!parsed) return parsed.error().message;
  HtmlEscaper escaper;
  std::string out;
  const auto ran = parsed->Run(dot, &out, RunOptions{.escaper = &escaper});
  return ran ? out : ran.error().message;
}

TEST(HtmlEscape, ByPlace) {
  const Value nasty = Value::Of("<b a='1'>&+\"");
  EXPECT_EQ(Html("<p>{{.}}</p>", nasty), "<p>&lt;b a=&#39;1&#39;&gt;&amp;&#43;&#34;</p>");
  EXPECT_EQ(Html("<p title=\"{{.}}\">", Value::Of("a\"b")), "<p title=\"a&#34;b\">");
  EXPECT_EQ(Html("<p title={{.}}>", Value::Of("a b")), "<p title=a&#32;b>");
  EXPECT_EQ(Html("<a href=\"/s?{{.}}\">", Value::Of("q=test%20foo")),
            "<a href=\"/s?q%3dtest%2520foo\">");
  EXPECT_EQ(Html("<a href=\"{{.}}\">", Value::Of("http://h/a b?x=1&y=2")),
            "<a href=\"http://h/a%20b?x=1&amp;y=2\">");
  EXPECT_EQ(Html("<a href='{{.}}'>", Value::Of("javascript:alert(1)")), "<a href='#ZgotmplZ'>");
  EXPECT_EQ(Html("<script>x={{.}}</script>{{.}}", Value::Of("1<2")),
            "<script>x=ZgotmplZ</script>1&lt;2");
  EXPECT_EQ(Html("a < b {{.}}", Value::Of("<")), "a < b &lt;");
}

TEST(HtmlEscape, WhatIsMarkedSafeStays) {
  EXPECT_EQ(Html("<p>{{.}}</p>", Value(Marked{Marked::Kind::kHtml, "<b>&amp;</b>"})),
            "<p><b>&amp;</b></p>");
  EXPECT_EQ(Html("<a href=\"/s?{{.}}\">", Value(Marked{Marked::Kind::kUrl, "q=a%20b&c"})),
            "<a href=\"/s?q=a%20b&amp;c\">");
}

TEST(Template, SetsMethodsAndTimes) {
  TemplateSet set(TextFunctions());
  ASSERT_TRUE(set.Add("a.tmpl", "{{define \"x\"}}<{{.}}>{{end}}outer {{template \"x\" .}}"));
  ASSERT_TRUE(set.Add("b.tmpl", "{{define \"bad\"}}\n{{.none.such}}{{end}}"));
  const auto run = [&](const std::string& text) {
    std::string out;
    const auto ran =
        Template::Parse("", text, TextFunctions())->Run(Value(Time{0}), &out, {.set = &set});
    return ran ? out : ran.error().message;
  };
  EXPECT_EQ(run("{{template \"x\" 1}} {{template \"a.tmpl\" 2}}"), "<1> outer <2>");
  EXPECT_EQ(run("{{template \"bad\" 1}}"),
            "template: b.tmpl:2:2: executing \"bad\" at <.none.such>: can't evaluate field none in "
            "type int64");
  EXPECT_EQ(run("{{.Format \"2006-01-02\"}} {{.Unix}} {{.Year}}"), "1970-01-01 0 1970");
  EXPECT_EQ(run("{{.Foo 1}}"),
            "template: :1:2: executing \"\" at <.Foo>: Foo is not a method but has arguments");
  EXPECT_EQ(Value(Time{kZeroTimeNs}).ToString(), "0001-01-01 00:00:00 +0000 UTC");
  EXPECT_EQ(Value(Time{0, -5400, "X"}).ToString(), "1969-12-31 22:30:00 -0130 X");
}

}  // namespace
}  // namespace pharos::tmpl
