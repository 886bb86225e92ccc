{{- define "fanion.name" -}}
{{ if contains "fanion" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-fanion{{ end }}
{{- end }}

{{/* Who can evaluate flags: see values.yaml. */}}
{{- define "fanion.listen" -}}
{{ .Values.evaluation.listen | default (ternary "pod" "loopback" (eq .Values.mode "standalone")) }}
{{- end }}

{{- define "fanion.selector" -}}
app.kubernetes.io/name: fanion
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "fanion.labels" -}}
{{ include "fanion.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "fanion.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* The FeatureFlags of the sources, as a list of namespace/name. */}}
{{- define "fanion.featureFlags" -}}
{{- range .Values.sources }}{{ with .featureFlag }}{{ .namespace | default $.Release.Namespace }}/{{ .name }},{{ end }}{{ end -}}
{{- end }}

{{- define "fanion.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (ternary (include "fanion.name" .) "default" (ne (include "fanion.featureFlags" .) "")) }}
{{- end }}
