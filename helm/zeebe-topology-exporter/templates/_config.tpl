{{- /* Returns the path at which the referenced key of a Secret or ConfigMap is mounted. */ -}}
{{- define "zeebe-topology-exporter.path" -}}
{{- if .secret -}}
/etc/zeebe-topology-exporter/secrets/{{ .secret }}/{{ .key }}
{{- else -}}
/etc/zeebe-topology-exporter/configmaps/{{ .configMap }}/{{ .key }}
{{- end -}}
{{- end -}}

{{- /* Returns secret/NAME or configMap/NAME of a reference. */ -}}
{{- define "zeebe-topology-exporter.source" -}}
{{ ternary "secret" "configMap" (hasKey . "secret") }}/{{ default .configMap .secret }}
{{- end -}}

{{- /*
Returns a mapping as JSON for the exporter: references, also those in lists, are replaced by paths, and empty values are
omitted.
*/ -}}
{{- define "zeebe-topology-exporter.resolved" -}}
{{- $resolved := dict -}}
{{- range $key, $value := . -}}
{{- if and (kindIs "map" $value) (hasSuffix "_file" $key) -}}
{{- $_ := set $resolved $key (include "zeebe-topology-exporter.path" $value) -}}
{{- else if kindIs "map" $value -}}
{{- with include "zeebe-topology-exporter.resolved" $value | fromJson -}}
{{- $_ := set $resolved $key . -}}
{{- end -}}
{{- else if kindIs "slice" $value -}}
{{- $items := list -}}
{{- range $value -}}
{{- if kindIs "map" . -}}
{{- $items = append $items (include "zeebe-topology-exporter.path" .) -}}
{{- else -}}
{{- $items = append $items . -}}
{{- end -}}
{{- end -}}
{{- $_ := set $resolved $key $items -}}
{{- else if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- $_ := set $resolved $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $resolved -}}
{{- end -}}

{{- /*
Returns the references in a mapping, one a line: secret/NAME/KEY or configMap/NAME/KEY. The KEY is * for all keys, if the
reference is a pattern or has the id of a cluster in it.
*/ -}}
{{- define "zeebe-topology-exporter.references" -}}
{{- range $key, $value := . -}}
{{- if and (kindIs "map" $value) (hasSuffix "_file" $key) }}
{{ include "zeebe-topology-exporter.source" $value }}/{{ ternary "*" $value.key (contains "{" $value.key) }}
{{- else if kindIs "map" $value -}}
{{- include "zeebe-topology-exporter.references" $value -}}
{{- else if kindIs "slice" $value -}}
{{- range $value -}}
{{- if kindIs "map" . }}
{{ include "zeebe-topology-exporter.source" . }}/*
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Returns the mounted keys by kind/name, as JSON. */ -}}
{{- define "zeebe-topology-exporter.mounted" -}}
{{- $mounted := dict -}}
{{- range splitList "\n" (include "zeebe-topology-exporter.references" (dict "clusters" .Values.clusters "discovery" (include "zeebe-topology-exporter.discovery" . | fromJson) "web" .Values.web.config)) | uniq -}}
{{- with splitList "/" . -}}
{{- if eq (len .) 3 -}}
{{- $source := printf "%s/%s" (index . 0) (index . 1) -}}
{{- $_ := set $mounted $source (append (get $mounted $source | default list) (index . 2) | sortAlpha) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $mounted -}}
{{- end -}}

{{- define "zeebe-topology-exporter.discovers" -}}
{{- if ne (include "zeebe-topology-exporter.discovery" . | fromJson | include "zeebe-topology-exporter.resolved") "{}" -}}true{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.configFile" -}}
{{- $file := include "zeebe-topology-exporter.resolved" .Values.config | fromJson -}}
{{- $clusters := list -}}
{{- range $name, $cluster := .Values.clusters -}}
{{- $clusters = append $clusters (set (include "zeebe-topology-exporter.resolved" $cluster | fromJson) "name" $name) -}}
{{- end -}}
{{- with $clusters -}}
{{- $_ := set $file "clusters" . -}}
{{- end -}}
{{- with include "zeebe-topology-exporter.discovery" . | fromJson | include "zeebe-topology-exporter.resolved" | fromJson -}}
{{- $_ := set $file "discovery" . -}}
{{- end -}}
{{- with $file -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- /*
Returns the values of discovery that are settings of the exporter, as JSON. With existingConfig, those of Kubernetes are
only for the roles.
*/ -}}
{{- define "zeebe-topology-exporter.discovery" -}}
{{- $discovery := omit .Values.discovery "kubernetes" -}}
{{- with .Values.discovery.kubernetes -}}
{{- if and .enabled (not $.Values.existingConfig.secret) -}}
{{- $own := list "enabled" "readSecrets" "secretNames" -}}
{{- if not .namespaces -}}
{{- $own = append $own "namespaces" -}}
{{- end -}}
{{- $kubernetes := dict -}}
{{- range $key, $value := . -}}
{{- if not (has $key $own) -}}
{{- $_ := set $kubernetes $key $value -}}
{{- end -}}
{{- end -}}
{{- $_ := set $discovery "kubernetes" $kubernetes -}}
{{- end -}}
{{- end -}}
{{- toJson $discovery -}}
{{- end -}}

{{- define "zeebe-topology-exporter.webConfigFile" -}}
{{- with include "zeebe-topology-exporter.resolved" .Values.web.config | fromJson -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- /* Returns the files in the chart's own Secret. */ -}}
{{- define "zeebe-topology-exporter.secretData" -}}
{{- $data := dict -}}
{{- with include "zeebe-topology-exporter.configFile" . -}}
{{- $_ := set $data "exporter.yml" . -}}
{{- end -}}
{{- with include "zeebe-topology-exporter.webConfigFile" . -}}
{{- $_ := set $data "web.yml" . -}}
{{- end -}}
{{- with $data -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.hasTls" -}}
{{- if or .Values.web.config.tls_server_config .Values.web.existingConfig.tls -}}true{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.hasUsers" -}}
{{- if or .Values.web.config.basic_auth_users .Values.web.existingConfig.users -}}true{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.asksForCertificates" -}}
{{- $type := dig "tls_server_config" "client_auth_type" "" .Values.web.config -}}
{{- if or (has $type (list "RequireAnyClientCert" "RequireAndVerifyClientCert")) .Values.web.existingConfig.clientCertificates -}}true{{- end -}}
{{- end -}}

{{- define "zeebe-topology-exporter.args" -}}
{{- if .Values.existingConfig.secret }}
- --config.file=/etc/zeebe-topology-exporter/config/{{ .Values.existingConfig.key }}
{{- else if include "zeebe-topology-exporter.configFile" . }}
- --config.file=/etc/zeebe-topology-exporter/config/exporter.yml
{{- end }}
{{- if .Values.web.existingConfig.secret }}
- --web.config.file=/etc/zeebe-topology-exporter/web/{{ .Values.web.existingConfig.key }}
{{- else if include "zeebe-topology-exporter.webConfigFile" . }}
- --web.config.file=/etc/zeebe-topology-exporter/config/web.yml
{{- end }}
- --web.listen-address=:{{ .Values.web.port }}
- --web.telemetry-path={{ .Values.web.telemetry_path }}
{{- if .Values.leaderElection.enabled }}
- --leader-election
- --leader-election.lease-name={{ include "zeebe-topology-exporter.fullname" . }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* Returns the environment variables of the chart, as YAML. */ -}}
{{- define "zeebe-topology-exporter.env" -}}
{{- if include "zeebe-topology-exporter.isSharded" . -}}
# The name of the pod ends in the number of its shard.
- name: SHARD
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: TOTAL_SHARDS
  value: {{ .Values.shards | quote }}
{{- end -}}
{{- if .Values.leaderElection.enabled -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end -}}
{{- end -}}

{{- /* Returns the volumes, each with its mount path under /etc/zeebe-topology-exporter, as JSON. */ -}}
{{- define "zeebe-topology-exporter.volumes" -}}
{{- $volumes := list -}}
{{- $own := include "zeebe-topology-exporter.fullname" . -}}
{{- with .Values.existingConfig.secret | default (ternary $own "" (not (empty (include "zeebe-topology-exporter.secretData" $)))) -}}
{{- $volumes = append $volumes (dict "name" "config" "path" "config" "source" (dict "secret" (dict "secretName" . "defaultMode" 288))) -}}
{{- end -}}
{{- with .Values.web.existingConfig.secret -}}
{{- $volumes = append $volumes (dict "name" "web" "path" "web" "source" (dict "secret" (dict "secretName" . "defaultMode" 288))) -}}
{{- end -}}
{{- range $source, $keys := include "zeebe-topology-exporter.mounted" . | fromJson -}}
{{- $items := list -}}
{{- range $keys -}}
{{- $items = append $items (dict "key" . "path" .) -}}
{{- end -}}
{{- $only := ternary dict (dict "items" $items) (has "*" $keys) -}}
{{- $kind := splitList "/" $source | first -}}
{{- $name := splitList "/" $source | last -}}
{{- $volume := dict "name" (printf "%s-%d" (lower $kind) (len $volumes)) -}}
{{- if eq $kind "secret" -}}
{{- $_ := set $volume "path" (printf "secrets/%s" $name) -}}
{{- $_ := set $volume "source" (dict "secret" (merge (dict "secretName" $name "defaultMode" 288) $only)) -}}
{{- else -}}
{{- $_ := set $volume "path" (printf "configmaps/%s" $name) -}}
{{- $_ := set $volume "source" (dict "configMap" (merge (dict "name" $name "defaultMode" 288) $only)) -}}
{{- end -}}
{{- $volumes = append $volumes $volume -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}
