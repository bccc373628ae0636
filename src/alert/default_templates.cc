// The templates that receivers use when the operator gives none. Names and results are
// Alertmanager's, so that an operator's own templates may call them.
#include "alert/template_data.h"

namespace pharos::alert {

const char* DefaultTemplates() {
  return R"TMPL(
{{- define "__alertmanager" }}Alertmanager{{ end -}}
{{- define "__alertmanagerURL" -}}
  {{ .ExternalURL }}/#/alerts?receiver={{ urlquery .Receiver }}
{{- end -}}

{{- define "__subject" -}}
  {{- $more := .CommonLabels.Remove .GroupLabels.Names -}}
  [{{ toUpper .Status }}{{ if eq .Status "firing" }}:{{ len .Alerts.Firing }}{{ end }}]
  {{- " " }}{{ join " " .GroupLabels.SortedPairs.Values }}{{ " " -}}
  {{- if gt (len .CommonLabels) (len .GroupLabels) -}}
    ({{ if $more }}{{ join " " $more.Values }}{{ end }})
  {{- end -}}
{{- end -}}
{{- define "__description" }}{{ end -}}

{{- define "__text_alert_list" -}}
  {{- range $alert := . -}}
    {{ "Labels:\n" }}
    {{- range $alert.Labels.SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end -}}
    {{ "Annotations:\n" }}
    {{- range $alert.Annotations.SortedPairs }}{{ printf " - %s = %s\n" .Name .Value }}{{ end -}}
    {{ printf "Source: %s\n" $alert.GeneratorURL }}
  {{- end -}}
{{- end -}}
{{- define "__text_alert_list_markdown" -}}
  {{- range $alert := . -}}
    {{ "\nLabels:\n" }}
    {{- range $alert.Labels.SortedPairs }}{{ printf "  - %s = %s\n" .Name .Value }}{{ end -}}
    {{ "\nAnnotations:\n" }}
    {{- range $alert.Annotations.SortedPairs }}{{ printf "  - %s = %s\n" .Name .Value }}{{ end -}}
    {{ printf "\nSource: %s\n" $alert.GeneratorURL }}
  {{- end -}}
  {{ "\n" }}
{{- end -}}

{{- define "slack.default.title" }}{{ template "__subject" . }}{{ end -}}
{{- define "slack.default.username" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "slack.default.titlelink" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "slack.default.fallback" -}}
  {{ template "slack.default.title" . }} | {{ template "slack.default.titlelink" . }}
{{- end -}}
{{- define "slack.default.color" }}{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}{{ end -}}
{{- define "slack.default.callbackid" }}{{ end -}}
{{- define "slack.default.pretext" }}{{ end -}}
{{- define "slack.default.iconemoji" }}{{ end -}}
{{- define "slack.default.iconurl" }}{{ end -}}
{{- define "slack.default.text" }}{{ end -}}
{{- define "slack.default.footer" }}{{ end -}}

{{- define "pagerduty.default.description" }}{{ template "__subject" . }}{{ end -}}
{{- define "pagerduty.default.client" }}{{ template "__alertmanager" . }}{{ end -}}
{{- define "pagerduty.default.clientURL" }}{{ template "__alertmanagerURL" . }}{{ end -}}
{{- define "pagerduty.default.instances" }}{{ template "__text_alert_list" . }}{{ end -}}

{{- define "email.default.subject" }}{{ template "__subject" . }}{{ end -}}
{{- define "__email_alerts" -}}
  {{- range . }}
<table style="width:100%;margin:0 0 16px;border-collapse:collapse;font-size:14px">
    {{- range .Labels.SortedPairs }}
<tr><td style="padding:2px 8px;color:#57606a">{{ .Name }}</td><td style="padding:2px 8px">{{ .Value }}</td></tr>
    {{- end }}
    {{- range .Annotations.SortedPairs }}
<tr><td style="padding:2px 8px;color:#57606a"><i>{{ .Name }}</i></td><td style="padding:2px 8px">{{ .Value }}</td></tr>
    {{- end }}
<tr><td style="padding:2px 8px;color:#57606a">since</td><td style="padding:2px 8px">{{ .StartsAt.Format "2006-01-02 15:04:05 MST" }}</td></tr>
<tr><td colspan="2" style="padding:2px 8px"><a href="{{ .GeneratorURL }}">Source</a></td></tr>
</table>
  {{- end }}
{{- end -}}
{{- define "email.default.html" -}}
<!DOCTYPE html>
<html>
<head><meta charset="UTF-8"><title>{{ template "__subject" . }}</title></head>
<body style="margin:0;padding:24px;background:#f6f8fa;font-family:Helvetica,Arial,sans-serif;color:#1f2328">
<div style="max-width:640px;margin:0 auto;background:#fff;border:1px solid #d0d7de">
{{- $what := printf "%d alert" (len .Alerts) }}
{{- if .Alerts.Firing }}
<div style="padding:16px;background:#cf222e;color:#fff;font-size:16px">
{{- else }}
<div style="padding:16px;background:#1a7f37;color:#fff;font-size:16px">
{{- end }}{{ $what }}{{ if gt (len .Alerts) 1 }}s{{ end }} for
{{- range .GroupLabels.SortedPairs }} {{ .Name }}={{ .Value }}{{ end }}</div>
<div style="padding:16px">
<p><a href="{{ template "__alertmanagerURL" . }}">View in {{ template "__alertmanager" . }}</a></p>
{{- with .Alerts.Firing }}
<h3>[{{ len . }}] Firing</h3>
{{- template "__email_alerts" . }}
{{- end }}
{{- with .Alerts.Resolved }}
<h3>[{{ len . }}] Resolved</h3>
{{- template "__email_alerts" . }}
{{- end }}
</div>
</div>
<p style="text-align:center;font-size:12px"><a href="{{ .ExternalURL }}" style="color:#57606a">Sent by {{ template "__alertmanager" . }}</a></p>
</body>
</html>
{{ end -}}
)TMPL";
}

}  // namespace pharos::alert
