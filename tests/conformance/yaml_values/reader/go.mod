module conformance/yaml_values

go 1.25.0

require (
	github.com/open-feature/flagd/core v0.16.1
	gopkg.in/yaml.v3 v3.0.1
)

require (
	golang.org/x/crypto v0.52.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
)
