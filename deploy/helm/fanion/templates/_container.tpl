{{/* The options of `fanion start`. */}}
{{- define "fanion.args" -}}
- start
{{- if .Values.flags }}
- --uri=file:/etc/fanion/{{ include "fanion.name" . }}
{{- end }}
{{- range .Values.sources }}
{{- with .configMap }}
- --uri=file:/etc/fanion/{{ . }}
{{- end }}
{{- with .featureFlag }}
- --uri=core.openfeature.dev/{{ .namespace | default $.Release.Namespace }}/{{ .name }}
{{- end }}
{{- with .sync }}
- --uri={{ . }}
{{- end }}
{{- with .uri }}
- --uri={{ . }}
{{- end }}
{{- end }}
{{- if eq (include "fanion.listen" .) "loopback" }}
- --bind-address=127.0.0.1
{{- else if eq (include "fanion.listen" .) "socket" }}
- --socket-path=/run/fanion/fanion.sock
- --sync-socket-path=/run/fanion/sync.sock
{{- end }}
{{- if .Values.stateDir }}
- --state-dir=/var/lib/fanion
{{- end }}
- --log-format=json
{{- if ne .Values.mode "standalone" }}
# Kubernetes sets variables such as FLAGD_PORT for a Service called `flagd`. Options override them.
- --port=8013
- --management-port=8014
- --sync-port=8015
- --ofrep-port=8016
{{- end }}
{{- with .Values.args }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A probe of the management port. On loopback, the kubelet cannot reach it. */}}
{{- define "fanion.probe" -}}
{{- if eq (include "fanion.listen" .) "loopback" -}}
exec:
  command: [/usr/bin/fanion, healthcheck, --management-port=8014{{ if .live }}, --live{{ end }}]
{{- else -}}
httpGet:
  path: {{ ternary "/healthz" "/readyz" .live }}
  port: management
{{- end }}
{{- end }}

{{- define "fanion.container" -}}
name: fanion
image: {{ include "fanion.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "fanion.args" . | nindent 2 }}
{{- with .Values.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - {name: management, containerPort: 8014}
  {{- if ne (include "fanion.listen" .) "socket" }}
  - {name: evaluation, containerPort: 8013}
  - {name: sync, containerPort: 8015}
  {{- end }}
  - {name: ofrep, containerPort: 8016}
startupProbe:
  {{- include "fanion.probe" (merge (dict "live" false) .) | nindent 2 }}
  periodSeconds: 1
  failureThreshold: 60
livenessProbe:
  {{- include "fanion.probe" (merge (dict "live" true) .) | nindent 2 }}
  timeoutSeconds: 3
readinessProbe:
  {{- include "fanion.probe" (merge (dict "live" false) .) | nindent 2 }}
  timeoutSeconds: 3
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: {{ int .Values.user }}
  runAsGroup: {{ int .Values.user }}
  seccompProfile: {type: RuntimeDefault}
{{- $mounts := include "fanion.mounts" . }}
{{- if $mounts }}
volumeMounts:
  {{- $mounts | trim | nindent 2 }}
{{- end }}
{{- end }}

{{- define "fanion.mounts" -}}
{{- if .Values.flags }}
- {name: fanion-flags, mountPath: /etc/fanion/{{ include "fanion.name" . }}, readOnly: true}
{{- end }}
{{- range $i, $source := .Values.sources }}
{{- with $source.configMap }}
- {name: fanion-flags-{{ $i }}, mountPath: /etc/fanion/{{ . }}, readOnly: true}
{{- end }}
{{- end }}
{{- if .Values.stateDir }}
- {name: fanion-state, mountPath: /var/lib/fanion}
{{- end }}
{{- if eq (include "fanion.listen" .) "socket" }}
- {name: fanion-socket, mountPath: /run/fanion}
{{- end }}
{{- end }}

{{- define "fanion.volumes" -}}
{{- if .Values.flags }}
- {name: fanion-flags, configMap: {name: {{ include "fanion.name" . }}}}
{{- end }}
{{- range $i, $source := .Values.sources }}
{{- with $source.configMap }}
- {name: fanion-flags-{{ $i }}, configMap: {name: {{ . }}}}
{{- end }}
{{- end }}
{{- if .Values.stateDir }}
- {name: fanion-state, emptyDir: {sizeLimit: 256Mi}}
{{- end }}
{{- if eq (include "fanion.listen" .) "socket" }}
- {name: fanion-socket, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
{{- end }}
{{- with .Values.app.volumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
