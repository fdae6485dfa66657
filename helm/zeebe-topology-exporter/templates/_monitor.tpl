{{- /* Returns the endpoint of a ServiceMonitor or PodMonitor. Argument: (list root monitor). */ -}}
{{- define "exporter.endpoint" -}}
{{- $root := first . -}}
{{- $tls := include "exporter.hasTls" $root -}}
{{- with last . -}}
port: http
path: {{ $root.Values.web.telemetry_path }}
scheme: {{ ternary "https" "http" (not (empty $tls)) }}
{{- if $tls }}
{{- $name := printf "%s.%s.svc" (include "exporter.fullname" $root) $root.Release.Namespace }}
tlsConfig:
  {{- mergeOverwrite (dict "serverName" $name) .tlsConfig | toYaml | nindent 2 }}
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "exporter.monitored" -}}
namespaceSelector:
  matchNames:
    - {{ .Release.Namespace }}
selector:
  matchLabels:
    {{- include "exporter.selectorLabels" . | nindent 4 }}
{{- end -}}
