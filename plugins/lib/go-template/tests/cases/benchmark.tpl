{{- define "name" -}}
{{- $name := .text -}}
{{- if and .map.a (ne .map.a "x") -}}
{{ printf "%s-%s" $name .map.a }}
{{- else -}}
{{ $name }}
{{- end -}}
{{- end -}}
{{- define "labels" -}}
app.kubernetes.io/name: {{ include "name" . }}
helm.sh/chart: {{ printf "%s-%d" .text .int | str }}
{{- if .labels }}
{{- range $key, $value := .labels }}
    {{ $key }}: {{ $value | printf "%q" }}
{{- end }}
{{- end }}
{{- end -}}
{{- range $i := 500 }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "name" $ }}-{{ $i }}
  labels:
    {{ include "labels" $ }}
  annotations:
    checksum: {{ include "labels" $ | html }}
data:
  {{- with $.map.deep.er }}
  x: {{ .x | printf "%q" }}
  {{- end }}
  {{- range $at, $item := $.list }}
  {{ if eq (kind $item) "string" }}{{ $item }}{{ else if not $item }}none{{ else }}{{ $item }}{{ end }}: {{ $at }}
  {{- end }}
  {{- if or $.missing (and $.true (not $.false)) (eq $.text "other") }}
  evaluated: {{ tpl "{{ .text }}-{{ .one }}" $ }}
  {{- end }}
{{- end }}
