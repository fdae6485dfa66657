{{- /* Returns a file of files/rules/ with the values in place of its placeholders. Argument: (list root file). */ -}}
{{- define "zeebe-topology-exporter.ruleFile" -}}
{{- $root := first . -}}
{{- $rules := $root.Values.prometheusRule -}}
{{- $text := printf "files/rules/%s" (last .) | $root.Files.Get -}}
{{- range $name, $value := $rules.thresholds -}}
{{- /* As JSON, because Go writes large numbers as 1.2096e+06. */ -}}
{{- $text = replace (printf "${%s}" $name) (toJson $value | trimAll "\"") $text -}}
{{- end -}}
{{- range $alert, $duration := $root.Files.Get "files/rules/for.yaml" | fromYaml -}}
{{- $own := get $rules.alerts $alert | default dict -}}
{{- $text = replace (printf "${for.%s}" $alert) (default $duration $own.for) $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}
