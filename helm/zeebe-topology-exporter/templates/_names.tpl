{{- define "zeebe-topology-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "zeebe-topology-exporter.fullname" -}}
{{- $name := include "zeebe-topology-exporter.name" . -}}
{{- $release := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $release .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "zeebe-topology-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /*
Returns a name for resources of the whole Kubernetes cluster, and of namespaces that several releases may share. Releases in
different namespaces may have the same name, but not the same resource. Helm refuses the second of two releases whose
namespaces and names give the same text, such as c in a-b and b-c in a.
*/ -}}
{{- define "zeebe-topology-exporter.uniqueName" -}}
{{ include "zeebe-topology-exporter.namespace" . }}-{{ include "zeebe-topology-exporter.fullname" . }}
{{- end -}}

{{- /* Returns the host name of the Service, which a certificate of the exporter must contain. */ -}}
{{- define "zeebe-topology-exporter.host" -}}
{{ include "zeebe-topology-exporter.fullname" . }}.{{ include "zeebe-topology-exporter.namespace" . }}.svc
{{- end -}}

{{- /* Returns host and port of the Service. The name of a headless one leads to the pods, and so to their port. */ -}}
{{- define "zeebe-topology-exporter.address" -}}
{{ include "zeebe-topology-exporter.host" . }}:{{ ternary .Values.web.port .Values.service.port (eq .Values.service.clusterIP "None") }}
{{- end -}}

{{- /*
Returns the name of the headless Service that gives each pod of the StatefulSet a host name. The other Service cannot be
headless instead: Kubernetes would refuse that change when an upgrade introduces shards.
*/ -}}
{{- define "zeebe-topology-exporter.headlessName" -}}
{{ include "zeebe-topology-exporter.fullname" . | trunc 54 | trimSuffix "-" }}-headless
{{- end -}}

{{- /* Returns the URLs of the exporters for helm test: that of the Service, or those of all shards. */ -}}
{{- define "zeebe-topology-exporter.exporters" -}}
{{- $scheme := ternary "https" "http" (not (empty (include "zeebe-topology-exporter.hasTls" .))) -}}
{{- if include "zeebe-topology-exporter.isSharded" . -}}
{{- $urls := list -}}
{{- range $shard := until (int .Values.shards) -}}
{{- $pod := printf "%s-%d" (include "zeebe-topology-exporter.workloadName" $) $shard -}}
{{- $host := printf "%s.%s.%s.svc" $pod (include "zeebe-topology-exporter.headlessName" $) (include "zeebe-topology-exporter.namespace" $) -}}
{{- $urls = append $urls (printf "%s://%s:%v" $scheme $host $.Values.web.port) -}}
{{- end -}}
{{- join " " $urls -}}
{{- else -}}
{{ $scheme }}://{{ include "zeebe-topology-exporter.address" . }}
{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.serviceAccountName" -}}
{{- default (ternary (include "zeebe-topology-exporter.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- /* The registry is not added to a repository that begins with one, such as registry.example.com/exporter. */ -}}
{{- define "zeebe-topology-exporter.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- with .Values.image -}}
{{- if and $registry (not (regexMatch "^(localhost|[^/]*[.:][^/]*)/" .repository)) -}}
{{ $registry }}/
{{- end -}}
{{ .repository }}
{{- if .digest -}}
@{{ .digest }}
{{- else -}}
:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Returns the references to the pull secrets as YAML. Those of a parent chart may be names. */ -}}
{{- define "zeebe-topology-exporter.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with $secrets -}}
{{- uniq . | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.isSharded" -}}
{{- if gt (int .Values.shards) 1 -}}true{{- end -}}
{{- end -}}

{{- /* Returns the number of pods. */ -}}
{{- define "zeebe-topology-exporter.pods" -}}
{{- ternary .Values.shards .Values.replicas (gt (int .Values.shards) 1) -}}
{{- end -}}

{{- /* Returns a number or percentage of a PodDisruptionBudget as text. Unlike a number, the text of 0 is not empty. */ -}}
{{- define "zeebe-topology-exporter.limit" -}}
{{- if not (kindIs "invalid" .) -}}{{- . -}}{{- end -}}
{{- end -}}

{{- /*
Returns the name of the Deployment or StatefulSet. That of a StatefulSet has the number of shards in it: another number
is another StatefulSet. Helm creates it and deletes the old one at the same time, while an update of the old one would
replace its pods one after the other, and clusters would be polled by two shards or by none meanwhile. It has
at most 52 characters, so that the label of the pods with its revision fits.
*/ -}}
{{- define "zeebe-topology-exporter.workloadName" -}}
{{- $name := include "zeebe-topology-exporter.fullname" . -}}
{{- if include "zeebe-topology-exporter.isSharded" . -}}
{{ $name | trunc 40 | trimSuffix "-" }}-{{ int .Values.shards }}-shards
{{- else -}}
{{ $name }}
{{- end -}}
{{- end -}}

{{- /* Returns the Deployment or StatefulSet, for kubectl. */ -}}
{{- define "zeebe-topology-exporter.workload" -}}
{{ ternary "statefulset" "deployment" (gt (int .Values.shards) 1) }}/{{ include "zeebe-topology-exporter.workloadName" . }}
{{- end -}}

{{- /* Only these labels select pods, because the selector of a Deployment is immutable. */ -}}
{{- define "zeebe-topology-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "zeebe-topology-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- /* Unlike the name, this label does not change with nameOverride: scrape configurations find the pods by it. */ -}}
{{- define "zeebe-topology-exporter.componentLabel" -}}
app.kubernetes.io/component: zeebe-topology-exporter
{{- end -}}

{{- /* Argument: (list root additional-labels). The chart's own labels take precedence. */ -}}
{{- define "zeebe-topology-exporter.labels" -}}
{{- $root := first . -}}
{{- $own := include "zeebe-topology-exporter.selectorLabels" $root | fromYaml -}}
{{- $_ := include "zeebe-topology-exporter.componentLabel" $root | fromYaml | mergeOverwrite $own -}}
{{- $_ := set $own "app.kubernetes.io/version" $root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_") -}}
{{- mergeOverwrite (dict) $root.Values.commonLabels (last . | default dict) $own | toYaml -}}
{{- end -}}

{{- /* Argument: (list root name namespace labels annotations). The last three may be empty. */ -}}
{{- define "zeebe-topology-exporter.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 | quote }}
namespace: {{ default (include "zeebe-topology-exporter.namespace" $root) (index . 2) | quote }}
labels:
  {{- include "zeebe-topology-exporter.labels" (list $root (index . 3)) | nindent 2 }}
{{- with mergeOverwrite (dict) $root.Values.commonAnnotations (index . 4 | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Returns the URLs of the status page, as JSON. Those of an HTTPRoute have no scheme, which its Gateway knows. */ -}}
{{- define "zeebe-topology-exporter.statusPages" -}}
{{- $pages := list -}}
{{- with .Values.ingress -}}
{{- if .enabled -}}
{{- $secure := list -}}
{{- range .tls -}}{{- $secure = concat $secure (.hosts | default list) -}}{{- end -}}
{{- range .hosts -}}
{{- $pages = append $pages (printf "%s://%s/" (ternary "https" "http" (has .host $secure)) .host) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.httpRoute.enabled -}}
{{- $pages = concat $pages .Values.httpRoute.hostnames -}}
{{- end -}}
{{- toJson $pages -}}
{{- end -}}
