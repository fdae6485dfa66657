{{- define "exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "exporter.fullname" -}}
{{- $name := include "exporter.name" . -}}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $release .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "exporter.serviceAccountName" -}}
{{- default (ternary (include "exporter.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Only these labels select pods, because the selector of a Deployment is immutable. */ -}}
{{- define "exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Argument: (list root additional-labels). The chart's own labels take precedence. */ -}}
{{- define "exporter.labels" -}}
{{- $root := first . -}}
{{- $own := include "exporter.selectorLabels" $root | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" $root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_") -}}
{{- mergeOverwrite (dict) $root.Values.commonLabels (last . | default dict) $own | toYaml -}}
{{- end -}}

{{- /* Argument: (list root name namespace labels annotations). The last three may be empty. */ -}}
{{- define "exporter.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ default $root.Release.Namespace (index . 2) }}
labels:
  {{- include "exporter.labels" (list $root (index . 3)) | nindent 2 }}
{{- with mergeOverwrite (dict) $root.Values.commonAnnotations (index . 4 | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
