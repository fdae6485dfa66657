{{- /* Fails with all contradictions between values that values.schema.json cannot express or explain. */ -}}
{{- define "zeebe-topology-exporter.validate" -}}
{{- $problems := list -}}
{{- range $name, $instead := .Files.Get "files/other-names.yaml" | fromYaml -}}
{{- $parent := $.Values -}}
{{- range splitList "." $name | initial -}}{{- $parent = get $parent . -}}{{- end -}}
{{- if hasKey $parent (splitList "." $name | last) -}}
{{- $problems = append $problems (printf "%s: unknown; use %s" $name $instead) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "\\b(include|template) +[\\\\]?\"exporter\\." (toString .Values.extraObjects) -}}
{{- $problems = append $problems "extraObjects: the names of the chart's templates begin with zeebe-topology-exporter instead of exporter, for example zeebe-topology-exporter.fullname" -}}
{{- end -}}
{{- $hasSecret := .Values.existingConfig.secret -}}
{{- $inEnvironment := false -}}
{{- range .Values.extraEnv -}}
{{- if has .name (list "ZEEBE_REST_ADDRESS" "CAMUNDA_REST_ADDRESS" "CAMUNDA_CLUSTER_ID") -}}{{- $inEnvironment = true -}}{{- end -}}
{{- end -}}
{{- if and $hasSecret .Values.clusters -}}
{{- $problems = append $problems "clusters and existingConfig.secret are both set: the file in the Secret configures the clusters; remove one of them" -}}
{{- end -}}
{{- if and $hasSecret (ne (include "zeebe-topology-exporter.resolved" .Values.config) "{}") -}}
{{- $problems = append $problems "config and existingConfig.secret are both set: move the settings of config to the file in the Secret" -}}
{{- end -}}
{{- $discovers := include "zeebe-topology-exporter.discovers" . -}}
{{- if and $hasSecret $discovers -}}
{{- $problems = append $problems "discovery and existingConfig.secret are both set: move the settings of discovery to the file in the Secret" -}}
{{- end -}}
{{- $ofRoles := list "namespaces" "readSecrets" "secretNames" -}}
{{- range $key, $value := omit .Values.discovery.kubernetes "enabled" -}}
{{- if and $value (not $.Values.discovery.kubernetes.enabled) -}}
{{- $problems = append $problems (printf "discovery.kubernetes.%s: has no effect; set discovery.kubernetes.enabled to true, or remove it" $key) -}}
{{- else if and $value $hasSecret (not (has $key $ofRoles)) -}}
{{- $problems = append $problems (printf "discovery.kubernetes.%s and existingConfig.secret are both set: move it to the file in the Secret" $key) -}}
{{- end -}}
{{- end -}}
{{- with .Values.discovery.kubernetes -}}
{{- if and .enabled .secretNames (not .readSecrets) -}}
{{- $problems = append $problems "discovery.kubernetes.secretNames: has no effect; set discovery.kubernetes.readSecrets to true, or remove it" -}}
{{- end -}}
{{- end -}}
{{- range $key, $isSet := dict "clusters" .Values.clusters "discovery" $discovers -}}
{{- if and $isSet $inEnvironment -}}
{{- $problems = append $problems (printf "%s and an address in extraEnv are both set: the exporter ignores the cluster of the environment if %s is set; remove one of them" $key $key) -}}
{{- end -}}
{{- end -}}
{{- if not (or .Values.clusters $discovers .Values.discovery.kubernetes.enabled $hasSecret $inEnvironment .Values.extraEnvFrom) -}}
{{- $problems = append $problems "no cluster is configured: set the address of one, for example --set clusters.camunda.address=http://camunda-zeebe-gateway:8080, or discovery, or a Secret with the configuration in existingConfig.secret" -}}
{{- end -}}
{{- range $name, $cluster := .Values.clusters -}}
{{- range $problem := include "zeebe-topology-exporter.clusterProblems" $cluster | fromJsonArray -}}
{{- $problems = append $problems (printf "clusters.%s%s" $name $problem) -}}
{{- end -}}
{{- end -}}
{{- range $name, $profile := .Values.discovery.kubernetes.profiles -}}
{{- if and $profile.basic_auth $profile.oauth2 -}}
{{- $problems = append $problems (printf "discovery.kubernetes.profiles.%s: has basic_auth and oauth2; remove one of them" $name) -}}
{{- end -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.discoveryProblems" .Values.discovery | fromJsonArray -}}
{{- $problems = append $problems (printf "discovery%s" $problem) -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.webProblems" . | fromJsonArray -}}
{{- $problems = append $problems $problem -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.extraProblems" . | fromJsonArray -}}
{{- $problems = append $problems $problem -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.accessProblems" . | fromJsonArray -}}
{{- $problems = append $problems $problem -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.budgetProblems" . | fromJsonArray -}}
{{- $problems = append $problems $problem -}}
{{- end -}}
{{- range $feature, $isEnabled := dict "leaderElection" .Values.leaderElection.enabled "discovery.kubernetes" .Values.discovery.kubernetes.enabled -}}
{{- if and $isEnabled (eq (include "zeebe-topology-exporter.serviceAccountName" $) "default") -}}
{{- $problems = append $problems (printf "serviceAccount: the permissions for %s would apply to every pod with the ServiceAccount default; set serviceAccount.create to true, or serviceAccount.name to an account that only the exporter uses" $feature) -}}
{{- end -}}
{{- end -}}
{{- if and (include "zeebe-topology-exporter.isSharded" .) (gt (int .Values.replicas) 1) -}}
{{- $problems = append $problems "replicas and shards are both above 1: each shard is polled by one pod; set one of them to 1" -}}
{{- end -}}
{{- if and (include "zeebe-topology-exporter.isSharded" .) .Values.leaderElection.enabled -}}
{{- $problems = append $problems "shards is above 1 and leaderElection is enabled: a leader is elected among pods that poll the same clusters, but each shard has only one pod; set shards to 1, or disable leaderElection" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- $problems = append $problems "serviceMonitor and podMonitor are both enabled: every series and every alert would exist twice; disable one of them" -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "podMonitor" -}}
{{- range $problem := include "zeebe-topology-exporter.monitorProblems" (list $ (get $.Values $name)) | fromJsonArray -}}
{{- $problems = append $problems (printf "%s%s" $name $problem) -}}
{{- end -}}
{{- end -}}
{{- with $problems -}}
{{- printf "zeebe-topology-exporter: invalid values:\n- %s\n" (join "\n- " .) | fail -}}
{{- end -}}
{{- end -}}

{{- /* Returns the problems of flags and variables that the chart sets itself, or with which the exporter would exit. */ -}}
{{- define "zeebe-topology-exporter.extraProblems" -}}
{{- $problems := list -}}
{{- $flags := dict "--config.file" "clusters, discovery, config or existingConfig" "--web.config.file" "web.config or web.existingConfig" "--web.listen-address" "web.port" "--web.telemetry-path" "web.telemetry_path" "--shard" "shards" "--total-shards" "shards" "--leader-election" "leaderElection.enabled" "--leader-election.lease-name" "leaderElection.enabled" -}}
{{- $refused := dict "--leader-election.namespace" "the Role for the Lease is only in the namespace of the exporter" -}}
{{- range $flag := list "--config.check" "--help" "--version" -}}
{{- $_ := set $refused $flag "the exporter would exit" -}}
{{- end -}}
{{- range .Values.extraArgs -}}
{{- $flag := splitList "=" . | first -}}
{{- with get $flags $flag -}}
{{- $problems = append $problems (printf "extraArgs: %s is set by the chart; use %s" $flag .) -}}
{{- end -}}
{{- with get $refused $flag -}}
{{- $problems = append $problems (printf "extraArgs: %s: remove it; %s" $flag .) -}}
{{- end -}}
{{- end -}}
{{- $variables := dict "SHARD" "use shards" "TOTAL_SHARDS" "use shards" "WEB_LISTEN_ADDRESS" "use web.port" -}}
{{- if .Values.leaderElection.enabled -}}
{{- range $name := list "POD_NAME" "POD_NAMESPACE" -}}
{{- $_ := set $variables $name "leaderElection needs the value of the pod; remove it" -}}
{{- end -}}
{{- end -}}
{{- range $variable := .Values.extraEnv -}}
{{- with get $variables $variable.name -}}
{{- $problems = append $problems (printf "extraEnv: %s is set by the chart; %s" $variable.name .) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- /* Returns the problems of the PodDisruptionBudget: one that allows no disruption blocks every drain of a node. */ -}}
{{- define "zeebe-topology-exporter.budgetProblems" -}}
{{- $problems := list -}}
{{- with .Values.podDisruptionBudget -}}
{{- $min := include "zeebe-topology-exporter.limit" .minAvailable -}}
{{- $max := include "zeebe-topology-exporter.limit" .maxUnavailable -}}
{{- if and $min $max -}}
{{- $problems = append $problems "podDisruptionBudget: minAvailable and maxUnavailable are both set; remove one of them" -}}
{{- end -}}
{{- $pods := include "zeebe-topology-exporter.pods" $ | int -}}
{{- if and .enabled $min (gt $pods 0) -}}
{{- $needed := trimSuffix "%" $min | int -}}
{{- if hasSuffix "%" $min -}}
{{- /* Kubernetes rounds up. */ -}}
{{- $needed = div (add (mul $needed $pods) 99) 100 -}}
{{- end -}}
{{- if ge (int $needed) $pods -}}
{{- $count := ternary "shards" "replicas" (not (empty (include "zeebe-topology-exporter.isSharded" $))) -}}
{{- $problems = append $problems (printf "podDisruptionBudget.minAvailable %s: with %s %d no node can be drained; increase %s, or set maxUnavailable" $min $count $pods $count) -}}
{{- end -}}
{{- end -}}
{{- if and .enabled (regexMatch "^0+%?$" $max) -}}
{{- $problems = append $problems (printf "podDisruptionBudget.maxUnavailable %s: no node can be drained; set it to at least 1" $max) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- /* Returns the problems of a cluster: secrets that are set twice, and incomplete pairs of settings. */ -}}
{{- define "zeebe-topology-exporter.clusterProblems" -}}
{{- $problems := list -}}
{{- if and .basic_auth .oauth2 -}}
{{- $problems = append $problems ": has basic_auth and oauth2; remove one of them" -}}
{{- end -}}
{{- $pairs := dict "basic_auth" (list "password") "oauth2" (list "client_secret" "client_certificate_key_password") -}}
{{- range $part, $secrets := $pairs -}}
{{- range $secrets -}}
{{- if and (hasKey (get $ $part | default dict) .) (hasKey (get $ $part | default dict) (printf "%s_file" .)) -}}
{{- $problems = append $problems (printf ".%s: has %s and %s_file; remove one of them" $part . .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .basic_auth -}}
{{- if not (and .username (or .password .password_file)) -}}
{{- $problems = append $problems ".basic_auth: needs username, and password or password_file" -}}
{{- end -}}
{{- end -}}
{{- with .oauth2 -}}
{{- if and .token_url .issuer_url -}}
{{- $problems = append $problems ".oauth2: has token_url and issuer_url; remove one of them, the issuer's discovery document contains the token endpoint" -}}
{{- end -}}
{{- if not .client_id -}}
{{- $problems = append $problems ".oauth2: needs client_id" -}}
{{- end -}}
{{- end -}}
{{- range $path, $tls := dict ".tls_config" .tls_config ".oauth2.tls_config" (dig "oauth2" "tls_config" dict $) -}}
{{- with $tls -}}
{{- if ne (hasKey . "cert_file") (hasKey . "key_file") -}}
{{- $problems = append $problems (printf "%s: cert_file and key_file must be set together" $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- /* Returns the problems of the providers of discovery. */ -}}
{{- define "zeebe-topology-exporter.discoveryProblems" -}}
{{- $problems := list -}}
{{- if and .files (not .files.paths) -}}
{{- $problems = append $problems ".files: needs paths, for example [{secret: NAME, key: \"*.yml\"}]" -}}
{{- end -}}
{{- with .saas -}}
{{- if not .oauth2 -}}
{{- $problems = append $problems ".saas: needs oauth2, with client_id and client_secret_file of a client of the Administration API" -}}
{{- end -}}
{{- range $problem := include "zeebe-topology-exporter.clusterProblems" . | fromJsonArray -}}
{{- $problems = append $problems (printf ".saas%s" $problem) -}}
{{- end -}}
{{- if not .cluster_file -}}
{{- /* Otherwise the file of each cluster may complete the settings. */ -}}
{{- range $problem := include "zeebe-topology-exporter.clusterProblems" (default dict .cluster) | fromJsonArray -}}
{{- $problems = append $problems (printf ".saas.cluster%s" $problem) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "zeebe-topology-exporter.webProblems" -}}
{{- $problems := list -}}
{{- if and .Values.web.config .Values.web.existingConfig.secret -}}
{{- $problems = append $problems "web.config and web.existingConfig.secret are both set: remove one of them" -}}
{{- end -}}
{{- range $flag := list "tls" "clientCertificates" "users" -}}
{{- if and (get $.Values.web.existingConfig $flag) (not $.Values.web.existingConfig.secret) -}}
{{- $problems = append $problems (printf "web.existingConfig.%s describes the file in web.existingConfig.secret, but no secret is set" $flag) -}}
{{- end -}}
{{- end -}}
{{- with .Values.web.config.tls_server_config -}}
{{- range $pair := list "cert" "key" "client_ca" -}}
{{- if and (hasKey $.Values.web.config.tls_server_config $pair) (hasKey $.Values.web.config.tls_server_config (printf "%s_file" $pair)) -}}
{{- $problems = append $problems (printf "web.config.tls_server_config: has %s and %s_file; remove one of them" $pair $pair) -}}
{{- end -}}
{{- end -}}
{{- if not (and (or .cert .cert_file) (or .key .key_file)) -}}
{{- $problems = append $problems "web.config.tls_server_config: needs cert_file and key_file, for example {secret: NAME, key: tls.crt} and {secret: NAME, key: tls.key}" -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- /* Returns the problems of the Service, the Ingress and the HTTPRoute. */ -}}
{{- define "zeebe-topology-exporter.accessProblems" -}}
{{- $problems := list -}}
{{- with .Values.service -}}
{{- range $field := list "nodePort" "externalTrafficPolicy" -}}
{{- if and (get $.Values.service $field) (eq $.Values.service.type "ClusterIP") -}}
{{- $problems = append $problems (printf "service.%s: needs service.type NodePort or LoadBalancer" $field) -}}
{{- end -}}
{{- end -}}
{{- range $field := list "loadBalancerClass" "loadBalancerIP" "loadBalancerSourceRanges" -}}
{{- if and (get $.Values.service $field) (ne $.Values.service.type "LoadBalancer") -}}
{{- $problems = append $problems (printf "service.%s: needs service.type LoadBalancer" $field) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .clusterIP "None") (ne .type "ClusterIP") -}}
{{- $problems = append $problems "service.clusterIP None: needs service.type ClusterIP" -}}
{{- end -}}
{{- end -}}
{{- $hosts := list -}}
{{- with .Values.ingress -}}
{{- if .enabled -}}
{{- if not .hosts -}}
{{- $problems = append $problems "ingress.hosts: needs at least one, for example [{host: exporter.example.com}]" -}}
{{- end -}}
{{- range .hosts -}}{{- $hosts = append $hosts .host -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.httpRoute -}}
{{- if .enabled -}}
{{- if not .parentRefs -}}
{{- $problems = append $problems "httpRoute.parentRefs: needs at least one Gateway, for example [{name: NAME, namespace: NAMESPACE}]" -}}
{{- end -}}
{{- if not .rules -}}
{{- $problems = append $problems "httpRoute.rules: needs at least one" -}}
{{- end -}}
{{- $hosts = concat $hosts .hostnames -}}
{{- end -}}
{{- end -}}
{{- with .Values.config.web.allowed_hosts -}}
{{- range $host := uniq $hosts -}}
{{- if not (or (hasPrefix "*" $host) (has $host $.Values.config.web.allowed_hosts)) -}}
{{- $problems = append $problems (printf "config.web.allowed_hosts: does not contain %s, a host of the Ingress or HTTPRoute: the exporter would reject its requests" $host) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "zeebe-topology-exporter.monitorProblems" -}}
{{- $root := first . -}}
{{- $problems := list -}}
{{- with last . -}}
{{- if .enabled -}}
{{- if and (include "zeebe-topology-exporter.hasUsers" $root) (not .basicAuth) -}}
{{- $problems = append $problems ".basicAuth: the exporter requires a password; set the keys of the Secrets with a user name and its password" -}}
{{- end -}}
{{- if and .basicAuth (not (include "zeebe-topology-exporter.hasUsers" $root)) -}}
{{- $problems = append $problems ".basicAuth: the exporter requires no password; set web.config.basic_auth_users" -}}
{{- end -}}
{{- if and .tlsConfig (not (include "zeebe-topology-exporter.hasTls" $root)) -}}
{{- $problems = append $problems ".tlsConfig: the exporter does not serve TLS; set web.config.tls_server_config" -}}
{{- end -}}
{{- if and (include "zeebe-topology-exporter.asksForCertificates" $root) (not (and (dig "cert" dict .tlsConfig) (dig "keySecret" dict .tlsConfig))) -}}
{{- $problems = append $problems ".tlsConfig: the exporter requires client certificates; set cert and keySecret" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
