package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/open-feature/go-sdk-contrib/providers/flagd/pkg"
	"github.com/open-feature/go-sdk/openfeature"
)

// The state of one scenario.
type world struct {
	options     []option
	environment []string
	config      *flagd.ProviderConfiguration
	configError error

	domain   string
	provider *flagd.Provider
	client   *openfeature.Client
	events   *events
	event    openfeature.EventDetails

	flag    flag
	context map[string]any
	answer  answer
}

func newWorld() *world {
	return &world{events: newEvents(), context: map[string]any{}}
}

func (w *world) close() {
	if w.client != nil {
		// The SDK shuts a provider down when another one replaces it.
		_ = openfeature.SetNamedProvider(w.domain, openfeature.NoopProvider{})
	}
	for _, name := range w.environment {
		_ = os.Unsetenv(name)
	}
}

// Calls the launcher: start?config=NAME, restart?seconds=N or change.
func launcher(what string) error {
	answer, err := http.Post("http://localhost:8080/"+what, "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the launcher returns %s for %s", answer.Status, what)
	}
	return nil
}
