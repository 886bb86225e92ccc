package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
	"github.com/open-feature/go-sdk/openfeature"
)

// Ports: without a listener, of an Envoy in front of the daemon, and of an Envoy that rejects all calls.
const nobody, envoy, refusing = 9999, 9211, 9212

// The launcher's configuration for a kind of connection, if it is not `default`.
var configurations = map[string]string{"ssl": "ssl", "metadata": "metadata", "syncpayload": "sync-payload", "socket": "socket"}

func connectionSteps(scenarios *godog.ScenarioContext, w *world) {
	scenarios.Given(`^a (stable|ssl|socket|unavailable|forbidden|metadata|syncpayload) flagd provider$`, w.connect)
	scenarios.Given(`^a (ready|error|stale|change) event handler$`, func(name string) {
		handler := func(details openfeature.EventDetails) { w.events.add(name, details) }
		w.client.AddHandler(eventTypes[name], &handler)
	})
	scenarios.When(`^a (ready|error|stale|change) event was fired$`, func(name string) (err error) {
		w.event, err = w.events.next(name, patience)
		return err
	})
	scenarios.Then(`^the (ready|error|stale|change) event handler should have been executed$`, func(name string) error {
		_, err := w.events.next(name, patience)
		return err
	})
	scenarios.Then(`^the (ready|error|stale|change) event handler should have been executed within (\d+)ms$`, func(name string, milliseconds int) error {
		_, err := w.events.next(name, time.Duration(milliseconds)*time.Millisecond)
		return err
	})
	scenarios.When(`^the connection is lost for (\d+)s$`, func(seconds int) error {
		return launcher(fmt.Sprintf("restart?seconds=%d", seconds))
	})
	scenarios.Then(`^the client should be in fatal state$`, func() error {
		return same(w.client.State(), openfeature.FatalState)
	})
	scenarios.When(`^the flag was modified$`, func() error { return launcher("change") })
}

func (w *world) connect(kind string) error {
	config := configurations[kind]
	if config == "" {
		config = "default"
	}
	if err := launcher("start?config=" + config); err != nil {
		return err
	}
	for i := range w.options {
		w.options[i].text = strings.Replace(w.options[i].text, "<port>", fmt.Sprint(envoy), 1)
	}
	options, err := w.providerOptions()
	if err != nil {
		return err
	}
	w.provider, err = flagd.NewProvider(append(w.connection(kind), options...)...)
	if err != nil {
		return err
	}
	w.domain = fmt.Sprintf("%s-%d", kind, time.Now().UnixNano())
	w.client = openfeature.NewClient(w.domain)
	if kind == "unavailable" || kind == "forbidden" {
		return openfeature.SetNamedProvider(w.domain, w.provider)
	}
	return openfeature.SetNamedProviderAndWait(w.domain, w.provider)
}

// The options of the provider's own end-to-end tests.
func (w *world) connection(kind string) []flagd.ProviderOption {
	launched := os.Getenv("LAUNCHED")
	return []flagd.ProviderOption{func(config *flagd.ProviderConfiguration) {
		config.Resolver = flagd.ResolverType(os.Getenv("MODE"))
		config.Port = map[string]uint16{"rpc": 8013, "in-process": 8015, "file": nobody}[os.Getenv("MODE")]
		config.RetryGracePeriod = 1
		config.RetryBackoffMaxMs = 3000
		config.DeadlineMs = 1000
		switch kind {
		case "unavailable":
			config.Port = nobody
		case "forbidden":
			config.Port = refusing
		case "ssl":
			config.Tls, config.CertPath = true, filepath.Join(launched, "ssl/custom-root-cert.crt")
		case "socket":
			name := map[string]string{"rpc": "evaluation.sock", "in-process": "sync.sock"}[os.Getenv("MODE")]
			config.SocketPath, config.Port = filepath.Join(launched, name), 0
		}
		if os.Getenv("MODE") == "file" {
			config.OfflineFlagSourcePath = filepath.Join(launched, w.file(kind))
		}
	}}
}

// The flag file that a provider without a daemon reads.
func (w *world) file(kind string) string {
	if kind == "unavailable" {
		return "not-existing"
	}
	for _, each := range w.options {
		if each.name == "selector" {
			return each.text
		}
	}
	return "flags/allFlags.json"
}
