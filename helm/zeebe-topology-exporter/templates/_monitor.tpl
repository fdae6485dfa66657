{{- /* Returns the endpoint of a ServiceMonitor or PodMonitor. Argument: (list root monitor). */ -}}
{{- define "zeebe-topology-exporter.endpoint" -}}
{{- $root := first . -}}
{{- $tls := include "zeebe-topology-exporter.hasTls" $root -}}
{{- with last . -}}
port: http
path: {{ $root.Values.web.telemetry_path | quote }}
scheme: {{ ternary "https" "http" (not (empty $tls)) }}
{{- if $tls }}
tlsConfig:
  {{- mergeOverwrite (dict "serverName" (include "zeebe-topology-exporter.host" $root)) .tlsConfig | toYaml | nindent 2 }}
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .interval }}
interval: {{ . | quote }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . | quote }}
{{- end }}
{{- if .honorLabels }}
honorLabels: true
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

{{- /* Returns the name of a ServiceMonitor or PodMonitor. Argument: (list root monitor). */ -}}
{{- define "zeebe-topology-exporter.monitorName" -}}
{{- $root := first . -}}
{{- $isElsewhere := ne (default (include "zeebe-topology-exporter.namespace" $root) (last .).namespace) (include "zeebe-topology-exporter.namespace" $root) -}}
{{- include (ternary "zeebe-topology-exporter.uniqueName" "zeebe-topology-exporter.fullname" $isElsewhere) $root -}}
{{- end -}}

{{- /* Returns the fields that ServiceMonitor and PodMonitor have in common. Argument: (list root monitor). */ -}}
{{- define "zeebe-topology-exporter.monitored" -}}
{{- $root := first . -}}
{{- with last . -}}
namespaceSelector:
  matchNames:
    - {{ include "zeebe-topology-exporter.namespace" $root | quote }}
selector:
  matchLabels:
    {{- include "zeebe-topology-exporter.selectorLabels" $root | nindent 4 }}
{{- with .jobLabel }}
jobLabel: {{ . | quote }}
{{- end }}
{{- with .podTargetLabels }}
podTargetLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .sampleLimit }}
sampleLimit: {{ int64 . }}
{{- end }}
{{- end -}}
{{- end -}}
